package geodata

import (
	"math/big"
	"strings"
	"testing"
)

// An amount is the decimal it was read from, rounded to a millionth, and its text reads back.
func FuzzAmount(f *testing.F) {
	for _, s := range []string{"", "0", "12,5", "-3.25", "1e3", "0.0000005", "4611686018427.387904", "1e99999", "NaN", "+7", "1_0", "0x1p-2", "--1", "."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAmount(s)
		if err != nil {
			return
		}
		if a > MaxAmount || a < -MaxAmount {
			t.Fatalf("%q is %v, beyond what sums bear", s, a)
		}
		if back, err := ParseAmount(a.String()); err != nil || back != a {
			t.Errorf("%q is %v, read back as %v, %v", s, a, back, err)
		}
		exact, ok := new(big.Rat).SetString(strings.Replace(strings.TrimSpace(s), ",", ".", 1))
		if !ok {
			t.Fatalf("%q is not a number, yet %v", s, a)
		}
		off := new(big.Rat).Sub(exact, big.NewRat(int64(a), int64(Unit)))
		if off.Abs(off).Cmp(big.NewRat(1, 2*int64(Unit))) > 0 {
			t.Errorf("%q is %v", s, a)
		}
	})
}

func FuzzFraction(f *testing.F) {
	for _, s := range []string{"", "1", "0", "3/4", "4/3", "1/0", "-1/4", "1/10001", "10000/10000", " 1 / 7 ", "1/2/3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		x, err := ParseFraction(s)
		if err != nil {
			return
		}
		if back, err := ParseFraction(x.String()); err != nil || back != x {
			t.Errorf("%q is %v, read back as %v, %v", s, x, back, err)
		}
		if got := x.Of(MaxAmount); got < 0 || got > MaxAmount {
			t.Errorf("%v of %v is %v", x, MaxAmount, got)
		}
	})
}

func FuzzWeeklyHours(f *testing.F) {
	for _, s := range []string{"", "24/7", "Mo-Fr 08:30-12:00,13:30-17:00; Sa off", "Fr-Mo 9h-12h", "Mo 25:00-26:00", "Mo 12:00-08:00", "PH off", "08:00-09:00", ";;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := ParseWeeklyHours(s)
		if err != nil {
			return
		}
		for d, day := range w {
			for i, iv := range day {
				if iv.From < 0 || iv.From >= iv.To || iv.To > 1440 || (i > 0 && iv.From < day[i-1].To) {
					t.Errorf("%q: %s %v", s, DayNames[d], day)
				}
			}
		}
		if back, err := ParseWeeklyHours(w.String()); err != nil || back.String() != w.String() {
			t.Errorf("%q is %v, read back as %v, %v", s, w, back, err)
		}
	})
}

const oneService = `
- id: market
  label: {fr: marché}
  public: {fr: tous}
  demand: [{shares: {SHARES}}]
`

// A catalogue that is accepted can be counted with, whatever it says.
func FuzzCatalogue(f *testing.F) {
	f.Add(string(defaultServices))
	for _, shares := range []string{"ind: 1", "ind: 1/2, men: 1/3", "ind: ", "ind: 2", "ind: 1/9973, men: 1/9967, a: 1/9949, b: 1/9941, c: 1/9931"} {
		f.Add(strings.Replace(oneService, "SHARES", shares, 1))
	}
	f.Add("- {}")
	f.Add("[")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCatalogue(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, s := range c {
			for _, d := range s.Demand {
				p := &Population{Cells: make([]Cell, 1)}
				most := Amount(0)
				for _, name := range d.Columns() {
					p.Columns = append(p.Columns, Column{Name: name, Values: []Amount{Whole(1000)}})
					most += Whole(1000)
				}
				counted, _, err := Service{ID: s.ID, Demand: []Demand{d}}.Count(p)
				if err != nil || counted[0] < 0 || counted[0] > most {
					t.Errorf("%v of %v: %v, %v", d.Shares, most, counted, err)
				}
			}
		}
	})
}

func TestSharesThatCannotBeCountedAreRefused(t *testing.T) {
	for shares, want := range map[string]string{
		"ind: ":  `share of "ind" is missing`,
		"ind: 2": "share",
		"ind: 1/9973, men: 1/9967, a: 1/9949, b: 1/9941, c: 1/9931": "common denominator",
	} {
		_, err := ParseCatalogue(strings.NewReader(strings.Replace(oneService, "SHARES", shares, 1)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", shares, err)
		}
	}
}
