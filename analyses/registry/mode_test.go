package registry

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
	"github.com/maillage/maillage/geodata/profile"
)

// byMode are questions about times where those of questions are about something else,
// or cannot be asked by a mode that depends on when one leaves.
var byMode = map[string]string{
	"coverage":   `{"service":"creche"}`,
	"colocation": `{"at":[-0.3585,47.5762],"offer":["social_centre","alsh"]}`,
	"needs":      `{"to":2025,"service":"creche"}`,
}

// onlyByRoad are the analyses that say so where they are asked by another mode.
var onlyByRoad = map[string]string{
	"uncertainty": "only the speeds of roads are uncertain here, a timetable says its own; want car, bike or foot",
}

// figures are an answer without what it was asked.
func figures(t *testing.T, answer string) string {
	t.Helper()
	var all map[string]json.RawMessage
	if err := json.Unmarshal([]byte(answer), &all); err != nil {
		t.Fatal(err)
	}
	delete(all, "params")
	delete(all, "provenance")
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Every analysis that has a mode answers by public transport and on demand: its
// parameters and its provenance tell the day and the window, the answer is not that by
// car, and twice the same. Where the territory cannot tell, the error says what to do.
func TestEveryAnalysisIsAskedByTimedModes(t *testing.T) {
	s, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	if s.Timetable() == nil || len(s.OnDemand()) == 0 {
		t.Fatal("the embedded territory has no public transport")
	}
	c := s.Content()
	c.Timetable, c.OnDemand = nil, nil
	bare, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	nets := traveltime.NewNetworks("")
	for _, a := range All() {
		own := map[string]json.RawMessage{}
		question := questions[a.Name]
		if q, ok := byMode[a.Name]; ok {
			question = q
		}
		if err := json.Unmarshal([]byte(question), &own); err != nil {
			t.Fatalf("%s: %q: %v", a.Name, question, err)
		}
		hasMode := false
		for _, p := range a.names() {
			hasMode = hasMode || p == "mode"
		}
		if !hasMode {
			continue
		}
		t.Run(a.Name, func(t *testing.T) {
			ask := func(s *geodata.Snapshot, mode string) (string, analyses.Provenance, error) {
				own["mode"] = json.RawMessage(`"` + mode + `"`)
				raw, err := json.Marshal(own)
				if err != nil {
					t.Fatal(err)
				}
				answer, err := a.Run(t.Context(), s, nets, raw, nil)
				if err != nil {
					return "", analyses.Provenance{}, err
				}
				b, err := answer.JSON()
				if err != nil {
					t.Fatal(err)
				}
				return string(b), answer.Layers().Provenance, nil
			}
			car, _, err := ask(s, "car")
			if err != nil {
				t.Fatal(err)
			}
			for _, mode := range []string{"transit 2026-11-24 07:30-08:30 2-changes", "transit-car Sa p80", "on-demand"} {
				want, err := traveltime.CheckMode(s, mode)
				if err != nil {
					t.Fatal(err)
				}
				m, err := profile.ParseMode(want)
				if err != nil {
					t.Fatal(err)
				}
				got, about, err := ask(s, mode)
				if says := onlyByRoad[a.Name]; says != "" {
					if bad := (*analyses.ParamError)(nil); !errors.As(err, &bad) || bad.Param != "mode" || !strings.Contains(err.Error(), says) {
						t.Errorf("%s: %v, want mode: …%s", mode, err, says)
					}
					continue
				}
				if err != nil {
					t.Fatalf("%s: %v", mode, err)
				}
				if !strings.Contains(got, `"mode":"`+want+`"`) {
					t.Errorf("%s: the answer is not about %q: %.300s", mode, want, got)
				}
				told := 0
				for _, n := range about.Notes {
					if n == m.Notes()[0] {
						told++
					}
				}
				if told != 1 {
					t.Errorf("%s: %d notes of %+v say %+v", mode, told, about.Notes, m.Notes())
				}
				if figures(t, got) == figures(t, car) {
					t.Errorf("%s: the answer is that by car", mode)
				}
				if again, _, err := ask(s, mode); err != nil || again != got {
					t.Errorf("%s: asked twice, it answers otherwise, %v", mode, err)
				}
				says := "no timetable: import one with --gtfs"
				if m.Name == profile.OnDemand {
					says = "no transport on demand: import some with --on-demand"
				}
				_, _, err = ask(bare, mode)
				if bad := (*analyses.ParamError)(nil); !errors.As(err, &bad) || bad.Param != "mode" || !strings.Contains(err.Error(), says) {
					t.Errorf("%s without public transport: %v", mode, err)
				}
			}
		})
	}
}
