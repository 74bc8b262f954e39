package uncertainty

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Seven cells as Run could have left them after 20 draws, thresholds 10 and 20 minutes.
func answer() *Result {
	const minute = 60_000
	reached := func(low, median, high traveltime.Time) [3]traveltime.Time {
		return [3]traveltime.Time{low * minute, median * minute, high * minute}
	}
	r := &Result{
		Params:  Params{Params: coverage.Params{Within: []coverage.Threshold{coverage.Minutes(10), coverage.Minutes(20)}}, Draws: 20},
		Service: geodata.Service{Label: geodata.Text{Fr: "mairie", En: "town hall"}, Public: geodata.Text{Fr: "habitants", En: "inhabitants"}},
		Cells:   Cells{Within: [][]int{{20, 19, 5, 0, 0, 0, 0}, {20, 20, 20, 10, 0, 0, 0}}},
	}
	for i, times := range [][3]traveltime.Time{reached(5, 8, 10), reached(8, 9, 10), reached(9, 11, 22), reached(15, 20, 21), reached(21, 25, 30),
		{traveltime.Unreachable, traveltime.Unreachable, traveltime.Unreachable}, {traveltime.OffNetwork, traveltime.OffNetwork, traveltime.OffNetwork}} {
		c := &r.Cells
		c.IDs = append(c.IDs, []string{"00", "01", "02", "03", "04", "05", "06"}[i])
		c.Communes, c.Demand, c.States = append(c.Communes, "1"), append(c.Demand, geodata.Unit), append(c.States, times[1].State())
		c.Low, c.Median, c.High = append(c.Low, times[0]), append(c.Median, times[1]), append(c.High, times[2])
	}
	return r
}

func values(l geodata.Layer, field string) (out []any) {
	for i := range l.IDs {
		out = append(out, l.Field(field).Value(i))
	}
	return out
}

func TestCellsAreClassedByWhatIsSure(t *testing.T) {
	l := answer().cellLayer(street(t))
	for field, want := range map[string][]any{
		"class":           {"within_10m", "within_10m", "about_10m", "about_20m", "beyond", "unreachable", "off_network"},
		"low_seconds":     {300.0, 480.0, 540.0, 900.0, 1260.0, nil, nil},
		"median_seconds":  {480.0, 540.0, 660.0, 1200.0, 1500.0, nil, nil},
		"high_seconds":    {600.0, 600.0, 1320.0, 1260.0, 1800.0, nil, nil},
		"width_seconds":   {300.0, 120.0, 780.0, 360.0, 540.0, nil, nil},
		"probability_10m": {100.0, 95.0, 25.0, 0.0, 0.0, 0.0, 0.0},
		"probability_20m": {100.0, 100.0, 100.0, 50.0, 0.0, 0.0, 0.0},
		"demand":          {1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0},
		"commune":         {"1", "1", "1", "1", "1", "1", "1"},
	} {
		if diff := cmp.Diff(want, values(l, field)); diff != "" {
			t.Error(field, diff)
		}
	}
	if l.Name != "uncertainty_cells" || l.Classes.Field != "class" {
		t.Errorf("%s, coloured by %v", l.Name, l.Classes)
	}
	if outline, ok := l.Geometry[2].(orb.Polygon); !ok || !outline.Bound().Contains(street(t).Population().Cells[2].Centre) {
		t.Errorf("cell 02 is drawn as %v", l.Geometry[2])
	}
	var legend, colours []string
	for _, c := range l.Classes.Values {
		legend, colours = append(legend, c.Value+": "+c.Label.Fr+" / "+c.Label.En), append(colours, c.Colour)
	}
	if diff := cmp.Diff([]string{
		"within_10m: 10 min ou moins, sûr à 95 % / 10 min or less, 95 % sure", "about_10m: autour de 10 min, incertain / about 10 min, uncertain",
		"within_20m: 20 min ou moins, sûr à 95 % / 20 min or less, 95 % sure", "about_20m: autour de 20 min, incertain / about 20 min, uncertain",
		"beyond: plus de 20 min / more than 20 min", "unreachable: non desservi / not reached", "off_network: loin de toute route / far from any road",
	}, legend); diff != "" {
		t.Error(diff)
	}
	seen := map[string]bool{}
	for _, c := range colours {
		if len(c) != 7 || c[0] != '#' || seen[c] {
			t.Errorf("colours %v: want seven that differ", colours)
		}
		seen[c] = true
	}
}

// Every threshold has a class of its own, and every cell one of the legend.
func TestTwentyThresholdsHaveALegend(t *testing.T) {
	var within []coverage.Threshold
	for k := range 20 {
		within = append(within, coverage.Threshold(time.Duration(k+1)*90*time.Second))
	}
	r := ask(t, Params{Params: coverage.Params{Service: "town_hall", Within: within}, Draws: 20})
	l := r.Layers(street(t)).Layers[0]
	known := map[any]bool{}
	for _, c := range l.Classes.Values {
		known[c.Value] = true
	}
	if len(known) != 2*20+3 {
		t.Errorf("%d classes", len(known))
	}
	for i, class := range values(l, "class") {
		if !known[class] {
			t.Errorf("cell %s is %v, which the legend lacks", l.IDs[i], class)
		}
	}
}

func TestLayersOfZones(t *testing.T) {
	s := street(t)
	p := Params{Params: coverage.Params{Service: "town_hall", Within: []coverage.Threshold{coverage.Minutes(5), coverage.Minutes(10)}}, Draws: 50, Seed: 1, A: []string{"east"}, B: []string{"middle"}}
	r := ask(t, p)
	all := r.Layers(s)
	if all.Name != "uncertainty" || len(all.Layers) != 3 || all.Title.Fr != "Incertitude : "+r.Service.Label.Fr {
		t.Errorf("%s, %v: %d layers", all.Name, all.Title, len(all.Layers))
	}
	communes, territory := all.Layers[1], all.Layers[2]
	if diff := cmp.Diff([]string{"1", "2", "3"}, communes.IDs); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{"West", "East", "Empty"}, values(communes, "name")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{11.0, 10.0, 0.0}, values(communes, "demand")); diff != "" {
		t.Error(diff)
	}
	for k, name := range []string{"5m", "10m"} {
		for i, row := range r.Communes[:2] {
			for suffix, want := range map[string][2]float64{
				"_low": {row.Covered[k].Low.Float(), row.Share[k].Low}, "_median": {row.Covered[k].Median.Float(), row.Share[k].Median}, "_high": {row.Covered[k].High.Float(), row.Share[k].High},
			} {
				got := [2]any{communes.Field("covered_" + name + suffix).Value(i), communes.Field("share_" + name + suffix).Value(i)}
				if got[0] != want[0] || got[1] != want[1] {
					t.Errorf("commune %s, %s%s: %v, want %v", row.Code, name, suffix, got, want)
				}
			}
		}
		if share := communes.Field("share_" + name + "_median").Value(2); share != nil {
			t.Errorf("%v %% of nobody", share)
		}
	}
	if diff := cmp.Diff([]string{"5m", "10m"}, territory.IDs); diff != "" {
		t.Error(diff)
	}
	if territory.Geometry != nil || territory.Field("threshold_seconds").Value(1) != 600.0 || territory.Field("demand").Value(0) != 21.0 {
		t.Errorf("%+v", territory)
	}
	for k, v := range r.Verdict {
		for field, want := range map[string]float64{"a_percent": v.A, "equal_percent": v.Equal, "b_percent": v.B,
			"gain_low": v.Gain.Low.Float(), "gain_median": v.Gain.Median.Float(), "gain_high": v.Gain.High.Float(), "share_high": r.Territory.Share[k].High, "covered_low": r.Territory.Covered[k].Low.Float()} {
			if got := territory.Field(field).Value(k); got != want {
				t.Errorf("within %s: %s %v, want %v", v.Within, field, got, want)
			}
		}
	}
	p.A, p.B = nil, nil
	alone := ask(t, p).Layers(s).Layers[2]
	if len(alone.Fields) != len(territory.Fields) || alone.Field("a_percent").Value(0) != nil || alone.Field("gain_low").Value(1) != nil || alone.Field("share_low").Value(0) == nil {
		t.Error("without a B the same columns, those of the verdict empty")
	}
	for _, l := range all.Layers {
		for _, f := range l.Fields {
			if f.Label.Fr == "" || f.Label.En == "" && f.Name != "demand" {
				t.Errorf("%s.%s has no label in both languages", l.Name, f.Name)
			}
		}
	}
}
