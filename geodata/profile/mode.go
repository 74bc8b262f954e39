package profile

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/geodata"
)

// Mode is a way to travel. Of the timed ones it also says when people leave, and
// what counts of the times they then need; of the others all but the name is zero.
type Mode struct {
	Name       string       // one of Modes or of Timed
	Date       geodata.Date // the day, of transit; zero where only a day of the week is named
	Weekday    int          // 0 for Monday to 6 for Sunday; that of Date where there is one
	From, To   int          // departures are at every minute of the day from From on, before To
	Percentile int          // of the times of these departures, 1 to 100: that of which so many % are no longer
	Changes    int          // at most, from one vehicle to another; of transit
	Now        bool         // not booked ahead; of on-demand
}

// Timed modes: by public transport, walking, cycling or being driven to the first
// stop; and by transport on demand. From the last stop one walks.
const (
	Transit     = "transit"
	TransitBike = "transit-bike"
	TransitCar  = "transit-car"
	OnDemand    = "on-demand"
)

// MaxChanges bounds Mode.Changes.
const MaxChanges = 8

// Timed lists the modes that depend on when one leaves.
func Timed() []string { return []string{Transit, TransitBike, TransitCar, OnDemand} }

// ModeWords says how modes are written, for help and documentation.
const ModeWords = "car, bike or foot; transit, transit-bike, transit-car or on-demand, with words that say when: a day (2026-11-24 or Tu), departures (07:00-09:00), " +
	"a percentile (p50), changes at most (3-changes), and for on-demand whether it is not booked ahead (now)"

// ParseMode reads a mode: its name and, for the timed ones, words in any order that
// say when, each once: "transit Tu 07:00-09:00 p80 2-changes". What is not said is a
// Tuesday, 07:00-09:00, p50, 3-changes, and booked ahead. Errors say what would be right.
func ParseMode(text string) (Mode, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return Mode{}, fmt.Errorf("no mode: want one of %s", strings.Join(append(Modes(), Timed()...), ", "))
	}
	m := Mode{Name: words[0]}
	switch {
	case slices.Contains(modes, m.Name):
		if len(words) > 1 {
			return Mode{}, fmt.Errorf("mode %q: %s is the same at all times: want it alone", text, m.Name)
		}
		return m, nil
	case !slices.Contains(Timed(), m.Name):
		return Mode{}, fmt.Errorf("unknown mode %q: want one of %s", m.Name, strings.Join(append(Modes(), Timed()...), ", "))
	}
	m.Weekday, m.From, m.To, m.Percentile = 1, 7*60, 9*60, 50
	if m.Transit() {
		m.Changes = 3
	}
	said := map[string]bool{}
	for _, word := range words[1:] {
		what, err := m.take(word)
		if err == nil && said[what] {
			err = fmt.Errorf("%q: %s is said twice", word, what)
		}
		if err != nil {
			return Mode{}, fmt.Errorf("mode %q: %w", text, err)
		}
		said[what] = true
	}
	return m, nil
}

// take reads one word, and says what it is about.
func (m *Mode) take(word string) (what string, err error) {
	if w := weekday(word); w >= 0 {
		m.Weekday = w
		return "the day", nil
	}
	changes, isChanges := strings.CutSuffix(strings.TrimSuffix(word, "s"), "-change")
	switch {
	case word == "now" && m.Name == OnDemand:
		m.Now = true
		return "now", nil
	case isChanges && m.Transit():
		if m.Changes, err = strconv.Atoi(changes); err != nil || m.Changes < 0 || m.Changes > MaxChanges {
			return "", fmt.Errorf("%q: want 0-changes to %d-changes", word, MaxChanges)
		}
		return "how many changes", nil
	case word[0] == 'p':
		if m.Percentile, err = strconv.Atoi(word[1:]); err != nil || m.Percentile < 1 || m.Percentile > 100 {
			return "", fmt.Errorf("%q: want a percentile from p1 to p100", word)
		}
		return "the percentile", nil
	case strings.Contains(word, ":"):
		return "the window", m.window(word)
	case strings.Count(word, "-") == 2:
		d, err := geodata.ParseDate(strings.ReplaceAll(word, "-", ""))
		if err != nil || d.String() != word {
			return "", fmt.Errorf("%q is not a day such as 2026-11-24", word)
		}
		if m.Weekday = d.Weekday(); m.Transit() {
			m.Date = d
		}
		return "the day", nil
	}
	last := "the most changes (3-changes)"
	if m.Name == OnDemand {
		last = "or now"
	}
	return "", fmt.Errorf("unknown word %q: want a day (2026-11-24 or Tu), departures (07:00-09:00), a percentile (p50), %s", word, last)
}

// weekday is the number of a day of the week; -1 for none.
func weekday(word string) int {
	return slices.IndexFunc(geodata.DayNames[:], func(d string) bool { return strings.EqualFold(d, word) })
}

func (m *Mode) window(word string) (err error) {
	a, b, ok := strings.Cut(word, "-")
	if ok {
		if m.From, err = geodata.ParseClock(a); err == nil {
			m.To, err = geodata.ParseClock(b)
		}
	}
	if !ok || err != nil || m.To <= m.From {
		return fmt.Errorf("%q: want departures from one time of the day to a later one, such as 07:00-09:00", word)
	}
	return nil
}

// String is the mode with all its words, in one spelling: ParseMode reads it back.
func (m Mode) String() string {
	if !m.IsTimed() {
		return m.Name
	}
	day := geodata.DayNames[m.Weekday]
	if m.Date != 0 {
		day = m.Date.String()
	}
	s := fmt.Sprintf("%s %s %s-%s p%d", m.Name, day, clock(m.From), clock(m.To), m.Percentile)
	switch {
	case m.Transit() && m.Changes == 1:
		s += " 1-change"
	case m.Transit():
		s += fmt.Sprintf(" %d-changes", m.Changes)
	case m.Now:
		s += " now"
	}
	return s
}

func clock(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// IsTimed says whether times depend on when one leaves.
func (m Mode) IsTimed() bool { return slices.Contains(Timed(), m.Name) }

// Transit says whether one rides by a timetable.
func (m Mode) Transit() bool {
	return m.Name == Transit || m.Name == TransitBike || m.Name == TransitCar
}

// Access is the mode of roads by which one gets to the first stop, or is taken to
// the door on demand; that of other modes is their own.
func (m Mode) Access() string {
	switch m.Name {
	case Transit:
		return "foot"
	case TransitBike:
		return "bike"
	case TransitCar, OnDemand:
		return "car"
	}
	return m.Name
}

// Departures is how many departures the window has.
func (m Mode) Departures() int { return m.To - m.From }

var labels = map[string]geodata.Text{
	"car":       {Fr: "en voiture", En: "by car"},
	"bike":      {Fr: "à vélo", En: "by bicycle"},
	"foot":      {Fr: "à pied", En: "on foot"},
	Transit:     {Fr: "en transports en commun", En: "by public transport"},
	TransitBike: {Fr: "à vélo et en transports en commun", En: "by bicycle and public transport"},
	TransitCar:  {Fr: "en voiture jusqu'à l'arrêt, puis en transports en commun", En: "by car to the stop, then public transport"},
	OnDemand:    {Fr: "en transport à la demande", En: "by transport on demand"},
}

// NameLabel is what people call a mode by its name; the name itself where it is unknown.
func NameLabel(name string) geodata.Text { return cmp.Or(labels[name], geodata.Text{Fr: name}) }

// ModeLabel is what people call a mode as ParseMode reads it, with when they leave.
func ModeLabel(text string) geodata.Text {
	m, err := ParseMode(text)
	if err != nil || !m.IsTimed() {
		return NameLabel(text)
	}
	l, fr, en := labels[m.Name], "", ""
	if m.Percentile != 50 {
		fr, en = fmt.Sprintf(", %de centile", m.Percentile), fmt.Sprintf(", percentile %d", m.Percentile)
	}
	return geodata.Text{
		Fr: fmt.Sprintf("%s, départ de %s à %s %s%s", l.Fr, clock(m.From), clock(m.To), m.day(frenchDays, frenchMonths), fr),
		En: fmt.Sprintf("%s, leaving from %s to %s %s%s", l.En, clock(m.From), clock(m.To), m.day(englishDays, nil), en)}
}

var (
	frenchDays   = []string{"un lundi", "un mardi", "un mercredi", "un jeudi", "un vendredi", "un samedi", "un dimanche"}
	englishDays  = []string{"on a Monday", "on a Tuesday", "on a Wednesday", "on a Thursday", "on a Friday", "on a Saturday", "on a Sunday"}
	frenchMonths = []string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
)

// day is the day for people; English months where none are given.
func (m Mode) day(days, months []string) string {
	if m.Date == 0 {
		return days[m.Weekday]
	}
	year, month, day := int(m.Date)/10000, int(m.Date)/100%100, int(m.Date)%100
	if months == nil {
		return fmt.Sprintf("on %s %d %s %d", strings.TrimPrefix(days[m.Weekday], "on a "), day, time.Month(month), year)
	}
	number := strconv.Itoa(day)
	if day == 1 {
		number = "1er"
	}
	return fmt.Sprintf("le %s %s %s %d", strings.TrimPrefix(days[m.Weekday], "un "), number, months[month-1], year)
}

// Notes say what a timed mode's times are, for who reads an answer; none of the others.
func (m Mode) Notes() []geodata.Text {
	if !m.IsTimed() {
		return nil
	}
	share := geodata.Text{Fr: fmt.Sprintf("le temps que %d %% des départs ne dépassent pas", m.Percentile), En: fmt.Sprintf("the time that %d %% of the departures do not exceed", m.Percentile)}
	if m.Percentile == 50 {
		share = geodata.Text{Fr: "le temps médian", En: "the median time"}
	}
	when := geodata.Text{
		Fr: fmt.Sprintf("départ à chaque minute de %s à %s, %s ; compte %s, attente comprise", clock(m.From), clock(m.To), m.day(frenchDays, frenchMonths), share.Fr),
		En: fmt.Sprintf("leaving at every minute from %s to %s, %s; what counts is %s, waiting included", clock(m.From), clock(m.To), m.day(englishDays, nil), share.En)}
	how := geodata.Text{Fr: fmt.Sprintf("%d correspondances au plus, ou à pied si c'est plus court", m.Changes), En: fmt.Sprintf("%d changes at most, or on foot where that is shorter", m.Changes)}
	if m.Name == OnDemand {
		how = geodata.Text{Fr: "réservé à l'avance, ou à pied si c'est plus court", En: "booked ahead, or on foot where that is shorter"}
		if m.Now {
			how = geodata.Text{Fr: "sans réservation, ou à pied si c'est plus court", En: "not booked ahead, or on foot where that is shorter"}
		}
	}
	name := labels[m.Name]
	upper := func(s string) string { return strings.Replace(s, s[:first(s)], strings.ToUpper(s[:first(s)]), 1) }
	return []geodata.Text{{Fr: fmt.Sprintf("%s : %s ; %s.", upper(name.Fr), when.Fr, how.Fr), En: fmt.Sprintf("%s: %s; %s.", upper(name.En), when.En, how.En)}}
}

// first is the length of the first letter.
func first(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}
