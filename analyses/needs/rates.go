package needs

import (
	"fmt"
	"math"

	"github.com/maillage/maillage/geodata"
)

// rate is a share in billionths: what it takes of an amount is rounded once and
// the same everywhere.
type rate int64

const whole rate = 1_000_000_000

// mostMoves bounds net migration in a year, as a share of those of an age.
const mostMoves = whole / 2

func rateOf(f float64) rate { return rate(math.Round(f * float64(whole))) }

// of is the share of a non-negative amount, rounded half away from zero.
func (r rate) of(a geodata.Amount) geodata.Amount {
	if r < 0 {
		return -geodata.Fraction{Num: int64(-r), Den: int64(whole)}.Of(a)
	}
	return geodata.Fraction{Num: int64(r), Den: int64(whole)}.Of(a)
}

// byAge are rates by completed age on the 1st of January; newborn is that of
// the children born in the year.
type byAge struct {
	newborn rate
	ages    [lastAge + 1]rate
}

// rates say what happens to a commune in a year.
type rates struct {
	births        [lastAge + 1]rate // per woman
	deaths, moves [2]byAge
}

// flow is what changed in a year.
type flow struct {
	births, deaths, moves geodata.Amount
}

// step carries people to the next 1st of January. What leaves an age arrives in
// the next or is in the flow, to the millionth, and more people or kinder rates
// never make fewer.
func (p *people) step(r *rates) (next people, f flow) {
	live := func(n geodata.Amount, deaths, moves rate) geodata.Amount {
		dead := deaths.of(n)
		moved := moves.of(n - dead)
		f.deaths += dead
		f.moves += moved
		return n - dead + moved
	}
	for sex := range p {
		for x, n := range p[sex] {
			next[sex][min(x+1, lastAge)] += live(n, r.deaths[sex].ages[x], r.moves[sex].ages[x])
		}
	}
	for x, births := range r.births {
		f.births += geodata.Fraction{Num: int64(births), Den: int64(2 * whole)}.Of(p[women][x] + next[women][x])
	}
	girls := geodata.Fraction{Num: 100, Den: 205}.Of(f.births)
	for sex, n := range []geodata.Amount{girls, f.births - girls} {
		next[sex][0] = live(n, r.deaths[sex].newborn, r.moves[sex].newborn)
	}
	return next, f
}

// Rate is a line of the asker's own table: births a year per woman, the
// probability to die within the year, or net migration a year as a share of
// those of an age. What no line says is 0; of two that say the same the later counts.
type Rate struct {
	Variant string      `json:"variant,omitempty" doc:"low, central or high; all when empty"`
	Commune string      `json:"commune,omitempty" doc:"INSEE code; all when empty"`
	Sex     geodata.Sex `json:"sex,omitempty" doc:"F or M; both when empty"`
	From    int         `json:"from" doc:"youngest age; -1 are the children born in the year"`
	To      int         `json:"to" doc:"oldest age, included; 100 is 100 and over"`
	Rate    float64     `json:"rate" doc:"a share: 0.1 for one in ten"`
}

// check wants a line that can be meant.
func (r Rate) check(low, high float64) error {
	switch {
	case r.From < -1 || r.To < r.From || r.To > lastAge:
		return fmt.Errorf("ages %d to %d: want a youngest and an oldest between -1 (born in the year) and %d", r.From, r.To, lastAge)
	case r.Sex != geodata.AnySex && r.Sex != geodata.Female && r.Sex != geodata.Male:
		return fmt.Errorf("ages %d to %d: sex %q: want F, M or nothing", r.From, r.To, r.Sex)
	case !(r.Rate >= low && r.Rate <= high):
		return fmt.Errorf("ages %d to %d: rate %g: want a share between %g and %g, such as 0.1 for one in ten", r.From, r.To, r.Rate, low, high)
	case r.Variant != "" && !isVariant(r.Variant):
		return fmt.Errorf("ages %d to %d: variant %q: want low, central or high", r.From, r.To, r.Variant)
	}
	return nil
}

// tabulate reads the lines about a commune in a variant.
func tabulate(lines []Rate, commune, variant string) (out [2]byAge) {
	for _, l := range lines {
		if l.Commune != "" && l.Commune != commune || l.Variant != "" && l.Variant != variant {
			continue
		}
		for sex, name := range []geodata.Sex{geodata.Female, geodata.Male} {
			if l.Sex != geodata.AnySex && l.Sex != name {
				continue
			}
			for x := l.From; x <= l.To; x++ {
				if x < 0 {
					out[sex].newborn = rateOf(l.Rate)
				} else {
					out[sex].ages[x] = rateOf(l.Rate)
				}
			}
		}
	}
	return out
}
