package fetchtest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"sync"
	"testing"
	"time"
)

// Publishers serves files as a mirror of all publishers: under their names in
// the catalogue, with ETag, Last-Modified and ranges.
type Publishers struct {
	*httptest.Server

	mu       sync.Mutex
	files    map[string][]byte
	troubles map[string]http.HandlerFunc
	seen     []Request
	now, max int
}

// Request is what was asked.
type Request struct {
	Name   string
	Header http.Header
}

// Dated is when all files were changed last, as the server says.
var Dated = time.Date(2026, 11, 20, 21, 21, 44, 0, time.UTC)

// Serve starts the server; it ends with the test.
func Serve(t testing.TB, files map[string][]byte) *Publishers {
	p := &Publishers{files: files, troubles: map[string]http.HandlerFunc{}}
	p.Server = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(func() {
		p.CloseClientConnections() // a test may leave a transfer standing still
		p.Close()
	})
	return p
}

func (p *Publishers) serve(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.URL.Path)
	p.mu.Lock()
	p.seen = append(p.seen, Request{name, r.Header.Clone()})
	p.now++
	p.max = max(p.max, p.now)
	trouble := p.troubles[name]
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.now--
		p.mu.Unlock()
	}()
	if trouble != nil {
		trouble(w, r)
		return
	}
	p.Send(w, r)
}

// Send answers as a sound server does.
func (p *Publishers) Send(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.URL.Path)
	text, ok := p.File(name)
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(text))[:20]+`"`)
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, name, Dated, bytes.NewReader(text))
}

// File returns what is published under a name.
func (p *Publishers) File(name string) ([]byte, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text, ok := p.files[name]
	return text, ok
}

// Put publishes other content; nil takes the file away.
func (p *Publishers) Put(name string, text []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files[name] = text
	if text == nil {
		delete(p.files, name)
	}
}

// Trouble makes requests for a name go another way; nil ends it.
func (p *Publishers) Trouble(name string, handler http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.troubles[name] = handler
}

// Seen returns the requests for a name so far, in order; "" for all.
func (p *Publishers) Seen(name string) (out []Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.seen {
		if name == "" || r.Name == name {
			out = append(out, r)
		}
	}
	return out
}

// AtOnce is the largest number of requests that were answered at the same time.
func (p *Publishers) AtOnce() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.max
}

// Cut sends the first n bytes of a file under the headers of the whole, then
// breaks the connection. Ranges are cut as well: n bytes of what is asked for.
func (p *Publishers) Cut(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p.Send(&cutWriter{ResponseWriter: w, left: n}, r)
	}
}

type cutWriter struct {
	http.ResponseWriter
	left int
}

func (c *cutWriter) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b[:min(c.left, len(b))])
	if c.left -= n; c.left <= 0 {
		if f, ok := c.ResponseWriter.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	return n, err
}

// Answer gives one status, headers in pairs, and a body.
func Answer(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		w.Write([]byte(body)) //nolint:errcheck // the client may be gone
	}
}

// InTurn answers the first requests one way each, and the others as the last.
func InTurn(handlers ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	n := 0
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		h := handlers[min(n, len(handlers)-1)]
		n++
		mu.Unlock()
		h(w, r)
	}
}
