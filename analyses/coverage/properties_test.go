package coverage

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// land is a random country of four communes, each an EPCI of its own, one of them
// not studied; with living standards, poor households and some residents-only places.
func land(t *rapid.T) geodata.Content {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 5))
	c := country(r, 2)
	c.Communes[3].Study = false
	snv, poor := geodata.Column{Name: "ind_snv"}, geodata.Column{Name: "men_pauv"}
	for i, cell := range c.Population.Cells {
		c.Population.Cells[i].Study = cell.Commune != "00004"
		snv.Values, poor.Values = append(snv.Values, geodata.Whole(r.Int64N(99))), append(poor.Values, geodata.Amount(r.Int64N(3e6)))
	}
	c.Population.Columns = append(c.Population.Columns, snv, poor)
	for _, m := range c.Communes {
		c.Zones = append(c.Zones, geodata.Zone{Layer: "communes", ID: m.Code, Outline: m.Outline})
	}
	for i := range c.Facilities {
		c.Facilities[i].Commune = c.Communes[r.IntN(4)].Code
		c.Facilities[i].Catchment = []geodata.Catchment{"", "", geodata.OfCommune, geodata.OfEPCI}[r.IntN(4)]
	}
	return c
}

func everything(t *rapid.T) Params {
	return Params{Service: "town_hall", Mode: rapid.SampledFrom([]string{"car", "foot"}).Draw(t, "mode"), Within: []Threshold{Minutes(2), Minutes(15), Minutes(60)},
		WithinKm: []float64{0.5, 2.5, 5}, Detailed: true, Zones: "communes", CompareBorder: true, Nth: rapid.IntRange(0, 3).Draw(t, "nth")}
}

func sealed(t *rapid.T, c geodata.Content) *geodata.Snapshot {
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func answered(t *rapid.T, s *geodata.Snapshot, p Params) *Result {
	r, err := Run(context.Background(), s, traveltime.NewNetworks(""), p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sums are the figures of rows that add up.
func sums(rows ...Row) (out []geodata.Amount) {
	for _, r := range rows {
		all := slices.Concat([]geodata.Amount{r.Demand, r.Population, r.Unreachable, r.OffNetwork, r.Imputed}, r.Covered, r.CoveredKm)
		if out == nil {
			out = make([]geodata.Amount, len(all))
		}
		for k, a := range all {
			out[k] += a
		}
	}
	return out
}

func TestPropertyRowsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := answered(t, sealed(t, land(t)), everything(t))
		want := sums(r.Territory)
		for name, rows := range map[string][]Row{"communes": r.Communes, "EPCIs": r.EPCIs, "living standards": r.LivingStandards, "zones": r.Zones} {
			if got := sums(rows...); !slices.Equal(got, want) {
				t.Errorf("%s add up to %v, the territory has %v", name, got, want)
			}
		}
		for _, side := range []Side{r.BorderEffect.Crossed, r.BorderEffect.Inside} {
			if got, want := sums(side.Communes...), sums(side.Territory); !slices.Equal(got, want) {
				t.Errorf("communes add up to %v, the territory has %v", got, want)
			}
		}
	})
}

func TestPropertyOneMoreSiteNeverWorsens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, p := land(t), everything(t)
		before := answered(t, sealed(t, c), p)
		c.Facilities = append(slices.Clone(c.Facilities), geodata.Facility{ID: "zz", Service: "town_hall", Status: geodata.Existing, Commune: "00001",
			Catchment: rapid.SampledFrom([]geodata.Catchment{"", geodata.OfCommune}).Draw(t, "catchment"),
			Location:  c.Population.Cells[rapid.IntRange(0, len(c.Population.Cells)-1).Draw(t, "at")].Centre})
		after := answered(t, sealed(t, c), p)
		for k := range before.Cells.IDs {
			if after.Cells.Times[k] > before.Cells.Times[k] || after.Cells.Metres[k] > before.Cells.Metres[k] {
				t.Errorf("cell %s: %d ms and %d mm, before %d and %d", before.Cells.IDs[k], after.Cells.Times[k], after.Cells.Metres[k], before.Cells.Times[k], before.Cells.Metres[k])
			}
		}
		a, b := sums(after.Territory)[5:], sums(before.Territory)[5:]
		for k := range a {
			if a[k] < b[k] {
				t.Errorf("covered %v, before %v", a, b)
			}
		}
	})
}

func TestPropertySplittingACellChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole, p := land(t), everything(t)
		k := rapid.IntRange(0, len(whole.Population.Cells)-1).Draw(t, "cell")
		split := whole
		other := whole.Population.Cells[k]
		other.ID += "b"
		split.Population.Cells = append(slices.Clone(whole.Population.Cells), other)
		split.Population.Columns = nil
		for i, col := range whole.Population.Columns { // a third and two thirds of everything: the living standard stays
			third := col.Values[k]
			whole.Population.Columns[i].Values[k] = 3 * third
			values := append(slices.Clone(col.Values), third)
			values[k] = 2 * third
			split.Population.Columns = append(split.Population.Columns, geodata.Column{Name: col.Name, Values: values})
		}
		before, after := answered(t, sealed(t, whole), p), answered(t, sealed(t, split), p)
		rows := func(r *Result) [][]Row {
			return [][]Row{{r.Territory}, r.Communes, r.EPCIs, r.LivingStandards, r.Needs, r.Zones, {r.BorderEffect.Inside.Territory}}
		}
		for g, was := range rows(before) {
			now := rows(after)[g]
			for n := range was {
				if !slices.Equal(sums(was[n]), sums(now[n])) {
					t.Errorf("row %s: %v, in one piece %v", was[n].Code, sums(now[n]), sums(was[n]))
				}
				a, errA := json.Marshal(was[n].Spread)
				b, errB := json.Marshal(now[n].Spread)
				if errA != nil || errB != nil || !bytes.Equal(a, b) {
					t.Errorf("row %s: %s, in one piece %s", was[n].Code, b, a)
				}
				if x, y := was[n].Mean, now[n].Mean; (x == nil) != (y == nil) || x != nil && math.Abs(*x-*y) > 1e-9**x {
					t.Errorf("row %s: mean %v, in one piece %v", was[n].Code, *y, *x)
				}
			}
		}
	})
}

func TestPropertyTheFirstNearestIsTheNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, p := sealed(t, land(t)), everything(t)
		p.Nth = 0
		first := p
		first.Nth = 1
		a, errA := json.Marshal(answered(t, s, p))
		b, errB := json.Marshal(answered(t, s, first))
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("the first nearest\n%.300s\nthe nearest\n%.300s", b, a)
		}
	})
}

// The nth nearest by looking at every facility and asking each whom it serves.
func TestPropertyTheNthNearestByBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, p := land(t), everything(t)
		s := sealed(t, c)
		r := answered(t, s, p)
		net, err := traveltime.NewNetworks("").Get(context.Background(), s, p.Mode)
		if err != nil {
			t.Fatal(err)
		}
		for k, cell := range s.Population().Cells {
			at := slices.Index(r.Cells.IDs, cell.ID)
			if at < 0 || k%7 > 0 {
				continue
			}
			type found struct {
				time traveltime.Time
				id   string
			}
			var all []found
			for _, f := range s.Facilities() { // in the order of their ids
				if f.Catchment != "" && f.Commune != cell.Commune { // each commune is an EPCI
					continue
				}
				times, _, err := net.Nearest(context.Background(), net.Places([]orb.Point{cell.Centre}), net.Places([]orb.Point{f.Location}))
				if err != nil {
					t.Fatal(err)
				}
				if times[0].Reached() {
					all = append(all, found{times[0], f.ID})
				}
			}
			slices.SortStableFunc(all, func(a, b found) int { return int(a.time) - int(b.time) })
			want := found{traveltime.Unreachable, ""}
			if n := max(p.Nth, 1); len(all) >= n {
				want = all[n-1]
			} else if !net.Place(cell.Centre).On {
				want.time = traveltime.OffNetwork
			}
			if got := (found{r.Cells.Times[at], r.Cells.Nearest[at]}); got != want {
				t.Errorf("cell %s: %v, want %v of %v", cell.ID, got, want, all)
			}
		}
	})
}

func TestPropertyInsideIsNeverBetterThanCrossed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := answered(t, sealed(t, land(t)), everything(t)).BorderEffect
		for k := range e.Crossed.Territory.Covered {
			if e.Inside.Territory.Covered[k] > e.Crossed.Territory.Covered[k] {
				t.Errorf("inside %v, crossed %v", e.Inside.Territory.Covered, e.Crossed.Territory.Covered)
			}
		}
		if e.Inside.Facilities > e.Crossed.Facilities {
			t.Errorf("%d facilities inside, %d in all", e.Inside.Facilities, e.Crossed.Facilities)
		}
	})
}

// Walkers may go both ways along every street, and may turn at will: the shortest
// ways between crossings are what Floyd and Warshall find.
func TestPropertyShortestWaysByBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := land(t)
		n := len(c.Roads.Nodes)
		const far = math.MaxInt32
		d := make([][]int64, n)
		for a := range d {
			d[a] = slices.Repeat([]int64{far}, n)
			d[a][a] = 0
			c.Population.Cells[a].Centre = c.Roads.Nodes[a].Point() // each home is at its crossing
		}
		for _, w := range c.Roads.Ways {
			a, b := w.Nodes[0], w.Nodes[1]
			mm := int64(math.Round(1000 * geodata.Distance(c.Roads.Nodes[a].Point(), c.Roads.Nodes[b].Point())))
			d[a][b], d[b][a] = mm, mm
		}
		for via := range d {
			for a := range d {
				for b := range d {
					d[a][b] = min(d[a][b], d[a][via]+d[via][b])
				}
			}
		}
		var at []int // of the facilities
		for i := range c.Facilities {
			at = append(at, rapid.IntRange(0, n-1).Draw(t, "crossing"))
			c.Facilities[i].Location, c.Facilities[i].Catchment = c.Roads.Nodes[at[i]].Point(), ""
		}
		s := sealed(t, c)
		r := answered(t, s, Params{Service: "town_hall", Mode: "foot", WithinKm: []float64{1}})
		net, err := traveltime.NewNetworks("").Lengths(context.Background(), s, "foot")
		if err != nil {
			t.Fatal(err)
		}
		own := func(node int) bool { // not on a stray piece of road
			p := net.Place(s.Roads().Nodes[node].Point())
			return p.On && p.Metres < 0.01
		}
		if !slices.Equal(at, slices.DeleteFunc(slices.Clone(at), func(node int) bool { return !own(node) })) {
			t.Skip("a facility lies on a stray piece of road")
		}
		for k, id := range r.Cells.IDs {
			node := slices.IndexFunc(c.Population.Cells, func(cell geodata.Cell) bool { return cell.ID == id })
			want := int64(far)
			for _, j := range at {
				want = min(want, d[node][j])
			}
			got := r.Cells.Metres[k]
			if !own(node) || want == far && !got.Reached() {
				continue
			}
			if diff := int64(got) - want; diff < -3 || diff > 3 { // the ends are rounded to a millimetre
				t.Errorf("cell %s: %d mm, by brute force %d", id, got, want)
			}
		}
	})
}

func TestAnyNumberOfThreadsGivesTheSameAnswer(t *testing.T) {
	s := seal(t, country(rand.New(rand.NewPCG(4, 2)), 4))
	p := Params{Service: "town_hall", Within: []Threshold{Minutes(5)}, WithinKm: []float64{3}, Detailed: true, CompareBorder: true, Nth: 2}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var first []byte
	for _, threads := range []int{1, 2, 7} {
		runtime.GOMAXPROCS(threads)
		b, err := json.Marshal(run(t, s, p))
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = b
		}
		if !bytes.Equal(b, first) {
			t.Errorf("%d threads give another answer than one", threads)
		}
	}
}

// What each cell costs, of a question in full against the plain one.
func BenchmarkCoverage(b *testing.B) {
	for _, communes := range []int{4, 12} {
		s := seal(b, country(rand.New(rand.NewPCG(4, 2)), communes))
		nets := traveltime.NewNetworks("")
		for name, p := range map[string]Params{
			"plain": {Service: "town_hall"},
			"full":  {Service: "town_hall", WithinKm: []float64{3}, Detailed: true, CompareBorder: true},
		} {
			cells := len(s.Population().Cells)
			b.Run(fmt.Sprintf("%s/cells=%d", name, cells), func(b *testing.B) {
				for b.Loop() {
					if _, err := Run(context.Background(), s, nets, p); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(cells), "ns/cell")
			})
		}
	}
}
