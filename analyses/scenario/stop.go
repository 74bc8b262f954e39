package scenario

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// dwell is how long a vehicle stands at a stop that is added, in seconds.
const dwell = 30

// apply has all trips of the line that go from one of the two stops straight to the
// other call between them.
func (c *Stop) apply(b *builder, at spot) {
	if b.base.Timetable() == nil && b.table == nil {
		b.bad(at, "stop.line", "there is no timetable: want a line added by a change before, or a timetable imported with --gtfs")
		return
	}
	t, before := b.timetable(), len(b.problems)
	where, _ := b.place(at, "stop.at", c.At, "", c.ID)
	l := lineOf(t, c.Line)
	if l == nil {
		var ids []string
		for _, r := range t.Routes {
			if strings.Contains(strings.ToLower(r.ID), strings.ToLower(c.Line)) || similar(strings.ToLower(r.ID), strings.ToLower(c.Line)) {
				ids = append(ids, r.ID)
			}
		}
		b.bad(at, "stop.line", "there is no line %q with trips%s", shortened(c.Line), oneOf(ids, "the id of a route of the timetable"))
	} else if l.seconds == 0 || l.metres == 0 {
		b.bad(at, "stop.line", "line %s has no speed: its trips take no time, or lead nowhere", c.Line)
	}
	if len(b.problems) > before {
		return
	}
	pair, ok := c.between(b, at, l, where)
	if !ok {
		return
	}
	stop := b.newStop(at, "stop.id", geodata.Stop{ID: c.ID, Name: cmp.Or(onOneLine(c.Name), c.ID), Location: where}, true)
	if stop < 0 {
		return
	}
	d := l.detour(pair, where)
	for i := range t.Trips {
		if trip := &t.Trips[i]; trip.Route == c.Line {
			trip.Calls = d.calls(trip.Calls, pair, stop)
			if last := trip.Calls[len(trip.Calls)-1].Departure; last >= geodata.LatestTime {
				b.bad(at, "stop.line", "trip %s would last until %d s: want less than %d", trip.ID, last, geodata.LatestTime)
				return
			}
		}
	}
	ends := [2]string{t.Stops[pair[0]].Name, t.Stops[pair[1]].Name}
	b.note(fmt.Sprintf("Arrêt %s : entre %s et %s, %d s de plus.", c.ID, ends[0], ends[1], d.more+dwell),
		fmt.Sprintf("Stop %s: between %s and %s, %d s more.", c.ID, ends[0], ends[1], d.more+dwell))
}

// ofLine is what the trips of a line come to.
type ofLine struct {
	*geodata.Timetable
	pairs           [][2]int32 // stops between which trips run straight, the lower id first, by ids
	metres, seconds int64      // of all trips, from stop to stop as the crow flies, standing times left out
}

// lineOf adds up a line's trips; nil if it has none.
func lineOf(t *geodata.Timetable, id string) *ofLine {
	l := &ofLine{Timetable: t}
	for i := range t.Trips {
		trip := &t.Trips[i]
		if trip.Route != id {
			continue
		}
		for k := range trip.Calls[1:] {
			from, to := trip.Calls[k], trip.Calls[k+1]
			l.metres += l.apart(t.Stops[from.Stop].Location, t.Stops[to.Stop].Location)
			l.seconds += int64(to.Arrival - from.Departure)
			if pair := l.ordered(from.Stop, to.Stop); !slices.Contains(l.pairs, pair) {
				l.pairs = append(l.pairs, pair)
			}
		}
	}
	if l.pairs == nil {
		return nil
	}
	slices.SortFunc(l.pairs, func(a, b [2]int32) int {
		return cmp.Or(cmp.Compare(t.Stops[a[0]].ID, t.Stops[b[0]].ID), cmp.Compare(t.Stops[a[1]].ID, t.Stops[b[1]].ID))
	})
	return l
}

// apart is in whole metres: the same on every machine.
func (l *ofLine) apart(a, b orb.Point) int64 { return int64(math.Round(geodata.Distance(a, b))) }

func (l *ofLine) ordered(a, b int32) [2]int32 {
	if l.Stops[a].ID > l.Stops[b].ID {
		a, b = b, a
	}
	return [2]int32{a, b}
}

// extra are the metres more that a call at a point makes.
func (l *ofLine) extra(pair [2]int32, p orb.Point) int64 {
	a, b := l.Stops[pair[0]].Location, l.Stops[pair[1]].Location
	return max(0, l.apart(a, p)+l.apart(p, b)-l.apart(a, b))
}

// between are the two stops that the change names, or those with the least detour.
func (c *Stop) between(b *builder, at spot, l *ofLine, where orb.Point) (pair [2]int32, ok bool) {
	if len(c.Between) == 0 {
		return slices.MinFunc(l.pairs, func(x, y [2]int32) int { return cmp.Compare(l.extra(x, where), l.extra(y, where)) }), true
	}
	var known []string
	for _, pair := range l.pairs {
		ids := []string{l.Stops[pair[0]].ID, l.Stops[pair[1]].ID}
		if slices.Contains(c.Between, ids[0]) && slices.Contains(c.Between, ids[1]) {
			return pair, true
		}
		known = append(known, "["+strings.Join(ids, ", ")+"]")
	}
	b.bad(at, "stop.between", "line %s does not run from %s straight to %s%s", c.Line, c.Between[0], c.Between[1], oneOf(known, "two of its stops"))
	return pair, false
}

// detour is what a call at one more place means.
type detour struct {
	near [2]int64 // metres from the place to each stop of the pair
	more int32    // seconds on the way, without standing
}

// detour takes the metres more at the line's mean speed, in whole seconds, rounded up.
func (l *ofLine) detour(pair [2]int32, p orb.Point) detour {
	more := (l.extra(pair, p)*l.seconds + l.metres - 1) / l.metres
	return detour{[2]int64{l.apart(l.Stops[pair[0]].Location, p), l.apart(p, l.Stops[pair[1]].Location)}, int32(min(more, geodata.LatestTime))}
}

// calls are those of a trip with the new stop; what comes after it is later.
func (d detour) calls(of []geodata.Call, pair [2]int32, stop int32) []geodata.Call {
	out, late := make([]geodata.Call, 0, len(of)+1), int32(0)
	for k, call := range of {
		if k > 0 {
			before := of[k-1]
			if pair == [2]int32{before.Stop, call.Stop} || pair == [2]int32{call.Stop, before.Stop} {
				arrival := before.Departure + late + d.until(before.Stop == pair[1], call.Arrival-before.Departure)
				out = append(out, geodata.Call{Stop: stop, Arrival: arrival, Departure: arrival + dwell})
				late += d.more + dwell
			}
		}
		call.Arrival, call.Departure = call.Arrival+late, call.Departure+late
		out = append(out, call)
	}
	return out
}

// until is when the place is reached from a stop of the pair, the first or, coming back,
// the second: it divides the time between the two as it divides the way.
func (d detour) until(back bool, seconds int32) int32 {
	near, way := d.near[0], d.near[0]+d.near[1]
	if back {
		near = d.near[1]
	}
	if way == 0 {
		return 0
	}
	return int32(int64(seconds+d.more) * near / way)
}
