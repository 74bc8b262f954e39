package matrix

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

var someCounts = [][]string{{"men", "households"}, {"men_1ind", "alone"}, {"creche"}}

// Of three homes one says that -1 households live there. Columns may come in any
// order, under either name, and may be missing; ids sort the territory.
func TestHomesAndWhatIsKnownOfThem(t *testing.T) {
	f, told := file("D.csv", "ALONE;lat;demand_id;note;value;lon;commune;men\n1;47.5;b;x;8;-0.25;20001;4\n2;47,5;c;x;8;0;20001;4\n0;47.6;a;x;1;0;10001;0.5\n")
	h, n, err := ReadHomes(f, someCounts)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`D.csv, line 3: lat = "47,5": want a latitude in degrees, from -90 to 90`}, *told); diff != "" || n != (Count{File: "D.csv", Read: 3, Kept: 2, Bad: 1}) {
		t.Errorf("%+v %s", n, diff)
	}
	c := h.Territory([]string{"alsh", "creche"})
	c.Territory.ID = "own"
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	want := geodata.Population{Cells: []geodata.Cell{{ID: "a", Centre: orb.Point{0, 47.6}, Commune: "10001", Study: true}, {ID: "b", Centre: orb.Point{-0.25, 47.5}, Commune: "20001", Study: true}},
		Columns: []geodata.Column{{Name: "ind", Values: []geodata.Amount{1e6, 8e6}}, {Name: "men", Values: []geodata.Amount{500_000, 4e6}}, {Name: "men_1ind", Values: []geodata.Amount{0, 1e6}}}}
	if diff := cmp.Diff(&want, s.Population()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]geodata.Commune{{Code: "10001", Name: "10001", Study: true}, {Code: "20001", Name: "20001", Study: true}}, s.Communes()); diff != "" {
		t.Error(diff)
	}
	// A service without a column is for everybody.
	for _, service := range s.Catalogue() {
		if amounts, _, err := service.Count(s.Population()); err != nil || amounts[1] != 8e6 {
			t.Errorf("%s: %v, %v", service.ID, amounts, err)
		}
	}
}

// A service that has a column is for those whom it counts.
func TestHomesOfAService(t *testing.T) {
	f, _ := file("D.csv", "demand_id,value,creche\na,9,2\n")
	h, _, err := ReadHomes(f, someCounts)
	if err != nil || h.Communes != nil || h.At != nil || h.Counts["men"] != nil {
		t.Fatal(h, err)
	}
	c := h.Territory([]string{"creche"})
	if amounts, _, err := c.Catalogue[0].Count(&c.Population); err != nil || amounts[0] != 2e6 {
		t.Error(amounts, err)
	}
}

func TestHomesThatCannotBeUsed(t *testing.T) {
	for text, want := range map[string]string{
		"demand_id,value,men\na,1,2\n,1,1\n":              `D.csv, line 3: demand_id = "": want an id`,
		"demand_id,value,men\na,1,2\na,1,1\n":             `D.csv, line 3: demand_id = "a": appears twice: first on line 2`,
		"demand_id,value,men\na,1,2\nb,x,1\n":             `D.csv, line 3: value = "x": want a number of people or households`,
		"demand_id,value,households\na,1,2\nb,1,-1\n":     `D.csv, line 3: households = "-1": want a number of people or households`,
		"demand_id,value,commune\na,1,c\nb,1,\n":          `D.csv, line 3: commune = "": want an id`,
		"demand_id,value,lon,lat\na,1,0,47\nb,1,190,47\n": `D.csv, line 3: lon = "190": want a longitude in degrees`,
		"demand_id,value,lon,lat\na,1,0,47\nb,1,0,NaN\n":  `D.csv, line 3: lat = "NaN": want a latitude in degrees`,
		"demand_id,value,lon,lat\na,1,0,47\nb,1,0\n":      `D.csv, line 3: 3 fields instead of the header's 4`,
		"demand_id,value,lon\na,1,0\n":                    "D.csv: line 1, the header: want both lon and lat, or neither",
		"demand_id,value,alone,Alone\na,1,0,0\n":          "D.csv: line 1, the header: the column alone appears twice",
		"demand_id,value,commune,commune\na,1,0,0\n":      "D.csv: line 1, the header: the column commune appears twice",
		"demand_id,people\na,1\n":                         "D.csv: line 1, the header: no column value or persons or ind; there is demand_id, people",
		"demand_id,value\na,NS\n":                         "D.csv: no record can be used: of 1, 1 are at fault; want a number of people or households",
		"":                                                "D.csv: an empty file",
	} {
		f, told := file("D.csv", text)
		_, _, err := ReadHomes(f, someCounts)
		if err != nil {
			*told = append(*told, err.Error())
		}
		if !slices.ContainsFunc(*told, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("%q: %q, want %q", text, *told, want)
		}
	}
}

// Whatever is read, every record is kept or told of, and columns run parallel.
func FuzzHomes(f *testing.F) {
	f.Add("demand_id,value,men,commune,lon,lat\na,1,2,c,0,47\n")
	f.Add("cell_id;persons;alone\r\n\"a\";1,5;0\r\n")
	f.Add("demand_id,value,lon,lat\na,1,Inf,47\na,1,0,47\n")
	f.Fuzz(func(t *testing.T, text string) {
		told := 0
		h, n, err := ReadHomes(File{Name: "D", In: strings.NewReader(text), Fault: func(Fault) { told++ }}, someCounts)
		if err != nil {
			return
		}
		if n.Read != n.Kept+n.Bad || n.Bad != told || len(h.IDs) != n.Kept || len(h.Amounts) != n.Kept || h.At != nil && len(h.At) != n.Kept || h.Communes != nil && len(h.Communes) != n.Kept {
			t.Fatalf("%+v, told of %d: %+v", n, told, h)
		}
		for name, values := range h.Counts {
			if len(values) != n.Kept {
				t.Fatalf("%s: %d values of %d", name, len(values), n.Kept)
			}
		}
		c := h.Territory([]string{"creche"})
		c.Territory.ID = "own"
		if _, err := geodata.NewSnapshot(c); err != nil {
			t.Fatal(err)
		}
	})
}
