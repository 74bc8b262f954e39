package optimise

import (
	"math/bits"
	"runtime"
	"slices"
	"sync"
)

// order puts the choices of every demand in order.
func (c *compiled) order() {
	var all sync.WaitGroup
	for part, parts := 0, runtime.GOMAXPROCS(0); part < parts; part++ {
		all.Go(func() {
			var s sorter
			for i := part; i < c.demands; i += parts {
				s.sort(c.choices(i), c.shift)
			}
		})
	}
	all.Wait()
}

// sorter puts choices in order by their digits, the lowest first: with thousands of
// sites to a demand several times as fast as comparing them.
type sorter struct {
	spare []choice
	count [1 << digit]int32
}

const digit = 11 // bits

func (s *sorter) sort(list []choice, shift uint) {
	if len(list) < 1<<(digit-2) {
		slices.Sort(list)
		return
	}
	highest, from := choice(0), shift // the sites' bits are in order when the sites are
	for n, x := range list {
		if highest |= x; n > 0 && x&(1<<shift-1) < list[n-1]&(1<<shift-1) {
			from = 0
		}
	}
	s.spare = slices.Grow(s.spare[:0], len(list))[:len(list)]
	in, out := list, s.spare
	width := uint(bits.Len64(uint64(highest))) - min(from, uint(bits.Len64(uint64(highest))))
	for passes := (width + digit - 1) / digit; passes > 0; passes-- {
		wide := (width + passes - 1) / passes
		count, mask := s.count[:1<<wide], choice(1)<<wide-1
		clear(count)
		for _, x := range in {
			count[x>>from&mask]++
		}
		at := int32(0)
		for d, n := range count {
			count[d], at = at, at+n
		}
		for _, x := range in {
			d := x >> from & mask
			out[count[d]] = x
			count[d]++
		}
		in, out = out, in
		from, width = from+wide, width-wide
	}
	copy(list, in)
}
