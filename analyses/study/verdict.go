package study

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/maillage/maillage/analyses/compare"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/siting"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/optimise"
)

// State is how a study ends.
type State string

// The states.
const (
	Certain State = "certain" // a scenario wins, in enough of the draws
	Open    State = "open"    // no conclusion: it depends
	None    State = "none"    // nothing could be compared
)

// Decision is the verdict of a study. Scenarios are meant by their ids.
type Decision struct {
	State    State        `json:"state"`
	Sentence geodata.Text `json:"sentence"`
	// More are further sentences: what it costs against the best, what other thresholds say.
	More     []geodata.Text     `json:"more"`
	Within   coverage.Threshold `json:"within,omitempty"`
	First    []string           `json:"first"` // who covers most; several if they are equal
	Next     string             `json:"next,omitempty"`
	Covered  geodata.Amount     `json:"covered"`         // by the first
	Gain     geodata.Amount     `json:"gain"`            // what the first covers more than the next
	Holds    *float64           `json:"holds_percent"`   // of the draws, in which the first is alone first, or all are equal; null without draws
	Sure     float64            `json:"sure_percent"`    // what is asked of it
	Best     *geodata.Amount    `json:"best_covered"`    // by the best choice of the sites; null where it is not asked or there is none
	Proven   bool               `json:"best_proven"`     // that there is no better one
	BestOpen []string           `json:"best_open"`       // ids of the places that it opens
	Cost     *geodata.Amount    `json:"cost_against"`    // what the first covers less than the best; negative where it covers more
	Runs     []string           `json:"runs,omitempty"`  // that the sentences are from
	Lacks    []geodata.Text     `json:"lacks,omitempty"` // what the data lack

	numbers []int // of the runs on the page
}

// deciding is a verdict being made.
type deciding struct {
	Decision
	c     *compare.Result
	ids   []string // of the scenarios compared
	w     int      // which threshold
	first []int
	next  int // -1 where all are equal
}

// Decide draws the verdict. ids are the scenarios of the comparison, in its order; best
// may be nil. That the threshold is none of the comparison's is an error.
func Decide(v *Verdict, c *compare.Result, ids []string, best *siting.Result) (*Decision, error) {
	within, err := coverage.ParseThreshold(v.Within)
	if err != nil {
		return nil, err
	}
	d := &deciding{c: c, ids: ids, w: slices.Index(c.Params.Within, within), next: -1}
	if d.w < 0 {
		return nil, fmt.Errorf("verdict: %s is no threshold of question %q: it has %v", v.Within, v.Of, c.Params.Within)
	}
	d.Within, d.Sure, d.More, d.First, d.BestOpen = within, *v.Sure, []geodata.Text{}, []string{}, []string{}
	d.rank()
	d.certainty()
	d.Sentence = inBoth(d.sentence)
	if best != nil {
		d.against(best)
		d.More = append(d.More, inBoth(func(w words) string { return d.distance(w, best) }))
		if said := inBoth(d.others); said.Fr != "" {
			d.More = append(d.More, said)
		}
	}
	if d.changes() {
		d.More = append(d.More, inBoth(d.otherThresholds))
	}
	return &d.Decision, nil
}

// inBoth says something in French and in English.
func inBoth(say func(words) string) geodata.Text {
	return geodata.Text{Fr: say(words{"fr"}), En: say(words{"en"})}
}

// rank finds who is first and who follows.
func (d *deciding) rank() {
	ranks := d.c.Ranks[d.w]
	for i, r := range ranks {
		if r == 1 {
			d.first, d.First = append(d.first, i), append(d.First, d.ids[i])
		}
	}
	d.Covered = d.covered(d.first[0])
	if d.next = slices.Index(ranks, len(d.first)+1); d.next >= 0 {
		d.Next, d.Gain = d.ids[d.next], d.Covered-d.covered(d.next)
	}
}

func (d *deciding) covered(i int) geodata.Amount { return d.c.Scenarios[i].Territory.Covered[d.w] }

// certainty is in how many of the draws the first is first.
func (d *deciding) certainty() {
	d.State = Open
	if d.c.Verdict == nil {
		return
	}
	v := d.c.Verdict[d.w]
	holds := v.Holds
	if len(d.first) == 1 {
		holds = v.First[d.first[0]]
	}
	if d.Holds = &holds; len(d.first) == 1 && holds >= d.Sure {
		d.State = Certain
	}
}

// sentence is the verdict in words.
func (d *deciding) sentence(w words) string {
	at := fmt.Sprintf(w.say("à %s %s", "within %s %s"), coverage.InMinutes(d.Within), w.mode(d.c.Params.Mode))
	people := w.people(d.public())
	names := w.list(each(d.first, func(i int) string { return w.quoted(d.c.Scenarios[i].Name) }))
	if d.next < 0 {
		return fmt.Sprintf(w.say("Sans conclusion : %s, tous les scénarios se valent, chacun dessert %s %s%s.", "No conclusion: %s all scenarios are equal, each covers %s %s%s."),
			at, w.whole(d.Covered), people, d.drawn(w, w.say(" ; l'égalité tient", "; they are equal")))
	}
	next := w.quoted(d.c.Scenarios[d.next].Name)
	more := w.whole(d.Gain)
	if more == "0" {
		more = w.say("à peine (moins d'une personne)", "hardly any (less than one person)")
	}
	facts := fmt.Sprintf(w.say("dessert %s %s de plus que %s (%s contre %s)", "covers %s more %s than %s (%s against %s)"), more, people, next, w.whole(d.Covered), w.whole(d.covered(d.next)))
	switch {
	case len(d.first) > 1:
		return fmt.Sprintf(w.say("Sans conclusion : %s, %s font jeu égal, chacun %s%s.", "No conclusion: %s %s are equal, each %s%s."), at, names, facts, d.drawn(w, w.say(" ; ce classement tient", "; this ranking holds")))
	case d.State == Certain:
		return fmt.Sprintf(w.say("%s l'emporte : %s, ce scénario %s. C'est certain au sens du calcul : il est en tête dans %s des %s tirages de vitesses.",
			"%s wins: %s this scenario %s. The calculation is certain of it: it is first in %s of the %s draws of speeds."), names, at, facts, w.percent(*d.Holds), w.number(float64(d.c.Params.Draws), 0))
	case d.Holds == nil:
		return fmt.Sprintf(w.say("Sans conclusion : %s, %s %s, mais aucun tirage ne dit si cela tient quand les vitesses changent.", "No conclusion: %s %s %s, but no draws tell whether that holds when speeds change."), at, names, facts)
	}
	return fmt.Sprintf(w.say("Sans conclusion : %s, %s %s, mais n'est en tête que dans %s des %s tirages de vitesses (il en faudrait %s). Cela dépend %s.",
		"No conclusion: %s %s %s, but it is first in no more than %s of the %s draws of speeds (%s would be needed). It depends %s."),
		at, names, facts, w.percent(*d.Holds), w.number(float64(d.c.Params.Draws), 0), w.percent(d.Sure), d.depends(w))
}

func (d *deciding) public() geodata.Text {
	if d.c.Public != nil {
		return *d.c.Public
	}
	return d.c.Service.Public
}

// drawn ends a sentence with the share of the draws, where there are any.
func (d *deciding) drawn(w words, says string) string {
	if d.Holds == nil {
		return ""
	}
	return says + fmt.Sprintf(w.say(" dans %s des tirages de vitesses", " in %s of the draws of speeds"), w.percent(*d.Holds))
}

// depends says on what a verdict depends that is not certain.
func (d *deciding) depends(w words) string {
	rival, most := -1, 0.0
	v := d.c.Verdict[d.w]
	for i, share := range v.First {
		if i != d.first[0] && share > most {
			rival, most = i, share
		}
	}
	text := w.say("de la vitesse réelle sur les routes", "on real speeds on the roads")
	switch {
	case rival >= 0:
		text += fmt.Sprintf(w.say(" (%s est en tête dans %s des tirages)", " (%s is first in %s of the draws)"), w.quoted(d.c.Scenarios[rival].Name), w.percent(most))
	case v.Shared > 0:
		text += fmt.Sprintf(w.say(" (ils font jeu égal dans %s des tirages)", " (they are equal in %s of the draws)"), w.percent(v.Shared))
	}
	if d.changes() {
		text += w.say(", et du temps de trajet retenu", ", and on the travel time that counts")
	}
	return text
}

// changes says that others lead at other thresholds, and that leads tells so.
func (d *deciding) changes() bool {
	return slices.ContainsFunc(d.stretches(), func(l compare.Lead) bool {
		return len(l.First) == 1 && !slices.Equal(l.First, d.first) && l.To-l.From+1 >= leastMinutes
	})
}

// stretches are the leads but those where all are equal.
func (d *deciding) stretches() (out []compare.Lead) {
	for _, l := range d.c.Leads {
		if len(l.First) < len(d.c.Scenarios) {
			out = append(out, l)
		}
	}
	return out
}

// Of the stretches in which a scenario leads alone, the longest are told: there may be
// many of a minute or two, which nobody decides by.
const (
	mostStretches = 4
	leastMinutes  = 3
)

// leads lists who leads from which minute to which.
func (d *deciding) leads(w words) string {
	long := slices.DeleteFunc(d.stretches(), func(l compare.Lead) bool { return len(l.First) > 1 || l.To-l.From+1 < leastMinutes })
	slices.SortStableFunc(long, func(a, b compare.Lead) int { return cmp.Compare(b.To-b.From, a.To-a.From) })
	long = long[:min(len(long), mostStretches)]
	slices.SortFunc(long, func(a, b compare.Lead) int { return cmp.Compare(a.From, b.From) })
	var order []int
	when := map[int][]string{}
	for _, l := range long {
		if when[l.First[0]] == nil {
			order = append(order, l.First[0])
		}
		when[l.First[0]] = append(when[l.First[0]], fmt.Sprintf(w.say("de %d à %d", "from %d to %d"), l.From, l.To))
	}
	return strings.Join(each(order, func(i int) string { return w.quoted(d.c.Scenarios[i].Name) + " " + w.list(when[i]) + " min" }), w.say(" ; ", "; "))
}

func (d *deciding) otherThresholds(w words) string {
	return w.say("En tête selon le temps de trajet retenu, pour l'essentiel : ", "First by the travel time that counts, in the main: ") + d.leads(w) + "."
}

// against fills in what the first costs against the best.
func (d *deciding) against(best *siting.Result) {
	if best.Objective == nil {
		return
	}
	most, err := geodata.AmountOf(math.Round(*best.Objective*1e6) / 1e6)
	if err != nil {
		return
	}
	d.Best, d.Cost, d.Proven = &most, new(most-d.Covered), best.Status == optimise.Optimal
	for _, p := range best.Places {
		if !p.Existing {
			d.BestOpen = append(d.BestOpen, p.ID)
		}
	}
}

// distance says how far the first is from the best.
func (d *deciding) distance(w words, best *siting.Result) string {
	if d.Best == nil {
		return fmt.Sprintf(w.say("Le meilleur choix n'est pas connu : %s.", "The best choice is not known: %s."), cmp.Or(best.Why, string(best.Status)))
	}
	people := w.people(d.public())
	name := w.quoted(d.c.Scenarios[d.first[0]].Name)
	choice := fmt.Sprintf(w.say("parmi %s lieux possibles", "among %s possible places"), w.number(float64(best.Candidates), 0))
	places := w.list(placeNames(best))
	switch {
	case *d.Cost < 0:
		return fmt.Sprintf(w.say("%s dessert %s %s de plus que le meilleur choix %s (%s) : il ouvre d'autres lieux, ou plus de lieux.", "%s covers %s more %s than the best choice %s (%s): it opens other places, or more of them."), name, w.whole(-*d.Cost), people, choice, places)
	case !d.Proven:
		bound := geodata.Amount(0)
		if best.Bound != nil {
			bound, _ = geodata.AmountOf(*best.Bound) //nolint:errcheck // told as 0
		}
		return fmt.Sprintf(w.say("Le meilleur choix trouvé %s (%s) en desservirait %s, sans preuve que c'est le plus (au plus %s) : retenir %s coûte %s %s.", "The best choice found %s (%s) would cover %s, without proof that this is the most (%s at most): choosing %s costs %s %s."),
			choice, places, w.whole(*d.Best), w.whole(bound), name, w.whole(*d.Cost), people)
	case *d.Cost == 0:
		return fmt.Sprintf(w.say("%s est aussi le meilleur choix %s : c'est prouvé.", "%s is also the best choice %s: this is proven."), name, choice)
	}
	return fmt.Sprintf(w.say("Le meilleur choix %s, prouvé, est %s : %s %s. Retenir %s coûte donc %s %s (%s de moins).", "The best choice %s, proven, is %s: %s %s. So choosing %s costs %s %s (%s fewer)."),
		choice, places, w.whole(*d.Best), people, name, w.whole(*d.Cost), people, w.share(*d.Cost, *d.Best))
}

// others says what the scenarios that are not first cost against the best.
func (d *deciding) others(w words) string {
	var costs []string
	for i := range d.c.Scenarios {
		if d.Best != nil && d.ids[i] != Today && !slices.Contains(d.first, i) {
			costs = append(costs, w.quoted(d.c.Scenarios[i].Name)+" "+w.whole(*d.Best-d.covered(i)))
		}
	}
	if len(costs) == 0 {
		return ""
	}
	return fmt.Sprintf(w.say("Ce que coûterait un autre choix, en %s de moins que le meilleur : %s.", "What another choice would cost, in %s fewer than the best: %s."), w.people(d.public()), w.list(costs))
}

// placeNames are the places that a plan opens.
func placeNames(r *siting.Result) (names []string) {
	for _, p := range r.Places {
		if !p.Existing {
			names = append(names, cmp.Or(p.Name, p.ID))
		}
	}
	return names
}

// each makes texts of items.
func each[T any](items []T, text func(T) string) []string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = text(item)
	}
	return out
}
