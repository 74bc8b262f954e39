package supply

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/maillage/maillage/geodata"
)

// Evening is the time of day, in minutes, from which a weekday's evening is counted.
const Evening = 18 * 60

// Opening is a moment of the week at which a facility is to be open. The zero
// Opening is any.
type Opening struct {
	kind kind
	day  int              // of onDay: Monday is 0
	span geodata.Interval // of onDay: the zero span is some time of the day
}

type kind int

const (
	anyTime kind = iota
	onDay
	evening
	holidays
)

// dayWords are what people call the days, beside geodata.DayNames; Monday first.
var dayWords = [7][]string{
	{"lundi", "monday", "lun", "mon"}, {"mardi", "tuesday", "mar", "tue"}, {"mercredi", "wednesday", "mer", "wed"}, {"jeudi", "thursday", "jeu", "thu"},
	{"vendredi", "friday", "ven", "fri"}, {"samedi", "saturday", "sam", "sat"}, {"dimanche", "sunday", "dim", "sun"},
}

var errOpen = errors.New("want a day (We, mercredi, wednesday), a day with hours (We 14:00-17:00), evening or holidays")

// ParseOpening reads what Options.Open says. A day means some time of it; a day
// with hours means all of them; evening (soir) some time from 18:00 on, Monday to
// Friday; holidays (vacances) some time in the weeks of school holidays.
func ParseOpening(text string) (Opening, error) {
	first, rest, timed := strings.Cut(strings.TrimSpace(text), " ")
	switch word := strings.ToLower(first); {
	case word == "" && !timed:
		return Opening{}, nil
	case slices.Contains([]string{"evening", "soir"}, word) && !timed:
		return Opening{kind: evening}, nil
	case slices.Contains([]string{"holidays", "vacances"}, word) && !timed:
		return Opening{kind: holidays}, nil
	default:
		day := slices.IndexFunc(dayWords[:], func(words []string) bool { return slices.Contains(words, word) })
		if day < 0 {
			day = slices.IndexFunc(geodata.DayNames[:], func(name string) bool { return strings.EqualFold(name, word) })
		}
		if day < 0 {
			return Opening{}, fmt.Errorf("%q: %w", text, errOpen)
		}
		if !timed {
			return Opening{kind: onDay, day: day}, nil
		}
		span, err := parseSpan(rest)
		if err != nil {
			return Opening{}, fmt.Errorf("%q: %w", text, err)
		}
		return Opening{onDay, day, span}, nil
	}
}

func parseSpan(text string) (span geodata.Interval, err error) {
	from, to, ok := strings.Cut(text, "-")
	if !ok {
		return span, errOpen
	}
	if span.From, err = geodata.ParseClock(from); err != nil {
		return span, err
	}
	if span.To, err = geodata.ParseClock(to); err != nil {
		return span, err
	}
	if span.To <= span.From {
		return span, errors.New("the hours end before they begin")
	}
	return span, nil
}

// String spells the opening in one way: We, We 14:00-17:00, evening, holidays;
// empty for any time. ParseOpening reads it back.
func (o Opening) String() string {
	switch o.kind {
	case evening:
		return "evening"
	case holidays:
		return "holidays"
	case onDay:
		day := geodata.DayNames[o.day]
		if o.span == (geodata.Interval{}) {
			return day
		}
		return fmt.Sprintf("%s %02d:%02d-%02d:%02d", day, o.span.From/60, o.span.From%60, o.span.To/60, o.span.To%60)
	}
	return ""
}

// at says whether the facility is open then; known is false where its hours do not tell.
func (o Opening) at(f *geodata.Facility) (open, known bool) {
	hours := f.Hours
	if o.kind == holidays {
		hours = f.Holidays
	}
	switch {
	case o.kind == anyTime:
		return true, true
	case hours == nil:
		return false, false
	case o.kind == holidays:
		return hours.Minutes() > 0, true
	case o.kind == evening:
		return slices.ContainsFunc(hours[:5], func(day []geodata.Interval) bool {
			return slices.ContainsFunc(day, func(iv geodata.Interval) bool { return iv.To > Evening })
		}), true
	case o.span == (geodata.Interval{}):
		return len(hours[o.day]) > 0, true
	}
	return throughout(hours[o.day], o.span), true
}

// throughout says whether the intervals of a day, in order, leave no gap in the span.
func throughout(day []geodata.Interval, span geodata.Interval) bool {
	for _, iv := range day {
		if iv.From <= span.From && iv.To > span.From {
			span.From = iv.To
		}
	}
	return span.From >= span.To
}
