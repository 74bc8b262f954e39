package gpkg

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// The R-tree is built whole, by packing boxes in the order of a Hilbert curve
// (Kamel & Faloutsos 1993), and written into the tables behind SQLite's rtree
// module, several times faster than row by row. Format of a node (sqlite.org/rtree.html,
// "shadow tables"): depth of the tree (2 bytes, in the root only), number of
// boxes (2 bytes), then per box the row or child node (8 bytes) and minx, maxx,
// miny, maxy as 32-bit floats, all big-endian.

type rtreeBox struct {
	id                     int64 // row, or child node
	minX, maxX, minY, maxY float32
}

const (
	rtreeHeadBytes = 4
	rtreeBoxBytes  = 24
	rtreeRoot      = 1 // number of the root node
)

// newBox rounds outwards, as the module itself does.
func newBox(row int64, e envelope) rtreeBox {
	return rtreeBox{row, floor32(e.minX), -floor32(-e.maxX), floor32(e.minY), -floor32(-e.maxY)}
}

func floor32(v float64) float32 {
	f := float32(v)
	if float64(f) > v {
		f = math.Nextafter32(f, float32(math.Inf(-1)))
	}
	return f
}

// writeRTree creates, fills and registers the index of a feature table.
func (f *File) writeRTree(ctx context.Context, table string, boxes []rtreeBox, all envelope) error {
	name := "rtree_" + table + "_geom"
	if err := f.exec(ctx, fmt.Sprintf("CREATE VIRTUAL TABLE %s USING rtree(id, minx, maxx, miny, maxy)", quote(name))); err != nil {
		return err
	}
	var nodeBytes int // depends on the page size
	err := f.conn.QueryRowContext(ctx, fmt.Sprintf("SELECT length(data) FROM %s", quote(name+"_node"))).Scan(&nodeBytes)
	if err == nil {
		err = f.exec(ctx, fmt.Sprintf("DELETE FROM %s", quote(name+"_node")))
	}
	if err != nil {
		return err
	}
	sortHilbert(boxes, all)
	t := packRTree(boxes, nodeBytes)
	for _, shadow := range []struct {
		name string
		rows [][2]any
	}{{"_node", t.nodes}, {"_parent", t.parents}, {"_rowid", t.leaves}} {
		if err := f.insert(ctx, name+shadow.name, 2, func(yield func([]any, error) bool) {
			for i := range shadow.rows {
				if !yield(shadow.rows[i][:], nil) {
					return
				}
			}
		}, nil); err != nil {
			return err
		}
	}
	if err := f.exec(ctx, rtreeTriggers(table, name)); err != nil {
		return err
	}
	return f.exec(ctx, "INSERT INTO gpkg_extensions VALUES (?,'geom','gpkg_rtree_index','http://www.geopackage.org/spec130/#extension_rtree','write-only')", table)
}

// sortHilbert orders boxes along a Hilbert curve through their centres.
func sortHilbert(boxes []rtreeBox, all envelope) {
	type keyed struct {
		box rtreeBox
		key uint32
	}
	grid := func(lo, hi float32, from, to float64) uint32 {
		if !(to > from) {
			return 0
		}
		return uint32(max(0, min(65535, ((float64(lo)+float64(hi))/2-from)/(to-from)*65535)))
	}
	ks := make([]keyed, len(boxes))
	for i, b := range boxes {
		ks[i] = keyed{b, Hilbert(grid(b.minX, b.maxX, all.minX, all.maxX), grid(b.minY, b.maxY, all.minY, all.maxY))}
	}
	slices.SortFunc(ks, func(a, b keyed) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.box.id, b.box.id)) })
	for i := range ks {
		boxes[i] = ks[i].box
	}
}

// Hilbert is the distance of (x, y), each 16 bits, along a Hilbert curve.
func Hilbert(x, y uint32) uint32 {
	var d uint32
	for s := uint32(1 << 15); s > 0; s >>= 1 {
		var rx, ry uint32
		if x&s != 0 {
			rx = 1
		}
		if y&s != 0 {
			ry = 1
		}
		d += s * s * (3*rx ^ ry)
		if ry == 0 {
			if rx == 1 {
				x, y = 65535-x, 65535-y
			}
			x, y = y, x
		}
	}
	return d
}

// rtree holds the rows of the three tables behind an index: node number and
// content, node and parent, row and leaf.
type rtree struct{ nodes, parents, leaves [][2]any }

// packRTree fills nodes evenly, level by level from the leaves to the root.
func packRTree(boxes []rtreeBox, nodeBytes int) rtree {
	most := (nodeBytes - rtreeHeadBytes) / rtreeBoxBytes
	var t rtree
	next, depth := int64(rtreeRoot+1), 0
	for ; len(boxes) > most; depth++ {
		groups := (len(boxes) + most - 1) / most
		above := make([]rtreeBox, groups)
		for g := range above {
			part := boxes[g*len(boxes)/groups : (g+1)*len(boxes)/groups]
			above[g] = t.add(part, next, 0, depth, nodeBytes)
			next++
		}
		boxes = above
	}
	t.add(boxes, rtreeRoot, depth, depth, nodeBytes)
	// In the order of their keys the rows are appended, which is the fastest.
	byKey := func(a, b [2]any) int { return cmp.Compare(a[0].(int64), b[0].(int64)) }
	slices.SortFunc(t.nodes, byKey)
	slices.SortFunc(t.parents, byKey)
	slices.SortFunc(t.leaves, byKey)
	return t
}

// add makes a node of the boxes, says to which node each belongs, and returns
// the box around all. The depth is the root's to state; the level is the node's own, 0 for leaves.
func (t *rtree) add(boxes []rtreeBox, number int64, depth, level, nodeBytes int) rtreeBox {
	data := make([]byte, rtreeHeadBytes, nodeBytes)
	binary.BigEndian.PutUint16(data, uint16(depth))
	binary.BigEndian.PutUint16(data[2:], uint16(len(boxes)))
	around := rtreeBox{id: number}
	for i, b := range boxes {
		data = binary.BigEndian.AppendUint64(data, uint64(b.id))
		for _, v := range []float32{b.minX, b.maxX, b.minY, b.maxY} {
			data = binary.BigEndian.AppendUint32(data, math.Float32bits(v))
		}
		if i == 0 {
			around = b
			around.id = number
		}
		around.minX, around.maxX = min(around.minX, b.minX), max(around.maxX, b.maxX)
		around.minY, around.maxY = min(around.minY, b.minY), max(around.maxY, b.maxY)
		if level == 0 {
			t.leaves = append(t.leaves, [2]any{b.id, number})
		} else {
			t.parents = append(t.parents, [2]any{b.id, number})
		}
	}
	t.nodes = append(t.nodes, [2]any{number, data[:nodeBytes]})
	return around
}

// rtreeTriggers are those of the standard (annex F.3): whoever edits the layer keeps the index right.
func rtreeTriggers(table, index string) string {
	const sql = `
CREATE TRIGGER INDEX_insert AFTER INSERT ON TABLE WHEN (NEW.geom NOT NULL AND NOT ST_IsEmpty(NEW.geom)) BEGIN
  INSERT OR REPLACE INTO INDEX VALUES (NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)); END;
CREATE TRIGGER INDEX_update1 AFTER UPDATE OF geom ON TABLE WHEN OLD.fid = NEW.fid AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom)) BEGIN
  INSERT OR REPLACE INTO INDEX VALUES (NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)); END;
CREATE TRIGGER INDEX_update2 AFTER UPDATE OF geom ON TABLE WHEN OLD.fid = NEW.fid AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom)) BEGIN
  DELETE FROM INDEX WHERE id = OLD.fid; END;
CREATE TRIGGER INDEX_update3 AFTER UPDATE ON TABLE WHEN OLD.fid != NEW.fid AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom)) BEGIN
  DELETE FROM INDEX WHERE id = OLD.fid;
  INSERT OR REPLACE INTO INDEX VALUES (NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)); END;
CREATE TRIGGER INDEX_update4 AFTER UPDATE ON TABLE WHEN OLD.fid != NEW.fid AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom)) BEGIN
  DELETE FROM INDEX WHERE id IN (OLD.fid, NEW.fid); END;
CREATE TRIGGER INDEX_delete AFTER DELETE ON TABLE WHEN OLD.geom NOT NULL BEGIN
  DELETE FROM INDEX WHERE id = OLD.fid; END;`
	suffixed := strings.NewReplacer("INDEX_insert", quote(index+"_insert"), "INDEX_update1", quote(index+"_update1"),
		"INDEX_update2", quote(index+"_update2"), "INDEX_update3", quote(index+"_update3"), "INDEX_update4", quote(index+"_update4"),
		"INDEX_delete", quote(index+"_delete"), "INDEX", quote(index), "TABLE", quote(table))
	return suffixed.Replace(sql)
}
