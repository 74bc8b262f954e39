package tours

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/tours/week"
)

// ways are what a mode of driving knows: places are the stops, then the depots.
type ways struct {
	net    *traveltime.Network
	places []traveltime.Place
	ms     [][]int32 // from place to place; week.Never where there is no way
}

// model is the question as internal/tours/week has it.
type model struct {
	*asked
	week.Problem
	driven  map[string]*ways
	reach   [][]int32        // per stop: positions in the demand
	people  []geodata.Amount // per stop: within reach
	missing []Missing        // what cannot be, whatever the plan
	asks    map[int]Missing  // by limit: what it asks for
	start   week.Plan
}

func build(a *asked) (*model, error) {
	m := &model{asked: a, driven: map[string]*ways{}, asks: map[int]Missing{}}
	m.Step, m.Slots, m.Days = int32(a.p.Step)*60_000, 1440/a.p.Step, 7*a.p.Weeks
	for _, r := range a.p.Returns {
		minutes := int64(r.Minutes)
		if minutes == 0 {
			minutes = 1 << 20
		}
		m.Bands = append(m.Bands, week.Band{Minutes: minutes, Worth: int64(r.Percent)})
	}
	for _, step := range []func() error{m.homes, m.sites, m.openings, m.drives, m.tours, m.limits, m.visits} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// homes finds who is within reach of the stops.
func (m *model) homes() error {
	points := make([]orb.Point, len(m.stops))
	ids := make([]string, len(m.stops))
	for i, x := range m.stops {
		points[i], ids[i] = x.At, x.ID
	}
	limit := traveltime.Time(time.Duration(*m.p.Within).Milliseconds())
	nearby, err := matrix.ToPlaces(m.ctx, m.s, m.nets, m.p.Mode, m.d, matrix.Places{IDs: ids, Points: points, Serves: func(int, string) bool { return true }}, limit)
	if err != nil {
		return err
	}
	for j := range m.stops {
		homes, _ := nearby.To(j)
		reach := slices.Clone(homes)
		slices.Sort(reach)
		m.reach = append(m.reach, reach)
		var people geodata.Amount
		for _, k := range reach {
			people += m.d.Amount[m.d.Cells[k]]
		}
		m.people = append(m.people, people)
	}
	m.Reach = m.reach
	return nil
}

// sites finds when each cell has a site that stays open within reach.
func (m *model) sites() error {
	fixed := *m.fixed
	fixed.Facilities = nil
	for _, f := range m.fixed.Facilities {
		if f.Hours == nil {
			m.fixed.LeftOut["hours_unknown"]++
			continue
		}
		fixed.Facilities = append(fixed.Facilities, f)
	}
	m.fixed.Facilities = fixed.Facilities
	limit := traveltime.Time(time.Duration(*m.p.Within).Milliseconds())
	times, err := matrix.Between(m.ctx, m.s, m.nets, m.p.Mode, m.d, &fixed, limit)
	if err != nil {
		return err
	}
	known := map[string]week.Cell{}
	for k, i := range m.d.Cells {
		near, _ := times.From(k)
		near = slices.Clone(near)
		slices.Sort(near)
		var key []byte
		for _, j := range near {
			key = binary.LittleEndian.AppendUint32(key, uint32(j))
		}
		cell, ok := known[string(key)]
		if !ok {
			cell = m.pattern(fixed.Facilities, near)
			known[string(key)] = cell
		}
		cell.Weight = int64(m.d.Amount[i])
		m.Cells = append(m.Cells, cell)
	}
	return nil
}

// pattern is when none of some sites is open, and for how long one is.
func (m *model) pattern(all []geodata.Facility, near []int32) (cell week.Cell) {
	free := make([]uint8, m.Days*m.Slots)
	for day := range m.Days {
		var open [1440]bool
		for _, j := range near {
			for _, span := range all[j].Hours[day%7] {
				for t := span.From; t < span.To; t++ {
					open[t] = true
				}
			}
		}
		for t, is := range open {
			if is {
				cell.Base++
			} else {
				free[day*m.Slots+t/m.p.Step]++
			}
		}
	}
	cell.Pattern = int32(len(m.Patterns))
	m.Patterns = append(m.Patterns, free)
	return cell
}

// openings finds in which slots stops can be had, and what preferred ones are worth.
func (m *model) openings() error {
	for j, x := range m.stops {
		open, bonus := make([]bool, m.Days*m.Slots), make([]int64, m.Days*m.Slots)
		for k := range open {
			day, from := k/m.Slots%7, k%m.Slots*m.p.Step
			span := geodata.Interval{From: from, To: from + m.p.Step}
			open[k] = (x.hours == nil || minutesIn(x.hours[day], span) == m.p.Step) && !touches(x.closed, day, span) && !touches(m.closed, day, span)
			var minutes int
			for t := span.From; t < span.To; t++ {
				if at := (geodata.Interval{From: t, To: t + 1}); touches(x.prefer, day, at) || touches(m.prefer, day, at) {
					minutes++
				}
			}
			bonus[k] = int64(m.people[j]) * int64(minutes) * int64(m.p.PreferBy)
		}
		m.Open, m.Bonus = append(m.Open, open), append(m.Bonus, bonus)
		stay := week.Range{Least: (x.rules.MinStay + m.p.Step - 1) / m.p.Step, Most: x.rules.MaxStay / m.p.Step}
		if stay.Most < stay.Least {
			return bad("stops", "stop %s: no stay of %d to %d minutes is a multiple of step, %d", x.ID, x.rules.MinStay, x.rules.MaxStay, m.p.Step)
		}
		m.Stays = append(m.Stays, stay)
	}
	return nil
}

// minutesIn are those of a span within the hours of a day.
func minutesIn(hours []geodata.Interval, span geodata.Interval) (sum int) {
	for _, h := range hours {
		sum += max(0, min(h.To, span.To)-max(h.From, span.From))
	}
	return sum
}

func touches(hours *geodata.WeeklyHours, day int, span geodata.Interval) bool {
	return hours != nil && minutesIn(hours[day], span) > 0
}

// drives computes the times between stops and depots, for each mode that drives.
func (m *model) drives() error {
	for _, v := range m.fleet {
		if m.driven[v.Driven] != nil {
			continue
		}
		net, err := m.nets.Get(m.ctx, m.s, v.Driven)
		if err != nil {
			return bad("vehicles", "vehicle %s: driven: %w", v.ID, err)
		}
		var points []orb.Point
		for _, x := range m.stops {
			points = append(points, x.At)
		}
		for _, x := range m.fleet {
			points = append(points, x.depot)
		}
		w := &ways{net: net, places: net.Places(points), ms: make([][]int32, len(points))}
		for i := range w.ms {
			w.ms[i] = make([]int32, len(points))
		}
		err = net.Homes(w.places).Matrix(m.ctx, w.places, func(j int, times []traveltime.Time) error {
			for i, t := range times {
				switch {
				case i == j:
				case t.Reached() && t < 24*60*60*1000:
					w.ms[i][j] = int32(t)
				default:
					w.ms[i][j] = week.Never
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		m.driven[v.Driven] = w
	}
	for i, v := range m.fleet {
		if at := m.driven[v.Driven].places[len(m.stops)+i]; !at.On {
			return bad("vehicles", "vehicle %s: the depot at %.5f, %.5f is off the network: no road that %s may use is within %.0f m; want a point near one", v.ID, v.depot[0], v.depot[1], v.Driven, m.driven[v.Driven].net.MaxAccess())
		}
	}
	return nil
}

// tours makes the shifts, and refuses those that are too short for any stop.
func (m *model) tours() error {
	n := len(m.stops)
	for _, x := range m.shifts {
		v := &m.fleet[x.vehicle]
		w := m.driven[v.Driven]
		depot := n + x.vehicle
		s := week.Shift{Day: x.week*7 + x.day, From: int32(x.span.From) * 60_000, To: int32(x.span.To) * 60_000, SetUp: int32(v.setUp) * 60_000, PackUp: int32(v.packUp) * 60_000, Out: w.ms[depot][:n]}
		if v.long > 0 {
			s.Break = week.Break{Long: int32(v.long) * 60_000, From: int32(v.window.From) * 60_000, To: int32(v.window.To) * 60_000}
		}
		for i := range n {
			s.Back = append(s.Back, w.ms[i][depot])
			s.Drive = append(s.Drive, w.ms[i][:n])
		}
		m.Shifts = append(m.Shifts, s)
	}
	for _, i := range m.Idle() {
		return m.tooShort(i)
	}
	return nil
}

// tooShort tells why nothing can be done in a shift.
func (m *model) tooShort(i int) error {
	x, s := m.shifts[i], &m.Shifts[i]
	v := &m.fleet[x.vehicle]
	name := fmt.Sprintf("vehicle %s: shifts: %s %s-%s", v.ID, geodata.DayNames[x.day], clock(x.span.From), clock(x.span.To))
	nearest := -1
	total := func(j int) int64 {
		return int64(s.Out[j]) + int64(s.Back[j]) + int64(m.Stays[j].Least)*int64(m.Step)
	}
	for j := range m.stops {
		if s.Out[j] != week.Never && s.Back[j] != week.Never && (nearest < 0 || total(j) < total(nearest)) {
			nearest = j
		}
	}
	if nearest < 0 {
		return bad("vehicles", "%s: no road leads from the depot to any stop and back", name)
	}
	minutes := func(ms int32) int { return int((ms + 59_999) / 60_000) }
	return bad("vehicles", "%s is too short for any stop, or none can be had then: %s would take %d minutes to drive there, %d to set up, %d of opening on multiples of %d, %d to pack up and %d back", name,
		m.stops[nearest].Name, minutes(s.Out[nearest]), v.setUp, m.Stays[nearest].Least*m.p.Step, m.p.Step, v.packUp, minutes(s.Back[nearest]))
}

// limits are how often stops and communes are visited.
func (m *model) limits() error {
	last := m.Days - 1
	communes := map[string][]int32{}
	for j, x := range m.stops {
		for w := range m.p.Weeks {
			m.Limits = append(m.Limits, week.Limit{Stops: []int32{int32(j)}, First: 7 * w, Last: 7*w + 6, Range: week.Range{Most: x.rules.MaxVisits}})
		}
		if x.rules.MinVisits > 0 {
			m.asks[len(m.Limits)] = Missing{ID: x.ID, What: geodata.Text{
				Fr: fmt.Sprintf("%s n'a pas les %d visites demandées.", x.Name, x.rules.MinVisits),
				En: fmt.Sprintf("%s has not the %d visits asked for.", x.Name, x.rules.MinVisits)}}
			m.Limits = append(m.Limits, week.Limit{Stops: []int32{int32(j)}, Last: last, Range: week.Range{Least: x.rules.MinVisits, Most: week.NoLimit}})
		}
		communes[x.Commune] = append(communes[x.Commune], int32(j))
	}
	if !m.p.EveryCommune {
		return nil
	}
	for _, c := range m.s.Communes() {
		switch stops := communes[c.Code]; {
		case !c.Study:
		case len(stops) == 0:
			m.missing = append(m.missing, Missing{ID: c.Code, What: geodata.Text{Fr: c.Name + " n'a aucun arrêt possible.", En: c.Name + " has no stop to choose from."}})
		default:
			m.asks[len(m.Limits)] = Missing{ID: c.Code, What: geodata.Text{Fr: "Aucune visite à " + c.Name + ".", En: "No visit in " + c.Name + "."}}
			m.Limits = append(m.Limits, week.Limit{Stops: stops, Last: last, Range: week.Range{Least: 1, Most: week.NoLimit}})
		}
	}
	return nil
}

// visits reads the locks and the plan made by hand.
func (m *model) visits() error {
	for i := range m.p.Lock {
		at, stay, err := m.visit("lock", &m.p.Lock[i])
		if err != nil {
			return err
		}
		m.Shifts[at].Locks = append(m.Shifts[at].Locks, stay)
	}
	for i := range m.Shifts {
		s := &m.Shifts[i]
		slices.SortFunc(s.Locks, func(a, b week.Stay) int { return cmp.Compare(a.From, b.From) })
		if !m.Fits(i, s.Locks) {
			return bad("lock", "%s: these visits cannot be kept together with the shift, the drives, the break and the length of stays", m.describe(i, s.Locks))
		}
	}
	if len(m.p.Start) == 0 {
		return nil
	}
	m.start = make(week.Plan, len(m.Shifts))
	for i := range m.p.Start {
		at, stay, err := m.visit("start", &m.p.Start[i])
		if err != nil {
			return err
		}
		m.start[at] = append(m.start[at], stay)
	}
	for i := range m.start {
		slices.SortFunc(m.start[i], func(a, b week.Stay) int { return cmp.Compare(a.From, b.From) })
		if !m.Fits(i, m.start[i]) {
			return bad("start", "%s: these visits cannot be kept together with the shift, the drives, the break and the length of stays", m.describe(i, m.start[i]))
		}
	}
	return nil
}

// visit finds the shift that a visit is in.
func (m *model) visit(param string, v *Visit) (at int, stay week.Stay, err error) {
	w, day, span, err := v.read()
	if err != nil {
		return 0, stay, bad(param, "visit of %s: %w", v.Stop, err)
	}
	name := fmt.Sprintf("visit of %s, week %d, %s %s-%s", v.Stop, v.Week, v.Day, v.From, v.To)
	j := slices.IndexFunc(m.stops, func(x stop) bool { return x.ID == v.Stop })
	if j < 0 {
		return 0, stay, bad(param, "%s: there is no such stop", name)
	}
	if span.From%m.p.Step != 0 || span.To%m.p.Step != 0 {
		return 0, stay, bad(param, "%s: want hours on multiples of step, %d minutes", name, m.p.Step)
	}
	if v.Vehicle == "" && len(m.fleet) == 1 {
		v.Vehicle = m.fleet[0].ID
	}
	stay = week.Stay{Stop: int32(j), From: int32(span.From / m.p.Step), To: int32(span.To / m.p.Step)}
	if slots := span.To/m.p.Step - span.From/m.p.Step; slots < m.Stays[j].Least || slots > m.Stays[j].Most {
		return 0, stay, bad(param, "%s: want a stay of %d to %d minutes", name, m.Stays[j].Least*m.p.Step, m.Stays[j].Most*m.p.Step)
	}
	if first := (w*7+day)*m.Slots + int(stay.From); w < m.p.Weeks && slices.Contains(m.Open[j][first:first+int(stay.To-stay.From)], false) {
		return 0, stay, bad(param, "%s: the stop cannot be had then", name)
	}
	for i, x := range m.shifts {
		if m.fleet[x.vehicle].ID == v.Vehicle && x.week == w && x.day == day && x.span.From <= span.From && span.To <= x.span.To {
			return i, stay, nil
		}
	}
	return 0, stay, bad(param, "%s: vehicle %q has no shift then", name, v.Vehicle)
}

// describe names a shift and its stays.
func (m *model) describe(i int, stays []week.Stay) string {
	x := m.shifts[i]
	text := fmt.Sprintf("vehicle %s, week %d, %s %s-%s", m.fleet[x.vehicle].ID, x.week+1, geodata.DayNames[x.day], clock(x.span.From), clock(x.span.To))
	for _, y := range stays {
		text += fmt.Sprintf(", %s %s-%s", m.stops[y.Stop].ID, clock(int(y.From)*m.p.Step), clock(int(y.To)*m.p.Step))
	}
	return text
}
