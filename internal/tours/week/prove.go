package week

import (
	"context"
	"math"
	"slices"
)

// part are plans in which some slots are decided: shifts are open at a stop then, or are not.
type part struct {
	decided []decision
	bound   int64
	price   []float64
	least   []float64
	most    []float64
	tries   int
}

type decision struct {
	shift int
	ask
	open bool
}

// The work on a part, in evaluations.
const (
	rootWork = 900
	partWork = 60
	patience = 20 // evaluations without a better bound before steps are halved
)

// prover bounds what plans are worth, part by part.
type prover struct {
	*dual
	parts []*part // open, the highest bound last
	x     *part   // being worked on
	done  int     // evaluations of x
	spent int     // since the bound of x was bettered
	pace  float64
	wants []int64
	often []map[ask]int // per shift: slots served since half of the work on x was done
	since int
	best  int64 // worth of the best plan; less than 0 for none
	bound int64
	found *state // better than best, since it was asked for
	trial *state
}

func newProver(c *compiled) *prover {
	p := &prover{dual: newDual(c), best: -1, trial: newState(c), bound: c.all()}
	p.wants = make([]int64, len(p.price))
	p.often = make([]map[ask]int, len(c.Shifts))
	root := &part{bound: c.all(), price: slices.Clone(p.price), least: slices.Clone(p.least), most: slices.Clone(p.most)}
	p.parts = []*part{root}
	return p
}

// over says that no open part can hold a better plan.
func (p *prover) over() bool { return p.x == nil && len(p.parts) == 0 }

// work does so many evaluations, or fewer when all is proven.
func (p *prover) work(ctx context.Context, evaluations int) {
	for ; evaluations > 0 && ctx.Err() == nil; evaluations-- {
		if p.x == nil && !p.next() {
			break
		}
		p.evaluateOnce()
	}
	p.bound = p.best
	if p.x != nil {
		p.bound = max(p.bound, p.x.bound)
	}
	for _, x := range p.parts {
		p.bound = max(p.bound, x.bound)
	}
}

// next takes the open part with the highest bound.
func (p *prover) next() bool {
	for len(p.parts) > 0 {
		x := p.parts[len(p.parts)-1]
		p.parts = p.parts[:len(p.parts)-1]
		if x.bound > p.best {
			p.enter(x)
			return true
		}
	}
	return false
}

func (p *prover) enter(x *part) {
	p.x, p.done, p.spent, p.pace, p.since = x, 0, 0, 1, 0
	copy(p.price, x.price)
	copy(p.least, x.least)
	copy(p.most, x.most)
	clear(p.drift)
	clear(p.driftL)
	for i := range p.Shifts {
		p.banned[i], p.asked[i], p.often[i] = nil, nil, map[ask]int{}
	}
	for _, d := range x.decided {
		day := p.days[d.shift]
		if p.banned[d.shift] == nil {
			p.banned[d.shift] = make([]bool, len(p.Stays)*int(day.slots))
		}
		if !d.open {
			p.banned[d.shift][d.stop*day.slots+d.slot] = true
			continue
		}
		p.asked[d.shift] = append(p.asked[d.shift], d.ask)
		for s := range int32(len(p.Stays)) {
			if s != d.stop {
				p.banned[d.shift][s*day.slots+d.slot] = true
			}
		}
	}
	p.take()
}

func (x *part) work() int {
	if len(x.decided) == 0 {
		return rootWork
	}
	return partWork
}

func (p *prover) evaluateOnce() {
	x := p.x
	bound, ok := p.evaluate(p.wants)
	if !ok || bound <= p.best {
		p.x = nil // nothing better is in this part
		return
	}
	p.done++
	if bound < x.bound {
		x.bound = bound
		copy(x.price, p.price)
		copy(x.least, p.least)
		copy(x.most, p.most)
		p.spent = 0
	} else if p.spent++; p.spent > patience {
		p.pace, p.spent = p.pace/2, 0
		copy(p.price, x.price)
		copy(p.least, x.least)
		copy(p.most, x.most)
		clear(p.drift)
		clear(p.driftL)
	}
	p.look()
	if p.done*2 > x.work() {
		p.count()
	}
	if p.done >= x.work() {
		p.branch()
		return
	}
	far := float64(bound - p.best)
	if p.best < 0 {
		far = float64(bound) / 20
	}
	p.step(p.wants, far, p.pace)
}

// look sees whether the stays at the present prices make a plan better than all known.
func (p *prover) look() {
	if p.done%8 != 1 && len(p.x.decided) == 0 {
		return
	}
	for i := range p.trial.plan {
		p.trial.clear(i)
	}
	for i, stays := range p.plan {
		p.trial.set(i, stays)
	}
	if p.trial.value > p.best && p.trial.missing() == 0 {
		p.best = p.trial.value
		if p.found == nil {
			p.found = newState(p.compiled)
		}
		p.found.copyOf(p.trial)
	}
}

// count remembers which slots are served.
func (p *prover) count() {
	p.since++
	for i, stays := range p.plan {
		for _, y := range stays {
			for slot := y.From; slot < y.To; slot++ {
				p.often[i][ask{y.Stop, slot - p.days[i].first}]++
			}
		}
	}
}

// branch decides a slot both ways: the one that the prices leave most open.
func (p *prover) branch() {
	x := p.x
	p.x = nil
	d, ok := p.choose(x)
	if !ok {
		if x.tries++; x.tries < 4 { // prices are not yet good enough
			p.push(x)
			return
		}
		if d, ok = p.any(x); !ok {
			return // all is decided: the part is one plan, and look has seen it
		}
	}
	for _, open := range []bool{false, true} {
		d.open = open
		p.push(&part{decided: append(slices.Clone(x.decided), d), bound: x.bound, price: slices.Clone(x.price), least: slices.Clone(x.least), most: slices.Clone(x.most)})
	}
}

func (p *prover) push(x *part) {
	at, _ := slices.BinarySearchFunc(p.parts, x, func(a, b *part) int {
		switch {
		case a.bound != b.bound && a.bound < b.bound, a.bound == b.bound && len(a.decided) <= len(b.decided):
			return -1
		}
		return 1
	})
	p.parts = slices.Insert(p.parts, at, x)
}

// choose finds the slot served nearest to half of the time.
func (p *prover) choose(x *part) (best decision, ok bool) {
	near := math.Inf(1)
	for i, often := range p.often {
		for a, n := range often {
			if n == 0 || p.isDecided(x, i, a) {
				continue
			}
			away := math.Abs(float64(n)/float64(p.since) - 0.5)
			if away >= 0.5 && n == p.since {
				away = 0.5
			}
			if away < near || away == near && (i < best.shift || i == best.shift && (a.slot < best.slot || a.slot == best.slot && a.stop < best.stop)) {
				near, best, ok = away, decision{i, a, false}, true
			}
		}
	}
	return best, ok
}

// any finds a slot that is not decided at all.
func (p *prover) any(x *part) (decision, bool) {
	for i, day := range p.days {
		for k := range day.slots {
			for s := range day.most {
				if day.most[s] > 0 && p.Open[s][day.shift.Day*p.Slots+int(day.first+k)] && !p.isDecided(x, i, ask{int32(s), k}) {
					return decision{i, ask{int32(s), k}, false}, true
				}
			}
		}
	}
	return decision{}, false
}

func (p *prover) isDecided(x *part, shift int, a ask) bool {
	for _, d := range x.decided {
		if d.shift == shift && d.slot == a.slot && (d.open || d.stop == a.stop) {
			return true
		}
	}
	return false
}
