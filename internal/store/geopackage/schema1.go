package geopackage

import (
	"encoding/json"
	"fmt"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store"
)

// Files of schema 1 held one territory, nothing packed, and besides the layers:
//
//	maillage_columns       which field of cells holds which column of the population
//	maillage_exact         counts that a REAL cannot hold
//	maillage_nodes         road nodes, as blobs
//	maillage_lines         the nodes each way goes through, as blobs
//	maillage_node_tags     barriers, traffic signals
//	maillage_restrictions  turn restrictions
//
// They are read as they are, and brought up to date when they are opened to be
// written. All numbers of a blob are variable-length integers of encoding/binary;
// each is the difference to the one before it of the same kind (the first to 0),
// in two's complement. Nodes: how many; per node id, longitude, latitude (1e-7
// degree). Lines: how many; per way its id, how many nodes it goes through, and
// their positions in the order of maillage_nodes.
var schema1Tables = []string{"maillage_columns", "maillage_exact", "maillage_nodes", "maillage_lines", "maillage_node_tags", "maillage_restrictions"}

// schema1 lists the one territory of a file of schema 1.
func (in *reader) schema1() ([]vintage, error) {
	there, err := in.file.Has(in.ctx, "territory")
	if err != nil || !there {
		return nil, err
	}
	var c geodata.Content
	if err := in.territory(&c); err != nil {
		return nil, err
	}
	s, err := geodata.NewSnapshot(geodata.Content{Territory: c.Territory, Population: c.Population})
	if err != nil {
		return nil, in.naming(err)
	}
	v := vintage{shown: true, Vintage: store.Vintage{Territory: c.Territory, Name: store.VintageOf(s), Imported: in.when(0), Current: true}}
	err = in.each("territory", []string{"snapshot"}, func(r *row) error {
		v.Snapshot = r.text("snapshot")
		return nil
	})
	for table, n := range map[string]*int{"communes": &v.Communes, "cells": &v.Cells, "facilities": &v.Facilities, "roads": &v.Ways} {
		if err == nil {
			err = in.each(table, nil, func(*row) error { *n++; return nil })
		}
	}
	return []vintage{v}, err
}

func (in *reader) readSchema1(c *geodata.Content) error {
	for _, part := range []func(*geodata.Content) error{in.territory, in.catalogue, in.sources, in.communes, in.cells1, in.facilities, in.roads1} {
		if err := part(c); err != nil {
			return err
		}
	}
	return nil
}

func (in *reader) cells1(c *geodata.Content) error {
	var fields []string
	if err := in.each("maillage_columns", []string{"name", "field"}, func(v *row) error {
		c.Population.Columns = append(c.Population.Columns, geodata.Column{Name: v.text("name")})
		fields = append(fields, v.text("field"))
		return nil
	}); err != nil {
		return err
	}
	exact := map[place]exactly{}
	if err := in.each("maillage_exact", []string{"position", "cell", "written", "millionths"}, func(v *row) error {
		exact[place{v.int("position"), v.text("cell")}] = exactly{v.real("written"), geodata.Amount(v.int64("millionths"))}
		return nil
	}); err != nil {
		return err
	}
	return in.cells("cells", &c.Population, fields, exact)
}

func (in *reader) roads1(c *geodata.Content) error {
	r := &c.Roads
	content := []string{"content"}
	if err := in.each("maillage_nodes", content, func(v *row) (err error) {
		r.Nodes, err = decodeNodes(r.Nodes, v.blob("content"))
		return err
	}); err != nil {
		return err
	}
	var lines []geodata.Way
	if err := in.each("maillage_lines", content, func(v *row) (err error) {
		lines, err = decodeLines(lines, v.blob("content"))
		return err
	}); err != nil {
		return err
	}
	tags := tagReader{}
	if err := in.each("maillage_node_tags", []string{"node", "tags"}, func(v *row) error {
		at, ok := nodeByID(r.Nodes, v.int64("node"))
		if !ok {
			return v.wrong("node", v.value("node"), "the id of a road node")
		}
		t, err := tags.read(v.text("tags"), nil)
		r.Tagged = append(r.Tagged, geodata.TaggedNode{Node: at, Tags: t})
		return err
	}); err != nil {
		return err
	}
	if err := in.ways(r, lines, tags); err != nil {
		return err
	}
	return in.each("maillage_restrictions", []string{"id", "from_way", "via_node", "via_ways", "to_way", "tags"}, func(v *row) error {
		x := geodata.Restriction{ID: v.int64("id"), From: v.int64("from_way"), ViaNode: v.int64("via_node"), To: v.int64("to_way")}
		if err := json.Unmarshal([]byte(v.text("via_ways")), &x.ViaWays); err != nil {
			return fmt.Errorf("via_ways: %w", err)
		}
		t, err := tags.read(v.text("tags"), nil)
		x.Tags = t
		r.Restrictions = append(r.Restrictions, x)
		return err
	})
}

// decodeNodes appends the nodes of a blob.
func decodeNodes(nodes []geodata.RoadNode, blob []byte) ([]geodata.RoadNode, error) {
	u := unpacker{rest: blob}
	for n := u.count(3); n > 0 && !u.bad; n-- {
		nodes = append(nodes, geodata.RoadNode{ID: u.step(0), Lon: u.int32(1), Lat: u.int32(2)})
	}
	return nodes, u.end()
}

// decodeLines appends the ways of a blob, without tags.
func decodeLines(ways []geodata.Way, blob []byte) ([]geodata.Way, error) {
	u := unpacker{rest: blob}
	for n := u.count(2); n > 0 && !u.bad; n-- {
		w := geodata.Way{ID: u.step(0), Nodes: make([]int32, u.count(1))}
		for i := range w.Nodes {
			w.Nodes[i] = u.int32(1)
		}
		ways = append(ways, w)
	}
	return ways, u.end()
}
