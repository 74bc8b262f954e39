package geodata

import (
	"fmt"
	"slices"
)

// CensusRow counts people of one commune, year, sex and range of ages.
type CensusRow struct {
	Commune string // INSEE code
	Year    int
	Sex     Sex
	From    int // youngest age
	To      int // oldest age, included; AndOver for "and over"
	Persons Amount
}

// Sex is that of a census row; AnySex where the census does not tell them apart.
type Sex string

// The sexes of a census row.
const (
	AnySex Sex = ""
	Female Sex = "F"
	Male   Sex = "M"
)

// AndOver is the end of the last range of ages.
const AndOver = 999

// Ages writes the range: "3-5", "80+", "4".
func (r CensusRow) Ages() string {
	switch r.To {
	case AndOver:
		return fmt.Sprintf("%d+", r.From)
	case r.From:
		return fmt.Sprint(r.From)
	}
	return fmt.Sprintf("%d-%d", r.From, r.To)
}

// CensusYears lists the years the census rows tell of, rising.
func (s *Snapshot) CensusYears() (years []int) {
	for _, r := range s.c.Census {
		years = append(years, r.Year)
	}
	slices.Sort(years)
	return slices.Compact(years)
}

func (r CensusRow) name() string {
	return fmt.Sprintf("commune %s, %d, ages %s%s", r.Commune, r.Year, r.Ages(), map[Sex]string{Female: ", women", Male: ", men"}[r.Sex])
}

// checkCensus wants ranges of ages that do not overlap, for each commune, year and sex.
// The rows are in order.
func checkCensus(rows []CensusRow) error {
	for i, r := range rows {
		switch {
		case r.From < 0 || r.To < r.From || r.To > AndOver || r.From > 130:
			return fmt.Errorf("census: commune %s, %d: ages %d to %d: want a youngest and an oldest age", r.Commune, r.Year, r.From, r.To)
		case r.Sex != AnySex && r.Sex != Female && r.Sex != Male:
			return fmt.Errorf("census: %s: sex %q: want F, M or nothing", r.name(), r.Sex)
		case r.Persons < 0:
			return fmt.Errorf("census: %s: %s people", r.name(), r.Persons)
		case i == 0 || rows[i-1].Commune != r.Commune || rows[i-1].Year != r.Year:
		case rows[i-1].Sex == r.Sex && rows[i-1].To >= r.From:
			return fmt.Errorf("census: %s overlaps ages %s", r.name(), rows[i-1].Ages())
		case rows[i-1].Sex == AnySex && r.Sex != AnySex:
			return fmt.Errorf("census: commune %s, %d has rows with a sex and rows without: want one or the other", r.Commune, r.Year)
		}
	}
	return nil
}
