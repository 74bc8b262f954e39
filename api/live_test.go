package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/analyses/whatif"
	"github.com/maillage/maillage/api"
	"github.com/maillage/maillage/geodata"
)

// heard is a message of the server.
type heard struct {
	Type    string
	Seq     int64
	Params  *coverage.Params
	Classes []string
	Sites   []struct {
		Site     int
		Gone     bool
		Facility string
		Location [2]float64
		On       bool `json:"on_network"`
		Open     bool
		Capacity *int
	}
	Roadwork *whatif.Roadwork
	Steps    int
	Totals   struct {
		Territory json.RawMessage
		Communes  []whatif.Count
		Ages      []whatif.Count
		Places    whatif.Places
	}
	Changed struct {
		Cell    []int
		Seconds []*float64
		Site    []int
		Off     []int `json:"off_network"`
	}
	Problem *fault
}

// speaker is a client of the socket.
type speaker struct {
	*websocket.Conn
	t testing.TB
}

func dial(t testing.TB, url string, headers http.Header) (*websocket.Conn, *http.Response, error) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	conn, res, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(url, "http")+"/api/v1/live", &websocket.DialOptions{HTTPHeader: headers})
	if err == nil {
		conn.SetReadLimit(1 << 24)
		t.Cleanup(func() { conn.CloseNow() }) //nolint:errcheck // it may be closed already
	}
	return conn, res, err
}

func speak(t testing.TB, url string) speaker {
	t.Helper()
	conn, _, err := dial(t, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return speaker{conn, t}
}

func (s speaker) say(message string) {
	s.t.Helper()
	if err := s.Write(s.t.Context(), websocket.MessageText, []byte(message)); err != nil {
		s.t.Fatal(err)
	}
}

func (s speaker) hear() (h heard) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	_, body, err := s.Read(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := json.Unmarshal(body, &h); err != nil {
		s.t.Fatalf("%v in %.300s", err, body)
	}
	return h
}

func (s speaker) ask(message string) heard {
	s.t.Helper()
	s.say(message)
	return s.hear()
}

// listen reads answers until the connection ends, ten at most.
func listen(t testing.TB, c speaker) <-chan heard {
	answers := make(chan heard, 10)
	go func() {
		defer close(answers)
		for range cap(answers) {
			var h heard
			_, body, err := c.Read(context.WithoutCancel(t.Context()))
			if err != nil || json.Unmarshal(body, &h) != nil {
				return
			}
			answers <- h
		}
	}()
	return answers
}

func serve(t testing.TB, change func(*api.Config)) string {
	server := httptest.NewServer(handler(t, change))
	t.Cleanup(server.Close)
	return server.URL
}

const begin = `{"type":"start","params":{"service":"creche","mode":"bike","within":["10m","15m"]}`

// The page's way of working: the cells and totals of an answer, changed by what
// the socket says, are the answer for the same sites.
func TestWhatTheSocketSaysIsTheCoverageOfTheSameSites(t *testing.T) {
	url := serve(t, nil)
	s := street(t)
	params := coverage.Params{Service: "creche", Mode: "bike", Within: []coverage.Threshold{coverage.Minutes(10), coverage.Minutes(15)}}
	base, err := run()(t.Context(), s, params)
	if err != nil {
		t.Fatal(err)
	}
	times := slices.Clone(base.Cells.Times)
	communes := map[string]whatif.Count{}
	lon := func(metres float64) float64 {
		perMetre, _ := geodata.MetresPerDegree(47.6)
		return -0.4 + metres/perMetre
	}
	west := s.Facilities()[slices.IndexFunc(s.Facilities(), func(f geodata.Facility) bool { return f.ID == "west" })]
	tried := func(ids string, metres ...float64) (out []geodata.Facility) {
		if ids == "west" {
			out = append(out, west)
		}
		for i, m := range metres {
			out = append(out, geodata.Facility{ID: fmt.Sprintf("~%d", i), Service: "creche", Status: geodata.Existing, Location: orb.Point{lon(m), 47.6}})
		}
		return out
	}
	c := speak(t, url)
	for i, step := range []struct {
		say  string
		open []geodata.Facility
	}{
		{begin + fmt.Sprintf(`,"sites":[[%v,47.6]]`, lon(3000)), tried("west", 3000)},
		{fmt.Sprintf(`{"type":"add","lon":%v,"lat":47.6,"capacity":12`, lon(8000)), tried("west", 3000, 8000)},
		{fmt.Sprintf(`{"type":"move","site":1,"lon":%v,"lat":47.6`, lon(4000)), tried("west", 4000, 8000)},
		{fmt.Sprintf(`{"type":"move","site":1,"lon":%v,"lat":47.6,"continue":true`, lon(5000)), tried("west", 5000, 8000)},
		{`{"type":"remove","site":0`, tried("", 5000, 8000)},
		{`{"type":"resize","site":1,"capacity":30`, tried("", 5000, 8000)},
		{`{"type":"undo"`, tried("", 5000, 8000)},
		{`{"type":"undo"`, tried("west", 5000, 8000)},
		{`{"type":"undo"`, tried("west", 3000, 8000)},
		{`{"type":"undo"`, tried("west", 3000)},
		{`{"type":"undo"`, tried("west")},
		{`{"type":"remove","site":0`, nil},
	} {
		got := c.ask(step.say + fmt.Sprintf(`,"seq":%d}`, i))
		if got.Type != "state" || got.Seq != int64(i) {
			t.Fatalf("%s: %+v", step.say, got)
		}
		for k, cell := range got.Changed.Cell {
			times[cell] = traveltime.Unreachable
			if sec := got.Changed.Seconds[k]; sec != nil {
				times[cell] = traveltime.Time(*sec*1000 + 0.5)
			}
		}
		for _, row := range got.Totals.Communes {
			communes[row.Code] = row
		}
		content := s.Content()
		content.Facilities = step.open
		same, err := geodata.NewSnapshot(content)
		if err != nil {
			t.Fatal(err)
		}
		want, err := run()(t.Context(), same, params)
		if err != nil {
			t.Fatal(err)
		}
		row, err := json.Marshal(want.Territory)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(plain(t, row), plain(t, got.Totals.Territory)); diff != "" {
			t.Errorf("%s: %s", step.say, diff)
		}
		for _, row := range want.Communes {
			if diff := cmp.Diff(whatif.Count{Code: row.Code, Covered: row.Covered, Unreachable: row.Unreachable, OffNetwork: row.OffNetwork}, communes[row.Code]); diff != "" {
				t.Errorf("%s: %s", step.say, diff)
			}
		}
		for k, row := range want.Ages {
			if diff := cmp.Diff(whatif.Count{Code: row.Code, Covered: row.Covered, Unreachable: row.Unreachable, OffNetwork: row.OffNetwork}, got.Totals.Ages[k]); diff != "" {
				t.Errorf("%s: %s", step.say, diff)
			}
		}
		if !slices.Equal(want.Cells.Times, times) {
			t.Errorf("%s: the times of the cells differ", step.say)
		}
	}
}

func TestTheSocketTellsOfItsSites(t *testing.T) {
	c := speak(t, serve(t, nil))
	got := c.ask(begin + `}`)
	if len(got.Sites) != 1 || got.Sites[0].Facility != "west" || !got.Sites[0].Open || got.Steps != 0 || got.Params == nil || got.Params.Mode != "bike" || len(got.Changed.Cell) != 0 {
		t.Errorf("at first: %+v", got)
	}
	if got.Totals.Places.Total != 20 || got.Totals.Places.PerPerson == nil || len(got.Totals.Communes) != 2 {
		t.Errorf("at first: %+v", got.Totals)
	}
	if got = c.ask(`{"type":"add","lon":-0.35,"lat":47.6}`); got.Sites[0].Site != 1 || !got.Sites[0].On || got.Steps != 1 || got.Totals.Places.Unknown != 1 || len(got.Changed.Cell) == 0 || got.Params != nil {
		t.Errorf("added: %+v", got)
	}
	if got = c.ask(`{"type":"move","site":1,"lon":-0.35,"lat":47.7}`); got.Sites[0].On || got.Sites[0].Location != [2]float64{-0.35, 47.7} {
		t.Errorf("moved away from all roads: %+v", got)
	}
	c.ask(`{"type":"undo"}`)
	if got = c.ask(`{"type":"undo"}`); !got.Sites[0].Gone || got.Sites[0].Site != 1 || got.Steps != 0 {
		t.Errorf("undone: %+v", got)
	}
}

// river is the street with a bridge in the middle, way 2 from 4,000 to 4,200 m,
// between the banks' roads, ways 1 and 3.
func river(t testing.TB) *geodata.Snapshot {
	t.Helper()
	c := street(t).Content()
	nodes := c.Roads.Ways[0].Nodes
	c.Roads.Ways = []geodata.Way{
		{ID: 1, Nodes: nodes[:21], Tags: geodata.Tags{{Key: "highway", Value: "secondary"}, {Key: "ref", Value: "D 1"}}},
		{ID: 2, Nodes: nodes[20:22], Tags: geodata.Tags{{Key: "highway", Value: "tertiary"}, {Key: "name", Value: "Grand Pont"}, {Key: "ref", Value: "D 1"}}},
		{ID: 3, Nodes: nodes[21:], Tags: geodata.Tags{{Key: "highway", Value: "secondary"}}},
	}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func onRiver(t testing.TB) (url string, twin *whatif.Session) {
	t.Helper()
	s := river(t)
	params := coverage.Params{Service: "creche", Mode: "bike", Within: []coverage.Threshold{coverage.Minutes(10), coverage.Minutes(15)}}
	twin, err := tries()(t.Context(), s, params)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, func(c *api.Config) { c.Snapshot = s }), twin
}

// What a page keeps by the answers is what a session here says that takes the same
// steps; whatif's own tests hold such a session against a full count.
func TestWhatTheSocketSaysOfRoadworkIsWhatASessionSays(t *testing.T) {
	url, twin := onRiver(t)
	c := speak(t, url)
	times, communes := slices.Clone(twin.Times()), map[string]whatif.Count{}
	centre := func(cell int) string {
		p := river(t).Population().Cells[cell].Centre
		return fmt.Sprintf(`"lon":%v,"lat":%v`, p[0], p[1])
	}
	for i, turn := range []struct {
		say      string
		same     func() (whatif.Step, error)
		roadwork string // "" when the answer has none
		sites    int
	}{
		{begin, func() (whatif.Step, error) { return whatif.Step{}, nil }, `{"close":[],"per_mille":{}}`, 1},
		{`{"type":"close",` + centre(20), func() (whatif.Step, error) { // as near to way 1 as to 2: the lower id; the nursery stands on it
			return twin.Rework(t.Context(), traveltime.Roadwork{Close: []int64{1}})
		}, `{"close":[{"way":1,"name":"D 1","class":"secondary"}],"per_mille":{}}`, 1},
		{`{"type":"undo"`, func() (whatif.Step, error) { return twin.Undo(t.Context()) }, `{"close":[],"per_mille":{}}`, 1},
		{`{"type":"roadwork","close":[2],"per_mille":{"secondary":800}`, func() (whatif.Step, error) {
			return twin.Rework(t.Context(), traveltime.Roadwork{Close: []int64{2}, PerMille: map[string]int{"secondary": 800}})
		}, `{"close":[{"way":2,"name":"Grand Pont (D 1)","class":"tertiary"}],"per_mille":{"secondary":800}}`, 0},
		{`{"type":"add",` + centre(30), func() (whatif.Step, error) { return twin.Add(river(t).Population().Cells[30].Centre, nil) }, "", 1},
		{`{"type":"roadwork","close":[2],"per_mille":{"secondary":700}`, func() (whatif.Step, error) {
			return twin.Rework(t.Context(), traveltime.Roadwork{Close: []int64{2}, PerMille: map[string]int{"secondary": 700}})
		}, `{"close":[{"way":2,"name":"Grand Pont (D 1)","class":"tertiary"}],"per_mille":{"secondary":700}}`, 0},
		{`{"type":"roadwork","close":[2,3],"continue":true`, func() (whatif.Step, error) { // the site is 1.8 km from the bridge, whence nobody walks
			return twin.Slide(t.Context(), traveltime.Roadwork{Close: []int64{2, 3}})
		}, `{"close":[{"way":2,"name":"Grand Pont (D 1)","class":"tertiary"},{"way":3,"name":"","class":"secondary"}],"per_mille":{}}`, 1},
		{`{"type":"undo"`, func() (whatif.Step, error) { return twin.Undo(t.Context()) },
			`{"close":[{"way":2,"name":"Grand Pont (D 1)","class":"tertiary"}],"per_mille":{"secondary":800}}`, 1},
		{`{"type":"undo"`, func() (whatif.Step, error) { return twin.Undo(t.Context()) }, "", 1},
		{`{"type":"roadwork"`, func() (whatif.Step, error) { return twin.Rework(t.Context(), traveltime.Roadwork{}) }, `{"close":[],"per_mille":{}}`, 0},
	} {
		got := c.ask(turn.say + fmt.Sprintf(`,"seq":%d}`, i))
		if got.Type != "state" || got.Seq != int64(i) || len(got.Sites) != turn.sites || got.Sites == nil {
			t.Fatalf("%s: %+v", turn.say, got)
		}
		if _, err := turn.same(); err != nil {
			t.Fatal(err)
		}
		if is := twin.Roadwork(); (got.Roadwork != nil) != (turn.roadwork != "") || (got.Roadwork != nil && !cmp.Equal(is, *got.Roadwork)) {
			t.Errorf("%s: roadwork %+v, want %+v", turn.say, got.Roadwork, is)
		}
		if got.Roadwork != nil && short(t, *got.Roadwork) != turn.roadwork {
			t.Errorf("%s: roadwork %s, want %s", turn.say, short(t, *got.Roadwork), turn.roadwork)
		}
		for k, cell := range got.Changed.Cell {
			times[cell] = traveltime.Unreachable
			if sec := got.Changed.Seconds[k]; sec != nil {
				times[cell] = traveltime.Time(*sec*1000 + 0.5)
			}
		}
		for _, cell := range got.Changed.Off {
			times[cell] = traveltime.OffNetwork
		}
		for _, row := range got.Totals.Communes {
			communes[row.Code] = row
		}
		if !slices.Equal(twin.Times(), times) {
			t.Errorf("%s: times differ", turn.say)
		}
		for _, row := range twin.Totals().Communes {
			if diff := cmp.Diff(row, communes[row.Code]); diff != "" {
				t.Errorf("%s: %s", turn.say, diff)
			}
		}
		if got.Steps != twin.Steps() {
			t.Errorf("%s: %d steps, want %d", turn.say, got.Steps, twin.Steps())
		}
	}
}

// short writes a roadwork without its lines.
func short(t *testing.T, w whatif.Roadwork) string {
	t.Helper()
	type road struct {
		Way   int64  `json:"way"`
		Name  string `json:"name"`
		Class string `json:"class"`
	}
	out := struct {
		Close    []road         `json:"close"`
		PerMille map[string]int `json:"per_mille"`
	}{[]road{}, w.PerMille}
	for _, c := range w.Close {
		if len(c.Line) < 2 {
			t.Errorf("way %d has no line", c.ID)
		}
		out.Close = append(out.Close, road{c.ID, c.Name, c.Class})
	}
	body, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// Beyond the bridge are 20 cells by the road, and three children under three in
// each; the farm is off the network at any rate.
func TestABridgeClosedFromTheStart(t *testing.T) {
	url, _ := onRiver(t)
	c := speak(t, url)
	got := c.ask(begin + `,"roadwork":{"close":[2],"per_mille":{"tertiary":500}},"sites":[[-0.39,47.6]]}`)
	if got.Steps != 2 || got.Roadwork == nil || len(got.Roadwork.Close) != 1 || got.Roadwork.PerMille["tertiary"] != 500 {
		t.Fatalf("%+v", got)
	}
	if !slices.Equal(got.Classes, []string{"secondary", "tertiary"}) {
		t.Errorf("classes %v", got.Classes)
	}
	if east := got.Totals.Communes[1]; east.Unreachable != geodata.Whole(60) || east.OffNetwork != geodata.Whole(3) {
		t.Errorf("beyond the bridge: %+v, want 60 unreachable and the farm off the network", east)
	}
	if n := len(got.Changed.Cell); n <= 20 || got.Changed.Seconds[n-1] != nil || len(got.Changed.Off) != 0 {
		t.Errorf("changed: %+v, want those near the site and the 20 beyond the bridge", got.Changed)
	}
	if got = c.ask(`{"type":"undo"}`); got.Roadwork != nil || len(got.Sites) != 1 || !got.Sites[0].Gone {
		t.Errorf("the site undone: %+v", got)
	}
	if got = c.ask(`{"type":"undo"}`); got.Roadwork == nil || len(got.Roadwork.Close) != 0 || len(got.Sites) != 0 || got.Totals.Communes[0].Unreachable != 0 || got.Steps != 0 {
		t.Errorf("the roadwork undone: %+v", got)
	}
	if got = c.ask(begin + `,"roadwork":{}}`); got.Steps != 0 || got.Roadwork == nil {
		t.Errorf("no roadwork: %+v", got)
	}
}

// Changes of the roads that wait are neither passed by moves nor left out.
func TestRoadworkThatWaitsKeepsItsPlace(t *testing.T) {
	release := make(chan struct{})
	start := tries()
	s := river(t)
	c := speak(t, serve(t, func(cfg *api.Config) {
		cfg.Snapshot = s
		cfg.WhatIf = func(ctx context.Context, s *geodata.Snapshot, p coverage.Params) (*whatif.Session, error) {
			<-release
			return start(ctx, s, p)
		}
	}))
	answers := listen(t, c)
	for i, message := range []string{
		begin + `,"sites":[[-0.39,47.6]]`,
		`{"type":"move","site":1,"lon":-0.38,"lat":47.6`,
		`{"type":"roadwork","close":[2]`,
		`{"type":"roadwork","close":[3],"continue":true`,
		`{"type":"move","site":1,"lon":-0.37,"lat":47.6,"continue":true`,
		`{"type":"move","site":1,"lon":-0.36,"lat":47.6,"continue":true`,
		`{"type":"roadwork"`,
	} {
		c.say(message + fmt.Sprintf(`,"seq":%d}`, i))
	}
	if err := c.Ping(t.Context()); err != nil { // its pong says that all was read
		t.Fatal(err)
	}
	close(release)
	for _, want := range []struct {
		seq    int64
		steps  int
		closed []int64
	}{{0, 1, nil}, {1, 2, nil}, {2, 3, []int64{2}}, {3, 3, []int64{3}}, {5, 4, nil}, {6, 5, nil}} {
		got := <-answers
		var closed []int64
		if got.Roadwork != nil {
			for _, w := range got.Roadwork.Close {
				closed = append(closed, w.ID)
			}
		}
		if got.Seq != want.seq || got.Steps != want.steps || !slices.Equal(closed, want.closed) {
			t.Errorf("%d: %d steps, %v closed; want %+v", got.Seq, got.Steps, closed, want)
		}
	}
}

// A server that allows next to no time refuses what takes any, and stays as it was.
func TestRoadworkThatTakesTooLongChangesNothing(t *testing.T) {
	start := tries()
	s := river(t)
	c := speak(t, serve(t, func(cfg *api.Config) {
		cfg.Snapshot, cfg.Timeout = s, time.Nanosecond
		cfg.WhatIf = func(ctx context.Context, s *geodata.Snapshot, p coverage.Params) (*whatif.Session, error) {
			return start(context.WithoutCancel(ctx), s, p)
		}
	}))
	before := c.ask(begin + `}`)
	if before.Type != "state" {
		t.Fatalf("%+v", before.Problem)
	}
	if got := c.ask(`{"type":"roadwork","close":[2]}`); got.Problem == nil || got.Problem.Status != 503 {
		t.Errorf("%+v", got)
	}
	got := c.ask(`{"type":"resize","site":0,"capacity":20}`)
	if got.Steps != 1 || string(got.Totals.Territory) != string(before.Totals.Territory) {
		t.Errorf("afterwards: %+v", got)
	}
}

func TestAMessageAtFaultLeavesTheConnectionOpen(t *testing.T) {
	c := speak(t, serve(t, nil))
	expect := func(message string, status int, says, at string) {
		t.Helper()
		got := c.ask(message)
		if got.Type != "problem" || got.Problem == nil || got.Problem.Status != status || got.Problem.Title == "" {
			t.Errorf("%s: %+v", message, got)
			return
		}
		location := ""
		if len(got.Problem.Errors) > 0 {
			location = got.Problem.Errors[0].Location
		}
		if !strings.Contains(got.Problem.Detail, says) || location != at {
			t.Errorf("%s: %q at %q, want %q at %q", message, got.Problem.Detail, location, says, at)
		}
	}
	expect(`{"type":"undo"}`, 409, "begin with", "")
	expect(`{`, 400, "not a message", "")
	expect(`{"type":"start","colour":"red"}`, 400, "colour", "")
	expect(`{"type":"start","params":{"service":"cinema"}}`, 422, "want one of creche", "params.service")
	expect(`{"type":"start","params":{"service":"creche","within":["10"]}}`, 422, "with its unit", "params.within[0]")
	expect(`{"type":"start","params":{"service":"creche"},"sites":[[1]]}`, 422, "longitude", "sites[0]")
	expect(`{"type":"start","params":{"service":"creche"},"sites":[[1,2],[1,99]]}`, 422, "latitude", "sites[1]")
	expect(`{"type":"start","params":{"service":"creche"},"roadwork":{"close":[1,7]}}`, 422, "way 7 cannot be closed", "roadwork.close[1]")
	expect(`{"type":"start","params":{"service":"creche"},"roadwork":{"speed":1}}`, 400, "speed", "")
	if got := c.ask(begin + `,"seq":8}`); got.Type != "state" || got.Seq != 8 {
		t.Fatalf("%+v", got)
	}
	expect(`{"type":"dance"}`, 422, "want start, add", "type")
	expect(`{"type":"add","lon":1}`, 422, "required", "lon")
	expect(`{"type":"add","lon":1,"lat":91}`, 422, "latitude", "lon")
	expect(`{"type":"move","site":4,"lon":1,"lat":2}`, 422, "no open site", "site")
	expect(`{"type":"remove","site":-1}`, 422, "no open site", "site")
	expect(`{"type":"resize","site":0,"capacity":-1}`, 422, "0 or more", "capacity")
	expect(`{"type":"roadwork","close":[7]}`, 422, "way 7 cannot be closed: mode bike uses no such way", "close[0]")
	expect(`{"type":"roadwork","per_mille":{"secondary":0}}`, 422, "between 10 and 10000", "per_mille.secondary")
	expect(`{"type":"roadwork","per_mille":{"canal":900},"continue":true}`, 422, "want one of secondary", "per_mille.canal")
	expect(`{"type":"roadwork","close":["D 1"]}`, 400, "close", "")
	expect(`{"type":"close","lon":-0.35}`, 422, "required", "lon")
	expect(`{"type":"close","lon":-0.35,"lat":48}`, 422, "no road of mode bike is near", "lon")
	expect(`{"type":"undo"}`, 409, "no step", "")
	for range 100 {
		c.ask(`{"type":"add","lon":-0.35,"lat":47.6}`)
	}
	expect(`{"type":"add","lon":-0.35,"lat":47.6}`, 422, "at most 100", "")
	if got := c.ask(`{"type":"undo","seq":9}`); got.Type != "state" || got.Seq != 9 || got.Steps != 99 {
		t.Errorf("after all that: %+v", got)
	}
}

// While the session is busy, moves pile up: the newest of each site is computed,
// nothing else is left out, and the rest of a drag stays one step.
func TestOnlyTheNewestMoveThatWaitsIsComputed(t *testing.T) {
	release := make(chan struct{})
	start := tries()
	c := speak(t, serve(t, func(cfg *api.Config) {
		cfg.WhatIf = func(ctx context.Context, s *geodata.Snapshot, p coverage.Params) (*whatif.Session, error) {
			<-release
			return start(ctx, s, p)
		}
	}))
	answers := listen(t, c)
	c.say(begin + `,"seq":1,"sites":[[-0.39,47.6],[-0.38,47.6]]}`)
	c.say(`{"type":"move","seq":2,"site":1,"lon":-0.37,"lat":47.6}`)
	for seq := 3; seq < 500; seq++ {
		c.say(fmt.Sprintf(`{"type":"move","seq":%d,"site":%d,"lon":%v,"lat":47.6,"continue":true}`, seq, 1+seq%2, -0.39+float64(seq)*1e-4))
	}
	c.say(`{"type":"resize","seq":500,"site":1,"capacity":7}`)
	c.say(`{"type":"move","seq":501,"site":1,"lon":-0.3,"lat":47.6}`)
	if err := c.Ping(t.Context()); err != nil { // its pong says that all was read
		t.Fatal(err)
	}
	close(release)
	for _, want := range []struct {
		seq   int64
		steps int
		lon   float64
	}{{1, 2, 0}, {498, 3, -0.39 + 498*1e-4}, {499, 4, -0.39 + 499*1e-4}, {500, 5, -0.39 + 498*1e-4}, {501, 6, -0.3}} {
		got := <-answers
		if got.Seq != want.seq || got.Steps != want.steps || (want.lon != 0 && got.Sites[0].Location[0] != want.lon) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	if got, more := <-answers; more {
		t.Errorf("one answer too many: %+v", got)
	}
}

func TestWhoMayConnect(t *testing.T) {
	url := serve(t, func(c *api.Config) { c.Origins = []string{"https://maps.example.org", "https://*.example.net"} })
	for origin, want := range map[string]int{
		"": 101, url: 101, "https://maps.example.org": 101, "https://a.example.net": 101,
		"https://example.org": 403, "http://maps.example.org": 403, "https://example.net.evil.org": 403, "null": 403,
	} {
		headers := http.Header{}
		if origin != "" {
			headers.Set("Origin", origin)
		}
		_, res, err := dial(t, url, headers)
		if res == nil || res.StatusCode != want {
			t.Errorf("origin %q: %v %v, want %d", origin, res, err, want)
		}
	}
	for method, want := range map[string]int{"GET": 426, "POST": 405} {
		w := call(handler(t, nil), method, "/api/v1/live", "")
		if w.Code != want || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s without an upgrade: %d %s, want %d as a problem", method, w.Code, w.Header().Get("Content-Type"), want)
		}
	}
	without := handler(t, func(c *api.Config) { c.WhatIf = nil })
	if w := call(without, "GET", "/api/v1/live", ""); w.Code != 404 {
		t.Errorf("a server without sessions: %d, want 404", w.Code)
	}
}

func TestAMessageTooLongEndsTheConnection(t *testing.T) {
	c := speak(t, serve(t, nil))
	c.say(`{"type":"` + strings.Repeat("x", 20<<10) + `"}`)
	if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
		t.Errorf("%v, want status %d", err, websocket.StatusMessageTooBig)
	}
}

func TestAClosedConnectionStopsTheWork(t *testing.T) {
	begun, stopped := make(chan struct{}), make(chan struct{})
	c := speak(t, serve(t, func(cfg *api.Config) {
		cfg.WhatIf = func(ctx context.Context, _ *geodata.Snapshot, _ coverage.Params) (*whatif.Session, error) {
			close(begun)
			<-ctx.Done()
			close(stopped)
			return nil, ctx.Err()
		}
	}))
	c.say(begin + `}`)
	<-begun
	c.CloseNow() //nolint:errcheck // that is the point
	select {
	case <-stopped:
	case <-time.After(30 * time.Second):
		t.Error("the session goes on being prepared for nobody")
	}
}

func TestAFaultOfTheServerIsNotTold(t *testing.T) {
	c := speak(t, serve(t, func(cfg *api.Config) {
		cfg.WhatIf = func(context.Context, *geodata.Snapshot, coverage.Params) (*whatif.Session, error) {
			panic("password is hunter2")
		}
	}))
	if got := c.ask(begin + `}`); got.Problem == nil || got.Problem.Status != 500 || strings.Contains(got.Problem.Detail, "hunter2") {
		t.Errorf("%+v", got)
	}
	if got := c.ask(`{"type":"undo"}`); got.Problem == nil || got.Problem.Status != 409 {
		t.Errorf("afterwards: %+v", got)
	}
}
