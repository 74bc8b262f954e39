package needs

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/towntest"
)

// One commune, 10001, whose census of 2020 tells women and men of given ages; all
// other ages are told, and are 0.
func village(t *testing.T, at map[geodata.Sex]map[int]int64) *geodata.Snapshot {
	t.Helper()
	return seal(t, geodata.Content{Communes: []geodata.Commune{{Code: "10001", Name: "Bourg", Study: true}}, Census: census("10001", 2020, at)})
}

func seal(t *testing.T, c geodata.Content) *geodata.Snapshot {
	t.Helper()
	if c.Territory.ID == "" {
		c.Territory.ID = "pays"
	}
	if c.Catalogue == nil {
		c.Catalogue = geodata.DefaultCatalogue()
	}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func census(code string, year int, at map[geodata.Sex]map[int]int64) (rows []geodata.CensusRow) {
	for _, sex := range []geodata.Sex{geodata.Female, geodata.Male} {
		for x := range lastAge {
			rows = append(rows, geodata.CensusRow{Commune: code, Year: year, Sex: sex, From: x, To: x, Persons: geodata.Whole(at[sex][x])})
		}
		rows = append(rows, geodata.CensusRow{Commune: code, Year: year, Sex: sex, From: lastAge, To: geodata.AndOver, Persons: geodata.Whole(at[sex][lastAge])})
	}
	return rows
}

// total is a census that tells no ages.
func total(code string, year int, persons int64) geodata.CensusRow {
	return geodata.CensusRow{Commune: code, Year: year, To: geodata.AndOver, Persons: geodata.Whole(persons)}
}

func run(t *testing.T, s *geodata.Snapshot, p Params) *Result {
	t.Helper()
	r, err := Run(t.Context(), s, traveltime.NewNetworks(""), p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// never is a table by which nothing happens.
var never = []Rate{{From: -1, To: lastAge, Rate: 0}}

func amounts(texts ...string) (out []geodata.Amount) {
	for _, s := range texts {
		a, err := geodata.ParseAmount(s)
		if err != nil {
			panic(err)
		}
		out = append(out, a)
	}
	return out
}

func column[T any](rows []Row, of func(Row) T) (out []T) {
	for _, r := range rows {
		out = append(out, of(r))
	}
	return out
}

// A woman of 30 has half a child a year at 30 and 31, and nobody dies or moves.
// During 2020 she is 30 at its start and 31 at its end: 0.5·(1+0)/2 at 30 and
// 0.5·(0+1)/2 at 31, half a child. During 2021 she is 31, then 32: 0.5·(1+0)/2, a
// quarter. Then no more.
func TestOneWomanOfThirty(t *testing.T) {
	s := village(t, map[geodata.Sex]map[int]int64{geodata.Female: {30: 1}})
	r := run(t, s, Params{To: 2023, Variants: []string{central}, Tables: Tables{
		Fertility: []Rate{{From: 30, To: 31, Rate: 0.5}}, Mortality: never, Migration: never}})
	if diff := cmp.Diff(amounts("1", "1.5", "1.75", "1.75"), column(r.Communes, func(r Row) geodata.Amount { return r.Population })); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(amounts("0", "0.5", "0.25", "0"), column(r.Communes, func(r Row) geodata.Amount { return r.Births })); diff != "" {
		t.Error(diff)
	}
	// In 2023 the children are 2 and 1 years old, and all of them under 3.
	if last := r.Communes[3]; last.Under3 != amounts("0.75")[0] || last.Nursery != 0 {
		t.Errorf("%+v", last)
	}
	// In three more years all are 3 to 5: half a child of 5, a quarter of 4.
	r = run(t, s, Params{To: 2026, Tables: r.Params.Tables})
	if last := r.Territory[len(r.Territory)-1]; last.Nursery != amounts("0.75")[0] || last.Under3 != 0 {
		t.Errorf("%+v", last)
	}
}

func TestGirlsAndBoys(t *testing.T) {
	p := people{}
	p[women][30] = geodata.Whole(205)
	r := rates{}
	for x := range r.births {
		r.births[x] = whole
	}
	next, f := p.step(&r)
	if f.births != geodata.Whole(205) || next[women][0] != geodata.Whole(100) || next[men][0] != geodata.Whole(105) {
		t.Errorf("%s children: %s girls, %s boys; want 105 boys to 100 girls", f.births, next[women][0], next[men][0])
	}
}

// Nobody is born, dies or moves: everybody grows older. Powers of two tell who is where.
func TestPeopleOnlyGrowOlder(t *testing.T) {
	s := village(t, map[geodata.Sex]map[int]int64{
		geodata.Female: {0: 1, 2: 2, 5: 4, 10: 8, 14: 16, 17: 32, 64: 64, 79: 128, lastAge: 256},
		geodata.Male:   {0: 512, 98: 1024}})
	r := run(t, s, Params{To: 2023, Variants: []string{high}, Tables: Tables{Fertility: never, Mortality: never, Migration: never}})
	type ages struct{ U3, N, P, L, U, O65, O80 geodata.Amount }
	got := column(r.Communes, func(r Row) ages {
		return ages{r.Under3, r.Nursery, r.Primary, r.Lower, r.Upper, r.From65, r.From80}
	})
	w := geodata.Whole
	want := []ages{
		{w(1 + 2 + 512), w(4), w(8), w(16), w(32), w(128 + 256 + 1024), w(256 + 1024)},
		{w(1 + 512), w(2), w(4), w(8), w(16), w(64 + 128 + 256 + 1024), w(128 + 256 + 1024)},
		{w(1 + 512), w(2), w(4), w(8), w(16), w(64 + 128 + 256 + 1024), w(128 + 256 + 1024)},
		{0, w(1 + 2 + 512), w(4), w(8), w(16), w(64 + 128 + 256 + 1024), w(128 + 256 + 1024)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, row := range r.Communes {
		if row.Population != w(2047) {
			t.Errorf("%d: %s people, want 2047", row.Year, row.Population)
		}
	}
}

func TestOneThingAtATime(t *testing.T) {
	s := village(t, map[geodata.Sex]map[int]int64{geodata.Male: {40: 100}, geodata.Female: {90: 64}})
	for name, c := range map[string]struct {
		tables                     Tables
		population, deaths, moving []string
	}{
		"a tenth more men of 40 to 42 come": {
			Tables{Fertility: never, Mortality: never, Migration: []Rate{{Sex: "M", From: 40, To: 42, Rate: 0.1}}},
			[]string{"164", "174", "185", "197.1", "197.1"}, []string{"0", "0", "0", "0", "0"}, []string{"0", "10", "11", "12.1", "0"}},
		"half of the men leave once": {
			Tables{Fertility: never, Mortality: never, Migration: []Rate{{From: 40, To: 40, Rate: -0.5}}},
			[]string{"164", "114", "114", "114", "114"}, []string{"0", "0", "0", "0", "0"}, []string{"0", "-50", "0", "0", "0"}},
		"half of the women die each year": {
			Tables{Fertility: never, Migration: never, Mortality: []Rate{{Sex: "F", From: 0, To: lastAge, Rate: 0.5}}},
			[]string{"164", "132", "116", "108", "104"}, []string{"0", "32", "16", "8", "4"}, []string{"0", "0", "0", "0", "0"}},
		"the dead do not leave": {
			Tables{Fertility: never, Mortality: []Rate{{From: 90, To: 90, Rate: 0.5}}, Migration: []Rate{{From: 90, To: 90, Rate: -0.5}}},
			[]string{"164", "116", "116", "116", "116"}, []string{"0", "32", "0", "0", "0"}, []string{"0", "-16", "0", "0", "0"}},
		"other communes' rates are not theirs, and the later of two lines counts": {
			Tables{Fertility: never, Mortality: never, Migration: []Rate{{From: 40, To: 40, Rate: 0.3}, {From: 40, To: 40, Rate: 0.2}, {Commune: "10002", From: 40, To: 40, Rate: 0.5}, {Variant: low, From: 40, To: 40, Rate: 0}}},
			[]string{"164", "184", "184", "184", "184"}, []string{"0", "0", "0", "0", "0"}, []string{"0", "20", "0", "0", "0"}},
	} {
		r := run(t, s, Params{To: 2024, Variants: []string{central}, Tables: c.tables})
		for what, pair := range map[string][2][]geodata.Amount{
			"people": {amounts(c.population...), column(r.Communes, func(r Row) geodata.Amount { return r.Population })},
			"deaths": {amounts(c.deaths...), column(r.Communes, func(r Row) geodata.Amount { return r.Deaths })},
			"moves":  {amounts(c.moving...), column(r.Communes, func(r Row) geodata.Amount { return r.Migration })},
		} {
			if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
				t.Errorf("%s: %s: %s", name, what, diff)
			}
		}
	}
}

// Of the 2 children born to 2 mothers in the year a half die before its end.
func TestTheNewbornDieToo(t *testing.T) {
	s := village(t, map[geodata.Sex]map[int]int64{geodata.Female: {30: 2}})
	r := run(t, s, Params{To: 2021, Variants: []string{central}, Tables: Tables{
		Fertility: []Rate{{From: 30, To: 31, Rate: 1}}, Mortality: []Rate{{From: -1, To: -1, Rate: 0.5}}, Migration: never}})
	if row := r.Communes[1]; row.Births != geodata.Whole(2) || row.Deaths != geodata.Whole(1) || row.Population != geodata.Whole(3) {
		t.Errorf("%+v", row)
	}
}

// anybody draws communes with censuses of one or two years, with or without ages and sex.
func anybody(rt *rapid.T) geodata.Content {
	c := geodata.Content{Territory: geodata.Territory{ID: "pays"}, Catalogue: geodata.DefaultCatalogue()}
	for k := range rapid.IntRange(1, 3).Draw(rt, "communes") {
		code := fmt.Sprintf("1000%d", k+1)
		c.Communes = append(c.Communes, geodata.Commune{Code: code, Study: true})
		for _, year := range []int{2011, 2021} {
			sexes := rapid.SampledFrom([][]geodata.Sex{{geodata.AnySex}, {geodata.Female, geodata.Male}}).Draw(rt, "sexes")
			for _, sex := range sexes {
				from := 0
				for _, to := range rapid.SampledFrom([][]int{{geodata.AndOver}, {14, 64, geodata.AndOver}, {2, 5, 10, 17, 24, 39, 54, 64, 79, geodata.AndOver}}).Draw(rt, "ranges") {
					c.Census = append(c.Census, geodata.CensusRow{Commune: code, Year: year, Sex: sex, From: from, To: to,
						Persons: geodata.Amount(rapid.Int64Range(0, 3_000_000_000).Draw(rt, "millionths"))})
					from = to + 1
				}
			}
		}
	}
	return c
}

// Whatever the start: people are conserved to the millionth, the base is what the
// census counted, the communes add up to the territory, and no age group has
// fewer in a higher variant.
func TestPeopleAreConserved(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, err := geodata.NewSnapshot(anybody(rt))
		if err != nil {
			rt.Fatal(err)
		}
		keep := rapid.Float64Range(0, 1).Draw(rt, "local")
		r, err := Run(t.Context(), s, traveltime.NewNetworks(""), Params{To: 2021 + rapid.IntRange(0, 49).Draw(rt, "years"), Local: &keep})
		if err != nil {
			rt.Fatal(err)
		}
		sums := make([]Row, len(r.Territory))
		for i, row := range r.Communes {
			if row.Year > r.Base {
				if before := r.Communes[i-1]; row.Population != before.Population+row.Births-row.Deaths+row.Migration {
					rt.Fatalf("%d: %s is not %s + %s - %s + %s", row.Year, row.Population, before.Population, row.Births, row.Deaths, row.Migration)
				}
			} else if c := counted(s, row.Code); row.Population != c {
				rt.Fatalf("%s begins with %s people, the census counts %s", row.Code, row.Population, c)
			}
			sums[i%len(sums)].Population += row.Population
			sums[i%len(sums)].From80 += row.From80
		}
		for i, row := range r.Territory {
			if row.Population != sums[i].Population || row.From80 != sums[i].From80 {
				rt.Fatalf("%d: the communes add up to %s people, the territory has %s", row.Year, sums[i].Population, row.Population)
			}
		}
		years := r.Params.To - r.Base + 1
		for i := range r.Communes {
			if i/years%3 == 2 {
				continue // high
			}
			fewer, more := r.Communes[i], r.Communes[i+years]
			for k, a := range fewer.amounts() {
				if b := more.amounts()[k]; *a > *b && k != 2 && k != 3 { // deaths and net migration may go either way
					rt.Fatalf("%s %d, figure %d: %s in variant %s, %s in %s", fewer.Code, fewer.Year, k, *a, fewer.Variant, *b, more.Variant)
				}
			}
		}
	})
}

func counted(s *geodata.Snapshot, code string) (sum geodata.Amount) {
	for _, r := range s.Census() {
		if r.Commune == code && r.Year == 2021 {
			sum += r.Persons
		}
	}
	return sum
}

// Ranges are split evenly up to 64, as the catalogue has it, and by survivors beyond.
func TestRangesAreSplit(t *testing.T) {
	m, err := newModel(Tables{})
	if err != nil {
		t.Fatal(err)
	}
	p := newPyramid(m.life(central, 2021))
	got := p.split([]geodata.CensusRow{{From: 0, To: 14, Persons: geodata.Whole(15)}, {From: 15, To: 64, Persons: geodata.Whole(100)}, {From: 65, To: geodata.AndOver, Persons: geodata.Whole(210)}})
	for x, want := range map[int]float64{0: 1, 7: 1, 14: 1, 15: 2, 64: 2} {
		if n := got.between(x, x).Float(); math.Abs(n-want) > 2e-5 {
			t.Errorf("age %d: %g people, want %g", x, n, want)
		}
	}
	if n := got.between(65, lastAge); n != geodata.Whole(210) {
		t.Errorf("%s of 65 and over, want 210", n)
	}
	// In France, 1 January 2022: 21 % are 65 and over, 9.8 % are 75 and over.
	if n := got.between(75, lastAge).Float(); math.Abs(n-98) > 1 {
		t.Errorf("%g of 75 and over, want 98", n)
	}
	if got[women][90] < 3*got[men][90]/2 {
		t.Errorf("%s women and %s men of 90: want far more women", got[women][90], got[men][90])
	}
	one := p.split([]geodata.CensusRow{{From: 6, To: 10, Sex: geodata.Female, Persons: geodata.Whole(5)}})
	if math.Abs(one[women][6].Float()-1) > 1e-3 || one.total() != geodata.Whole(5) || one[men] != (people{})[men] {
		t.Error("a range of one sex is of that sex")
	}
}

// The published life expectancy at 60 was not what the tables are solved for.
func TestLifeTablesMeetWhatIsPublished(t *testing.T) {
	tables, err := readTables()
	if err != nil {
		t.Fatal(err)
	}
	for sex, want := range [][2]float64{women: {85.4, 27.6}, men: {79.3, 23.2}} {
		l := tables.hazards[sex].living(want[0])
		if e := l.expectancy(); math.Abs(e-want[0]) > 1e-6 {
			t.Errorf("life expectancy %g, want %g", e, want[0])
		}
		if e := l.beyond(60) / l.survivors[60]; math.Abs(e-want[1]) > 0.05 {
			t.Errorf("life expectancy at 60: %g, published %g", e, want[1])
		}
		q := l.deaths()
		for x := 2; x <= lastAge; x++ {
			if q.ages[x] < q.ages[x-1] || q.ages[x] >= whole {
				t.Errorf("age %d: a probability to die of %d billionths, %d a year younger", x, q.ages[x], q.ages[x-1])
			}
		}
	}
}

// The files of tables/ say what they say they say.
func TestTablesAreTheModelsTheyName(t *testing.T) {
	tables, err := readTables()
	if err != nil {
		t.Fatal(err)
	}
	var sum, mean, bell, moving float64
	for x := range lastAge {
		sum += tables.fertility[x]
		mean += tables.fertility[x] * (float64(x) + 0.5)
		moving += tables.moving[x] / lastAge
		if x >= 15 && x <= 49 {
			bell += math.Exp(-math.Pow((float64(x)+0.5-30.9)/5.4, 2) / 2)
		}
	}
	if math.Abs(sum-1) > 1e-9 || math.Abs(mean-30.9) > 0.1 || math.Abs(moving-1) > 1e-4 {
		t.Errorf("shares of %g in all, mean age %g, mean intensity %g: want 1, 30.9, 1", sum, mean, moving)
	}
	rogers := func(x float64) float64 {
		return 0.02*math.Exp(-0.1*x) + 0.06*math.Exp(-0.1*(x-20)-math.Exp(-0.4*(x-20))) + 0.003
	}
	for x := range lastAge + 1 {
		want := 0.0
		if x >= 15 && x <= 49 {
			want = math.Exp(-math.Pow((float64(x)+0.5-30.9)/5.4, 2)/2) / bell
		}
		if math.Abs(tables.fertility[x]-want) > 1.1e-6 {
			t.Errorf("fertility at %d: %g, the model says %g", x, tables.fertility[x], want)
		}
		if got, want := tables.moving[x]/tables.moving[30], rogers(float64(x)+0.5)/rogers(30.5); math.Abs(got-want) > 1e-4 {
			t.Errorf("migration at %d over that at 30: %g, the model says %g", x, got, want)
		}
	}
	for _, c := range []struct {
		variant  string
		year     int
		children float64
		women    float64
	}{
		{low, 1990, 2.00, 84.2}, {high, 2021, 1.83, 85.4}, {central, 2024, 1.62, 85.6}, // 2024 is the last that all share
		{low, 2027, 1.61, 85.6 + 3*0.9/46}, {central, 2027, 1.71, 85.6 + 3*4.4/46}, {high, 2027, 1.81, 85.6 + 3*7.9/46},
		{low, 2070, 1.6, 86.5}, {central, 2070, 1.8, 90}, {high, 2090, 2.0, 93.5},
	} {
		a := tables.assume(c.variant, c.year)
		if math.Abs(a.children-c.children) > 1e-9 || math.Abs(a.expectancy[women]-c.women) > 1e-9 {
			t.Errorf("%s %d: %+v, want %g children and %g years", c.variant, c.year, a, c.children, c.women)
		}
	}
}

// With all past migration going on, the model carries each commune from the
// earlier census to the base, be it growing or shrinking. Half of it is half the way to
// the national rate.
func TestLocalMigrationExplainsThePast(t *testing.T) {
	for _, now := range []int64{700, 1000, 1300} {
		m, err := newModel(Tables{})
		if err != nil {
			t.Fatal(err)
		}
		p := newPyramid(m.life(central, 2021))
		start := p.split([]geodata.CensusRow{total("x", 2011, 1000)})
		times, exact := m.calibrate("x", start, 2011, 2021, geodata.Whole(now))
		end := start.carry(2011, 2021, m.of("x", central, times))
		if off := end.total() - geodata.Whole(now); !exact || off > 1000 || off < -1000 {
			t.Errorf("to %d: %s people with %g", now, end.total(), times)
		}
		s := seal(t, geodata.Content{Communes: []geodata.Commune{{Code: "10001", Study: true}}, Census: []geodata.CensusRow{total("10001", 2011, 1000), total("10001", 2021, now)}})
		rate := func(keep float64) float64 {
			r := run(t, s, Params{To: 2022, Local: &keep})
			if r.Local[0].Since != 2011 || r.Local[0].Ages != fromModel {
				t.Errorf("%+v", r.Local)
			}
			return r.Local[0].PerThousand
		}
		if none, half, all := rate(0), rate(0.5), rate(1); math.Abs(half-(none+all)/2) > 0.02 || now == 1300 && all < 10 || now == 700 && all > -20 {
			t.Errorf("to %d: %g, %g, %g per thousand", now, none, half, all)
		}
	}
	// Ten times the people in a year is beyond the model, which says so.
	s := seal(t, geodata.Content{Communes: []geodata.Commune{{Code: "10001", Study: true}}, Census: []geodata.CensusRow{total("10001", 2020, 100), total("10001", 2021, 1000)}})
	if r := run(t, s, Params{}); !hasNote(r, "beyond the model for 1 commune ") {
		t.Errorf("%+v", r.Provenance.Notes)
	}
}

func hasNote(r *Result, part string) bool {
	return slices.ContainsFunc(r.Provenance.Notes, func(n geodata.Text) bool { return strings.Contains(n.En, part) })
}

// Local migration is calibrated from the latest census that is five years older,
// or the first, or the one that is asked for.
func TestTheEarlierCensus(t *testing.T) {
	h := &history{years: []int{2006, 2011, 2018, 2021}}
	for year, want := range map[int]int{2021: 2011, 2018: 2011, 2011: 2006, 2006: 0} {
		if got := h.since(year); got != want {
			t.Errorf("from %d: calibrated since %d, want %d", year, got, want)
		}
	}
	h.years = []int{2018, 2021}
	if got := h.since(2021); got != 2018 {
		t.Errorf("since %d, want the only one, 2018", got)
	}
}

// Ages that the newest census does not tell are those of another, scaled; else those of the
// grid; else as survivors stand.
func TestWhereAgesComeFrom(t *testing.T) {
	c := geodata.Content{Communes: []geodata.Commune{{Code: "10001", Study: true}, {Code: "10002", Study: true}, {Code: "10003", Study: true}, {Code: "10009"}}}
	c.Census = append(census("10001", 2018, map[geodata.Sex]map[int]int64{geodata.Male: {4: 10, 70: 30}}), total("10001", 2021, 80),
		total("10002", 2021, 50), total("10003", 2021, 90), total("10009", 2021, 7))
	c.Population = geodata.Population{Vintage: 2019, Cells: []geodata.Cell{{ID: "a", Commune: "10002", Study: true}}, Columns: []geodata.Column{
		{Name: "y_lt15", Values: amounts("3")}, {Name: "y_1564", Values: amounts("0")}, {Name: "y_ge65", Values: amounts("2")}}}
	r := run(t, seal(t, c), Params{To: 2022, Variants: []string{central}})
	var from []string
	for _, l := range r.Local {
		from = append(from, l.Commune+" "+l.Ages)
	}
	if diff := cmp.Diff([]string{"10001 other_census", "10002 grid", "10003 model"}, from); diff != "" {
		t.Error(diff)
	}
	one, two := r.Communes[0], r.Communes[2]
	if one.Nursery != geodata.Whole(20) || one.From65 != geodata.Whole(60) || two.From65 != geodata.Whole(20) {
		t.Errorf("%+v\n%+v", one, two)
	}
	if !hasNote(r, "Ages estimated for 2 communes:") || !hasNote(r, "Ages unknown for 1 commune:") || !hasNote(r, "Migration taken to be that of France for 2 communes:") {
		t.Errorf("%+v", r.Provenance.Notes)
	}
}

// Without a census the grid's bands stand in, and are said to. Those of unknown
// age, here 5 of 20, are taken to be as old as the others.
func TestTheGridStandsInForACensus(t *testing.T) {
	c := geodata.Content{Communes: []geodata.Commune{{Code: "10001", Study: true}}}
	c.Population = geodata.Population{Vintage: 2019, Cells: []geodata.Cell{{ID: "a", Commune: "10001", Study: true}, {ID: "b", Commune: "10001", Study: true}}}
	for name, values := range map[string][]string{"ind": {"12", "8"}, "ind_0_3": {"4", "0"}, "ind_4_5": {"0", "0"}, "ind_6_10": {"0", "0"}, "ind_11_17": {"0", "0"}, "ind_18_24": {"0", "0"},
		"ind_25_39": {"0", "0"}, "ind_40_54": {"0", "0"}, "ind_55_64": {"0", "0"}, "ind_65_79": {"0", "0"}, "ind_80p": {"5", "6"}, "ind_inc": {"3", "2"}} {
		c.Population.Columns = append(c.Population.Columns, geodata.Column{Name: name, Values: amounts(values...)})
	}
	r := run(t, seal(t, c), Params{})
	row := r.Territory[0]
	if r.Base != 2019 || row.Population != geodata.Whole(20) || math.Abs(row.From80.Float()-20*11/15.) > 1e-5 || math.Abs(row.Under3.Float()-20*3/15.) > 1e-4 {
		t.Errorf("from %d: %+v", r.Base, row)
	}
	if !hasNote(r, "Estimated start") || r.Local[0].Ages != fromGrid {
		t.Errorf("%+v %+v", r.Provenance.Notes, r.Local)
	}
}

// Another vintage of the grid, on other cells, stands for the census of its year:
// the commune had 30 people in 2010 and has 60 in 2019, which is growth.
func TestOtherVintagesOfTheGridAreThePast(t *testing.T) {
	c := geodata.Content{Communes: []geodata.Commune{{Code: "10001", Study: true}}}
	c.Population = geodata.Population{Vintage: 2019, Cells: []geodata.Cell{{ID: "a", Commune: "10001", Study: true}},
		Columns: []geodata.Column{{Name: "ind", Values: amounts("60")}, {Name: "y_lt15", Values: amounts("10")}, {Name: "y_1564", Values: amounts("40")}, {Name: "y_ge65", Values: amounts("10")}}}
	c.Counts = []geodata.Population{
		{Name: "grid 2010", Vintage: 2010, Cells: []geodata.Cell{{ID: "x", Commune: "10001", Study: true}, {ID: "y", Commune: "10001", Study: true}, {ID: "z"}}, Columns: []geodata.Column{{Name: "ind", Values: amounts("20", "10", "99")}}},
		{Name: "pupils", Vintage: 2022, Cells: []geodata.Cell{{ID: "school", Commune: "10001", Study: true}}, Columns: []geodata.Column{{Name: "pupils", Values: amounts("7")}}}}
	r := run(t, seal(t, c), Params{Backtest: 2010})
	if diff := cmp.Diff([]Observed{{"10001", 2010, geodata.Whole(30), 1}, {"10001", 2019, geodata.Whole(60), 3}, {"pays", 2010, geodata.Whole(30), 1}, {"pays", 2019, geodata.Whole(60), 1}}, r.Observed); diff != "" {
		t.Error(diff)
	}
	if r.Base != 2019 || r.Local[0].Since != 2010 || r.Local[0].PerThousand < 5 || len(r.Backtest.Communes) != 1 {
		t.Errorf("from %d: %+v %+v", r.Base, r.Local, r.Backtest)
	}
}

// The demand of the base year is what the catalogue counts on the bands: three of
// the four single ages of 0-3 for a nursery. A service that counts households is named.
func TestDemandIsTheCatalogues(t *testing.T) {
	s := village(t, map[geodata.Sex]map[int]int64{geodata.Female: {0: 1, 1: 2, 2: 4, 3: 5}, geodata.Male: {12: 16, 17: 32, 70: 64}})
	c := s.Content()
	c.Catalogue = append(c.Catalogue, geodata.Service{ID: "aid", Label: geodata.Text{Fr: "aide"}, Demand: []geodata.Demand{{Shares: map[string]geodata.Fraction{"men_pauv": {Num: 1, Den: 1}}}}})
	r := run(t, seal(t, c), Params{To: 2021, Tables: Tables{Mortality: never, Migration: never, Fertility: never}})
	got := map[string]string{}
	for k, id := range r.Services {
		got[id] = r.Communes[0].Demand[k].String()
	}
	want := map[string]string{"creche": "9", "alsh": "9.857143", "youth": "48", "france_services": "124", "senior": "64", "social_centre": "124", "town_hall": "124"}
	if diff := cmp.Diff(want, got); diff != "" { // 3/4 of 12; 12/4 + 48/7
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"aid"}, r.Uncounted); diff != "" {
		t.Error(diff)
	}
}

// Town hall at A. In the West, of 4 people 1 lives there and 3 a quarter of an hour off; in the East
// all 8 live there too; the South has nobody on the grid. From 2020 to 2021 the
// West doubles, the East halves, the South keeps its 5.
func TestCoverageFollowsTheDemand(t *testing.T) {
	town := towntest.Town{Drawing: "A---------B", Ways: map[string]string{"AB": "highway=residential"}}
	c := geodata.Content{Roads: town.Roads(), Communes: []geodata.Commune{{Code: "10001", Study: true}, {Code: "10002", Study: true}, {Code: "10003", Study: true}}}
	for id, at := range map[string]byte{"10001 a": 'A', "10001 b": 'B', "10002 a": 'A'} {
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: id, Centre: town.Point(at), Commune: id[:5], Study: true})
	}
	slices.SortFunc(c.Population.Cells, func(a, b geodata.Cell) int { return strings.Compare(a.ID, b.ID) })
	c.Population.Columns = []geodata.Column{{Name: "ind", Values: amounts("1", "3", "8")}}
	c.Facilities = []geodata.Facility{{ID: "hall", Service: "town_hall", Status: geodata.Existing, Location: town.Point('A')}}
	for code, n := range map[string]int64{"10001": 4, "10002": 8, "10003": 5} {
		c.Census = append(c.Census, census(code, 2020, map[geodata.Sex]map[int]int64{geodata.Male: {40: n}})...)
	}
	p := Params{To: 2021, Variants: []string{central}, Service: "town_hall", Mode: "foot", Within: []coverage.Threshold{coverage.Minutes(5), coverage.Minutes(20)},
		Tables: Tables{Fertility: never, Mortality: never, Migration: []Rate{{Commune: "10001", From: 40, To: 40, Rate: 0.5}, {Commune: "10002", From: 40, To: 40, Rate: -0.5}}}}
	r := run(t, seal(t, c), p)
	var got []string
	for _, row := range append(r.Coverage.Communes, r.Coverage.Territory...) {
		got = append(got, fmt.Sprint(row.Code, " ", row.Year, " ", row.Demand, row.Covered, row.Unplaced))
	}
	want := []string{"10001 2020 4 [1 4] 0", "10001 2021 6 [1.5 6] 0", "10002 2020 8 [8 8] 0", "10002 2021 4 [4 4] 0", "10003 2020 5 [0 0] 5", "10003 2021 5 [0 0] 5",
		"pays 2020 17 [9 12] 5", "pays 2021 15 [5.5 10] 5"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if share := r.Coverage.Territory[1].Share[1]; math.Abs(*share-200./3) > 1e-9 {
		t.Errorf("%g %%, want 10 of 15", *share)
	}
	// Two facilities at one place cover nobody twice, and layers have a row for each.
	c.Facilities = append(c.Facilities, geodata.Facility{ID: "too", Service: "town_hall", Status: geodata.Existing, Location: town.Point('A')})
	s := seal(t, c)
	again := run(t, s, p)
	if diff := cmp.Diff(r.Coverage, again.Coverage); diff != "" {
		t.Error(diff)
	}
	for _, l := range again.Layers(s).Layers {
		for _, f := range l.Fields {
			if n := len(f.Texts) + len(f.Ints) + len(f.Reals); n != len(l.IDs) || f.Label.Fr == "" || f.Label.En == "" {
				t.Errorf("%s %s: %d values of %d rows, %+v", l.Name, f.Name, n, len(l.IDs), f.Label)
			}
		}
	}
}

// From 2011 nothing happens. West had 100 and has 125 in 2021: 20 % too few; East had
// 50 and has 40: 25 % too many; the North was not counted in 2011.
func TestBacktestByHand(t *testing.T) {
	c := geodata.Content{Communes: []geodata.Commune{{Code: "10001", Study: true}, {Code: "10002", Study: true}, {Code: "10003", Study: true}},
		Census: []geodata.CensusRow{total("10001", 2011, 100), total("10001", 2021, 125), total("10002", 2011, 50), total("10002", 2021, 40), total("10003", 2021, 7)}}
	r := run(t, seal(t, c), Params{Backtest: 2011, Tables: Tables{Fertility: never, Mortality: never, Migration: never}})
	b := r.Backtest
	if len(b.Communes) != 2 || *b.Communes[0].Percent != -20 || *b.Communes[1].Percent != 25 {
		t.Fatalf("%+v", b)
	}
	want := BacktestSummary{MAPE: 22.5, Bias: 2.5, Total: 100 * -15. / 165, Weighted: 100 * 35. / 165}
	for name, got := range map[string]BacktestSummary{"projection": b.Error, "unchanged": b.Unchanged} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if b.Territory.Observed != geodata.Whole(165) || b.Territory.Projected != geodata.Whole(150) {
		t.Errorf("%+v", b.Territory)
	}
	// The table of past censuses has a sum of the years when all communes were counted.
	var years []string
	for _, o := range r.Observed {
		years = append(years, fmt.Sprint(o.Commune, " ", o.Year, " ", o.Persons))
	}
	if diff := cmp.Diff([]string{"10001 2011 100", "10001 2021 125", "10002 2011 50", "10002 2021 40", "10003 2021 7", "pays 2021 172"}, years); diff != "" {
		t.Error(diff)
	}
}

func TestWhatCannotBeAsked(t *testing.T) {
	good := geodata.Content{Communes: []geodata.Commune{{Code: "10001", Study: true}}, Census: []geodata.CensusRow{total("10001", 2011, 9), total("10001", 2021, 9)}}
	gap := geodata.Content{Communes: good.Communes, Census: []geodata.CensusRow{{Commune: "10001", Year: 2021, To: 14}, {Commune: "10001", Year: 2021, From: 16, To: geodata.AndOver}}}
	open := geodata.Content{Communes: good.Communes, Census: []geodata.CensusRow{{Commune: "10001", Year: 2021, To: 64}}}
	undated := geodata.Content{Communes: good.Communes, Population: geodata.Population{Cells: []geodata.Cell{{ID: "a", Commune: "10001", Study: true}},
		Columns: []geodata.Column{{Name: "y_1564", Values: amounts("1")}, {Name: "y_ge65", Values: amounts("1")}, {Name: "y_lt15", Values: amounts("1")}}}}
	bare := geodata.Content{Communes: good.Communes, Population: geodata.Population{Vintage: 2021, Cells: undated.Population.Cells, Columns: []geodata.Column{{Name: "ind", Values: amounts("1")}}}}
	much := 1.5
	for want, c := range map[string]struct {
		content geodata.Content
		p       Params
	}{
		"to: 2020: want a year from 2021, the base, to 2070":           {good, Params{To: 2020}},
		"to: 2071: want a year from 2021":                              {good, Params{To: 2071}},
		`variants: unknown variant "medium": want low, central`:        {good, Params{Variants: []string{"medium"}}},
		"since: 2018: want a census before 2021: there is 2011":        {good, Params{Since: 2018}},
		"backtest: 2021: want a census before 2021 to project from: t": {good, Params{Backtest: 2021}},
		"local: 1.5: want a share from 0 to 1":                         {good, Params{Local: &much}},
		"fertility: ages 30 to 20: want a youngest and an oldest bet":  {good, Params{Tables: Tables{Fertility: []Rate{{From: 30, To: 20}}}}},
		"mortality: ages 0 to 1: rate 1.1: want a share between 0 an":  {good, Params{Tables: Tables{Mortality: []Rate{{From: 0, To: 1, Rate: 1.1}}}}},
		"migration: ages 0 to 1: rate -0.6: want a share between -0.":  {good, Params{Tables: Tables{Migration: []Rate{{From: 0, To: 1, Rate: -0.6}}}}},
		`migration: ages 0 to 1: sex "W": want F, M or nothing`:        {good, Params{Tables: Tables{Migration: []Rate{{From: 0, To: 1, Sex: "W"}}}}},
		`migration: ages 0 to 1: variant "x": want low, central or h`:  {good, Params{Tables: Tables{Migration: []Rate{{From: 0, To: 1, Variant: "x"}}}}},
		"service: missing: mode, within and statuses are of the cov":   {good, Params{Mode: "car"}},
		"service: the territory has no population to count":            {good, Params{Service: "creche"}},
		`service: unknown service "x": want one of creche`:             {good, Params{Service: "x"}},
		"census: commune 10001, 2021: no row tells of age 15: want ra": {gap, Params{}},
		"census: commune 10001, 2021: no row tells of age 65 and over": {open, Params{}},
		"census: no census by commune, and the grid does not say what": {undated, Params{}},
		"census: the territory has neither a census by commune nor a ": {bare, Params{}},
	} {
		_, err := Run(t.Context(), seal(t, c.content), traveltime.NewNetworks(""), c.p)
		if err == nil || !strings.HasPrefix(err.Error(), want) || !errors.Is(err, analyses.ErrParams) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// The same question has the same bytes for an answer.
func TestAnswersAreTheSameEveryTime(t *testing.T) {
	c := geodata.Content{}
	for k := range 20 {
		code := fmt.Sprintf("100%02d", k)
		c.Communes = append(c.Communes, geodata.Commune{Code: code, Study: true})
		c.Census = append(c.Census, total(code, 2011, int64(100+k)), total(code, 2021, int64(150-k)))
	}
	s := seal(t, c)
	p := Params{Backtest: 2011}
	want, err := json.Marshal(run(t, s, p))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := json.Marshal(run(t, s, p)); string(got) != string(want) {
		t.Error("two answers differ")
	}
}

// BenchmarkProject carries communes to 2040 in three variants, their own migration
// calibrated over ten years; it grows as they do.
func BenchmarkProject(b *testing.B) {
	for _, n := range []int{17, 170, 1700} {
		c := geodata.Content{Territory: geodata.Territory{ID: "pays"}, Catalogue: geodata.DefaultCatalogue()}
		for k := range n {
			code := fmt.Sprintf("%05d", 10000+k)
			c.Communes = append(c.Communes, geodata.Commune{Code: code, Study: true})
			c.Census = append(c.Census, total(code, 2011, int64(1000+k)), total(code, 2021, int64(1500-k/2)))
		}
		s, err := geodata.NewSnapshot(c)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("communes=%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := Run(b.Context(), s, traveltime.NewNetworks(""), Params{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "µs/commune")
		})
	}
}
