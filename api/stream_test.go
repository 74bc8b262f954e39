package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/analyses/siting"
	"github.com/maillage/maillage/api"
	"github.com/maillage/maillage/geodata"
)

// events reads a stream: the name and the data of each.
func events(t *testing.T, body string) (names, data []string) {
	t.Helper()
	for block := range strings.SplitSeq(strings.TrimSpace(body), "\n\n") {
		for line := range strings.Lines(block) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			switch key {
			case "event":
				names = append(names, value)
			case "data":
				data = append(data, value)
			}
		}
	}
	if len(names) != len(data) || len(names) == 0 {
		t.Fatalf("%d events, %d with data: %s", len(names), len(data), body)
	}
	return names, data
}

// A search tells plans and bounds on its way, and in the end what the same question
// is answered at once.
func TestASearchIsFollowed(t *testing.T) {
	h := handler(t, nil)
	const question = "?service=creche&candidates=cells&within=5m"
	w := call(h, "GET", "/api/v1/analyses/site/stream"+question, "")
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/event-stream") {
		t.Fatalf("%d %v: %s", w.Code, w.Header(), w.Body)
	}
	names, data := events(t, w.Body.String())
	last := len(names) - 1
	if names[last] != "answer" {
		t.Fatalf("ends with %s: %s", names[last], data[last])
	}
	plans := 0
	for i, name := range names[:last] {
		var p struct{ Found siting.Answer }
		if err := json.Unmarshal([]byte(data[i]), &p); err != nil || name != "progress" {
			t.Fatalf("%s %s: %v", name, data[i], err)
		}
		if p.Found.Objective != nil {
			plans++
		}
	}
	if plans == 0 {
		t.Error("no plan was told on the way")
	}
	var answer struct{ Result json.RawMessage }
	if err := json.Unmarshal([]byte(data[last]), &answer); err != nil {
		t.Fatal(err)
	}
	if once := call(h, "GET", "/api/v1/analyses/site"+question, ""); strings.TrimSpace(once.Body.String()) != strings.TrimSpace(string(answer.Result)) {
		t.Errorf("followed:\n%s\nat once:\n%s", answer.Result, once.Body)
	}
}

func TestAStreamSaysWhatIsWrong(t *testing.T) {
	h := handler(t, nil)
	for question, want := range map[string]string{"?service=moon": "query.service", "?service=creche&moon=1": "query.moon", "?service=creche&p=99": "query.p"} {
		names, data := events(t, call(h, "GET", "/api/v1/analyses/site/stream"+question, "").Body.String())
		if names[0] != "problem" || !strings.Contains(data[0], `"`+want+`"`) || !strings.Contains(data[0], "422") {
			t.Errorf("%s: %s %s; want %s", question, names[0], data[0], want)
		}
	}
}

func TestWhoLeavesAStreamCancelsTheWork(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan struct{})
	h := handler(t, func(c *api.Config) {
		c.Analyses = func(ctx context.Context, _ registry.Analysis, _ *geodata.Snapshot, _ []byte, tell func(registry.Progress)) (registry.Answer, error) {
			tell(registry.Progress{Done: 1, Total: 2})
			close(begun)
			<-ctx.Done()
			close(ended)
			return registry.Answer{}, ctx.Err()
		}
	})
	server := httptest.NewServer(h)
	defer server.Close()
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/api/v1/analyses/site/stream?service=creche", nil)
	if err != nil {
		t.Fatal(err)
	}
	w, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close() //nolint:errcheck // only read
	first := make([]byte, 100)
	n, err := w.Body.Read(first)
	if err != nil || !strings.Contains(string(first[:n]), "progress") {
		t.Fatalf("before the answer is there: %q, %v", first[:n], err)
	}
	<-begun
	leave()
	<-ended
}

// The page follows a search, and then wants the same answer as tables.
func TestWhatWasFollowedIsNotAskedAgain(t *testing.T) {
	runs := 0
	h := handler(t, func(c *api.Config) {
		ask := c.Analyses
		c.Analyses = func(ctx context.Context, a registry.Analysis, s *geodata.Snapshot, params []byte, tell func(registry.Progress)) (registry.Answer, error) {
			runs++
			return ask(ctx, a, s, params, tell)
		}
	})
	call(h, "GET", "/api/v1/analyses/site/stream?service=creche&within=5m", "")
	if w := call(h, "POST", "/api/v1/analyses/site?format=tables", `{"service":"creche","within":"5m"}`); w.Code != 200 || runs != 1 {
		t.Errorf("%d after %d runs: %.300s; want the answer of the stream", w.Code, runs, w.Body)
	}
}
