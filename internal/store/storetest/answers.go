package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/isochrone"
	"github.com/maillage/maillage/analyses/route"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store"
)

// Answers is what the analyses say of a territory with homes and facilities, as
// JSON by question: who is covered by each service in each mode, what lies around
// the first facility, the way to it from the first home. Two stores that hold
// the same snapshot give the same answers to the last bit.
func Answers(t testing.TB, s *geodata.Snapshot) map[string]string {
	t.Helper()
	nets := traveltime.NewNetworks("")
	out := map[string]string{}
	keep := func(question string, result any, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", question, err)
		}
		b, err := json.Marshal(result)
		if err != nil {
			t.Fatalf("%s: %v", question, err)
		}
		out[question] = string(b)
	}
	within := []coverage.Threshold{coverage.Minutes(10), coverage.Minutes(15)}
	for _, mode := range []string{"car", "bike", "foot"} {
		for _, service := range s.Catalogue() {
			r, err := coverage.Run(t.Context(), s, nets, coverage.Params{Service: service.ID, Mode: mode, Within: within})
			keep(fmt.Sprint("coverage of ", service.ID, " by ", mode), r, err)
		}
	}
	facility, cell := s.Facilities()[0].ID, s.Population().Cells[0].ID
	around, err := isochrone.Run(t.Context(), s, nets, isochrone.Params{Facility: facility})
	keep("isochrone around "+facility, around, err)
	for _, area := range around.Areas {
		keep(fmt.Sprint("outline of ", area.Within), area.Polygons, nil)
	}
	way, err := route.Run(t.Context(), s, nets, route.Params{From: cell, To: facility})
	keep("route from "+cell+" to "+facility, way, err)
	return out
}

// SameAnswers fails unless both territories give the same answers.
func SameAnswers(t testing.TB, a, b *geodata.Snapshot) {
	t.Helper()
	if diff := cmp.Diff(Answers(t, a), Answers(t, b)); diff != "" {
		t.Error(diff)
	}
}

func sameAnswers(t *testing.T, fresh Fresh) {
	s := opened(t, fresh(t))
	want := Anjou(t)
	if err := s.Write(context.Background(), want, store.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	SameAnswers(t, want, read(t, s, store.Ref{}))
}
