package geopackage

import (
	"encoding/binary"
	"errors"

	"github.com/maillage/maillage/geodata"
)

// Blobs of roads. All numbers are variable-length integers of encoding/binary;
// each is the difference to the one before it of the same kind in the blob
// (the first to 0), in two's complement, so that any 64-bit numbers fit.
//
// Nodes: how many; per node id, longitude, latitude (1e-7 degree).
// Lines: how many; per way its id, how many nodes it goes through, and their
// positions in the order of maillage_nodes.

var errBlob = errors.New("damaged content")

type differences struct{ last [3]int64 }

func (d *differences) append(b []byte, kind int, v int64) []byte {
	b = binary.AppendVarint(b, v-d.last[kind])
	d.last[kind] = v
	return b
}

func encodeNodes(nodes []geodata.RoadNode) []byte {
	var d differences
	b := binary.AppendUvarint(nil, uint64(len(nodes)))
	for _, n := range nodes {
		b = d.append(b, 0, n.ID)
		b = d.append(b, 1, int64(n.Lon))
		b = d.append(b, 2, int64(n.Lat))
	}
	return b
}

func encodeLines(ways []geodata.Way) []byte {
	var d differences
	b := binary.AppendUvarint(nil, uint64(len(ways)))
	for _, w := range ways {
		b = d.append(b, 0, w.ID)
		b = binary.AppendUvarint(b, uint64(len(w.Nodes)))
		for _, n := range w.Nodes {
			b = d.append(b, 1, int64(n))
		}
	}
	return b
}

// decoder reads what encode wrote; after the first error all reads give zero.
type decoder struct {
	rest []byte
	d    differences
	bad  bool
}

func (d *decoder) next(kind int) int64 {
	v, n := binary.Varint(d.rest)
	if n <= 0 {
		d.bad, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	d.d.last[kind] += v
	return d.d.last[kind]
}

// count reads how many items follow, each of at least so many bytes.
func (d *decoder) count(bytesEach int) int {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 || v > uint64(len(d.rest)-n)/uint64(bytesEach) {
		d.bad, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	return int(v)
}

func (d *decoder) int32(kind int) int32 {
	v := d.next(kind)
	if v != int64(int32(v)) {
		d.bad, d.rest = true, nil
	}
	return int32(v)
}

func (d *decoder) end() error {
	if d.bad || len(d.rest) > 0 {
		return errBlob
	}
	return nil
}

// decodeNodes appends the nodes of a blob.
func decodeNodes(nodes []geodata.RoadNode, blob []byte) ([]geodata.RoadNode, error) {
	d := decoder{rest: blob}
	for n := d.count(3); n > 0 && !d.bad; n-- {
		nodes = append(nodes, geodata.RoadNode{ID: d.next(0), Lon: d.int32(1), Lat: d.int32(2)})
	}
	return nodes, d.end()
}

// decodeLines appends the ways of a blob, without tags.
func decodeLines(ways []geodata.Way, blob []byte) ([]geodata.Way, error) {
	d := decoder{rest: blob}
	for n := d.count(2); n > 0 && !d.bad; n-- {
		w := geodata.Way{ID: d.next(0), Nodes: make([]int32, d.count(1))}
		for i := range w.Nodes {
			w.Nodes[i] = d.int32(1)
		}
		ways = append(ways, w)
	}
	return ways, d.end()
}
