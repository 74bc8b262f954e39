// Package towntest draws road networks as ASCII art, so that tests show the town
// whose answers they derive by hand. Letters and digits are nodes, a character
// is Spacing metres wide and high, and the drawing lies on the equator, where a
// metre is the same in every town. Lines between the letters are for the reader;
// ways say which nodes they join.
package towntest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// Town is a drawing with its ways.
type Town struct {
	Drawing string
	Spacing float64           // metres from one character to the next, 100 if 0
	Ways    map[string]string // "ABC": "highway=residential oneway=yes"
	Nodes   map[string]string // "B": "barrier=bollard"
	// Turns are restrictions: "AB,B,BC": "restriction=no_left_turn" goes from way
	// AB through node B to way BC; "AB,BC,CD" goes through way BC.
	Turns map[string]string
}

// Point is where a letter stands.
func (t Town) Point(letter byte) orb.Point {
	for row, line := range strings.Split(t.Drawing, "\n") {
		if col := strings.IndexByte(line, letter); col >= 0 {
			return t.At(float64(col), float64(row))
		}
	}
	panic("towntest: no " + string(letter) + " in the drawing")
}

// At is the point at a column and a row of the drawing, fractions allowed.
func (t Town) At(col, row float64) orb.Point {
	spacing := t.Spacing
	if spacing == 0 {
		spacing = 100
	}
	mx, my := geodata.MetresPerDegree(0)
	return orb.Point{col * spacing / mx, -row * spacing / my}
}

// Roads turns the drawing into roads. Node ids are the letters' codes, way ids
// count from 1 in the order of their names, restriction ids likewise.
func (t Town) Roads() geodata.Roads {
	var r geodata.Roads
	at := map[byte]int32{}
	for _, line := range strings.Split(t.Drawing, "\n") {
		for i := range len(line) {
			if c := line[i]; isNode(c) {
				if _, dup := at[c]; dup {
					panic("towntest: " + string(c) + " is drawn twice")
				}
				p := t.Point(c)
				at[c] = int32(len(r.Nodes))
				r.Nodes = append(r.Nodes, geodata.RoadNode{ID: int64(c), Lon: geodata.Fixed(p[0]), Lat: geodata.Fixed(p[1])})
			}
		}
	}
	id := map[string]int64{}
	for _, name := range sorted(t.Ways) {
		w := geodata.Way{ID: int64(len(r.Ways) + 1), Tags: tags(t.Ways[name])}
		for i := range len(name) {
			n, ok := at[name[i]]
			if !ok {
				panic("towntest: way " + name + " goes through a node that is not drawn")
			}
			w.Nodes = append(w.Nodes, n)
		}
		id[name] = w.ID
		r.Ways = append(r.Ways, w)
	}
	for _, name := range sorted(t.Nodes) {
		r.Tagged = append(r.Tagged, geodata.TaggedNode{Node: at[name[0]], Tags: tags(t.Nodes[name])})
	}
	for i, path := range sorted(t.Turns) {
		parts := strings.Split(path, ",")
		x := geodata.Restriction{ID: int64(i + 1), From: mustID(id, parts[0]), To: mustID(id, parts[len(parts)-1]), Tags: tags(t.Turns[path])}
		for _, via := range parts[1 : len(parts)-1] {
			if len(via) == 1 {
				x.ViaNode = int64(via[0])
			} else {
				x.ViaWays = append(x.ViaWays, mustID(id, via))
			}
		}
		r.Restrictions = append(r.Restrictions, x)
	}
	return r
}

func mustID(id map[string]int64, way string) int64 {
	if v, ok := id[way]; ok {
		return v
	}
	panic(fmt.Sprintf("towntest: no way %q", way))
}

func isNode(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
}

func sorted(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func tags(s string) geodata.Tags {
	var out geodata.Tags
	for _, kv := range strings.Fields(s) {
		k, v, _ := strings.Cut(kv, "=")
		out = append(out, geodata.Tag{Key: k, Value: v})
	}
	slices.SortFunc(out, func(a, b geodata.Tag) int { return strings.Compare(a.Key, b.Key) })
	return out
}
