package tours

import "math"

// recreate puts points into the next plan, straightens its routes, and puts in what
// then still goes.
func (s *search) recreate() {
	s.tempt()
	for r := range s.next.routes {
		s.detours(r)
	}
	for range 3 {
		s.fill()
		shorter := false
		for r := range s.next.routes {
			if s.next.bent[r] && s.next.straighten(r) {
				s.detours(r)
				shorter = true
			}
		}
		if !shorter {
			return
		}
	}
}

// tempt draws what each point appeals by.
func (s *search) tempt() {
	appeal, noise := s.appeal[s.rand.IntN(len(s.appeal))], float64(s.rand.IntN(4))*0.15
	if noise == 0 {
		copy(s.tempting, appeal)
		return
	}
	for _, i := range s.next.out {
		s.tempting[i] = appeal[i] * (1 + float64(noise*(2*s.rand.Float64()-1)))
	}
}

// fill puts in the point that appeals most for its detour, as long as any goes.
func (s *search) fill() {
	p := s.next
	for {
		most, which, into := 0.0, int32(-1), 0
		for _, i := range p.out {
			for r, x := range s.cheapest[int(i)*s.Vehicles : (int(i)+1)*s.Vehicles] {
				if p.long[r]+x.more > s.Budget {
					continue
				}
				if gain := s.tempting[i] / float64(max(1, x.more)); gain > most {
					most, which, into = gain, i, r
				}
			}
		}
		if which < 0 {
			return
		}
		at := s.cheapest[int(which)*s.Vehicles+into].at
		p.insert(which, into, int(at))
		s.renew(into, at)
	}
}

// detours finds where in a route each point that is out goes best.
func (s *search) detours(r int) {
	for _, i := range s.next.out {
		s.cheapest[int(i)*s.Vehicles+r] = s.detour(i, r)
	}
}

func (s *search) detour(i int32, r int) detour {
	route, n := s.next.routes[r], s.n
	to, from := s.d[int(i)*n:(int(i)+1)*n], s.back[int(i)*n:(int(i)+1)*n]
	least := detour{math.MaxInt64 / 4, 1}
	a := int(route[0])
	for k := 1; k < len(route); k++ {
		b := int(route[k])
		if more := from[a] + to[b] - s.d[a*n+b]; more < least.more {
			least = detour{more, int32(k)}
		}
		a = b
	}
	return least
}

// renew brings the detours up to date with a route's new point.
func (s *search) renew(r int, at int32) {
	route, n := s.next.routes[r], s.n
	a, j, b := int(route[at-1]), int(route[at]), int(route[at+1])
	before, after := s.d[a*n+j], s.d[j*n+b]
	for _, i := range s.next.out {
		x := &s.cheapest[int(i)*s.Vehicles+r]
		switch {
		case x.at == at:
			*x = s.detour(i, r)
			continue
		case x.at > at:
			x.at++
		}
		to, from := s.d[int(i)*n:(int(i)+1)*n], s.back[int(i)*n:(int(i)+1)*n]
		if more := from[a] + to[j] - before; more < x.more {
			*x = detour{more, at}
		}
		if more := from[j] + to[b] - after; more < x.more {
			*x = detour{more, at + 1}
		}
	}
}
