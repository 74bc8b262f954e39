package uncertainty

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sort"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Run draws, on all processors. What is wrong with the parameters is an
// analyses.ParamError, and so are more draws than fit the memory one question may
// take; otherwise it fails only when ctx ends or the mode has no road. Progress,
// if not nil, is told after each draw.
func Run(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params, progress func(done, total int)) (*Result, error) {
	if p.Draws < MinDraws || p.Draws > MaxDraws {
		return nil, &analyses.ParamError{Param: "draws", Err: fmt.Errorf("want %d to %d, not %d", MinDraws, MaxDraws, p.Draws)}
	}
	if _, err := traveltime.RoadMode(s, p.Mode, "only the speeds of roads are uncertain here, a timetable says its own"); err != nil {
		return nil, err
	}
	base, err := coverage.Run(ctx, s, nets, p.Params)
	if err != nil {
		return nil, err
	}
	if err := base.Simple("uncertainty"); err != nil {
		return nil, err
	}
	p.Params, p.A, p.B = base.Params, asSet(p.A), asSet(p.B)
	q := &question{p: p, base: base, guard: secrecy.NewGuard(s.Population())}
	q.demand(s)
	if err := fits(p.Draws, len(q.cells)); err != nil {
		return nil, err
	}
	if q.net, err = nets.Get(ctx, s, p.Mode); err != nil {
		return nil, err
	}
	if err := q.choose(s.Facilities()); err != nil {
		return nil, err
	}
	if err := nets.Prepare(ctx, s, p.Mode, nil); err != nil {
		return nil, err
	}
	if q.homes, _, err = nets.Cells(ctx, s, p.Mode); err != nil {
		return nil, err
	}
	if err := q.drawAll(ctx, progress); err != nil {
		return nil, err
	}
	return q.result(ctx)
}

// asSet sorts ids and drops repeated ones: a choice has no order.
func asSet(ids []string) []string { return slices.Compact(slices.Sorted(slices.Values(ids))) }

// keptBytes is what the times of one question may take.
const keptBytes = 1 << 30

// fits refuses more draws than can be kept: four bytes for each cell and draw.
func fits(draws, cells int) error {
	if most := keptBytes / 4 / max(cells, 1); draws > most {
		return &analyses.ParamError{Param: "draws", Err: fmt.Errorf("%d draws of %d cells are more than fit into memory: want at most %d", draws, cells, most)}
	}
	return nil
}

// question is a run at work.
type question struct {
	p     Params
	base  *coverage.Result // with the speeds of the profile
	net   *traveltime.Network
	homes *traveltime.Homes
	doors [2][]traveltime.Place // of A's sites and of B's

	// The cells that have demand: positions in the population and in base.Cells.
	cells, rows []int
	everybody   []int // the positions in these

	times   [][]traveltime.Time   // per draw, of A, parallel to cells
	covered [2][][]geodata.Amount // of A and B, by threshold and draw, as it may be told
	guard   *secrecy.Guard
}

func (q *question) demand(s *geodata.Snapshot) {
	at := map[string]int{}
	for i, c := range s.Population().Cells {
		at[c.ID] = i
	}
	for k, id := range q.base.Cells.IDs {
		if q.base.Cells.Demand[k] > 0 {
			q.everybody = append(q.everybody, len(q.cells))
			q.cells, q.rows = append(q.cells, at[id]), append(q.rows, k)
		}
	}
}

// choose joins the facilities of both choices to the network.
func (q *question) choose(all []geodata.Facility) error {
	for c, ids := range [][]string{q.p.A, q.p.B} {
		for _, f := range q.base.Facilities {
			q.doors[c] = append(q.doors[c], q.net.Place(f.Location))
		}
		for _, id := range ids {
			door, err := q.open(all, id)
			if err != nil {
				return &analyses.ParamError{Param: []string{"a", "b"}[c], Err: err}
			}
			q.doors[c] = append(q.doors[c], door)
		}
	}
	if len(q.p.B) > 0 && len(q.p.A) == 0 {
		return &analyses.ParamError{Param: "a", Err: errors.New("missing: b is compared with it")}
	}
	return nil
}

// open joins one facility of the service. One that counts already is opened
// twice, which changes nothing.
func (q *question) open(all []geodata.Facility, id string) (traveltime.Place, error) {
	i := slices.IndexFunc(all, func(f geodata.Facility) bool { return f.ID == id && f.Service == q.base.Service.ID })
	if i < 0 {
		return traveltime.Place{}, fmt.Errorf("no facility %q of service %s", id, q.base.Service.ID)
	}
	door := q.net.Place(all[i].Location)
	if !door.On {
		return door, fmt.Errorf("facility %q is off_network: too far from any road of mode %s", id, q.p.Mode)
	}
	return door, nil
}

// choices is one, or two when there is a B to compare.
func (q *question) choices() int {
	if len(q.p.B) > 0 {
		return 2
	}
	return 1
}

func (q *question) drawAll(ctx context.Context, progress func(done, total int)) error {
	q.times = make([][]traveltime.Time, q.p.Draws)
	for c := range q.choices() {
		for range q.p.Within {
			q.covered[c] = append(q.covered[c], make([]geodata.Amount, q.p.Draws))
		}
	}
	return Redraw(ctx, []*traveltime.Network{q.net}, q.p.Draws, q.p.Seed, progress, func(ctx context.Context, k int, drawn []*traveltime.Network) error {
		return q.measure(ctx, k, drawn[0])
	})
}

// measure answers draw k. It writes nothing that another draw reads or writes.
func (q *question) measure(ctx context.Context, k int, net *traveltime.Network) error {
	homes := q.homes.On(net)
	for c := range q.choices() {
		all, _, err := homes.Nearest(ctx, net.Rejoin(q.doors[c]))
		if err != nil {
			return err
		}
		mine := make([]traveltime.Time, len(q.cells))
		for n, i := range q.cells {
			mine[n] = all[i]
		}
		for w, bound := range q.p.Within {
			q.covered[c][w][k] = q.within(bound, mine, q.everybody)
		}
		if c == 0 {
			q.times[k] = mine
		}
	}
	return nil
}

// spread calls f for 0..n-1, at most limit at once, until one fails or ctx ends.
func spread(ctx context.Context, n, limit int, f func(ctx context.Context, i int) error) error {
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(limit)
	for i := range n {
		if running.Err() != nil {
			break
		}
		group.Go(func() error { return f(running, i) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

func (q *question) result(ctx context.Context) (*Result, error) {
	r := &Result{Params: q.p, Service: q.base.Service}
	r.Territory = row(q.base.Territory, q.covered[0])
	var err error
	if r.Communes, err = q.communes(ctx); err != nil {
		return nil, err
	}
	if r.Cells, err = q.intervals(ctx); err != nil {
		return nil, err
	}
	if q.choices() == 2 {
		for w, bound := range q.p.Within {
			r.Verdict = append(r.Verdict, NewVerdict(bound, q.covered[0][w], q.covered[1][w]))
		}
	}
	r.Provenance = q.base.Provenance
	r.Provenance.Analysis, r.Provenance.Params = "uncertainty", q.p
	r.Provenance.Notes = append(slices.Clone(r.Provenance.Notes), geodata.Text{
		Fr: "Vitesses tirées au sort par classe de route ; les écarts types sont des hypothèses (analyses/uncertainty/speeds.yaml).",
		En: "Speeds drawn by class of road; the standard deviations are assumptions (analyses/uncertainty/speeds.yaml)."})
	return r, nil
}

// row is a zone's coverage over the draws, given by threshold and draw.
func row(of coverage.Row, covered [][]geodata.Amount) Row {
	r := Row{Code: of.Code, Name: of.Name, Demand: of.Demand}
	for _, draws := range covered {
		c := Central(slices.Sorted(slices.Values(draws)))
		r.Covered = append(r.Covered, c)
		if of.Demand > 0 {
			percent := func(a geodata.Amount) float64 { return 100 * a.Float() / of.Demand.Float() }
			r.Share = append(r.Share, Interval[float64]{percent(c.Low), percent(c.Median), percent(c.High)})
		}
	}
	return r
}

func (q *question) communes(ctx context.Context) ([]Row, error) {
	members := map[string][]int{}
	for n, k := range q.rows {
		code := q.base.Cells.Communes[k]
		members[code] = append(members[code], n)
	}
	out := make([]Row, len(q.base.Communes))
	err := spread(ctx, len(out), runtime.GOMAXPROCS(0), func(_ context.Context, i int) error {
		of := q.base.Communes[i]
		out[i] = row(of, q.add(members[of.Code]))
		return nil
	})
	return out, err
}

// add adds up, by threshold and draw, the covered demand of cells given by their
// position in q.cells.
func (q *question) add(members []int) [][]geodata.Amount {
	covered := make([][]geodata.Amount, len(q.p.Within))
	for w, bound := range q.p.Within {
		covered[w] = make([]geodata.Amount, q.p.Draws)
		for k, times := range q.times {
			covered[w][k] = q.within(bound, times, members)
		}
	}
	return covered
}

// within tells how much demand of cells, given by their position in q.cells, lies
// within a threshold.
func (q *question) within(bound coverage.Threshold, times []traveltime.Time, members []int) geodata.Amount {
	var sum secrecy.Sum
	for _, n := range members {
		if times[n].Within(time.Duration(bound)) {
			q.guard.Add(&sum, q.cells[n], q.base.Cells.Demand[q.rows[n]])
		}
	}
	return q.guard.Tell(sum)
}

// intervals sums the draws up cell by cell.
func (q *question) intervals(ctx context.Context) (Cells, error) {
	n := len(q.cells)
	c := Cells{
		IDs: make([]string, n), Communes: make([]string, n), Demand: make([]geodata.Amount, n), States: make([]string, n),
		Low: make([]traveltime.Time, n), Median: make([]traveltime.Time, n), High: make([]traveltime.Time, n),
		Within: make([][]int, len(q.p.Within)),
	}
	for w := range c.Within {
		c.Within[w] = make([]int, n)
	}
	const block = 256 // cells
	err := spread(ctx, (n+block-1)/block, runtime.GOMAXPROCS(0), func(_ context.Context, b int) error {
		draws := make([]traveltime.Time, q.p.Draws)
		for i := b * block; i < min(n, (b+1)*block); i++ {
			for k := range draws {
				draws[k] = q.times[k][i]
			}
			slices.Sort(draws) // the states sort after every time
			q.set(&c, i, draws)
		}
		return nil
	})
	return c, err
}

// set writes what the sorted draws say of cell i.
func (q *question) set(c *Cells, i int, draws []traveltime.Time) {
	k, all := q.rows[i], &q.base.Cells
	c.IDs[i], c.Communes[i], c.Demand[i] = all.IDs[k], all.Communes[k], all.Demand[k]
	in := Central(draws)
	c.Low[i], c.Median[i], c.High[i], c.States[i] = in.Low, in.Median, in.High, in.Median.State()
	for w, bound := range q.p.Within {
		c.Within[w][i] = sort.Search(len(draws), func(d int) bool { return !draws[d].Within(time.Duration(bound)) })
	}
}

// NewVerdict compares what two choices cover, draw by draw; the lists run parallel.
func NewVerdict(bound coverage.Threshold, a, b []geodata.Amount) Verdict {
	gains := make([]geodata.Amount, len(a))
	var more, equal, less int
	for k := range gains {
		gains[k] = a[k] - b[k]
		switch {
		case gains[k] > 0:
			more++
		case gains[k] < 0:
			less++
		default:
			equal++
		}
	}
	percent := func(draws int) float64 { return 100 * float64(draws) / float64(len(gains)) }
	slices.Sort(gains)
	return Verdict{Within: bound, A: percent(more), Equal: percent(equal), B: percent(less), Gain: Central(gains)}
}
