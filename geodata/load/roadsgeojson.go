package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/crs"
	"github.com/paulmach/orb"
)

// roadLine is a line of a file that is not OpenStreetMap's.
type roadLine struct {
	at   []vertex
	tags geodata.Tags
	rep  *FileReport
}

func (a roadLine) compare(b roadLine) int {
	return cmp.Or(slices.CompareFunc(a.at, b.at, vertex.compare), compareTags(a.tags, b.tags))
}

// openLines reads the lines of a GeoJSON file or a layer of a GeoPackage.
func (r *roadReader) openLines(ctx context.Context, path string, rep *FileReport) error {
	recs, err := openRecords(ctx, path, r.opt, rep)
	if err != nil {
		return fmt.Errorf("%w (roads are read from OpenStreetMap PBF and XML, and from lines in GeoJSON)", err)
	}
	defer recs.close() //nolint:errcheck // opened for reading
	if recs.format == "CSV" {
		return inFile(rep.File, errors.New("no roads: a table without lines; expected OpenStreetMap PBF or XML, or lines in GeoJSON"))
	}
	unusable := tagTally{}
	err = recs.each(func(rec *record) error {
		if err := ctx.Err(); err != nil {
			return inFile(rep.File, err)
		}
		tags := recordTags(rec)
		if ok, highway := isRoad(tags); highway != "" {
			unusable[highway]++
			rep.Read--
			return nil
		} else if !ok {
			rep.reject(rec.where, "highway", "", "missing: expected a road class such as primary or residential, or route=ferry")
			return nil
		}
		lines, bad := recordLines(rec, recs.epsg, r.opt)
		if bad != nil {
			rep.reject(rec.where, bad.field, bad.value, "%s", bad.reason)
			return nil //nolint:nilerr // a rejected record does not end the file
		}
		if !slices.ContainsFunc(lines, func(line []vertex) bool { return slices.ContainsFunc(line, r.opt.keeps) }) {
			rep.Outside++
			return nil
		}
		rep.Loaded++
		kept := r.tags.keep(tags, isWayKey)
		for _, line := range lines {
			r.lines = append(r.lines, roadLine{line, kept, rep})
		}
		return nil
	})
	if len(unusable) > 0 {
		rep.note("%d lines that nobody can use were left out: %s", unusable.total(), unusable)
	}
	return err
}

// recordTags takes the properties that are tags, their names in lower case.
func recordTags(rec *record) []geodata.Tag {
	var tags []geodata.Tag
	for _, name := range slices.Sorted(maps.Keys(rec.values)) {
		if key := strings.ToLower(name); isWayKey(key) {
			tags = append(tags, geodata.Tag{Key: key, Value: strings.TrimSpace(rec.values[name])})
		}
	}
	return tags
}

// recordLines checks the geometry of a record and puts it in degrees. A vertex repeated in a row is dropped.
func recordLines(rec *record, epsg int, opt Options) ([][]vertex, *fault) {
	var lines orb.MultiLineString
	switch g := rec.geometry.(type) {
	case orb.LineString:
		lines = orb.MultiLineString{g}
	case orb.MultiLineString:
		lines = g
	case nil:
		return nil, &fault{"geometry", "", "missing: expected a LineString or MultiLineString"}
	default:
		return nil, &fault{"geometry", g.GeoJSONType(), "expected a LineString or MultiLineString"}
	}
	var out [][]vertex
	for _, line := range lines {
		var at []vertex
		for _, p := range line {
			if epsg == 4326 {
				if bad := checkLonLat(p[0], p[1]); bad != nil {
					return nil, bad
				}
			}
			q, err := crs.ToWGS84(epsg, p[0], p[1])
			if err != nil {
				return nil, &fault{"geometry", fmt.Sprint(p), err.Error()}
			}
			at = append(at, vertex{geodata.Fixed(q[0]), geodata.Fixed(q[1])})
		}
		if at = slices.Compact(at); len(at) >= 2 {
			out = append(out, at)
		}
	}
	if len(out) == 0 {
		return nil, &fault{"geometry", "", "fewer than two different vertices"}
	}
	if linesLookSwapped(out, opt) {
		return nil, &fault{"geometry", fmt.Sprint(out[0][0].point()), "far from the area, and in it with longitude and latitude exchanged: expected longitude first"}
	}
	return out, nil
}

// linesLookSwapped says whether no vertex lies in the area asked for, but all
// would with their coordinates exchanged.
func linesLookSwapped(lines [][]vertex, opt Options) bool {
	if opt.Keep == nil {
		return false
	}
	for _, line := range lines {
		for _, p := range line {
			swapped := orb.Point{p.point()[1], p.point()[0]}
			if opt.keeps(p) || geodata.CheckPoint(swapped) != nil || !opt.Keep(swapped) {
				return false
			}
		}
	}
	return true
}

// placeLines puts the lines in order and drops repetitions.
func (r *roadReader) placeLines() {
	slices.SortStableFunc(r.lines, roadLine.compare)
	repeated := map[*FileReport]int{}
	kept := r.lines[:0]
	for i, line := range r.lines {
		if i > 0 && line.compare(kept[len(kept)-1]) == 0 {
			repeated[line.rep]++
			continue
		}
		kept = append(kept, line)
	}
	r.lines = kept
	for _, rep := range r.reports {
		if n := repeated[rep]; n > 0 {
			rep.note("%d lines were drawn before, with the same tags; they count once", n)
		}
	}
}

// lineNodes returns the vertices that are not nodes of OpenStreetMap roads, in
// order, and for those that are the place of the node in osm.nodes. Of several
// nodes at the same coordinates the lowest id counts.
func (r *roadReader) lineNodes() (nodes []vertex, joined map[vertex]int) {
	for _, line := range r.lines {
		nodes = append(nodes, line.at...)
	}
	slices.SortFunc(nodes, vertex.compare)
	nodes = slices.Compact(nodes)
	joined = map[vertex]int{}
	if len(nodes) == 0 || len(r.osm.ways) == 0 {
		return nodes, joined
	}
	for _, n := range r.osm.usedNodes(nil) {
		at := r.osm.nodes.at[n]
		if _, known := joined[at]; known {
			continue
		}
		if _, ok := slices.BinarySearchFunc(nodes, at, vertex.compare); ok {
			joined[at] = n
		}
	}
	nodes = slices.DeleteFunc(nodes, func(p vertex) bool { _, ok := joined[p]; return ok })
	return nodes, joined
}

// addLines writes the lines as ways numbered -n … -1.
func (r *roadReader) addLines(out *geodata.Roads, nodes []vertex, joined map[vertex]int, position []int32) {
	for i, line := range r.lines {
		way := geodata.Way{ID: int64(i - len(r.lines)), Tags: line.tags}
		for _, p := range line.at {
			if n, ok := joined[p]; ok {
				way.Nodes = append(way.Nodes, position[n])
				continue
			}
			n, _ := slices.BinarySearchFunc(nodes, p, vertex.compare)
			way.Nodes = append(way.Nodes, int32(n))
		}
		out.Ways = append(out.Ways, way)
	}
}
