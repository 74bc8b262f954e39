package whatif

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
	"github.com/maillage/maillage/internal/towntest"
)

// A street of two kilometres; people walk 500 m in six minutes. Cells hold
// powers of two, so that a sum names who is in it.
//
//	A(1)  B(2) 500 m  C(4) 1 km  D(8) 1.5 km  E(16) 2 km  F(32) far from any road
func street() (towntest.Town, geodata.Content) {
	tw := towntest.Town{Drawing: "A----B----C----D----E" + strings.Repeat("\n", 30) + "F", Ways: map[string]string{"ABCDE": "highway=residential"}}
	c := geodata.Content{
		Territory: geodata.Territory{ID: "street", Name: "Street"}, Catalogue: geodata.DefaultCatalogue(), Roads: tw.Roads(),
		Communes: []geodata.Commune{{Code: "10001", Name: "West", Study: true}, {Code: "10002", Name: "East", Study: true}},
	}
	ind, old := geodata.Column{Name: "ind"}, geodata.Column{Name: "ind_65_79"}
	for i, letter := range "ABCDEF" {
		commune := "10001"
		if letter > 'C' {
			commune = "10002"
		}
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: string(letter), Centre: tw.Point(byte(letter)), Commune: commune, Study: true})
		ind.Values = append(ind.Values, geodata.Whole(1<<i))
		old.Values = append(old.Values, geodata.Unit/2)
	}
	c.Population.Columns = []geodata.Column{ind, old}
	places := 10
	c.Facilities = []geodata.Facility{{ID: "hall", Service: "town_hall", Location: tw.Point('A'), Status: geodata.Existing, Capacity: &places}}
	return tw, c
}

func seal(t testing.TB, c geodata.Content) *geodata.Snapshot {
	t.Helper()
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func begin(t testing.TB, s *geodata.Snapshot, p coverage.Params) *Session {
	t.Helper()
	x, err := Start(context.Background(), s, traveltime.NewNetworks(""), p)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// must gives back the changed cells of a step that cannot fail.
func must(t *testing.T) func(Step, error) Step {
	return func(s Step, err error) Step {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func TestStreetByHand(t *testing.T) {
	tw, c := street()
	x := begin(t, seal(t, c), coverage.Params{Service: "town_hall", Mode: "foot", Within: []coverage.Threshold{coverage.Minutes(7), coverage.Minutes(14)}})
	ok := must(t)
	expect := func(what string, step Step, cells []int, near, far int64, perPerson float64) {
		t.Helper()
		got := x.Totals()
		if !slices.Equal(step.Cells, cells) {
			t.Errorf("%s: cells %v changed, want %v", what, step.Cells, cells)
		}
		if want := []geodata.Amount{geodata.Whole(near), geodata.Whole(far)}; !slices.Equal(got.Territory.Covered, want) {
			t.Errorf("%s: covered %v, want %v", what, got.Territory.Covered, want)
		}
		var communes [2]geodata.Amount
		for _, row := range got.Communes {
			for w := range communes {
				communes[w] += row.Covered[w]
			}
		}
		if !slices.Equal(communes[:], got.Territory.Covered) {
			t.Errorf("%s: communes add up to %v, the territory has %v", what, communes, got.Territory.Covered)
		}
		if each := got.Places.PerPerson; (each == nil) != (perPerson == 0) || (each != nil && *each != perPerson) {
			t.Errorf("%s: places %+v, want %v per person", what, got.Places, perPerson)
		}
	}
	expect("at first", Step{}, nil, 1+2, 1+2+4, 10.0/31)
	at := func(metres float64) orb.Point { return tw.At(metres/100, 0) }
	expect("a site 200 m before E", ok(x.Add(at(1800), nil)), []int{2, 3, 4}, 1+2+8+16, 1+2+4+8+16, 10.0/31)
	if x.Totals().Places.Unknown != 1 {
		t.Errorf("%+v: the capacity of the new site is not known", x.Totals().Places)
	}
	twenty := 21
	expect("with 21 places", ok(x.Resize(1, &twenty)), nil, 1+2+8+16, 1+2+4+8+16, 1)
	// B has 500 m to the hall and 600 m to the site.
	expect("moved 100 m past C", ok(x.Move(1, at(1100))), []int{2, 3, 4}, 1+2+4+8, 1+2+4+8+16, 1)
	expect("the first closed", ok(x.Remove(0)), []int{0, 1}, 4+8, 1+2+4+8+16, 21.0/31)
	expect("both closed", ok(x.Remove(1)), []int{0, 1, 2, 3, 4}, 0, 0, 0)
	if got := x.Totals().Territory; got.Unreachable != geodata.Whole(31) || got.OffNetwork != geodata.Whole(32) || got.Mean != nil {
		t.Errorf("%+v: nobody can be reached by nothing", got)
	}
	expect("undone", ok(x.Undo(context.Background())), []int{0, 1, 2, 3, 4}, 4+8, 1+2+4+8+16, 21.0/31)
	expect("dragged over D", ok(x.Drag(1, at(1500))), []int{0, 1, 2, 3, 4}, 4+8+16, 2+4+8+16, 21.0/31)
	expect("to E", ok(x.Drag(1, at(2000))), []int{0, 1, 2, 3, 4}, 8+16, 4+8+16, 21.0/31)
	expect("the drag undone at once", ok(x.Undo(context.Background())), []int{0, 1, 2, 3, 4}, 4+8, 1+2+4+8+16, 21.0/31)
	expect("the closing undone", ok(x.Undo(context.Background())), []int{0, 1}, 1+2+4+8, 1+2+4+8+16, 1)
	expect("the move", ok(x.Undo(context.Background())), []int{2, 3, 4}, 1+2+8+16, 1+2+4+8+16, 1)
	expect("the size", ok(x.Undo(context.Background())), nil, 1+2+8+16, 1+2+4+8+16, 10.0/31)
	expect("the site", ok(x.Undo(context.Background())), []int{2, 3, 4}, 1+2, 1+2+4, 10.0/31)
	if _, err := x.Undo(context.Background()); !errors.Is(err, ErrNothingToUndo) {
		t.Errorf("undo of nothing: %v", err)
	}
	expect("in the wild", ok(x.Add(tw.Point('F'), nil)), nil, 1+2, 1+2+4, 10.0/31)
	if x.Sites()[1].On {
		t.Error("a site far from any road says it is on the network")
	}
}

func TestStepsAreChecked(t *testing.T) {
	_, c := street()
	x := begin(t, seal(t, c), coverage.Params{Service: "town_hall", Mode: "foot"})
	before := x.Totals()
	less := -1
	for name, step := range map[string]func() (Step, error){
		"no such site":  func() (Step, error) { return x.Move(7, orb.Point{}) },
		"negative":      func() (Step, error) { return x.Remove(-1) },
		"drag nothing":  func() (Step, error) { return x.Drag(1, orb.Point{}) },
		"resize":        func() (Step, error) { return x.Resize(1, nil) },
		"fewer than no": func() (Step, error) { return x.Resize(0, &less) },
		"off the globe": func() (Step, error) { return x.Add(orb.Point{181, 0}, nil) },
		"moved off it":  func() (Step, error) { return x.Move(0, orb.Point{0, 91}) },
	} {
		if _, err := step(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if diff := cmp.Diff(before, x.Totals()); diff != "" || x.Steps() != 0 {
		t.Error("a refused step changed something", diff)
	}
	if _, err := Start(context.Background(), seal(t, c), traveltime.NewNetworks(""), coverage.Params{Service: "cinema"}); !errors.Is(err, analyses.ErrParams) {
		t.Errorf("unknown service: %v", err)
	}
}

func TestOnlyTheLatestStepsAreKept(t *testing.T) {
	tw, c := street()
	s := seal(t, c)
	o := newOracle(t, s, "foot")
	x, err := Start(context.Background(), s, o.nets, coverage.Params{Service: "town_hall", Mode: "foot"})
	if err != nil {
		t.Fatal(err)
	}
	ok := must(t)
	for i := range 3 * History {
		switch i % 5 {
		case 3:
			ok(x.Rework(context.Background(), traveltime.Roadwork{PerMille: map[string]int{"residential": 500 + i}}))
		case 4:
			ok(x.Resize(0, &i))
		default:
			ok(x.Move(0, tw.At(float64(i%20), 0)))
		}
	}
	for range History {
		ok(x.Undo(context.Background()))
		o.same(t, x)
	}
	if _, err := x.Undo(context.Background()); !errors.Is(err, ErrNothingToUndo) {
		t.Errorf("step %d: %v", History+1, err)
	}
}

// oracle computes from scratch what a session must say.
type oracle struct {
	s    *geodata.Snapshot
	nets *traveltime.Networks
	net  *traveltime.Network // never prepared: by Dijkstra
}

func newOracle(t *testing.T, s *geodata.Snapshot, mode string) oracle {
	t.Helper()
	net, err := traveltime.NewNetworks("").Get(context.Background(), s, mode)
	if err != nil {
		t.Fatal(err)
	}
	return oracle{s, traveltime.NewNetworks(""), net}
}

// same compares the session with a count of its people on its roads and, where
// these are as mapped, with an analysis of a snapshot that has its sites.
func (o oracle) same(t *testing.T, x *Session) {
	t.Helper()
	o.sameAsCounted(t, x)
	if work := x.Roadwork(); len(work.Close) == 0 && len(work.PerMille) == 0 {
		o.sameAsAnalysed(t, x)
	}
}

// tallied is an amount, and how many of those that a rule's minimum counts it is about.
type tallied struct{ amount, of geodata.Amount }

func (o oracle) told(x tallied) geodata.Amount {
	if x.of < geodata.Whole(int64(o.s.Population().Rule.Minimum)) {
		return 0
	}
	return x.amount
}

// row is what a Count counts, by hand.
type row struct {
	covered                   []tallied
	reached, unreachable, off tallied
}

func (o oracle) count(r *row, within []coverage.Threshold, cell int, t traveltime.Time, people geodata.Amount) {
	add := func(x *tallied) {
		x.amount += people
		if of, ok := o.s.Population().Column(o.s.Population().Rule.Of); ok && people > 0 {
			x.of += of[cell]
		}
	}
	switch t {
	case traveltime.Unreachable:
		add(&r.unreachable)
	case traveltime.OffNetwork:
		add(&r.off)
	default:
		add(&r.reached)
	}
	r.covered = slices.Grow(r.covered, len(within))[:len(within)]
	for w, bound := range within {
		if t.Within(time.Duration(bound)) {
			add(&r.covered[w])
		}
	}
}

func (o oracle) tell(r *row, into *Count, within int) {
	into.Covered = make([]geodata.Amount, within)
	for w := range r.covered {
		into.Covered[w] = o.told(r.covered[w])
	}
	into.Unreachable, into.OffNetwork = o.told(r.unreachable), o.told(r.off)
}

// sameAsCounted joins every cell and site to the network changed by the roadwork
// in force, and counts everybody.
func (o oracle) sameAsCounted(t *testing.T, x *Session) {
	t.Helper()
	work := x.Roadwork()
	change := traveltime.Roadwork{PerMille: work.PerMille}
	for _, w := range work.Close {
		change.Close = append(change.Close, w.ID)
	}
	net, err := o.net.Change(change)
	if err != nil {
		t.Fatal(err)
	}
	var doors []traveltime.Place
	var number []int32
	for k, site := range x.Sites() {
		door := net.Place(site.Location)
		if door.On != site.On {
			t.Fatalf("site %d: on the network %v, want %v", k, site.On, door.On)
		}
		if site.Open {
			doors, number = append(doors, door), append(number, int32(k))
		}
	}
	pop, counted := o.s.Population(), map[string]int{}
	for k, id := range x.base.Cells.IDs {
		counted[id] = k
	}
	var centres []orb.Point
	for _, cell := range pop.Cells {
		centres = append(centres, cell.Centre)
	}
	times, nearest, err := net.Homes(net.Places(centres)).Nearest(context.Background(), doors)
	if err != nil {
		t.Fatal(err)
	}
	within := x.base.Params.Within
	var territory row
	communes, ages := map[string]*row{}, make([]row, len(x.base.Ages))
	for _, r := range x.base.Communes {
		communes[r.Code] = &row{}
	}
	for i, cell := range pop.Cells {
		k, counts := counted[cell.ID]
		if !counts {
			continue
		}
		is := int32(-1)
		if nearest[i] >= 0 {
			is = number[nearest[i]]
		}
		if x.Times()[k] != times[i] || x.Nearest()[k] != is {
			t.Fatalf("cell %s: %d to site %d, want %d to site %d", cell.ID, x.Times()[k], x.Nearest()[k], times[i], is)
		}
		o.count(&territory, within, i, times[i], x.base.Cells.Demand[k])
		if r, ok := communes[cell.Commune]; ok {
			o.count(r, within, i, times[i], x.base.Cells.Demand[k])
		}
		for b := range ages {
			people, _ := pop.Column(x.base.Ages[b].Code)
			o.count(&ages[b], within, i, times[i], people[i])
		}
	}
	want := Totals{Territory: x.base.Territory, Communes: counts(x.base.Communes), Ages: counts(x.base.Ages)}
	var all Count
	o.tell(&territory, &all, len(within))
	want.Territory.Covered, want.Territory.Unreachable, want.Territory.OffNetwork = all.Covered, all.Unreachable, all.OffNetwork
	want.Territory.Mean, want.Territory.Median = nil, nil
	if o.told(territory.reached) > 0 {
		want.Territory.Mean, want.Territory.Median = coverage.Averages(x.Times(), x.base.Cells.Demand)
	}
	for k := range want.Communes {
		o.tell(communes[want.Communes[k].Code], &want.Communes[k], len(within))
	}
	for b := range want.Ages {
		o.tell(&ages[b], &want.Ages[b], len(within))
	}
	got := x.Totals()
	want.Places = got.Places // sameAsAnalysed looks at them; no road changes them but by who reaches a site
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatal("totals: ", diff)
	}
	reach := got.Territory.Demand - got.Territory.Unreachable - got.Territory.OffNetwork
	if each := got.Places.PerPerson; each != nil && *each != float64(got.Places.Total)/reach.Float() {
		t.Fatalf("%v places per person, want %d for %v people", *each, got.Places.Total, reach)
	}
}

func (o oracle) sameAsAnalysed(t *testing.T, x *Session) {
	t.Helper()
	c := o.s.Content()
	service := x.base.Params.Service
	kept := map[string]geodata.Facility{}
	others := c.Facilities[:0:0]
	for _, f := range c.Facilities {
		kept[f.ID] = f
		if f.Service != service {
			others = append(others, f)
		}
	}
	c.Facilities = others
	ids := make([]string, len(x.sites))
	total, unknown := 0, 0
	for n, site := range x.sites {
		f := kept[site.Facility]
		if site.Facility == "" {
			f = geodata.Facility{ID: fmt.Sprintf("~%05d", n), Service: service, Status: geodata.Existing}
		}
		f.Location, f.Capacity, ids[n] = site.Location, site.Capacity, f.ID
		if !site.Open {
			continue
		}
		c.Facilities = append(c.Facilities, f)
		if f.Capacity == nil {
			unknown++
		} else {
			total += *f.Capacity
		}
	}
	want, err := coverage.Run(context.Background(), seal(t, c), o.nets, x.base.Params)
	if err != nil {
		t.Fatal(err)
	}
	got := x.Totals()
	if diff := cmp.Diff(want.Territory, got.Territory); diff != "" {
		t.Fatal("territory: ", diff)
	}
	if diff := cmp.Diff(counts(want.Communes), got.Communes); diff != "" {
		t.Fatal("communes: ", diff)
	}
	if diff := cmp.Diff(counts(want.Ages), got.Ages); diff != "" {
		t.Fatal("ages: ", diff)
	}
	if !slices.Equal(want.Cells.Times, x.Times()) {
		t.Fatal("times differ")
	}
	for k, n := range x.Nearest() {
		if id := want.Cells.Nearest[k]; (n < 0) != (id == "") || (n >= 0 && ids[n] != id) {
			t.Fatalf("cell %d: nearest is site %d, want %q", k, n, id)
		}
	}
	if got.Places.Total != total || got.Places.Unknown != unknown {
		t.Fatalf("places %+v, want %d and %d sites unknown", got.Places, total, unknown)
	}
}

// walk takes random steps, checks what each says it changed, and calls check after each.
func walk(t *testing.T, r *rand.Rand, x *Session, steps int, point func() orb.Point, work func() traveltime.Roadwork, check func()) {
	t.Helper()
	ok, ctx := must(t), context.Background()
	for range steps {
		times, nearest, communes := slices.Clone(x.Times()), slices.Clone(x.Nearest()), deep(x.Totals().Communes)
		var step Step
		site := r.IntN(len(x.sites) + 1)
		places := r.IntN(50)
		switch what := r.IntN(12); {
		case what < 2 && x.Steps() > 0:
			step = ok(x.Undo(ctx))
		case what == 10:
			step = ok(x.Rework(ctx, work()))
			for range r.IntN(3) {
				one := ok(x.Slide(ctx, work()))
				step.Cells, step.Communes = append(step.Cells, one.Cells...), append(step.Communes, one.Communes...)
			}
		case what == 11:
			var err error
			if step, err = x.CloseRoad(ctx, point()); err != nil && !errors.Is(err, analyses.ErrParams) {
				t.Fatal(err)
			}
		case site == len(x.sites) || !x.sites[site].Open:
			step = ok(x.Add(point(), []*int{nil, &places}[r.IntN(2)]))
		case what == 2:
			step = ok(x.Remove(site))
		case what == 3:
			step = ok(x.Resize(site, []*int{nil, &places}[r.IntN(2)]))
		case what < 7:
			step = ok(x.Move(site, point()))
		default:
			for range 1 + r.IntN(3) {
				one := ok(x.Drag(site, point()))
				step.Cells, step.Communes = append(step.Cells, one.Cells...), append(step.Communes, one.Communes...)
			}
		}
		for k := range times {
			if changed := times[k] != x.Times()[k] || nearest[k] != x.Nearest()[k]; changed && !slices.Contains(step.Cells, k) {
				t.Fatalf("cell %d changed without being told of", k)
			}
		}
		for row, before := range communes {
			if !cmp.Equal(before, x.Totals().Communes[row]) && !slices.Contains(step.Communes, row) {
				t.Fatalf("commune %d changed without being told of", row)
			}
		}
		check()
	}
	for x.Steps() > 0 {
		ok(x.Undo(ctx))
	}
	check()
	if work := x.Roadwork(); len(work.Close) > 0 || len(work.PerMille) > 0 {
		t.Fatalf("all is undone, but this is in force: %+v", work)
	}
}

// works draws roadworks: some ways closed, a class faster or slower, or nothing.
func works(r *rand.Rand, x *Session, s *geodata.Snapshot, most int) func() traveltime.Roadwork {
	var ways []int64
	for _, w := range s.Roads().Ways {
		if _, ok := x.mapped.Way(w.ID); ok {
			ways = append(ways, w.ID)
		}
	}
	return func() (w traveltime.Roadwork) {
		for range r.IntN(most + 1) {
			w.Close = append(w.Close, ways[r.IntN(len(ways))])
		}
		if r.IntN(2) == 0 {
			w.PerMille = map[string]int{x.Classes()[r.IntN(len(x.Classes()))]: 200 + 100*r.IntN(20)}
		}
		return w
	}
}

func deep(rows []Count) []Count {
	out := slices.Clone(rows)
	for i := range out {
		out[i].Covered = slices.Clone(out[i].Covered)
	}
	return out
}

// Thousands of steps on random towns, of public and of confidential homes: the
// session always says what the analysis of the same facilities says.
func TestStepsEqualTheAnalysis(t *testing.T) {
	steps := 0
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 8))
		s := randomTown(t, r)
		if seed%3 == 0 {
			s = confidential(t, s)
		}
		o := newOracle(t, s, "foot")
		if seed%2 == 0 {
			if err := o.nets.Prepare(context.Background(), s, "foot", nil); err != nil {
				t.Fatal(err)
			}
		}
		p := coverage.Params{Service: []string{"town_hall", "creche"}[r.IntN(2)], Mode: "foot", Within: []coverage.Threshold{coverage.Minutes(4), coverage.Minutes(9), coverage.Minutes(20)}}
		x, err := Start(context.Background(), s, o.nets, p)
		if err != nil {
			t.Fatal(err)
		}
		point := func() orb.Point { return orb.Point{r.Float64() * 0.03, r.Float64() * 0.03} }
		walk(t, r, x, 18, point, works(r, x, s, 4), func() { steps++; o.same(t, x) })
	}
	t.Logf("%d states compared", steps)
}

// randomTown has streets between random corners, some of them one-way, people
// around them and a few facilities.
func randomTown(t *testing.T, r *rand.Rand) *geodata.Snapshot {
	t.Helper()
	c := geodata.Content{Territory: geodata.Territory{ID: "town", Name: "Town"}, Catalogue: geodata.DefaultCatalogue()}
	for k := range 3 {
		c.Communes = append(c.Communes, geodata.Commune{Code: fmt.Sprintf("1000%d", k), Study: k < 2})
	}
	at := func() (lon, lat float64) { return r.Float64() * 0.03, r.Float64() * 0.03 }
	for k := range 12 {
		lon, lat := at()
		c.Roads.Nodes = append(c.Roads.Nodes, geodata.RoadNode{ID: int64(k), Lon: geodata.Fixed(lon), Lat: geodata.Fixed(lat)})
	}
	for k := range 16 {
		tags := geodata.Tags{{Key: "highway", Value: "residential"}}
		if r.IntN(3) == 0 {
			tags = append(tags, geodata.Tag{Key: "oneway:foot", Value: "yes"})
		}
		from := r.IntN(12)
		c.Roads.Ways = append(c.Roads.Ways, geodata.Way{ID: int64(k), Nodes: []int32{int32(from), int32((from + 1 + r.IntN(11)) % 12)}, Tags: tags})
	}
	ind, young := geodata.Column{Name: "ind"}, geodata.Column{Name: "ind_0_3"}
	for k := range 15 {
		lon, lat := at()
		commune := r.IntN(4) // 3 is a commune nobody knows
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: fmt.Sprintf("c%02d", k), Centre: orb.Point{lon, lat}, Commune: fmt.Sprintf("1000%d", commune), Study: commune != 2})
		ind.Values = append(ind.Values, geodata.Amount(r.IntN(3)*r.IntN(9e6)))
		young.Values = append(young.Values, geodata.Amount(r.IntN(2)*r.IntN(9e6)))
	}
	c.Population.Columns = []geodata.Column{ind, young}
	for k := range r.IntN(5) {
		lon, lat := at()
		f := geodata.Facility{ID: fmt.Sprintf("f%d", k), Service: []string{"town_hall", "creche"}[r.IntN(2)], Status: geodata.Existing, Location: orb.Point{lon, lat}}
		if places := r.IntN(40); places > 5 {
			f.Capacity = &places
		}
		c.Facilities = append(c.Facilities, f)
	}
	return seal(t, c)
}

// confidential is the town as it is shown when nothing may be told of fewer than
// twelve people.
func confidential(t *testing.T, s *geodata.Snapshot) *geodata.Snapshot {
	t.Helper()
	c := s.Content()
	c.Population.Rule = geodata.Rule{Minimum: 12, Of: "ind", Key: "known to the owner only"}
	return secrecy.Protect(seal(t, c))
}

// Under a minimum of 12 people: the street's western 7 are withheld as a commune.
// Of the eastern 56 the 32 at F are off the network, and D and E come in reach with
// a site at E; no step tells what the homes have, nor the sum of both alone.
func TestStreetOfConfidentialHomes(t *testing.T) {
	tw, c := street()
	x := begin(t, confidential(t, seal(t, c)), coverage.Params{Service: "town_hall", Mode: "foot", Within: []coverage.Threshold{coverage.Minutes(7)}})
	is := x.Totals()
	if west := is.Communes[0]; west.Covered[0] != 0 || is.Territory.Covered[0] != 0 || is.Territory.Unreachable != 0 {
		t.Errorf("at first: %+v, want nothing of the west and nobody in reach", is)
	}
	must(t)(x.Add(tw.Point('E'), nil))
	is = x.Totals()
	both := geodata.Whole(8 + 16) // one group, to within two
	if got := is.Territory.Covered[0]; got < both-secrecy.MaxNoise/2 || got > both+secrecy.MaxNoise/2 || got != is.Communes[1].Covered[0] {
		t.Errorf("with a site at E %s are told, want 24 to within two", got)
	}
	must(t)(x.Move(1, tw.At(23, 0))) // 300 m past E: 16 of the 24 are a half of what is told of both
	is = x.Totals()
	if got := is.Territory.Covered[0]; got != 0 && got != x.Base().Cells.Demand[1] {
		t.Errorf("with a site past E %s are told", got)
	}
	if got := is.Territory.OffNetwork; got < geodata.Whole(30) || got > geodata.Whole(36) {
		t.Errorf("far from any road: %s, want 32 to within four", got)
	}
}

func TestStepsEqualTheAnalysisOnAnjou(t *testing.T) {
	s, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	r, o := rand.New(rand.NewPCG(1, 9)), newOracle(t, s, "car")
	if err := o.nets.Prepare(context.Background(), s, "car", nil); err != nil {
		t.Fatal(err)
	}
	cells := s.Population().Cells
	point := func() orb.Point {
		c := cells[r.IntN(len(cells))].Centre
		return orb.Point{c[0] + r.NormFloat64()*0.01, c[1] + r.NormFloat64()*0.01}
	}
	for _, service := range []string{"creche", "town_hall"} {
		x, err := Start(context.Background(), s, o.nets, coverage.Params{Service: service, Mode: "car"})
		if err != nil {
			t.Fatal(err)
		}
		walk(t, r, x, 20, point, works(r, x, s, 60), func() { o.same(t, x) })
	}
}
