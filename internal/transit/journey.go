package transit

import (
	"fmt"
	"slices"
)

// Ride is the part of a trip between getting on and getting off.
type Ride struct {
	From, To           uint32 // stops
	Departure, Arrival int32
}

// Journey finds the rides of a journey for who leaves at a time, one at least, and when
// it arrives: of those that Run counts the first to arrive, with the fewest rides among
// equals, and always the same. Between two rides lies a change at the stop or a footpath.
// Where no journey leads there are no rides, and arrive is Never. It looks at every
// trip, so that it is for one journey, not for many.
func (n *Network) Journey(leave int32, access, egress []Link, transfers int) (rides []Ride, arrive int32, err error) {
	q := Query{From: leave, To: leave + 1, Step: 1, Transfers: transfers, Egress: [][]Link{egress}}
	if err := q.check(n.stops); err != nil {
		return nil, never, err
	}
	if err := checkLinks(access, n.stops); err != nil {
		return nil, never, fmt.Errorf("transit: %w", err)
	}
	board := n.nowhere()
	for _, l := range access {
		board[l.Stop].lower(label{at: leave + int32(l.Duration)})
	}
	arrive = never
	var best *label
	for range transfers + 1 {
		off := n.rideAll(board)
		for _, l := range egress {
			if x := &off[l.Stop]; x.at != never && x.at+int32(l.Duration) < arrive {
				arrive, best = x.at+int32(l.Duration), x
			}
		}
		board = n.changeAll(off)
	}
	for ; best != nil; best = best.before {
		rides = append(rides, best.ride)
	}
	slices.Reverse(rides)
	return rides, arrive, nil
}

// label is when one is at a stop at the earliest after some rides: the last, and how
// one was where it began.
type label struct {
	at     int32
	ride   Ride
	before *label
}

func (l *label) lower(by label) {
	if by.at < l.at {
		*l = by
	}
}

func (n *Network) nowhere() []label {
	out := make([]label, n.stops)
	for s := range out {
		out[s].at = never
	}
	return out
}

// rideAll rides every trip that can be caught, from its first stop where it can be.
// Labels of boarding stand for the ride by which one came: its before.
func (n *Network) rideAll(board []label) (off []label) {
	off = n.nowhere()
	for i := range n.patterns {
		p := &n.patterns[i]
		for trip := range p.trips {
			on := -1
			for k, c := range p.calls {
				if on >= 0 && !c.NoAlighting {
					from := p.calls[on].Stop
					off[c.Stop].lower(label{p.arrivals[k*p.trips+trip],
						Ride{from, c.Stop, p.departures[on*p.trips+trip], p.arrivals[k*p.trips+trip]}, board[from].before})
				}
				if on < 0 && !c.NoBoarding && board[c.Stop].at <= p.departures[k*p.trips+trip] {
					on = k
				}
			}
		}
	}
	return off
}

// changeAll changes at each stop, and over its footpaths.
func (n *Network) changeAll(off []label) (board []label) {
	board = n.nowhere()
	for s := range off {
		if off[s].at == never {
			continue
		}
		board[s].lower(label{at: off[s].at + n.change[s], before: &off[s]})
		for _, l := range n.paths[n.pathFirst[s]:n.pathFirst[s+1]] {
			board[l.Stop].lower(label{at: off[s].at + int32(l.Duration), before: &off[s]})
		}
	}
	return board
}
