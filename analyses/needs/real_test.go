package needs

import (
	"encoding/csv"
	"math"
	"os"
	"testing"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
	"github.com/maillage/maillage/geodata/load"
)

// packCensus is the communes around Anjou with the census grids added up: totals in
// 2006, 2011 and 2018, three ranges of ages in 2021. Only those of the EPCI are studied, or all.
func packCensus(t *testing.T, epci string) *geodata.Snapshot {
	t.Helper()
	const pack = "../../../shared/data/anjou/"
	f, err := os.Open(pack + "population_2006-2021_1km.csv")
	if err != nil {
		t.Skipf("SKIPPED, NOT MEASURED ON REAL DATA: needs the open data pack in ../shared/data: %v", err)
	}
	defer f.Close()
	cells, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := load.Territory(t.Context(), load.Spec{ID: "anjou", Communes: []string{pack + "communes.geojson"}, Population: []string{pack + "census2021_1km.csv"}, Roads: []string{pack + "roads_main.geojson"}}, load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := s.Content()
	commune := map[string]string{}
	for _, cell := range c.Population.Cells {
		commune[cell.ID] = cell.Commune
	}
	type count struct {
		code string
		year int
	}
	sums := map[count]geodata.Amount{}
	for _, cell := range cells[1:] {
		for k, year := range []int{2006, 2011, 2018} {
			if code := commune[cell[0]]; code != "" && cell[k+1] != "" {
				n, err := geodata.ParseAmount(cell[k+1])
				if err != nil {
					t.Fatal(err)
				}
				sums[count{code, year}] += n
			}
		}
	}
	c.Census = nil
	for i := range c.Communes {
		c.Communes[i].Study = epci == "" || c.Communes[i].EPCI == epci
	}
	for k, n := range sums {
		c.Census = append(c.Census, geodata.CensusRow{Commune: k.code, Year: k.year, To: geodata.AndOver, Persons: n})
	}
	for i := range c.Population.Cells {
		c.Population.Cells[i].Study = true
	}
	grid, ok := addBands(&c.Population, gridBands[1])
	if !ok {
		t.Fatal("the pack's grid has no ages")
	}
	for code, of := range grid {
		for _, r := range of.rows {
			if r.Year = 2021; code != "" {
				c.Census = append(c.Census, r)
			}
		}
	}
	return seal(t, c)
}

// TestBacktestOnThePack measures what package doc states: how far off a projection from a past
// census is, with none, a quarter and all of the communes' past migration going on.
func TestBacktestOnThePack(t *testing.T) {
	// Error of a commune and of the total, in per cent, as the documentation has them.
	type errors map[int][2]float64
	for _, of := range []struct {
		name, epci string
		communes   int
		stated     errors
	}{{"Anjou Loir et Sarthe", "200068955", 17, errors{2011: {5.6, 0.5}, 2018: {5.0, 0.9}}}, {"all around", "", 529, errors{2011: {8.5, 0.7}, 2018: {7.8, 0}}}} {
		s := packCensus(t, of.epci)
		for _, from := range []int{2011, 2018} {
			for _, keep := range []float64{0, KeepLocal, 1} {
				b := run(t, s, Params{To: 2022, Backtest: from, Local: &keep}).Backtest
				t.Logf("%s, %d communes, %d to %d, %g local since %d: error of a commune %.1f %% (bias %+.1f), of the total %+.1f %%, misplaced %.1f %%; unchanged %.1f %%, %+.1f %%, %.1f %%",
					of.name, len(b.Communes), b.From, b.To, keep, b.Since, b.Error.MAPE, b.Error.Bias, b.Error.Total, b.Error.Weighted, b.Unchanged.MAPE, b.Unchanged.Total, b.Unchanged.Weighted)
				if len(b.Communes) != of.communes {
					t.Errorf("%d communes, want %d", len(b.Communes), of.communes)
				}
				if want := of.stated[from]; keep == KeepLocal && math.Abs(b.Error.MAPE-want[0])+math.Abs(b.Error.Total-want[1]) > 0.1 {
					t.Errorf("%s, %d: errors of %.2f and %+.2f %%, stated are %v", of.name, from, b.Error.MAPE, b.Error.Total, want)
				}
			}
		}
	}
}

// The embedded territory has its four censuses: in 2040 more people are 80 and over
// and fewer go to collège, in every variant, and each year's answer is whole.
func TestTheEmbeddedTerritory(t *testing.T) {
	s, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, s, Params{Service: "creche", Backtest: 2018})
	if r.Base != 2021 || len(r.Communes) != 17*3*20 || len(r.Observed) != 18*4 || len(r.Coverage.Communes) != len(r.Communes) {
		t.Fatalf("from %d: %d rows, %d observed, %d covered", r.Base, len(r.Communes), len(r.Observed), len(r.Coverage.Communes))
	}
	for i, variant := range variants {
		first, last := r.Territory[20*i], r.Territory[20*i+19]
		if last.Year != 2040 || last.Variant != variant || first.Population != geodata.Whole(28280) || last.From80 <= first.From80 || last.Lower >= first.Lower {
			t.Errorf("%+v, %+v", first, last)
		}
		covered := r.Coverage.Territory[20*i+19]
		t.Logf("%s: %.0f people in 2040, %.0f births, %.0f under 3, %.0f of 65 and over, %.0f of 80 and over; %.1f %% of the under 3 within %s of a nursery", variant, last.Population.Float(),
			last.Births.Float(), last.Under3.Float(), last.From65.Float(), last.From80.Float(), *covered.Share[0], r.Coverage.Within[0])
	}
	for _, l := range r.Local {
		if l.Since != 2011 || l.Ages != fromCensus {
			t.Errorf("%+v", l)
		}
	}
}
