package week

import "math"

// none is less than any worth.
const none int64 = math.MinInt64 / 4

// day finds the best stays of a shift by dynamic programming over stops and slots.
type day struct {
	*compiled
	shift *Shift
	first int32 // slot that local slot 0 is
	slots int32 // local slots: a stay may end at slots
	long  int32 // slots of the longest stay
	least []int32
	most  []int32   // 0 for stops that cannot be reached
	hop   [][]int32 // slots from closing at one stop to being ready at another without a break; 0 or more
	ready []int64   // (stop·(slots+1) + slot)·2 + had a break: set up by then
	end   []int64   // the same: closed just then
	cameR []int32   // where a ready state is best come from: an end state, waited (ready one slot before) or fromDepot
	cameE []int32   // length of the stay that ends
	gain  []int64   // (stop·slots + slot)·(long+1) + length: what a stay is worth; none where there can be none
	entry []int64   // what a visit at a stop is worth beside its stays
	due   []int32   // per local slot: how many before it the vehicle has to be open in
	rest  bool      // the shift has a break
}

const (
	fromDepot int32 = math.MinInt32
	waited    int32 = -1
)

// newDay prepares a shift.
func newDay(c *compiled, shift *Shift) *day {
	d := &day{compiled: c, shift: shift, first: shift.From / c.Step, entry: make([]int64, len(c.Stays))}
	d.slots = (shift.To+c.Step-1)/c.Step - d.first
	b := shift.Break
	d.rest = b.Long > 0 && shift.From <= b.From && shift.To >= b.To
	n := len(c.Stays)
	d.least, d.most = make([]int32, n), make([]int32, n)
	for s := range n {
		if shift.Out[s] == Never || shift.Back[s] == Never {
			continue
		}
		d.least[s], d.most[s] = int32(max(1, c.Stays[s].Least)), int32(min(c.Stays[s].Most, int(d.slots)))
		d.long = max(d.long, d.most[s])
	}
	d.hop = make([][]int32, n)
	for s := range n {
		d.hop[s] = make([]int32, n)
		for t := range n {
			d.hop[s][t] = math.MaxInt32
			if w := shift.Drive[s][t]; w != Never && s != t && d.most[t] > 0 {
				d.hop[s][t] = ceil(shift.PackUp+w+shift.SetUp, c.Step)
			}
		}
	}
	states := n * int(d.slots+1) * 2
	d.ready, d.end = make([]int64, states), make([]int64, states)
	d.cameR, d.cameE = make([]int32, states), make([]int32, states)
	d.due = make([]int32, d.slots+1)
	d.gain = make([]int64, n*int(d.slots)*int(d.long+1))
	return d
}

func ceil(a, b int32) int32 { return (a + b - 1) / b }

func (d *day) at(stop, slot int32, rested int) int32 {
	return (stop*(d.slots+1)+slot)*2 + int32(rested)
}

// gains of the stays at a stop that begin in a local slot, by length.
func (d *day) gains(stop, slot int32) []int64 {
	k := (int(stop)*int(d.slots) + int(slot)) * int(d.long+1)
	return d.gain[k : k+int(d.long)+1]
}

// after is the local slot at which something that takes until a time can begin.
func (d *day) after(t int32) int32 { return max(0, ceil(t, d.Step)-d.first) }

// rested is the moment at which a break that begins at from or later ends; false where
// the window has passed.
func (d *day) rested(from int32) (int32, bool) {
	b := &d.shift.Break
	t := max(from, b.From) + b.Long
	return t, t <= b.To
}

// fill computes what all stays that may be are worth: worth is called for each stop and
// local slot, and writes by length what stays there are that begin in it.
func (d *day) fill(worth func(stop, slot int32, out []int64)) {
	for s := range d.most {
		for k := range d.slots {
			out := d.gains(int32(s), k)
			for l := range out {
				out[l] = none
			}
			if d.most[s] == 0 {
				continue
			}
			open := d.Open[s][d.shift.Day*d.Slots+int(d.first):]
			n := int32(0)
			for n < d.most[s] && k+n < d.slots && open[k+n] {
				n++
			}
			if n >= d.least[s] {
				worth(int32(s), k, out[:n+1])
				for l := range d.least[s] {
					out[l] = none
				}
			}
		}
	}
	d.lock()
}

// lock lets no stay be that a lock does not allow.
func (d *day) lock() {
	if len(d.shift.Locks) == 0 {
		return
	}
	for s := range d.most {
		for k := range d.slots {
			for l, v := range d.gains(int32(s), k) {
				if v > none && !d.allowed(Stay{int32(s), d.first + k, d.first + k + int32(l)}) {
					d.gains(int32(s), k)[l] = none
				}
			}
		}
	}
}

func (d *day) allowed(x Stay) bool {
	for _, lock := range d.shift.Locks {
		if x != lock && (x.From < lock.To && lock.From < x.To || x.Stop == lock.Stop && (x.To == lock.From || x.From == lock.To)) {
			return false
		}
	}
	return true
}

// demand says in which local slots the vehicle has to be open: those of its locks and others.
func (d *day) demand(asked []ask) {
	clear(d.due)
	for _, a := range asked {
		d.due[a.slot+1] = 1
	}
	for _, lock := range d.shift.Locks {
		for k := lock.From; k < lock.To; k++ {
			if k >= d.first && k-d.first < d.slots {
				d.due[k-d.first+1] = 1
			}
		}
	}
	for k := range d.slots {
		d.due[k+1] += d.due[k]
	}
}

// best returns the stays of greatest worth, and that worth: no stays and 0 where none
// are worth more than nothing and none have to be. It is false where the vehicle
// cannot be open when it has to be.
func (d *day) best(into []Stay) (stays []Stay, worth int64, ok bool) {
	for i := range d.ready {
		d.ready[i], d.end[i] = none, none
	}
	d.start()
	bestAt, top := int32(-1), int64(0)
	if d.due[d.slots] > 0 {
		top = none
	}
	for k := int32(0); k <= d.slots; k++ {
		for s := range d.most {
			if d.most[s] == 0 {
				continue
			}
			for r := range 2 {
				i := d.at(int32(s), k, r)
				if v := d.end[i]; v > none {
					if v > top && d.due[k] == d.due[d.slots] && d.home(int32(s), k, r) {
						bestAt, top = i, v
					}
					d.move(int32(s), k, r, v)
				}
			}
		}
		if k == d.slots {
			break
		}
		for s := range d.most {
			if d.most[s] == 0 {
				continue
			}
			for r := range 2 {
				i := d.at(int32(s), k, r)
				v := d.ready[i]
				if v == none {
					continue
				}
				if d.ready[i+2] < v && d.due[k] == d.due[k+1] {
					d.ready[i+2], d.cameR[i+2] = v, waited
				}
				for l, g := range d.gains(int32(s), k) {
					if g == none {
						continue
					}
					if e := i + 2*int32(l); d.end[e] < v+g {
						d.end[e], d.cameE[e] = v+g, int32(l)
					}
				}
			}
		}
	}
	return d.trace(bestAt, into), top, top > none
}

// start readies the first stops.
func (d *day) start() {
	for s := range d.most {
		if d.most[s] == 0 {
			continue
		}
		out := d.shift.Out[s]
		d.reach(int32(s), 0, d.after(d.shift.From+out+d.shift.SetUp), 0, d.entry[s], fromDepot)
		if !d.rest {
			continue
		}
		if t, ok := d.rested(d.shift.From); ok {
			d.reach(int32(s), 0, d.after(t+out+d.shift.SetUp), 1, d.entry[s], fromDepot)
		}
		if t, ok := d.rested(d.shift.From + out); ok {
			d.reach(int32(s), 0, d.after(t+d.shift.SetUp), 1, d.entry[s], fromDepot)
		}
	}
}

// reach readies a stop in a slot, after work that began in another.
func (d *day) reach(stop, began, slot int32, rested int, v int64, from int32) {
	if slot >= d.slots || d.due[slot] > d.due[began] {
		return
	}
	if i := d.at(stop, slot, rested); d.ready[i] < v {
		d.ready[i], d.cameR[i] = v, from
	}
}

// move goes on from a stop that closes at a local slot.
func (d *day) move(stop, k int32, r int, v int64) {
	from := d.at(stop, k, r)
	for t, hop := range d.hop[stop] {
		if hop < d.slots-k {
			d.reach(int32(t), k, k+hop, r, v+d.entry[t], from)
		}
	}
	if !d.rest || r == 1 {
		return
	}
	closed := (d.first + k) * d.Step
	if closed > d.shift.Break.To {
		return
	}
	if t, ok := d.rested(closed); ok {
		d.reach(stop, k, d.after(t), 1, v, from) // where it is
	}
	gone := closed + d.shift.PackUp
	there, ok := d.rested(gone)
	for t, hop := range d.hop[stop] {
		if hop == math.MaxInt32 {
			continue
		}
		w := d.shift.Drive[stop][t]
		if ok {
			d.reach(int32(t), k, d.after(there+w+d.shift.SetUp), 1, v+d.entry[t], from)
		}
		if then, ok := d.rested(gone + w); ok {
			d.reach(int32(t), k, d.after(then+d.shift.SetUp), 1, v+d.entry[t], from)
		}
	}
}

// home says whether the vehicle can be back in time.
func (d *day) home(stop, k int32, r int) bool {
	gone := (d.first+k)*d.Step + d.shift.PackUp
	back := d.shift.Back[stop]
	if !d.rest || r == 1 {
		return gone+back <= d.shift.To
	}
	if t, ok := d.rested(gone); ok && t+back <= d.shift.To {
		return true
	}
	t, ok := d.rested(gone + back)
	return ok && t <= d.shift.To
}

// trace lists the stays that lead to an end state.
func (d *day) trace(i int32, into []Stay) []Stay {
	into = into[:0]
	for i >= 0 {
		long := d.cameE[i]
		slot := i / 2 % (d.slots + 1)
		into = append(into, Stay{i / 2 / (d.slots + 1), d.first + slot - long, d.first + slot})
		i -= 2 * long
		for d.cameR[i] == waited {
			i -= 2
		}
		if i = d.cameR[i]; i == fromDepot {
			break
		}
	}
	for a, b := 0, len(into)-1; a < b; a, b = a+1, b-1 {
		into[a], into[b] = into[b], into[a]
	}
	return into
}
