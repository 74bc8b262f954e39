package analyses

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

func TestATableIsALayer(t *testing.T) {
	label := geodata.Text{Fr: "x"}
	tab := NewTable("towns", label, []string{"a", "b"})
	tab.Text("name", label, func(i int) string { return []string{"A", "B"}[i] })
	tab.Int("beds", "", label, func(i int) int64 { return int64(7 * i) })
	tab.Real("mean", "s", label, func(i int) (float64, bool) { return 1.5, i == 1 })
	tab.Amount("people", "persons", label, func(i int) geodata.Amount { return geodata.Unit / 2 })
	tab.Draw(func(i int) orb.Geometry { return orb.Point{float64(i), 0} })
	tab.Colour("name", geodata.Class{Value: "A"})
	want := geodata.Layer{Name: "towns", Title: label, IDs: []string{"a", "b"}, Geometry: []orb.Geometry{orb.Point{0, 0}, orb.Point{1, 0}},
		Fields: []geodata.Field{
			{Name: "name", Label: label, Texts: []string{"A", "B"}},
			{Name: "beds", Label: label, Kind: geodata.Integer, Ints: []int64{0, 7}},
			{Name: "mean", Unit: "s", Label: label, Kind: geodata.Real, Reals: []float64{0, 1.5}, Null: []bool{true, false}},
			{Name: "people", Unit: "persons", Label: label, Kind: geodata.Real, Reals: []float64{0.5, 0.5}},
		}, Classes: &geodata.Classes{Field: "name", Values: []geodata.Class{{Value: "A"}}}}
	if diff := cmp.Diff(want, tab.Layer); diff != "" {
		t.Error(diff)
	}
}
