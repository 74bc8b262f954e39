package load

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/maillage/maillage/geodata"
)

// dayHours are the opening hours of one day as a person wrote them.
type dayHours struct {
	spans  []geodata.Interval // in order, disjoint
	blank  bool               // spans from 00:00 to 00:00 were left out
	merged bool               // spans that overlap were united
}

var (
	frenchSpan  = regexp.MustCompile(`^([0-9]{1,2} ?[h:] ?(?:[0-9]{2})?) ?- ?([0-9]{1,2} ?[h:] ?(?:[0-9]{2})?)$`)
	frenchWords = strings.NewReplacer(
		"\u00a0", " ", "\u202f", " ", "–", "-", "—", "-", "−", "-",
		" à ", " - ", " a ", " - ", " et ", " / ", " puis ", " / ", "&", "/", "+", "/", ";", "/", ",", "/",
	)
	closedWords = []string{"", "-", "fermé", "fermée", "ferme", "fermé.", "néant", "closed"}
)

// parseDayHours reads the hours of a day in the forms French lists use:
// "09:00 - 12:00 / 13:30 - 17:00", "8h30-12h", "de 9h à 12h et de 14h à 17h30",
// "fermé". Empty text is a day without hours.
//
// A span "00:00 - 00:00" is a form field left blank and is left out. Spans that
// overlap (two schedules of one place joined) become their union: the place is
// open when any of them says so. Anything else is refused.
func parseDayHours(s string) (dayHours, error) {
	var d dayHours
	text := strings.TrimSpace(frenchWords.Replace(" " + strings.ToLower(s) + " "))
	if slices.Contains(closedWords, text) {
		return d, nil
	}
	for part := range strings.SplitSeq(text, "/") {
		part = strings.TrimPrefix(strings.Join(strings.Fields(part), " "), "de ")
		m := frenchSpan.FindStringSubmatch(part)
		if m == nil {
			return dayHours{}, fmt.Errorf("not opening hours such as 09:00 - 12:00 / 13:30 - 17:00: %q", s)
		}
		from, err1 := geodata.ParseClock(strings.ReplaceAll(m[1], " ", ""))
		to, err2 := geodata.ParseClock(strings.ReplaceAll(m[2], " ", ""))
		switch err := cmp.Or(err1, err2); {
		case err != nil:
			return dayHours{}, err
		case from == 0 && to == 0:
			d.blank = true
			continue
		case to <= from:
			return dayHours{}, fmt.Errorf("%q ends before it begins", part)
		}
		d.spans = append(d.spans, geodata.Interval{From: from, To: to})
	}
	d.unite()
	return d, nil
}

// unite sorts the spans and joins those that overlap. Spans that only touch stay apart.
func (d *dayHours) unite() {
	slices.SortFunc(d.spans, func(a, b geodata.Interval) int { return cmp.Or(a.From-b.From, a.To-b.To) })
	out := d.spans[:0]
	for _, s := range d.spans {
		if n := len(out); n > 0 && s.From < out[n-1].To {
			out[n-1].To = max(out[n-1].To, s.To)
			d.merged = true
			continue
		}
		out = append(out, s)
	}
	d.spans = out
}
