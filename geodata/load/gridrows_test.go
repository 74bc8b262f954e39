package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/crs"
	"github.com/maillage/maillage/internal/griddata"
)

// inParts reads a table as Population does, in parts of so many bytes; 0 reads
// row after row, as tables of other formats are.
func inParts(text []byte, size int, opt PopulationOptions) (geodata.Population, *FileReport, error) {
	rep := &FileReport{File: "cells_2019"}
	recs, err := recordsOf(text, rep)
	if err != nil {
		return geodata.Population{}, rep, err
	}
	if recs.csv != nil {
		recs.csv.partSize = size
	}
	if size == 0 {
		recs.csv = nil
	}
	pop, err := readPopulation(context.Background(), recs, opt, rep)
	return pop, rep, err
}

// oddRows are lines between which plain ones stand: what is wrong, unusual, or
// ends elsewhere than its line.
var oddRows = []string{
	"CRS3035RES200mN2777200E3537600,0,49347,1,1",                // the same cell whenever it is drawn
	`"CRS3035RES200mN2777400E3537600","1","4934749333","2","1"`, // quotes around every field
	"CRS3035RES200mN2777600E3537600 , 1, 49347 ,\t3,2,5",        // a field too many
	"CRS3035RES200mN2777600E3537600 , 1, 49347 ,\t3,2",          // blanks
	"CRS3035RES200mN2777800E3537600,2,49347,1,1",                // neither 0 nor 1
	"CRS3035RES200mN2778000E3537600,true,ABCDE,1,1",             // no commune
	"CRS3035RES200mN2778200E3537600,0,493,1,9",                  // a part above the whole
	"CRS3035RES200mN2778400E3537600,,,,",                        // no inhabitants
	"CRS3035RES200mN2778600E3537600,,,\"4,5\",",                 // no ages
	"CRS3035RES200mN2778800E3537600,0,49347,-1,NaN",             // no counts
	"CRS3035RES200mN2779000E3537600,0,49347,1e1,1.0000005",      // unusual numbers
	"200mN27774E35376,0,49347,7,7",                              // another spelling of a cell
	"CRS3035RES0200mN2779200E03537600,0,49347,7,7",              // and another
	"CRS3035RES1000mN2777000E3537000,0,49347,7,7",               // another size
	"CRS3035RES200mN977000E3537000,0,49347,7,7",                 // fewer digits: not in the order of numbers
	"CRS3035RES200mN2777201E3537601,0,49347,7,7",                // another grid
	"CRS2975RES200mN7666000E340000,0,97411,7,7",                 // another system
	"CRS3035RES200mN99999800E99999800,0,49347,7,7",              // nowhere
	"CRS3035RES200mN12,0,49347,7,7",                             // no cell
	"CRS3035RES200mN2779400E3537600,0,4934\xe9,7,7",             // Windows-1252
	"CRS3035RES200mN2779600E3537600,0,é,7,7",
	"", "  ", ",,,,", "one field", "\"", `"open,0,49347,7,7`,
	"\"on two\nlines\",0,49347,7,7",
	"\"CRS3035RES200mN2779800E3537600\r\n\",0,49347,7,7",
	`CRS3035RES200mN2780000E3537600,0,49347 5" x,7,7`,
	`"CRS3035RES200mN2780200E3537600"",0,49347,7,7`,
	"CRS3035RES200mN2780400E3537600,0,49347,7,7\rCRS3035RES200mN2780600E3537600,0,49347,7,7",
}

// Whatever the rows are, wherever parts are cut and whichever cells are kept,
// reading in parts gives the cells, the report and the error of reading row
// after row.
func TestRowsReadInPartsAreThoseReadOneByOne(t *testing.T) {
	plain := rapid.Custom(func(t *rapid.T) string {
		return fmt.Sprintf("CRS3035RES200mN%dE%d,%d,49%03d,%d.5,%d", 2777200+200*rapid.IntRange(0, 40).Draw(t, "n"), 3537600+200*rapid.IntRange(0, 40).Draw(t, "e"),
			rapid.IntRange(0, 1).Draw(t, "imputed"), rapid.IntRange(1, 400).Draw(t, "commune"), rapid.IntRange(1, 99).Draw(t, "ind"), rapid.IntRange(0, 1).Draw(t, "age"))
	})
	some := rapid.OneOf(plain, plain, plain, rapid.SampledFrom(oddRows))
	row := rapid.Custom(func(t *rapid.T) string { // the last field is of a column that is not used
		return some.Draw(t, "row") + rapid.SampledFrom([]string{",x", ",x", ",x", ",", "", ",é", ",\xe9", ",x\ry", ",\"x\ny\"", ",\"x, y\""}).Draw(t, "name")
	})
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(row, 1, 60).Draw(t, "rows")
		end := rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "line end")
		text := []byte("idcar_200m,i_est_200,lcog_geo,ind,ind_0_3,name" + end + strings.Join(rows, end))
		if rapid.Bool().Draw(t, "last line ends") {
			text = append(text, end...)
		}
		opt := PopulationOptions{}
		if rapid.Bool().Draw(t, "an area") {
			opt.Keep = func(p orb.Point) bool { return p[1] < 47.65 }
		}
		want, wantRep, wantErr := inParts(text, 0, opt)
		got, rep, err := inParts(text, rapid.IntRange(1, 600).Draw(t, "part"), opt)
		if diff := cmp.Diff(wantRep, rep); diff != "" {
			t.Fatalf("the report: %s", diff)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("the cells: %s", diff)
		}
		if fmt.Sprint(wantErr) != fmt.Sprint(err) {
			t.Fatalf("error %v, want %v", err, wantErr)
		}
	})
}

// By hand: which line each of these is on, though parts end everywhere.
func TestPartsKeepTheLinesOfTheFile(t *testing.T) {
	text := []byte(strings.Join([]string{
		"idcar_200m,ind",
		"CRS3035RES200mN2777400E3537600,1",
		"CRS3035RES200mN2777200E3537600,2",
		"\"CRS3035RES200mN2777200\nE3537600\",3", // 4 and 5
		"CRS3035RES200mN2777400E3537600,4",       // 6
		"",
		"CRS3035RES200mN2777200E3537600,5", // 8
		"CRS3035RES200mN2777600E3537600,x", // 9
	}, "\n"))
	for size := 1; size < len(text)+2; size++ {
		pop, rep, err := inParts(text, size, PopulationOptions{})
		if err != nil {
			t.Fatal(err)
		}
		rejected(t, rep,
			"lines 4 to 5: idcar_200m = \"CRS3035RES200mN2777200\\nE3537600\": not a cell id such as CRS3035RES200mN2029800E4254200: the northing \"2777200\\n\" is not digits",
			`line 6: idcar_200m = "CRS3035RES200mN2777400E3537600": duplicate cell: already on line 2`,
			`line 8: idcar_200m = "CRS3035RES200mN2777200E3537600": duplicate cell: already on line 3`,
			`line 9: ind = "x": want a number such as 12.5: not a decimal number`)
		if len(pop.Cells) != 2 || pop.Cells[0].ID != "CRS3035RES200mN2777200E3537600" || pop.Columns[0].Values[0] != 2*geodata.Unit || rep.Read != 6 {
			t.Fatalf("parts of %d bytes: %+v, %d read", size, pop, rep.Read)
		}
		if t.Failed() {
			t.Fatalf("in parts of %d bytes", size)
		}
	}
}

// Each cell of a large file has the id, centre, outline and counts that its row
// says, worked out here one by one, and the cells come by id.
func TestALargeGridIsReadRight(t *testing.T) {
	const n = 30_000 // several parts for every processor
	path := filosofi(t, n)
	pop, rep := loadPopulation(t, path, PopulationOptions{})
	if len(pop.Cells) != n || rep.Read != n || len(rep.Rejected) > 0 || pop.CellSize != 200 || len(pop.Columns) != 19 {
		t.Fatalf("%d cells in %d columns, %+v", len(pop.Cells), len(pop.Columns), rep)
	}
	if !slices.IsSortedFunc(pop.Cells, func(a, b geodata.Cell) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("the cells do not come by id")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	header := strings.Split(lines[0], ",")
	for _, line := range lines[1:] {
		row := strings.Split(line, ",")
		i, found := slices.BinarySearchFunc(pop.Cells, row[0], func(c geodata.Cell, id string) int { return strings.Compare(c.ID, id) })
		if !found {
			t.Fatalf("cell %s is not there", row[0])
		}
		g, err := crs.ParseGridID(row[0])
		if err != nil {
			t.Fatal(err)
		}
		want := geodata.Cell{ID: row[0], Commune: row[5][:5], Imputed: row[3] == "1"}
		if want.Centre, err = g.Centre(); err != nil {
			t.Fatal(err)
		}
		if want.Outline, err = g.Ring(); err != nil {
			t.Fatal(err)
		}
		if !cmp.Equal(want, pop.Cells[i]) {
			t.Fatalf("%s: %s", line, cmp.Diff(want, pop.Cells[i]))
		}
		for _, c := range pop.Columns {
			v, err := geodata.ParseAmount(row[slices.Index(header, c.Name)])
			if err != nil || c.Values[i] != v {
				t.Fatalf("%s: %s is %s, want %s, %v", row[0], c.Name, c.Values[i], v, err)
			}
		}
	}
}

// filosofi is a file of so many cells in INSEE's form.
func filosofi(t testing.TB, cells int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "filosofi_2019.csv")
	var b bytes.Buffer
	if err := griddata.Write(&b, cells); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A load that is told to stop in the middle stops there, and leaves nobody working.
func TestALargeGridStopsWhenToldTo(t *testing.T) {
	path := filosofi(t, 60_000)
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stop := func(orb.Point) bool { cancel(); return true }
	_, rep, err := Population(ctx, path, PopulationOptions{Options: Options{Keep: stop}})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want context.Canceled and the file's name", err)
	}
	if rep.Read > 59_000 {
		t.Errorf("%d of 60000 rows were read after the load was cancelled", rep.Read)
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

// Putting the cells in order, after the file was read, stops too.
func TestNamingStopsWhenToldTo(t *testing.T) {
	const n = 100_000
	c := gridCells{first: crs.GridID{EPSG: 3035, Size: 200}, pop: geodata.Population{Cells: make([]geodata.Cell, n)}}
	for i := range n {
		c.numbers = append(c.numbers, number(crs.GridID{N: 2777200, E: 3537600 + i*200}))
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.name(ctx); !errors.Is(err, context.Canceled) || c.pop.Cells[n-1].ID != "" {
		t.Errorf("got %v, and the last cell is named %q", err, c.pop.Cells[n-1].ID)
	}
}

// A file that is cut off gives the error, and the line before it, that reading
// row after row gives.
func TestALargeGridThatIsCutOffIsAnError(t *testing.T) {
	text, err := os.ReadFile(filosofi(t, 20_000))
	if err != nil {
		t.Fatal(err)
	}
	whole := gzipped(t, string(text))
	path := tempFile(t, "cut.csv.gz", whole[:len(whole)/2])
	_, rep, err := Population(context.Background(), path, PopulationOptions{})
	wantError(t, err, path, "gzip file ends in the middle")
	if after := fmt.Sprintf("after line %d:", rep.Read+1); rep.Read < 1000 || !strings.Contains(err.Error(), after) {
		t.Errorf("%v: want %q, of %d rows read below the header", err, after, rep.Read)
	}
}

// Room for the whole grid is made once, when a part of the file is known.
func TestRoomIsMadeForWhatIsForeseen(t *testing.T) {
	c := gridCells{pop: geodata.Population{Columns: make([]geodata.Column, 2)}}
	c.reserve(25_000, 0.01)
	if room := cap(c.pop.Cells); room < 2_500_000 || room > 2_700_000 || cap(c.pop.Columns[1].Values) < 2_500_000 {
		t.Errorf("25,000 cells in a hundredth of the file: room for %d", room)
	}
	c = gridCells{}
	c.reserve(100, 0.00001)
	if room := cap(c.pop.Cells); room > 1000 {
		t.Errorf("100 cells say little of the rest: room for %d", room)
	}
	path := tempFile(t, "file", strings.Repeat("x", 3_000_000))
	f, err := openFile(context.Background(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	buf := make([]byte, 750_000)
	for used := 0; used < 3_000_000; used += len(buf) {
		if _, err := f.Read(buf[:1]); err != nil {
			t.Fatal(err)
		}
		n := 1
		for n < len(buf) {
			k, err := f.Read(buf[n:])
			if err != nil {
				t.Fatal(err)
			}
			n += k
		}
		if got, want := f.share(150_000), float64(used+600_000)/3_000_000; got != want {
			t.Errorf("%d bytes read, 150,000 of them not used: share %v, want %v", used+750_000, got, want)
		}
	}
}

// Squares come out by northing, then easting, and it is known where each was; or,
// where that is not possible, nothing has changed.
func TestSquaresAreSortedByNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{1, 200, 1000}).Draw(t, "size")
		offset := rapid.SampledFrom([]int{0, 0, 7}).Draw(t, "offset of some")
		wide := rapid.SampledFrom([]int{3, 99_999}).Draw(t, "wide")
		squares := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) uint64 {
			at := func(axis string) int {
				return rapid.IntRange(0, wide).Draw(t, axis)*size + rapid.SampledFrom([]int{0, offset}).Draw(t, axis+" offset")
			}
			return number(crs.GridID{N: at("n"), E: at("e")})
		}), 1, 60, rapid.ID).Draw(t, "squares")
		c := gridCells{first: crs.GridID{Size: size}, numbers: slices.Clone(squares), places: recordPlaces{numbers: make([]int32, len(squares))}}
		order, ok := c.sortNumbers()
		if !ok {
			t.Fatal("60 squares in a hundred thousand kilometres do not fit")
		}
		if !slices.IsSorted(c.numbers) || len(order) != len(squares) {
			t.Fatalf("sorted to %v", c.numbers)
		}
		for i, from := range order {
			if c.numbers[i] != squares[from] {
				t.Fatalf("square %d is said to have been at %d, which is %d, not %d", i, from, squares[from], c.numbers[i])
			}
		}
	})
	// Squares of 1 m over 99,999 km take 2 × 27 bits, their places in the file 11 more.
	squares := []uint64{number(crs.GridID{N: 99_999_999, E: 99_999_999})}
	for i := range 1500 {
		squares = append(squares, uint64(i))
	}
	c := gridCells{first: crs.GridID{Size: 1}, numbers: slices.Clone(squares)}
	if _, ok := c.sortNumbers(); ok || !slices.Equal(c.numbers, squares) {
		t.Error("squares that do not fit were sorted, or changed")
	}
}

func TestSquaresAreFoundAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		square := rapid.Custom(func(t *rapid.T) crs.GridID {
			return crs.GridID{EPSG: rapid.SampledFrom([]int{3035, 2975}).Draw(t, "epsg"), Size: rapid.SampledFrom([]int{1, 200, 1000}).Draw(t, "size"),
				N: rapid.SampledFrom([]int{0, 1, 199, 200, 6399, 6400, 99_999_999}).Draw(t, "n"), E: rapid.SampledFrom([]int{0, 1, 200, 6200, 6400, 99_999_999}).Draw(t, "e")}
		})
		var set squareSet
		known := map[crs.GridID]bool{}
		for _, g := range rapid.SliceOfN(square, 1, 80).Draw(t, "squares") {
			if set.has(g) != known[g] || set.add(g) == known[g] || !set.has(g) {
				t.Fatalf("%+v: known %v", g, known[g])
			}
			known[g] = true
		}
	})
}

func TestPlacesAreToldAsGiven(t *testing.T) {
	var p recordPlaces
	given := []string{"line 12", "line 3", "lines 4 to 5", "row 6", "feature 49347", "line 007", "line ", "x", "line 99999999999", "line -5"}
	for _, where := range given {
		p.add(where)
	}
	p.addLine(77)
	for i, want := range append(given, "line 77") {
		if got := p.at(i); got != want {
			t.Errorf("place %d is %q, want %q", i, got, want)
		}
	}
	var rows recordPlaces
	rows.add("row 1")
	rows.addLine(2)
	if rows.at(0) != "row 1" || rows.at(1) != "line 2" {
		t.Errorf("%q, %q", rows.at(0), rows.at(1))
	}
}

func BenchmarkFilosofi(b *testing.B) {
	const cells = 250_000
	path := filosofi(b, cells)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Population(context.Background(), path, PopulationOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cells)*float64(b.N)/b.Elapsed().Seconds(), "cells/s")
}
