package geopackage

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// drawing finds the nodes behind the lines of the roads layer.
type drawing struct {
	roads *geodata.Roads
	lines []geodata.Way // as stored, by id
	next  int           // where the next row's line probably is
	buf   orb.LineString
	at    map[[2]int32]int32 // node at a place, made when a line was edited
	newID int64
}

func newDrawing(r *geodata.Roads, lines []geodata.Way) *drawing {
	return &drawing{roads: r, lines: lines}
}

// stored returns the nodes a way went through when the file was written; nil for a way that is new.
func (d *drawing) stored(id int64) ([]int32, error) {
	if d.next >= len(d.lines) || d.lines[d.next].ID != id {
		at, ok := slices.BinarySearchFunc(d.lines, id, func(w geodata.Way, id int64) int { return cmp.Compare(w.ID, id) })
		if !ok {
			return nil, nil
		}
		d.next = at
	}
	nodes := d.lines[d.next].Nodes
	d.next++
	for _, n := range nodes {
		if n < 0 || int(n) >= len(d.roads.Nodes) {
			return nil, fmt.Errorf("way %d goes through node %d of %d: %w", id, n, len(d.roads.Nodes), errPacked)
		}
	}
	return nodes, nil
}

// line is valid until the next call.
func (d *drawing) line(nodes []int32) orb.LineString {
	d.buf = d.buf[:0]
	for _, n := range nodes {
		d.buf = append(d.buf, d.roads.Nodes[n].Point())
	}
	return d.buf
}

// edited finds the nodes of a line that somebody drew: at each vertex the node
// that was the way's own, else any node of that place, else a new one with a
// negative id.
func (d *drawing) edited(g orb.Geometry, own []int32) ([]int32, error) {
	line, ok := g.(orb.LineString)
	if parts, many := g.(orb.MultiLineString); many && len(parts) == 1 {
		line, ok = parts[0], true
	}
	if !ok || len(line) < 2 {
		return nil, errors.New("no single line")
	}
	d.index()
	nodes := make([]int32, len(line))
	for i, p := range line {
		if err := geodata.CheckPoint(p); err != nil {
			return nil, err
		}
		at := [2]int32{geodata.Fixed(p[0]), geodata.Fixed(p[1])}
		mine := slices.IndexFunc(own, func(n int32) bool { return d.roads.Nodes[n].Lon == at[0] && d.roads.Nodes[n].Lat == at[1] })
		if mine >= 0 {
			nodes[i] = own[mine]
			continue
		}
		n, ok := d.at[at]
		if !ok {
			n = int32(len(d.roads.Nodes))
			d.newID--
			d.roads.Nodes = append(d.roads.Nodes, geodata.RoadNode{ID: d.newID, Lon: at[0], Lat: at[1]})
			d.at[at] = n
		}
		nodes[i] = n
	}
	return nodes, nil
}

func (d *drawing) index() {
	if d.at != nil {
		return
	}
	d.at = make(map[[2]int32]int32, len(d.roads.Nodes))
	for i, n := range d.roads.Nodes {
		d.newID = min(d.newID, n.ID)
		place := [2]int32{n.Lon, n.Lat}
		if _, taken := d.at[place]; !taken {
			d.at[place] = int32(i)
		}
	}
}

// nodeByID finds a node among sorted ones.
func nodeByID(nodes []geodata.RoadNode, id int64) (int32, bool) {
	at, ok := slices.BinarySearchFunc(nodes, id, func(n geodata.RoadNode, id int64) int { return cmp.Compare(n.ID, id) })
	return int32(at), ok
}
