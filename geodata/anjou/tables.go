package anjou

import (
	"bytes"
	"embed"
	"encoding/csv"
	"fmt"
	"strconv"
)

//go:embed tables
var files embed.FS

// commune is a line of communes.csv or neighbours.csv with its places in the plane.
type commune struct {
	insee, name string
	study       bool
	population  int     // legal
	area        float64 // m²
	people      [3]int  // census: under 15, 15-64, 65 and over; study only
	bourg       point
	centre      point // of the territory
	settlements []settlement
}

func (c *commune) census() int { return c.people[0] + c.people[1] + c.people[2] }

// settlement is a built-up place; people is what lives in and around it.
type settlement struct {
	kind, name string
	at         point
	people     float64
}

// stop is a place a road passes at.
type stop struct {
	place string // commune code and place
	at    point
	km    float64 // NaN if not published
	exit  string  // motorways: exit, interchange or nothing
	base  point   // the bourg that it serves
}

// road is one section of a road that holds together.
type road struct {
	ref, class string
	stops      []stop
}

// record is a line of a table, by column name. The first bad cell is kept in err.
type record struct {
	file string
	line int
	cell map[string]string
	err  *error
}

func (r record) text(column string) string {
	v, ok := r.cell[column]
	if !ok {
		r.fail(column, "no such column")
	}
	return v
}

func (r record) number(column string) float64 {
	v, err := strconv.ParseFloat(r.text(column), 64)
	if err != nil {
		r.fail(column, err.Error())
	}
	return v
}

func (r record) count(column string) int {
	v, err := strconv.Atoi(r.text(column))
	if err != nil {
		r.fail(column, err.Error())
	}
	return v
}

// place reads two columns of longitude and latitude.
func (r record) place(lon, lat string) point {
	p, err := project(r.number(lon), r.number(lat))
	if err != nil {
		r.fail(lon, err.Error())
	}
	return p
}

func (r record) fail(column, reason string) {
	if *r.err == nil {
		*r.err = fmt.Errorf("anjou: tables/%s line %d, %s: %s", r.file, r.line, column, reason)
	}
}

// read calls each for every record of a table.
func read(file string, each func(record)) error {
	b, err := files.ReadFile("tables/" + file)
	if err != nil {
		return err
	}
	in := csv.NewReader(bytes.NewReader(b))
	in.Comment = '#'
	rows, err := in.ReadAll()
	if err != nil {
		return at("tables/"+file, err)
	}
	var bad error
	for i, row := range rows[1:] {
		r := record{file, i + 2, map[string]string{}, &bad}
		for k, column := range rows[0] {
			r.cell[column] = row[k]
		}
		each(r)
	}
	return bad
}

// readCommunes returns the 17 communes, then the neighbours inside the frame,
// each group in order of code.
func readCommunes() ([]*commune, box, error) {
	var all []*commune
	err := read("communes.csv", func(r record) {
		under, over, total := r.count("under15"), r.count("over65"), r.count("census")
		all = append(all, &commune{
			insee: r.text("insee"), name: r.text("name"), study: true,
			population: r.count("population"), area: r.number("area_km2") * 1e6,
			people: [3]int{under, total - under - over, over},
			bourg:  r.place("bourg_lon", "bourg_lat"), centre: r.place("centre_lon", "centre_lat"),
		})
	})
	if err != nil {
		return nil, box{}, err
	}
	var bourgs []point
	for _, c := range all {
		bourgs = append(bourgs, c.bourg)
	}
	frame := around(bourgs, frameMargin)
	err = read("neighbours.csv", func(r record) {
		c := &commune{
			insee: r.text("insee"), name: r.text("name"), population: r.count("population"), area: r.number("area_km2") * 1e6,
			bourg: r.place("bourg_lon", "bourg_lat"), centre: r.place("centre_lon", "centre_lat"),
		}
		if frame.contains(c.bourg) {
			all = append(all, c)
		}
	})
	if err != nil {
		return nil, box{}, err
	}
	return all, frame, readSettlements(all)
}

func readSettlements(communes []*commune) error {
	byCode := index(communes)
	err := read("settlements.csv", func(r record) {
		c, ok := byCode[r.text("insee")]
		if !ok {
			r.fail("insee", "no such commune")
			return
		}
		share := r.number("share") / 100
		c.settlements = append(c.settlements, settlement{
			r.text("kind"), r.text("name"), r.place("lon", "lat"), share * float64(c.census()),
		})
	})
	for _, c := range communes {
		if !c.study {
			people := bourgShare * float64(c.population)
			c.settlements = []settlement{{"bourg", c.name, c.bourg, people}}
		}
	}
	return err
}

func index(communes []*commune) map[string]*commune {
	byCode := map[string]*commune{}
	for _, c := range communes {
		byCode[c.insee] = c
	}
	return byCode
}

// readRoads returns the sections in the order of the table; stops outside the frame are left out.
func readRoads(communes []*commune) ([]road, error) {
	byCode := index(communes)
	var roads []road
	last := ""
	err := read("roads.csv", func(r record) {
		c, ok := byCode[r.text("insee")]
		if !ok {
			return
		}
		base := c.bourg
		for _, s := range c.settlements {
			if s.name == r.text("place") && c.study {
				base = s.at
			}
		}
		if r.text("place") == c.name {
			base = c.bourg
		}
		s := stop{place: c.insee + " " + r.text("place"), base: base, exit: r.text("exit"), km: noKilometre}
		s.at = base.plus(r.number("east_m"), r.number("north_m"))
		if r.text("km") != "" {
			s.km = r.number("km")
		}
		if key := r.text("road") + " " + r.text("section"); key != last {
			roads = append(roads, road{ref: r.text("road"), class: r.text("class")})
			last = key
		}
		k := len(roads) - 1
		roads[k].stops = append(roads[k].stops, s)
	})
	return roads, err
}
