package postgis

import (
	"encoding/binary"

	"github.com/maillage/maillage/geodata"
)

// The nodes of a way, in the column nodes: for each its position among the nodes
// of the snapshot, its id, its longitude and its latitude in 1e-7 degree. All are
// variable-length integers of encoding/binary, each the difference to that of the
// node before (of the first, to 0), in two's complement, so that any fit.
// Reading this takes a fifth of the time of reading arrays and the line.

func appendNodes(b []byte, r *geodata.Roads, w *geodata.Way) []byte {
	var last [4]int64
	for _, n := range w.Nodes {
		node := &r.Nodes[n]
		for i, v := range [4]int64{int64(n), node.ID, int64(node.Lon), int64(node.Lat)} {
			b = binary.AppendVarint(b, v-last[i])
			last[i] = v
		}
	}
	return b
}

// eachNode goes through the nodes of a blob; the first error of each, or damage, ends it.
func eachNode(blob []byte, each func(position int64, node geodata.RoadNode) error) error {
	var last [4]int64
	for len(blob) > 0 {
		for i := range last {
			d, n := binary.Varint(blob)
			if n <= 0 {
				return errField
			}
			blob, last[i] = blob[n:], last[i]+d
		}
		node := geodata.RoadNode{ID: last[1], Lon: int32(last[2]), Lat: int32(last[3])}
		if int64(node.Lon) != last[2] || int64(node.Lat) != last[3] {
			return errField
		}
		if err := each(last[0], node); err != nil {
			return err
		}
	}
	return nil
}
