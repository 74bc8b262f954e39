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
		Facilities: []geodata.Facility{{ID: "x", Service: "creche", Status: geodata.Existing, Hours: &geodata.WeeklyHours{}, Catchment: geodata.OfEPCI},
			{ID: "y", Service: "alsh", Status: geodata.Planned, Holidays: &geodata.WeeklyHours{{{From: 480, To: 1080}}}}},
		Zones:  []geodata.Zone{{Layer: "a/b", ID: "c", Name: "Nord", Outline: orb.MultiPolygon{{ring}}}, {Layer: "a", ID: "b/c"}},
		Census: []geodata.CensusRow{{Commune: "1", Year: 2021, Sex: geodata.Female, From: 80, To: geodata.AndOver, Persons: 1_500_000}, {Commune: "2", Year: 2021, From: 0, To: 2}},
		Counts: []geodata.Population{{Name: "Élèves", Cells: []geodata.Cell{{ID: "s", Centre: orb.Point{1, 2}}}, Columns: []geodata.Column{{Name: "pupils", Values: []geodata.Amount{geodata.Whole(30)}}},
			Rule: geodata.Rule{Minimum: 5, Of: "pupils", Key: "known to its owner"}}, {Name: "élèves"}, {Name: strings.Repeat("x", 80)}},
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
		{Facilities(s, nil), 0, "x name service=creche status=existing commune capacity hours= accessible itinerant note source holidays catchment=epci", orb.Point{}},
		{Facilities(s, func(f *geodata.Facility) bool { return f.Service == "alsh" }), 0, "y name service=alsh status=planned commune capacity hours accessible itinerant note source holidays=Mo 08:00-18:00 catchment", orb.Point{}},
		{Counts(s)[1], 0, "s commune study imputed lon=1 lat=2 pupils=30", orb.Point{1, 2}},
		{Zones(s), 0, "a/b/c layer=a code=b/c name", nil},
		{Zones(s), 1, "a%2Fb/c layer=a/b code=c name=Nord", s.Zones()[1].Outline},
		{Roads(s, nil), 0, `5 name= ref highway=track oneway maxspeed tags={"surface":"<gravel>"}`, orb.LineString{{0, 0}, {1, 47}}},
	} {
		if got := values(c.layer, c.row); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.layer.Name, got, c.want)
		}
		if diff := cmp.Diff(c.geometry, c.layer.Geometry[c.row]); diff != "" {
			t.Errorf("%s: %s", c.layer.Name, diff)
		}
	}
	census := Census(s)
	if census.Geometry != nil || values(census, 0) != "1 commune=1 year=2021 sex=F age_from=80 age_to persons=1.5" || values(census, 1) != "2 commune=2 year=2021 sex age_from=0 age_to=2 persons=0" {
		t.Errorf("%s\n%s", values(census, 0), values(census, 1))
	}
	if l := Roads(s, func(*geodata.Way) bool { return false }); len(l.IDs) != 0 || len(RoadWidths()) != len(l.Classes.Values) {
		t.Error("a way that was not to be kept, or widths that are not parallel to the classes")
	}
}

func TestLayersOfCountsAreNamedAfterThem(t *testing.T) {
	var names []string
	for _, l := range Counts(snapshot(t)) {
		names = append(names, l.Name)
	}
	// Capital letters and accents do not tell layers apart in a database.
	if got := strings.Join(names, " "); got != "counts_"+strings.Repeat("x", 33)+"_1 counts_eleves counts_eleves_2" {
		t.Error(got)
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
