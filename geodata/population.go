package geodata

import "github.com/paulmach/orb"

// Population is a grid, or any set of points (schools with their pupils), with
// counted columns.
// Cells and every Column's Values run in parallel, in the order of cell ids.
type Population struct {
	CellSize int    // side of a cell in metres; 0 for points without extent
	Vintage  int    // year the counts refer to; 0 if unknown
	Name     string // where it is from, e.g. "INSEE Filosofi 200 m 2019"; like Sources, not part of a snapshot's id
	Cells    []Cell
	Columns  []Column
	Rule     Rule `json:",omitzero"` // what may be told of these counts
}

// Cell is a place where people live: one square of a grid, or a point.
type Cell struct {
	ID      string
	Centre  orb.Point
	Outline orb.Ring // corners of the square; nil for a point
	Commune string   // INSEE code of the commune that contains the centre; empty outside all communes
	Study   bool     // the commune belongs to the study area
	Imputed bool     // INSEE imputed the values (i_est_200 = 1)
}

// Column is one count per cell. Names are INSEE's, in lower case
// (ind, ind_0_3, men_pauv); see StandardColumns for those Maillage knows.
type Column struct {
	Name   string
	Values []Amount
}

// Column returns the values of the named column, and whether it exists.
func (p *Population) Column(name string) ([]Amount, bool) {
	for i := range p.Columns {
		if p.Columns[i].Name == name {
			return p.Columns[i].Values, true
		}
	}
	return nil, false
}

// StandardColumn describes a column Maillage knows.
type StandardColumn struct {
	Name  string
	Unit  string // "persons", "households", "euros"
	Label Text
	// AgeBand is true for columns that count people of an age range.
	AgeBand bool
}

// StandardColumns lists the columns of INSEE's Filosofi grids and of the
// Eurostat census grid under the names Maillage stores them by.
var StandardColumns = []StandardColumn{
	{"ind", "persons", Text{"habitants", "inhabitants"}, false},
	{"ind_0_3", "persons", Text{"0-3 ans", "ages 0-3"}, true},
	{"ind_4_5", "persons", Text{"4-5 ans", "ages 4-5"}, true},
	{"ind_6_10", "persons", Text{"6-10 ans", "ages 6-10"}, true},
	{"ind_11_17", "persons", Text{"11-17 ans", "ages 11-17"}, true},
	{"ind_18_24", "persons", Text{"18-24 ans", "ages 18-24"}, true},
	{"ind_25_39", "persons", Text{"25-39 ans", "ages 25-39"}, true},
	{"ind_40_54", "persons", Text{"40-54 ans", "ages 40-54"}, true},
	{"ind_55_64", "persons", Text{"55-64 ans", "ages 55-64"}, true},
	{"ind_65_79", "persons", Text{"65-79 ans", "ages 65-79"}, true},
	{"ind_80p", "persons", Text{"80 ans et plus", "ages 80 and over"}, true},
	{"ind_inc", "persons", Text{"âge inconnu", "age unknown"}, true},
	{"y_lt15", "persons", Text{"moins de 15 ans", "under 15"}, true},
	{"y_1564", "persons", Text{"15-64 ans", "ages 15-64"}, true},
	{"y_ge65", "persons", Text{"65 ans et plus", "ages 65 and over"}, true},
	{"male", "persons", Text{"hommes", "men"}, false},
	{"female", "persons", Text{"femmes", "women"}, false},
	{"employed", "persons", Text{"personnes en emploi", "employed persons"}, false},
	{"ind_snv", "euros", Text{"somme des niveaux de vie", "sum of living standards"}, false},
	{"men", "households", Text{"ménages", "households"}, false},
	{"men_pauv", "households", Text{"ménages pauvres", "households in poverty"}, false},
	{"men_1ind", "households", Text{"ménages d'une personne", "one-person households"}, false},
	{"men_5ind", "households", Text{"ménages de 5 personnes et plus", "households of 5 or more"}, false},
	{"men_prop", "households", Text{"ménages propriétaires", "owner households"}, false},
	{"men_fmp", "households", Text{"familles monoparentales", "single-parent families"}, false},
	// No grid has it; it is named for the variable VOIT of INSEE's census (RP), number of cars, 0.
	{"men_voit0", "households", Text{"ménages sans voiture", "households without a car"}, false},
}

// StandardColumnByName finds a column of StandardColumns.
func StandardColumnByName(name string) (StandardColumn, bool) {
	for _, c := range StandardColumns {
		if c.Name == name {
			return c, true
		}
	}
	return StandardColumn{}, false
}
