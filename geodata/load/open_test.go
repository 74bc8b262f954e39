package load

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

// sharedFile is the path of a published file beside the project; the test is skipped without it.
func sharedFile(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("SKIPPED: the real data file ../shared/data/%s is not there", name)
	}
	return path
}

// tempFile writes a file for one test.
func tempFile(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func gzipped(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, content)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// table is everything that openRecords gave.
type table struct {
	format  string
	fields  []string
	epsg    int
	records []record
	report  *FileReport
}

// readTable opens and streams a whole file; an error of either step is returned.
func readTable(path string) (table, error) {
	tab := table{report: &FileReport{}}
	recs, err := openRecords(context.Background(), path, Options{}, tab.report)
	if err != nil {
		return tab, err
	}
	defer recs.close()
	tab.format, tab.fields, tab.epsg = recs.format, recs.fields, recs.epsg
	err = recs.each(func(r *record) error {
		c := *r
		c.values = maps.Clone(r.values)
		if r.geometry != nil {
			c.geometry = orb.Clone(r.geometry)
		}
		tab.records = append(tab.records, c)
		return nil
	})
	return tab, err
}

func mustReadTable(t testing.TB, path string) table {
	t.Helper()
	tab, err := readTable(path)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// wantError checks that an error names the file and says each of the words.
func wantError(t *testing.T, err error, file string, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one with %q", words)
	}
	for _, w := range append(words, filepath.Base(file)) {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
	if n := strings.Count(err.Error(), filepath.Base(file)+": "); n != 1 {
		t.Errorf("error %q names the file %d times", err, n)
	}
}

const (
	tinyCSV     = "code,nom\n49347,Tiercé\n"
	tinyGeoJSON = `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"49347"},"geometry":{"type":"Point","coordinates":[-0.47,47.62]}}]}`
)

func TestFormatsAreRecognisedByContentNotByName(t *testing.T) {
	for _, c := range []struct{ name, content, format string }{
		{"a.geojson", tinyCSV, "CSV"},
		{"a.csv", tinyGeoJSON, "GeoJSON"},
		{"a", "\xef\xbb\xbf \n" + tinyGeoJSON, "GeoJSON"},
		{"a.json", "\x1e" + `{"type":"Feature","properties":{"code":"49347"},"geometry":null}`, "GeoJSON"},
		{"a.csv", gzipped(t, tinyCSV), "CSV"},
		{"a.csv", gzipped(t, tinyGeoJSON), "GeoJSON"},
	} {
		tab := mustReadTable(t, tempFile(t, c.name, c.content))
		if tab.format != c.format || tab.report.Format != c.format || len(tab.records) != 1 || tab.report.Read != 1 {
			t.Errorf("%s %.20q: format %s, %d records, %d read; want %s and 1 record", c.name, c.content, tab.format, len(tab.records), tab.report.Read, c.format)
		}
		if got := tab.records[0].values["code"]; got != "49347" {
			t.Errorf("%s: code %q", c.name, got)
		}
	}
}

func TestWhatIsNoTableIsNamed(t *testing.T) {
	for _, c := range []struct {
		name, content string
		words         []string
	}{
		{"empty.csv", "", []string{"empty file", "expected CSV, GeoJSON"}},
		{"blank.csv", " \n\r\n\t", []string{"empty file"}},
		{"bom.csv", "\xef\xbb\xbf", []string{"empty file"}},
		{"page.geojson", "<!DOCTYPE html><html><body>404</body></html>", []string{"HTML page", "expected"}},
		{"page.csv", "\n\n  <HTML><head>", []string{"HTML page"}},
		{"feed.csv", "<?xml version='1.0'?><rss/>", []string{"XML"}},
		{"map.csv", "<?xml version='1.0'?><osm version='0.6'>", []string{"OpenStreetMap XML", "roads only"}},
		{"map.pbf", "\x00\x00\x00\x0d\x0a\x09OSMHeader\x18", []string{"OpenStreetMap PBF", "roads only"}},
		{"communes.shp", "\x00\x00\x27\x0a\x00\x00", []string{"shapefile", "ogr2ogr", "GeoPackage"}},
		{"communes.zip", "PK\x03\x04\x14\x00", []string{"zip archive is cut off or damaged", "download it again"}},
		{"a.parquet", "PAR1\x00", []string{"Parquet"}},
		{"a.fgb", "fgb\x03fgb\x00", []string{"FlatGeobuf"}},
		{"a.csv", "\xff\xfec\x00o\x00", []string{"UTF-16", "save it as UTF-8"}},
		{"a.csv", "code,nom\n\x00\x01\x02", []string{"binary data"}},
		{"a.json", "[1,2]", []string{"JSON array", "FeatureCollection"}},
		{"twice.gz", gzipped(t, gzipped(t, tinyCSV)), []string{"gzip inside gzip"}},
	} {
		path := tempFile(t, c.name, c.content)
		_, err := readTable(path)
		wantError(t, err, path, c.words...)
	}
}

func TestFilesThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing.csv")
	_, err := readTable(missing)
	wantError(t, err, missing, "no such file")
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v does not wrap os.ErrNotExist", err)
	}
	_, err = readTable(dir)
	wantError(t, err, dir, "a folder")
	path := tempFile(t, "a.csv", tinyCSV)
	_, err = readTable(path + "#communes")
	wantError(t, err, path, "CSV has no layers", "#communes")
}

func TestAHashMayBePartOfAFileName(t *testing.T) {
	path := tempFile(t, "a#b.csv", tinyCSV)
	if tab := mustReadTable(t, path); len(tab.records) != 1 || tab.report.File != path {
		t.Errorf("got %d records of %s", len(tab.records), tab.report.File)
	}
}

func TestADamagedGzipFileIsAnError(t *testing.T) {
	whole := gzipped(t, "a,b\n"+strings.Repeat("1,2\n", 50_000))
	cut := tempFile(t, "cut.csv.gz", whole[:len(whole)/2])
	_, err := readTable(cut)
	wantError(t, err, cut, "gzip file ends in the middle")
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v does not wrap io.ErrUnexpectedEOF", err)
	}
	b := []byte(whole)
	b[len(b)-6] ^= 1 // the checksum
	damaged := tempFile(t, "damaged.csv.gz", string(b))
	_, err = readTable(damaged)
	wantError(t, err, damaged, "damaged")
	stub := tempFile(t, "stub.csv.gz", "\x1f\x8b\x08")
	_, err = readTable(stub)
	wantError(t, err, stub, "gzip file ends in the middle")
}

func TestProgressRisesToTheSizeOfTheFileAsStored(t *testing.T) {
	text := strings.Repeat("some text that does not matter\n", 100_000)
	for name, content := range map[string]string{"plain": text, "gzip": gzipped(t, text)} {
		path := tempFile(t, name, content)
		var last int64
		opt := Options{Progress: func(file string, read, size int64) {
			if file != path || size != int64(len(content)) || read <= last {
				t.Errorf("%s: told %s, %d of %d after %d", name, file, read, size, last)
			}
			last = read
		}}
		f, err := openFile(context.Background(), path, opt)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(f)
		if err != nil || string(got) != text {
			t.Errorf("%s: read %d bytes, %v", name, len(got), err)
		}
		if last != int64(len(content)) {
			t.Errorf("%s: progress ended at %d of %d", name, last, len(content))
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestACancelledContextStopsTheStream(t *testing.T) {
	point := `{"type":"Feature","properties":{},"geometry":null}` + "\n"
	for name, content := range map[string]string{
		"a.csv":     "a,b\n" + strings.Repeat("1,2\n", 1_000_000),
		"a.geojson": strings.Repeat(point, 100_000),
	} {
		ctx, cancel := context.WithCancel(context.Background())
		path := tempFile(t, name, content)
		recs, err := openRecords(ctx, path, Options{}, &FileReport{})
		if err != nil {
			t.Fatal(err)
		}
		err = recs.each(func(*record) error { cancel(); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want context.Canceled", name, err)
		}
		recs.close()
		if _, err := openRecords(ctx, path, Options{}, &FileReport{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: opening got %v, want context.Canceled", name, err)
		}
	}
}

func TestAnErrorOfTheConsumerEndsTheStream(t *testing.T) {
	for _, content := range []string{"a,b\n1,2\n3,4\n", tinyGeoJSON} {
		recs, err := openRecords(context.Background(), tempFile(t, "a", content), Options{}, &FileReport{})
		if err != nil {
			t.Fatal(err)
		}
		stop := errors.New("stop")
		if err := recs.each(func(*record) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("got %v, want the consumer's error", err)
		}
		recs.close()
	}
}
