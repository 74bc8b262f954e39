package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/api"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/pgtest"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/geopackage"
	"github.com/maillage/maillage/internal/store/ledger"
	"github.com/maillage/maillage/internal/store/postgis"
)

// office serves the street with runs in a real store. No worker is there: the
// tests do its part, so that they choose when a run begins and ends.
type office struct {
	*testing.T
	http.Handler
	queue *jobs.Queue
	cfg   api.Config
}

func openOffice(t *testing.T, st store.Store) office {
	t.Helper()
	t.Cleanup(func() { st.Close() })
	q, err := jobs.Open(t.Context(), st.Ledger())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	o := office{T: t, queue: q}
	o.Handler = handler(t, func(c *api.Config) {
		c.Runs = &api.Runs{Queue: q, Vintage: "2021", By: "Camille"}
		c.Origins = []string{"https://maps.example.org"}
		o.cfg = *c
	})
	return o
}

func fileOffice(t *testing.T) office {
	t.Helper()
	path := filepath.Join(t.TempDir(), "street.gpkg")
	st, err := geopackage.Open(t.Context(), path, geopackage.OpenOptions{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	return openOffice(t, st)
}

func inBothOffices(t *testing.T, test func(o office)) {
	t.Run("file", func(t *testing.T) { test(fileOffice(t)) })
	t.Run("database", func(t *testing.T) {
		st, err := postgis.Open(t.Context(), pgtest.URL(t), postgis.Options{Migrate: true})
		if err != nil {
			t.Fatal(err)
		}
		test(openOffice(t, st))
	})
}

// gets sends a request, wants a status, and decodes the body.
func gets[T any](o office, status int, method, target, body string) (v T) {
	o.Helper()
	w := call(o, method, target, body)
	if w.Code != status {
		o.Fatalf("%s %s %s: %d, want %d\n%.500s", method, target, body, w.Code, status, w.Body)
	}
	return decode[T](o.T, w)
}

func (o office) begin(id string) ledger.Run {
	o.Helper()
	run, err := o.queue.Ledger().Claim(o.Context(), id, 1, "worker")
	if err != nil {
		o.Fatal(err)
	}
	return run
}

func (o office) finish(run ledger.Run) {
	o.Helper()
	a, err := registry.Get(run.Analysis)
	if err != nil {
		o.Fatal(err)
	}
	r, err := a.Run(o.Context(), street(o), traveltime.NewNetworks(""), run.Params, nil)
	if err != nil {
		o.Fatal(err)
	}
	body, err := r.JSON()
	if err != nil {
		o.Fatal(err)
	}
	if err := o.queue.Ledger().Finish(o.Context(), run.ID, run.Attempt, body); err != nil {
		o.Fatal(err)
	}
}

const crecheByBike = `{"analysis":"coverage","params":{"service":"creche","mode":"bike","within":["10m","15m"]},"priority":1,"timeout":"90s"}`

func TestARunIsAskedForAndAnsweredOnce(t *testing.T) {
	inBothOffices(t, func(o office) {
		w := call(o, "POST", "/api/v1/runs", crecheByBike)
		asked := decode[api.Run](o.T, w)
		at := "/api/v1/runs/" + asked.ID
		if w.Code != 202 || w.Header().Get("Location") != at || w.Header().Get("Cache-Control") != "no-store" {
			o.Fatalf("asked: %d %v %s", w.Code, w.Header(), w.Body)
		}
		if asked.State != ledger.Queued || asked.Priority != 1 || asked.Timeout != "1m30s" || asked.Snapshot != street(o).ID() || asked.Vintage != "2021" || asked.Version != "test" {
			o.Errorf("asked: %+v", asked)
		}
		if early := gets[huma.ErrorModel](o, 409, "GET", at+"/result", ""); early.Errors[0].Value != "queued" || !strings.Contains(early.Detail, "is queued") {
			o.Errorf("a result too early: %+v", early)
		}
		run := o.begin(asked.ID)
		if run.By != "Camille" {
			o.Errorf("the ledger says that %q asked", run.By)
		}
		if _, err := o.queue.Ledger().Beat(o.Context(), run.ID, 1, 3, 7); err != nil {
			o.Fatal(err)
		}
		// The address is the same while the answer changes: nothing may be kept.
		r := call(o, "GET", at, "")
		if got := decode[api.Run](o.T, r); got.State != ledger.Running || got.Done != 3 || got.Total != 7 || r.Header().Get("ETag") != "" {
			o.Errorf("under way: %+v %v", got, r.Header())
		}
		if again := call(o, "POST", "/api/v1/runs", crecheByBike); again.Code != 202 || again.Header().Get("Location") != at {
			o.Errorf("asked again while it is under way: %d %s", again.Code, again.Body)
		}
		o.finish(run)

		// The same question, spelt otherwise.
		w = call(o, "POST", "/api/v1/runs", ` { "params": {"within":["600s","15m"],"statuses":null,"mode":"bike","service":"creche"}, "analysis":"coverage" }`)
		if got := decode[api.Run](o.T, w); w.Code != 200 || got.ID != asked.ID || got.State != ledger.Done || w.Header().Get("Location") != at {
			o.Errorf("asked again: %d %+v", w.Code, got)
		}
		result, direct := call(o, "GET", at+"/result", ""), call(o, "GET", "/api/v1/coverage?service=creche&mode=bike&within=10m,15m", "")
		if result.Code != 200 || direct.Code != 200 || result.Header().Get("Content-Type") != "application/json" || result.Body.String() != direct.Body.String() {
			o.Errorf("the run says %d %.200s\nand coverage %d %.200s", result.Code, result.Body, direct.Code, direct.Body)
		}
		// Four children of 0 to 3 years in each of 42 cells; a crèche is for those under 3, three quarters of them.
		if n := decode[struct{ Territory struct{ Demand float64 } }](o.T, result).Territory.Demand; n != 126 {
			o.Errorf("a demand of %v children, want 126", n)
		}
		sum := sha256.Sum256(result.Body.Bytes())
		tag := `W/"` + hex.EncodeToString(sum[:]) + `"`
		if got := result.Header().Get("ETag"); got != tag {
			o.Errorf("ETag %s, want %s", got, tag)
		}
		for header, want := range map[string]int{tag: 304, `"other", ` + tag: 304, `W/"other"`: 200} {
			if w := call(o, "GET", at+"/result", "", "If-None-Match", header); w.Code != want || want == 304 && w.Body.Len() > 0 {
				o.Errorf("If-None-Match: %s: %d with %d bytes, want %d", header, w.Code, w.Body.Len(), want)
			}
		}
		if all := gets[[]api.Run](o, 200, "GET", "/api/v1/runs", ""); len(all) != 1 || all[0].ID != asked.ID || all[0].Finished.IsZero() {
			o.Errorf("asked three times, there are %+v", all)
		}
	})
}

func TestRunsAreCancelledAndTriedAgain(t *testing.T) {
	inBothOffices(t, func(o office) {
		first := gets[api.Run](o, 202, "POST", "/api/v1/runs", crecheByBike)
		at := "/api/v1/runs/" + first.ID
		gets[huma.ErrorModel](o, 409, "POST", at+"/retry", "") // it is queued
		if r := gets[api.Run](o, 200, "DELETE", at, ""); r.State != ledger.Cancelled {
			o.Errorf("cancelled before it began: %+v", r)
		}
		if r := gets[api.Run](o, 200, "DELETE", at, ""); r.State != ledger.Cancelled {
			o.Errorf("cancelled twice: %+v", r)
		}
		if p := gets[huma.ErrorModel](o, 409, "GET", at+"/result", ""); p.Errors[0].Value != "cancelled" {
			o.Errorf("the result of a cancelled run: %+v", p)
		}
		w := call(o, "POST", at+"/retry", "")
		second := decode[api.Run](o.T, w)
		if w.Code != 202 || second.ID == first.ID || second.State != ledger.Queued || string(second.Params) != string(first.Params) || w.Header().Get("Location") != "/api/v1/runs/"+second.ID {
			o.Fatalf("tried again: %d %v %+v", w.Code, w.Header(), second)
		}
		run := o.begin(second.ID)
		if r := gets[api.Run](o, 202, "DELETE", "/api/v1/runs/"+second.ID, ""); r.State != ledger.Running || !r.Cancelling {
			o.Errorf("cancelled while under way: %+v", r)
		}
		if cancel, err := o.queue.Ledger().Beat(o.Context(), run.ID, 1, 0, 0); err != nil || !cancel {
			o.Errorf("its worker is told to stop: %v, %v", cancel, err)
		}
		if _, err := o.queue.Ledger().Fail(o.Context(), run.ID, 1, "cancelled", false); err != nil {
			o.Fatal(err)
		}
		lines := gets[[]api.RunLine](o, 200, "GET", "/api/v1/runs/"+second.ID+"/log", "")
		if len(lines) == 0 || !strings.Contains(fmt.Sprint(lines), "cancelled by Camille") {
			o.Errorf("log: %v", lines)
		}
		third := gets[api.Run](o, 202, "POST", at+"/retry", "")
		if _, err := o.queue.Ledger().Fail(o.Context(), o.begin(third.ID).ID, 1, "the lake is dry", false); err != nil {
			o.Fatal(err)
		}
		if p := gets[huma.ErrorModel](o, 409, "GET", "/api/v1/runs/"+third.ID+"/result", ""); p.Errors[0].Value != "failed" || !strings.Contains(p.Detail, "the lake is dry") {
			o.Errorf("the result of a failed run: %+v", p)
		}
		for target, want := range map[string]string{
			"":                         third.ID + " " + second.ID + " " + first.ID,
			"?state=cancelled":         second.ID + " " + first.ID,
			"?state=failed,queued":     third.ID,
			"?limit=1":                 third.ID,
			"?state=done":              "",
			"?state=cancelled&limit=1": second.ID,
		} {
			var got []string
			for _, r := range gets[[]api.Run](o, 200, "GET", "/api/v1/runs"+target, "") {
				got = append(got, r.ID)
			}
			if strings.Join(got, " ") != want {
				o.Errorf("runs%s: %v, want %s", target, got, want)
			}
		}
	})
}

func TestRunsThatCannotBeAskedForAreProblems(t *testing.T) {
	o := fileOffice(t)
	for body, want := range map[string]string{
		`{"analysis":"covrage","params":{}}`:                                                      `body.analysis|unknown analysis "covrage": want coverage, isochrone, uncertainty`,
		`{"analysis":"coverage","params":{}}`:                                                     `body.params.service|unknown service ""`,
		`{"analysis":"coverage","params":{"service":"poste"}}`:                                    `body.params.service|unknown service "poste": want one of creche`,
		`{"analysis":"coverage","params":{"servce":"creche"}}`:                                    `body.params.servce|it has service, mode, within, statuses`,
		`{"analysis":"coverage","params":{"service":7}}`:                                          `body.params.service|want a text, not a JSON number`,
		`{"analysis":"coverage","params":{"service":"creche","mode":"plane"}}`:                    `body.params.mode|unknown mode "plane": want one of car, bike, foot`,
		`{"analysis":"coverage","params":{"service":"creche","within":["15m","10m"]}}`:            `body.params.within|thresholds must rise`,
		`{"analysis":"coverage","params":{"service":"creche","within":["10"]}}`:                   `body.params|threshold "10": want a duration with its unit`,
		`{"analysis":"isochrone","params":{"facility":"nowhere"}}`:                                `body.params.facility|no facility "nowhere"`,
		`{"analysis":"isochrone","params":{}}`:                                                    `body.params.at|name a point`,
		`{"analysis":"uncertainty","params":{"service":"creche","draws":1}}`:                      `body.params.draws|want 20 to 10000, not 1`,
		`{"analysis":"coverage","params":[1]}`:                                                    `body.params|expected object`,
		`{"analysis":"coverage"}`:                                                                 `body|params`,
		`{"analysis":"coverage","params":{"service":"creche"},"priority":9}`:                      `body.priority|<= 4`,
		`{"analysis":"coverage","params":{"service":"creche"},"timeout":"90"}`:                    `body.timeout|want a duration with its unit between 1s and 24h`,
		`{"analysis":"coverage","params":{"service":"creche"},"timeout":"25h"}`:                   `body.timeout|between 1s and 24h`,
		`{"analysis":"coverage","params":{"service":"creche"},"snapshot":"0123456789abcdef"}`:     `body|unexpected property`,
		`{"analysis":"uncertainty","params":{"service":"creche","draws":40,"seed":-1}}`:           `body.params.seed|want a whole number from 0`,
		`{"analysis":"uncertainty","params":{"service":"creche","draws":40,"a":"creche"}}`:        `body.params.a|want a list`,
		`{"analysis":"coverage","params":{"service":"creche","statuses":["existing","dreamed"]}}`: `unknown status "dreamed"|body.params`,
	} {
		w := call(o, "POST", "/api/v1/runs", body)
		if w.Code != 422 || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
			continue
		}
		p := decode[huma.ErrorModel](t, w)
		said := fmt.Sprint(p.Detail)
		for _, e := range p.Errors {
			said += " " + e.Location + " " + e.Message
		}
		for part := range strings.SplitSeq(want, "|") {
			if !strings.Contains(said, part) {
				t.Errorf("%s: %q is not in %q", body, part, said)
			}
		}
	}
	for target, status := range map[string]int{"?state=finished": 422, "?limit=0": 422, "?limit=1001": 422} {
		gets[huma.ErrorModel](o, status, "GET", "/api/v1/runs"+target, "")
	}
	if w := call(o, "POST", "/api/v1/runs", `{"analysis":`); w.Code != 400 {
		t.Errorf("half a question: %d %s", w.Code, w.Body)
	}
	if all := gets[[]api.Run](o, 200, "GET", "/api/v1/runs", ""); len(all) != 0 {
		t.Errorf("refused, and yet there are %+v", all)
	}
}

// A database may hold other territories; their runs are not this server's.
func TestOnlyRunsAboutTheTerritoryAreThere(t *testing.T) {
	inBothOffices(t, func(o office) {
		other, _, err := o.queue.Submit(o.Context(), ledger.Request{Question: ledger.Question{Analysis: "coverage", Territory: "elsewhere", Snapshot: "abc", Version: "1"}})
		if err != nil {
			o.Fatal(err)
		}
		for _, id := range []string{other.ID, "nothing"} {
			for _, c := range [][2]string{{"GET", ""}, {"GET", "/log"}, {"GET", "/result"}, {"DELETE", ""}, {"POST", "/retry"}} {
				if p := gets[huma.ErrorModel](o, 404, c[0], "/api/v1/runs/"+id+c[1], ""); !strings.Contains(p.Detail, `no run "`+id+`"`) {
					o.Errorf("%s %s%s: %+v", c[0], id, c[1], p)
				}
			}
		}
		if all := gets[[]api.Run](o, 200, "GET", "/api/v1/runs", ""); len(all) != 0 {
			o.Errorf("runs of others: %+v", all)
		}
		if run, err := o.queue.Ledger().Run(o.Context(), other.ID); err != nil || run.State != ledger.Queued {
			o.Errorf("the other's run is %s, %v", run.State, err)
		}
	})
}

func TestWithoutAQueueThereAreNoRuns(t *testing.T) {
	h := handler(t, nil)
	for _, c := range [][2]string{{"GET", ""}, {"POST", ""}, {"GET", "/x"}, {"DELETE", "/x"}, {"POST", "/x/retry"}} {
		if w := call(h, c[0], "/api/v1/runs"+c[1], ""); w.Code != 404 {
			t.Errorf("%s runs%s: %d", c[0], c[1], w.Code)
		}
	}
}

// A browser sends a POST without content type, or with none of its own, to any
// server without asking first: the server itself must look at who asks.
func TestForeignPagesDoNotAskForRuns(t *testing.T) {
	o := fileOffice(t)
	for origin, status := range map[string]int{"https://evil.example.com": 403, "null": 403} {
		for _, c := range [][3]string{{"POST", "", crecheByBike}, {"POST", "/x/retry", ""}, {"DELETE", "/x", ""}} {
			if w := call(o, c[0], "/api/v1/runs"+c[1], c[2], "Origin", origin); w.Code != status {
				t.Errorf("%s: %s runs%s: %d, want %d", origin, c[0], c[1], w.Code, status)
			}
		}
	}
	if all := gets[[]api.Run](o, 200, "GET", "/api/v1/runs", ""); len(all) != 0 {
		t.Errorf("asked from elsewhere: %+v", all)
	}
	for _, origin := range []string{"https://maps.example.org", "http://example.com"} { // a named one, and the server's own
		if w := call(o, "POST", "/api/v1/runs", crecheByBike, "Origin", origin); w.Code != 202 {
			t.Errorf("%s: %d %s", origin, w.Code, w.Body)
		}
	}
	preflight := call(o, "OPTIONS", "/api/v1/runs/x", "", "Origin", "https://maps.example.org", "Access-Control-Request-Method", "DELETE")
	if got := preflight.Header().Get("Access-Control-Allow-Methods"); got != "DELETE" || preflight.Header().Get("Access-Control-Allow-Origin") != "https://maps.example.org" {
		t.Errorf("may a named page cancel? %v", preflight.Header())
	}
	if w := call(o, "GET", "/api/v1/runs", "", "Origin", "https://maps.example.org"); !strings.Contains(w.Header().Get("Access-Control-Expose-Headers"), "Location") {
		t.Errorf("a named page may read %q", w.Header().Get("Access-Control-Expose-Headers"))
	}
}

func TestRunsAreAsDescribed(t *testing.T) {
	o := fileOffice(t)
	d, err := api.Description(o.cfg)
	if err != nil {
		t.Fatal(err)
	}
	doc := decode[map[string]any](t, call(o, "GET", "/openapi.json", ""))
	for _, ref := range references(doc) {
		if !resolves(doc, ref) {
			t.Errorf("%s leads nowhere", ref)
		}
	}
	done := gets[api.Run](o, 202, "POST", "/api/v1/runs", crecheByBike)
	o.finish(o.begin(done.ID))
	queued := gets[api.Run](o, 202, "POST", "/api/v1/runs", `{"analysis":"isochrone","params":{"facility":"hall"}}`)
	cancelled := gets[api.Run](o, 202, "POST", "/api/v1/runs", `{"analysis":"isochrone","params":{"facility":"west"}}`)
	at := "/api/v1/runs/{id}"
	seen := 0
	for _, c := range []struct {
		op             *huma.Operation
		method, target string
		body, status   string
	}{
		{d.Paths["/api/v1/runs"].Post, "POST", "/api/v1/runs", crecheByBike, "200"},
		{d.Paths["/api/v1/runs"].Post, "POST", "/api/v1/runs", `{"analysis":"isochrone","params":{"facility":"hall"}}`, "202"},
		{d.Paths["/api/v1/runs"].Get, "GET", "/api/v1/runs", "", "200"},
		{d.Paths[at].Get, "GET", "/api/v1/runs/" + done.ID, "", "200"},
		{d.Paths[at].Get, "GET", "/api/v1/runs/nothing", "", "404"},
		{d.Paths[at+"/log"].Get, "GET", "/api/v1/runs/" + done.ID + "/log", "", "200"},
		{d.Paths[at+"/result"].Get, "GET", "/api/v1/runs/" + done.ID + "/result", "", "200"},
		{d.Paths[at+"/result"].Get, "GET", "/api/v1/runs/" + queued.ID + "/result", "", "409"},
		{d.Paths[at].Delete, "DELETE", "/api/v1/runs/" + cancelled.ID, "", "200"},
		{d.Paths[at+"/retry"].Post, "POST", "/api/v1/runs/" + cancelled.ID + "/retry", "", "202"},
		{d.Paths[at+"/retry"].Post, "POST", "/api/v1/runs/" + done.ID + "/retry", "", "409"},
	} {
		w := call(o, c.method, c.target, c.body)
		response := c.op.Responses[c.status]
		if fmt.Sprint(w.Code) != c.status || response == nil || response.Content[w.Header().Get("Content-Type")] == nil {
			t.Errorf("%s %s: %d %s %.300s; described: %v", c.method, c.target, w.Code, w.Header().Get("Content-Type"), w.Body, response)
			continue
		}
		var v any
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		var res huma.ValidateResult
		huma.Validate(d.Components.Schemas, response.Content[w.Header().Get("Content-Type")].Schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, v, &res)
		for _, err := range res.Errors {
			t.Errorf("%s %s: %v in %s", c.method, c.target, err, w.Body)
		}
		seen++
	}
	if seen != 11 {
		t.Errorf("%d answers were compared", seen)
	}
}
