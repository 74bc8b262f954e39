package access

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

const minute = traveltime.Time(60_000)

// never is a pair without a way.
const never = traveltime.Unreachable

// ask makes a question of minutes[home][site]; never where there is no way.
func ask(t testing.TB, method Method, steps string, demand, capacity []float64, times [][]traveltime.Time) Question {
	t.Helper()
	q := Question{}
	var homes, sites []string
	var pairs []matrix.Pair
	for i, p := range demand {
		homes = append(homes, fmt.Sprint("home ", i))
		a, err := geodata.AmountOf(p)
		if err != nil {
			t.Fatal(err)
		}
		q.Demand = append(q.Demand, a)
		for j, at := range times[i] {
			pairs = append(pairs, matrix.Pair{Home: int32(i), Site: int32(j), Time: at})
		}
	}
	for j, s := range capacity {
		sites = append(sites, fmt.Sprint("site ", j))
		a, err := geodata.AmountOf(s)
		if err != nil {
			t.Fatal(err)
		}
		q.Capacity = append(q.Capacity, a)
	}
	var err error
	if q.Times, err = matrix.New(homes, sites, pairs); err != nil {
		t.Fatal(err)
	}
	var asked Steps
	for s := range strings.SplitSeq(steps, ",") {
		if s == "" {
			continue
		}
		step, err := ParseStep(s)
		if err != nil {
			t.Fatal(err)
		}
		asked = append(asked, step)
	}
	if q.Method, q.Steps, err = Complete(method, asked); err != nil {
		t.Fatal(err)
	}
	return q
}

func share(t testing.TB, q Question) *Shares {
	t.Helper()
	s, err := Share(q)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// near compares numbers that differ by rounding only; NaN stands for null.
func near(t *testing.T, what string, got []*float64, want ...float64) {
	t.Helper()
	for i := range want {
		v := math.NaN()
		if got[i] != nil {
			v = *got[i]
		}
		if math.Abs(v-want[i]) > 1e-12*math.Max(1, math.Abs(want[i])) || math.IsNaN(v) != math.IsNaN(want[i]) {
			t.Errorf("%s: number %d is %v, want %v", what, i, v, want[i])
		}
	}
}

func ratios(s *Shares) (out []*float64) {
	for _, x := range s.Sites {
		out = append(out, x.Ratio)
	}
	return out
}

// The town: 1, 2, 4 and 8 people at 10, 20, 30 and 30.001 minutes from x (30
// places), the third 10 minutes from y (15 places), the fourth reaching nothing
// within half an hour; z (7 places) is reached by nobody.
func town(t *testing.T, method Method) Question {
	return ask(t, method, "", []float64{1, 2, 4, 8}, []float64{30, 15, 7}, [][]traveltime.Time{
		{10 * minute, never, never}, {20 * minute, never, never}, {30 * minute, 10 * minute, never}, {30*minute + 1, never, never}})
}

func TestTownByHand(t *testing.T) {
	null := math.NaN()
	two := share(t, town(t, TwoStep)) // 30 places for 1+2+4 people, 15 for 4
	near(t, "2sfca ratio", ratios(two), 30./7, 15./4, null)
	near(t, "2sfca", two.Score, 30./7, 30./7, 30./7+15./4, 0)

	x := 30 / (1 + 2*0.68 + 4*0.22)
	enhanced := share(t, town(t, Enhanced))
	near(t, "e2sfca ratio", ratios(enhanced), x, 15./4, null)
	near(t, "e2sfca", enhanced.Score, x, 0.68*x, 0.22*x+15./4, 0)
	if diff := cmp.Diff([]bool{true, true, true, false}, enhanced.Reached); diff != "" {
		t.Error(diff)
	}
	if got := enhanced.Sites[0]; got.InReach != geodata.Whole(7) || math.Abs(*got.Saturation-3.24/30) > 1e-15 {
		t.Errorf("%+v: want 7 people in reach, and 3.24 by weight for 30 places", got)
	}
	if c := enhanced.Check; c.Supply != geodata.Whole(45) || c.Idle != geodata.Whole(7) || math.Abs(c.Difference) > 1e-12 {
		t.Errorf("%+v: want 45 places shared out, and the 7 that nobody reaches idle", c)
	}

	apl := share(t, town(t, APL)) // 1 at 10 min; y at 10 min; x is out of reach of the others at 30, and counts 0.1 at 20
	x = 30 / (1 + 2*0.1)
	near(t, "apl", apl.Score, x, 0.1*x, 15./4, 0)

	// The third home prefers y: G is 0.22/1.22 for x and 1/1.22 for y.
	gx, gy := 0.22/1.22, 1/1.22
	x, y := 30/(1+2*0.68+4*0.22*gx), 15/(4*gy)
	three := share(t, town(t, ThreeStep))
	near(t, "3sfca", three.Score, x, 0.68*x, 0.22*gx*x+gy*y, 0)
}

// A worked example that is published: the three towns of the test suite of PySAL's
// access 1.1 (access/tests/test_hospital_example.py), with a city of many doctors
// and two suburbs at several travel times. Its weight is 1/t within 61 minutes,
// which steps say exactly for its times of 1, 20 and 40 minutes. The numbers are
// what access 1.1.10 prints, to 12 digits.
func TestPublishedHospitalExample(t *testing.T) {
	const gravity = "1m:1,20m:0.05,40m:0.025"
	for n, c := range []struct {
		in, out, cross traveltime.Time // minutes to the city, from it, and between the suburbs
		enhanced, two  []float64
	}{
		{40, 40, 80, []float64{0.331444116980, 0.579828132067, 7.286418169863}, []float64{0.761363636364, 0.958333333333, 1.094696969697}},
		{20, 40, 80, []float64{0.435340220876, 0.683724235963, 5.727976611421}, []float64{0.761363636364, 0.958333333333, 1.094696969697}},
		{40, 20, 80, []float64{0.331071913161, 0.577857785779, 7.299991939492}, []float64{0.761363636364, 0.958333333333, 1.094696969697}},
		{20, 20, 40, []float64{0.442568395399, 0.666758279966, 5.740524646185}, []float64{0.84375, 0.84375, 0.84375}},
	} {
		times := [][]traveltime.Time{{minute, c.cross * minute, c.in * minute}, {c.cross * minute, minute, c.in * minute}, {c.out * minute, c.out * minute, minute}}
		for _, m := range []struct {
			method Method
			steps  string
			want   []float64
		}{{Enhanced, gravity, c.enhanced}, {TwoStep, "61m:1", c.two}} {
			got := share(t, ask(t, m.method, m.steps, []float64{100, 50, 10}, []float64{15, 20, 100}, times))
			for i, want := range m.want {
				if math.Abs(*got.Score[i]-want) > 5e-12 {
					t.Errorf("scenario %d, %s, town %d: %.12f, published %.12f", n, m.method, i+1, *got.Score[i], want)
				}
			}
		}
	}
}

// The same example by 3SFCA and RAAM. Of 3SFCA the last scenario is the one where
// all is in reach: access adds up W over all sites where Wan et al. add up those
// in reach, which the first three differ by. RAAM there moves whole people in 150
// cycles, and stops near the equilibrium; here it is by hand: the people of both
// suburbs go to the city too, so that all their costs are λ, and with ρ = 160/135
// the 160 people fill ρ·15·(λ − 1/60) + ρ·20·(λ − 1/60) + ρ·100·(λ − in/60), the
// city's people being as well off as its doctors are busy.
func TestPublishedHospitalExampleByPreference(t *testing.T) {
	times := [][]traveltime.Time{{minute, 40 * minute, 20 * minute}, {40 * minute, minute, 20 * minute}, {20 * minute, 20 * minute, minute}}
	got := share(t, ask(t, ThreeStep, "1m:1,20m:0.05,40m:0.025", []float64{100, 50, 10}, []float64{15, 20, 100}, times))
	for i, want := range []float64{0.174802148080, 0.424035508557, 9.631800976419} {
		if math.Abs(*got.Score[i]-want) > 5e-12 {
			t.Errorf("3sfca, town %d: %.12f, published %.12f", i+1, *got.Score[i], want)
		}
	}
	for in, published := range map[traveltime.Time][]float64{40: {1.504847916667, 1.493322916667, 0.843541666667}, 20: {1.253272916667, 1.245529166667, 0.936354166667}} {
		times[0][2], times[1][2] = in*minute, in*minute
		got := share(t, ask(t, RAAM, "", []float64{100, 50, 10}, []float64{15, 20, 100}, times))
		level := (160 + 160./135*(35./60+100*float64(in)/60)) / 160
		for i, want := range []float64{level, level, level - float64(in)/60 + 1./60} {
			if math.Abs(*got.Score[i]-want) > 2*closeBy || math.Abs(*got.Score[i]-published[i]) > 0.01 {
				t.Errorf("raam, %d min, town %d: %.7f, want %.7f (published %.7f)", in, i+1, *got.Score[i], want, published[i])
			}
		}
	}
}

// 100 people between two sites of 10 places, at their door and half an hour away:
// ρ = 5, so x/50 = (100 − x)/50 + ½, and 62.5 go to the near one. Those of a second
// home, empty, would do the same; a third reaches nothing.
func TestRAAMByHand(t *testing.T) {
	s := share(t, ask(t, RAAM, "", []float64{100, 0, 0}, []float64{10, 10, 0}, [][]traveltime.Time{{0, 30 * minute, 0}, {0, never, never}, {never, never, never}}))
	for i, want := range []float64{1.25, 1.25} {
		if math.Abs(*s.Score[i]-want) > closeBy {
			t.Errorf("cost of home %d: %v, want %v", i, *s.Score[i], want)
		}
	}
	if a, b := s.Sites[0].Demand, s.Sites[1].Demand; math.Abs(a-62.5) > 1e-4 || math.Abs(b-37.5) > 1e-4 || s.Score[2] != nil || s.Sites[2].Ratio != nil {
		t.Errorf("%v and %v people, want 62.5 and 37.5; third home %v, third site %v", a, b, s.Score[2], s.Sites[2].Ratio)
	}
	if s.Sites[2].InReach != geodata.Whole(100) || s.Reached[2] || !s.Rounds.Converged || math.Abs(s.Check.Difference) > 1e-12 || s.Check.Supply != geodata.Whole(20) {
		t.Errorf("%+v", s)
	}
	// One person in a million million: none is lost beside the cost.
	s = share(t, ask(t, RAAM, "", []float64{0.000001, 4e12}, []float64{1, 1}, [][]traveltime.Time{{0, minute}, {0, 0}}))
	if math.Abs(s.Check.Difference) > 1e-9 {
		t.Errorf("%+v", s.Check)
	}
}

func TestWhatCannotBeAsked(t *testing.T) {
	for want, c := range map[string]struct {
		method Method
		steps  Steps
	}{
		`method: unknown method "4sfca": want 2sfca, e2sfca, 3sfca, apl or raam`: {"4sfca", nil},
		`steps: raam has no steps`:                                           {RAAM, Steps{{coverage.Minutes(10), 1}}},
		`steps: 2sfca has one step of the weight 1`:                          {TwoStep, Steps{{coverage.Minutes(10), 0.5}}},
		`steps: 20m:0.5 then 20m:0.4: times must rise, and weights must not`: {Enhanced, Steps{{coverage.Minutes(20), 0.5}, {coverage.Minutes(20), 0.4}}},
		`steps: 10m:0.5 then 20m:0.6: times must rise, and weights must not`: {APL, Steps{{coverage.Minutes(10), 0.5}, {coverage.Minutes(20), 0.6}}},
		`steps: at most 100 steps`:                                           {Enhanced, make(Steps, 101)},
	} {
		_, _, err := Complete(c.method, c.steps)
		if !errors.Is(err, analyses.ErrParams) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for _, bad := range []string{"10m", "10:1", "10m:0", "10m:-1", "10m:1.1", "10m:NaN", "10m:", ":1", ""} {
		if s, err := ParseStep(bad); err == nil {
			t.Errorf("step %q was read as %s", bad, s)
		}
	}
	for _, method := range []Method{Enhanced, RAAM} {
		for want, change := range map[string]func(*Question){
			"the demand adds up to 0":          func(q *Question) { clear(q.Demand) },
			"the capacity adds up to 0":        func(q *Question) { clear(q.Capacity) },
			"a capacity of -1: want 0 or more": func(q *Question) { q.Capacity[1] = -geodata.Unit },
			"3 amounts of demand":              func(q *Question) { q.Demand = q.Demand[:3] },
			"the demand adds up to more than":  func(q *Question) { q.Demand[0], q.Demand[1] = geodata.MaxAmount, geodata.MaxAmount },
		} {
			q := town(t, method)
			change(&q)
			if _, err := Share(q); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", method, err, want)
			}
		}
	}
}

func FuzzStep(f *testing.F) {
	for _, text := range []string{"10m:1", "20m:0.68", "1h30m:1e-3", "10m", "10m:0", "10m:NaN", ":", "1.5s:0.5"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseStep(text)
		if err != nil {
			return
		}
		if back, err := ParseStep(s.String()); err != nil || back != s || !(s.Weight > 0 && s.Weight <= 1) {
			t.Errorf("%q is %v, read back as %v, %v", text, s, back, err)
		}
	})
}

// drawn is a question about some homes and sites.
func drawn(t *rapid.T, tt testing.TB, method Method) Question {
	homes, sites := rapid.IntRange(1, 8).Draw(t, "homes"), rapid.IntRange(1, 5).Draw(t, "sites")
	amounts := func(what string, n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = float64(rapid.IntRange(0, 50).Draw(t, what))
		}
		out[rapid.IntRange(0, n-1).Draw(t, "some")]++
		return out
	}
	times := make([][]traveltime.Time, homes)
	for i := range times {
		for range sites {
			at := traveltime.Time(rapid.IntRange(0, 40).Draw(t, "minutes")) * minute
			if at > 35*minute {
				at = never
			}
			times[i] = append(times[i], at)
		}
	}
	return ask(tt, method, "", amounts("demand", homes), amounts("capacity", sites), times)
}

var methods = []Method{TwoStep, Enhanced, ThreeStep, APL, RAAM}

// Whatever the method, the supply is shared out: no more and no less.
func TestSupplyIsConserved(t *testing.T) {
	for _, method := range methods {
		rapid.Check(t, func(rt *rapid.T) {
			q := drawn(rt, t, method)
			s := share(t, q)
			supply, in, sum := 0.0, 0.0, 0.0
			for j, site := range s.Sites {
				if site.Ratio != nil {
					supply += q.Capacity[j].Float()
				}
				in += site.Demand
			}
			for i := range s.Places {
				sum += s.Places[i]
				if v := s.Score[i]; v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0) || *v < 0) {
					rt.Fatalf("score %v", *v)
				}
			}
			if math.Abs(sum-supply) > 1e-9*(1+supply) || math.Abs(s.Check.Difference) > 1e-9*(1+supply) {
				rt.Fatalf("%s: %v places of %v are shared out, %+v", method, sum, supply, s.Check)
			}
			if method == RAAM {
				people := 0.0
				for i, p := range q.Demand {
					if s.Reached[i] {
						people += p.Float()
					}
				}
				if math.Abs(in-people) > 1e-9*(1+people) || !s.Rounds.Converged {
					rt.Fatalf("%v of %v people go somewhere; %+v", in, people, s.Rounds)
				}
			}
		})
	}
}

// A home that is cut in two leaves every score as it was.
func TestCuttingAHomeChangesNothing(t *testing.T) {
	for _, method := range methods {
		rapid.Check(t, func(rt *rapid.T) {
			q := drawn(rt, t, method)
			cut := q
			i := rapid.IntRange(0, len(q.Demand)-1).Draw(rt, "home")
			part := geodata.Amount(rapid.Int64Range(0, int64(q.Demand[i])).Draw(rt, "part"))
			cut.Demand = append(append([]geodata.Amount(nil), q.Demand...), part)
			cut.Demand[i] -= part
			var pairs []matrix.Pair
			for h := range cut.Demand {
				from := h
				if h == len(q.Demand) {
					from = i
				}
				sites, times := q.Times.From(from)
				for k := range sites {
					pairs = append(pairs, matrix.Pair{Home: int32(h), Site: sites[k], Time: times[k]})
				}
			}
			var err error
			if cut.Times, err = matrix.New(append(append([]string(nil), q.Times.Homes...), "other half"), q.Times.Sites, pairs); err != nil {
				rt.Fatal(err)
			}
			a, b := share(t, q), share(t, cut)
			for h, want := range append(append([]*float64(nil), a.Score...), a.Score[i]) {
				got := b.Score[h]
				if (got == nil) != (want == nil) || got != nil && math.Abs(*got-*want) > 1e-4*(1+*want) {
					rt.Fatalf("%s, home %d of %d cut: %v, want %v", method, h, i, got, want)
				}
			}
		})
	}
}

// A place more at any site takes from nobody's score. (Not so by RAAM, whose cost is
// relative to the average site.)
func TestAPlaceMoreHurtsNobody(t *testing.T) {
	for _, method := range []Method{TwoStep, Enhanced, APL, ThreeStep} {
		rapid.Check(t, func(rt *rapid.T) {
			q := drawn(rt, t, method)
			more := q
			more.Capacity = append([]geodata.Amount(nil), q.Capacity...)
			more.Capacity[rapid.IntRange(0, len(q.Capacity)-1).Draw(rt, "site")] += geodata.Unit
			a, b := share(t, q), share(t, more)
			for i := range a.Score {
				if a.Score[i] != nil && *b.Score[i] < *a.Score[i] {
					rt.Fatalf("%s, home %d: %v, then %v", method, i, *a.Score[i], *b.Score[i])
				}
			}
		})
	}
}

// BenchmarkShare has homes × sites within reach grow by four, and by four again: the
// time per pair stays what it is.
func BenchmarkShare(b *testing.B) {
	for _, method := range methods {
		for _, size := range [][2]int{{5_000, 50}, {20_000, 50}, {20_000, 200}} {
			b.Run(fmt.Sprintf("%s/%dx%d", method, size[0], size[1]), func(b *testing.B) {
				q := large(b, size[0], size[1])
				var err error
				if q.Method, q.Steps, err = Complete(method, nil); err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					s, err := Share(q)
					if err != nil {
						b.Fatal(err)
					}
					if s.Rounds != nil {
						b.ReportMetric(float64(s.Rounds.Rounds), "rounds")
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(q.Times.Pairs()), "ns/pair")
			})
		}
	}
}

// large is homes on a square of 60 by 60 minutes, sites strewn over it.
func large(b testing.TB, homes, sites int) (q Question) {
	at := func(k int) (x, y float64) { // spread evenly, without being a grid
		return math.Mod(float64(k)*0.754877666*60, 60), math.Mod(float64(k)*0.569840291*60, 60)
	}
	var pairs []matrix.Pair
	for i := range homes {
		x, y := at(i)
		for j := range sites {
			u, v := at(7*j + 3)
			pairs = append(pairs, matrix.Pair{Home: int32(i), Site: int32(j), Time: traveltime.Time(60_000 * math.Hypot(x-u, y-v))})
		}
		q.Demand = append(q.Demand, geodata.Amount(1+i*7919%97)*geodata.Unit/10)
	}
	for j := range sites {
		q.Capacity = append(q.Capacity, geodata.Whole(int64(20+j*31%40)))
	}
	var err error
	if q.Times, err = matrix.New(make([]string, homes), make([]string, sites), pairs); err != nil {
		b.Fatal(err)
	}
	return q
}
