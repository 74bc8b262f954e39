package tours

import (
	"encoding/json"
	"os"
	"testing"

	"gopkg.in/yaml.v3"
)

// The fortnight of the Projet Social's minibus, as README shows it: its timetable, its
// map, and every rule kept.
func TestFortnightOfTheProjetSocial(t *testing.T) {
	text, err := os.ReadFile("../plans/anjou-loir-et-sarthe/tours/quinzaine.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(text, &values); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	var p Params
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Fatal(err)
	}
	s, nets := territory(t)
	r, err := Run(t.Context(), s, nets, p, nil)
	if err != nil {
		t.Fatal(err)
	}
	findings, err := Check(t.Context(), s, nets, r)
	if err != nil || len(findings) > 0 || len(r.Missing) > 0 {
		t.Errorf("%v, %v, missing %v", findings, err, r.Missing)
	}
	t.Logf("worth %s, bound %s, gap %.2f %%, %+v", r.Worth, r.Bound, 100*r.Gap, r.Cost)
	last := len(r.People.Territory.Gain) - 1
	t.Logf("person-hours a week: %s fixed, %s with the tour, gain %s; people served %s of %s", r.People.Territory.Fixed[last], r.People.Territory.Both[last], r.People.Territory.Gain[last], r.People.Territory.Served[last], r.People.Territory.Demand)
	golden(t, "md").Assert(t, "quinzaine", []byte(WeekText(r, "fr")))
	golden(t, "svg").Assert(t, "quinzaine", Map(r, "fr"))
}
