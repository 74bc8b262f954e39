package siting

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/scenario"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/optimise"
)

// MaxVariants bounds the grid of a sensitivity.
const MaxVariants = 200

// SensitivityParams is a question of siting, and what may be otherwise.
type SensitivityParams struct {
	Params
	Thresholds []coverage.Threshold `json:"thresholds" atonce:"6" doc:"thresholds to try, such as 10m,15m,20m; the service's own when empty"`
	Modes      []string             `json:"modes" atonce:"3" doc:"modes to try; the question's own when empty"`
	Years      []int                `json:"years" atonce:"4" doc:"whose people to count: years of the census, or later ones, which are projected; the grid's own when empty"`
}

// Variant is the answer where something is otherwise.
type Variant struct {
	Mode      string             `json:"mode"`
	Within    coverage.Threshold `json:"within"`
	Year      int                `json:"year,omitempty"`
	Opens     []string           `json:"opens"` // ids of new places
	Objective *float64           `json:"objective"`
	Status    optimise.Status    `json:"status"`
	Why       string             `json:"why,omitempty"`
	// Same says that the plan of the question is among the best here too; Loss is
	// what it is worse by, null where it is no plan here.
	Same bool     `json:"same"`
	Loss *float64 `json:"loss"`
}

// Sensitivity is how the answer changes with threshold, mode and year.
type Sensitivity struct {
	Params   SensitivityParams `json:"params"` // complete with defaults
	Question *Result           `json:"-"`
	Opens    []string          `json:"opens"` // in the plan of the question
	Variants []Variant         `json:"variants"`
	// Chosen are the places that open in any variant, those in most of them first.
	Chosen     []Chosen            `json:"chosen"`
	Provenance analyses.Provenance `json:"provenance"`
}

// Chosen is in how many variants a place opens.
type Chosen struct {
	Place
	Variants int `json:"variants"`
}

// RunSensitivity answers the question once as it is and once for every combination of
// thresholds, modes and years. A parameter that cannot be is an analyses.ParamError.
func RunSensitivity(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p SensitivityParams, progress func(done, total int)) (*Sensitivity, error) {
	question := p.Params
	question.Losses, question.Best = false, 1
	base, err := Run(ctx, s, nets, question, nil)
	if err != nil {
		return nil, err
	}
	p.Params = base.Params
	if len(p.Thresholds) == 0 {
		for _, m := range coverage.Usual(base.Service, p.Mode) {
			p.Thresholds = append(p.Thresholds, coverage.Minutes(m))
		}
	}
	if len(p.Modes) == 0 {
		p.Modes = []string{p.Mode}
	}
	p.Modes = slices.Clone(p.Modes)
	for i := range p.Modes {
		if p.Modes[i], err = traveltime.CheckMode(s, p.Modes[i]); err != nil {
			return nil, &analyses.ParamError{Param: "modes", Err: errors.Unwrap(err)}
		}
	}
	years := p.Years
	if len(years) == 0 {
		years = []int{0}
	}
	total := len(p.Thresholds) * len(p.Modes) * len(years)
	if total == 0 || total > MaxVariants {
		return nil, bad("thresholds", "%d combinations of thresholds, modes and years: want 1 to %d", total, MaxVariants)
	}
	r := &Sensitivity{Params: p, Question: base, Opens: opens(base), Variants: []Variant{}}
	times := map[string]*Chosen{}
	for _, year := range years {
		in, err := inYear(ctx, s, nets, year, "")
		if err != nil {
			return nil, err
		}
		for _, mode := range p.Modes {
			for _, within := range p.Thresholds {
				q := question
				q.Mode, q.Within = mode, &within
				v, plan, err := vary(ctx, in, nets, q, r.Opens)
				if err != nil {
					return nil, err
				}
				v.Year = year
				r.Variants = append(r.Variants, v)
				for _, place := range plan {
					if times[place.ID] == nil {
						times[place.ID] = &Chosen{Place: place}
					}
					times[place.ID].Variants++
				}
				if progress != nil {
					progress(len(r.Variants), total)
				}
			}
		}
	}
	for _, c := range times {
		r.Chosen = append(r.Chosen, *c)
	}
	slices.SortFunc(r.Chosen, func(a, b Chosen) int {
		if a.Variants != b.Variants {
			return b.Variants - a.Variants
		}
		return compareIDs(a.ID, b.ID)
	})
	r.Provenance = analyses.NewProvenance(s, "sensitivity", p)
	r.Provenance.Notes = base.Provenance.Notes
	return r, nil
}

func compareIDs(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// opens are the ids of the places that a plan opens.
func opens(r *Result) []string {
	ids := []string{}
	for _, p := range r.Places {
		if !p.Existing {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// vary answers a question and says how the plan of another fares in it.
func vary(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, q Params, plan []string) (v Variant, places []Place, err error) {
	r, err := Run(ctx, s, nets, q, nil)
	if err != nil {
		return v, nil, err
	}
	v = Variant{Mode: r.Params.Mode, Within: *r.Params.Within, Opens: opens(r), Objective: r.Objective, Status: r.Status, Why: r.Why}
	for _, p := range r.Places {
		if !p.Existing {
			places = append(places, p)
		}
	}
	if r.Objective == nil {
		return v, places, nil
	}
	for _, id := range plan {
		if !slices.ContainsFunc(r.all, func(p Place) bool { return p.ID == id }) {
			return v, places, nil // not a candidate here
		}
	}
	imposed := q
	imposed.Required = append(slices.Clone(q.Required), plan...)
	same, err := Run(ctx, s, nets, imposed, nil)
	if err != nil {
		return v, nil, err
	}
	if same.Objective != nil {
		d := abs(*same.Objective - *r.Objective)
		v.Loss, v.Same = &d, d <= 1e-9*abs(*r.Objective)
	}
	return v, places, nil
}

// inYear is the territory with the people of another year; as it is for 0.
func inYear(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, year int, variant string) (*geodata.Snapshot, error) {
	if year == 0 || year == s.Population().Vintage && variant == "" {
		return s, nil
	}
	w, err := scenario.Apply(ctx, s, nets, &scenario.Scenario{Changes: []scenario.Change{{Population: &scenario.Population{Year: year, Variant: variant}}}})
	if err != nil {
		return nil, bad("years", "%d: %w", year, err)
	}
	return w.Snapshot, nil
}

// Layers turns the answer into layers: sensitivity_places (the first), where how many
// variants open, and sensitivity_variants, a table.
func (r *Sensitivity) Layers(*geodata.Snapshot) analyses.Result {
	ids := make([]string, len(r.Chosen))
	for i, c := range r.Chosen {
		ids[i] = c.ID
	}
	places := analyses.NewTable("sensitivity_places", says("Lieux choisis selon les hypothèses", "Places chosen by assumptions"), ids)
	places.Draw(func(i int) orb.Geometry { return r.Chosen[i].At })
	places.Text("name", nameLabel, func(i int) string { return r.Chosen[i].Name })
	places.Int("variants", "", says("Dans combien de cas", "In how many variants"), func(i int) int64 { return int64(r.Chosen[i].Variants) })
	places.Real("share", "%", says("Part des cas", "Share of the variants"), func(i int) (float64, bool) {
		return 100 * float64(r.Chosen[i].Variants) / float64(len(r.Variants)), true
	})
	places.Text("class", says("Classe", "Class"), func(i int) string {
		switch n := r.Chosen[i].Variants; {
		case n == len(r.Variants):
			return "always"
		case 2*n >= len(r.Variants):
			return "mostly"
		}
		return "sometimes"
	})
	places.Colour("class",
		geodata.Class{Value: "always", Label: says("dans tous les cas", "in all variants"), Colour: "#2b3a7d"},
		geodata.Class{Value: "mostly", Label: says("dans la moitié au moins", "in half of them at least"), Colour: "#45a0a8"},
		geodata.Class{Value: "sometimes", Label: says("dans quelques-uns", "in some"), Colour: "#a2dab6"})
	names := map[string]string{}
	for _, c := range r.Chosen {
		names[c.ID] = c.Name
	}
	keys := make([]string, len(r.Variants))
	for i := range keys {
		keys[i] = strconv.Itoa(i + 1)
	}
	t := analyses.NewTable("sensitivity_variants", says("Réponse selon les hypothèses", "Answer by assumptions"), keys)
	t.Text("mode", says("Mode", "Mode"), func(i int) string { return r.Variants[i].Mode })
	t.Text("within", says("Seuil", "Threshold"), func(i int) string { return coverage.InMinutes(r.Variants[i].Within) })
	t.Text("year", says("Population de", "People of"), func(i int) string {
		if r.Variants[i].Year == 0 {
			return ""
		}
		return strconv.Itoa(r.Variants[i].Year)
	})
	t.Text("opens", says("Ouvre", "Opens"), func(i int) (text string) {
		for k, id := range r.Variants[i].Opens {
			if k > 0 {
				text += ", "
			}
			text += names[id]
		}
		return text
	})
	unit := r.Question.unit()
	real := func(v *float64) (float64, bool) {
		if v == nil {
			return 0, false
		}
		return *v, true
	}
	t.Real("objective", unit, says("Objectif", "Objective"), func(i int) (float64, bool) { return real(r.Variants[i].Objective) })
	t.Real("loss", unit, says("Perte du plan de référence", "Loss of the plan of the question"), func(i int) (float64, bool) { return real(r.Variants[i].Loss) })
	t.Text("status", says("Preuve", "Proof"), func(i int) string { return string(r.Variants[i].Status) })
	return analyses.Result{Name: "sensitivity", Title: says(fmt.Sprintf("Sensibilité du choix : %s", r.Question.Service.Label.Fr), fmt.Sprintf("Sensitivity of the choice: %s", r.Question.Service.Label.In("en"))),
		Provenance: r.Provenance, Layers: []geodata.Layer{places.Layer, t.Layer}}
}
