package tours

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geo"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Finding is a rule that a result breaks; the fields that do not apply are empty.
type Finding struct {
	Vehicle string
	Week    int
	Day     string
	Stop    string
	What    string // the rule, with what was found
}

// String is the finding as a line of a report.
func (f Finding) String() string {
	var where []string
	if f.Vehicle != "" {
		where = append(where, "vehicle "+f.Vehicle)
	}
	if f.Week != 0 {
		where = append(where, fmt.Sprintf("week %d", f.Week))
	}
	for _, s := range []string{f.Day, f.Stop} {
		if s != "" {
			where = append(where, s)
		}
	}
	if len(where) == 0 {
		return f.What
	}
	return strings.Join(where, ", ") + ": " + f.What
}

// Check holds a result against the rules of its Params, one after the other, with
// times it asks of the networks itself; it shares nothing with what makes plans. A
// result that keeps all rules has no findings. It fails when ctx ends, or when the
// snapshot does not have what the result is about.
func Check(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, r *Result) ([]Finding, error) {
	c := &checker{r: r, s: s, rows: map[string]*StopRow{}, rules: map[string]Stop{}, vehicles: map[string]*Vehicle{}}
	for i := range r.Stops {
		c.rows[r.Stops[i].ID] = &r.Stops[i]
	}
	for _, x := range r.Params.Stops {
		c.rules[x.ID] = x
	}
	for i := range r.Vehicles {
		c.vehicles[r.Vehicles[i].ID] = &r.Vehicles[i]
	}
	if err := c.ways(ctx, nets); err != nil {
		return nil, err
	}
	if err := c.hours(); err != nil {
		return nil, err
	}
	c.order()
	for i := range r.Tours {
		c.tour(&r.Tours[i])
	}
	c.apart()
	c.told()
	c.visits()
	c.communes()
	if err := c.worths(ctx, nets); err != nil {
		return nil, err
	}
	return c.found, nil
}

// checker gathers findings.
type checker struct {
	r        *Result
	s        *geodata.Snapshot
	rows     map[string]*StopRow
	rules    map[string]Stop
	vehicles map[string]*Vehicle
	times    map[[3]string]traveltime.Time // by vehicle, from and to; the depot is empty
	open     map[string]*minutes           // when a stop can be had
	prefer   map[string]*minutes           // when its minutes are worth more
	found    []Finding
}

// minutes of a week, day by day.
type minutes [7][1440]bool

func (m *minutes) set(hours string, to bool) error {
	if hours == "" {
		return nil
	}
	w, err := daysOrHours(hours)
	if err != nil {
		return err
	}
	for day, spans := range w {
		for _, x := range spans {
			for t := x.From; t < x.To; t++ {
				m[day][t] = to
			}
		}
	}
	return nil
}

// daysOrHours reads hours; a day without any is a whole day.
func daysOrHours(text string) (*geodata.WeeklyHours, error) {
	rules := strings.Split(text, ";")
	for i, rule := range rules {
		if !strings.ContainsAny(rule, "0123456789") && strings.TrimSpace(rule) != "" && !strings.HasSuffix(rule, " off") {
			rules[i] = rule + " 00:00-24:00"
		}
	}
	return geodata.ParseWeeklyHours(strings.Join(rules, ";"))
}

// at says where a finding is.
func (c *checker) at(t *Tour, stop, format string, args ...any) {
	c.found = append(c.found, Finding{t.Vehicle, t.Week, t.Day, stop, fmt.Sprintf(format, args...)})
}

// says is a finding about a stop, a commune or the whole.
func (c *checker) says(about, format string, args ...any) {
	c.found = append(c.found, Finding{Stop: about, What: fmt.Sprintf(format, args...)})
}

// ways asks the networks how long each vehicle drives between its depot and the stops
// it is said to go to, and from one of these to the other; where each commune is to
// have a visit, also between the depot and all stops.
func (c *checker) ways(ctx context.Context, nets *traveltime.Networks) error {
	c.times = map[[3]string]traveltime.Time{}
	for _, v := range c.r.Vehicles {
		if v.Lon == nil || v.Lat == nil {
			return fmt.Errorf("vehicle %s: the point of its depot is missing", v.ID)
		}
		net, err := nets.Get(ctx, c.s, cmp.Or(v.Driven, "car"))
		if err != nil {
			return fmt.Errorf("vehicle %s: %w", v.ID, err)
		}
		w := &wayfinder{c, net, v.ID}
		depot := []node{{"", orb.Point{*v.Lon, *v.Lat}}}
		called, all := slices.Clone(depot), []node(nil)
		for _, row := range c.r.Stops {
			if slices.ContainsFunc(c.r.Visits, func(x Visit) bool { return x.Stop == row.ID }) {
				called = append(called, node{row.ID, row.At})
			}
			all = append(all, node{row.ID, row.At})
		}
		if err := w.find(ctx, called, called); err != nil {
			return err
		}
		if c.r.Params.EveryCommune {
			if err := cmp.Or(w.find(ctx, depot, all), w.find(ctx, all, depot)); err != nil {
				return err
			}
		}
	}
	return nil
}

// node is a stop, or the depot: then its id is empty.
type node struct {
	id string
	at orb.Point
}

// wayfinder finds the times of one vehicle.
type wayfinder struct {
	*checker
	net     *traveltime.Network
	vehicle string
}

func (w *wayfinder) find(ctx context.Context, from, to []node) error {
	places := func(nodes []node) (out []traveltime.Place) {
		for _, n := range nodes {
			out = append(out, w.net.Place(n.at))
		}
		return out
	}
	return w.net.Matrix(ctx, places(from), places(to), func(j int, times []traveltime.Time) error {
		for i, t := range times {
			w.times[[3]string{w.vehicle, from[i].id, to[j].id}] = t
		}
		return nil
	})
}

// hours are those in which each stop can be had, and those that are worth more.
func (c *checker) hours() error {
	c.open, c.prefer = map[string]*minutes{}, map[string]*minutes{}
	for _, row := range c.r.Stops {
		rule := c.rules[row.ID]
		open, prefer := new(minutes), new(minutes)
		for _, step := range []struct {
			of    *minutes
			hours string
			to    bool
		}{{open, cmp.Or(rule.Hours, "24/7"), true}, {open, c.r.Params.Closed, false}, {open, rule.Closed, false}, {prefer, c.r.Params.Prefer, true}, {prefer, rule.Prefer, true}} {
			if err := step.of.set(step.hours, step.to); err != nil {
				return fmt.Errorf("stop %s: %w", row.ID, err)
			}
		}
		c.open[row.ID], c.prefer[row.ID] = open, prefer
	}
	return nil
}

// order wants the lists of a result in the order that it promises.
func (c *checker) order() {
	day := func(name string) int { return slices.Index(geodata.DayNames[:], name) }
	if !slices.IsSortedFunc(c.r.Visits, func(a, b Visit) int {
		return cmp.Or(cmp.Compare(a.Week, b.Week), cmp.Compare(day(a.Day), day(b.Day)), cmp.Compare(a.From, b.From), cmp.Compare(a.Vehicle, b.Vehicle))
	}) {
		c.says("", "visits are not in the order of week, day, hour and vehicle")
	}
	if !slices.IsSortedFunc(c.r.Tours, func(a, b Tour) int {
		return cmp.Or(cmp.Compare(a.Week, b.Week), cmp.Compare(day(a.Day), day(b.Day)), cmp.Compare(a.Leave, b.Leave), cmp.Compare(a.Vehicle, b.Vehicle))
	}) {
		c.says("", "tours are not in the order of week, day, hour and vehicle")
	}
	if !slices.IsSortedFunc(c.r.Stops, func(a, b StopRow) int { return cmp.Compare(a.ID, b.ID) }) {
		c.says("", "stops are not in the order of their ids")
	}
}

// shifts are a vehicle's of a day.
func (c *checker) shifts(t *Tour) []geodata.Interval {
	v, day := c.vehicles[t.Vehicle], slices.Index(geodata.DayNames[:], t.Day)
	hours := v.Shifts
	if t.Week == 2 && v.Second != "" {
		hours = v.Second
	}
	w, err := daysOrHours(hours)
	if err != nil {
		c.at(t, "", "shifts: %v", err)
		return nil
	}
	return w[day]
}

// tour checks one way from the depot and back.
func (c *checker) tour(t *Tour) {
	v := c.vehicles[t.Vehicle]
	switch {
	case v == nil:
		c.at(t, "", "there is no such vehicle")
		return
	case t.Week < 1 || t.Week > max(1, c.r.Params.Weeks) || !slices.Contains(geodata.DayNames[:], t.Day):
		c.at(t, "", "there is no such day in the plan")
		return
	case len(t.Calls) == 0:
		c.at(t, "", "leaves the depot and stops nowhere")
		return
	}
	for _, x := range t.Calls {
		if c.rows[x.Stop] == nil {
			c.at(t, x.Stop, "there is no such stop")
			return
		}
	}
	shift, has := c.shift(t)
	switch {
	case !has:
		c.at(t, "", "is open at %s, in none of its shifts", clockOf(t.Calls[0].Open))
	case t.Leave < 60*shift.From:
		c.at(t, "", "leaves at %s, before its shift begins at %s", clockOf(t.Leave), clockOf(60*shift.From))
	case t.Return > 60*shift.To:
		c.at(t, "", "is back at %s, after its shift ends at %s", clockOf(t.Return), clockOf(60*shift.To))
	}
	c.way(t, v)
	for k := range t.Calls {
		c.stay(t, v, k)
	}
	c.rest(t, v, shift)
	c.sums(t)
}

// shift is the one in which the first stay begins.
func (c *checker) shift(t *Tour) (geodata.Interval, bool) {
	for _, x := range c.shifts(t) {
		if 60*x.From <= t.Calls[0].Open && t.Calls[0].Open < 60*x.To {
			return x, true
		}
	}
	return geodata.Interval{}, false
}

// goesOn says that the k-th call goes on with the one before after the break, without a drive.
func goesOn(t *Tour, k int) bool {
	if k < 1 || k >= len(t.Calls) || t.Break == nil || t.Calls[k].Stop != t.Calls[k-1].Stop {
		return false
	}
	return t.Calls[k-1].Close <= t.Break.From && t.Break.To <= t.Calls[k].Open
}

// way checks the drives: they join, none is faster than the network, none begins
// before the vehicle has departed, and each ends before it is there.
func (c *checker) way(t *Tour, v *Vehicle) {
	all := append([]Call{{Arrive: t.Leave, Depart: t.Leave}}, t.Calls...)
	all = append(all, Call{Arrive: t.Return, Depart: t.Return})
	legs := t.Legs
	for k, from := range all[:len(all)-1] {
		to := all[k+1]
		if from.Stop == to.Stop { // it stays
			if to.Arrive < from.Depart {
				c.at(t, to.Stop, "arrives at %s, before it departs at %s", clockOf(to.Arrive), clockOf(from.Depart))
			}
			continue
		}
		if len(legs) == 0 || legs[0].From != from.Stop || legs[0].To != to.Stop {
			c.at(t, to.Stop, "has no drive from %s", placeName(from.Stop))
			return
		}
		leg := legs[0]
		legs = legs[1:]
		least := c.times[[3]string{v.ID, from.Stop, to.Stop}]
		switch arrives := int64(leg.Leave)*1000 + leg.Ms; {
		case !least.Reached():
			c.at(t, to.Stop, "no road leads there from %s", placeName(from.Stop))
		case leg.Ms < int64(least):
			c.at(t, to.Stop, "drives from %s in %d ms, which takes %d", placeName(from.Stop), leg.Ms, least)
		case leg.Leave < from.Depart:
			c.at(t, to.Stop, "drives off from %s at %s, before it departs at %s", placeName(from.Stop), clockOf(leg.Leave), clockOf(from.Depart))
		case int64(to.Arrive)*1000 < arrives:
			c.at(t, to.Stop, "arrives at %s, before the drive from %s ends at %s", clockOf(to.Arrive), placeName(from.Stop), clockOf(int((arrives+999)/1000)))
		}
	}
	if len(legs) > 0 {
		c.at(t, legs[0].To, "a drive from %s is one too many", placeName(legs[0].From))
	}
}

func placeName(stop string) string { return cmp.Or(stop, "the depot") }

// stay checks a stop's k-th call: times, hours, how long.
func (c *checker) stay(t *Tour, v *Vehicle, k int) {
	x, p := t.Calls[k], &c.r.Params
	rule := c.rules[x.Stop]
	setUp, packUp := 60*orTen(v.SetUp), 60*orTen(v.PackUp)
	if goesOn(t, k) {
		setUp = 0
	}
	if goesOn(t, k+1) {
		packUp = 0
	}
	least, most, step := 60*cmp.Or(rule.MinStay, p.MinStay), 60*cmp.Or(rule.MaxStay, p.MaxStay), 60*p.Step
	switch long := x.Close - x.Open; {
	case rule.Drop:
		c.at(t, x.Stop, "is no stop")
	case x.Open%step != 0 || x.Close%step != 0:
		c.at(t, x.Stop, "is open from %s to %s, not on multiples of %d minutes", clockOf(x.Open), clockOf(x.Close), p.Step)
	case long < least:
		c.at(t, x.Stop, "stays %d minutes, want at least %d", long/60, least/60)
	case long > most:
		c.at(t, x.Stop, "stays %d minutes, want at most %d", long/60, most/60)
	}
	if x.Open-x.Arrive < setUp {
		c.at(t, x.Stop, "opens %d s after it arrives, setting up takes %d", x.Open-x.Arrive, setUp)
	}
	if x.Depart-x.Close < packUp {
		c.at(t, x.Stop, "departs %d s after it closes, packing up takes %d", x.Depart-x.Close, packUp)
	}
	day := slices.Index(geodata.DayNames[:], t.Day)
	for m := max(0, x.Open/60); m < min(x.Close/60, 1440); m++ {
		if !c.open[x.Stop][day][m] {
			c.at(t, x.Stop, "is open at %s, when the stop cannot be had", clockOf(60*m))
			break
		}
	}
}

// orTen is how long setting up or packing up takes: ten minutes when left out.
func orTen(m *int) int {
	if m == nil {
		return 10
	}
	return *m
}

// rest checks the break, of a shift that spans its window.
func (c *checker) rest(t *Tour, v *Vehicle, shift geodata.Interval) {
	if v.Break == "" {
		return
	}
	long, window, err := parseRest(v.Break)
	if err != nil {
		c.at(t, "", "break: %v", err)
		return
	}
	spans := shift.From <= window.From && shift.To >= window.To
	if t.Break == nil {
		free := max(min(t.Leave, 60*window.To)-60*window.From, 60*window.To-max(t.Return, 60*window.From)) // at the depot
		if spans && free < long {
			c.at(t, "", "has no break, want %d minutes", long/60)
		}
		return
	}
	b := *t.Break
	switch {
	case b.To-b.From < long:
		c.at(t, "", "its break lasts %d minutes, want %d", (b.To-b.From)/60, long/60)
	case b.From < 60*window.From || b.To > 60*window.To:
		c.at(t, "", "its break is from %s to %s, want it within %s and %s", clockOf(b.From), clockOf(b.To), clockOf(60*window.From), clockOf(60*window.To))
	default:
		c.work(t, v, b)
	}
}

// work wants none in a break.
func (c *checker) work(t *Tour, v *Vehicle, b Span) {
	during := func(what, stop string, from, to int) bool {
		if from < b.To && b.From < to {
			c.at(t, stop, "its break from %s to %s is while it %s", clockOf(b.From), clockOf(b.To), what)
			return true
		}
		return false
	}
	for _, l := range t.Legs {
		if during("drives", l.To, l.Leave, l.Leave+int((l.Ms+999)/1000)) {
			return
		}
	}
	for k, x := range t.Calls {
		if during("is open", x.Stop, x.Open, x.Close) {
			return
		}
		setUp, packUp := 60*orTen(v.SetUp), 60*orTen(v.PackUp)
		// Setting up is before the break or after it, wherever it has the time.
		if !goesOn(t, k) && b.From-x.Arrive < setUp && x.Open-b.To < setUp && during("sets up", x.Stop, x.Arrive, x.Open) {
			return
		}
		if !goesOn(t, k+1) && b.From-x.Close < packUp && x.Depart-b.To < packUp && during("packs up", x.Stop, x.Close, x.Depart) {
			return
		}
	}
}

// parseRest reads a break such as 45m 11:30-14:00, in seconds.
func parseRest(s string) (long int, window geodata.Interval, err error) {
	how, within, _ := strings.Cut(s, " ")
	d, err := time.ParseDuration(how)
	if err != nil {
		return 0, window, err
	}
	from, to, _ := strings.Cut(strings.TrimSpace(within), "-")
	if window.From, err = geodata.ParseClock(from); err != nil {
		return 0, window, err
	}
	window.To, err = geodata.ParseClock(to)
	return int(d / time.Second), window, err
}

// sums checks what a tour adds up.
func (c *checker) sums(t *Tour) {
	var km float64
	var ms int64
	for _, l := range t.Legs {
		km, ms = km+l.Km, ms+l.Ms
		if n := len(l.Line); n > 1 && 1000*l.Km < 0.99*geo.Distance(l.Line[0], l.Line[n-1])-1 {
			c.at(t, l.To, "drives %.3f km from %s, less than straight", l.Km, placeName(l.From))
		}
	}
	open := 0
	for _, x := range t.Calls {
		open += (x.Close - x.Open) / 60
	}
	if !near(t.Km, km) {
		c.at(t, "", "drives %.3f km, its drives are %.3f", t.Km, km)
	}
	if d := int64(t.Driving)*1000 - ms; d > 1000*int64(len(t.Legs)) || -d > 1000*int64(len(t.Legs)) {
		c.at(t, "", "drives %d s, its drives are %d ms", t.Driving, ms)
	}
	if t.Open != open {
		c.at(t, "", "is open %d minutes, its stays are %d", t.Open, open)
	}
}

// near allows for numbers that are rounded to a hundredth.
func near(a, b float64) bool { return math.Abs(a-b) <= 0.005+1e-9*math.Abs(b) }

// apart wants a vehicle in one place at a time, and one tour a shift.
func (c *checker) apart() {
	for i := range c.r.Tours {
		for k := range c.r.Tours[:i] {
			a, b := &c.r.Tours[k], &c.r.Tours[i]
			if a.Vehicle != b.Vehicle || a.Week != b.Week || a.Day != b.Day || c.vehicles[a.Vehicle] == nil || len(a.Calls) == 0 || len(b.Calls) == 0 {
				continue
			}
			first, _ := c.shift(a)
			second, _ := c.shift(b)
			switch {
			case a.Leave < b.Return && b.Leave < a.Return:
				c.at(b, "", "leaves at %s, when it is on a tour that returns at %s", clockOf(b.Leave), clockOf(a.Return))
			case first == second:
				c.at(b, "", "leaves for a second tour in its shift, at %s", clockOf(b.Leave))
			}
		}
	}
}

// told wants the visits to be the calls of the tours.
func (c *checker) told() {
	var calls []Visit
	for _, t := range c.r.Tours {
		for _, x := range t.Calls {
			calls = append(calls, Visit{t.Vehicle, t.Week, t.Day, x.Stop, clockOf(x.Open), clockOf(x.Close)})
		}
	}
	for _, v := range c.r.Visits {
		if k := slices.Index(calls, v); k >= 0 {
			calls = slices.Delete(calls, k, k+1)
			continue
		}
		c.found = append(c.found, Finding{v.Vehicle, v.Week, v.Day, v.Stop, fmt.Sprintf("the visit from %s to %s is in no tour", v.From, v.To)})
	}
	for _, v := range calls {
		c.found = append(c.found, Finding{v.Vehicle, v.Week, v.Day, v.Stop, fmt.Sprintf("the call from %s to %s is no visit", v.From, v.To)})
	}
	for _, v := range c.r.Params.Lock {
		if !slices.Contains(c.r.Visits, v) {
			c.found = append(c.found, Finding{v.Vehicle, v.Week, v.Day, v.Stop, fmt.Sprintf("the locked visit from %s to %s is not in the plan", v.From, v.To)})
		}
	}
}

// visited is how often each stop has a visit, by week: the parts of a stay before and
// after a break are one.
func (c *checker) visited() map[string]*[2]int {
	n := map[string]*[2]int{}
	for i := range c.r.Tours {
		t := &c.r.Tours[i]
		for k, x := range t.Calls {
			if n[x.Stop] == nil {
				n[x.Stop] = new([2]int)
			}
			if !goesOn(t, k) && (t.Week == 1 || t.Week == 2) {
				n[x.Stop][t.Week-1]++
			}
		}
	}
	return n
}

// missing says that the result says so.
func (c *checker) missing(id string) bool {
	return slices.ContainsFunc(c.r.Missing, func(m Missing) bool { return m.ID == id })
}

// visits checks how often each stop has some, and what its row says.
func (c *checker) visits() {
	n := c.visited()
	for _, row := range c.r.Stops {
		rule, weeks, open := c.rules[row.ID], [2]int{}, 0
		if n[row.ID] != nil {
			weeks = *n[row.ID]
		}
		for _, t := range c.r.Tours {
			for _, x := range t.Calls {
				if x.Stop == row.ID {
					open += (x.Close - x.Open) / 60
				}
			}
		}
		all, most := weeks[0]+weeks[1], cmp.Or(rule.MaxVisits, c.r.Params.MaxVisits, 1)
		for w, k := range weeks {
			if k > most {
				c.found = append(c.found, Finding{Week: w + 1, Stop: row.ID, What: fmt.Sprintf("has %d visits, want at most %d", k, most)})
			}
		}
		switch short := all < rule.MinVisits; {
		case short && !c.missing(row.ID):
			c.says(row.ID, "has %d visits, want at least %d", all, rule.MinVisits)
		case !short && c.missing(row.ID) && rule.MinVisits > 0:
			c.says(row.ID, "is said to be missing, and has %d visits", all)
		}
		switch {
		case row.Visits != all:
			c.says(row.ID, "its row has %d visits, the tours %d", row.Visits, all)
		case row.Minutes != open:
			c.says(row.ID, "its row has %d minutes, the tours %d", row.Minutes, open)
		case (row.Dropped != nil) != (all == 0):
			c.says(row.ID, "a reason why it has no visit: want one for stops without any, and no others")
		}
	}
}

// communes wants a visit in each that has a stop that can be reached.
func (c *checker) communes() {
	if !c.r.Params.EveryCommune {
		return
	}
	n := c.visited()
	for _, commune := range c.s.Communes() {
		visited, possible := false, false
		for _, row := range c.r.Stops {
			if row.Commune == commune.Code || row.Commune == commune.Name {
				visited = visited || n[row.ID] != nil
				possible = possible || c.canBeReached(row.ID)
			}
		}
		switch {
		case !commune.Study:
		case possible && !visited && !c.missing(commune.Code):
			c.says(commune.Code, "the commune has no visit, and is not said to be missing")
		case visited && c.missing(commune.Code):
			c.says(commune.Code, "the commune is said to be missing, and has a visit")
		}
	}
}

// canBeReached says whether a shift of some vehicle has the time for a shortest stay.
func (c *checker) canBeReached(stop string) bool {
	rule := c.rules[stop]
	if rule.Drop {
		return false
	}
	for _, v := range c.r.Vehicles {
		out, back := c.times[[3]string{v.ID, "", stop}], c.times[[3]string{v.ID, stop, ""}]
		if !out.Reached() || !back.Reached() {
			continue
		}
		need := (int(out)+int(back)+59_999)/60_000 + orTen(v.SetUp) + orTen(v.PackUp) + cmp.Or(rule.MinStay, c.r.Params.MinStay)
		for week := 1; week <= max(1, c.r.Params.Weeks); week++ {
			for _, day := range geodata.DayNames {
				for _, x := range c.shifts(&Tour{Vehicle: v.ID, Week: week, Day: day}) {
					if x.To-x.From >= need && c.open[stop].some(day) {
						return true
					}
				}
			}
		}
	}
	return false
}

func (m *minutes) some(day string) bool {
	return slices.Contains(m[slices.Index(geodata.DayNames[:], day)][:], true)
}

// clockOf writes seconds since midnight as 08:30, or 08:30:15.
func clockOf(seconds int) string {
	if seconds%60 != 0 {
		return fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	}
	return fmt.Sprintf("%02d:%02d", seconds/3600, seconds/60%60)
}
