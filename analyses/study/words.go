package study

import (
	"cmp"
	"math"
	"strconv"
	"strings"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
)

// words writes for people, in one language.
type words struct{ lang string }

func (w words) say(fr, en string) string { return geodata.Text{Fr: fr, En: en}.In(w.lang) }

// whole writes an amount rounded to whole people or places.
func (w words) whole(a geodata.Amount) string { return w.number(math.Round(a.Float()), 0) }

// signed is whole with its sign, where it is not nothing.
func (w words) signed(a geodata.Amount) string {
	text := w.whole(a)
	if a > 0 && text != "0" {
		return "+" + text
	}
	return text
}

// number writes a number with thousands apart and the language's decimal mark.
func (w words) number(v float64, digits int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	whole, rest, _ := strings.Cut(strconv.FormatFloat(math.Abs(v), 'f', digits, 64), ".")
	text := whole
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + w.say("\u202f", ",") + text[at:]
	}
	if rest != "" {
		text += w.say(",", ".") + rest
	}
	if v < 0 && strings.Trim(whole+rest, "0") != "" {
		text = "\u2212" + text
	}
	return text
}

// percent writes a share in per cent with one decimal where it has one.
func (w words) percent(v float64) string {
	digits := 1
	if v == math.Trunc(v) {
		digits = 0
	}
	return w.number(v, digits) + w.say("\u202f%", "%")
}

// share is one of a whole.
func (w words) share(part, of geodata.Amount) string {
	if of == 0 {
		return "–"
	}
	return w.number(100*part.Float()/of.Float(), 1) + w.say("\u202f%", "%")
}

// seconds writes a time as minutes; a dash where there is none.
func (w words) seconds(v *float64) string {
	if v == nil {
		return "–"
	}
	return w.number(*v/60, 1) + "\u00a0min"
}

func (w words) mode(id string) string {
	return profile.ModeLabel(cmp.Or(id, "car")).In(w.lang)
}

func (w words) quoted(name geodata.Text) string {
	return w.say("«\u00a0", "“") + name.In(w.lang) + w.say("\u00a0»", "”")
}

// list joins texts as a sentence does.
func (w words) list(items []string) string {
	if n := len(items); n > 1 {
		return strings.Join(items[:n-1], ", ") + w.say(" et ", " and ") + items[n-1]
	}
	return strings.Join(items, "")
}

// people is whom a service is for, as what there is a number of: tous les habitants
// are habitants.
func (w words) people(public geodata.Text) string {
	if w.lang == "en" {
		return strings.TrimPrefix(public.In("en"), "all ")
	}
	return strings.TrimPrefix(public.Fr, "tous les ")
}
