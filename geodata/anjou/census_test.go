package anjou

import (
	"bytes"
	"encoding/csv"
	"testing"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/crs"
)

// TestCensusAddsUpToThePublishedTotals: the published totals of the territory are written here a second time.
func TestCensusAddsUpToThePublishedTotals(t *testing.T) {
	rows := territory(t).Census()
	sum, old := map[int]geodata.Amount{}, geodata.Amount(0)
	for _, r := range rows {
		if sum[r.Year] += r.Persons; r.From == 65 {
			old += r.Persons
		}
	}
	for year, want := range map[int]int64{2006: 25509, 2011: 26954, 2018: 28180, 2021: 28280} {
		if sum[year] != geodata.Whole(want) {
			t.Errorf("%d: %s people, published %d", year, sum[year], want)
		}
	}
	if len(rows) != 17*(3+3) || old != geodata.Whole(5420) {
		t.Errorf("%d rows and %s people of 65 and over: want 102 and 5420", len(rows), old)
	}
}

// TestCensusIsThatOfTheGrids adds the published cells up inside the real outlines.
func TestCensusIsThatOfTheGrids(t *testing.T) {
	outlines := realOutlines(t)
	cells, err := csv.NewReader(bytes.NewReader(realFile(t, "population_2006-2021_1km.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	type of struct {
		code string
		year int
	}
	want, got := map[of]geodata.Amount{}, map[of]geodata.Amount{}
	for _, r := range territory(t).Census() {
		want[of{r.Commune, r.Year}] += r.Persons
	}
	for _, cell := range cells[1:] {
		id, err := crs.ParseGridID(cell[0])
		if err != nil {
			t.Fatal(err)
		}
		centre, err := id.Centre()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range territory(t).Communes() {
			if !c.Study || !within(outlines[c.Code], centre) {
				continue
			}
			for k, year := range []int{2006, 2011, 2018, 2021} {
				if cell[k+1] == "" { // nobody counted there
					continue
				}
				n, err := geodata.ParseAmount(cell[k+1])
				if err != nil {
					t.Fatal(err)
				}
				got[of{c.Code, year}] += n
			}
		}
	}
	for k, n := range want {
		if got[k] != n {
			t.Errorf("commune %s, %d: the table says %s, its cells %s", k.code, k.year, n, got[k])
		}
	}
}
