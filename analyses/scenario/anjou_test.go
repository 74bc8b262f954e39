package scenario

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
)

// The scenarios of the plan, each with what it comes to, written as facilities.
var plan = map[string]func(*geodata.Facility) (keep bool){
	"france-services-tierce.yaml": func(f *geodata.Facility) bool {
		if f.ID == "france_services-49347-planned" {
			f.Status = geodata.Existing
			f.Hours, _ = geodata.ParseWeeklyHours("Mo,Tu,Th 08:30-12:00,13:30-17:00; We 13:30-17:00") //nolint:errcheck // by hand
		}
		return f.ID != "fs-49333-seiches"
	},
	"france-services-seiches.yaml": func(*geodata.Facility) bool { return true },
	"creches-durtal-jarze.yaml": func(f *geodata.Facility) bool {
		if f.ID == "creche-49127-planned" || f.ID == "creche-49163-planned" {
			places := 20
			f.Status, f.Capacity = geodata.Existing, &places
		}
		return true
	},
}

func TestThePlansScenarios(t *testing.T) {
	base, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../plans/anjou-loir-et-sarthe/scenarios/*.yaml")
	if err != nil || len(files) != len(plan) {
		t.Fatalf("%d files, %v: want those of %d scenarios", len(files), err, len(plan))
	}
	nets, valid := traveltime.NewNetworks(""), validator(t)
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !valid(string(text)) {
				t.Error("the schema refuses it")
			}
			sc, err := Parse(name, text)
			if err != nil {
				t.Fatal(err)
			}
			if sc.Name.Fr == "" || sc.Name.En == "" {
				t.Errorf("its name is %+v: want it in French and English", sc.Name)
			}
			c := base.Content()
			kept := c.Facilities[:0]
			for _, f := range c.Facilities {
				if plan[name](&f) {
					kept = append(kept, f)
				}
			}
			c.Facilities = kept
			want, err := geodata.NewSnapshot(c)
			if err != nil {
				t.Fatal(err)
			}
			w := apply(t, base, nets, sc)
			if w.Snapshot.ID() != want.ID() {
				t.Errorf("another snapshot than by hand")
			}
			for _, service := range []string{"creche", "france_services"} {
				p := coverage.Params{Service: service}
				a, err := coverage.Run(context.Background(), w.Snapshot, w.Networks, p)
				if err != nil {
					t.Fatal(err)
				}
				b, err := coverage.Run(context.Background(), want, traveltime.NewNetworks(""), p)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(a.Cells, b.Cells); diff != "" {
					t.Error(diff)
				}
				got, _ := json.Marshal([]any{a.Territory, a.Communes}) //nolint:errcheck // compared below
				hand, _ := json.Marshal([]any{b.Territory, b.Communes})
				if string(got) != string(hand) {
					t.Errorf("%s: %s\nwant %s", service, got, hand)
				}
			}
		})
	}
}

// Within 15 and 20 minutes Seiches serves more people, within 30 Tiercé does: it is
// everybody then.
func TestTierceOrSeiches(t *testing.T) {
	base, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	nets := traveltime.NewNetworks("")
	covered := map[string][]geodata.Amount{}
	for name := range plan {
		text, err := os.ReadFile(filepath.Join("../plans/anjou-loir-et-sarthe/scenarios", name))
		if err != nil {
			t.Fatal(err)
		}
		sc, err := Parse(name, text)
		if err != nil {
			t.Fatal(err)
		}
		w := apply(t, base, nets, sc)
		r, err := coverage.Run(context.Background(), w.Snapshot, w.Networks, coverage.Params{Service: "france_services"})
		if err != nil {
			t.Fatal(err)
		}
		covered[name] = r.Territory.Covered
	}
	tierce, seiches := covered["france-services-tierce.yaml"], covered["france-services-seiches.yaml"]
	if tierce[0] >= seiches[0] || tierce[1] >= seiches[1] || tierce[2] <= seiches[2] || tierce[2] != geodata.Whole(28_280) {
		t.Errorf("Tiercé %v, Seiches %v", tierce, seiches)
	}
	if !cmp.Equal(covered["creches-durtal-jarze.yaml"], covered["france-services-seiches.yaml"]) {
		t.Error("nurseries change France Services")
	}
}

// A road closed and roads slowed in the model, against a snapshot without the road
// and speeds by Network.Change.
func TestRoadworkInTheTerritory(t *testing.T) {
	base, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	nets, ctx := traveltime.NewNetworks(""), context.Background()
	p := coverage.Params{Service: "france_services"}
	before, err := coverage.Run(ctx, base, nets, p)
	if err != nil {
		t.Fatal(err)
	}
	w := apply(t, base, nets, changes(t, "speed: {class: secondary, percent: 80}", "close_road: {near: [-0.4688, 47.6160]}"))
	after, err := coverage.Run(ctx, w.Snapshot, w.Networks, p)
	if err != nil {
		t.Fatal(err)
	}
	slower := 0
	for k, is := range after.Cells.Times {
		if is < before.Cells.Times[k] {
			t.Fatalf("cell %s is nearer on slower roads", after.Cells.IDs[k])
		}
		if is > before.Cells.Times[k] {
			slower++
		}
	}
	if slower < len(after.Cells.Times)/2 || len(w.Notes) != 1 {
		t.Errorf("%d of %d cells are farther, notes %v", slower, len(after.Cells.Times), w.Notes)
	}
}
