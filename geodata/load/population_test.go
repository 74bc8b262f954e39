package load

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"github.com/sebdah/goldie/v2"

	"github.com/maillage/maillage/geodata"
)

// published is the path of a file of the optional real data, or skips the test.
func published(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Skipf("SKIPPED: the real data %s is not there (../shared/data beside the project), so it was not read", name)
	}
	return path
}

// file writes a file to read in a test.
func file(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func loadPopulation(t testing.TB, path string, opt PopulationOptions) (geodata.Population, *FileReport) {
	t.Helper()
	pop, rep, err := Population(context.Background(), path, opt)
	if err != nil {
		t.Fatal(err)
	}
	if rep.Loaded != len(pop.Cells) {
		t.Fatalf("the report says %d loaded, there are %d cells", rep.Loaded, len(pop.Cells))
	}
	return pop, rep
}

func total(t testing.TB, pop *geodata.Population, column string) geodata.Amount {
	t.Helper()
	values, ok := pop.Column(column)
	if !ok {
		t.Fatalf("no column %s", column)
	}
	sum := geodata.Amount(0)
	for _, v := range values {
		sum += v
	}
	return sum
}

// wantNote fails unless a note contains the text.
func wantNote(t *testing.T, rep *FileReport, text string) {
	t.Helper()
	if !slices.ContainsFunc(rep.Notes, func(n string) bool { return strings.Contains(n, text) }) {
		t.Errorf("no note says %q among %q", text, rep.Notes)
	}
}

// The four files hold the same three cells in INSEE's four spellings: with
// comma and semicolon, point and decimal comma, quotes, a byte order mark, and
// Windows-1252.
func TestFilosofiSpellingsReadAlike(t *testing.T) {
	g := goldie.New(t, goldie.WithFixtureDir("testdata/population"), goldie.WithNameSuffix(".golden.json"))
	var first geodata.Population
	for _, c := range []struct {
		file    string
		vintage int
		format  string
	}{
		{"filosofi_2015.csv", 2015, "INSEE Filosofi 200 m (2015 spelling), CSV"},
		{"filosofi_2017.csv", 2017, "INSEE Filosofi 200 m (2017 spelling), CSV"},
		{"Filosofi2019_200m.csv", 2019, "INSEE Filosofi 200 m (2019 spelling), CSV"},
		{"filosofi_2021.csv", 2021, "INSEE Filosofi 200 m (2021 spelling), CSV"},
	} {
		pop, rep := loadPopulation(t, filepath.Join("testdata", "population", c.file), PopulationOptions{})
		if pop.Vintage != c.vintage || rep.Format != c.format || pop.CellSize != 200 {
			t.Errorf("%s: read as %q, year %d, cells of %d m", c.file, rep.Format, pop.Vintage, pop.CellSize)
		}
		rep.File = c.file
		g.AssertJson(t, strings.TrimSuffix(c.file, ".csv")+"_report", rep)
		pop.Vintage, pop.Name = 0, ""
		if first.Cells == nil {
			first = pop
			g.AssertJson(t, "filosofi", rounded(pop))
			continue
		}
		if diff := cmp.Diff(first, pop); diff != "" {
			t.Errorf("%s differs from the 2015 file: %s", c.file, diff)
		}
	}
	// By hand: 27.5 people in an imputed cell of Tiercé, none in a cell on the
	// border of Tiercé and Seiches, 62.5 in Seiches.
	want := []geodata.Cell{
		{ID: "CRS3035RES200mN2777200E3537600", Commune: "49347", Imputed: true},
		{ID: "CRS3035RES200mN2777400E3537600", Commune: "49347"},
		{ID: "CRS3035RES200mN2777400E3537800", Commune: "49333"},
	}
	for i, c := range first.Cells {
		if len(c.Outline) != 5 || !c.Outline.Bound().Contains(c.Centre) {
			t.Errorf("cell %s: centre %v, outline %v", c.ID, c.Centre, c.Outline)
		}
		c.Centre, c.Outline = orb.Point{}, nil
		if diff := cmp.Diff(want[i], c); diff != "" {
			t.Error(diff)
		}
	}
	if got := total(t, &first, "ind"); got != 90*geodata.Unit {
		t.Errorf("%s people, want 90", got)
	}
}

// rounded gives coordinates to 1e-9 degree, which are the same on every processor.
func rounded(pop geodata.Population) geodata.Population {
	round := func(p orb.Point) orb.Point {
		return orb.Point{math.Round(p[0]*1e9) / 1e9, math.Round(p[1]*1e9) / 1e9}
	}
	pop.Cells = slices.Clone(pop.Cells)
	for i := range pop.Cells {
		c := &pop.Cells[i]
		c.Centre, c.Outline = round(c.Centre), slices.Clone(c.Outline)
		for k := range c.Outline {
			c.Outline[k] = round(c.Outline[k])
		}
	}
	return pop
}

// The same grid as a GeoPackage, as GIS users have it.
func TestFilosofiGeoPackage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "carreaux_200m_met.gpkg")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // a test's file
	for _, stmt := range []string{
		`CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, identifier TEXT, srs_id INTEGER)`,
		`CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT, organization_coordsys_id INTEGER, definition TEXT)`,
		`CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT, srs_id INTEGER, z INTEGER, m INTEGER)`,
		`CREATE TABLE carreaux (fid INTEGER PRIMARY KEY, geom BLOB, idcar_200m TEXT, i_est_200 INTEGER, lcog_geo TEXT, ind REAL, ind_0_3 REAL, men REAL)`,
		`INSERT INTO gpkg_contents VALUES ('carreaux', 'features', 'carreaux', 3035)`,
		`INSERT INTO gpkg_spatial_ref_sys VALUES ('ETRS89-LAEA', 3035, 'EPSG', 3035, '')`,
		`INSERT INTO gpkg_geometry_columns VALUES ('carreaux', 'geom', 'POLYGON', 3035, 0, 0)`,
		`INSERT INTO carreaux VALUES (1, NULL, 'CRS3035RES200mN2777200E3537600', 1, '4934749333', 27.5, 1.5, 11)`,
		`INSERT INTO carreaux VALUES (2, NULL, 'CRS3035RES200mN2777400E3537600', 0, '49347', 3, 0, 2)`,
	} {
		if _, err := db.Exec(stmt); err != nil {
			t.Fatal(err)
		}
	}
	pop, rep := loadPopulation(t, path, PopulationOptions{Vintage: 2021})
	if rep.Format != "INSEE Filosofi 200 m (2021 spelling), GeoPackage" || pop.Name != "INSEE Filosofi 200 m 2021" {
		t.Errorf("read as %q, %q", rep.Format, pop.Name)
	}
	if got := total(t, &pop, "ind"); got != 30_500_000 || !pop.Cells[0].Imputed || pop.Cells[1].Imputed || pop.Cells[0].Commune != "49347" {
		t.Errorf("%s people in %+v", got, pop.Cells)
	}
}

func TestVintage(t *testing.T) {
	const text = "idcar_200m,ind\nCRS3035RES200mN2777200E3537600,1\n"
	for _, c := range []struct {
		name   string
		option int
		want   int
	}{
		{"carreaux_200m_met.csv", 0, 0},
		{"carreaux_200m_met_2021.csv", 0, 2021},
		{"Filosofi2019_carreaux_200m.csv", 0, 2019},
		{"carreaux_2019_to_2021.csv", 0, 0},
		{"cells20210.csv", 0, 0},
		{"carreaux_2021.csv", 2019, 2019},
	} {
		pop, rep := loadPopulation(t, file(t, c.name, text), PopulationOptions{Vintage: c.option})
		if pop.Vintage != c.want {
			t.Errorf("%s with %d: year %d, want %d", c.name, c.option, pop.Vintage, c.want)
		}
		if c.want == 0 {
			wantNote(t, rep, "the year of the counts is not known")
		}
	}
}

func TestCensusGrid(t *testing.T) {
	path := file(t, "census.csv", `GRD_ID,T,M,F,Y_LT15,Y_1564,Y_GE65,EMP,NAT,LAND_SURFACE
CRS3035RES1000mN2777000E3537000,22,12,10,4,11,7,9,22,1
CRS3035RES1000mN2777000E3538000,8,-9999,-9999,2,,-9999.0,0,8,1
CRS3035RES1000mN2777000E3539000,-9999,1,2,3,4,5,6,7,1
CRS3035RES1000mN2777000E3540000,0,0,0,0,0,0,0,0,1
CRS3035RES1000mN2777000E3541000,10,12,0,0,0,0,0,0,1
CRS3035RES1000mN2777000E3542000,10,11,0,0,0,0,0,0,1
`)
	pop, rep := loadPopulation(t, path, PopulationOptions{})
	var got []string
	for _, c := range pop.Columns {
		got = append(got, fmt.Sprint(c.Name, c.Values))
	}
	want := []string{
		"ind[22 8 0 10 10]", "y_lt15[4 2 0 0 0]", "y_1564[11 0 0 0 0]", "y_ge65[7 0 0 0 0]",
		"male[12 0 0 12 11]", "female[10 0 0 0 0]", "employed[9 0 0 0 0]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if rep.Format != "Eurostat census grid 1 km 2021, CSV" || pop.Vintage != 2021 || pop.CellSize != 1000 {
		t.Errorf("read as %q, %d, %d", rep.Format, pop.Vintage, pop.CellSize)
	}
	wantNote(t, rep, "M is not available in 1 cells")
	wantNote(t, rep, "Y_1564 is not available in 1 cells")
	wantNote(t, rep, "columns not used: NAT, LAND_SURFACE")
	wantNote(t, rep, "more than one person, kept as published: 1 (CRS3035RES1000mN2777000E3541000 male 12 > 10)")
	rejected(t, rep, `line 4: T = "-9999": the number of inhabitants is missing`)
}

// rejected compares the rejections with lines of the report.
func rejected(t *testing.T, rep *FileReport, want ...string) {
	t.Helper()
	var got []string
	for _, x := range rep.Rejected {
		got = append(got, x.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rejections: %s", diff)
	}
}

func TestTotalsOfSeveralYears(t *testing.T) {
	path := file(t, "totals.csv", `GRD_ID,TOT_P_2006,TOT_P_2018,TOT_P_2021
CRS3035RES1000mN2777000E3537000,19,22,23
CRS3035RES1000mN2777000E3538000,3,,
CRS3035RES1000mN2777000E3539000,,,
`)
	pop, rep := loadPopulation(t, path, PopulationOptions{})
	if got := total(t, &pop, "ind"); got != 23*geodata.Unit || pop.Vintage != 2021 || rep.Loaded != 1 {
		t.Errorf("%s people of %d in %d cells", got, pop.Vintage, rep.Loaded)
	}
	wantNote(t, rep, "TOT_P_2021 was taken, the latest")
	wantNote(t, rep, "rows with people in other years only, not in 2021: 1 skipped")
	rejected(t, rep, `line 4: TOT_P_2021 = "": the number of inhabitants is missing`)

	pop, _ = loadPopulation(t, path, PopulationOptions{Vintage: 2006})
	if got := total(t, &pop, "ind"); got != 22*geodata.Unit || pop.Vintage != 2006 {
		t.Errorf("%s people of %d", got, pop.Vintage)
	}
	_, _, err := Population(context.Background(), path, PopulationOptions{Vintage: 1999})
	if err == nil || !strings.Contains(err.Error(), "no total for 1999: the file has TOT_P_2006, TOT_P_2018, TOT_P_2021") {
		t.Errorf("a year that is not there: %v", err)
	}
}

// GEOSTAT 2011 writes 1kmN2777E3537; the cell is the same as in the long spelling.
func TestShortCellIDs(t *testing.T) {
	pop, rep := loadPopulation(t, "testdata/population/geostat_2011.csv", PopulationOptions{})
	if len(pop.Cells) != 2 || pop.Cells[0].ID != "CRS3035RES1000mN2777000E3537000" || pop.Vintage != 2011 {
		t.Errorf("%d: %+v", pop.Vintage, pop.Cells)
	}
	wantNote(t, rep, "written out in full: 2")
}

func TestPopulationByMapping(t *testing.T) {
	ctx := context.Background()
	// PROJ: 440785.5, 6729973.5 in Lambert-93 is -0.451978281, 47.619141045.
	const l93 = "ref;habitants;x;y\na;10,5;440785,5;6729973,5\n"
	mapped := map[string]string{"ind": "Habitants", "id": "ref"}

	_, _, err := Population(ctx, file(t, "p.csv", l93), PopulationOptions{})
	if err == nil || !strings.Contains(err.Error(), "ind=POPULATION; the file has ref, habitants, x, y") {
		t.Errorf("without a mapping: %v", err)
	}
	_, _, err = Population(ctx, file(t, "p.csv", l93), PopulationOptions{Columns: mapped})
	if err == nil || !strings.Contains(err.Error(), "the values fit Lambert-93 (EPSG:2154): if that is right, state it with --epsg 2154") {
		t.Errorf("x and y without a system: %v", err)
	}
	pop, _ := loadPopulation(t, file(t, "p.csv", l93), PopulationOptions{Columns: mapped, EPSG: 2154, CellSize: 50, Vintage: 2020})
	if c := pop.Cells[0]; c.ID != "a" || c.Outline != nil || math.Abs(c.Centre[0]+0.451978281) > 1e-8 || math.Abs(c.Centre[1]-47.619141045) > 1e-8 || pop.CellSize != 50 {
		t.Errorf("%+v", c)
	}
	_, _, err = Population(ctx, file(t, "p.csv", l93), PopulationOptions{Columns: map[string]string{"ind": "pop"}})
	if err == nil || !strings.Contains(err.Error(), "ind=pop, but the file has no such column; it has ref, habitants") {
		t.Errorf("a column that is not there: %v", err)
	}
	_, _, err = Population(ctx, file(t, "p.csv", l93), PopulationOptions{Columns: map[string]string{"inhabitants": "ref"}})
	if err == nil || !strings.Contains(err.Error(), `names "inhabitants", which is not one of`) {
		t.Errorf("a name that is not standard: %v", err)
	}
	_, _, err = Population(ctx, file(t, "p.csv", "ind,place\n3,Tiercé\n"), PopulationOptions{})
	if err == nil || !strings.Contains(err.Error(), "nothing says where the record is") {
		t.Errorf("no place: %v", err)
	}

	// Declared by name: no mapping, no system asked for.
	pop, rep := loadPopulation(t, file(t, "p.csv", "Longitude,Latitude,ind,men_pauv,imputed\n-0.45,47.61,12,1,1\n"), PopulationOptions{})
	if c := pop.Cells[0]; c.Centre != (orb.Point{-0.45, 47.61}) || !c.Imputed || !strings.HasPrefix(c.ID, "point-") {
		t.Errorf("%+v", c)
	}
	if rep.Format != "population by column mapping, CSV" {
		t.Error(rep.Format)
	}
}

func TestPopulationGeoJSON(t *testing.T) {
	pop, _ := loadPopulation(t, file(t, "p.geojson", `{"type":"FeatureCollection","features":[
		{"type":"Feature","id":"a","properties":{"pop":7},"geometry":{"type":"Point","coordinates":[-0.45,47.61]}},
		{"type":"Feature","id":"b","properties":{"pop":8.25},"geometry":{"type":"Polygon","coordinates":[[[0,47],[0,48],[0.5,48],[0.5,47],[0,47]]]}}]}`),
		PopulationOptions{Columns: map[string]string{"ind": "pop"}})
	want := []geodata.Cell{
		{ID: "a", Centre: orb.Point{-0.45, 47.61}},
		{ID: "b", Centre: orb.Point{0.25, 47.5}, Outline: orb.Ring{{0, 47}, {0.5, 47}, {0.5, 48}, {0, 48}, {0, 47}}},
	}
	if diff := cmp.Diff(want, pop.Cells); diff != "" {
		t.Error(diff)
	}
	if got := total(t, &pop, "ind"); got != 15_250_000 {
		t.Errorf("%s people", got)
	}
}

func TestPopulationRejects(t *testing.T) {
	_, rep := loadPopulation(t, file(t, "grid_2021.csv", `idcar_200m,ind,i_est_200
CRS3035RES200mN2777200E3537600,1,0
CRS3035RES200mN2777200E3537600,2,0
CRS3035RES200m,2,0
,2,0
CRS3035RES200mN99999800E99999800,2,0
CRS3035RES200mN2777400E3537600,-1,0
CRS3035RES200mN2777600E3537600,NaN,0
CRS3035RES200mN2777800E3537600,beaucoup,0
CRS3035RES200mN2778000E3537600,,0
CRS3035RES200mN2778200E3537600,4,2
`), PopulationOptions{})
	rejected(t, rep,
		`line 3: idcar_200m = "CRS3035RES200mN2777200E3537600": duplicate cell: already on line 2`,
		`line 4: idcar_200m = "CRS3035RES200m": not a cell id such as CRS3035RES200mN2029800E4254200: mN after the size is missing`,
		`line 5: idcar_200m = "": not a cell id such as CRS3035RES200mN2029800E4254200: it has neither CRS… nor a size in m or km followed by N`,
		`line 6: idcar_200m = "CRS3035RES200mN99999800E99999800": the cell lies nowhere: 99999900, 99999900 is not in the area of ETRS89-LAEA (EPSG:3035), longitudes -35.58 to 44.83 and latitudes 24.6 to 84.73`,
		`line 7: ind = "-1": negative: want 0 or more`,
		`line 8: ind = "NaN": want a number such as 12.5: not a decimal number`,
		`line 9: ind = "beaucoup": want a number such as 12.5: not a decimal number`,
		`line 10: ind = "": the number of inhabitants is missing`,
		`line 11: i_est_200 = "2": want 0 or 1`,
	)
}

func TestCoordinatesRejected(t *testing.T) {
	_, rep := loadPopulation(t, file(t, "points_2021.csv", `id,lon,lat,ind
ok,-0.45,47.61,1
swapped,47.61,-0.45,1
projected,440785,6729973,1
nan,NaN,47,1
inf,1e999,47,1
text,-0°27',47,1
empty,,47,1
zero,0,0,1
north,1,91,1
same,-0.45,47.61,1
`), PopulationOptions{})
	rejected(t, rep,
		`line 3: lon, lat = "47.61, -0.45": longitude and latitude are swapped`,
		`line 4: lon, lat = "440785, 6729973": 440785, 6729973 is not in the area of WGS 84 (EPSG:4326), longitudes -180 to 180 and latitudes -90 to 90; the values fit Lambert-93 (EPSG:2154)`,
		`line 5: lon = "NaN": not a coordinate: want a number such as -0.4561 or 440123.5`,
		`line 6: lon = "1e999": not a coordinate: want a number such as -0.4561 or 440123.5`,
		`line 7: lon = "-0°27'": not a coordinate: want a number such as -0.4561 or 440123.5`,
		`line 8: lon = "": coordinate is missing`,
		`line 9: lon, lat = "0, 0": coordinates are 0, 0: a place left blank`,
		`line 10: lon, lat = "1, 91": 1, 91 is not in the area of WGS 84 (EPSG:4326), longitudes -180 to 180 and latitudes -90 to 90; are lon and lat swapped?`,
	)
	_, rep = loadPopulation(t, file(t, "points_2021.csv", "id,x,y,ind\nok,440785,6729973,1\nswapped,6729973,440785,1\n"), PopulationOptions{EPSG: 2154})
	if len(rep.Rejected) != 1 || !strings.Contains(rep.Rejected[0].Reason, "are x and y swapped?") {
		t.Errorf("swapped Lambert-93: %v", rep.Rejected)
	}
}

// In the area asked for, a swapped point is recognised wherever the area is.
func TestSwappedIsJudgedByTheArea(t *testing.T) {
	liechtenstein := orb.Bound{Min: orb.Point{9.4, 47}, Max: orb.Point{9.7, 47.3}}
	opt := PopulationOptions{Options: Options{Keep: liechtenstein.Contains}, Vintage: 2021}
	_, rep := loadPopulation(t, file(t, "p.csv", "lon,lat,ind\n9.5,47.1,1\n47.1,9.5,1\n2,48,1\n"), opt)
	if rep.Loaded != 1 || rep.Outside != 1 || len(rep.Rejected) != 1 || rep.Rejected[0].Reason != "longitude and latitude are swapped" {
		t.Errorf("%+v", rep)
	}
}

func TestNothingUsableIsAnError(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"separator": {"GRD_ID^T^M\nCRS3035RES1000mN2777000E3537000^1^1\n", `found one column "GRD_ID^T^M": is the separator`},
		"mixed":     {"GRD_ID;T;M\nCRS3035RES1000mN2777000E3537000,1,1\nCRS3035RES1000mN2777000E3538000,1,1\n", `found one column "GRD_ID;T;M"`},
		"no cell":   {"GRD_ID,T\nx,1\ny,2\n", "no record could be loaded; the first: line 2: GRD_ID"},
		"one of xy": {"a,b,ind\n1,2,3\n", "map them, such as lon=LONG"},
		"html":      {"<!DOCTYPE html><html></html>", "HTML"},
		"empty":     {"", "empty"},
	} {
		path := file(t, "p.csv", c.text)
		_, rep, err := Population(context.Background(), path, PopulationOptions{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want an error naming the file and saying %q", name, err, c.want)
		}
		if rep == nil {
			t.Errorf("%s: no report", name)
		}
	}
}

func TestPopulationKeepsAnAreaAndStopsWhenToldTo(t *testing.T) {
	path := published(t, "anjou/census2021_1km.csv")
	west := func(p orb.Point) bool { return p[0] < -0.5 }
	pop, rep := loadPopulation(t, path, PopulationOptions{Options: Options{Keep: west}})
	if rep.Loaded+rep.Outside != 12011 || rep.Loaded == 0 || rep.Outside == 0 {
		t.Errorf("%d loaded and %d outside, want 12011 together", rep.Loaded, rep.Outside)
	}
	for _, c := range pop.Cells {
		if !west(c.Centre) {
			t.Fatalf("cell %s at %v was kept", c.ID, c.Centre)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Population(ctx, path, PopulationOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled load: %v", err)
	}
}

// What the publishers say of the files, to the person.
func TestPublishedGrids(t *testing.T) {
	for _, c := range []struct {
		file   string
		cells  int
		people int64
		format string
	}{
		{"anjou/census2021_1km.csv", 12011, 1_367_912, "Eurostat census grid 1 km 2021, CSV"},
		{"bayreuth/census2021_1km.csv", 381, 130_850, "Eurostat census grid 1 km 2021, CSV"},
		{"liechtenstein/census2021_1km.csv", 395, 0, "Eurostat census grid 1 km 2021, CSV"},
	} {
		pop, rep := loadPopulation(t, published(t, c.file), PopulationOptions{})
		sum := total(t, &pop, "ind")
		if len(pop.Cells) != c.cells || c.people > 0 && sum != geodata.Whole(c.people) || len(rep.Rejected) > 0 || rep.Format != c.format {
			t.Errorf("%s: %d cells, %s people, %d rejected, %s", c.file, len(pop.Cells), sum, len(rep.Rejected), rep.Format)
		}
		if _, err := geodata.NewSnapshot(geodata.Content{Territory: geodata.Territory{ID: "t"}, Population: pop}); err != nil {
			t.Error(err)
		}
	}
}

// The two Eurostat files agree in 2021.
func TestPublishedTotals(t *testing.T) {
	path := published(t, "anjou/population_2006-2021_1km.csv")
	pop, rep := loadPopulation(t, path, PopulationOptions{})
	if got := total(t, &pop, "ind"); got != geodata.Whole(1_367_912) || len(pop.Cells) != 12011 || pop.Vintage != 2021 || len(rep.Rejected) > 0 {
		t.Errorf("%d: %s people in %d cells, %d rejected", pop.Vintage, got, len(pop.Cells), len(rep.Rejected))
	}
	wantNote(t, rep, "rows with people in other years only, not in 2021: 217 skipped")
	earlier, _ := loadPopulation(t, path, PopulationOptions{Vintage: 2006})
	if got := total(t, &earlier, "ind"); earlier.Vintage != 2006 || got >= geodata.Whole(1_367_912) || got < geodata.Whole(1_200_000) {
		t.Errorf("2006: %s people", got)
	}
}

// recordsOf opens text in memory, which fuzzing needs to be fast.
func recordsOf(text []byte, rep *FileReport) (*records, error) {
	kind, err := recognise(text)
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(bytes.NewReader(text), csvWindow)
	if kind == "GeoJSON" {
		return openGeoJSON(in, rep)
	}
	return openCSV(in, rep)
}

func FuzzPopulation(f *testing.F) {
	seeds, err := filepath.Glob("testdata/population/*.csv")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range seeds {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text[:min(len(text), 1500)])
	}
	f.Add([]byte("id,lon,lat,ind\na,-0.45,47.6,3\nb,NaN,91,-1\n"))
	f.Add([]byte("GRD_ID;TOT_P_2006;TOT_P_2021\n1kmN2777E3537;1;-9999\n"))
	f.Add([]byte(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"ind":1},"geometry":{"type":"Polygon","coordinates":[[[0,47],[1,47],[1,48],[0,47]]]}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		rep := &FileReport{File: "cells_2019"}
		recs, err := recordsOf(text, rep)
		if err != nil {
			return
		}
		pop, err := readPopulation(context.Background(), recs, PopulationOptions{EPSG: 2154}, rep)
		for _, part := range []int{0, 40} {
			again, againRep, againErr := inParts(text, part, PopulationOptions{EPSG: 2154})
			if fmt.Sprint(againErr) != fmt.Sprint(err) || !cmp.Equal(againRep, rep) || err == nil && !cmp.Equal(again, pop) {
				t.Fatalf("in parts of %d: %v, want %v\n%s\n%s", part, againErr, err, cmp.Diff(rep, againRep), cmp.Diff(pop, again))
			}
		}
		if err != nil {
			return
		}
		if rep.Read < rep.Loaded+rep.Outside+len(rep.Rejected) {
			t.Fatalf("%d read, but %d loaded, %d outside, %d rejected", rep.Read, rep.Loaded, rep.Outside, len(rep.Rejected))
		}
		if _, err := geodata.NewSnapshot(geodata.Content{Territory: geodata.Territory{ID: "t"}, Population: pop}); err != nil {
			t.Fatalf("what was loaded does not make a snapshot: %v", err)
		}
		var b bytes.Buffer
		if err := (&Report{Files: []*FileReport{rep}}).WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkPopulation(b *testing.B) {
	path := published(b, "anjou/census2021_1km.csv")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Population(context.Background(), path, PopulationOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
