package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
)

// measures are the questions of every measure about every service, or about all
// services where the measure takes none.
func measures(tb testing.TB, s *geodata.Snapshot) (questions []asking) {
	tb.Helper()
	for _, a := range All() {
		switch a.Name {
		case "isochrone", "uncertainty", "site", "together", "frontier", "sensitivity", "compare", "shapley", "tours": // about points, speeds and choices
			continue
		}
		asked := map[string]any{}
		names := map[string]bool{}
		for _, p := range a.Parameters() {
			names[p.Name] = true
		}
		if names["capacity"] {
			asked["capacity"] = 20
		}
		if !names["service"] {
			questions = append(questions, ask(tb, a, asked))
			continue
		}
		for _, service := range s.Catalogue().IDs() {
			asked["service"] = service
			questions = append(questions, ask(tb, a, asked))
		}
	}
	return questions
}

type asking struct {
	Analysis
	params json.RawMessage
}

func ask(tb testing.TB, a Analysis, params map[string]any) asking {
	tb.Helper()
	raw, err := json.Marshal(params)
	if err != nil {
		tb.Fatal(err)
	}
	return asking{a, raw}
}

// BenchmarkEveryMeasure asks every measure about every service of the embedded
// territory, one after the other, networks included, with answers as JSON.
func BenchmarkEveryMeasure(b *testing.B) {
	s, err := anjou.Territory()
	if err != nil {
		b.Fatal(err)
	}
	questions := measures(b, s)
	for b.Loop() {
		nets := traveltime.NewNetworks("")
		answered := 0
		for _, q := range questions {
			answer, err := q.Run(b.Context(), s, nets, q.params, nil)
			if errors.Is(err, analyses.ErrParams) {
				b.Logf("%s %s: %v", q.Name, q.params, err)
				continue
			}
			if err != nil {
				b.Fatal(err)
			}
			if _, err := answer.JSON(); err != nil {
				b.Fatal(err)
			}
			answered++
		}
		b.ReportMetric(float64(answered), "answers")
	}
}

// BenchmarkEachMeasure is the same, one measure at a time, the networks being there.
func BenchmarkEachMeasure(b *testing.B) {
	s, err := anjou.Territory()
	if err != nil {
		b.Fatal(err)
	}
	nets := traveltime.NewNetworks("")
	for _, q := range measures(b, s) {
		b.Run(fmt.Sprintf("%s/%s", q.Name, q.params), func(b *testing.B) {
			for b.Loop() {
				if _, err := q.Run(b.Context(), s, nets, q.params, nil); err != nil {
					b.Skip(err)
				}
			}
		})
	}
}
