package compare

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/uncertainty"
	"github.com/maillage/maillage/geodata"
)

// conclude writes the sentences of Result.Conclusion.
func (r *Result) conclude() {
	r.Conclusion = []geodata.Text{}
	for w := range r.Params.Within {
		r.Conclusion = append(r.Conclusion, r.atThreshold(w))
	}
	if said, any := r.alongMinutes(); any {
		r.Conclusion = append(r.Conclusion, said)
	}
}

// atThreshold says who leads at a threshold, by how much and how surely.
func (r *Result) atThreshold(w int) geodata.Text {
	bound := coverage.InMinutes(r.Params.Within[w])
	ahead := first(r.Ranks[w])
	cover := func(i int) geodata.Amount { return r.Scenarios[i].Territory.Covered[w] }
	names, most := r.names(ahead), r.people(cover(ahead[0]))
	if len(ahead) == len(r.Scenarios) {
		return r.sure(w, geodata.Text{
			Fr: fmt.Sprintf("À %s, tous les scénarios se valent : chacun couvre %s", bound, most.Fr),
			En: fmt.Sprintf("At %s all scenarios are equal: each covers %s", bound, most.En)}, nil)
	}
	next := slices.Index(r.Ranks[w], len(ahead)+1)
	by, other := r.more(cover(ahead[0])-cover(next)), r.names([]int{next})
	said := geodata.Text{
		Fr: fmt.Sprintf("À %s, %s couvre %s que %s", bound, names.Fr, by.Fr, other.Fr),
		En: fmt.Sprintf("At %s %s covers %s than %s", bound, names.En, by.En, other.En)}
	if len(ahead) > 1 {
		said = geodata.Text{
			Fr: fmt.Sprintf("À %s, %s couvrent autant, chacun %s que %s", bound, names.Fr, by.Fr, other.Fr),
			En: fmt.Sprintf("At %s %s cover as many, each %s than %s", bound, names.En, by.En, other.En)}
	}
	return r.sure(w, said, r.gain(w, ahead[0], next))
}

// sure ends a sentence with what the draws say of the ranking, and of what the first
// gains on the next, where there are any.
func (r *Result) sure(w int, said geodata.Text, gain *uncertainty.Interval[geodata.Amount]) geodata.Text {
	if r.Verdict != nil {
		fr, en := percent(r.Verdict[w].Holds)
		said.Fr += " ; ce classement tient dans " + fr + " des tirages"
		said.En += "; this ranking holds in " + en + " of the draws"
		if gain != nil {
			said.Fr += fmt.Sprintf(" (écart de %s à %s dans 90\u202f%% d'entre eux)", signed(gain.Low, "fr"), r.peopleSigned(gain.High).Fr)
			said.En += fmt.Sprintf(" (difference from %s to %s in 90%% of them)", signed(gain.Low, "en"), r.peopleSigned(gain.High).En)
		}
	}
	return geodata.Text{Fr: said.Fr + ".", En: said.En + "."}
}

// gain is the interval of what scenario a covers more than b.
func (r *Result) gain(w, a, b int) *uncertainty.Interval[geodata.Amount] {
	if r.Verdict == nil {
		return nil
	}
	for _, p := range r.Verdict[w].Pairs {
		switch {
		case p.A == a && p.B == b:
			return &p.Gain
		case p.A == b && p.B == a:
			return &uncertainty.Interval[geodata.Amount]{Low: -p.Gain.High, Median: -p.Gain.Median, High: -p.Gain.Low}
		}
	}
	return nil
}

// alongMinutes says who leads from which minute to which; nothing if nobody is ever
// alone first, or the same wherever anybody is.
func (r *Result) alongMinutes() (said geodata.Text, any bool) {
	var fr, en []string
	var last []int
	changes := 0
	for _, l := range r.Leads {
		if len(l.First) == len(r.Scenarios) {
			continue
		}
		if last != nil && !slices.Equal(last, l.First) {
			changes++
		}
		last = l.First
		names := r.names(l.First)
		stretchFr, stretchEn := fmt.Sprintf("de %d à %d min", l.From, l.To), fmt.Sprintf("from %d to %d min", l.From, l.To)
		if l.From == l.To {
			stretchFr, stretchEn = fmt.Sprintf("à %d min", l.From), fmt.Sprintf("at %d min", l.From)
		}
		fr, en = append(fr, names.Fr+" "+stretchFr), append(en, names.En+" "+stretchEn)
	}
	if changes == 0 {
		return said, false
	}
	return geodata.Text{Fr: "Le premier change avec le seuil : " + strings.Join(fr, ", ") + ".", En: "Who is first depends on the threshold: " + strings.Join(en, ", ") + "."}, true
}

// names are some scenarios' in a sentence, quoted: they may be long.
func (r *Result) names(which []int) (out geodata.Text) {
	for n, i := range which {
		name := r.Scenarios[i].Name
		fr, en := ", ", ", "
		switch {
		case n == 0:
			fr, en = "", ""
		case n == len(which)-1:
			fr, en = " et ", " and "
		}
		out.Fr, out.En = out.Fr+fr+"«\u00a0"+name.Fr+"\u00a0»", out.En+en+"“"+name.In("en")+"”"
	}
	return out
}

// people writes an amount of the demand with its unit.
func (r *Result) people(a geodata.Amount) geodata.Text {
	fr, en := r.unit(a)
	return geodata.Text{Fr: grouped(a, "fr") + " " + fr, En: grouped(a, "en") + " " + en}
}

func (r *Result) peopleSigned(a geodata.Amount) geodata.Text {
	fr, en := r.unit(a)
	return geodata.Text{Fr: signed(a, "fr") + " " + fr, En: signed(a, "en") + " " + en}
}

// more writes a difference: 412 more people.
func (r *Result) more(a geodata.Amount) geodata.Text {
	fr, en := r.unit(a)
	if whole(a) == 0 {
		return geodata.Text{Fr: "à peine plus de " + fr + "s", En: "hardly more " + en}
	}
	return geodata.Text{Fr: grouped(a, "fr") + " " + fr + " de plus", En: grouped(a, "en") + " more " + en}
}

func (r *Result) unit(a geodata.Amount) (fr, en string) {
	one := whole(a) >= -1 && whole(a) <= 1
	switch r.Unit {
	case "households":
		fr, en = "ménage", "households"
	case "euros":
		fr, en = "euro", "euros"
	default:
		fr, en = "personne", "people"
	}
	if one {
		if en = strings.TrimSuffix(en, "s"); en == "people" && whole(a) != 0 {
			en = "person"
		}
		return fr, en
	}
	return fr + "s", en
}

// whole rounds to whole people.
func whole(a geodata.Amount) int64 { return int64(math.Round(a.Float())) }

func signed(a geodata.Amount, lang string) string {
	if whole(a) < 0 {
		return "-" + grouped(-a, lang)
	}
	return grouped(a, lang)
}

// grouped writes whole people with thousands apart.
func grouped(a geodata.Amount, lang string) string {
	digits := strconv.FormatInt(whole(a), 10)
	mark := "\u202f"
	if lang == "en" {
		mark = ","
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + mark + digits[at:]
	}
	return digits
}

// percent writes a share of the draws; whole ones without decimals.
func percent(v float64) (fr, en string) {
	text := strconv.FormatFloat(math.Round(10*v)/10, 'f', -1, 64)
	return strings.Replace(text, ".", ",", 1) + "\u202f%", text + "%"
}
