package load

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// pbfMessage writes protocol buffer fields, independently of the reader.
type pbfMessage []byte

func (m *pbfMessage) number(field int, v uint64) {
	*m = binary.AppendUvarint(*m, uint64(field)<<3)
	*m = binary.AppendUvarint(*m, v)
}

func (m *pbfMessage) bytes(field int, data []byte) {
	*m = binary.AppendUvarint(*m, uint64(field)<<3|2)
	*m = binary.AppendUvarint(*m, uint64(len(data)))
	*m = append(*m, data...)
}

func pbfSint(v int64) uint64 { return uint64(v<<1) ^ uint64(v>>63) }

func pbfList(values ...uint64) []byte {
	var b []byte
	for _, v := range values {
		b = binary.AppendUvarint(b, v)
	}
	return b
}

// pbfDeltas packs signed differences.
func pbfDeltas(values ...int64) []byte {
	var b []byte
	last := int64(0)
	for _, v := range values {
		b = binary.AppendUvarint(b, pbfSint(v-last))
		last = v
	}
	return b
}

// pbfBlob frames a block.
func pbfBlob(kind string, data []byte, raw bool) string {
	var blob, header pbfMessage
	if raw {
		blob.bytes(1, data)
	} else {
		var z bytes.Buffer
		w := zlib.NewWriter(&z)
		w.Write(data)
		w.Close()
		blob.number(2, uint64(len(data)))
		blob.bytes(3, z.Bytes())
	}
	header.bytes(1, []byte(kind))
	header.number(3, uint64(len(blob)))
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(header)))) + string(header) + string(blob)
}

func pbfHeader(features ...string) string {
	var m pbfMessage
	for _, f := range append([]string{"OsmSchema-V0.6", "DenseNodes"}, features...) {
		m.bytes(4, []byte(f))
	}
	return pbfBlob("OSMHeader", m, false)
}

// pbfOptions are the ways in which writers differ.
type pbfOptions struct {
	dense, raw   bool
	granularity  int64 // nanodegrees; 0 leaves the default of 100 out
	offset       int64 // of both coordinates, in nanodegrees
	stringsLast  bool  // the table of strings behind the groups that use it
	separateWays bool  // in a block of their own
}

// pbfTown is the town of pbfTownXML.
func pbfTown(o pbfOptions) string {
	var table pbfMessage
	for _, s := range []string{"", "barrier", "gate", "highway", "primary", "name", "Tiercé", "type", "restriction", "no_left_turn", "from", "via", "to"} {
		table.bytes(1, []byte(s))
	}
	granularity := o.granularity
	if granularity == 0 {
		granularity = 100
	}
	unit := func(degrees1e7 int64) int64 { return (degrees1e7*100 - o.offset) / granularity }
	ids := []int64{1, 2, 3, 5}
	lons := []int64{unit(-5_000_000), unit(1_000_000), unit(2_000_000), unit(1_000_000)}
	lats := []int64{unit(470_000_000), unit(470_000_000), unit(470_000_000), unit(471_000_000)}

	var nodes, ways pbfMessage
	if o.dense {
		var dense pbfMessage
		dense.bytes(1, pbfDeltas(ids...))
		dense.bytes(8, pbfDeltas(lats...))
		dense.bytes(9, pbfDeltas(lons...))
		dense.bytes(10, pbfList(0, 1, 2, 0, 0, 0))
		nodes.bytes(2, dense)
	} else {
		for i, id := range ids {
			var n pbfMessage
			n.number(1, pbfSint(id))
			if id == 2 {
				n.bytes(2, pbfList(1))
				n.bytes(3, pbfList(2))
			}
			n.number(8, pbfSint(lats[i]))
			n.number(9, pbfSint(lons[i]))
			nodes.bytes(1, n)
		}
	}
	way := func(id uint64, refs ...int64) {
		var w pbfMessage
		w.number(1, id)
		w.bytes(2, pbfList(3, 5))
		w.bytes(3, pbfList(4, 6))
		w.bytes(8, pbfDeltas(refs...))
		ways.bytes(3, w)
	}
	way(10, 1, 2, 3)
	way(11, 2, 5)
	var rel pbfMessage
	rel.number(1, 7)
	rel.bytes(2, pbfList(7, 8))
	rel.bytes(3, pbfList(8, 9))
	rel.bytes(8, pbfList(10, 11, 12))
	rel.bytes(9, pbfDeltas(10, 2, 11))
	rel.bytes(10, pbfList(1, 0, 1))
	ways.bytes(4, rel)

	block := func(groups ...pbfMessage) string {
		var b pbfMessage
		if !o.stringsLast {
			b.bytes(1, table)
		}
		for _, g := range groups {
			b.bytes(2, g)
		}
		if o.granularity != 0 {
			b.number(17, uint64(o.granularity))
		}
		if o.offset != 0 {
			b.number(19, uint64(o.offset))
			b.number(20, uint64(o.offset))
		}
		if o.stringsLast {
			b.bytes(1, table)
		}
		return pbfBlob("OSMData", b, o.raw)
	}
	if o.separateWays {
		return pbfHeader() + block(nodes) + block(ways)
	}
	return pbfHeader() + block(nodes, ways)
}

var pbfTownXML = osmText(`
	n1 -0.5 47.0
	n2 0.1 47.0 barrier=gate
	n3 0.2 47.0
	n5 0.1 47.1
	w10 1,2,3 highway=primary name=Tiercé
	w11 2,5 highway=primary name=Tiercé
	r7 from:w10 via:n2 to:w11 type=restriction restriction=no_left_turn`)

func TestPBFReadsAsXML(t *testing.T) {
	want, _ := readRoads(t, Options{}, tempFile(t, "town.osm", pbfTownXML))
	for _, o := range []pbfOptions{
		{dense: true}, {}, {dense: true, raw: true}, {raw: true},
		{dense: true, granularity: 1000}, {granularity: 1}, {dense: true, granularity: 100, offset: -1_000_000_000},
		{dense: true, stringsLast: true}, {dense: true, separateWays: true},
	} {
		got, reports := readRoads(t, Options{}, tempFile(t, "town.pbf", pbfTown(o)))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v:\n%s\nwant\n%s", o, shown(got), shown(want))
		}
		if reports[0].Format != osmPBF {
			t.Errorf("format %q", reports[0].Format)
		}
	}
}

func TestPBFDoesNotDependOnTheProcessors(t *testing.T) {
	path := sharedFile(t, "liechtenstein/liechtenstein.osm.pbf")
	want, _ := readRoads(t, Options{}, path)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, n := range []int{1, 3, 8} {
		runtime.GOMAXPROCS(n)
		if got, _ := readRoads(t, Options{}, path); !reflect.DeepEqual(got, want) {
			t.Errorf("with %d processors the roads differ", n)
		}
	}
}

func TestPBFCutAnywhereIsAnError(t *testing.T) {
	for _, o := range []pbfOptions{{dense: true}, {separateWays: true}} {
		whole := pbfTown(o)
		dir := t.TempDir()
		for n := range whole {
			path := filepath.Join(dir, "cut.osm.pbf")
			if err := os.WriteFile(path, []byte(whole[:n]), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, _, err := Roads(context.Background(), []string{path}, Options{}); err == nil {
				t.Fatalf("cut after %d of %d bytes: no error", n, len(whole))
			}
		}
	}
}

func TestPBFThatCannotBeUsed(t *testing.T) {
	town := pbfTown(pbfOptions{dense: true})
	header := len(pbfHeader())
	data := func(field int, value []byte) string {
		var blob, h pbfMessage
		blob.bytes(field, value)
		h.bytes(1, []byte("OSMData"))
		h.number(3, uint64(len(blob)))
		return string(binary.BigEndian.AppendUint32(nil, uint32(len(h)))) + string(h) + string(blob)
	}
	flipped := []byte(town)
	flipped[len(flipped)-20] ^= 1
	var badString, way, group pbfMessage
	way.number(1, 10)
	way.bytes(2, pbfList(77))
	way.bytes(3, pbfList(78))
	group.bytes(3, way)
	badString.bytes(2, group)
	for _, c := range []struct{ name, content, want string }{
		{"cut", town[:len(town)-10], "ends in the middle"},
		{"cut behind a blob's header", town[:header+4+11], "ends in the middle"},
		{"header only", town[:header], "no roads"},
		{"damaged", string(flipped), "blob 1: damaged"},
		{"history", pbfHeader("HistoricalInformation"), "a history file"},
		{"future", pbfHeader("LocationsOnWheels"), `it requires "LocationsOnWheels"`},
		{"zstd", pbfHeader() + data(7, []byte("xx")), "compressed by Zstandard: only zlib is read"},
		{"lzma", pbfHeader() + data(4, []byte("xx")), "compressed by LZMA"},
		{"no data in a blob", pbfHeader() + data(9, []byte("xx")), "blob 1: damaged"},
		{"string number", pbfHeader() + pbfBlob("OSMData", badString, true), "blob 1: damaged"},
		{"giant header", pbfHeader() + "\x7f\x00\x00\x00", "blob header of 2130706432 bytes"},
		{"header twice removed", pbfBlob("OSMData", nil, true) + pbfHeader(), `the first blob is "OSMData"`},
	} {
		path := tempFile(t, "x.osm.pbf", c.content)
		_, _, err := Roads(context.Background(), []string{path}, Options{})
		wantError(t, err, path, c.want)
	}
}

func TestPBFUnknownBlobsAreSkipped(t *testing.T) {
	town := pbfTown(pbfOptions{dense: true})
	header := len(pbfHeader())
	path := tempFile(t, "x.osm.pbf", town[:header]+pbfBlob("Index", []byte("whatever"), true)+town[header:])
	if roads, _ := readRoads(t, Options{}, path); len(roads.Ways) != 2 {
		t.Error(shown(roads))
	}
}

func FuzzPBF(f *testing.F) {
	for _, o := range []pbfOptions{{dense: true, raw: true}, {raw: true}, {dense: true}, {dense: true, raw: true, granularity: 7, offset: -5}} {
		f.Add([]byte(strings.TrimPrefix(pbfTown(o), pbfHeader())))
	}
	// A sound header stands before the input, so that the fuzzer spends its time on the blocks.
	f.Fuzz(func(t *testing.T, data []byte) { fuzzRoads(t, "town.osm.pbf", append([]byte(pbfHeader()), data...)) })
}
