package storetest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store"
)

// Key is that of the rule of secrecy in Full.
const Key = "known to the owner alone"

// Full is the small town with all that a territory may have: two divisions into
// zones, pupils at their schools and homes on a grid, a census, a population under
// statistical secrecy, a crèche for residents with hours of its own in the holidays,
// and public transport.
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
	c.Timetable, c.OnDemand = townTransport(a, d), []geodata.OnDemand{
		{ID: "tad", Name: "Ouest à la carte", From: []string{"49001"}, To: []string{"49001", "49002", "72001"}, Hours: *holidays, Wait: 20, Booking: 1440, Detour: 140, Note: "2 €", Source: "la commune"},
		{ID: "solidaire", From: []string{"49001", "49002"}, Hours: *c.Facilities[0].Hours, Detour: 100}}
	c.Sources = append(c.Sources, geodata.Source{Layer: "timetable", Name: "Aléop"}, geodata.Source{Layer: "zones", Name: "iris", Publisher: "IGN"}, geodata.Source{Layer: "census", Name: "RP 2021"}, geodata.Source{Layer: "counts", Name: "écoles"})
	return seal(t, c)
}

// townTransport is a timetable with all that one may have, of stops at two places
// and one beyond.
func townTransport(a, d orb.Point) *geodata.Timetable {
	return &geodata.Timetable{
		Zone:     "Europe/Paris",
		Agencies: []geodata.Agency{{ID: "aleop", Name: "Aléop", URL: "https://example.org"}, {ID: "sncf", Name: "SNCF"}},
		Stops: []geodata.Stop{{ID: "a", Name: "Place de l'Église", Location: a, Parent: "gare", Accessible: geodata.AccessibleYes}, {ID: "d", Location: d, Accessible: geodata.AccessibleNo},
			{ID: "gare", Name: "Gare", Location: a, Station: true}, {ID: "loin", Name: "Loin", Location: orb.Point{d[0] + 1, d[1]}}},
		Routes: []geodata.Route{{ID: "42", Agency: "aleop", Short: "42", Long: "Ouest – Est", Type: 3, Colour: "ff0000"}, {ID: "ter", Agency: "sncf", Type: 2}, {ID: "unused", Agency: "sncf", Type: 1700}},
		Services: []geodata.TransitService{{ID: "semaine", Week: [7]bool{true, true, true, true, true}, First: 20260901, Last: 20270831, Removed: []geodata.Date{20261111, 20261225}},
			{ID: "un jour", Added: []geodata.Date{20260905, 20261003}}},
		Trips: []geodata.Trip{
			{ID: "1", Route: "42", Service: "semaine", Headsign: "Est", Calls: []geodata.Call{{Stop: 0, Arrival: 25200, Departure: 25260}, {Stop: 1, Arrival: 26000, Departure: 26000, Boarding: geodata.NotHere, Alighting: geodata.CallAgency}}},
			{ID: "2", Route: "42", Service: "un jour", Calls: []geodata.Call{{Stop: 1, Arrival: 86000, Departure: 86000}, {Stop: 0, Arrival: 90000, Departure: 90000}},
				Frequencies: []geodata.Frequency{{From: 86000, To: 88000, Headway: 600, Exact: true}, {From: 90000, To: 95000, Headway: 900}}},
			{ID: "3", Route: "ter", Service: "semaine", Calls: []geodata.Call{{Stop: 1, Arrival: 0, Departure: 0}, {Stop: 3, Arrival: 1200, Departure: 1200, Boarding: geodata.AskTheCrew}}},
		},
		Transfers: []geodata.Transfer{{From: 0, To: 1, Kind: geodata.MinimumTime, Seconds: 180}, {From: 1, To: 3, Kind: geodata.Impossible}},
	}
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
	c.Counts, c.Zones, c.Timetable = c.Counts[1:], c.Zones[:1], nil
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
	if d.yes("timetable") {
		c.Timetable = d.timetable()
	}
	for i := range rapid.IntRange(0, 2).Draw(d.T, "on demand") {
		x := geodata.OnDemand{ID: fmt.Sprint("d", i), Name: d.line("name"), From: []string{"far"}, Hours: *d.hours(), Wait: rapid.IntRange(0, 1440).Draw(d.T, "wait"),
			Booking: rapid.IntRange(0, 44640).Draw(d.T, "booking"), Detour: rapid.IntRange(100, 1000).Draw(d.T, "detour"), Note: d.line("note"), Source: d.line("source")}
		for _, m := range c.Communes {
			if strings.ContainsFunc(m.Code, func(r rune) bool { return r < ' ' || unicode.IsSpace(r) || r == '\ufeff' }) {
				continue
			}
			x.From = append(x.From, m.Code)
		}
		if len(c.Communes) > 0 && len(x.From) == 1 {
			continue // of none of the territory
		}
		if d.yes("to") {
			x.To = []string{"near", x.From[len(x.From)-1]}
		}
		if x.Hours.Minutes() > 0 {
			c.OnDemand = append(c.OnDemand, x)
		}
	}
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

// line is a text as timetables have them: without blanks around it and control characters.
func (d *drawer) line(label string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == '\ufeff' {
			return -1
		}
		return r
	}, d.text(label)))
}

// timetable draws one of a few stops, all of it in order.
func (d *drawer) timetable() *geodata.Timetable {
	t := &geodata.Timetable{Zone: rapid.SampledFrom([]string{"Europe/Paris", "UTC", "America/Cayenne"}).Draw(d.T, "zone"), Agencies: []geodata.Agency{{ID: d.line("agency"), Name: d.line("name"), URL: d.line("url")}}}
	for i := range rapid.IntRange(1, 5).Draw(d.T, "stops") {
		stop := geodata.Stop{ID: fmt.Sprint(i), Name: d.line("stop"), Location: d.point("stop"), Accessible: rapid.SampledFrom([]geodata.Accessibility{"", "yes", "no"}).Draw(d.T, "acc")}
		if i == 0 {
			stop.Station = true
		} else if d.yes("parent") {
			stop.Parent = "0"
		}
		t.Stops = append(t.Stops, stop)
	}
	stop := func() int32 { return int32(rapid.IntRange(0, len(t.Stops)-1).Draw(d.T, "stop")) }
	seconds := rapid.Int32Range(0, geodata.LatestTime/20)
	for i := range rapid.IntRange(0, 3).Draw(d.T, "routes") {
		r := geodata.Route{ID: fmt.Sprint(i), Agency: t.Agencies[0].ID, Short: d.line("short"), Long: d.line("long"), Type: rapid.SampledFrom([]int{0, 3, 7, 12, 100, 1799}).Draw(d.T, "type"),
			Colour: rapid.SampledFrom([]string{"", "00aaFF"}).Draw(d.T, "colour")}
		s := geodata.TransitService{ID: r.ID, Added: []geodata.Date{20240229}}
		if d.yes("week") {
			s = geodata.TransitService{ID: r.ID, First: 19000101, Last: 29991231, Removed: []geodata.Date{20240229, 20261225}}
			s.Week[i] = true
		}
		t.Routes, t.Services = append(t.Routes, r), append(t.Services, s)
	}
	for i := range min(9*len(t.Routes), rapid.IntRange(0, 5).Draw(d.T, "trips")) {
		trip := geodata.Trip{ID: fmt.Sprint(i), Route: fmt.Sprint(i % len(t.Routes)), Service: fmt.Sprint(i / 2 % len(t.Routes)), Headsign: d.line("headsign")}
		at := int32(0)
		for range rapid.IntRange(2, 5).Draw(d.T, "calls") {
			c := geodata.Call{Stop: stop(), Boarding: geodata.Stopping(rapid.IntRange(0, 3).Draw(d.T, "on")), Alighting: geodata.Stopping(rapid.IntRange(0, 3).Draw(d.T, "off"))}
			c.Arrival = at + seconds.Draw(d.T, "ride")
			c.Departure = c.Arrival + seconds.Draw(d.T, "stay")
			at = c.Departure
			trip.Calls = append(trip.Calls, c)
		}
		if d.yes("frequency") {
			from := seconds.Draw(d.T, "from")
			trip.Frequencies = []geodata.Frequency{{From: from, To: from + 1 + seconds.Draw(d.T, "for"), Headway: rapid.Int32Range(1, math.MaxInt32).Draw(d.T, "headway"), Exact: d.yes("exact")}}
		}
		t.Trips = append(t.Trips, trip)
	}
	for from := range int32(len(t.Stops) - 1) {
		if d.yes("transfer") {
			t.Transfers = append(t.Transfers, geodata.Transfer{From: from, To: stop(), Kind: geodata.MinimumTime, Seconds: seconds.Draw(d.T, "seconds")})
		}
	}
	return t
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
	if rapid.Bool().Draw(t, "timetable") {
		c.Timetable = drawLines(t, at)
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "on demand") {
		d := geodata.OnDemand{ID: fmt.Sprint(i), From: []string{c.Communes[rapid.IntRange(0, len(c.Communes)-1).Draw(t, "from")].Code, "99999"}, Detour: 100}
		d.Hours[0] = []geodata.Interval{{From: 0, To: 1440}}
		c.OnDemand = append(c.OnDemand, d)
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

// drawLines is trips between stops on the same lattice.
func drawLines(t *rapid.T, at func() orb.Point) *geodata.Timetable {
	x := &geodata.Timetable{Zone: "Europe/Paris", Agencies: []geodata.Agency{{ID: "A"}}}
	stops := rapid.IntRange(2, 6).Draw(t, "stops")
	for i := range stops {
		s := geodata.Stop{ID: fmt.Sprint(i), Location: at(), Station: i == 0}
		if i > 0 && rapid.Bool().Draw(t, "in the station") {
			s.Parent = "0"
		}
		x.Stops = append(x.Stops, s)
	}
	stop := func() int32 { return int32(rapid.IntRange(0, stops-1).Draw(t, "stop")) }
	for i := range rapid.IntRange(0, 5).Draw(t, "trips") {
		id := fmt.Sprint(i)
		x.Routes = append(x.Routes, geodata.Route{ID: id, Agency: "A", Type: 3})
		x.Services = append(x.Services, geodata.TransitService{ID: id, Added: []geodata.Date{20260901}})
		trip := geodata.Trip{ID: id, Route: rapid.SampledFrom(x.Routes).Draw(t, "route").ID, Service: rapid.SampledFrom(x.Services).Draw(t, "service").ID}
		for k := range rapid.IntRange(2, 4).Draw(t, "calls") {
			trip.Calls = append(trip.Calls, geodata.Call{Stop: stop(), Arrival: int32(60 * k), Departure: int32(60 * k)})
		}
		x.Trips = append(x.Trips, trip)
	}
	for from := range int32(stops) {
		if rapid.Bool().Draw(t, "transfer") {
			x.Transfers = append(x.Transfers, geodata.Transfer{From: from, To: stop()})
		}
	}
	return x
}

// Network is a territory of nothing but a timetable, for benchmarks: so many trips
// of so many calls each, on a hundred routes.
func Network(t testing.TB, trips, calls int) *geodata.Snapshot {
	t.Helper()
	x := &geodata.Timetable{Zone: "Europe/Paris", Agencies: []geodata.Agency{{ID: "A", Name: "Réseau"}},
		Services: []geodata.TransitService{{ID: "semaine", Week: [7]bool{true, true, true, true, true}, First: 20260901, Last: 20270831}}}
	for i := range 100 * calls {
		x.Stops = append(x.Stops, geodata.Stop{ID: fmt.Sprintf("s%06d", i), Name: fmt.Sprint("Arrêt ", i), Location: orb.Point{-1 + float64(i/calls)/50, 47 + float64(i%calls)/50}})
	}
	for i := range 100 {
		x.Routes = append(x.Routes, geodata.Route{ID: fmt.Sprintf("r%02d", i), Agency: "A", Short: fmt.Sprint(i), Type: 3})
	}
	for i := range trips {
		trip := geodata.Trip{ID: fmt.Sprintf("t%07d", i), Route: x.Routes[i%100].ID, Service: "semaine", Headsign: "Angers"}
		at := int32(6*3600 + i/100*900)
		for k := range calls {
			trip.Calls = append(trip.Calls, geodata.Call{Stop: int32(i%100*calls + k), Arrival: at, Departure: at + 20})
			at += int32(120 + 7*(k%5))
		}
		x.Trips = append(x.Trips, trip)
	}
	return seal(t, geodata.Content{Territory: geodata.Territory{ID: "network"}, Timetable: x})
}
