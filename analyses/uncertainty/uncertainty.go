// Package uncertainty answers: how sure is it? Speeds are not known to the
// minute, so nearest times and coverage are computed again and again with speeds
// drawn anew, by class of road:
//
//	speed = profile's speed · exp(σ_day·z_day + σ_class·z_class),  z ~ N(0, 1)
//
// with the σ of speeds.yaml. Of N draws it gives, per cell and for the
// territory, the interval that holds the central 90 %, and between two choices of
// sites the share of draws in which each covers more people: the robust verdict
// (METHODS, "Scenarios and their comparison").
//
// A draw is a customisation of the prepared network. Draw k depends on the seed
// and k alone, so the result is the same on any number of threads.
package uncertainty

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Params is the question: a coverage, how often to draw, and perhaps two choices of sites to compare.
type Params struct {
	coverage.Params
	Draws int    `json:"draws" doc:"how many times speeds are drawn, 20 to 10000"`
	Seed  uint64 `json:"seed"`
	// A and B are ids of facilities opened on top of those that count, whatever
	// their status; B may be empty when there is nothing to compare.
	A []string `json:"a,omitempty"`
	B []string `json:"b,omitempty"`
}

// Interval holds the central 90 % of the draws between Low and High.
type Interval struct {
	Low    float64 `json:"low"`
	Median float64 `json:"median"`
	High   float64 `json:"high"`
}

// Result is what the draws say.
type Result struct {
	Params Params `json:"params"`
	// Share[k] is the share in per cent of the demand within Params.Within[k], for choice A.
	Share   []Interval `json:"share_percent"`
	Cells   Cells      `json:"cells"`
	Verdict []Verdict  `json:"verdict,omitempty"` // per threshold, when there is a B

	Provenance analyses.Provenance `json:"provenance"`
}

// Cells are the cells of the study area that have demand, by id, with the 5th,
// 50th and 95th percentile of their time to the nearest facility of choice A.
type Cells struct {
	IDs    []string          `json:"id"`
	Low    []traveltime.Time `json:"low_seconds"`
	Median []traveltime.Time `json:"median_seconds"`
	High   []traveltime.Time `json:"high_seconds"`
}

// Verdict says how often A covers more people than B within a threshold.
type Verdict struct {
	Within coverage.Threshold `json:"within"`
	A      float64            `json:"a_percent"`
	Equal  float64            `json:"equal_percent"`
	B      float64            `json:"b_percent"`
	// Gain is what A covers more than B, in people; negative when B covers more.
	Gain Interval `json:"gain_people"`
}

//go:embed speeds.yaml
var speedsFile []byte

type speeds struct {
	Day     float64            `yaml:"day"`
	Classes map[string]float64 `yaml:"classes"`
	Others  float64            `yaml:"others"`
}

func readSpeeds() (s speeds, err error) {
	dec := yaml.NewDecoder(bytes.NewReader(speedsFile))
	dec.KnownFields(true)
	return s, dec.Decode(&s)
}

// draw is the roadwork of the k-th draw: every class the network has, scaled.
func (s speeds) draw(seed uint64, k int, classes []string) traveltime.Roadwork {
	r := rand.New(rand.NewPCG(seed, uint64(k)))
	day := s.Day / 100 * r.NormFloat64()
	w := traveltime.Roadwork{PerMille: map[string]int{}}
	for _, class := range classes {
		sigma, ok := s.Classes[class]
		if !ok {
			sigma = s.Others
		}
		f := math.Exp(day + sigma/100*r.NormFloat64())
		w.PerMille[class] = min(max(int(math.Round(1000*f)), traveltime.MinPerMille), traveltime.MaxPerMille)
	}
	return w
}

// Run draws. What is wrong with the parameters is an analyses.ParamError;
// otherwise it fails only when ctx ends or the mode has no road.
func Run(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params, progress func(done, total int)) (*Result, error) {
	if p.Draws < 20 || p.Draws > 10_000 {
		return nil, &analyses.ParamError{Param: "draws", Err: fmt.Errorf("want 20 to 10000, not %d", p.Draws)}
	}
	base, err := coverage.Run(ctx, s, nets, p.Params)
	if err != nil {
		return nil, err
	}
	p.Params = base.Params
	q := &question{s: s, p: p}
	if err := q.choose(base); err != nil {
		return nil, err
	}
	if err := nets.Prepare(ctx, s, p.Mode, nil); err != nil {
		return nil, err
	}
	if q.homes, q.net, err = nets.Cells(ctx, s, p.Mode); err != nil {
		return nil, err
	}
	q.demand(base)
	if err := q.drawAll(ctx, progress); err != nil {
		return nil, err
	}
	r := q.result()
	r.Provenance = base.Provenance
	r.Provenance.Analysis, r.Provenance.Params = "uncertainty", p
	r.Provenance.Notes = append(slices.Clone(r.Provenance.Notes), geodata.Text{
		Fr: "Vitesses tirées au sort par classe de route ; les écarts types sont des hypothèses (analyses/uncertainty/speeds.yaml).",
		En: "Speeds drawn by class of road; the standard deviations are assumptions (analyses/uncertainty/speeds.yaml)."})
	return r, nil
}

// question is a run at work.
type question struct {
	s     *geodata.Snapshot
	p     Params
	net   *traveltime.Network
	homes *traveltime.Homes
	sites [2][]geodata.Facility // A and B
	cells []int                 // positions in the population that have demand
	ids   []string
	who   []geodata.Amount // their demand
	total geodata.Amount

	times   [][]traveltime.Time // per draw, of A, parallel to cells
	covered [2][][]geodata.Amount
}

// choose lists the facilities of both choices.
func (q *question) choose(base *coverage.Result) error {
	for k, ids := range [][]string{q.p.A, q.p.B} {
		q.sites[k] = slices.Clone(base.Facilities)
		for _, id := range ids {
			i := slices.IndexFunc(q.s.Facilities(), func(f geodata.Facility) bool { return f.ID == id && f.Service == base.Service.ID })
			if i < 0 {
				return &analyses.ParamError{Param: []string{"a", "b"}[k], Err: fmt.Errorf("no facility %q of service %s", id, base.Service.ID)}
			}
			f := q.s.Facilities()[i]
			if !slices.ContainsFunc(q.sites[k], func(o geodata.Facility) bool { return o.ID == id }) {
				q.sites[k] = append(q.sites[k], f)
			}
		}
	}
	if len(q.p.B) > 0 && len(q.p.A) == 0 {
		return &analyses.ParamError{Param: "a", Err: errors.New("missing: b is compared with it")}
	}
	return nil
}

func (q *question) demand(base *coverage.Result) {
	at := map[string]int{}
	for i, c := range q.s.Population().Cells {
		at[c.ID] = i
	}
	for k, id := range base.Cells.IDs {
		if d := base.Cells.Demand[k]; d > 0 {
			q.cells, q.ids, q.who = append(q.cells, at[id]), append(q.ids, id), append(q.who, d)
			q.total += d
		}
	}
}

func (q *question) drawAll(ctx context.Context, progress func(done, total int)) error {
	s, err := readSpeeds()
	if err != nil {
		return fmt.Errorf("speeds.yaml: %w", err)
	}
	classes := q.net.Classes()
	for k := range q.p.Draws {
		net, err := q.net.Change(s.draw(q.p.Seed, k, classes))
		if err != nil {
			return err
		}
		homes := q.homes.On(net)
		for c := range q.sites {
			if c == 1 && len(q.p.B) == 0 {
				break
			}
			var doors []traveltime.Place
			for _, f := range q.sites[c] {
				doors = append(doors, net.Place(f.Location))
			}
			times, _, err := homes.Nearest(ctx, doors)
			if err != nil {
				return err
			}
			q.account(c, times)
		}
		if progress != nil {
			progress(k+1, q.p.Draws)
		}
	}
	return nil
}

func (q *question) account(choice int, times []traveltime.Time) {
	covered := make([]geodata.Amount, len(q.p.Within))
	mine := make([]traveltime.Time, len(q.cells))
	for k, i := range q.cells {
		mine[k] = times[i]
		for w, bound := range q.p.Within {
			if times[i].Within(time.Duration(bound)) {
				covered[w] += q.who[k]
			}
		}
	}
	q.covered[choice] = append(q.covered[choice], covered)
	if choice == 0 {
		q.times = append(q.times, mine)
	}
}

func (q *question) result() *Result {
	r := &Result{Params: q.p}
	for w := range q.p.Within {
		shares := make([]float64, q.p.Draws)
		for k, c := range q.covered[0] {
			if q.total > 0 {
				shares[k] = 100 * c[w].Float() / q.total.Float()
			}
		}
		r.Share = append(r.Share, interval(shares))
	}
	r.Cells = q.quantiles()
	if len(q.p.B) > 0 {
		for w, bound := range q.p.Within {
			r.Verdict = append(r.Verdict, q.verdict(w, bound))
		}
	}
	return r
}

func (q *question) quantiles() Cells {
	n := len(q.cells)
	c := Cells{IDs: q.ids, Low: make([]traveltime.Time, n), Median: make([]traveltime.Time, n), High: make([]traveltime.Time, n)}
	column := make([]traveltime.Time, q.p.Draws)
	for i := range n {
		for k := range column {
			column[k] = q.times[k][i]
		}
		slices.Sort(column) // the states sort after every time
		c.Low[i], c.Median[i], c.High[i] = column[rank(0.05, len(column))], column[rank(0.5, len(column))], column[rank(0.95, len(column))]
	}
	return c
}

// rank is the position of a quantile among n sorted values: the least value with
// at least that share at or below it.
func rank(quantile float64, n int) int {
	return max(int(math.Ceil(quantile*float64(n)))-1, 0)
}

func interval(values []float64) Interval {
	slices.Sort(values)
	n := len(values)
	return Interval{values[rank(0.05, n)], values[rank(0.5, n)], values[rank(0.95, n)]}
}

func (q *question) verdict(w int, bound coverage.Threshold) Verdict {
	v := Verdict{Within: bound}
	gains := make([]float64, q.p.Draws)
	share := 100 / float64(q.p.Draws)
	var a, equal, b int
	for k := range gains {
		x, y := q.covered[0][k][w], q.covered[1][k][w]
		gains[k] = (x - y).Float()
		switch {
		case x > y:
			a++
		case x < y:
			b++
		default:
			equal++
		}
	}
	v.A, v.Equal, v.B = float64(a)*share, float64(equal)*share, float64(b)*share
	v.Gain = interval(gains)
	return v
}
