package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/danielgtaylor/huma/v2"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/analyses/whatif"
	"github.com/maillage/maillage/geodata"
)

// The limits of live connections; LIVE.md tells them to clients.
const (
	livePath     = "/api/v1/live"
	maxMessage   = 16 << 10 // bytes
	maxTried     = 100      // sites beyond the facilities
	maxWaiting   = 64       // messages read ahead
	liveIdle     = 10 * time.Minute
	livePing     = 30 * time.Second
	livePatience = 10 * time.Second // for a pong, and for a client that reads slowly
)

// liveRequest is a message of the client.
type liveRequest struct {
	Type     string      `json:"type"`
	Seq      int64       `json:"seq"`
	Params   question    `json:"params"`
	Sites    [][]float64 `json:"sites"`
	Site     int         `json:"site"`
	Lon      *float64    `json:"lon"`
	Lat      *float64    `json:"lat"`
	Capacity *int        `json:"capacity"`
	Continue bool        `json:"continue"`
	traveltime.Roadwork
	Begun traveltime.Roadwork `json:"roadwork"` // in force from the start
	fault error               // it could not be read
}

// liveState is the answer to a step.
type liveState struct {
	Type     string           `json:"type"`
	Seq      int64            `json:"seq"`
	Params   *coverage.Params `json:"params,omitempty"`
	Classes  []string         `json:"classes,omitempty"`
	Sites    []liveSite       `json:"sites"`
	Roadwork *whatif.Roadwork `json:"roadwork,omitempty"`
	Steps    int              `json:"steps"`
	Totals   whatif.Totals    `json:"totals"`
	Changed  liveChanges      `json:"changed"`
}

type liveSite struct {
	Number int  `json:"site"`
	Gone   bool `json:"gone,omitempty"`
	*whatif.Site
}

type liveProblem struct {
	Type    string           `json:"type"`
	Seq     int64            `json:"seq"`
	Problem *huma.ErrorModel `json:"problem"`
}

// liveChanges are the cells of a session that a step changed.
type liveChanges struct {
	cells   []int
	session *whatif.Session
}

// MarshalJSON writes thousands of numbers without a call for each.
func (c liveChanges) MarshalJSON() ([]byte, error) {
	times, nearest := c.session.Times(), c.session.Nearest()
	b := make([]byte, 0, 64+20*len(c.cells))
	list := func(name string, cells []int, each func(b []byte, k int) []byte) {
		b = append(append(b, name...), '[')
		for n, k := range cells {
			if n > 0 {
				b = append(b, ',')
			}
			b = each(b, k)
		}
		b = append(b, ']')
	}
	position := func(b []byte, k int) []byte { return strconv.AppendInt(b, int64(k), 10) }
	list(`{"cell":`, c.cells, position)
	list(`,"seconds":`, c.cells, func(b []byte, k int) []byte {
		if !times[k].Reached() {
			return append(b, "null"...)
		}
		return times[k].AppendSeconds(b)
	})
	list(`,"site":`, c.cells, func(b []byte, k int) []byte { return strconv.AppendInt(b, int64(nearest[k]), 10) })
	var off []int
	for _, k := range c.cells {
		if times[k] == traveltime.OffNetwork {
			off = append(off, k)
		}
	}
	if len(off) > 0 {
		list(`,"off_network":`, off, position)
	}
	return append(b, '}'), nil
}

// liveQuestions answers livePath. It stands before the middleware that
// compresses answers and bounds their time: a socket stays open.
func (s *server) liveQuestions(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != livePath {
			next.ServeHTTP(w, r)
			return
		}
		if p := s.refusal(w, r); p != nil {
			writeProblem(w, p)
			return
		}
		defer s.sockets.leave()
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // refusal has checked the origin
		if err != nil {
			return // Accept has answered
		}
		s.talk(r.Context(), conn)
	})
}

// refusal says why no connection is made, or counts it.
func (s *server) refusal(w http.ResponseWriter, r *http.Request) *huma.ErrorModel {
	switch {
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		return newProblem(http.StatusMethodNotAllowed, fmt.Sprintf("%s does not answer %s; allowed: GET", livePath, r.Method))
	case !strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		w.Header().Set("Upgrade", "websocket")
		return newProblem(http.StatusUpgradeRequired, livePath+" is a WebSocket; /openapi.json describes its messages")
	case !s.welcome(r):
		return newProblem(http.StatusForbidden, fmt.Sprintf("pages of %s may not connect", r.Header.Get("Origin")))
	}
	if status := s.sockets.enter(time.Now()); status != 0 {
		w.Header().Set("Retry-After", "5")
		return newProblem(status, "too many live connections; try again in a moment")
	}
	return nil
}

// welcome lets in the server's own pages, those of the configured origins, and
// clients that are no pages.
func (s *server) welcome(r *http.Request) bool {
	origin := strings.ToLower(r.Header.Get("Origin"))
	u, err := url.Parse(origin)
	if origin == "" || (err == nil && strings.EqualFold(u.Host, r.Host)) {
		return true
	}
	for _, allowed := range s.origins {
		if ok, _ := path.Match(strings.ToLower(allowed), origin); ok || allowed == "*" {
			return true
		}
	}
	return false
}

// gate counts connections and how fast they come: a bucket of permits that
// fills by rate a second.
type gate struct {
	most        int
	rate, burst float64

	mu      sync.Mutex
	open    int
	permits float64
	filled  time.Time
}

func newGate() *gate { return &gate{most: 64, rate: 5, burst: 20, permits: 20} }

// enter returns 0, or the status with which to refuse.
func (g *gate) enter(now time.Time) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.filled.IsZero() {
		g.permits = min(g.burst, g.permits+g.rate*now.Sub(g.filled).Seconds())
	}
	g.filled = now
	switch {
	case g.open >= g.most:
		return http.StatusServiceUnavailable
	case g.permits < 1:
		return http.StatusTooManyRequests
	}
	g.permits--
	g.open++
	return 0
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
}

// inbox holds the messages that wait for the session, moves of a site only once.
type inbox struct {
	mu     sync.Mutex
	change sync.Cond
	list   []liveRequest
	closed bool
}

func newInbox() *inbox {
	b := &inbox{}
	b.change.L = &b.mu
	return b
}

// put waits while the inbox is full.
func (b *inbox) put(r liveRequest) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.Type == "move" && r.fault == nil {
		// Moves of different sites may be swapped; other messages are not passed.
		for k := len(b.list) - 1; k >= 0 && b.list[k].Type == "move"; k-- {
			if old := b.list[k]; old.fault == nil && old.Site == r.Site {
				r.Continue = r.Continue && old.Continue
				b.list[k] = r
				return
			}
		}
	}
	for len(b.list) >= maxWaiting && !b.closed {
		b.change.Wait()
	}
	b.list = append(b.list, r)
	b.change.Broadcast()
}

// take waits for a message; ok is false when no more will come.
func (b *inbox) take() (r liveRequest, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.list) == 0 && !b.closed {
		b.change.Wait()
	}
	if b.closed {
		return r, false
	}
	r, b.list = b.list[0], b.list[1:]
	b.change.Broadcast()
	return r, true
}

func (b *inbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.change.Broadcast()
}

// talk serves a connection until either side ends it. One goroutine reads ahead,
// one pings, this one computes and writes; all end with ctx.
func (s *server) talk(ctx context.Context, conn *websocket.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer conn.CloseNow() //nolint:errcheck // it may be closed already
	defer cancel()
	conn.SetReadLimit(maxMessage)
	waiting := newInbox()
	context.AfterFunc(ctx, waiting.close)
	wg.Go(func() {
		defer cancel()
		hear(ctx, conn, waiting)
	})
	wg.Go(func() {
		defer cancel()
		keepAlive(ctx, conn)
	})
	var session *whatif.Session
	for {
		request, ok := waiting.take()
		if !ok {
			return
		}
		answer, err := s.follow(ctx, &session, request)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			answer = liveProblem{"problem", request.Seq, s.liveFault(ctx, err)}
		}
		if send(ctx, conn, answer) != nil {
			return
		}
	}
}

// hear reads messages until the connection ends or nobody speaks any more.
func hear(ctx context.Context, conn *websocket.Conn, into *inbox) {
	idle := time.AfterFunc(liveIdle, func() { conn.Close(websocket.StatusNormalClosure, "idle") }) //nolint:errcheck // it may be gone
	defer idle.Stop()
	for {
		kind, data, err := conn.Read(ctx)
		if err != nil {
			return
		}
		idle.Reset(liveIdle)
		into.put(readLive(kind, data))
	}
}

func readLive(kind websocket.MessageType, data []byte) (r liveRequest) {
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil || kind != websocket.MessageText {
		r.fault = newProblem(http.StatusBadRequest, fmt.Sprintf("not a message: %v", err))
	}
	return r
}

// keepAlive finds out that a client has gone without saying so.
func keepAlive(ctx context.Context, conn *websocket.Conn) {
	tick := time.NewTicker(livePing)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			pong, cancel := context.WithTimeout(ctx, livePatience)
			err := conn.Ping(pong)
			cancel()
			if err != nil {
				return
			}
		}
	}
}

func send(ctx context.Context, conn *websocket.Conn, message any) error {
	body, err := json.Marshal(message)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, livePatience)
	defer cancel()
	return conn.Write(ctx, websocket.MessageText, body)
}

// liveFault is the problem to send for an error.
func (s *server) liveFault(ctx context.Context, err error) *huma.ErrorModel {
	if bad := (*analyses.ParamError)(nil); errors.As(err, &bad) {
		return invalid("params."+bad.Param, nil, bad.Err.Error())
	}
	return problem(s.report(ctx, err))
}

// follow does what a message asks. A panic becomes an error, since the
// connection's goroutine is not the middleware's to save.
func (s *server) follow(ctx context.Context, session **whatif.Session, r liveRequest) (answer any, err error) {
	defer func() {
		if p := recover(); p != nil {
			answer, err = nil, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			*session = nil // it may be half changed
		}
	}()
	switch {
	case r.fault != nil:
		return nil, r.fault
	case r.Type == "start":
		return s.begin(ctx, session, r)
	case *session == nil:
		return nil, newProblem(http.StatusConflict, `no question has been asked: begin with {"type":"start","params":{…}}`)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	step, err := change(ctx, *session, r)
	if err != nil {
		return nil, err
	}
	return stateOf(*session, r.Seq, step), nil
}

func (s *server) begin(ctx context.Context, session **whatif.Session, r liveRequest) (any, error) {
	params, err := readParams("params", r.Params)
	if err != nil {
		return nil, err
	}
	if len(r.Sites) > maxTried {
		return nil, invalid("sites", nil, fmt.Sprintf("%d sites; at most %d can be tried", len(r.Sites), maxTried))
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	x, err := s.whatIf(ctx, s.snapshot, params)
	if err != nil {
		return nil, err
	}
	if len(r.Begun.Close)+len(r.Begun.PerMille) > 0 {
		if _, err := x.Rework(ctx, r.Begun); err != nil {
			return nil, roadFault("roadwork.", err)
		}
	}
	for i, p := range r.Sites {
		err := errors.New("want [longitude, latitude]")
		if len(p) == 2 {
			_, err = x.Add(orb.Point{p[0], p[1]}, nil)
		}
		if err != nil {
			return nil, invalid(fmt.Sprintf("sites[%d]", i), p, err.Error())
		}
	}
	*session = x
	work := x.Roadwork()
	state := liveState{Type: "state", Seq: r.Seq, Params: &x.Base().Params, Classes: x.Classes(), Sites: []liveSite{}, Roadwork: &work,
		Steps: x.Steps(), Totals: x.Totals(), Changed: liveChanges{x.Changed(), x}}
	for n := range x.Sites() {
		state.Sites = append(state.Sites, liveSite{Number: n, Site: &x.Sites()[n]})
	}
	return state, nil
}

// change takes one step.
func change(ctx context.Context, x *whatif.Session, r liveRequest) (step whatif.Step, err error) {
	var at orb.Point
	if r.Type == "add" || r.Type == "move" || r.Type == "close" {
		if r.Lon == nil || r.Lat == nil {
			return step, invalid("lon", nil, "lon and lat are required")
		}
		at = orb.Point{*r.Lon, *r.Lat}
		if err := geodata.CheckPoint(at); err != nil {
			return step, invalid("lon", at, err.Error())
		}
	}
	switch r.Type {
	case "add":
		if len(x.Sites()) >= len(x.Base().Facilities)+maxTried {
			return step, newProblem(http.StatusUnprocessableEntity, fmt.Sprintf("at most %d sites can be tried; undo some, or start anew", maxTried))
		}
		step, err = x.Add(at, r.Capacity)
	case "move":
		if r.Continue {
			step, err = x.Drag(r.Site, at)
		} else {
			step, err = x.Move(r.Site, at)
		}
	case "remove":
		step, err = x.Remove(r.Site)
	case "resize":
		step, err = x.Resize(r.Site, r.Capacity)
	case "roadwork":
		if r.Continue {
			step, err = x.Slide(ctx, r.Roadwork)
		} else {
			step, err = x.Rework(ctx, r.Roadwork)
		}
		return step, roadFault("", err)
	case "close":
		step, err = x.CloseRoad(ctx, at)
		return step, roadFault("", err)
	case "undo":
		if step, err = x.Undo(ctx); errors.Is(err, whatif.ErrNothingToUndo) {
			return step, newProblem(http.StatusConflict, err.Error())
		}
		return step, err
	default:
		return step, invalid("type", r.Type, "want start, add, move, remove, resize, roadwork, close or undo")
	}
	switch {
	case errors.Is(err, traveltime.ErrNoSite):
		return step, invalid("site", r.Site, err.Error())
	case err != nil:
		return step, invalid("capacity", r.Capacity, err.Error())
	}
	return step, nil
}

// roadFault says where in a message a wrong roadwork stands.
func roadFault(within string, err error) error {
	if bad := (*analyses.ParamError)(nil); errors.As(err, &bad) {
		return invalid(within+bad.Param, nil, bad.Err.Error())
	}
	return err
}

func stateOf(x *whatif.Session, seq int64, step whatif.Step) liveState {
	state := liveState{Type: "state", Seq: seq, Sites: []liveSite{}, Steps: x.Steps(), Totals: x.Totals(), Changed: liveChanges{step.Cells, x}}
	state.Totals.Communes = make([]whatif.Count, len(step.Communes))
	for i, row := range step.Communes {
		state.Totals.Communes[i] = x.Totals().Communes[row]
	}
	for _, n := range step.Sites {
		site := liveSite{Number: n, Gone: true}
		if n < len(x.Sites()) {
			site = liveSite{Number: n, Site: &x.Sites()[n]}
		}
		state.Sites = append(state.Sites, site)
	}
	if step.Roads {
		work := x.Roadwork()
		state.Roadwork = &work
	}
	return state
}
