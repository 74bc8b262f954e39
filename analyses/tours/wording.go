package tours

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/maillage/maillage/geodata"
)

// wording writes for people, in one language: fr or en.
type wording struct{ lang string }

// Say is a choice of language, also the page's.
func (w wording) Say(fr, en string) string { return geodata.Text{Fr: fr, En: en}.In(w.lang) }

// number writes a number with thousands apart and the language's decimal mark.
func (w wording) number(v float64, digits int) string {
	whole, rest, _ := strings.Cut(strconv.FormatFloat(v, 'f', digits, 64), ".")
	sign := ""
	if unsigned, negative := strings.CutPrefix(whole, "-"); negative {
		whole = unsigned
		if strings.Trim(whole+rest, "0") != "" {
			sign = "\u2212"
		}
	}
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + w.Say("\u202f", ",") + whole[at:]
	}
	if rest != "" {
		rest = w.Say(",", ".") + rest
	}
	return sign + whole + rest
}

// percent writes a share in per cent.
func (w wording) percent(v float64) string { return w.number(v, 1) + w.Say("\u202f%", "%") }

// hours writes a span of a day: 9 h – 11 h 30, or 09:00–11:30.
func (w wording) hours(from, to string) string {
	return w.Say(frenchClock(from)+" – "+frenchClock(to), from+"–"+to)
}

func (w wording) capital(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[n:]
}
