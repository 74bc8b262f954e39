package traveltime

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
)

// randomOffer is a random town of 9 × 9 km with buses from 7 to 9 on Tuesday 3
// November 2026, stops that are changed between in stated times, and two services on
// demand between two communes.
func randomOffer(t *testing.T, r *rand.Rand) *geodata.Snapshot {
	c := geodata.Content{Territory: geodata.Territory{ID: "random"}, Catalogue: geodata.DefaultCatalogue(), Roads: randomRoads(r)}
	for i := range c.Roads.Nodes {
		c.Roads.Nodes[i].Lon, c.Roads.Nodes[i].Lat = 8*c.Roads.Nodes[i].Lon, 8*c.Roads.Nodes[i].Lat
	}
	for i := range c.Roads.Ways {
		c.Roads.Ways[i].Tags[0].Value = []string{"residential", "tertiary", "track", "primary"}[r.IntN(4)]
	}
	c.Roads.Ways[0].Tags, c.Roads.Ways[0].Nodes = geodata.Tags{{Key: "highway", Value: "residential"}}, []int32{0, 1, 2} // open to every mode
	place := func() orb.Point { return orb.Point{r.Float64() * 0.08, r.Float64() * 0.08} }
	beside := func() orb.Point { // a road
		n := c.Roads.Nodes[r.IntN(len(c.Roads.Nodes))].Point()
		return orb.Point{n[0] + (r.Float64()-0.5)*0.006, n[1] + (r.Float64()-0.5)*0.006}
	}
	commune := func() string { return []string{"1", "2", ""}[r.IntN(3)] }
	for i := range 15 {
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: fmt.Sprintf("c%02d", i), Centre: beside(), Commune: commune()})
	}
	c.Population.Cells[0].Centre = place() // perhaps off the network
	for i := range 6 {
		c.Facilities = append(c.Facilities, geodata.Facility{ID: fmt.Sprintf("f%d", i), Service: "town_hall", Location: beside(), Status: geodata.Existing, Commune: commune()})
	}
	c.Facilities[0].Location = place()
	tt := &geodata.Timetable{Zone: "Europe/Paris", Agencies: []geodata.Agency{{ID: "A"}}, Routes: []geodata.Route{{ID: "1", Agency: "A", Type: 3}},
		Services: []geodata.TransitService{{ID: "s", Added: []geodata.Date{20261103}}}}
	stops := 3 + r.IntN(6)
	for i := range stops {
		tt.Stops = append(tt.Stops, geodata.Stop{ID: fmt.Sprint(i), Location: beside()})
	}
	for id := range 3 + r.IntN(20) {
		trip := geodata.Trip{ID: fmt.Sprintf("%02d", id), Route: "1", Service: "s"}
		at := int32(7*3600 + r.IntN(7200))
		for range 2 + r.IntN(4) {
			call := geodata.Call{Stop: int32(r.IntN(stops)), Arrival: at, Departure: at + int32(r.IntN(60))}
			call.Boarding, call.Alighting = geodata.Stopping(r.IntN(5)/4), geodata.Stopping(r.IntN(5)/4)
			at = call.Departure + int32(r.IntN(600))
			trip.Calls = append(trip.Calls, call)
		}
		tt.Trips = append(tt.Trips, trip)
	}
	for range r.IntN(4) {
		x := geodata.Transfer{From: int32(r.IntN(stops)), To: int32(r.IntN(stops)), Kind: geodata.Impossible}
		if r.IntN(2) == 0 {
			x.Kind, x.Seconds = geodata.MinimumTime, int32(r.IntN(900))
		}
		if !slices.ContainsFunc(tt.Transfers, func(y geodata.Transfer) bool { return x.From == y.From && x.To == y.To }) {
			tt.Transfers = append(tt.Transfers, x)
		}
	}
	tt.Sort()
	c.Timetable = tt
	for id := range 2 {
		hours, err := geodata.ParseWeeklyHours([]string{"Tu 07:20-08:00,08:30-09:00", "Mo-Fr 06:00-08:15", "Tu-We 14:00-18:00"}[r.IntN(3)])
		if err != nil {
			t.Fatal(err)
		}
		c.OnDemand = append(c.OnDemand, geodata.OnDemand{ID: fmt.Sprint(id), Name: "TAD", From: []string{"1", "2"}[:1+r.IntN(2)], To: [][]string{nil, {"2"}, {"1", "2"}}[r.IntN(3)],
			Hours: *hours, Wait: r.IntN(30), Booking: 60 * r.IntN(2), Detour: 100 + r.IntN(80)})
	}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// slow answers by the definition, from matrices of the roads alone.
type slow struct {
	t    *testing.T
	s    *geodata.Snapshot
	nets *Networks
	m    profile.Mode
}

func (o *slow) times(mode string, from, to []orb.Point) [][]Time {
	net, err := o.nets.Get(context.Background(), o.s, mode)
	if err != nil {
		o.t.Fatal(err)
	}
	return matrix(o.t, net, from, to)
}

func (o *slow) matrix(from, to []orb.Point) (out [][]Time) {
	walk := o.times("foot", from, to)
	var durations func(i, j int) []uint32
	if o.m.Transit() {
		durations = o.riding(from, to)
	} else {
		durations = o.calling(from, to)
	}
	for j := range to {
		row := make([]Time, len(from))
		for i := range from {
			if row[i] = walk[j][i]; row[i] == OffNetwork {
				continue
			}
			all := durations(i, j)
			for k := range all {
				if all[k] > 6*3600_000 {
					all[k] = uint32(Unreachable)
				}
				all[k] = min(all[k], uint32(walk[j][i]))
			}
			slices.Sort(all)
			below := 0 // the least that so many per cent do not exceed
			for 100*(below+1) < o.m.Percentile*len(all) {
				below++
			}
			row[i] = Time(all[below])
		}
		out = append(out, row)
	}
	return out
}

// riding rides every trip of the day from every departure.
func (o *slow) riding(from, to []orb.Point) func(i, j int) []uint32 {
	tt := o.s.Timetable()
	var stops []orb.Point
	for _, s := range tt.Stops {
		stops = append(stops, s.Location)
	}
	limit := map[string]Time{"foot": 30 * 60_000, "bike": 30 * 60_000, "car": 20 * 60_000}[o.m.Access()]
	access, between, egress := o.times(o.m.Access(), from, stops), o.times("foot", stops, stops), o.times("foot", stops, to)
	today := slices.DeleteFunc(slices.Clone(tt.Trips), func(trip geodata.Trip) bool {
		k := slices.IndexFunc(tt.Services, func(s geodata.TransitService) bool { return s.ID == trip.Service })
		return !tt.Services[k].Runs(o.m.Date)
	})
	const never = int64(1) << 40
	change := func(a, b int) int64 {
		for _, x := range tt.Transfers {
			if int(x.From) == a && int(x.To) == b {
				if x.Kind == geodata.Impossible {
					return never
				}
				return 1000 * int64(x.Seconds)
			}
		}
		switch {
		case a == b:
			return 0
		case between[b][a] > 15*60_000:
			return never
		}
		return int64(between[b][a])
	}
	return func(i, j int) (out []uint32) {
		for leave := o.m.From; leave < o.m.To; leave++ {
			board := make([]int64, len(stops))
			for s := range board {
				board[s] = never
				if access[s][i] <= limit {
					board[s] = int64(leave)*60_000 + int64(access[s][i])
				}
			}
			best := never
			for range o.m.Changes + 1 {
				off := make([]int64, len(stops))
				for s := range off {
					off[s] = never
				}
				for _, trip := range today {
					on := false
					for _, c := range trip.Calls {
						if on && c.Alighting != geodata.NotHere {
							off[c.Stop] = min(off[c.Stop], 1000*int64(c.Arrival))
						}
						on = on || c.Boarding != geodata.NotHere && board[c.Stop] <= 1000*int64(c.Departure)
					}
				}
				for s := range board {
					board[s] = never
					if egress[j][s] <= 30*60_000 {
						best = min(best, off[s]+int64(egress[j][s]))
					}
					for a := range off {
						if off[a] < never {
							board[s] = min(board[s], off[a]+change(a, s))
						}
					}
				}
			}
			if best < never {
				out = append(out, uint32(best-int64(leave)*60_000))
			} else {
				out = append(out, uint32(Unreachable))
			}
		}
		return out
	}
}

// calling looks at every minute until a service comes.
func (o *slow) calling(from, to []orb.Point) func(i, j int) []uint32 {
	direct := o.times("car", from, to)
	communeOf := func(p orb.Point) string {
		for _, c := range o.s.Population().Cells {
			if c.Centre == p {
				return c.Commune
			}
		}
		for _, f := range o.s.Facilities() {
			if f.Location == p {
				return f.Commune
			}
		}
		return ""
	}
	return func(i, j int) (out []uint32) {
		for leave := o.m.From; leave < o.m.To; leave++ {
			best := uint32(Unreachable)
			for _, d := range o.s.OnDemand() {
				ends := d.To
				if ends == nil {
					ends = d.From
				}
				if !slices.Contains(d.From, communeOf(from[i])) || !slices.Contains(ends, communeOf(to[j])) || o.m.Now && d.Booking > 0 || !direct[j][i].Reached() {
					continue
				}
				at := leave + d.Wait
				for !slices.ContainsFunc(d.Hours[(o.m.Weekday+at/1440)%7], func(x geodata.Interval) bool { return x.From <= at%1440 && at%1440 < x.To }) {
					at++
				}
				ride := (uint64(direct[j][i])*uint64(d.Detour) + 99) / 100
				best = min(best, uint32(at-leave)*60_000+uint32(ride))
			}
			out = append(out, best)
		}
		return out
	}
}

func randomMode(r *rand.Rand) string {
	from := 7*60 + r.IntN(60)
	m := fmt.Sprintf("%s 2026-11-03 %02d:%02d-%02d:%02d p%d", profile.Timed()[r.IntN(4)], from/60, from%60, (from+1+r.IntN(40))/60, (from+1+r.IntN(40))%60, 1+r.IntN(100))
	parsed, err := profile.ParseMode(m)
	if err != nil {
		return randomMode(r)
	}
	if parsed.Transit() {
		return fmt.Sprintf("%s %d-changes", m, r.IntN(3))
	}
	if r.IntN(4) == 0 {
		m += " now"
	}
	return m
}

// In random towns, by all timed modes, the matrix is what the definition says; so are
// what is around a point and the changes of an incumbent, and a route is as long.
func TestTimedModesOfRandomTownsAreExact(t *testing.T) {
	towns := 120
	if testing.Short() {
		towns = 40
	}
	ctx := context.Background()
	rode, legs := map[string]int{}, 0
	for seed := range uint64(towns) {
		r := rand.New(rand.NewPCG(seed, 11))
		s, nets := randomOffer(t, r), NewNetworks("")
		var to []orb.Point
		for _, f := range s.Facilities() {
			to = append(to, f.Location)
		}
		var from []orb.Point
		for _, c := range s.Population().Cells {
			from = append(from, c.Centre)
		}
		for range 3 {
			mode, err := CheckMode(s, randomMode(r))
			if err != nil {
				t.Fatal(err)
			}
			if r.IntN(3) == 0 {
				if err := nets.Prepare(ctx, s, mode, nil); err != nil {
					t.Fatal(err)
				}
			}
			homes, net, err := nets.Cells(ctx, s, mode)
			if err != nil {
				t.Fatal(err)
			}
			m, err := profile.ParseMode(mode)
			if err != nil {
				t.Fatal(err)
			}
			want := (&slow{t, s, nets, m}).matrix(from, to)
			var got [][]Time
			doors := net.Places(to)
			if err := homes.Matrix(ctx, doors, func(_ int, row []Time) error { got = append(got, slices.Clone(row)); return nil }); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("town %d, %s: %s", seed, mode, diff)
			}
			if again := matrix(t, net, from, to); !slices.EqualFunc(again, got, slices.Equal) {
				t.Fatalf("town %d, %s: homes that are no cells have other times", seed, mode)
			}
			checkAround(t, nets, net, s, mode, from, to, got)
			walk := (&slow{t, s, nets, m}).times("foot", from, to)
			for range 8 {
				i, j := r.IntN(len(from)), r.IntN(len(to))
				if got[j][i] < walk[j][i] {
					rode[m.Name]++
				}
				legs += checkTimedRoute(t, net, homes.Place(i), doors[j], got[j][i])
			}
		}
	}
	t.Logf("rode %v, %d rides", rode, legs)
	for _, name := range profile.Timed() {
		if rode[name] < towns/3 {
			t.Errorf("%s: %d rides only: the towns test little", name, rode[name])
		}
	}
}

// checkAround holds Reach and Incumbent to the matrix.
func checkAround(t *testing.T, nets *Networks, net *Network, s *geodata.Snapshot, mode string, from, to []orb.Point, want [][]Time) {
	t.Helper()
	ctx := context.Background()
	homes, _, err := nets.Cells(ctx, s, mode)
	if err != nil {
		t.Fatal(err)
	}
	doors := net.Places(to)
	const limit = 40 * 60_000
	if doors[1].On {
		reach, err := net.Reach(ctx, doors[1], ToPoint, limit)
		if err != nil {
			t.Fatal(err)
		}
		got, err := reach.Times(ctx, net.Places(from))
		if err != nil {
			t.Fatal(err)
		}
		near := reach.Near()
		for i, x := range want[1] {
			if !x.Reached() || x > limit {
				if got[i] != Unreachable {
					t.Fatalf("%s: reach says %d ms, want beyond", mode, got[i])
				}
				continue
			}
			if got[i] != x {
				t.Fatalf("%s: reach says %d ms, want %d", mode, got[i], x)
			}
			p := homes.Place(i)
			if !slices.ContainsFunc(near, func(n Stretch) bool { return distanceTo(p.Of, n.Line) <= net.WalkMetres(limit-n.Time)+2 }) {
				t.Fatalf("%s: home %d is %d ms away, but near no road of %d that may lead there", mode, i, x, len(near))
			}
		}
	}
	x, err := homes.Incumbent(ctx, doors[:2])
	if err != nil {
		t.Fatal(err)
	}
	x.Add(doors[2])
	for i := range from {
		if best := min(want[0][i], want[1][i], want[2][i]); x.Times()[i] != best && best.Reached() {
			t.Fatalf("%s: the incumbent says %d ms, want %d", mode, x.Times()[i], best)
		}
	}
}

func distanceTo(p orb.Point, line orb.LineString) float64 {
	mx, my := geodata.MetresPerDegree(p[1])
	best := 1e9
	for k := 1; k < len(line); k++ {
		d, _ := offset(p, line[k-1], line[k], mx, my)
		best = min(best, d)
	}
	return best
}

// checkTimedRoute wants a route of the matrix's time whose legs follow each other in
// time and place, and counts its rides.
func checkTimedRoute(t *testing.T, n *Network, h, f Place, want Time) (rides int) {
	t.Helper()
	r, err := n.Route(context.Background(), h, f)
	if err != nil {
		t.Fatal(err)
	}
	if r.Time != want && (r.Time.Reached() || want.Reached()) {
		t.Fatalf("%s: a route of %d ms, the matrix says %d", n.Mode, r.Time, want)
	}
	if !r.Time.Reached() {
		return 0
	}
	now := Time(r.Leave)
	for _, leg := range r.Legs {
		if leg.Ride != nil {
			rides++
			if now != Time(leg.Ride.Departure) || now+leg.Time != Time(leg.Ride.Arrival) {
				t.Fatalf("%s: a ride from %d to %d begins at %d and takes %d", n.Mode, leg.Ride.Departure, leg.Ride.Arrival, now, leg.Time)
			}
		}
		now += leg.Time
	}
	if now-Time(r.Leave) != want || len(r.Line) < 2 || r.Line[0] != h.Of || r.Line[len(r.Line)-1] != f.Of {
		t.Fatalf("%s: legs take %d ms, want %d; the line goes %v", n.Mode, now-Time(r.Leave), want, r.Line)
	}
	if m, _ := profile.ParseMode(n.Mode); r.Timed && (int(r.Leave)/60_000 < m.From || int(r.Leave)/60_000 >= m.To || rides == 0 || m.Transit() && rides > m.Changes+1) {
		t.Fatalf("%s: leaves at %d with %d rides", n.Mode, r.Leave, rides)
	}
	return rides
}

func TestThreadsChangeNoTimedAnswer(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 11))
	s := randomOffer(t, r)
	var first [][]Time
	for _, threads := range []int{1, 2, 7} {
		was := runtime.GOMAXPROCS(threads)
		var got [][]Time
		for _, mode := range profile.Timed() {
			homes, net, err := NewNetworks("").Cells(context.Background(), s, mode)
			if err != nil {
				t.Fatal(err)
			}
			if err := homes.Matrix(context.Background(), net.Places([]orb.Point{s.Facilities()[1].Location, s.Facilities()[2].Location}),
				func(_ int, row []Time) error { got = append(got, slices.Clone(row)); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		runtime.GOMAXPROCS(was)
		if first == nil {
			first = got
		}
		if diff := cmp.Diff(first, got); diff != "" {
			t.Errorf("%d threads: %s", threads, diff)
		}
	}
}

// Roadwork changes the ways to the stops: with the road from A to B closed, nobody
// gets to the bus; on slower roads it is missed.
func TestRoadworkChangesTheWayToTheStop(t *testing.T) {
	s, nets := onLine(t, nil), NewNetworks("")
	var ab int64
	for _, w := range s.Roads().Ways {
		if s.Roads().Nodes[w.Nodes[0]].ID == 'A' {
			ab = w.ID
		}
	}
	closed := nets.Under(Roadwork{Close: []int64{ab}})
	if got := toHall(t, s, closed, "transit 07:18-07:19"); got[0] != "unreachable" && got[0] != "off_network" || got[1] != "2070" {
		t.Errorf("with the road from A closed: %v", got)
	}
	slower := Roadwork{PerMille: map[string]int{"residential": 900}}
	// 7 km take 93 minutes and 20 s; the stop is 13 minutes and 20 s away: too far at 7:18.
	if got := toHall(t, s, nets.Under(slower), "transit 07:18-07:19"); got[0] != "5600" {
		t.Errorf("on slower roads: %v", got)
	}
	if got := toHall(t, s, nets.Under(slower), "transit 07:17-07:18"); got[0] != "2210" {
		t.Errorf("on slower roads, at 7:17: %v", got)
	}
	net, err := nets.Get(context.Background(), s, "transit 07:17-07:18")
	if err != nil {
		t.Fatal(err)
	}
	changed, err := net.Change(slower)
	if err != nil {
		t.Fatal(err)
	}
	if got := matrix(t, changed, []orb.Point{line.Point('A')}, []orb.Point{line.Point('D')}); (got[0][0]+500)/1000 != 2210 {
		t.Errorf("changed: %v", got)
	}
	if got := toHall(t, s, nets, "transit 07:18-07:19"); got[0] != "2070" {
		t.Errorf("the roads as mapped changed: %v", got)
	}
}

func TestSmallest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		values := make([]uint32, 1+r.IntN(30))
		for i := range values {
			values[i] = uint32(r.IntN(12))
		}
		sorted := slices.Sorted(slices.Values(values))
		k := 1 + r.IntN(len(values))
		if got := smallest(slices.Clone(values), k); got != sorted[k-1] {
			t.Fatalf("%v: the %d-th smallest is %d, want %d", values, k, got, sorted[k-1])
		}
	}
}
