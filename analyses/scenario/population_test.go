package scenario

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/needs"
	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
)

// columns writes the values of a column.
func columns(p *geodata.Population, name string) string {
	values, _ := p.Column(name)
	var out []string
	for _, v := range values {
		out = append(out, v.String())
	}
	return strings.Join(out, " ")
}

// The cells of West hold 1, 2 and 4 sevenths of its people, those of East 1 and 2 thirds.
func TestThePeopleOfACensusByHand(t *testing.T) {
	_, s := street(t)
	nets := traveltime.NewNetworks("")
	for year, want := range map[string]string{
		"2021": "2 4 8 4 8",
		// 10 × 1/7 = 1.428571 4…, 10 × 2/7 = 2.857142 8…, 10 × 4/7 = 5.714285 7…: the two
		// millionths left go to the largest remainders. East is as it was.
		"2018": "1.428571 2.857143 5.714286 8 16",
	} {
		w := apply(t, s, nets, changes(t, "population: {year: "+year+"}"))
		p := w.Snapshot.Population()
		if got := columns(p, "ind"); got != want {
			t.Errorf("%s: people %s, want %s", year, got, want)
		}
		if got := columns(p, "ind_0_3"); got != want { // the ages stay as they were in each commune
			t.Errorf("%s: children %s, want %s", year, got, want)
		}
		r, err := coverage.Run(context.Background(), w.Snapshot, w.Networks, coverage.Params{Service: "creche", Mode: "foot"})
		if err != nil {
			t.Fatal(err)
		}
		var notes []string
		for _, n := range w.Notes {
			notes = append(notes, n.En)
		}
		wantNotes := []string{"Population of " + year + ": the cells of each commune are scaled to its census total."}
		if year == "2018" {
			wantNotes = append(wantNotes, "Population unchanged for 1 commune, which census or projection do not know.")
		}
		if diff := cmp.Diff(wantNotes, notes); diff != "" {
			t.Error(diff)
		}
		if r.Provenance.Snapshot != s.ID() || columns(s.Population(), "ind") != "1 2 4 8 16" {
			t.Error("the territory itself has changed")
		}
	}
	_, err := Apply(context.Background(), s, nets, changes(t, "population: {year: 2021, variant: low}"))
	compareProblems(t, err, []string{"test.yaml:2: changes[0].population.variant: the census of 2021 is what it is"})
}

// A place in the middle of the people is in the middle of those that there are then.
func TestPeopleAndPlacesInTheirOrder(t *testing.T) {
	_, s := street(t)
	c := s.Content()
	c.Population.Columns = []geodata.Column{{Name: "ind", Values: []geodata.Amount{0, 0, 0, 1, 1}}, c.Population.Columns[1]}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	// Two millionths of a person cannot become twelve people.
	w := apply(t, s, traveltime.NewNetworks(""), changes(t, "population: {year: 2021}"))
	if got := columns(w.Snapshot.Population(), "ind"); got != "0 0 0 0.000001 0.000001" {
		t.Errorf("people %s", got)
	}
	if got, want := w.Notes[1].En, "Without people on the grid, so unchanged: 2 communes."; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Projected people are those of analyses/needs, by age in each commune, and cells
// have as many as their ages sum up to.
func TestTheProjectedPeopleAreThoseOfNeeds(t *testing.T) {
	coarse, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	_, s := street(t)
	c := s.Content()
	fineBands := []string{"ind_0_3", "ind_4_5", "ind_6_10", "ind_11_17", "ind_18_24", "ind_25_39", "ind_40_54", "ind_55_64", "ind_65_79", "ind_80p"}
	c.Population.Columns = c.Population.Columns[:1]
	for k, name := range append(fineBands, "ind_inc", "men") {
		values := make([]geodata.Amount, 5)
		for i := range values {
			values[i] = geodata.Whole(int64(1+i*k%3)) / 7
		}
		c.Population.Columns = append(c.Population.Columns, geodata.Column{Name: name, Values: values})
	}
	c.Population.Vintage = 2021
	fine, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	for name, of := range map[string]struct {
		s        *geodata.Snapshot
		bands    []string
		old      []string // columns of 65 and over
		communes int
	}{"three bands": {coarse, []string{"y_lt15", "y_1564", "y_ge65"}, []string{"y_ge65"}, 17}, "ten bands": {fine, fineBands, []string{"ind_65_79", "ind_80p"}, 2}} {
		for _, variant := range []string{"low", "central", "high"} {
			t.Run(name+", "+variant, func(t *testing.T) { projected(t, of.s, variant, of.bands, of.old, of.communes) })
		}
	}
}

func projected(t *testing.T, s *geodata.Snapshot, variant string, bands, old []string, communes int) {
	nets, ctx := traveltime.NewNetworks(""), context.Background()
	r, err := needs.Run(ctx, s, nets, needs.Params{To: 2035, Variants: []string{variant}})
	if err != nil {
		t.Fatal(err)
	}
	line := "population: {year: 2035, variant: " + variant + "}"
	if variant == "central" {
		line = "population: {year: 2035}"
	}
	w := apply(t, s, nets, changes(t, line))
	p := w.Snapshot.Population()
	if p.Vintage != 2035 {
		t.Errorf("vintage %d", p.Vintage)
	}
	value := func(column string, i int) geodata.Amount {
		values, ok := p.Column(column)
		if !ok {
			t.Fatalf("no column %s", column)
		}
		return values[i]
	}
	people, aged := map[string]geodata.Amount{}, map[string]geodata.Amount{}
	for i, c := range p.Cells {
		if !c.Study {
			continue
		}
		people[c.Commune] += value("ind", i)
		for _, name := range old {
			aged[c.Commune] += value(name, i)
		}
		var sum geodata.Amount
		for _, name := range bands {
			sum += value(name, i)
		}
		if sum != value("ind", i) {
			t.Fatalf("cell %s has %s people, by age %s", c.ID, value("ind", i), sum)
		}
	}
	rows := 0
	for _, row := range r.Communes {
		if row.Year != 2035 {
			continue
		}
		rows++
		if people[row.Code] != row.Population || aged[row.Code] != row.From65 || row.From65 == 0 {
			t.Errorf("%s: %s people, %s of 65 and over, want %s and %s", row.Code, people[row.Code], aged[row.Code], row.Population, row.From65)
		}
	}
	if rows != communes {
		t.Errorf("%d communes, want %d", rows, communes)
	}
	if inc, ok := p.Column("ind_inc"); ok && inc[0] != 0 {
		t.Error("projected people of unknown age")
	}
}

// Confidential people are merged before they are scaled: a cell tells of its group.
func TestConfidentialPeopleOfAnotherYear(t *testing.T) {
	raw := confidential(t)
	w := apply(t, raw, traveltime.NewNetworks(""), changes(t, "population: {year: 2021}"))
	// West's 14 people stand evenly on A, B and C, as its 7 did: nobody sees 1, 2 and 4.
	ind, _ := w.Snapshot.Population().Column("ind")
	for i := range 3 {
		if d := 3*ind[i] - geodata.Whole(14); d < -6 || d > 6 {
			t.Errorf("cell %d: %s, want a third of 14", i, ind[i])
		}
	}
	if !w.Snapshot.Protected() || secrecy.Protect(w.Snapshot) != w.Snapshot || w.Snapshot.Population().Rule.Minimum != 11 {
		t.Error("it is not protected")
	}
}
