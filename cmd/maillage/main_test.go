package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/maillage/maillage/geodata/anjou"
	"github.com/maillage/maillage/geodata/crs"
	"github.com/maillage/maillage/internal/store/geopackage"
)

// asProgram makes the test binary the program itself, for tests that need a real process.
const asProgram = "MAILLAGE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	// A child that works a run is never to run the tests.
	if os.Getenv(asProgram) != "" || len(os.Args) > 1 && os.Args[len(os.Args)-1] == "execute" {
		main()
	}
	dir, err := os.MkdirTemp("", "maillage")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	embeddedFile = filepath.Join(dir, "anjou.gpkg")
	code := m.Run()
	os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	os.Exit(code)
}

// program is the command line as a process of its own.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

// answer is what one command said.
type answer struct {
	code     int
	out, err string
}

func ask(ctx context.Context, args ...string) answer {
	var out, err bytes.Buffer
	code := run(ctx, args, &out, &err)
	return answer{code, out.String(), err.String()}
}

// done asks and wants success.
func done(t *testing.T, args ...string) answer {
	t.Helper()
	a := ask(t.Context(), args...)
	if a.code != exitOK {
		t.Fatalf("maillage %s: exit %d\n%s%s", strings.Join(args, " "), a.code, a.out, a.err)
	}
	return a
}

// refused asks and wants an exit code and an error that says all the parts.
func refused(t *testing.T, code int, parts string, args ...string) answer {
	t.Helper()
	a := ask(t.Context(), args...)
	if a.code != code {
		t.Errorf("maillage %s: exit %d, want %d\n%s%s", strings.Join(args, " "), a.code, code, a.out, a.err)
	}
	for part := range strings.SplitSeq(parts, "|") {
		if !strings.Contains(a.err, part) {
			t.Errorf("maillage %s: %q is not in\n%s", strings.Join(args, " "), part, a.err)
		}
	}
	return a
}

func decode[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %.200s", err, text)
	}
	return v
}

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

// embeddedFile is the embedded territory as a file, for territory.
var embeddedFile string

var writeEmbedded = sync.OnceValue(func() error {
	s, err := anjou.Territory()
	if err != nil {
		return err
	}
	return geopackage.Write(context.Background(), embeddedFile, s, geopackage.Options{})
})

func territory(t *testing.T) string {
	t.Helper()
	if err := writeEmbedded(); err != nil {
		t.Fatal(err)
	}
	return embeddedFile
}

// village is a folder of small sound files: two communes of one EPCI side by
// side, five 200 m cells in a row, a road along them and a crèche at its start.
//
//	 commune 49901    | 49902
//	c0 ── c1 ── c2 ── | c3 ── c4
type village struct {
	t   *testing.T
	dir string
}

const (
	villageX, villageY = 3_537_000, 2_777_000 // EPSG:3035, the lower left corner of c0
	villageCell        = 200
)

// at is a place in the village, in metres east and north of c0's corner, as "lon,lat".
func at(t *testing.T, east, north float64) string {
	t.Helper()
	p, err := crs.ToWGS84(3035, villageX+east, villageY+north)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%.7f,%.7f", p[0], p[1])
}

func cellID(k int) string {
	return fmt.Sprintf("CRS3035RES200mN%dE%d", villageY, villageX+k*villageCell)
}

func newVillage(t *testing.T) village {
	v := village{t, t.TempDir()}
	square := func(code string, west, east float64) string {
		corners := []string{at(t, west, -100), at(t, east, -100), at(t, east, 300), at(t, west, 300), at(t, west, -100)}
		return `{"type":"Feature","properties":{"code":"` + code + `","nom":"Commune ` + code + `","population":100,"epci":"249900000","epci_nom":"CC"},"geometry":{"type":"Polygon","coordinates":[[[` + strings.Join(corners, "],[") + `]]]}}`
	}
	v.write("communes.geojson", `{"type":"FeatureCollection","features":[`+square("49901", -100, 600)+","+square("49902", 600, 1100)+`]}`)
	cells := "idcar_200m,ind,ind_0_3\n"
	for k := range 5 {
		cells += fmt.Sprintf("%s,%d,%d\n", cellID(k), 10<<k, 4<<k)
	}
	v.write("cells.csv", cells)
	v.write("roads.geojson", `{"type":"FeatureCollection","features":[{"type":"Feature","id":"r1","properties":{"highway":"residential"},"geometry":{"type":"LineString","coordinates":[[`+
		at(t, 0, 100)+"],["+at(t, 1000, 100)+`]]}}]}`)
	v.write("creches.csv", "id,nom,lon,lat\nc1,Les Lutins,"+at(t, 0, 100)+"\n")
	return v
}

func (v village) write(name, text string) string {
	v.t.Helper()
	path := filepath.Join(v.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		v.t.Fatal(err)
	}
	return path
}

func (v village) read(name string) string {
	v.t.Helper()
	b, err := os.ReadFile(filepath.Join(v.dir, name))
	if err != nil {
		v.t.Fatal(err)
	}
	return string(b)
}

// args imports the village into a file; options come on top.
func (v village) args(into string, options ...string) []string {
	file := func(name string) string { return filepath.Join(v.dir, name) }
	return append([]string{"import", "--into", into, "--id", "village", "--communes", file("communes.geojson"), "--population", file("cells.csv"),
		"--roads", file("roads.geojson"), "--facilities", "creche=" + file("creches.csv")}, options...)
}

func TestVillageFromFilesToAnswer(t *testing.T) {
	v := newVillage(t)
	file := filepath.Join(t.TempDir(), "village.gpkg")
	type summary struct {
		Communes, Cells, Ways, Rejected int
		Studied                         int     `json:"communes_studied"`
		People                          float64 `json:"people_studied"`
		Facilities                      map[string]int
	}
	got := decode[summary](t, done(t, v.args(file, "--json", "--study-area", "49902")...).out)
	if got.Communes != 2 || got.Studied != 1 || got.Cells != 5 || got.Ways != 1 || got.Rejected != 0 || got.Facilities["creche"] != 1 || got.People != 80+160 {
		t.Errorf("%+v", got)
	}
	// Children under 3 are three quarters of those under 4: 24 in c3, 48 in c4. From c3's middle
	// 700 m, from c4's 900 m of residential road: at the walker's 5 km/h 504 and 648 s.
	type row struct {
		Demand  float64
		Covered []float64
		Mean    float64 `json:"mean_seconds"`
	}
	a := decode[struct{ Territory row }](t, done(t, "coverage", "--on", file, "--service", "creche", "--mode", "foot", "--within", "9m,15m", "--json").out)
	if a.Territory.Demand != 72 || a.Territory.Covered[0] != 24 || a.Territory.Covered[1] != 72 {
		t.Errorf("%+v", a.Territory)
	}
	if want := (24*504.0 + 48*648) / 72; a.Territory.Mean < want*0.995 || a.Territory.Mean > want*1.005 {
		t.Errorf("mean %v s, want about %v", a.Territory.Mean, want)
	}
}

func TestExitCodes(t *testing.T) {
	file, dir := territory(t), t.TempDir()
	there := filepath.Join(dir, "there.csv")
	if err := os.WriteFile(there, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		code  int
		parts string
		args  []string
	}{
		{exitUsage, "import|coverage|--help", nil},
		{exitUsage, "unexpected argument frob", []string{"frob"}},
		{exitUsage, "--service", []string{"coverage", "--on", file}},
		{exitUsage, `unknown service "nope": want one of creche`, []string{"coverage", "--on", file, "--service", "nope"}},
		{exitUsage, `unknown mode "plane": want one of car, bike, foot`, []string{"coverage", "--on", file, "--service", "creche", "--mode", "plane"}},
		{exitUsage, `threshold "10": want a duration with its unit`, []string{"coverage", "--on", file, "--service", "creche", "--within", "10"}},
		{exitUsage, `unknown status "frob"`, []string{"coverage", "--on", file, "--service", "creche", "--status", "frob"}},
		{exitUsage, `unknown format ".txt"|.gpkg`, []string{"coverage", "--on", file, "--service", "creche", "--out", filepath.Join(dir, "x.txt")}},
		{exitError, "there.csv|overwrite", []string{"coverage", "--on", file, "--service", "creche", "--out", there}},
		{exitError, "absent does not exist", []string{"coverage", "--on", file, "--service", "creche", "--out", filepath.Join(dir, "absent", "x.csv")}},
		{exitError, "nope.gpkg: no such file", []string{"coverage", "--on", "nope.gpkg", "--service", "creche"}},
		{exitError, "not a GeoPackage", []string{"coverage", "--on", "main.go", "--service", "creche"}},
		{exitUsage, `unknown mode "plane"`, []string{"times", "--on", file, "--service", "creche", "--mode", "plane", "--out", filepath.Join(dir, "t.csv")}},
		{exitUsage, `unknown service "nope"`, []string{"times", "--on", file, "--service", "nope", "--out", filepath.Join(dir, "t.csv")}},
		{exitError, "there.csv|overwrite", []string{"times", "--on", file, "--service", "creche", "--out", there}},
		{exitError, "no facility of service social_centre", []string{"times", "--on", file, "--service", "social_centre", "--out", filepath.Join(dir, "t.csv")}},
		{exitError, "nope.gpkg: no such file", []string{"serve", "--on", "nope.gpkg"}},
		{exitError, "cannot listen|--addr", []string{"serve", "--on", file, "--addr", "127.0.0.1:99999"}},
		{exitUsage, "--buffer|20km", []string{"import", "--into", filepath.Join(dir, "x.gpkg"), "--id", "x", "--roads", "r", "--buffer", "20"}},
		{exitUsage, "--facilities|SERVICE=FILE", []string{"import", "--into", filepath.Join(dir, "x.gpkg"), "--id", "x", "--roads", "r", "--facilities", "f.csv"}},
		{exitUsage, "--id", []string{"import", "--into", filepath.Join(dir, "x.gpkg"), "--id", "a b", "--roads", "r"}},
	} {
		refused(t, c.code, c.parts, c.args...)
	}
	if got := names(t, dir); got != "there.csv" {
		t.Errorf("left behind: %s", got)
	}
	if a := done(t, "--help"); !strings.Contains(a.out, "import") {
		t.Error(a.out)
	}
	done(t, "--version")
}

func TestEverySummaryIsJSONWhenAsked(t *testing.T) {
	file, dir := territory(t), t.TempDir()
	v := newVillage(t)
	for _, args := range [][]string{
		{"demo", "--once", "--out", filepath.Join(dir, "out")},
		v.args(filepath.Join(dir, "village.gpkg")),
		{"coverage", "--on", file, "--service", "creche", "--out", filepath.Join(dir, "c.csv")},
		{"times", "--on", file, "--service", "creche", "--out", filepath.Join(dir, "t.csv")},
	} {
		a := done(t, append(args, "--json")...)
		if !json.Valid([]byte(a.out)) || a.err != "" {
			t.Errorf("%v: %.300s\n%s", args, a.out, a.err)
		}
	}
}

// Progress is plain lines where there is no terminal: no escape codes, no carriage returns.
func TestProgressIsPlainLinesAwayFromATerminal(t *testing.T) {
	var b bytes.Buffer
	p := (&session{err: &b}).progress()
	p.step("roads.pbf", 0, 200)
	p.started, p.said = p.started.Add(-2*lineEvery), p.said.Add(-2*lineEvery)
	p.step("roads.pbf", 50, 200)
	p.step("roads.pbf", 60, 200) // too soon for another line
	p.end()
	if b.String() != "roads.pbf: 25 %\n" {
		t.Errorf("%q", b.String())
	}
	var w io.Writer = &b
	b.Reset()
	quiet := (&session{err: w, quiet: true}).progress()
	quiet.step("roads.pbf", 0, 200)
	quiet.started = quiet.started.Add(-2 * lineEvery)
	quiet.step("roads.pbf", 50, 200)
	if b.Len() > 0 {
		t.Errorf("quiet, yet %q", b.String())
	}
}

func FuzzMetres(f *testing.F) {
	for _, text := range []string{"20km", "500m", "1.5 km", "20", "km", "-1m", "NaNm", "Infkm", "1e3m", "1001km", "0x10m"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if v, err := parseMetres(text); err == nil && !(v >= 0 && v <= 1e6) {
			t.Errorf("%q is %v m", text, v)
		}
	})
}
