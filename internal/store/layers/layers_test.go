package layers

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

func snapshot(t *testing.T) *geodata.Snapshot {
	t.Helper()
	ring := orb.Ring{{0, 47}, {1, 47}, {1, 48}, {0, 47}}
	s, err := geodata.NewSnapshot(geodata.Content{
		Territory: geodata.Territory{ID: "t"}, Catalogue: geodata.DefaultCatalogue(),
		Communes: []geodata.Commune{{Code: "1", Study: true, Outline: orb.MultiPolygon{{ring}}}, {Code: "2", Population: 7}},
		Population: geodata.Population{
			Cells:   []geodata.Cell{{ID: "a", Centre: orb.Point{0.5, 47.5}, Outline: ring, Study: true}, {ID: "b", Centre: orb.Point{2, 47}}},
			Columns: []geodata.Column{{Name: "ind", Values: []geodata.Amount{1_500_000, 2_000_000}}},
		},
		Facilities: []geodata.Facility{{ID: "x", Service: "creche", Status: geodata.Existing, Hours: &geodata.WeeklyHours{}}, {ID: "y", Service: "alsh", Status: geodata.Planned}},
		Roads: geodata.Roads{
			Nodes: []geodata.RoadNode{{ID: 1}, {ID: 2, Lon: 10_000_000, Lat: 470_000_000}},
			Ways:  []geodata.Way{{ID: 5, Nodes: []int32{0, 1}, Tags: geodata.Tags{{Key: "highway", Value: "track"}, {Key: "name", Value: ""}, {Key: "surface", Value: "<gravel>"}}}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// values lists one feature as "field=value", absent ones as "field".
func values(l geodata.Layer, i int) string {
	out := []string{l.IDs[i]}
	for k := range l.Fields {
		cell := l.Fields[k].Name
		switch v := l.Fields[k].Value(i).(type) {
		case nil:
		case string:
			cell += "=" + v
		case bool:
			if v {
				cell += "=yes"
			}
		case float64:
			a, _ := geodata.AmountOf(v)
			cell += "=" + a.String()
		case int64:
			cell += "=" + geodata.Whole(v).String()
		}
		out = append(out, cell)
	}
	return strings.Join(out, " ")
}

func TestTerritoryAsTables(t *testing.T) {
	s := snapshot(t)
	for _, c := range []struct {
		layer    geodata.Layer
		row      int
		want     string
		geometry orb.Geometry
	}{
		{Communes(s), 0, "1 name population study=yes area=study epci epci_name", s.Communes()[0].Outline},
		{Communes(s), 1, "2 name population=7 study area=neighbour epci epci_name", nil},
		{Cells(s, nil), 0, "a commune study=yes imputed lon=0.5 lat=47.5 ind=1.5", orb.Polygon{s.Population().Cells[0].Outline}},
		{Cells(s, nil), 1, "b commune study imputed lon=2 lat=47 ind=2", orb.Point{2, 47}},
		{Cells(s, func(c *geodata.Cell) bool { return !c.Study }), 0, "b commune study imputed lon=2 lat=47 ind=2", orb.Point{2, 47}},
		{Facilities(s, nil), 0, "x name service=creche status=existing commune capacity hours= accessible itinerant note source", orb.Point{}},
		{Facilities(s, func(f *geodata.Facility) bool { return f.Service == "alsh" }), 0, "y name service=alsh status=planned commune capacity hours accessible itinerant note source", orb.Point{}},
		{Roads(s, nil), 0, `5 name= ref highway=track oneway maxspeed tags={"surface":"<gravel>"}`, orb.LineString{{0, 0}, {1, 47}}},
	} {
		if got := values(c.layer, c.row); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.layer.Name, got, c.want)
		}
		if diff := cmp.Diff(c.geometry, c.layer.Geometry[c.row]); diff != "" {
			t.Errorf("%s: %s", c.layer.Name, diff)
		}
	}
	if l := Roads(s, func(*geodata.Way) bool { return false }); len(l.IDs) != 0 || len(RoadWidths()) != len(l.Classes.Values) {
		t.Error("a way that was not to be kept, or widths that are not parallel to the classes")
	}
}

func TestFieldNamesAreIdentifiersAndDiffer(t *testing.T) {
	tb := newTable("t", geodata.Text{}, 0)
	for _, c := range [][2]string{{"ind", "ind"}, {"Ind", "Ind_2"}, {"ind_2", "ind_2_2"}, {"", "c_"}, {"1a", "c_1a"}, {"âge 0-3", "c__ge_0_3"}, {"fid", "fid_2"}, {"GEOM", "GEOM_2"}, {"gpkg_x", "c_gpkg_x"}} {
		if got := tb.real(tb.identifier(c[0]), "", "", "").Name; got != c[1] {
			t.Errorf("%q becomes %q, want %q", c[0], got, c[1])
		}
	}
}
