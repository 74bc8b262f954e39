package geodata

import (
	"fmt"
	"strings"
)

// Interval is a span of one day in minutes since midnight: [From, To), 0 ≤ From < To ≤ 1440.
type Interval struct{ From, To int }

// WeeklyHours are the opening hours of an ordinary week, Monday first,
// intervals of a day in order and disjoint.
type WeeklyHours [7][]Interval

// DayNames are the OSM abbreviations used by String, Monday first.
var DayNames = [7]string{"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"}

// Minutes returns the minutes open in a week.
func (w *WeeklyHours) Minutes() int {
	n := 0
	for _, day := range w {
		for _, iv := range day {
			n += iv.To - iv.From
		}
	}
	return n
}

// String writes the hours in OSM's opening_hours form, one rule a day, such as
// "Mo 08:30-12:00,13:30-17:00; We 08:30-12:00". ParseWeeklyHours reads it back.
func (w *WeeklyHours) String() string {
	var days []string
	for d, ivs := range w {
		if len(ivs) == 0 {
			continue
		}
		var spans []string
		for _, iv := range ivs {
			spans = append(spans, fmt.Sprintf("%02d:%02d-%02d:%02d", iv.From/60, iv.From%60, iv.To/60, iv.To%60))
		}
		days = append(days, DayNames[d]+" "+strings.Join(spans, ","))
	}
	return strings.Join(days, "; ")
}

// ParseWeeklyHours reads the subset of OSM's opening_hours that describes an
// ordinary week: "24/7", and rules "Mo-Fr,Sa 08:30-12:00,13:30-17:00" joined by
// semicolons, later rules overriding earlier ones for their days, "off" closing
// them. Anything else (holidays, months, sunrise, past midnight) is refused by name.
func ParseWeeklyHours(s string) (*WeeklyHours, error) {
	w := new(WeeklyHours)
	s = strings.TrimSpace(s)
	if s == "24/7" {
		for d := range w {
			w[d] = []Interval{{0, 1440}}
		}
		return w, nil
	}
	for rule := range strings.SplitSeq(s, ";") {
		rule = strings.TrimSpace(rule)
		if rule == "" {
			continue
		}
		days, spans, found := strings.Cut(rule, " ")
		if !found || (days[0] >= '0' && days[0] <= '9') {
			days, spans = "Mo-Su", rule
		}
		which, err := parseDays(days)
		if err != nil {
			return nil, fmt.Errorf("opening hours %q: %w", s, err)
		}
		ivs, err := parseSpans(spans)
		if err != nil {
			return nil, fmt.Errorf("opening hours %q: %w", s, err)
		}
		for d, on := range which {
			if on {
				w[d] = ivs
			}
		}
	}
	return w, nil
}

func parseDays(s string) (on [7]bool, err error) {
	index := func(name string) (int, error) {
		for i, d := range DayNames {
			if strings.EqualFold(d, name) {
				return i, nil
			}
		}
		return 0, fmt.Errorf("unsupported day %q", name)
	}
	for part := range strings.SplitSeq(s, ",") {
		a, b, isRange := strings.Cut(strings.TrimSpace(part), "-")
		from, err := index(a)
		if err != nil {
			return on, err
		}
		to := from
		if isRange {
			if to, err = index(b); err != nil {
				return on, err
			}
		}
		for d := from; ; d = (d + 1) % 7 {
			on[d] = true
			if d == to {
				break
			}
		}
	}
	return on, nil
}

func parseSpans(s string) ([]Interval, error) {
	s = strings.TrimSpace(s)
	if s == "off" || s == "closed" {
		return nil, nil
	}
	var ivs []Interval
	for part := range strings.SplitSeq(s, ",") {
		a, b, ok := strings.Cut(strings.TrimSpace(part), "-")
		if !ok {
			return nil, fmt.Errorf("unsupported span %q: want HH:MM-HH:MM", part)
		}
		from, err := ParseClock(a)
		if err != nil {
			return nil, err
		}
		to, err := ParseClock(b)
		if err != nil {
			return nil, err
		}
		ivs = append(ivs, Interval{from, to})
	}
	return CheckDay(ivs)
}

// ParseClock reads "8:30", "08:30" or "8h30" as minutes since midnight, up to 24:00.
func ParseClock(s string) (int, error) {
	t := strings.ToLower(strings.TrimSpace(s))
	t = strings.Replace(t, "h", ":", 1)
	hs, ms, found := strings.Cut(t, ":")
	if ms == "" {
		ms = "00"
	}
	h, okH := twoDigits(hs)
	m, okM := twoDigits(ms)
	if !found || !okH || !okM || m > 59 || h*60+m > 1440 {
		return 0, fmt.Errorf("not a time of day such as 08:30: %q", s)
	}
	return h*60 + m, nil
}

func twoDigits(s string) (int, bool) {
	if len(s) < 1 || len(s) > 2 {
		return 0, false
	}
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// CheckDay returns the intervals of a day if they are in order and disjoint.
func CheckDay(ivs []Interval) ([]Interval, error) {
	last := 0
	for _, iv := range ivs {
		if iv.From < last || iv.To <= iv.From || iv.To > 1440 {
			return nil, fmt.Errorf("spans of a day must be in order, disjoint and end after they begin")
		}
		last = iv.To
	}
	return ivs, nil
}
