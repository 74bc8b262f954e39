package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store"
)

// Key is that of the rule of secrecy in Full.
const Key = "known to the owner alone"

// Full is the small town with all that a territory may have: two divisions into
// zones, pupils at their schools and homes on a grid, a census, a population under
// statistical secrecy, and a crèche for residents with hours of its own in the holidays.
func Full(t testing.TB) *geodata.Snapshot {
	t.Helper()
	c := Town(t).Content()
	holidays, err := geodata.ParseWeeklyHours("Mo-Fr 09:00-12:00")
	if err != nil {
		t.Fatal(err)
	}
	c.Population.Rule = geodata.Rule{Minimum: 11, Of: "ind", Key: Key}
	c.Facilities[0].Catchment, c.Facilities[0].Holidays = geodata.OfEPCI, holidays
	c.Facilities[1].Catchment, c.Facilities[1].Holidays = geodata.OfCommune, &geodata.WeeklyHours{} // closed, which is not unknown
	west, east := c.Communes[0].Outline, c.Communes[1].Outline
	c.Zones = []geodata.Zone{
		{Layer: "iris", ID: "490010101", Name: "Centre", Outline: west}, {Layer: "iris", ID: "490020000", Outline: east},
		{Layer: "secteurs", ID: "490010101", Name: "École de l'Ouest", Outline: slices.Concat(west, east)}, {Layer: "secteurs", ID: "?", Name: "Hors carte"},
	}
	a, d := c.Population.Cells[1].Centre, c.Population.Cells[0].Centre
	c.Counts = []geodata.Population{
		{Name: "écoles", Vintage: 2024, Cells: []geodata.Cell{{ID: "0490001A", Centre: a, Commune: "49001", Study: true}, {ID: "0490002B", Centre: d, Commune: "49002"}},
			Columns: []geodata.Column{{Name: "élèves", Values: []geodata.Amount{geodata.Whole(120), 33_500_000}}, {Name: "classes", Values: []geodata.Amount{geodata.Whole(5), geodata.Whole(2)}}},
			Rule:    geodata.Rule{Minimum: 5, Of: "élèves", Key: "another key of the schools"}},
		{Name: "logements", CellSize: 200, Cells: []geodata.Cell{{ID: "w", Centre: c.Population.Cells[1].Centre, Outline: c.Population.Cells[1].Outline, Imputed: true}},
			Columns: []geodata.Column{{Name: "vacants", Values: []geodata.Amount{1}}}},
		{Name: "rien encore"},
	}
	for i, code := range []string{"49001", "49002", "49003"} {
		for _, sex := range []geodata.Sex{geodata.Female, geodata.Male} {
			c.Census = append(c.Census, geodata.CensusRow{Commune: code, Year: 2021, Sex: sex, From: 0, To: 2, Persons: geodata.Amount(i) * 1_500_001},
				geodata.CensusRow{Commune: code, Year: 2021, Sex: sex, From: 80, To: geodata.AndOver, Persons: geodata.Whole(int64(i))})
		}
		c.Census = append(c.Census, geodata.CensusRow{Commune: code, Year: 2010, From: 0, To: geodata.AndOver, Persons: geodata.Whole(1000)})
	}
	c.Sources = append(c.Sources, geodata.Source{Layer: "zones", Name: "iris", Publisher: "IGN"}, geodata.Source{Layer: "census", Name: "RP 2021"}, geodata.Source{Layer: "counts", Name: "écoles"})
	return seal(t, c)
}

func fullTownComesBack(t *testing.T, fresh Fresh) {
	open := fresh(t)
	write(t, opened(t, open), Full(t), "2024")
	same(t, "with everything", Full(t), read(t, opened(t, open), store.Ref{}))
}

// partsComeAndGo: what one vintage has, another need not have.
func partsComeAndGo(t *testing.T, fresh Fresh) {
	s := opened(t, fresh(t))
	bare := Town(t)
	c := Full(t).Content()
	c.Counts, c.Zones = c.Counts[1:], c.Zones[:1]
	some := seal(t, c)
	for _, step := range []struct {
		vintage string
		snap    *geodata.Snapshot
	}{{"1", bare}, {"2", Full(t)}, {"3", bare}, {"4", some}, {"2", some}, {"2", Full(t)}} {
		write(t, s, step.snap, step.vintage)
		same(t, "current after vintage "+step.vintage, step.snap, read(t, s, store.Ref{}))
	}
	for vintage, want := range map[string]*geodata.Snapshot{"1": bare, "2": Full(t), "3": bare, "4": some} {
		same(t, "vintage "+vintage, want, read(t, s, store.Ref{Territory: "town", Vintage: vintage}))
	}
	for _, vintage := range []string{"2", "4", "3"} {
		if err := s.Remove(t.Context(), store.Ref{Territory: "town", Vintage: vintage}, ""); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "what is left", bare, read(t, s, store.Ref{}))
	write(t, s, some, "5")
	same(t, "written after removing", some, read(t, s, store.Ref{}))
}

func partsOfFullTown(t *testing.T, fresh Fresh) {
	whole := Full(t)
	partsOf(t, fresh, whole, epcisOf(whole), 0, 500, 20_000)
}

func copyKeepsEverything(t *testing.T, fresh Fresh) {
	from, to := opened(t, fresh(t)), opened(t, fresh(t))
	write(t, from, Town(t), "1")
	write(t, from, Full(t), "2")
	if err := store.Copy(t.Context(), from, to, "storetest", nil); err != nil {
		t.Fatal(err)
	}
	same(t, "the current vintage", Full(t), read(t, to, store.Ref{}))
	same(t, "the other one", Town(t), read(t, to, store.Ref{Vintage: "1"}))
}

// more draws what not every territory has.
func (d *drawer) more(c *geodata.Content) {
	d.rule(&c.Population)
	for _, name := range d.distinct(2, "counts", d.texts) {
		p := geodata.Population{}
		d.population(&p)
		p.Name = "s" + name
		d.rule(&p)
		c.Counts = append(c.Counts, p)
	}
	for _, id := range d.distinct(3, "zones", d.texts) {
		c.Zones = append(c.Zones, geodata.Zone{Layer: "l" + rapid.SampledFrom([]string{"", "/", "%2F", "é"}).Draw(d.T, "layer"), ID: "z" + id, Name: d.text("name"), Outline: d.outline()})
	}
	for _, code := range d.distinct(2, "census", d.texts) {
		sexes := [][]geodata.Sex{{geodata.AnySex}, {geodata.Male}, {geodata.Male, geodata.Female}}[rapid.IntRange(0, 2).Draw(d.T, "sexes")]
		for _, sex := range sexes {
			from := 0
			for range rapid.IntRange(0, 3).Draw(d.T, "ranges") {
				if from > 130 {
					break
				}
				to := rapid.OneOf(rapid.IntRange(from, 131), rapid.Just(geodata.AndOver)).Draw(d.T, "to")
				c.Census = append(c.Census, geodata.CensusRow{Commune: code, Year: rapid.IntRange(1800, 2100).Draw(d.T, "year"), Sex: sex, From: from, To: to,
					Persons: geodata.Amount(rapid.Int64Range(0, 1<<62).Draw(d.T, "persons"))})
				from = to + 1 + rapid.IntRange(0, 50).Draw(d.T, "gap")
			}
		}
	}
	c.Census = oneKindOfSex(c.Census)
}

// oneKindOfSex keeps rows of a year that do not contradict the first of it.
func oneKindOfSex(rows []geodata.CensusRow) (kept []geodata.CensusRow) {
	any := map[string]bool{}
	for _, r := range rows {
		year := fmt.Sprintf("%s/%d", r.Commune, r.Year)
		if was, known := any[year]; known && was != (r.Sex == geodata.AnySex) {
			continue
		}
		any[year] = r.Sex == geodata.AnySex
		kept = append(kept, r)
	}
	return kept
}

func (d *drawer) rule(p *geodata.Population) {
	if len(p.Columns) == 0 || d.yes("public") {
		return
	}
	p.Rule = geodata.Rule{Minimum: rapid.IntRange(2, 1e6).Draw(d.T, "minimum"), Of: rapid.SampledFrom(p.Columns).Draw(d.T, "of").Name, Key: "sixteen letters." + d.text("key")}
}

// moreOfRegion adds to a region zones, schools, a census and a rule, on the same lattice.
func moreOfRegion(t *rapid.T, c *geodata.Content, at func() orb.Point, box func() orb.Ring) {
	if rapid.Bool().Draw(t, "confidential") {
		c.Population.Rule = geodata.Rule{Minimum: 11, Of: "men", Key: Key}
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "zones") {
		z := geodata.Zone{Layer: rapid.SampledFrom([]string{"iris", "secteurs"}).Draw(t, "layer"), ID: fmt.Sprint(i)}
		for range rapid.IntRange(0, 2).Draw(t, "polygons") {
			z.Outline = append(z.Outline, orb.Polygon{box()})
		}
		c.Zones = append(c.Zones, z)
	}
	for _, name := range []string{"homes", "schools"}[:rapid.IntRange(0, 2).Draw(t, "sets")] {
		p := geodata.Population{Name: name, Columns: []geodata.Column{{Name: "n"}}}
		for i := range rapid.IntRange(0, 4).Draw(t, "places") {
			cell := geodata.Cell{ID: fmt.Sprint(i), Centre: at(), Commune: fmt.Sprintf("%05d", rapid.IntRange(0, 6).Draw(t, "commune")), Study: true}
			if rapid.Bool().Draw(t, "square") {
				cell.Outline = box()
			}
			p.Cells = append(p.Cells, cell)
			p.Columns[0].Values = append(p.Columns[0].Values, geodata.Whole(int64(i)))
		}
		if rapid.Bool().Draw(t, "confidential") {
			p.Rule = geodata.Rule{Minimum: 5, Of: "n", Key: Key}
		}
		c.Counts = append(c.Counts, p)
	}
	for i := range rapid.IntRange(0, 7).Draw(t, "counted communes") {
		c.Census = append(c.Census, geodata.CensusRow{Commune: fmt.Sprintf("%05d", i), Year: 2021, To: geodata.AndOver, Persons: geodata.Whole(int64(i))})
	}
}
