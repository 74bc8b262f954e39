package fetch

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/fetch/fetchtest"
)

// 96 departments of the mainland and Corsica, five overseas: each in one extract.
func TestEveryDepartmentHasItsExtract(t *testing.T) {
	c := DefaultCatalogue()
	times := map[string]int{}
	for _, departments := range c.Extracts {
		for _, d := range departments {
			times[d]++
		}
	}
	var want []string
	for d := 1; d <= 95; d++ {
		if d != 20 { // Corsica is 2A and 2B
			want = append(want, string([]byte{'0' + byte(d/10), '0' + byte(d%10)}))
		}
	}
	want = append(want, "2A", "2B", "971", "972", "973", "974", "976")
	for _, d := range want {
		if times[d] != 1 {
			t.Errorf("department %s is in %d extracts", d, times[d])
		}
		delete(times, d)
	}
	if len(times) != 0 {
		t.Errorf("no departments: %v", times)
	}
	extracts, uncovered := c.extractsOf([]string{"72", "37", "49", "975"})
	if !slices.Equal(extracts, []string{"centre", "pays-de-la-loire"}) || !slices.Equal(uncovered, []string{"975"}) {
		t.Errorf("%v, %v", extracts, uncovered)
	}
}

func TestTheGridsZones(t *testing.T) {
	c := DefaultCatalogue()
	for d, want := range map[string]string{"49": "met", "2A": "met", "972": "mart", "974": "reun", "971": "", "976": ""} {
		if zone, ok := c.zoneOf(d); zone != want || ok != (want != "") {
			t.Errorf("%s: %q, %v", d, zone, ok)
		}
	}
}

// The services of the BPE are services of the catalogue, and the package's table
// names every source.
func TestTheCatalogueHangsTogether(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	services := geodata.DefaultCatalogue()
	for _, s := range DefaultCatalogue().Sources {
		if !strings.Contains(string(doc), "//\t"+s.ID+" ") {
			t.Errorf("doc.go does not name %s", s.ID)
		}
		for id := range s.BPE {
			if _, err := services.Service(id); err != nil {
				t.Error(err)
			}
		}
		if s.Service != "" {
			if _, err := services.Service(s.Service); err != nil {
				t.Error(err)
			}
		}
	}
}

const soundSource = `sources:
- {id: x, what: {fr: X}, publisher: P, licence: L, url: "https://example.org/{department}", file: "x-{department}.json", format: json, size: 1 MB, limit: 2 MB, use: index, checked: unknown}
`

func TestCataloguesThatAreWrong(t *testing.T) {
	if _, err := ParseCatalogue(strings.NewReader(soundSource)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, other, says string }{
		{"id: x", "id: X Y", `source 1 ("X Y"): id: want lower-case letters`},
		{"licence: L, ", "", "want what, publisher, licence and checked"},
		{"https://", "http://", "want one that begins with https://"},
		{"{department}\"", "{departement}\"", "unknown {departement}: want one of {epci}, {department}"},
		{"x-{department}", "x-{department", "a brace without its partner"},
		{"x-{department}", "../x-{department}", "want a plain file name"},
		{"format: json", "format: xml", `format "xml": want one of json, geojson, csv, zip, pbf`},
		{"use: index", "use: fun", `use "fun"`},
		{"size: 1 MB", "size: 3 MB", "a limit that is not below it"},
		{"size: 1 MB", "size: big", `"big": want a size such as 46 MB`},
		{"checked: unknown", "checked: unknown, checksum: crc", `checksum "crc": want md5`},
		{"checked: unknown", "checked: unknown, member: a", "only a zip archive has one"},
		{"checked: unknown", "checked: unknown, colour: red", "colour"},
		{"}\n", "}\n" + strings.TrimPrefix(soundSource, "sources:\n"), "another has its id or its file"},
	} {
		text := strings.Replace(soundSource, c.old, c.other, 1)
		if text == soundSource {
			t.Fatalf("%q is not there", c.old)
		}
		if _, err := ParseCatalogue(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.other, err, c.says)
		}
	}
}

func TestFindEPCI(t *testing.T) {
	all := []EPCI{{"200068955", "CC Anjou Loir et Sarthe"}, {"247200348", "CC du Val de Sarthe"}, {"200083392", "Laval Agglomération"},
		{"244900015", "CU Angers Loire Métropole"}, {"200067106", "CA du Pays Basque"}, {"200023372", "CC de la Vallée de Chamonix-Mont-Blanc"},
		{"200000001", "CC Sud Vendée"}, {"200000002", "CC Sud Vendée Littoral"}, {"200000003", "CC de l'Île d'Oléron"}}
	for query, want := range map[string]string{
		"200068955": "200068955", " 200068955 ": "200068955", "CC Anjou Loir et Sarthe": "200068955", "anjou loir et sarthe": "200068955", "Anjou": "200068955",
		"Communauté de communes Anjou Loir et Sarthe": "200068955", "chamonix": "200023372", "vallee de chamonix": "200023372",
		"Sud Vendée": "200000001", "sud vendée littoral": "200000002", "ile d'oleron": "200000003", "agglomération de Laval": "200083392",
	} {
		if e, err := findEPCI(all, query); err != nil || e.Code != want {
			t.Errorf("%q: %v, %v, want %s", query, e, err, want)
		}
	}
	for query, says := range map[string]string{
		"sarthe":    `2 have a name with "sarthe": give the SIREN of one; near: 200068955 (CC Anjou Loir et Sarthe), 247200348 (CC du Val de Sarthe)`,
		"200068956": "none of 9 has the SIREN 200068956; near: 200068955 (CC Anjou Loir et Sarthe)",
		"Anjoux":    `none of 9 is called "Anjoux"; near: 200068955 (CC Anjou Loir et Sarthe)`,
		"Zzyzx":     `none of 9 is called "Zzyzx"`,
		"CC":        `none of 9 is called "CC"`,
		"":          `none of 9 is called ""`,
	} {
		_, err := findEPCI(all, query)
		if !errors.Is(err, ErrUnknownEPCI) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", query, err, says)
		}
	}
}

func TestEdits(t *testing.T) {
	for _, c := range []struct {
		a, b string
		n    int
	}{{"", "", 0}, {"abc", "", 3}, {"", "abc", 3}, {"anjou", "anjoux", 1}, {"anjou", "jonau", 4}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}} {
		if n := edits(c.a, c.b); n != c.n {
			t.Errorf("%s to %s: %d, want %d", c.a, c.b, n, c.n)
		}
	}
}

// At 47.6° north a degree of longitude is 75.2 km, one of latitude 111.2 km: a
// frame of one point with a buffer of 20 km reaches 0.266° east, and with the
// 20 km that a commune may stretch 0.532°.
func TestPlaceOf(t *testing.T) {
	at := func(code, department, epci string, lon, lat float64) commune {
		c := commune{Code: code, CodeDepartement: department, CodeRegion: "52", CodeEpci: epci}
		c.Centre.Coordinates = []float64{lon, lat}
		return c
	}
	all := []commune{at("49001", "49", "249900019", 0, 47.6), at("53001", "53", "", 0.26, 47.6), at("72001", "72", "", 0.27, 47.6), at("37001", "37", "", 0.53, 47.6),
		at("36001", "36", "", 0.54, 47.6), at("61001", "61", "", 0, 47.6+0.37), {Code: "29083", CodeDepartement: "29"}}
	p, err := placeOf("249900019", orb.Point{0, 47.6}.Bound(), 20_000, all)
	if err != nil {
		t.Fatal(err)
	}
	want := place{communes: []string{"49001"}, departments: []string{"49"}, regions: []string{"52"}, around: []string{"37", "49", "53", "72"}, roads: []string{"49", "53"}}
	if diff := cmp.Diff(want, p, cmp.AllowUnexported(place{})); diff != "" {
		t.Error(diff)
	}
	if _, err := placeOf("1", orb.Bound{}, 0, all); err == nil || !strings.Contains(err.Error(), "--refresh") {
		t.Error(err)
	}
}

func TestFrameOf(t *testing.T) {
	b, err := frameOf([]byte(`{"features":[{"geometry":{"type":"Polygon","coordinates":[[[1,47],[2,46],[1,47]]]}},{"geometry":null},
		{"geometry":{"type":"MultiPolygon","coordinates":[[[[-1,48,12],[0,48],[-1,48]]]]}}]}`))
	if want := (orb.Bound{Min: orb.Point{-1, 46}, Max: orb.Point{2, 48}}); err != nil || b != want {
		t.Errorf("%v, %v", b, err)
	}
	if _, err := frameOf([]byte(`{"features":[]}`)); err == nil {
		t.Error("a frame of nothing")
	}
}

func TestTimetablesThatRunThere(t *testing.T) {
	data := func(kind, area, resources string) string {
		return `{"title":"T","type":"` + kind + `","licence":"lov2","publisher":{"name":"P"},"covered_area":` + area + `,"resources":[` + resources + `]}`
	}
	gtfs := func(id string) string {
		return `{"id":7,"datagouv_id":"` + id + `","format":"GTFS","is_available":true,"url":"https://t.example/` + id + `.zip"}`
	}
	text := "[" + strings.Join([]string{
		data("public-transit", `[{"type":"epci","insee":"249900019","nom":"x"}]`, gtfs("epci")),
		data("public-transit", `[{"type":"commune","insee":"99999"},{"type":"commune","insee":"49901"}]`, gtfs("commune")+","+gtfs("commune")),
		data("public-transit", `[{"type":"departement","insee":"49"}]`, gtfs("departement")),
		data("public-transit", `[{"type":"region","insee":"52"}]`, gtfs("region")+`,{"format":"NeTEx","datagouv_id":"n","url":"https://t.example/n"}`),
		data("public-transit", `[{"type":"pays","insee":"FR"}]`, gtfs("pays")),
		data("public-transit", `[{"type":"epci","insee":"200068955"}]`, gtfs("ailleurs")),
		data("public-transit", `{"type":"aom","name":"old answers"}`, gtfs("old")),
		data("bike-scooter-sharing", `[{"type":"epci","insee":"249900019"}]`, gtfs("bikes")),
		data("public-transit", `[{"type":"epci","insee":"249900019"}]`, `{"format":"GTFS","datagouv_id":"gone","is_available":false,"url":"https://t.example/g"}`),
		data("public-transit", `[{"type":"epci","insee":"249900019"}]`, `{"format":"GTFS","datagouv_id":"../../etc/passwd","url":"https://t.example/g"}`),
		data("public-transit", `[{"type":"epci","insee":"249900019"}]`, `{"id":81234567,"format":"GTFS","url":"https://t.example/n.zip"}`),
		data("public-transit", `[{"type":"epci","insee":"249900019"}]`, `{"format":"GTFS","datagouv_id":"community","community_resource_publisher":"me","url":"https://t.example/g"}`),
	}, ",") + "]"
	p := place{communes: []string{"49901"}, departments: []string{"49"}, regions: []string{"52"}}
	found, err := timetablesAt([]byte(text), "249900019", p, &Source{ID: "timetables", Licence: "?"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		got = append(got, f.Name+" "+f.URL+" "+f.Source.Licence)
	}
	want := []string{"81234567 https://t.example/n.zip lov2", "commune https://t.example/commune.zip lov2", "departement https://t.example/departement.zip lov2",
		"epci https://t.example/epci.zip lov2", "region https://t.example/region.zip lov2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := timetablesAt([]byte(`[{"title":"T"}]`), "1", p, &Source{}); err == nil || !strings.Contains(err.Error(), "none of 1 data sets has the field resources") {
		t.Error(err)
	}
}

// A PBF that is cut anywhere shows it, without the server's word on its length.
func TestACutPBFIsNoticedAnywhere(t *testing.T) {
	whole := fetchtest.Files(t)[pbfName]
	if err := checkPBF(bytes.NewReader(whole), int64(len(whole))); err != nil {
		t.Fatal(err)
	}
	first := 4 + int(whole[3]) // where the data of the first block begins
	_, data, _ := blobHeader(whole[4:first])
	for n := 1; n < len(whole); n++ {
		err := checkPBF(bytes.NewReader(whole[:n]), int64(n))
		if n == first+int(data) { // between two blocks only the length could tell
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "cut short") {
			t.Fatalf("cut after %d of %d bytes: %v", n, len(whole), err)
		}
	}
	for name, text := range map[string]string{"xml": "<?xml version='1.0'?><osm>", "zero": strings.Repeat("\x00", 100), "other": "\x00\x00\x00\x08\x0a\x03XYZ\x18\x00\x00"} {
		if err := checkPBF(strings.NewReader(text), int64(len(text))); err == nil || !strings.Contains(err.Error(), "expected OpenStreetMap PBF") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLockFiles(t *testing.T) {
	sum := strings.Repeat("0123456789abcdef", 4)
	for _, c := range []struct{ text, says string }{
		{`{"version":1,"files":{"a.zip":{"url":"https://x","sha256":"` + sum + `","bytes":3,"fetched":"2026-11-20T21:21:44Z"}}}`, ""},
		{`{"version":1}`, ""},
		{`{"version":2}`, "lock file of version 2: this program knows 1"},
		{`{}`, "version 0"},
		{`nonsense`, "not a lock file"},
		{`{"version":1,"files":{"../a.zip":{"sha256":"` + sum + `"}}}`, `"../a.zip" is not a file name`},
		{`{"version":1,"files":{"a.zip":{"sha256":"abc"}}}`, `a.zip: "abc" is not a SHA-256`},
		{`{"version":1,"files":{"a.zip":{"sha256":"` + sum + `","bytes":-1}}}`, "-1 bytes"},
	} {
		if _, err := ParseLock([]byte(c.text)); (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.text, err, c.says)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, lockName), []byte("nonsense"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), "x", Options{Cache: dir}); err == nil || !strings.Contains(err.Error(), lockName) || !strings.Contains(err.Error(), "remove it") {
		t.Error(err)
	}
}

func TestBytes(t *testing.T) {
	for text, want := range map[string]Bytes{"100 kB": 100_000, "46 MB": 46_000_000, "1.5 GB": 1_500_000_000, "3 B": 3} {
		var b Bytes
		if err := b.UnmarshalText([]byte(text)); err != nil || b != want || b.String() != text {
			t.Errorf("%s: %d, %s, %v", text, b, b, err)
		}
	}
	for _, text := range []string{"", "46", "46MB", "-1 MB", "1e30 TB", "NaN MB"} {
		if err := new(Bytes).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was taken for a size", text)
		}
	}
}

func TestBackoffGrowsAndVaries(t *testing.T) {
	tr := &transfer{client: newClient("", time.Second, time.Second, 3)}
	for n, whole := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 4: 8 * time.Second, 10: time.Minute, 100: time.Minute} {
		seen := map[time.Duration]bool{}
		for range 50 {
			d := tr.backoff(n)
			if d < whole/2 || d > whole {
				t.Errorf("try %d: %s, want %s to %s", n, d, whole/2, whole)
			}
			seen[d] = true
		}
		if len(seen) < 10 {
			t.Errorf("try %d: always the same wait", n)
		}
	}
}

func FuzzParseCatalogue(f *testing.F) {
	f.Add(embedded)
	f.Add([]byte(soundSource))
	f.Add([]byte("sources:\n- {id: x, url: '{', file: '}'}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := ParseCatalogue(bytes.NewReader(text))
		if err != nil {
			return
		}
		for _, s := range c.Sources { // what is accepted can be expanded, and stays in the cache
			name, err := expand(s.File, map[string]string{"epci": "1", "department": "1", "extract": "1", "zone": "1", "resource": "1", "address": "1"})
			if err != nil || filepath.Base(name) != name {
				t.Errorf("%q becomes %q (%v)", s.File, name, err)
			}
		}
	})
}

func FuzzExpand(f *testing.F) {
	for _, s := range []string{"", "{epci}", "a{zone}b{department}", "{", "}", "{{epci}}", "{}", "é{epci"} {
		f.Add(s, "v")
	}
	f.Fuzz(func(t *testing.T, template, value string) {
		values := map[string]string{}
		for _, name := range placeholders {
			values[name] = value
		}
		out, err := expand(template, values)
		if err == nil && !strings.ContainsAny(value, "{}") && strings.ContainsAny(out, "{}") {
			t.Errorf("%q: braces are left in %q", template, out)
		}
		if err == nil && !strings.Contains(template, "{") && out != template {
			t.Errorf("%q became %q", template, out)
		}
	})
}

func FuzzParseLock(f *testing.F) {
	f.Add([]byte(`{"version":1,"files":{"a.zip":{"url":"https://x","sha256":"` + strings.Repeat("0", 64) + `","bytes":3,"fetched":"2026-11-20T21:21:44Z","etag":"\"x\""}}}`))
	f.Add([]byte(`{"version":1,"files":{"..":{}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := ParseLock(text)
		if err != nil {
			return
		}
		for name := range l.Files {
			if filepath.Base(name) != name {
				t.Errorf("%q leaves the cache", name)
			}
		}
		b, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseLock(b)
		if err != nil {
			t.Fatalf("what was written is not read: %v", err)
		}
		if diff := cmp.Diff(l, again, cmp.AllowUnexported(Fetched{})); diff != "" {
			t.Error(diff)
		}
	})
}

// What publishers send is a stranger's: no answer makes a check panic.
func FuzzCheck(f *testing.F) {
	for _, text := range fetchtest.Files(f) {
		f.Add(text)
	}
	sources := DefaultCatalogue().Sources
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, s := range sources {
			_ = check(path, &s, s.Member)
		}
		_, _ = frameOf(text)
		_, _ = parseEPCIs(text)
		_, _ = parseCommunes(text)
		_, _ = timetablesAt(text, "1", place{}, &Source{})
		_, _ = parseMD5(text)
	})
}
