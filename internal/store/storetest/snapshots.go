package storetest

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
	"github.com/maillage/maillage/geodata/load"
	"github.com/maillage/maillage/internal/towntest"
)

// Anjou is the embedded territory.
func Anjou(t testing.TB) *geodata.Snapshot {
	t.Helper()
	s, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Real is the real communes of Anjou and around, with the EPCI they belong to,
// the people on a grid of 1 km, main roads and France Services; the test is skipped where the
// data pack is not beside the project.
func Real(t testing.TB) *geodata.Snapshot {
	t.Helper()
	dir := pack(t, "anjou")
	s, report, err := load.Territory(t.Context(), load.Spec{
		ID: "region", Name: "Anjou et autour",
		Communes:   []string{filepath.Join(dir, "communes.geojson")},
		Population: []string{filepath.Join(dir, "census2021_1km.csv")},
		Roads:      []string{filepath.Join(dir, "roads_main.geojson")},
		Facilities: []load.FacilityFile{{Service: "france_services", Path: filepath.Join(dir, "france_services_2024-08-01.csv")}},
	}, load.Options{})
	if err != nil {
		t.Fatal(err, report)
	}
	return s
}

// pack finds a data pack beside the project, which is where go.mod is.
func pack(t testing.TB, name string) string {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		if filepath.Dir(root) == root {
			t.Fatal("no go.mod above the working directory")
		}
		root = filepath.Dir(root)
	}
	dir := filepath.Join(filepath.Dir(root), "shared", "data", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("SKIPPED, NOT CHECKED: the data pack %s is not at ../shared/data", name)
	}
	return dir
}

// Town is a crossroads with two homes, a crèche that is open, one that is
// planned, a one-way, a bollard and a forbidden turn. One home is a square, the
// other a point.
func Town(t testing.TB) *geodata.Snapshot {
	t.Helper()
	town := towntest.Town{
		Drawing: `
A---B---C---D
    |   |
    E---F
`,
		Ways: map[string]string{"ABCD": "highway=secondary maxspeed=80 ref=D859 surface=asphalt", "BE": "highway=residential name=Rue_de_l'Église oneway=yes",
			"EF": "highway=residential", "CF": "highway=track"},
		Nodes: map[string]string{"F": "barrier=bollard"},
		Turns: map[string]string{"ABCD,B,BE": "restriction=no_right_turn", "BE,EF,CF": "restriction=no_u_turn"},
	}
	square := func(p orb.Point) orb.Ring {
		return orb.Ring{p, {p[0] + .001, p[1]}, {p[0] + .001, p[1] + .001}, {p[0], p[1] + .001}, p}
	}
	places := 25
	hours, err := geodata.ParseWeeklyHours("Mo-Fr 08:30-12:00,13:30-17:00")
	if err != nil {
		t.Fatal(err)
	}
	a, d := town.Point('A'), town.Point('D')
	return seal(t, geodata.Content{
		Territory: geodata.Territory{ID: "town", Name: "La Ville", Modelled: true},
		Catalogue: geodata.DefaultCatalogue(),
		Communes: []geodata.Commune{
			{Code: "49001", Name: "Ouest-sur-Loir", EPCI: "200068955", EPCIName: "Anjou Loir et Sarthe", Population: 1200, Study: true, Outline: orb.MultiPolygon{{square(a)}}},
			{Code: "49002", Name: "Est", EPCI: "244900015", EPCIName: "Est", Outline: orb.MultiPolygon{{square(d)}}},
			{Code: "49003", Name: "Sans contour"},
		},
		Population: geodata.Population{CellSize: 200, Vintage: 2019, Name: "INSEE Filosofi 200 m 2019",
			Cells:   []geodata.Cell{{ID: "west", Centre: a, Outline: square(a), Commune: "49001", Study: true}, {ID: "east", Centre: d, Commune: "49002", Imputed: true}},
			Columns: []geodata.Column{{Name: "ind", Values: []geodata.Amount{120_500_000, 77_000_001}}, {Name: "ind_0_3", Values: []geodata.Amount{4_000_001, 0}}}},
		Facilities: []geodata.Facility{
			{ID: "creche-1", Name: "Les Petits Loups", Service: "creche", Location: town.Point('C'), Commune: "49001", Capacity: &places, Hours: hours, Accessible: geodata.AccessibleYes, Status: geodata.Existing, Source: "CAF"},
			{ID: "creche-2", Name: "Ici bientôt", Service: "creche", Location: d, Status: geodata.Planned, Itinerant: true, Note: "au printemps"},
		},
		Roads:   town.Roads(),
		Sources: []geodata.Source{{Layer: "population", Name: "Filosofi", Publisher: "INSEE", Licence: "Licence Ouverte 2.0", Vintage: "2019"}, {Layer: "roads", Name: "OSM", Vintage: "2024-08-01"}},
	})
}

// Lattice is so many homes in a square, with a street past each, for tests that
// need a territory to take a while.
func Lattice(t testing.TB, id string, homes int, people int64) *geodata.Snapshot {
	t.Helper()
	c := geodata.Content{Territory: geodata.Territory{ID: id, Name: id}, Catalogue: geodata.DefaultCatalogue()}
	side := int(math.Ceil(math.Sqrt(float64(homes))))
	ind := geodata.Column{Name: "ind", Values: make([]geodata.Amount, homes)}
	for i := range homes {
		at := orb.Point{float64(i%side) * .002, 47 + float64(i/side)*.002}
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: fmt.Sprintf("cell-%07d", i), Centre: at, Study: true})
		ind.Values[i] = geodata.Whole(people)
		c.Roads.Nodes = append(c.Roads.Nodes, geodata.RoadNode{ID: int64(i + 1), Lon: geodata.Fixed(at[0]), Lat: geodata.Fixed(at[1])})
		if i%side > 0 {
			c.Roads.Ways = append(c.Roads.Ways, geodata.Way{ID: int64(i), Nodes: []int32{int32(i - 1), int32(i)}, Tags: geodata.Tags{{Key: "highway", Value: "residential"}}})
		}
	}
	c.Population.Columns = []geodata.Column{ind}
	return seal(t, c)
}

// Odd lets Draw draw what not every store can hold.
type Odd struct {
	NUL   bool // texts with U+0000
	Rings bool // outlines that are no closed rings, and polygons without any
}

// Draw makes any content that NewSnapshot accepts: odd names, empty layers, no
// catalogue or an empty one, amounts up to the largest, any way and node ids.
func Draw(t *rapid.T, odd Odd) geodata.Content {
	d := &drawer{T: t, odd: odd}
	texts := []string{"", " ", "a", "A", "é'\"<&>", "e\u0301", "=1+1", "\u2028\n\r\t", "12", "1e3", "日本", "NULL", "\\N", "👩‍👩‍👧 🏡", "{}", "\\", "a\\tb,\"c"}
	if odd.NUL {
		texts = append(texts, "\x00")
	}
	d.texts = rapid.OneOf(rapid.SampledFrom(texts), rapid.Map(rapid.String(), func(s string) string {
		if odd.NUL {
			return s
		}
		return strings.ReplaceAll(s, "\x00", "")
	}))
	d.degrees = rapid.OneOf(rapid.Float64Range(-90, 90), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1e-7, 5e-324, 90, -90, 47.123456789012345}))
	c := geodata.Content{Territory: geodata.Territory{ID: "t" + d.text("id"), Name: d.text("name"), Modelled: d.yes("modelled")}}
	d.catalogue(&c)
	d.communes(&c)
	d.population(&c.Population)
	d.facilities(&c)
	d.roads(&c.Roads)
	if d.yes("more") {
		d.more(&c)
	}
	for range rapid.IntRange(0, 2).Draw(t, "sources") {
		c.Sources = append(c.Sources, geodata.Source{Layer: d.text("l"), Name: d.text("n"), Publisher: d.text("p"), Licence: d.text("li"), Vintage: d.text("v")})
	}
	return c
}

type drawer struct {
	*rapid.T
	odd     Odd
	texts   *rapid.Generator[string]
	degrees *rapid.Generator[float64]
}

func (d *drawer) text(label string) string { return d.texts.Draw(d.T, label) }
func (d *drawer) yes(label string) bool    { return rapid.Bool().Draw(d.T, label) }

func (d *drawer) point(label string) orb.Point {
	return orb.Point{d.degrees.Draw(d.T, label), d.degrees.Draw(d.T, label)}
}

// distinct is up to n different texts.
func (d *drawer) distinct(n int, label string, of *rapid.Generator[string]) []string {
	return rapid.SliceOfNDistinct(of, 0, n, rapid.ID[string]).Draw(d.T, label)
}

func (d *drawer) ring(label string) orb.Ring {
	r := orb.Ring{}
	for range rapid.IntRange(0, 5).Draw(d.T, label) {
		r = append(r, d.point(label))
	}
	if !d.odd.Rings {
		for len(r) < 3 {
			r = append(r, d.point(label))
		}
		r = append(r, r[0])
	}
	return r
}

func (d *drawer) tags(label string) geodata.Tags {
	if d.yes(label + " nil") {
		return nil
	}
	keys := d.distinct(5, label, rapid.OneOf(rapid.SampledFrom([]string{"highway", "name", "ref", "oneway", "maxspeed", "access", ""}), d.texts))
	slices.Sort(keys)
	out := geodata.Tags{}
	for _, k := range keys {
		out = append(out, geodata.Tag{Key: k, Value: d.text(label)})
	}
	return out
}

func (d *drawer) catalogue(c *geodata.Content) {
	switch rapid.IntRange(0, 3).Draw(d.T, "catalogue") {
	case 0: // none
	case 1:
		c.Catalogue = geodata.Catalogue{}
	case 2:
		c.Catalogue = geodata.Catalogue{{ID: "creche"}}
	default:
		c.Catalogue = geodata.DefaultCatalogue()
		c.Catalogue[0].OSM, c.Catalogue[1].Demand, c.Catalogue[2].Within = nil, nil, map[string][]int{}
	}
}

func (d *drawer) outline() (m orb.MultiPolygon) {
	fewest := 1
	if d.odd.Rings {
		fewest = 0
	}
	for range rapid.IntRange(0, 2).Draw(d.T, "polygons") {
		var poly orb.Polygon
		for range rapid.IntRange(fewest, 2).Draw(d.T, "rings") {
			poly = append(poly, d.ring("ring"))
		}
		m = append(m, poly)
	}
	return m
}

func (d *drawer) communes(c *geodata.Content) {
	for _, id := range d.distinct(4, "communes", d.texts) {
		m := geodata.Commune{Code: "m" + id, Name: d.text("n"), EPCI: d.text("e"), EPCIName: d.text("en"), Population: rapid.IntRange(0, 1e6).Draw(d.T, "pop"), Study: d.yes("study")}
		m.Outline = d.outline()
		c.Communes = append(c.Communes, m)
	}
}

func (d *drawer) population(p *geodata.Population) {
	p.CellSize, p.Vintage, p.Name = rapid.IntRange(0, 1000).Draw(d.T, "size"), rapid.IntRange(0, 2100).Draw(d.T, "year"), d.text("grid")
	for _, id := range d.distinct(5, "cells", d.texts) {
		cell := geodata.Cell{ID: "c" + id, Centre: d.point("centre"), Commune: d.text("commune"), Study: d.yes("s"), Imputed: d.yes("i")}
		if d.yes("outline") {
			cell.Outline = d.ring("outline")
		}
		p.Cells = append(p.Cells, cell)
	}
	amount := rapid.OneOf(rapid.Int64Range(0, 1e12), rapid.Int64Range(0, int64(geodata.MaxAmount)), rapid.Int64Range(0, math.MaxInt64), rapid.SampledFrom([]int64{0, 1, 1<<51 + 1, 1<<53 - 1, 1<<53 + 1, math.MaxInt64}))
	names := rapid.OneOf(rapid.SampledFrom([]string{"ind", "Ind", "IND", "fid", "geom", "lon", "commune", "commune_2", "gpkg_x", "1a", ""}), d.texts)
	for _, name := range d.distinct(5, "columns", names) {
		values := make([]geodata.Amount, len(p.Cells))
		for i := range values {
			values[i] = geodata.Amount(amount.Draw(d.T, "amount"))
		}
		p.Columns = append(p.Columns, geodata.Column{Name: name, Values: values})
	}
}

func (d *drawer) facilities(c *geodata.Content) {
	if len(c.Catalogue) == 0 {
		return
	}
	for _, id := range d.distinct(4, "facilities", d.texts) {
		f := geodata.Facility{ID: "f" + id, Name: d.text("n"), Service: "creche", Location: d.point("at"), Commune: d.text("c"), Itinerant: d.yes("it"), Note: d.text("note"), Source: d.text("src"),
			Accessible: rapid.SampledFrom([]geodata.Accessibility{"", "yes", "no", "limited"}).Draw(d.T, "acc"),
			Status:     rapid.SampledFrom([]geodata.Status{geodata.Existing, geodata.Planned, geodata.Candidate}).Draw(d.T, "status")}
		if d.yes("capacity") {
			n := rapid.Int().Draw(d.T, "places")
			f.Capacity = &n
		}
		if d.yes("hours") {
			f.Hours = d.hours()
		}
		if d.yes("holidays") {
			f.Holidays, f.Catchment = d.hours(), rapid.SampledFrom([]geodata.Catchment{geodata.Everybody, geodata.OfCommune, geodata.OfEPCI}).Draw(d.T, "for")
		}
		c.Facilities = append(c.Facilities, f)
	}
}

func (d *drawer) hours() *geodata.WeeklyHours {
	h := &geodata.WeeklyHours{}
	for day := range h {
		from := 0
		for range rapid.IntRange(0, 2).Draw(d.T, "spans") {
			a := rapid.IntRange(from, 1439).Draw(d.T, "from")
			b := rapid.IntRange(a+1, 1440).Draw(d.T, "to")
			h[day] = append(h[day], geodata.Interval{From: a, To: b})
			if from = b; from > 1438 {
				break
			}
		}
	}
	return h
}

func (d *drawer) roads(r *geodata.Roads) {
	ids := rapid.OneOf(rapid.Int64Range(-5, 5), rapid.Int64())
	for _, id := range rapid.SliceOfNDistinct(ids, 2, 6, rapid.ID[int64]).Draw(d.T, "nodes") {
		r.Nodes = append(r.Nodes, geodata.RoadNode{ID: id, Lon: rapid.Int32().Draw(d.T, "lon"), Lat: rapid.Int32().Draw(d.T, "lat")})
	}
	node := func(label string) int32 { return int32(rapid.IntRange(0, len(r.Nodes)-1).Draw(d.T, label)) }
	for _, id := range rapid.SliceOfNDistinct(ids, 0, 4, rapid.ID[int64]).Draw(d.T, "ways") {
		w := geodata.Way{ID: id, Tags: d.tags("way tags")}
		for range rapid.IntRange(2, 5).Draw(d.T, "length") {
			w.Nodes = append(w.Nodes, node("through"))
		}
		r.Ways = append(r.Ways, w)
	}
	for range rapid.IntRange(0, 3).Draw(d.T, "tagged") {
		r.Tagged = append(r.Tagged, geodata.TaggedNode{Node: node("tagged"), Tags: d.tags("node tags")})
	}
	for range rapid.IntRange(0, 3).Draw(d.T, "restrictions") {
		r.Restrictions = append(r.Restrictions, geodata.Restriction{ID: rapid.Int64().Draw(d.T, "rid"), From: rapid.Int64().Draw(d.T, "from"), ViaNode: rapid.Int64().Draw(d.T, "via"),
			ViaWays: rapid.SliceOf(rapid.Int64()).Draw(d.T, "via ways"), To: rapid.Int64().Draw(d.T, "to"), Tags: d.tags("restriction tags")})
	}
}
