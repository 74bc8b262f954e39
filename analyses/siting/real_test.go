package siting

import (
	"context"
	"os"
	"slices"
	"testing"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/load"
	"github.com/maillage/maillage/internal/optimise"
)

const packs = "../../../shared/data/"

// The plan's questions on the real communes, census and main roads: the places that the
// plan names against the proven best, each being in the middle of its commune
// (FACTS: bourg, the most central school).
func TestThePlanOnTheRealPack(t *testing.T) {
	if _, err := os.Stat(packs); err != nil {
		t.Skipf("SKIPPED: needs the open data packs in ../shared/data: %v", err)
	}
	s, _, err := load.Territory(context.Background(), load.Spec{ID: "anjou", Communes: []string{packs + "anjou/communes.geojson"}, Population: []string{packs + "anjou/census2021_1km.csv"},
		Roads: []string{packs + "anjou/roads_main.geojson"}, Facilities: []load.FacilityFile{{Service: "france_services", Path: packs + "anjou/france_services_2024-08-01.csv"}},
		StudyArea: "200068955", Buffer: 20_000}, load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	nets := traveltime.NewNetworks("")
	bourgs := []Point{
		{ID: "tierce", Lon: -0.4688, Lat: 47.6160}, {ID: "morannes", Lon: -0.4322, Lat: 47.7499}, {ID: "durtal", Lon: -0.2409, Lat: 47.6713}, {ID: "seiches", Lon: -0.3585, Lat: 47.5762},
		{ID: "jarze", Lon: -0.2328, Lat: 47.5541}, {ID: "corze", Lon: -0.3908, Lat: 47.5589}, {ID: "etriche", Lon: -0.4453, Lat: 47.6495}, {ID: "huille", Lon: -0.2970, Lat: 47.6363},
		{ID: "cheffes", Lon: -0.5090, Lat: 47.6212}, {ID: "rairies", Lon: -0.2060, Lat: 47.6513}, {ID: "marce", Lon: -0.3256, Lat: 47.5785}, {ID: "chapelle", Lon: -0.3242, Lat: 47.6130},
		{ID: "barace", Lon: -0.3523, Lat: 47.6396}, {ID: "montreuil", Lon: -0.4128, Lat: 47.6066}, {ID: "cornille", Lon: -0.3013, Lat: 47.4989}, {ID: "montigne", Lon: -0.2018, Lat: 47.6266},
		{ID: "sermaise", Lon: -0.2124, Lat: 47.5241},
	}
	for _, c := range []struct {
		name string
		p    Params
		plan []string
	}{
		{"crèches (Durtal, Jarzé)", Params{Service: "creche", P: 2, Within: minutes(15)}, []string{"durtal", "jarze"}},
		{"ALSH (Seiches)", Params{Service: "alsh", Model: PMedian}, []string{"seiches"}},
		{"accueil jeunes (Tiercé)", Params{Service: "youth", Within: minutes(15)}, []string{"tierce"}},
		{"seconde antenne (Tiercé)", Params{Service: "france_services", Within: minutes(20)}, []string{"tierce"}},
		{"seconde antenne (Seiches)", Params{Service: "france_services", Within: minutes(20)}, []string{"seiches"}},
		{"centre social, 2 ancrages", Params{Service: "social_centre", P: 2, Model: PMedian}, []string{"tierce", "seiches"}},
		{"centre social, 3 ancrages", Params{Service: "social_centre", P: 3, Model: PMedian}, []string{"tierce", "seiches", "durtal"}},
	} {
		p := c.p
		p.Points = bourgs
		best, err := Run(context.Background(), s, nets, p, nil)
		if err != nil {
			t.Fatal(err)
		}
		p.Required = c.plan
		plan, err := Run(context.Background(), s, nets, p, nil)
		if err != nil {
			t.Fatal(err)
		}
		if best.Status != optimise.Optimal || plan.Status != optimise.Optimal || len(opened(plan)) != len(c.plan) {
			t.Fatalf("%s: %s, %s", c.name, best.Status, plan.Status)
		}
		worse := *best.Objective - *plan.Objective
		if p.Model == PMedian {
			worse = -worse
		}
		t.Logf("%-26s best %v %.0f; plan %.0f: %.0f %s worse", c.name, opened(best), *best.Objective, *plan.Objective, worse, best.Unit)
		if worse < -1e-6 {
			t.Errorf("%s: the plan is %g better than the proven best", c.name, -worse)
		}
		if c.name == "seconde antenne (Tiercé)" && !slices.Equal(opened(best), c.plan) {
			t.Errorf("%s: %v is the best by %g", c.name, opened(best), worse)
		}
	}
	// Every inhabited square kilometre is a candidate.
	r, err := Run(context.Background(), s, nets, Params{Service: "france_services", Candidates: []string{"cells"}, P: 2, Within: minutes(15)}, nil)
	if err != nil || r.Status != optimise.Optimal {
		t.Fatalf("%v %v", r, err)
	}
	t.Logf("best two cells: %.0f people, from %.0f", *r.Objective, *r.Today)
	if r.Territory.After.Float() != *r.Objective || r.Territory.Before < geodata.Whole(10_000) {
		t.Errorf("%s within reach, objective %g", r.Territory.After, *r.Objective)
	}
}
