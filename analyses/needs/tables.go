package needs

import (
	"bytes"
	"embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"sync"
)

//go:embed tables/*.csv
var files embed.FS

// nation is the inhabitants of France that the net migration of hypotheses.csv is a share of.
const nation = 68_000_000

// The variants, from few people to many.
const (
	low     = "low"
	central = "central"
	high    = "high"
)

var variants = []string{low, central, high}

func isVariant(name string) bool { return name == low || name == central || name == high }

// observed is the variant of hypotheses.csv that all begin with.
const observed = "observed"

// assumption is what hypotheses.csv says of one year.
type assumption struct {
	children   float64    // per woman
	expectancy [2]float64 // at birth, years
	migration  float64    // net, people a year in France
}

// tables are the files of tables/.
type tables struct {
	points    map[string][4][]point // by variant, of each column of assumption
	hazards   [2]hazard
	fertility [lastAge + 1]float64 // share of the children per woman
	moving    [lastAge + 1]float64 // intensity
}

// point is a value told of a year.
type point struct {
	year  int
	value float64
}

// at is on the straight line between the points around a year.
func at(points []point, year int) float64 {
	for i, p := range points {
		switch {
		case year > p.year:
		case i == 0 || year == p.year:
			return p.value
		default:
			before := points[i-1]
			return before.value + (p.value-before.value)*float64(year-before.year)/float64(p.year-before.year)
		}
	}
	return points[len(points)-1].value
}

func (t *tables) assume(variant string, year int) assumption {
	p := t.points[variant]
	return assumption{at(p[0], year), [2]float64{at(p[1], year), at(p[2], year)}, at(p[3], year)}
}

var readTables = sync.OnceValues(func() (*tables, error) {
	t := &tables{points: map[string][4][]point{}}
	err := t.readHypotheses()
	if err == nil {
		err = each("mortality.csv", func(number func(string) float64, text func(string) string) {
			sex := women
			if text("sex") == "M" {
				sex = men
			}
			t.hazards[sex] = hazard{number("infant"), number("background"), number("slope")}
		})
	}
	if err == nil {
		err = each("schedules.csv", func(number func(string) float64, _ func(string) string) {
			x := min(int(number("age")), lastAge)
			t.fertility[x], t.moving[x] = number("fertility")/1e6, number("migration")
		})
	}
	return t, err
})

func (t *tables) readHypotheses() error {
	return each("hypotheses.csv", func(number func(string) float64, text func(string) string) {
		of := []string{text("variant")}
		if of[0] == observed {
			of = variants
		}
		for _, variant := range of {
			all := t.points[variant]
			for k, column := range []string{"tfr", "women", "men", "net_migration"} {
				if text(column) != "" {
					all[k] = append(all[k], point{int(number("year")), number(column)})
				}
			}
			t.points[variant] = all
		}
	})
}

// each reads a file of tables/, line by line.
func each(file string, line func(number func(column string) float64, text func(column string) string)) error {
	b, err := files.ReadFile("tables/" + file)
	if err != nil {
		return err
	}
	in := csv.NewReader(bytes.NewReader(b))
	in.Comment = '#'
	rows, err := in.ReadAll()
	if err != nil {
		return fmt.Errorf("needs: tables/%s: %w", file, err)
	}
	for _, row := range rows[1:] {
		cells := map[string]string{}
		for k, name := range rows[0] {
			cells[name] = row[k]
		}
		line(func(column string) float64 {
			v, wrong := strconv.ParseFloat(cells[column], 64)
			if wrong != nil && err == nil {
				err = fmt.Errorf("needs: tables/%s, %s: %w", file, column, wrong)
			}
			return v
		}, func(column string) string { return cells[column] })
	}
	return err
}
