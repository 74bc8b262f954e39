package week

import (
	"fmt"
	"math"
)

// Never is the duration of a way that does not exist, in milliseconds.
const Never int32 = math.MaxInt32

// Problem is what a plan is made for.
type Problem struct {
	Step   int32 // milliseconds of a slot: whole minutes
	Slots  int   // of a day
	Days   int
	Stays  []Range   // per stop: slots of a stay, at least and at most
	Open   [][]bool  // per stop and day·Slots + slot: it can be had
	Bonus  [][]int64 // per stop and day·Slots + slot: what a slot is worth beside; nil for none
	Shifts []Shift
	Limits []Limit

	Cells    []Cell
	Reach    [][]int32 // per stop: the cells within reach, rising
	Patterns [][]uint8 // minutes of each day·Slots + slot that nobody else covers
	Bands    []Band    // falling worth; what is beyond all is worth nothing
}

// Cell is some people who are within reach of the same stops, or not.
type Cell struct {
	Weight  int64
	Base    int32 // minutes covered by others
	Pattern int32 // of Problem.Patterns
}

// Band is what the next minutes are worth, in per cent.
type Band struct{ Minutes, Worth int64 }

// Range is a number from Least to Most.
type Range struct{ Least, Most int }

// NoLimit is a Range.Most that bounds nothing.
const NoLimit = 1 << 20

// Limit bounds the visits at some stops, together, on the days First to Last.
type Limit struct {
	Stops       []int32
	First, Last int
	Range
}

// Shift is a vehicle's tour on a day, in milliseconds since midnight.
type Shift struct {
	Day           int
	From, To      int32
	SetUp, PackUp int32
	Break         Break
	Out, Back     []int32   // per stop: from and to the depot
	Drive         [][]int32 // between stops; 0 from one to itself
	Locks         []Stay    // in every plan
}

// Break is a time without work within a window; zero for none.
type Break struct{ Long, From, To int32 }

// Stay is open from a slot up to another.
type Stay struct {
	Stop     int32
	From, To int32
}

// Plan are the stays of each shift, in order.
type Plan [][]Stay

// check refuses what cannot be worked with.
func (p *Problem) check() error {
	n := p.Days * p.Slots
	if p.Step < 60_000 || p.Step%60_000 != 0 || p.Slots < 1 || p.Days < 1 || len(p.Open) != len(p.Stays) || len(p.Reach) != len(p.Stays) {
		return fmt.Errorf("week: %d ms a slot, %d slots, %d days, %d, %d and %d stops: want whole minutes and one number of stops", p.Step, p.Slots, p.Days, len(p.Stays), len(p.Open), len(p.Reach))
	}
	var whole float64
	for i, c := range p.Cells {
		if c.Weight < 0 || int(c.Pattern) >= len(p.Patterns) || len(p.Patterns[c.Pattern]) != n {
			return fmt.Errorf("week: cell %d: weight %d, pattern %d: want a weight from 0 and a pattern of %d slots", i, c.Weight, c.Pattern, n)
		}
		whole += float64(c.Weight) * float64(n) * float64(p.Step/60_000) * 100
	}
	for _, b := range p.Bonus {
		for _, x := range b {
			whole += float64(x)
		}
	}
	if whole > 1<<62 {
		return fmt.Errorf("week: %.3g units of weight, minutes and per cent are too many to count exactly: want coarser weights", whole)
	}
	for k := 1; k < len(p.Bands); k++ {
		if p.Bands[k].Worth > p.Bands[k-1].Worth {
			return fmt.Errorf("week: minutes are worth %d %% after %d %%: want falling worth", p.Bands[k].Worth, p.Bands[k-1].Worth)
		}
	}
	for i, s := range p.Shifts {
		if s.Day < 0 || s.Day >= p.Days || len(s.Out) != len(p.Stays) || len(s.Back) != len(p.Stays) || len(s.Drive) != len(p.Stays) || s.To > int32(p.Slots)*p.Step || s.From < 0 {
			return fmt.Errorf("week: shift %d on day %d, %d to %d ms: want a day of %d, times within it and ways for %d stops", i, s.Day, s.From, s.To, p.Days, len(p.Stays))
		}
	}
	return nil
}
