package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/maillage/maillage/geodata"
	"github.com/paulmach/orb"
)

// Roads reads the roads of several files into one network: OpenStreetMap PBF
// and XML (plain or gzip), and lines with OpenStreetMap's tags as properties in
// GeoJSON or GeoPackage ("file.gpkg#layer" where it has several), each
// recognised by its content. The result does not depend on the order of the
// files or of their records.
//
// From OpenStreetMap come the ways with a highway tag (or route=ferry) that
// somebody can use, the tags that matter to a traveller, the barriers, fords
// and traffic signals on them, and the turn restrictions between them. A way
// in several files counts once, in its newest version.
//
//   - A way is kept whole when opt.Keep accepts any of its nodes: roads that
//     leave the area go on to their next end, and nothing is cut at its edge.
//   - A node that the file lacks, as at the border of an extract, cuts its way.
//     The parts between gaps are kept: the first under the way's own id, part k
//     (from 1) under id + k·2⁴⁰, which no other way can have.
//   - A relation of several turns (a no_entry from two ways) becomes a
//     restriction for each, numbered in the same manner.
//
// Lines of other files connect where they share a vertex: the same coordinates
// to 1e-7 degree, inside a line or at its end, in the same file or another. A
// vertex on a node of an OpenStreetMap road is that node. The other vertices
// are numbered -n … -1 in the order of their coordinates, the lines likewise in
// the order of their vertices and tags; a line drawn twice counts once.
//
// There is a report for each path, in their order. Errors name the file: it
// cannot be read, it is cut or of another kind, or holds no roads at all.
func Roads(ctx context.Context, paths []string, opt Options) (geodata.Roads, []*FileReport, error) {
	r := &roadReader{opt: opt, tags: newTagSets()}
	for _, path := range paths {
		if err := r.open(ctx, path); err != nil {
			return geodata.Roads{}, r.reports, err
		}
	}
	if err := r.osm.locate(ctx); err != nil {
		return geodata.Roads{}, r.reports, err
	}
	roads, err := r.assemble()
	return roads, r.reports, err
}

// roadReader gathers the roads of all files before they are numbered.
type roadReader struct {
	opt     Options
	tags    *tagSets
	reports []*FileReport
	osm     osmRoads
	lines   []roadLine
}

// open reads a file: all of a table of lines, of an extract everything but the
// positions of its nodes.
func (r *roadReader) open(ctx context.Context, path string) error {
	rep := &FileReport{File: path, Layer: "roads"}
	r.reports = append(r.reports, rep)
	format, err := osmFormat(ctx, path)
	if err != nil {
		return err
	}
	if format == "" {
		return r.openLines(ctx, path, rep)
	}
	rep.Format = format
	r.osm.opt, r.osm.tags = r.opt, r.tags
	return r.osm.open(ctx, path, rep)
}

// assemble numbers nodes and ways and seals them.
func (r *roadReader) assemble() (geodata.Roads, error) {
	r.osm.finishWays()
	r.placeLines()
	if err := r.requireRoads(); err != nil {
		return geodata.Roads{}, err
	}
	var out geodata.Roads
	lineNodes, joined := r.lineNodes()
	used := r.osm.usedNodes(joined)
	if len(lineNodes)+len(used) > math.MaxInt32 {
		return out, errors.New("roads: more than 2³¹ nodes: take a smaller area")
	}
	out.Nodes = make([]geodata.RoadNode, 0, len(lineNodes)+len(used))
	for i, p := range lineNodes {
		out.Nodes = append(out.Nodes, geodata.RoadNode{ID: int64(i - len(lineNodes)), Lon: p.lon, Lat: p.lat})
	}
	// position of an OSM node, by its place among all the nodes of the extracts
	position := make([]int32, len(r.osm.nodes.ids))
	for _, n := range used {
		position[n] = int32(len(out.Nodes))
		p := r.osm.nodes.at[n]
		out.Nodes = append(out.Nodes, geodata.RoadNode{ID: r.osm.nodes.ids[n], Lon: p.lon, Lat: p.lat})
		if tags, ok := r.osm.nodes.tags[n]; ok {
			out.Tagged = append(out.Tagged, geodata.TaggedNode{Node: position[n], Tags: tags})
		}
	}
	r.addLines(&out, lineNodes, joined, position)
	r.osm.addWays(&out, position)
	slices.SortFunc(out.Ways, func(a, b geodata.Way) int { return cmp.Compare(a.ID, b.ID) })
	out.Restrictions = r.osm.resolve(&out)
	return out, nil
}

// requireRoads refuses a file in which there is no road at all. One whose roads
// all lie outside the area is sound.
func (r *roadReader) requireRoads() error {
	var errs []error
	for _, rep := range r.reports {
		if rep.Loaded+rep.Outside > 0 {
			continue
		}
		if len(rep.Rejected) > 0 {
			errs = append(errs, inFile(rep.File, fmt.Errorf("no roads: all of %d records were rejected, the first: %s", rep.Read, rep.Rejected[0])))
		} else {
			errs = append(errs, inFile(rep.File, errors.New("no roads: nothing in it has a highway tag that somebody can travel along")))
		}
	}
	return errors.Join(errs...)
}

// vertex is a position in 1e-7 degree.
type vertex struct{ lon, lat int32 }

func (p vertex) compare(q vertex) int {
	return cmp.Or(cmp.Compare(p.lon, q.lon), cmp.Compare(p.lat, q.lat))
}

func (p vertex) point() orb.Point { return geodata.RoadNode{Lon: p.lon, Lat: p.lat}.Point() }

// keeps says whether the area asked for holds the vertex.
func (opt Options) keeps(p vertex) bool { return opt.Keep == nil || opt.Keep(p.point()) }
