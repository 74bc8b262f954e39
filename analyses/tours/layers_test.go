package tours

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// column is a layer's values of a field.
func column(t testing.TB, l *geodata.Layer, name string) (out []any) {
	t.Helper()
	f := l.Field(name)
	if f == nil {
		t.Fatalf("%s: no field %s", l.Name, name)
	}
	for i := range l.IDs {
		out = append(out, f.Value(i))
	}
	return out
}

func TestLayersTellStopsDrivesVisitsAndWhoGains(t *testing.T) {
	s, r := cartPlan(t)
	answer := r.Layers(s)
	by := map[string]*geodata.Layer{}
	var names []string
	for i := range answer.Layers {
		l := &answer.Layers[i]
		by[l.Name], names = l, append(names, l.Name)
		if l.Title.Fr == "" || l.Title.En == "" || len(l.Geometry) != len(l.IDs) {
			t.Errorf("%s: title %v, %d geometries for %d rows", l.Name, l.Title, len(l.Geometry), len(l.IDs))
		}
		for _, f := range l.Fields {
			if f.Label.Fr == "" {
				t.Errorf("%s: %s has no label", l.Name, f.Name)
			}
		}
	}
	if want := []string{"tours_stops", "tours_routes", "tours_visits", "tours_cells", "tours_communes"}; !cmp.Equal(names, want) || answer.Name != "tours" || answer.Title.Fr != "Tournées : France Services" {
		t.Errorf("%s, %v, %v", answer.Name, answer.Title, names)
	}
	for _, c := range []struct {
		layer, field string
		want         []any
	}{
		{"tours_stops", "class", []any{"dropped", "visited", "visited", "visited"}},
		{"tours_stops", "hours", []any{0.0, 3.5, 2.0, 1.5}},
		{"tours_stops", "reach", []any{3.0, 7.0, 14.0, 12.0}},
		{"tours_stops", "loss", []any{0.0, 5.0, 13.0, 12.0}},
		{"tours_stops", "reason", []any{"Le bureau fixe y est déjà.", "", "", ""}},
		{"tours_routes", "to", []any{"B", "D", "", "C", ""}},
		{"tours_routes", "km", []any{0.5, 1.0, 1.5, 1.0, 1.0}},
		{"tours_routes", "leave", []any{"08:43:59", "13:40", "16:10", "13:37:58", "16:10"}},
		{"tours_visits", "day", []any{"Mo", "Mo", "Mo", "Tu"}},
		{"tours_visits", "from", []any{"09:00", "12:30", "14:30", "14:00"}},
		{"tours_visits", "minutes", []any{int64(150), int64(60), int64(90), int64(120)}},
		{"tours_cells", "class", []any{"more", "more", "new", "new"}},
		// 60 minutes to one and 180 to two are 7 person-hours, 420 to four and 210 to eight 56.
		{"tours_communes", "gain_6m1s", []any{7.0, 56.0, 63.0}},
	} {
		if got := column(t, by[c.layer], c.field); !cmp.Equal(got, c.want) {
			t.Errorf("%s.%s: %v, want %v", c.layer, c.field, got, c.want)
		}
	}
	if minutes, ok := column(t, by["tours_routes"], "minutes")[1].(float64); !ok || math.Abs(minutes-2*block/60.) > 1e-9 {
		t.Errorf("the drive from B to D takes %v minutes, want 722 s", minutes)
	}
	if line, ok := by["tours_routes"].Geometry[1].(orb.LineString); !ok || len(line) != 2 {
		t.Errorf("the drive from B to D is drawn as %v", by["tours_routes"].Geometry[1])
	}
	for _, name := range []string{"tours_stops", "tours_routes", "tours_cells"} {
		l := by[name]
		known := map[any]bool{}
		for _, c := range l.Classes.Values {
			known[c.Value] = true
		}
		for _, v := range column(t, l, l.Classes.Field) {
			if !known[v] {
				t.Errorf("%s: class %v has no colour", name, v)
			}
		}
	}
}
