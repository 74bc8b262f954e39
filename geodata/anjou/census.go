package anjou

import (
	"strconv"

	"github.com/maillage/maillage/geodata"
)

// census is what the censuses counted in the 17 communes: all inhabitants in 2006,
// 2011 and 2018, and three ranges of ages in 2021, without sex. They are published
// facts, by commune, year and age; see tables/census.csv and communes.csv.
func census(communes []*commune) (rows []geodata.CensusRow, err error) {
	add := func(insee string, year, from, to, people int) {
		rows = append(rows, geodata.CensusRow{Commune: insee, Year: year, From: from, To: to, Persons: geodata.Whole(int64(people))})
	}
	byCode := index(communes)
	err = read("census.csv", func(r record) {
		c, ok := byCode[r.text("insee")]
		if !ok || !c.study {
			r.fail("insee", "no such commune")
			return
		}
		for _, year := range []int{2006, 2011, 2018} {
			add(c.insee, year, 0, geodata.AndOver, r.count(strconv.Itoa(year)))
		}
	})
	for _, c := range communes {
		if c.study {
			add(c.insee, 2021, 0, 14, c.people[0])
			add(c.insee, 2021, 15, 64, c.people[1])
			add(c.insee, 2021, 65, geodata.AndOver, c.people[2])
		}
	}
	return rows, err
}
