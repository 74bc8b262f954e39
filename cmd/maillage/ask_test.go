package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/geodata"
)

// askNew runs the command line of a program whose analyses are new to it: those
// it has commands for, under other names.
func askNew(t *testing.T, args ...string) answer {
	t.Helper()
	var all []registry.Analysis
	for old, name := range map[string]string{"coverage": "new_coverage", "isochrone": "new_isochrone", "uncertainty": "new_uncertainty"} {
		a, err := registry.Get(old)
		if err != nil {
			t.Fatal(err)
		}
		a.Name = name
		all = append(all, a)
	}
	var out, err bytes.Buffer
	code := runWith(t.Context(), append(registry.All(), all...), args, &out, &err)
	return answer{code, out.String(), err.String()}
}

// TestANewAnalysisIsACommand: it answers what the command written by hand does.
func TestANewAnalysisIsACommand(t *testing.T) {
	file, dir := territory(t), t.TempDir()
	point := "-0.4688,47.6160" // begins with a minus sign
	for name, c := range map[string]struct{ old, new []string }{
		"coverage": {
			[]string{"--service", "creche", "--mode", "bike", "--within", "10m,15m", "--status", "existing,planned"},
			[]string{"--service", "creche", "--mode", "bike", "--within", "10m", "--within=15m", "--statuses", "existing,planned"}},
		"isochrone":   {[]string{"--at", point, "--direction", "from"}, []string{"--at", point, "--direction", "from"}},
		"uncertainty": {[]string{"--service", "france_services", "--draws", "40", "--a", "fs-49333-seiches"}, []string{"--service", "france_services", "--draws", "40", "--a", "fs-49333-seiches"}},
	} {
		old := func(more ...string) []string { return append(append([]string{name, "--on", file}, c.old...), more...) }
		fresh := func(more ...string) []string {
			return append(append([]string{"new-" + name, "--on", file}, c.new...), more...)
		}
		want := done(t, old("--json")...).out
		if got := askNew(t, fresh("--json")...); got.code != exitOK || got.out != want {
			t.Errorf("%s: exit %d\n%.300s%s\nwant\n%.300s", name, got.code, got.out, got.err, want)
		}
		a, b := filepath.Join(dir, name+"-old.geojson"), filepath.Join(dir, name+"-new.geojson")
		done(t, old("--out", a)...)
		if got := askNew(t, fresh("--out", b)...); got.code != exitOK || !strings.Contains(got.out, "→ "+b) || read(t, a) != read(t, b) {
			t.Errorf("%s: exit %d, other files\n%s%s", name, got.code, got.out, got.err)
		}
		if got := askNew(t, fresh("--out", b)...); got.code != exitError || !strings.Contains(got.err, "exists") {
			t.Errorf("%s: %+v", name, got)
		}
		if got := askNew(t, append([]string{"-q"}, fresh("--out", b, "--overwrite")...)...); got.code != exitOK || got.out != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestHelpTellsOfNewAnalyses(t *testing.T) {
	plain := func(args ...string) string { return strings.Join(strings.Fields(askNew(t, args...).out), " ") }
	if help := plain("--help"); !strings.Contains(help, "new-uncertainty --on=FILE.gpkg|postgres://… --service=SERVICE [flags] How sure a coverage is.") ||
		strings.Count(help, " uncertainty --on=") != 1 { // the one made by hand stays
		t.Error(help)
	}
	help := plain("new-uncertainty", "--help")
	for _, part := range []string{
		"--service=SERVICE Id of a service of the catalogue.",
		"--within=WITHIN,… Thresholds, rising, such as 10m; the service's own when empty.",
		"--draws=N How many times speeds are drawn, 20 to 10000; 200 when absent.",
		"--a=A,… Facilities opened on top", "--territory=ID", "--vintage=NAME", "--out=FILE", "--json",
	} {
		if !strings.Contains(help, part) {
			t.Errorf("%q is not in\n%s", part, help)
		}
	}
}

func TestAnswersAreTablesInBothLanguages(t *testing.T) {
	file := territory(t)
	question := []string{"new-coverage", "--on", file, "--service", "creche", "--within", "10m"}
	fr := askNew(t, question...)
	golden(t, "ask", fr.out)
	if fr.code != exitOK || strings.Contains(fr.out, "CRS3035") {
		t.Errorf("exit %d, or cells are printed\n%s", fr.code, fr.err)
	}
	en := strings.Join(strings.Fields(askNew(t, append([]string{"--lang", "en"}, question...)...).out), " ")
	for _, part := range []string{"Coverage: ", "Coverage by commune", "Coverage by age", "Facilities that count", "rows: --out FILE.gpkg writes them", "28,280", " min"} {
		if !strings.Contains(en, part) {
			t.Errorf("%q is not in\n%s", part, en)
		}
	}
}

// Every kind of value, as each language writes it.
func TestValuesForPeople(t *testing.T) {
	l := geodata.Layer{
		Name: "sites", IDs: []string{"s1", "s2"}, Title: geodata.Text{Fr: "Sites", En: "Sites"},
		Fields: []geodata.Field{
			{Name: "seconds", Unit: "s", Label: geodata.Text{Fr: "Temps", En: "Time"}, Kind: geodata.Real, Reals: []float64{59.4, 90}},
			{Name: "gain", Unit: "persons", Label: geodata.Text{Fr: "Gain", En: "Gain"}, Kind: geodata.Real, Reals: []float64{-123.4, 1234567.5}},
			{Name: "share", Unit: "%", Label: geodata.Text{Fr: "Part", En: "Share"}, Kind: geodata.Real, Reals: []float64{12.34, 0}, Null: []bool{false, true}},
			{Name: "length", Unit: "km", Label: geodata.Text{Fr: "Longueur de la route la plus courte", En: "Length"}, Kind: geodata.Real, Reals: []float64{1234.6, 0.01234}},
			{Name: "places", Label: geodata.Text{Fr: "Places", En: "Places"}, Kind: geodata.Integer, Ints: []int64{-0, 12345}},
			{Name: "open", Label: geodata.Text{Fr: "Ouvert", En: "Open"}, Kind: geodata.Boolean, Bools: []bool{true, false}},
			{Name: "class", Label: geodata.Text{Fr: "Classe", En: "Class"}, Texts: []string{"near", "unknown"}},
			{Name: "name", Label: geodata.Text{Fr: "Nom", En: "Name"}, Texts: []string{"Nord", "Sud"}},
		},
		Classes: &geodata.Classes{Field: "class", Values: []geodata.Class{{Value: "near", Label: geodata.Text{Fr: "proche", En: "near by"}}}},
	}
	for lang, want := range map[string][2]string{
		"fr": {"Nord|s1|59 s|-123|12,3\u202f%|1\u202f235|0|oui|proche", "Sud|s2|1,5 min|1\u202f234\u202f568|–|0,0123|12\u202f345|non|unknown"},
		"en": {"Nord|s1|59 s|-123|12.3%|1,235|0|yes|near by", "Sud|s2|1.5 min|1,234,568|–|0.0123|12,345|no|unknown"},
	} {
		var out bytes.Buffer
		s := &session{out: &out, lang: lang}
		s.printAnswer(analyses.Result{Title: l.Title, Layers: []geodata.Layer{l}})
		rows := strings.Split(strings.TrimSpace(out.String()), "\n")
		for i, row := range rows[len(rows)-2:] {
			if got := strings.Join(splitCells(row), "|"); got != want[i] {
				t.Errorf("%s: %q, want %q", lang, got, want[i])
			}
		}
		if lang == "fr" && !strings.Contains(out.String(), "Longueur de") { // a heading on several lines
			t.Error(out.String())
		}
	}
	s := &session{lang: "en"}
	for v, want := range map[float64]string{math.NaN(): "–", math.Inf(1): "–", 1e-20: "0.000000000", -1e-20: "0.000000000", 99.96: "100.0", 1e9: "1,000,000,000"} {
		if got := s.quantity(v, "", decimals(v)); got != want && !math.IsNaN(v) {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
}

// splitCells splits a row where two spaces or more stand.
func splitCells(row string) (cells []string) {
	for c := range strings.SplitSeq(row, "  ") {
		if c = strings.TrimSpace(c); c != "" {
			cells = append(cells, c)
		}
	}
	return cells
}

func TestLongTextsAreCut(t *testing.T) {
	for text, want := range map[string]string{
		strings.Repeat("é", 60): strings.Repeat("é", 60), strings.Repeat("é", 61): strings.Repeat("é", 59) + "…", "": "",
	} {
		if got := shortened(text); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Short layers are printed, the grid never, and longer ones are counted.
func TestWhichLayersArePrinted(t *testing.T) {
	of := func(name string, n int) *geodata.Layer { return &geodata.Layer{Name: name, IDs: make([]string, n)} }
	for _, c := range []struct {
		layer *geodata.Layer
		want  bool
	}{{of("access_zones", mostRows), true}, {of("access_zones", mostRows+1), false}, {of("access_cells", 3), false}, {of("access_sites", 0), true}} {
		if got := isTable(c.layer); got != c.want {
			t.Errorf("%s of %d: %v", c.layer.Name, len(c.layer.IDs), got)
		}
	}
}

func TestNewAnalysesThatCannotBeAsked(t *testing.T) {
	file := territory(t)
	for _, c := range []struct {
		code  int
		parts string
		args  []string
	}{
		{exitUsage, "missing flags: --service=SERVICE", []string{"new-coverage", "--on", file}},
		{exitUsage, "missing flags: --on", []string{"new-coverage", "--service", "creche"}},
		{exitUsage, `service: unknown service "nope": want one of creche`, []string{"new-coverage", "--on", file, "--service", "nope"}},
		{exitUsage, `within: threshold "10": want a duration`, []string{"new-coverage", "--on", file, "--service", "creche", "--within", "10"}},
		{exitUsage, `draws: "many": want a whole number`, []string{"new-uncertainty", "--on", file, "--service", "creche", "--draws", "many"}},
		{exitUsage, `seed: want a whole number from 0`, []string{"new-uncertainty", "--on", file, "--service", "creche", "--seed", "-1"}},
		{exitUsage, `at: "-0.5": want 2 numbers`, []string{"new-isochrone", "--on", file, "--at", "-0.5"}},
		{exitUsage, `--at: missing value`, []string{"new-isochrone", "--on", file, "--at"}},
		{exitUsage, `--service: missing value`, []string{"new-coverage", "--on", file, "--service", "--json"}},
		{exitUsage, "unknown flag --servce", []string{"new-coverage", "--on", file, "--servce", "creche"}},
		{exitUsage, `unknown format ".txt"`, []string{"new-coverage", "--on", file, "--service", "creche", "--out", "x.txt"}},
		{exitError, "nope.gpkg: no such file", []string{"new-coverage", "--on", "nope.gpkg", "--service", "creche"}},
		{exitError, "1999", []string{"new-coverage", "--on", file, "--service", "creche", "--vintage", "1999"}},
	} {
		a := askNew(t, c.args...)
		if a.code != c.code || !strings.Contains(a.err, c.parts) {
			t.Errorf("maillage %s: exit %d, want %d and %q\n%s%s", strings.Join(c.args, " "), a.code, c.code, c.parts, a.out, a.err)
		}
	}
}

// A parameter that is true or false is a flag without a value, one that is JSON
// may be in a file, and one that is not given is not asked for.
func TestWhatIsGiven(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rates.json")
	if err := os.WriteFile(file, []byte("[{\"rate\":1}]\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	params := []registry.Param{{Name: "be_exact", Doc: "not about", Type: "boolean"}, {Name: "far", Doc: "d", Type: "boolean"}, {Name: "weight", Doc: "d", Type: "object"}, {Name: "rates", Doc: "d", Type: "object", List: true}}
	for args, want := range map[string]string{
		"": "map[]", "--be-exact": "map[be_exact:true]", "--no-be-exact --far": "map[be_exact:false far:true]", `--weight {"a":1}`: `map[weight:{"a":1}]`,
		`--rates [{"rate":2}]`: `map[rates:[{"rate":2}]]`, "--rates " + file: `map[rates:[{"rate":1}]]`,
		"--rates none.json": "usage: --rates: neither JSON nor a file that can be read: open none.json: no such file or directory",
	} {
		c := struct {
			Words any `embed:""`
		}{wordsOf(params)}
		parser, err := kong.New(&c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(strings.Fields(args)); err != nil {
			t.Fatal(args, err)
		}
		words, err := given(c.Words, params)
		got := fmt.Sprint(words)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q is %s, want %s", args, got, want)
		}
	}
}
