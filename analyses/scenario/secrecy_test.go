package scenario

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// confidential is the street with homes that must not be told apart: each cell has
// 2, 4, 8, 16 and 32 households, of which eleven at least must be told together.
func confidential(t *testing.T) *geodata.Snapshot {
	t.Helper()
	_, s := street(t)
	c := s.Content()
	men := geodata.Column{Name: "men"}
	for i := range c.Population.Cells {
		men.Values = append(men.Values, geodata.Whole(2<<i))
	}
	c.Population.Columns = append(c.Population.Columns, men)
	c.Population.Rule = geodata.Rule{Minimum: 11, Of: "men", Key: "a key that nobody knows"}
	out, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A scenario shows the counts that the territory shows, whether its base is as
// stored or as shown: A, B and C are told as one group, evenly.
func TestAScenarioShowsNoRawCounts(t *testing.T) {
	raw := confidential(t)
	shown := secrecy.Protect(raw)
	nets := traveltime.NewNetworks("")
	for name, base := range map[string]*geodata.Snapshot{"as stored": raw, "as shown": shown} {
		for change, sc := range map[string]*Scenario{
			"nothing": {}, "a facility": changes(t, "open: {facility: plan}"), "a road": changes(t, "close_road: {way: 2}"),
			"a place among the people": changes(t, "close: {facility: hall}", "create: {id: new, service: creche, commune: West}"),
		} {
			w := apply(t, base, nets, sc)
			if !w.Snapshot.Protected() {
				t.Errorf("%s, %s: it is not protected", name, change)
			}
			if diff := cmp.Diff(shown.Population().Columns, w.Snapshot.Population().Columns); diff != "" {
				t.Errorf("%s, %s: other counts than the territory shows: %s", name, change, diff)
			}
			again := secrecy.Protect(w.Snapshot)
			if again != w.Snapshot {
				t.Errorf("%s, %s: protected once more", name, change)
			}
			r, err := coverage.Run(context.Background(), w.Snapshot, w.Networks, coverage.Params{Service: "creche", Mode: "foot"})
			if err != nil {
				t.Fatal(err)
			}
			if r.Provenance.Secrecy == nil || r.Provenance.Secrecy.Minimum != 11 {
				t.Errorf("%s, %s: the provenance tells %+v of secrecy", name, change, r.Provenance.Secrecy)
			}
		}
	}
	if ind, _ := shown.Population().Column("ind"); ind[0]-ind[1] > 1 || ind[0] == geodata.Whole(1) {
		t.Errorf("the territory itself shows %v: the test shows nothing", ind)
	}
	// The mean point of the people of West is that of the merged counts: B, not
	// (1 × A + 2 × B + 4 × C) / 7.
	tw, _ := street(t)
	w := apply(t, raw, nets, changes(t, "close: {facility: hall}", "create: {id: new, service: creche, commune: West}"))
	for _, f := range w.Snapshot.Facilities() {
		if f.ID == "new" && geodata.Distance(f.Location, tw.Point('B')) > 0.1 {
			t.Errorf("it stands at %v", f.Location)
		}
	}
	// Answers name the data as stored, whose name tells nothing.
	b, err := json.Marshal(w.Snapshot.Variation())
	if err != nil || w.Snapshot.Variation().Base != raw.ID() {
		t.Errorf("%s, %v", b, err)
	}
}
