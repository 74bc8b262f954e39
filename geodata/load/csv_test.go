package load

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"
)

// The same three rows in every dialect give the same records.
func TestCSVDialects(t *testing.T) {
	want := []map[string]string{
		{"code": "49347", "nom": "Tiercé", "part": "0,5"},
		{"code": "49076", "nom": "La Chapelle-Saint-Laud", "part": "1 000,25"},
		{"code": "72154", "nom": "Flèche (La)"},
	}
	for _, delimiter := range csvDelimiters {
		for _, end := range []string{"\n", "\r\n", "\r"} {
			for _, encoding := range []string{"UTF-8", "UTF-8 with BOM", "Windows-1252"} {
				for _, last := range []string{"", end, end + end} {
					text := dialect(want, string(delimiter), end) + last
					switch encoding {
					case "UTF-8 with BOM":
						text = "\ufeff" + text
					case "Windows-1252":
						text, _ = charmap.Windows1252.NewEncoder().String(text)
					}
					tab := mustReadTable(t, tempFile(t, "t.csv", text))
					what := fmt.Sprintf("delimiter %q, line end %q, %s", delimiter, end, encoding)
					if !slices.Equal(tab.fields, []string{"code", "nom", "part"}) {
						t.Fatalf("%s: fields %q", what, tab.fields)
					}
					checkRows(t, what, tab, want)
					if legacy := encoding == "Windows-1252"; legacy != (len(tab.report.Notes) == 1) {
						t.Errorf("%s: notes %q", what, tab.report.Notes)
					}
				}
			}
		}
	}
}

func dialect(rows []map[string]string, delimiter, end string) string {
	lines := []string{strings.Join([]string{"code", "nom", "part"}, delimiter)}
	for _, r := range rows {
		cells := []string{r["code"], r["nom"], r["part"]}
		for i, c := range cells {
			if strings.Contains(c, delimiter) {
				cells[i] = `"` + c + `"`
			}
		}
		lines = append(lines, strings.Join(cells, delimiter))
	}
	return strings.Join(lines, end)
}

func checkRows(t *testing.T, what string, tab table, want []map[string]string) {
	t.Helper()
	if len(tab.records) != len(want) || len(tab.report.Rejected) > 0 {
		t.Fatalf("%s: %d records, rejected %v; want %d records", what, len(tab.records), tab.report.Rejected, len(want))
	}
	for i, r := range tab.records {
		if !maps.Equal(r.values, want[i]) {
			t.Errorf("%s: record %d is %q, want %q", what, i+1, r.values, want[i])
		}
		if where := fmt.Sprintf("line %d", i+2); r.where != where {
			t.Errorf("%s: record %d stands at %q, want %q", what, i+1, r.where, where)
		}
		if r.geometry != nil || tab.epsg != 0 {
			t.Errorf("%s: a CSV has no geometry", what)
		}
	}
}

// Each row of text, and what is read of it.
func TestCSVQuotesAndBlanks(t *testing.T) {
	for _, c := range []struct{ row, a, b string }{
		{`1,2`, "1", "2"},
		{` 1 , 2	`, "1", "2"},
		{`"1","2"`, "1", "2"},
		{` "1" , "2" `, "1", "2"},
		{`"a, b","c"`, "a, b", "c"},
		{`"a ""b"" c",2`, `a "b" c`, "2"},
		{`a 5" pipe,2`, `a 5" pipe`, "2"},
		{`"Le "Bourg" d'en haut",2`, `Le "Bourg" d'en haut`, "2"},
		{`"",2`, "", "2"},
		{`"2 lines
here",2`, "2 lines\nhere", "2"},
		{`"""",2`, `"`, "2"},
	} {
		tab := mustReadTable(t, tempFile(t, "t.csv", "a,b\n"+c.row+"\nlast,row\n"))
		if len(tab.records) != 2 {
			t.Errorf("%s: %d records, rejected %v", c.row, len(tab.records), tab.report.Rejected)
			continue
		}
		if v := tab.records[0].values; v["a"] != c.a || v["b"] != c.b {
			t.Errorf("%s: read %q, want %q and %q", c.row, v, c.a, c.b)
		}
		if _, given := tab.records[0].values["a"]; given != (c.a != "") {
			t.Errorf("%s: an empty field must be absent", c.row)
		}
	}
}

func TestCSVEmptyTabSeparatedFieldsKeepTheirPlace(t *testing.T) {
	tab := mustReadTable(t, tempFile(t, "t.csv", "a\tb\tc\n1\t\t3\n\t\t3\n"))
	checkRows(t, "tabs", tab, []map[string]string{{"a": "1", "c": "3"}, {"c": "3"}})
}

func TestCSVRowsAtFaultAreRejectedWithTheirLines(t *testing.T) {
	tab := mustReadTable(t, tempFile(t, "t.csv", strings.Join([]string{
		"a,b",            // 1
		"1,2",            // 2
		"only one",       // 3
		"",               // 4
		"\"two",          // 5
		"lines\",3",      // 6
		"\"two",          // 7
		"lines\",3,4",    // 8
		",",              // 9: Excel's empty row
		"5,6",            // 10
		"7,8,",           // 11
		"\"not closed,9", // 12
		"10,11",          // 13
		"\"nor this,12",  // 14
		"\"but this\",13",
	}, "\n")))
	var where []string
	for _, r := range tab.records {
		where = append(where, r.where)
	}
	if want := []string{"line 2", "lines 5 to 6", "line 10", "line 13", "line 15"}; !slices.Equal(where, want) {
		t.Errorf("records at %q, want %q", where, want)
	}
	want := []Rejection{
		{Record: "line 3", Reason: "1 fields instead of the header's 2 (separator ',')"},
		{Record: "lines 7 to 8", Reason: "3 fields instead of the header's 2 (separator ',')"},
		{Record: "line 11", Reason: "3 fields instead of the header's 2 (separator ',')"},
		{Record: "line 12", Reason: "a quote is opened and not closed"},
		{Record: "line 14", Reason: "a quote is opened and not closed"},
	}
	if !reflect.DeepEqual(tab.report.Rejected, want) {
		t.Errorf("rejected %+v, want %+v", tab.report.Rejected, want)
	}
	if tab.report.Read != 10 || !slices.Equal(tab.report.Notes, []string{"rows without any value were skipped: 1"}) {
		t.Errorf("read %d, notes %q; want 10 and the skipped row", tab.report.Read, tab.report.Notes)
	}
}

func TestCSVThatCannotBeUsed(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		words []string
	}{
		"header only":       {"code;nom\n", []string{"only a header (code, nom)", "no row"}},
		"header and blanks": {"code;nom\n\n\n", []string{"only a header"}},
		"a column twice":    {"code,nom,code\n1,2,3\n", []string{`column "code" appears twice`, "line 1"}},
		"no names":          {",,\n1,2,3\n", []string{"names no column"}},
		"control bytes":     {"a\x01,b\n1,2\n", []string{"control characters"}},
		"one endless line":  {strings.Repeat("x", csvWindow+1), []string{"line 1", "longer than"}},
		"endless row":       {"a,b\n1," + strings.Repeat("x", csvWindow+1), []string{"line 2", "longer than"}},
	} {
		path := tempFile(t, "t.csv", c.text)
		_, err := readTable(path)
		t.Run(name, func(t *testing.T) { wantError(t, err, path, c.words...) })
	}
}

func TestCSVUnknownSeparatorLeavesOneFieldForTheCallerToName(t *testing.T) {
	tab := mustReadTable(t, tempFile(t, "t.csv", "code^nom^lon\n1^2^3\n"))
	if !slices.Equal(tab.fields, []string{"code^nom^lon"}) {
		t.Errorf("fields %q", tab.fields)
	}
}

func TestCSVDelimiter(t *testing.T) {
	for text, want := range map[string]byte{
		"a;b\n1,5;2,5\n3,5;4,5\n":               ';', // decimal commas
		"a,b\nx;y;z,1\nx;y;z,2\n":               ',',
		"\"Nom, prénom\";age\nDupont, A;1\n":    ';',
		"Nom, prénom;age;x\nDupont;1;2\nB;1;2;": ';',
		"a|b,c|d\n1|2|3\n":                      '|',
		"a":                                     ',',
		"":                                      ',',
	} {
		if got := csvDelimiter([]byte(text)); got != want {
			t.Errorf("%q: delimiter %q, want %q", text, got, want)
		}
	}
}

func TestCSVWindows1252FarIntoAFileThatBeganAsUTF8(t *testing.T) {
	text := "nom,n\n" + strings.Repeat("Tiercé,1\n", 200_000) + "Tierc\xe9 \x80,2\nÉtriché,3\n"
	tab := mustReadTable(t, tempFile(t, "t.csv", text))
	if n := len(tab.records); n != 200_002 {
		t.Fatalf("%d records", n)
	}
	if a, b := tab.records[200_000].values["nom"], tab.records[200_001].values["nom"]; a != "Tiercé €" || b != "Étriché" {
		t.Errorf("read %q and %q", a, b)
	}
	if len(tab.report.Notes) != 1 || !strings.HasPrefix(tab.report.Notes[0], "line 200002: not UTF-8") {
		t.Errorf("notes %q", tab.report.Notes)
	}
}

func TestCSVUnnamedColumnsAreIgnoredAndNoted(t *testing.T) {
	tab := mustReadTable(t, tempFile(t, "t.csv", ",a,b\n0,1,2\n"))
	checkRows(t, "unnamed", tab, []map[string]string{{"a": "1", "b": "2"}})
	if len(tab.report.Notes) != 1 || !strings.Contains(tab.report.Notes[0], "without a name") {
		t.Errorf("notes %q", tab.report.Notes)
	}
}

// What encoding/csv writes is read as encoding/csv reads it, whatever the
// buffer's boundaries cut.
func TestCSVAgainstTheStandardLibrary(t *testing.T) {
	cell := rapid.StringOfN(rapid.SampledFrom([]rune("ab1é\",;\n \t")), 0, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(2, 5).Draw(t, "width")
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, width, width), 1, 30).Draw(t, "rows")
		var text strings.Builder
		w := csv.NewWriter(&text)
		w.UseCRLF = rapid.Bool().Draw(t, "crlf")
		w.WriteAll(rows)

		s := csvScanner{in: bufio.NewReaderSize(iotestReader{strings.NewReader(text.String())}, 4096), comma: ',', line: 1}
		for i, want := range rows {
			if slices.Equal(trimmed(want), make([]string, width)) {
				want = make([]string, width)
			}
			row, err := s.row()
			if err != nil || row.broken != "" || !slices.Equal(row.fields, trimmed(want)) {
				t.Fatalf("row %d: %q (%s, %v), want %q", i, row.fields, row.broken, err, trimmed(want))
			}
		}
		if row, err := s.row(); !errors.Is(err, io.EOF) {
			t.Fatalf("after the last row: %+v, %v", row, err)
		}
	})
}

// iotestReader gives few bytes at a time.
type iotestReader struct{ r io.Reader }

func (r iotestReader) Read(p []byte) (int, error) { return r.r.Read(p[:min(len(p), 7)]) }

func trimmed(row []string) []string {
	out := make([]string, len(row))
	for i, c := range row {
		out[i] = strings.TrimSpace(c)
	}
	return out
}

func TestRealCSV(t *testing.T) {
	for name, want := range map[string]int{
		"anjou/france_services_2024-08-01.csv": 2845,
		"anjou/schools.csv":                    1125,
		"anjou/bpe_2019_communes.csv":          36_555,
		"anjou/census2021_1km.csv":             12_011,
		"anjou/population_2006-2021_1km.csv":   12_228,
	} {
		path := sharedFile(t, name)
		tab := mustReadTable(t, path)
		if len(tab.records) != want || len(tab.report.Rejected)+len(tab.report.Notes) > 0 {
			t.Errorf("%s: %d records, %d rejected, notes %q; want %d", name, len(tab.records), len(tab.report.Rejected), tab.report.Notes, want)
		}
		compareWithStandardCSV(t, path, tab)
	}
}

func compareWithStandardCSV(t *testing.T, path string, tab table) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows[1:] {
		for j, name := range rows[0] {
			name = strings.TrimPrefix(name, "\ufeff")
			if got := tab.records[i].values[name]; got != strings.TrimSpace(row[j]) {
				t.Fatalf("%s row %d: %s = %q, want %q", path, i+1, name, got, row[j])
			}
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{tinyCSV, "a;b\r\n\"1\n2\";3\r\n", "a\tb\n\"\t1\n", "\ufeffa|b\r1|2\r", "a,b\n\xe9,\x81\n", "a,b\n\"\"\",1\n\",\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rep := &FileReport{}
		recs, err := openCSV(bufio.NewReaderSize(strings.NewReader(text), csvWindow), rep)
		if err != nil {
			return
		}
		yielded, line := 0, 0
		if err := recs.each(func(r *record) error {
			yielded++
			var at int
			if _, err := fmt.Sscanf(strings.Replace(r.where, "lines", "line", 1), "line %d", &at); err != nil || at <= line {
				t.Fatalf("%q after line %d", r.where, line)
			}
			line = at
			for k, v := range r.values {
				if v == "" || !utf8.ValidString(v) || !slices.Contains(recs.fields, k) {
					t.Fatalf("%s: %q = %q", r.where, k, v)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if rep.Read != yielded+len(rep.Rejected) {
			t.Fatalf("%d read, but %d given and %d rejected", rep.Read, yielded, len(rep.Rejected))
		}
	})
}

func BenchmarkCSV(b *testing.B) {
	path := sharedFile(b, "anjou/census2021_1km.csv")
	info, _ := os.Stat(path)
	b.SetBytes(info.Size())
	for b.Loop() {
		recs, err := openRecords(b.Context(), path, Options{}, &FileReport{})
		if err != nil {
			b.Fatal(err)
		}
		if err := recs.each(func(*record) error { return nil }); err != nil {
			b.Fatal(err)
		}
		recs.close()
	}
}
