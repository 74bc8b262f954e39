package matrix

import (
	"fmt"
	"math/big"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

const (
	someDemand = "demand_id,value\na,1\nb,2.5\nc,0\n"
	someSupply = "site_id,capacity\nx,24\ny,0\n"
	someTimes  = "demand_id,site_id,seconds\na,x,10\nb,y,0.0005\nc,x,\n"
)

// file is a text to be read, and what is told of it.
func file(name, text string) (File, *[]string) {
	var told []string
	return File{Name: name, In: strings.NewReader(text), Fault: func(f Fault) { told = append(told, f.String()) }}, &told
}

// readAll reads the three files; a text that is empty is the sound one.
func readAll(t testing.TB, demand, supply, times string) (d, s *Values, m *Matrix, told []string) {
	t.Helper()
	or := func(text, sound string) string {
		if text == "" {
			return sound
		}
		return text
	}
	fd, td := file("D.csv", or(demand, someDemand))
	d, _, err := ReadDemand(fd)
	if err != nil {
		t.Fatal(err)
	}
	fs, ts := file("S.csv", or(supply, someSupply))
	s, _, err = ReadSupply(fs)
	if err != nil {
		t.Fatal(err)
	}
	ft, tt := file("T.csv", or(times, someTimes))
	m, _, err = ReadTimes(ft, d, s)
	if err != nil {
		t.Fatal(err)
	}
	return d, s, m, append(append(*td, *ts...), *tt...)
}

// listed are the pairs of a matrix as text.
func listed(m *Matrix) (pairs []string) {
	for i := range m.Homes {
		sites, times := m.From(i)
		for k, j := range sites {
			pairs = append(pairs, fmt.Sprintf("%s-%s %d ms", m.Homes[i], m.Sites[j], times[k]))
		}
	}
	return pairs
}

func TestThreeFilesAreAMatrix(t *testing.T) {
	d, s, m, told := readAll(t, "", "", "")
	if diff := cmp.Diff([]string{"a-x 10000 ms", "b-y 1 ms"}, listed(m)); diff != "" { // half a millisecond is rounded up; c has no way
		t.Error(diff)
	}
	if len(told) > 0 {
		t.Error(told)
	}
	if diff := cmp.Diff([]geodata.Amount{1e6, 2.5e6, 0}, d.Amounts); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"x", "y"}, s.IDs); diff != "" {
		t.Error(diff)
	}
	if homes, _ := m.To(0); len(homes) != 1 || homes[0] != 0 {
		t.Errorf("to x: %v, want home 0", homes)
	}
}

// The same records however they are spelt.
func TestSpellings(t *testing.T) {
	want := []string{"a-x 10000 ms", "b-y 61250 ms"}
	for what, text := range map[string]string{
		"maillage times":            "cell_id,facility_id,seconds\na,x,10\nb,y,61.25\n",
		"semicolons, decimal comma": "demand_id;site_id;seconds\na;x;10,000\nb;y;61,25\n",
		"byte order mark, CRLF":     "\ufeffdemand_id,site_id,seconds\r\na,x,10\r\nb,y,61.25\r\n",
		"quotes":                    "\"demand_id\",\"site_id\",\"seconds\"\n\"a\",\"x\",\"10\"\n b , \"y\" ,\"61,25\"\n",
		"more columns, no last end": "note,SECONDS,demand_id,mode,Site_ID\n\"by car, fast\",10,a,car,x\n,61.25,b,,y",
		"empty lines":               "demand_id,site_id,seconds\n\na,x,10\n\r\nb,y,61.25\n\n",
		"exponents":                 "demand_id,site_id,seconds\na,x,1e1\nb,y,6.125E+1\n",
		"unsorted":                  "demand_id,site_id,seconds\nb,y,61.2499999999999999999999\nb,y ,\na,x,10.0004999\n",
	} {
		_, _, m, told := readAll(t, "", "", text)
		if what == "unsorted" && len(told) == 1 {
			told = nil // b-y appears twice
		}
		if diff := cmp.Diff(want, listed(m)); diff != "" || len(told) > 0 {
			t.Errorf("%s: %v %s", what, told, diff)
		}
	}
}

// Every record that cannot be used is named, and the others count.
func TestFaultsAreNamedAndTheRestCounts(t *testing.T) {
	for _, c := range []struct{ demand, supply, times, want string }{
		{demand: "demand_id,value\na,1\na,2\nb,2\n", want: `D.csv, line 3: demand_id = "a": appears twice: first on line 2, which counts`},
		{demand: "demand_id,value\na,1\nb,2\n,2\n", want: `D.csv, line 4: demand_id = "": want an id`},
		{demand: "demand_id,value\na,1\nb,2\n\xe9,2\n", want: `D.csv, line 4: demand_id = "\xe9": want UTF-8: save the file as CSV UTF-8`},
		{demand: "demand_id,value\na,1\nb,2\nc,-1\n", want: `D.csv, line 4: value = "-1": want a number of people, 0 or more, such as 12.5`},
		{demand: "demand_id,value\na,1\nb,2\nc,NaN\n", want: `D.csv, line 4: value = "NaN": want a number of people, 0 or more, such as 12.5`},
		{supply: "site_id,capacity\nx,1\ny,1\nz,\n", want: `S.csv, line 4: capacity = "": want a capacity, 0 or more, such as 24`},
		{supply: "site_id,capacity\nx,1\ny,1\nz,Inf\n", want: `S.csv, line 4: capacity = "Inf": want a capacity, 0 or more, such as 24`},
		{times: someTimes + "q,x,1\n", want: `T.csv, line 5: demand_id = "q": not a demand_id of the demand`},
		{times: someTimes + ",x,1\n", want: `T.csv, line 5: demand_id = "": not a demand_id of the demand`},
		{times: someTimes + "a,q,1\n", want: `T.csv, line 5: site_id = "q": not a site_id of the supply`},
		{times: someTimes + "a,y,-1\n", want: `T.csv, line 5: seconds = "-1": want seconds, 0 or more, such as 612.5, or nothing where there is no way`},
		{times: someTimes + "a,y,inf\n", want: `T.csv, line 5: seconds = "inf": want seconds, 0 or more, such as 612.5, or nothing where there is no way`},
		{times: someTimes + "a,y,.\n", want: `T.csv, line 5: seconds = ".": want seconds, 0 or more, such as 612.5, or nothing where there is no way`},
		{times: someTimes + "a,y,4294968\n", want: `T.csv, line 5: seconds = "4294968": want seconds up to 49 days, or nothing where there is no way`},
		{times: someTimes + "a,y,99999999999999999999999999\n", want: `T.csv, line 5: seconds = "99999999999999999999999999": want seconds up to 49 days, or nothing where there is no way`},
		{times: someTimes + "a,x,11\n", want: `T.csv, line 5: the pair appears twice: first on line 2, which counts`},
		{times: someTimes + "c,x,11\n", want: `T.csv, line 5: the pair appears twice: first on line 4, which counts`},
		{times: someTimes + "a,y\n", want: `T.csv, line 5: 2 fields instead of the header's 3 (separator ',')`},
		{times: someTimes + "a,\"y,3\n", want: `T.csv, line 5: a quote is opened and not closed on the line`},
		{times: someTimes + "a,\"y\"z,3\n", want: `T.csv, line 5: text follows a closing quote: write a quote inside quotes twice`},
		{times: someTimes + strings.Repeat("a", 200_000) + ",x,3\n", want: `T.csv, line 5: longer than 65533 bytes: want CSV in UTF-8 with commas or semicolons`},
	} {
		_, _, m, told := readAll(t, c.demand, c.supply, c.times)
		if diff := cmp.Diff([]string{c.want}, told[:min(len(told), 1)]); diff != "" || len(listed(m)) != 2 {
			t.Errorf("%q, pairs %v: %s", c.want, listed(m), diff)
		}
	}
}

// A file of which nothing can be used is an error that names it.
func TestFilesThatCannotBeUsed(t *testing.T) {
	d, s, _, _ := readAll(t, "", "", "")
	for text, want := range map[string]string{
		"":                                      "T.csv: an empty file: want CSV in UTF-8 with commas or semicolons, beginning with demand_id,site_id,seconds",
		"\n\n":                                  "T.csv: an empty file",
		"home,site,seconds\na,x,1\n":            "T.csv: line 1, the header: no column demand_id or cell_id; there is home, site, seconds",
		"demand_id,site_id,seconds,seconds\na,": "T.csv: line 1, the header: the column seconds appears twice",
		"demand_id,site_id,seconds\n":           "T.csv: no record can be used: of 0, 0 are at fault",
		"demand_id,site_id,seconds\nq,x,1\n":    "T.csv: no record can be used: of 1, 1 are at fault; want demand_id,site_id,seconds with the ids of demand and supply",
		"\x1f\x8b\x08\x00\x01":                  "T.csv: line 1, the header, is not plain text: want CSV in UTF-8",
		"PK\x03\x04":                            "T.csv: line 1, the header, is not plain text",
		"\xff\xfed\x00e\x00":                    "T.csv: line 1, the header, is not plain text",
	} {
		f, _ := file("T.csv", text)
		if _, _, err := ReadTimes(f, d, s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	f, _ := file("D.csv", "demand_id,value\na,x\n")
	if _, _, err := ReadDemand(f); err == nil || !strings.Contains(err.Error(), "D.csv: no record can be used: of 1, 1 are at fault; want a number of people") {
		t.Error(err)
	}
}

// Without a supply the sites are those of the times, whatever their order there.
func TestSitesOfTheTimes(t *testing.T) {
	d, _, _, _ := readAll(t, "", "", "")
	f, told := file("T.csv", "demand_id,site_id,seconds\nb,z,3\na,y,2\na,z,1\nb,,1\nc,x,\n")
	m, n, err := ReadTimes(f, d, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a-y 2000 ms", "a-z 1000 ms", "b-z 3000 ms"}, listed(m)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"x", "y", "z"}, m.Sites); diff != "" {
		t.Error(diff)
	}
	if n != (Count{File: "T.csv", Read: 5, Kept: 3, NoWay: 1, Bad: 1}) || len(*told) != 1 {
		t.Errorf("%+v, %v", n, *told)
	}
}

// What is read is the decimal number, rounded half up to a millisecond: held
// against exact fractions.
func TestSecondsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-9]{1,7}(\.[0-9]{0,9})?`).Draw(t, "seconds")
		x, _ := new(big.Rat).SetString(text)
		x.Add(x.Mul(x, big.NewRat(1000, 1)), big.NewRat(1, 2))
		want := new(big.Int).Quo(x.Num(), x.Denom()).Int64()
		got, reason := parseSeconds([]byte(text))
		if want > int64(traveltime.MaxTime) {
			if reason != tooLong {
				t.Fatalf("%s: %d, %q", text, got, reason)
			}
		} else if int64(got) != want || reason != "" {
			t.Fatalf("%s: %d ms, want %d (%s)", text, got, want, reason)
		}
	})
}

// A matrix that is read is the one made of its pairs, in whatever order they come.
func TestReadingAgainstNew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		homes, sites := rapid.IntRange(1, 6).Draw(t, "homes"), rapid.IntRange(1, 6).Draw(t, "sites")
		var pairs []Pair
		for i := range homes * sites {
			pairs = append(pairs, Pair{int32(i / sites), int32(i % sites), traveltime.Time(rapid.Uint32Range(0, uint32(traveltime.MaxTime)).Draw(t, "time"))})
		}
		pairs = rapid.Permutation(pairs).Draw(t, "pairs")[:rapid.IntRange(1, len(pairs)).Draw(t, "kept")]
		var dt, st, tt strings.Builder
		dt.WriteString("demand_id,value\n")
		for i := range homes {
			fmt.Fprintf(&dt, "h%d,1\n", i)
		}
		st.WriteString("site_id,capacity\n")
		for j := range sites {
			fmt.Fprintf(&st, "s%d,1\n", j)
		}
		tt.WriteString("demand_id,site_id,seconds\n")
		for _, p := range pairs {
			fmt.Fprintf(&tt, "h%d,s%d,%s\n", p.Home, p.Site, p.Time.AppendSeconds(nil))
		}
		d, _, err := ReadDemand(File{Name: "D", In: strings.NewReader(dt.String())})
		if err != nil {
			t.Fatal(err)
		}
		s, _, err := ReadSupply(File{Name: "S", In: strings.NewReader(st.String())})
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := ReadTimes(File{Name: "T", In: strings.NewReader(tt.String())}, d, s)
		if err != nil {
			t.Fatal(err)
		}
		want, err := New(d.IDs, s.IDs, pairs)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Matrix{}, half{})); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Whatever is read, every record is kept, has no way, or is told of.
func FuzzTimes(f *testing.F) {
	for _, s := range []string{someTimes, "cell_id;facility_id;seconds\r\na;x;1,5\r\n", "\ufeffdemand_id,site_id,seconds\n\"a\",\"x\",\"1\"\"\"\n", "demand_id,site_id,seconds\na,x,1e-400\n\xff,,\n\"\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, _, _ := ReadDemand(File{Name: "D", In: strings.NewReader(someDemand)})
		s, _, _ := ReadSupply(File{Name: "S", In: strings.NewReader(someSupply)})
		for _, supply := range []*Values{s, nil} {
			told := 0
			m, n, err := ReadTimes(File{Name: "T", In: strings.NewReader(text), Fault: func(Fault) { told++ }}, d, supply)
			if err != nil {
				continue
			}
			if n.Read != n.Kept+n.NoWay+n.Bad || n.Bad != told || n.Kept != m.Pairs() {
				t.Fatalf("%+v, told of %d, %d pairs", n, told, m.Pairs())
			}
			for i := range m.Homes {
				sites, times := m.From(i)
				for k := range sites {
					if k > 0 && sites[k] <= sites[k-1] || !times[k].Reached() {
						t.Fatalf("home %d: %v %v", i, sites, times)
					}
				}
			}
		}
	})
}

// repeated gives a text over and over without holding it.
type repeated struct {
	head       string
	line       func(i int, b []byte) []byte
	n, i       int
	buf, ready []byte
}

func (r *repeated) Read(p []byte) (int, error) {
	if len(r.ready) == 0 {
		r.buf = append(r.buf[:0], r.head...)
		for r.head = ""; len(r.buf) < 1<<16 && r.i < r.n; r.i++ {
			r.buf = r.line(r.i, r.buf)
		}
		r.ready = r.buf
	}
	if len(r.ready) == 0 {
		return strings.NewReader("").Read(p)
	}
	n := copy(p, r.ready)
	r.ready = r.ready[n:]
	return n, nil
}

// BenchmarkReadTimes reads 200,000 homes × 50 sites, as `maillage times` writes them.
func BenchmarkReadTimes(b *testing.B) {
	const homes, sites = 200_000, 50
	ids := func(n int) *Values {
		v := &Values{at: map[string]int32{}}
		for i := range n {
			id := fmt.Sprintf("CRS3035RES200mN%07dE4254200", i)
			v.IDs, v.Amounts, v.at[id] = append(v.IDs, id), append(v.Amounts, geodata.Unit), int32(i)
		}
		return v
	}
	d, s := ids(homes), ids(sites)
	for b.Loop() {
		in := &repeated{head: "cell_id,facility_id,seconds\n", n: homes * sites, line: func(i int, buf []byte) []byte {
			buf = append(append(buf, d.IDs[i%homes]...), ',')
			buf = append(append(buf, s.IDs[i/homes]...), ',')
			return append(traveltime.Time(i).AppendSeconds(buf), '\n')
		}}
		m, _, err := ReadTimes(File{Name: "T", In: in}, d, s)
		if err != nil || m.Pairs() != homes*sites {
			b.Fatal(err)
		}
		var mem runtime.MemStats
		runtime.ReadMemStats(&mem)
		b.ReportMetric(float64(mem.HeapSys)/1e6, "MB-heap")
	}
	b.ReportMetric(float64(b.N)*homes*sites/b.Elapsed().Seconds(), "rows/s")
}
