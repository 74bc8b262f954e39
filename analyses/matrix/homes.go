package matrix

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Homes are where people live and what is known of them, in the order of the file.
type Homes struct {
	Values                               // the ids, and how many people
	Counts   map[string][]geodata.Amount // further columns by name, parallel to IDs
	Communes []string                    // parallel to IDs; nil where the file has none
	At       []orb.Point                 // the same
}

// ReadHomes reads demand_id, value as ReadDemand does (the value may also be called
// persons or ind) and, of what the file has: commune, lon and lat in degrees, and the
// counts that are asked for, each of which may have several names. The first is its name in
// Counts; one that the file does not have is not there.
func ReadHomes(f File, counts [][]string) (*Homes, Count, error) {
	r, at, err := f.open(demandColumn, []string{"value", "persons", "ind"})
	if err != nil {
		return nil, Count{File: f.Name}, err
	}
	h := &homesReader{rows: r, at: at, Homes: &Homes{Values: Values{at: map[string]int32{}}, Counts: map[string][]geodata.Amount{}}}
	if err := h.find(counts); err != nil {
		return nil, Count{File: f.Name}, fmt.Errorf("%s: line %d, the header: %w", f.Name, r.line, err)
	}
	err = r.each(h.take)
	if r.Kept = len(h.IDs); err == nil && r.Kept == 0 {
		err = fmt.Errorf("%s: no record can be used: of %d, %d are at fault; want %s", f.Name, r.Read, r.Bad, aNumber)
	}
	return h.Homes, r.Count, err
}

const aNumber = "a number of people or households, 0 or more, such as 12.5"

// homesReader reads a record at a time.
type homesReader struct {
	*rows
	*Homes
	at                []int
	counts            []countColumn
	commune, lon, lat int // columns; -1 for none
	lines             []int
}

type countColumn struct {
	name string
	at   int
}

// find finds the columns that may be missing.
func (h *homesReader) find(counts [][]string) (err error) {
	for _, names := range counts {
		k, err := h.optional(names)
		if err != nil {
			return err
		}
		if k >= 0 {
			h.counts = append(h.counts, countColumn{names[0], k})
			h.Counts[names[0]] = nil
		}
	}
	for k, into := range []*int{&h.commune, &h.lon, &h.lat} {
		if *into, err = h.optional([]string{[]string{"commune", "lon", "lat"}[k]}); err != nil {
			return err
		}
	}
	if (h.lon >= 0) != (h.lat >= 0) {
		return errors.New("want both lon and lat, or neither")
	}
	return nil
}

func (h *homesReader) take() {
	id := h.fields[h.at[0]]
	if reason := notAnID(id); reason != "" {
		h.fault(h.at[0], reason)
		return
	}
	if k, ok := h.Values.at[string(id)]; ok {
		h.fault(h.at[0], fmt.Sprintf("appears twice: first on line %d, which counts", h.lines[k]))
		return
	}
	var amounts []geodata.Amount
	for _, c := range slices.Concat([]countColumn{{"", h.at[1]}}, h.counts) {
		a, err := geodata.ParseAmount(string(h.fields[c.at]))
		if err != nil || a < 0 {
			h.fault(c.at, "want "+aNumber)
			return
		}
		amounts = append(amounts, a)
	}
	if h.commune >= 0 {
		if reason := notAnID(h.fields[h.commune]); reason != "" {
			h.fault(h.commune, reason)
			return
		}
	}
	if h.lon >= 0 && !h.place() {
		return
	}
	if h.commune >= 0 {
		h.Communes = append(h.Communes, string(h.fields[h.commune]))
	}
	h.Values.at[string(id)] = int32(len(h.IDs))
	h.IDs, h.Amounts, h.lines = append(h.IDs, string(id)), append(h.Amounts, amounts[0]), append(h.lines, h.line)
	for k, c := range h.counts {
		h.Counts[c.name] = append(h.Counts[c.name], amounts[k+1])
	}
}

// place reads where the home is; false where that is at fault.
func (h *homesReader) place() bool {
	var p orb.Point
	for k, c := range []int{h.lon, h.lat} {
		v, err := strconv.ParseFloat(string(h.fields[c]), 64)
		if p[k] = v; err != nil || geodata.CheckPoint(p) != nil {
			h.fault(c, []string{"want a longitude in degrees, from -180 to 180", "want a latitude in degrees, from -90 to 90"}[k])
			return false
		}
	}
	h.At = append(h.At, p)
	return true
}

// Territory is one of nothing but these homes, nil for none: their people are the column ind, and
// each of the services is for those of the column of its name, or for all. It has neither
// roads nor facilities. One to be sealed needs an id.
func (h *Homes) Territory(services []string) (c geodata.Content) {
	for _, id := range services {
		c.Catalogue = append(c.Catalogue, geodata.Service{ID: id, Label: geodata.Text{Fr: id}, Public: geodata.Text{Fr: "public", En: "people"},
			Demand: []geodata.Demand{{Shares: map[string]geodata.Fraction{id: {Num: 1, Den: 1}}}, {Shares: map[string]geodata.Fraction{"ind": {Num: 1, Den: 1}}}}})
	}
	if h == nil {
		return c
	}
	for i, id := range h.IDs {
		cell := geodata.Cell{ID: id, Study: true}
		if h.Communes != nil {
			cell.Commune = h.Communes[i]
		}
		if h.At != nil {
			cell.Centre = h.At[i]
		}
		c.Population.Cells = append(c.Population.Cells, cell)
	}
	c.Population.Columns = []geodata.Column{{Name: "ind", Values: h.Amounts}}
	for name, values := range h.Counts {
		if name == "ind" {
			continue
		}
		c.Population.Columns = append(c.Population.Columns, geodata.Column{Name: name, Values: values})
	}
	communes := slices.Clone(h.Communes)
	slices.Sort(communes)
	for _, code := range slices.Compact(communes) {
		c.Communes = append(c.Communes, geodata.Commune{Code: code, Name: code, Study: true})
	}
	return c
}

// Nearest is the time to the nearest of some sites from each cell of a population
// whose ids are those of the homes.
func (m *Matrix) Nearest(p *geodata.Population, sites []int32) []traveltime.Time {
	best := make(map[string]traveltime.Time, len(p.Cells))
	counts := make([]bool, len(m.Sites))
	for _, j := range sites {
		counts[j] = true
	}
	for i, id := range m.Homes {
		nearest := traveltime.Unreachable
		sites, times := m.From(i)
		for k, j := range sites {
			if counts[j] {
				nearest = min(nearest, times[k])
			}
		}
		best[id] = nearest
	}
	out := make([]traveltime.Time, len(p.Cells))
	for i, c := range p.Cells {
		out[i] = best[c.ID]
	}
	return out
}
