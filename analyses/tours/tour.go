package tours

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/tours/week"
)

type threshold = coverage.Threshold

// decimal writes an amount as French does: 0,50.
func decimal(x float64) string { return strings.Replace(fmt.Sprintf("%.2f", x), ".", ",", 1) }

// union merges the intervals of a day.
func union(spans []geodata.Interval) (out []geodata.Interval) {
	slices.SortFunc(spans, func(a, b geodata.Interval) int { return cmp.Compare(a.From, b.From) })
	for _, x := range spans {
		if n := len(out); n > 0 && x.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, x.To)
			continue
		}
		out = append(out, x)
	}
	return out
}

// timeline lays the stays of a shift out in time, in milliseconds since midnight.
type timeline struct {
	*week.Shift
	stays         []week.Stay
	step          int32
	arrive, leave []int32 // per stay
	out, back     int32   // it leaves the depot, and is there again
	rest          int32   // when the break begins; -1 for none
}

func (t *timeline) open(k int) int32  { return t.stays[k].From * t.step }
func (t *timeline) close(k int) int32 { return t.stays[k].To * t.step }

// goesOn says that a stay goes on with the one before.
func (t *timeline) goesOn(k int) bool { return k > 0 && t.stays[k].Stop == t.stays[k-1].Stop }

// lay has the vehicle leave a stop as soon as it has packed up, and the depot as late
// as it can; then it looks for the break, first where the vehicle stays for it, then
// between two stops, then at the ends of the shift.
func (t *timeline) lay() {
	n := len(t.stays)
	t.arrive, t.leave, t.rest = make([]int32, n), make([]int32, n), -1
	for k, x := range t.stays {
		t.arrive[k], t.leave[k] = t.open(k)-t.SetUp, t.close(k)+t.PackUp
		switch {
		case t.goesOn(k):
			t.arrive[k], t.leave[k-1] = t.open(k), t.close(k-1)
		case k > 0:
			t.arrive[k] = t.leave[k-1] + t.Drive[t.stays[k-1].Stop][x.Stop]
		}
	}
	t.out = t.arrive[0] - t.Out[t.stays[0].Stop]
	t.back = t.leave[n-1] + t.Back[t.stays[n-1].Stop]
	if b := t.Break; b.Long > 0 && t.From <= b.From && t.To >= b.To {
		t.pause()
	}
}

// fits finds the first moment from which a break lies within its window and two moments.
func (t *timeline) fits(from, until int32) (int32, bool) {
	at := max(from, t.Break.From)
	return at, at+t.Break.Long <= min(until, t.Break.To)
}

func (t *timeline) pause() {
	var ok bool
	for k := 1; k < len(t.stays); k++ {
		if t.goesOn(k) {
			if t.rest, ok = t.fits(t.close(k-1), t.open(k)); ok {
				return
			}
		}
	}
	for k := 1; k < len(t.stays); k++ {
		if t.goesOn(k) {
			continue
		}
		drive := t.arrive[k] - t.leave[k-1]
		if t.rest, ok = t.fits(t.arrive[k], t.open(k)-t.SetUp); ok {
			return
		}
		if t.rest, ok = t.fits(t.leave[k-1], t.open(k)-t.SetUp-drive); ok {
			t.leave[k-1] = t.rest + t.Break.Long
			t.arrive[k] = t.leave[k-1] + drive
			return
		}
	}
	n := len(t.stays)
	if t.rest, ok = t.fits(t.back, t.To); ok { // at the depot, afterwards
		return
	}
	if t.rest, ok = t.fits(t.From, t.out); ok { // or before
		return
	}
	drive := t.arrive[0] - t.out
	if _, ok = t.fits(t.From+drive, t.arrive[0]); ok { // before the first stop opens: as late as can be
		t.rest = min(t.arrive[0], t.Break.To) - t.Break.Long
		t.out, t.arrive[0] = t.rest-drive, t.rest
		return
	}
	if t.rest, ok = t.fits(t.leave[n-1], t.To-(t.back-t.leave[n-1])); ok { // before it drives back
		drive := t.back - t.leave[n-1]
		t.leave[n-1] = t.rest + t.Break.Long
		t.back = t.leave[n-1] + drive
	}
}

// A vehicle leaves at a second that is not later than it does, and arrives at one that
// is not earlier.
func floor(ms int32) int { return int(ms / 1000) }
func ceil(ms int32) int  { return int((ms + 999) / 1000) }

// tour tells a shift's way, with its lines.
func (m *model) tour(i int, stays []week.Stay) (*Tour, error) {
	x := m.shifts[i]
	t := timeline{Shift: &m.Shifts[i], stays: stays, step: m.Step}
	t.lay()
	out := &Tour{Vehicle: m.fleet[x.vehicle].ID, Week: x.week + 1, Day: geodata.DayNames[x.day], Leave: floor(t.out), Return: ceil(t.back), Calls: []Call{}, Legs: []Leg{}}
	if t.rest >= 0 {
		out.Break = &Span{ceil(t.rest), ceil(t.rest + t.Break.Long)}
	}
	w := m.driven[m.fleet[x.vehicle].Driven]
	at, depot := len(m.stops)+x.vehicle, len(m.stops)+x.vehicle
	var driving int64
	drive := func(to int, leave int32) error {
		leg := Leg{Leave: floor(leave), Ms: int64(w.ms[at][to])}
		if at != depot {
			leg.From = m.stops[at].ID
		}
		if to != depot {
			leg.To = m.stops[to].ID
		}
		way, err := w.net.Route(m.ctx, w.places[at], w.places[to])
		if err != nil {
			return err
		}
		leg.Km, leg.Line = way.Metres/1000, way.Line
		out.Km += leg.Km
		driving += leg.Ms
		out.Legs = append(out.Legs, leg)
		at = to
		return nil
	}
	leave := t.out
	for k, y := range stays {
		if !t.goesOn(k) {
			if err := drive(int(y.Stop), leave); err != nil {
				return nil, err
			}
		}
		leave = t.leave[k]
		out.Open += int(y.To-y.From) * m.p.Step
		out.Calls = append(out.Calls, Call{Stop: m.stops[y.Stop].ID, Arrive: ceil(t.arrive[k]), Open: floor(t.open(k)), Close: floor(t.close(k)), Depart: floor(t.leave[k])})
	}
	if err := drive(depot, leave); err != nil {
		return nil, err
	}
	out.Driving = int((driving + 500) / 1000)
	return out, nil
}

// sortTours puts visits and tours in the order of their weeks, days, hours and vehicles.
func sortTours(r *Result) {
	day := func(name string) int { return slices.Index(geodata.DayNames[:], name) }
	slices.SortStableFunc(r.Visits, func(a, b Visit) int {
		return cmp.Or(cmp.Compare(a.Week, b.Week), cmp.Compare(day(a.Day), day(b.Day)), cmp.Compare(a.From, b.From), cmp.Compare(a.Vehicle, b.Vehicle))
	})
	slices.SortStableFunc(r.Tours, func(a, b Tour) int {
		return cmp.Or(cmp.Compare(a.Week, b.Week), cmp.Compare(day(a.Day), day(b.Day)), cmp.Compare(a.Leave, b.Leave), cmp.Compare(a.Vehicle, b.Vehicle))
	})
}

// rows tells what became of each candidate.
func (m *model) rows(r *Result, plan week.Plan, judged *week.Judgement) {
	least := int64(-1) // what the visited stop that adds least adds
	visits, minutes := make([]int, len(m.stops)), make([]int, len(m.stops))
	for _, stays := range plan {
		for k, y := range stays {
			if k == 0 || stays[k-1].Stop != y.Stop {
				visits[y.Stop]++
			}
			minutes[y.Stop] += int(y.To-y.From) * m.p.Step
		}
	}
	for j := range m.stops {
		if visits[j] > 0 && (least < 0 || judged.Loss[j] < least) {
			least = judged.Loss[j]
		}
	}
	r.Stops = []StopRow{}
	for j, x := range m.stops {
		row := StopRow{ID: x.ID, Name: x.Name, Commune: x.Commune, At: x.At, Reach: m.people[j], Visits: visits[j], Minutes: minutes[j], Loss: personHours(judged.Loss[j]), Best: personHours(judged.Extra[j])}
		if row.Visits == 0 {
			text := m.dropped(j, judged.Extra[j], least)
			row.Dropped = &text
		}
		r.Stops = append(r.Stops, row)
	}
}

// dropped says why a stop has no visit.
func (m *model) dropped(j int, extra, least int64) geodata.Text {
	switch possible, open := m.possible(j); {
	case m.people[j] == 0:
		return geodata.Text{Fr: "Personne à portée.", En: "Nobody is within reach."}
	case !possible:
		return geodata.Text{Fr: "Trop loin : aucune tournée ne peut y passer et revenir à temps.", En: "Too far: no tour can call there and be back in time."}
	case !open:
		return geodata.Text{Fr: "Jamais disponible assez longtemps pendant les tournées.", En: "It cannot be had for long enough during the tours."}
	case extra == 0:
		return geodata.Text{Fr: "Ses habitants ont déjà toutes les heures qui comptent.", En: "Its people have all hours that count already."}
	default:
		hours := func(v int64) string { return fmt.Sprintf("%d", (int64(personHours(v))+500_000)/1_000_000) }
		return geodata.Text{
			Fr: fmt.Sprintf("Le temps est mieux employé ailleurs : une visite y ajouterait au plus %s personnes-heures ; l'arrêt retenu qui apporte le moins en apporte %s.", hours(extra), hours(least)),
			En: fmt.Sprintf("Time is better used elsewhere: a visit there would add %s person-hours at most; the stop visited that adds least adds %s.", hours(extra), hours(least)),
		}
	}
}

// possible says whether some shift is long enough to open at a stop, and whether it can be
// had then.
func (m *model) possible(j int) (possible, open bool) {
	for i := range m.Shifts {
		s := &m.Shifts[i]
		if s.Out[j] == week.Never || s.Back[j] == week.Never {
			continue
		}
		from := (s.From + s.Out[j] + s.SetUp + m.Step - 1) / m.Step
		to := (s.To - s.Back[j] - s.PackUp) / m.Step
		run := int32(0)
		for k := from; k < to; k++ {
			possible = possible || int(to-from) >= m.Problem.Stays[j].Least
			if run++; !m.Open[j][s.Day*m.Slots+int(k)] {
				run = 0
			}
			open = open || int(run) >= m.Problem.Stays[j].Least
		}
	}
	return possible, open
}

// cost adds up what a week takes.
func (m *model) cost(r *Result) {
	c := &r.Cost
	var crew, driving, open int
	for _, t := range r.Tours {
		c.Km += t.Km
		crew += t.Return - t.Leave
		driving += t.Driving
		open += t.Open
	}
	weeks := float64(m.p.Weeks)
	c.Km /= weeks
	c.CrewHours, c.DrivingHours, c.OpenHours = float64(crew)/3600/weeks, float64(driving)/3600/weeks, float64(open)/60/weeks
	c.Euros = c.Km*m.p.EuroPerKm + c.CrewHours*m.p.EuroPerHour
	c.CO2 = c.Km * float64(m.p.CO2PerKm) / 1000
	gain := r.People.Territory.Gain[len(r.People.Territory.Gain)-1]
	if crew > 0 {
		c.GainPerHour = geodata.Amount(float64(gain)/c.CrewHours + 0.5)
	}
	if gain > 0 {
		c.EurosPerGain = c.Euros / (float64(gain) / 1e6)
	}
}
