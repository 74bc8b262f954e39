package week

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

const minute = 60_000

// tiny is a random problem small enough to try every plan.
func tiny(r *rand.Rand) *Problem {
	stops, slots, days := 1+r.IntN(3), 5+r.IntN(3), 1+r.IntN(2)
	p := &Problem{Step: 30 * minute, Slots: slots, Days: days, Bands: []Band{{30 * int64(1+r.IntN(4)), 100}, {30 * int64(1+r.IntN(4)), int64(r.IntN(100))}, {10000, int64(r.IntN(2) * r.IntN(30))}}}
	slices.SortFunc(p.Bands[1:], func(a, b Band) int { return int(b.Worth - a.Worth) })
	for range stops {
		least := 1 + r.IntN(2)
		p.Stays = append(p.Stays, Range{least, least + r.IntN(4)})
		open, bonus := make([]bool, slots*days), make([]int64, slots*days)
		for k := range open {
			open[k] = r.IntN(6) > 0
			if r.IntN(4) == 0 {
				bonus[k] = int64(r.IntN(3000))
			}
		}
		p.Open, p.Bonus = append(p.Open, open), append(p.Bonus, bonus)
	}
	for range 2 {
		pattern := make([]uint8, slots*days)
		for k := range pattern {
			if pattern[k] = 30; r.IntN(4) == 0 {
				pattern[k] = uint8(r.IntN(31))
			}
		}
		p.Patterns = append(p.Patterns, pattern)
	}
	p.Reach = make([][]int32, stops)
	for i := range 2 + r.IntN(6) {
		p.Cells = append(p.Cells, Cell{int64(r.IntN(50)), int32(r.IntN(3) * r.IntN(60)), int32(r.IntN(2))})
		for s := range stops {
			if r.IntN(2) == 0 {
				p.Reach[s] = append(p.Reach[s], int32(i))
			}
		}
	}
	drive := make([][]int32, stops)
	for s := range drive {
		drive[s] = make([]int32, stops)
		for t := range drive[s] {
			if s != t {
				drive[s][t] = int32(r.IntN(60)) * minute
			}
			if s != t && r.IntN(12) == 0 {
				drive[s][t] = Never
			}
		}
	}
	for range 1 + r.IntN(2) {
		x := Shift{Day: r.IntN(days), From: int32(r.IntN(45)) * minute, SetUp: int32(r.IntN(15)) * minute, PackUp: int32(r.IntN(15)) * minute, Drive: drive}
		x.To = int32(slots)*30*minute - int32(r.IntN(45))*minute
		for range stops {
			x.Out, x.Back = append(x.Out, int32(r.IntN(40))*minute), append(x.Back, int32(r.IntN(40))*minute)
		}
		if r.IntN(2) == 0 {
			x.Break = Break{int32(10+r.IntN(40)) * minute, int32(30+r.IntN(40)) * minute, int32(90+r.IntN(60)) * minute}
		}
		p.Shifts = append(p.Shifts, x)
	}
	for s := range int32(stops) {
		if r.IntN(2) == 0 {
			p.Limits = append(p.Limits, Limit{[]int32{s}, 0, days - 1, Range{r.IntN(2) * r.IntN(2), []int{1, 2, NoLimit}[r.IntN(3)]}})
		}
	}
	return p
}

// feasible says whether a shift can have these stays, by the rules as they are written.
func feasible(x *Shift, p *Problem, stays []Stay) bool {
	if len(stays) == 0 {
		return true
	}
	b := x.Break
	due := b.Long > 0 && x.From <= b.From && x.To >= b.To
	taken, stayed := false, false
	rest := func(from, until int32) bool { // a break fits between
		return max(from, b.From)+b.Long <= min(until, b.To)
	}
	at := func(slot int32) int32 { return slot * p.Step }
	first, last := stays[0], stays[len(stays)-1]
	out, back := x.Out[first.Stop], x.Back[last.Stop]
	opens := at(first.From) - x.SetUp
	if x.From+out > opens {
		return false
	}
	if due && (rest(x.From, opens-out) || rest(x.From+out, opens)) {
		taken = true
	}
	for k := 1; k < len(stays); k++ {
		closed, open := at(stays[k-1].To), at(stays[k].From)
		if stays[k-1].Stop == stays[k].Stop {
			if !due || stayed || !rest(closed, open) {
				return false // it may stay for the break only, of which there is one
			}
			taken, stayed = true, true
			continue
		}
		w := x.Drive[stays[k-1].Stop][stays[k].Stop]
		if w == Never || closed+x.PackUp+w+x.SetUp > open {
			return false
		}
		if due && (rest(closed+x.PackUp, open-x.SetUp-w) || rest(closed+x.PackUp+w, open-x.SetUp)) {
			taken = true
		}
	}
	gone := at(last.To) + x.PackUp
	if gone+back > x.To {
		return false
	}
	if due && (rest(gone, x.To-back) || rest(gone+back, x.To)) {
		taken = true
	}
	return taken || !due
}

// choices lists all that a shift may do.
func choices(x *Shift, p *Problem) (all [][]Stay) {
	var stays []Stay
	var more func(from int32)
	more = func(from int32) {
		if feasible(x, p, stays) && keeps(x, stays) {
			all = append(all, slices.Clone(stays))
		}
		for s := range int32(len(p.Stays)) {
			for k := from; k < int32(p.Slots); k++ {
				for l := range int32(p.Stays[s].Most + 1) {
					if l < int32(p.Stays[s].Least) || l == 0 || k+l > int32(p.Slots) {
						continue
					}
					if slices.Contains(p.Open[s][x.Day*p.Slots+int(k):x.Day*p.Slots+int(k+l)], false) {
						continue
					}
					stays = append(stays, Stay{s, k, k + l})
					more(k + l)
					stays = stays[:len(stays)-1]
				}
			}
		}
	}
	more(0)
	return all
}

func keeps(x *Shift, stays []Stay) bool {
	for _, lock := range x.Locks {
		if !slices.Contains(stays, lock) {
			return false
		}
	}
	return true
}

// worth counts a plan minute by minute of the slots: value, and visits missing or too many.
func worth(p *Problem, plan Plan) (value int64, missing int) {
	f := func(minutes int64) (sum int64) {
		for _, b := range p.Bands {
			sum += min(minutes, b.Minutes) * b.Worth
			minutes -= min(minutes, b.Minutes)
		}
		return sum
	}
	for i, c := range p.Cells {
		gained := int64(0)
		for k := range p.Days * p.Slots {
			served := false
			for n, stays := range plan {
				for _, y := range stays {
					served = served || p.Shifts[n].Day == k/p.Slots && int(y.From) <= k%p.Slots && k%p.Slots < int(y.To) && slices.Contains(p.Reach[y.Stop], int32(i))
				}
			}
			if served {
				gained += int64(p.Patterns[c.Pattern][k])
			}
		}
		value += c.Weight * (f(int64(c.Base)+gained) - f(int64(c.Base)))
	}
	count := make([]int, len(p.Limits))
	for n, stays := range plan {
		for k, y := range stays {
			for slot := y.From; slot < y.To; slot++ {
				value += p.Bonus[y.Stop][p.Shifts[n].Day*p.Slots+int(slot)]
			}
			for l, limit := range p.Limits {
				if slices.Contains(limit.Stops, y.Stop) && p.Shifts[n].Day >= limit.First && p.Shifts[n].Day <= limit.Last && (k == 0 || stays[k-1].Stop != y.Stop) {
					count[l]++
				}
			}
		}
	}
	for l, limit := range p.Limits {
		missing += max(0, limit.Least-count[l]) + max(0, count[l]-limit.Most)
	}
	return value, missing
}

// bruteForce tries every plan: the best that keeps the limits, and whether one does.
func bruteForce(p *Problem) (best int64, ok bool) {
	plan := make(Plan, len(p.Shifts))
	all := make([][][]Stay, len(p.Shifts))
	for i := range p.Shifts {
		all[i] = choices(&p.Shifts[i], p)
	}
	var more func(i int)
	more = func(i int) {
		if i == len(plan) {
			if v, missing := worth(p, plan); missing == 0 && (!ok || v > best) {
				best, ok = v, true
			}
			return
		}
		for _, plan[i] = range all[i] {
			more(i + 1)
		}
	}
	more(0)
	return best, ok
}

// Every plan of a thousand tiny problems is tried: the best is found, and proven.
func TestEveryPlan(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 100
	}
	kept := 0
	for seed := range uint64(n) {
		r := rand.New(rand.NewPCG(seed, 1))
		p := tiny(r)
		if seed%4 == 0 { // lock something that can be
			x := &p.Shifts[0]
			if all := choices(x, p); len(all) > 1 {
				stays := all[1+r.IntN(len(all)-1)]
				x.Locks = []Stay{stays[r.IntN(len(stays))]}
			}
		}
		want, ok := bruteForce(p)
		got, err := Solve(context.Background(), p, Options{Rounds: 5000})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		value, missing := worth(p, got.Plan)
		for i, stays := range got.Plan {
			if !feasible(&p.Shifts[i], p, stays) || !keeps(&p.Shifts[i], stays) {
				t.Fatalf("seed %d: shift %d cannot be %v", seed, i, stays)
			}
		}
		if value != got.Value {
			t.Fatalf("seed %d: told worth %d, is %d", seed, got.Value, value)
		}
		if !ok {
			if missing == 0 || len(got.Given) == 0 {
				t.Fatalf("seed %d: no plan keeps the limits, but %d are missing and %v given", seed, missing, got.Given)
			}
			continue
		}
		kept++
		if missing > 0 || value != want || !got.Proven || got.Bound != want {
			t.Fatalf("seed %d: worth %d (bound %d, proven %v, %d missing, %d rounds), want %d", seed, value, got.Bound, got.Proven, missing, got.Rounds, want)
		}
	}
	t.Logf("%d of %d can keep their limits", kept, n)
}

// The same answer comes with any number of threads, and again.
func TestSameAgain(t *testing.T) {
	for seed := range uint64(20) {
		p := tiny(rand.New(rand.NewPCG(seed, 2)))
		a, err := Solve(context.Background(), p, Options{Rounds: 3})
		if err != nil {
			t.Fatal(err)
		}
		b, err := Solve(context.Background(), p, Options{Rounds: 3})
		if err != nil || fmt.Sprint(a) != fmt.Sprint(b) {
			t.Fatalf("seed %d: %v, then %v (%v)", seed, a, b, err)
		}
	}
}

// Locks that overlap cannot be kept, and are refused before any work.
func TestLocksThatDoNotFit(t *testing.T) {
	p := tiny(rand.New(rand.NewPCG(1, 1)))
	p.Shifts[0].Locks = []Stay{{0, 1, 3}, {0, 2, 4}}
	if _, err := Solve(context.Background(), p, Options{Rounds: 1}); !errors.Is(err, ErrLocks) {
		t.Fatalf("%v, want ErrLocks", err)
	}
}
