package fetch

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// perHost bounds the connections to one publisher.
const perHost = 2

// longestWait is how long a publisher may ask to be left alone; asked for more,
// fetching gives up and says when to come back.
const longestWait = 5 * time.Minute

// client fetches politely: few connections, few and ever later tries.
type client struct {
	http  *http.Client
	agent string
	stall time.Duration // how long a transfer may stand still
	wait  time.Duration // before the second try; it doubles
	tries int           // without any new byte in between

	mu    sync.Mutex
	hosts map[string]chan struct{}
}

func newClient(agent string, stall, wait time.Duration, tries int) *client {
	return &client{agent: agent, stall: stall, wait: wait, tries: tries, hosts: map[string]chan struct{}{}, http: &http.Client{
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: min(stall, 30*time.Second)}).DialContext,
			TLSHandshakeTimeout:   min(stall, 30*time.Second),
			ResponseHeaderTimeout: stall,
			ForceAttemptHTTP2:     true,
			MaxConnsPerHost:       perHost,
			IdleConnTimeout:       time.Minute,
		},
		CheckRedirect: checkRedirect,
	}}
}

var errRedirect = errors.New("a redirection that is not followed")

func checkRedirect(to *http.Request, via []*http.Request) error {
	switch {
	case len(via) >= 10:
		return fmt.Errorf("%w: after ten others", errRedirect)
	case via[0].URL.Scheme == "https" && to.URL.Scheme != "https":
		return fmt.Errorf("%w: from https to %s", errRedirect, to.URL)
	}
	return nil
}

func (c *client) close() { c.http.CloseIdleConnections() }

// enter waits for a place among the connections to a host.
func (c *client) enter(ctx context.Context, host string) (leave func(), err error) {
	c.mu.Lock()
	places, ok := c.hosts[host]
	if !ok {
		places = make(chan struct{}, perHost)
		c.hosts[host] = places
	}
	c.mu.Unlock()
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// transfer is one file on its way into its part file. A part that was begun
// goes on where it stopped, if the publisher's file is still the same.
type transfer struct {
	*client
	url      string
	part     string // path; what is known of it stands in part + ".json"
	limit    int64
	progress func(done, total int64)
	// since is the version at hand: an unchanged file is not sent again.
	since stamp
}

// stamp is how a server names a version of a file.
type stamp struct {
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
}

func stampOf(h http.Header) stamp { return stamp{h.Get("ETag"), h.Get("Last-Modified")} }

// validator is what If-Range takes: a strong ETag, else the date; empty if
// neither can tell two versions apart.
func (s stamp) validator() string {
	if s.ETag != "" && !strings.HasPrefix(s.ETag, "W/") {
		return s.ETag
	}
	return s.LastModified
}

// partState is what is known of a part file.
type partState struct {
	URL   string `json:"url"`
	Total int64  `json:"total"` // bytes of the whole file; -1 if the server did not say
	stamp
}

var errNotModified = errors.New("not modified")

// retryError is a failure that may pass.
type retryError struct {
	err   error
	after time.Duration // what the server asks for, 0 if nothing
}

func (e *retryError) Error() string { return e.err.Error() }
func (e *retryError) Unwrap() error { return e.err }

// run fetches the whole file into the part. It tries again what may pass; tries
// without a new byte are counted. A cancelled context leaves the part for later.
func (t *transfer) run(ctx context.Context) (stamp, error) {
	u, err := url.Parse(t.url)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return stamp{}, fmt.Errorf("not an address that begins with http:// or https://: %q", t.url)
	}
	most, fruitless := t.size(), 0
	for tried := 1; ; tried++ {
		leave, err := t.enter(ctx, u.Host)
		if err != nil {
			return stamp{}, err
		}
		s, err := t.attempt(ctx)
		leave()
		var again *retryError
		switch {
		case err == nil:
			return s, nil
		case ctx.Err() != nil:
			return s, ctx.Err()
		case !errors.As(err, &again):
			return s, err
		}
		if size := t.size(); size > most {
			most, fruitless = size, 0
		}
		if fruitless++; fruitless >= t.tries || tried >= 20*t.tries {
			return s, fmt.Errorf("%w (tried %d times)", again.err, tried)
		}
		if again.after > longestWait {
			return s, fmt.Errorf("%w: the server asks to wait %s: try again then", again.err, again.after)
		}
		if err := sleep(ctx, max(again.after, t.backoff(fruitless))); err != nil {
			return s, err
		}
	}
}

// backoff doubles from try to try and varies by half, so that clients who failed
// together do not come back together.
func (t *transfer) backoff(fruitless int) time.Duration {
	d := min(t.wait<<(min(fruitless, 16)-1), time.Minute)
	return d/2 + rand.N(d/2+1)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// size is how much of the part is there.
func (t *transfer) size() int64 {
	info, err := os.Stat(t.part)
	if err != nil {
		return 0
	}
	return info.Size()
}

// begun returns the state of a part that can go on, and its size.
func (t *transfer) begun() (partState, int64) {
	var state partState
	b, err := os.ReadFile(t.part + ".json")
	if err != nil || json.Unmarshal(b, &state) != nil || state.URL != t.url || state.validator() == "" {
		return partState{}, 0
	}
	return state, t.size()
}

// drop removes the part and what is known of it.
func (t *transfer) drop() {
	os.Remove(t.part)           //nolint:errcheck // it may not be there
	os.Remove(t.part + ".json") //nolint:errcheck // as above
}

// attempt sends one request and stores what comes.
func (t *transfer) attempt(ctx context.Context) (stamp, error) {
	state, have := t.begun()
	if have > 0 && have == state.Total { // it was whole, and the program ended then
		return state.stamp, nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req, err := t.request(ctx, state, have)
	if err != nil {
		return stamp{}, err
	}
	resp, err := t.http.Do(req)
	if err != nil {
		return stamp{}, networkError(err)
	}
	defer resp.Body.Close()
	watch := time.AfterFunc(t.stall, func() { cancel(errStalled) })
	defer watch.Stop()
	body := bufio.NewReaderSize(&watched{resp.Body, watch, t.stall}, 256<<10)
	switch resp.StatusCode {
	case http.StatusOK:
		return t.store(resp, body, 0)
	case http.StatusPartialContent:
		if from, ok := rangeStart(resp.Header.Get("Content-Range")); ok && from == have && have > 0 {
			return t.store(resp, body, have)
		}
		t.drop()
		return stamp{}, &retryError{err: fmt.Errorf("the server sent another part than the one asked for (%q)", resp.Header.Get("Content-Range"))}
	case http.StatusRequestedRangeNotSatisfiable:
		t.drop()
		return stamp{}, &retryError{err: errors.New("the server has less of the file than was fetched before: begun anew")}
	case http.StatusNotModified:
		return t.since, errNotModified
	}
	return stamp{}, statusError(resp, body)
}

func (t *transfer) request(ctx context.Context, state partState, have int64) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.url, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", t.agent)
	req.Header.Set("Accept-Encoding", "identity") // the bytes the publisher's checksum is of
	switch {
	case have > 0:
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
		req.Header.Set("If-Range", state.validator())
	case t.since.ETag != "":
		req.Header.Set("If-None-Match", t.since.ETag)
	case t.since.LastModified != "":
		req.Header.Set("If-Modified-Since", t.since.LastModified)
	}
	return req, nil
}

// rangeStart reads "bytes 100-199/200".
func rangeStart(s string) (int64, bool) {
	s, ok := strings.CutPrefix(s, "bytes ")
	first, _, dash := strings.Cut(s, "-")
	n, err := strconv.ParseInt(first, 10, 64)
	return n, ok && dash && err == nil
}

// errHTML is a page where data should be.
var errHTML = errors.New("an HTML page came instead of the file")

// store writes the body behind the first have bytes of the part.
func (t *transfer) store(resp *http.Response, body *bufio.Reader, have int64) (stamp, error) {
	total := int64(-1)
	if resp.ContentLength >= 0 {
		total = have + resp.ContentLength
	}
	if total > t.limit {
		return stamp{}, fmt.Errorf("the file has %s, more than the %s it may have", Bytes(total), Bytes(t.limit))
	}
	if have == 0 {
		if head := first(body); isHTML(head) {
			return stamp{}, fmt.Errorf("%w%s", errHTML, titled(head))
		}
	}
	f, err := t.openPart(have, partState{t.url, total, stampOf(resp.Header)})
	if err != nil {
		return stamp{}, err
	}
	n, err := t.copy(f, body, have, total)
	if closing := f.Close(); err == nil && closing != nil {
		err = t.writeError(closing)
	}
	if err != nil {
		return stamp{}, cutShort(resp.Request.Context(), err, n, total)
	}
	return stampOf(resp.Header), nil
}

// openPart opens the part for what follows its first have bytes. What is known
// of it is written first: a part without it is begun anew.
func (t *transfer) openPart(have int64, state partState) (*os.File, error) {
	if have == 0 {
		t.drop()
		b, err := json.Marshal(state)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(t.part+".json", b, 0o666); err != nil {
			return nil, t.writeError(err)
		}
	}
	f, err := os.OpenFile(t.part, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o666)
	if err != nil {
		return nil, t.writeError(err)
	}
	return f, nil
}

func (t *transfer) copy(f *os.File, body io.Reader, have, total int64) (int64, error) {
	buf := make([]byte, 256<<10)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			if _, err := f.Write(buf[:n]); err != nil {
				return have, t.writeError(err)
			}
			have += int64(n)
			t.progress(have, max(total, have))
			if have > t.limit {
				t.drop()
				return have, fmt.Errorf("more than the %s it may have came", Bytes(t.limit))
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return have, f.Sync()
		case err != nil:
			return have, &retryError{err: err}
		}
	}
}

// writeError is one of the cache, not of the publisher: no other try helps.
func (t *transfer) writeError(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w; %s are kept in %s, from where the next fetch goes on", cacheError(err), Bytes(t.size()), t.part)
	}
	return cacheError(err)
}

// watched keeps the watch from going off as long as bytes come.
type watched struct {
	io.Reader
	watch *time.Timer
	stall time.Duration
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if n > 0 {
		w.watch.Reset(w.stall)
	}
	return n, err
}

var errStalled = errors.New("the transfer stood still")

// cutShort says how far a broken transfer came.
func cutShort(ctx context.Context, err error, have, total int64) error {
	var again *retryError
	if !errors.As(err, &again) {
		return err
	}
	why := "the connection broke"
	if errors.Is(context.Cause(ctx), errStalled) {
		why = errStalled.Error()
	}
	if total < 0 {
		return &retryError{err: fmt.Errorf("cut short: %s after %d bytes (%w)", why, have, again.err)}
	}
	return &retryError{err: fmt.Errorf("cut short: %s after %d of %d bytes (%w)", why, have, total, again.err)}
}

// networkError sorts failures to get an answer: those of the machine's own
// network and of certificates do not pass by trying again.
func networkError(err error) error {
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var record tls.RecordHeaderError
	switch {
	case errors.Is(err, errRedirect), errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &record):
		return plainURLError(err)
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Errorf("%w: is the machine on line? Behind a proxy, set HTTPS_PROXY; else --mirror names a folder or an address that has the files", plainURLError(err))
	}
	return &retryError{err: plainURLError(err)}
}

// plainURLError is the error without method and address, which stand elsewhere.
func plainURLError(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// errNotFound is the answer that there is no such file.
var errNotFound = errors.New("there is no such file (404 Not Found)")

// first is the beginning of a body: as much as comes at once.
func first(body *bufio.Reader) []byte {
	if _, err := body.Peek(1); err != nil {
		return nil
	}
	head, _ := body.Peek(min(body.Buffered(), 4096))
	return head
}

func statusError(resp *http.Response, body *bufio.Reader) error {
	head := first(body)
	said := ""
	if text := bytes.TrimSpace(head); isHTML(head) {
		said = titled(head)
	} else if len(text) > 0 && len(text) <= 300 {
		said = fmt.Sprintf(": %q", text)
	}
	err := fmt.Errorf("the server answered %s%s", resp.Status, said)
	switch resp.StatusCode {
	case http.StatusNotFound, http.StatusGone:
		return fmt.Errorf("%w%s", errNotFound, said)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return &retryError{err, retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return &retryError{err: err}
	}
	return err
}

// retryAfter reads seconds or a date; 0 if there is neither.
func retryAfter(s string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(s); err == nil && n >= 0 {
		return time.Duration(min(n, 1<<30)) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
