package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/maillage/maillage/geodata"
)

// The formats of OpenStreetMap extracts.
const (
	osmPBF = "OpenStreetMap PBF"
	osmXML = "OpenStreetMap XML"
)

// osmFile is an extract that can be scanned several times.
type osmFile struct {
	path, format string
	opt          Options
	pass, passes int // for the progress: this scan and how many there will be
}

// osmVisitor receives the elements of a scan; a kind without a function is not
// decoded. Elements and what they hold are valid during the call only, their
// strings too. Blocks of a PBF are decoded by several goroutines: the functions
// run concurrently and in no given order.
type osmVisitor struct {
	node     func(*osmNode)
	way      func(*osmWay)
	relation func(*osmRelation)
	// broken is told of an element that cannot be read.
	broken func(where string, f *fault)
}

type osmNode struct {
	id       int64
	version  int32
	lon, lat int32 // 1e-7 degree
	tags     []geodata.Tag
	fault    *fault // coordinates that are not on Earth
}

type osmWay struct {
	id      int64
	version int32
	refs    []int64
	tags    []geodata.Tag
}

type osmRelation struct {
	id      int64
	version int32
	members []osmMember
	tags    []geodata.Tag
}

type osmMember struct {
	kind memberKind
	ref  int64
	role string
}

type memberKind byte

const (
	memberNode memberKind = iota
	memberWay
	memberRelation
)

// maxOSMID bounds the ids taken from OpenStreetMap (they are below 2^34 today),
// so that numbers made from them cannot collide with others.
const maxOSMID = 1 << 40

// isOSM says whether a file is an OpenStreetMap extract, by its content.
func isOSM(path string) (bool, error) {
	format, err := osmFormat(context.Background(), path)
	return format != "", err
}

// osmFormat recognises an extract by its first bytes, gzip or not; it returns
// an empty format for a file that is something else. The layer that a path may
// name ("roads.gpkg#lines") does not matter here.
func osmFormat(ctx context.Context, path string) (string, error) {
	path, _ = splitLayer(path)
	in, err := openFile(ctx, path, Options{})
	if err != nil {
		return "", err
	}
	defer in.Close()
	head := make([]byte, 4096)
	n, err := io.ReadFull(in, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	head = head[:n]
	if bytes.Contains(head[:min(n, 64)], []byte("OSMHeader")) {
		return osmPBF, nil
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, utf8BOM), " \t\r\n")
	if !bytes.HasPrefix(text, []byte("<")) {
		return "", nil
	}
	if bytes.Contains(text, []byte("<osmChange")) {
		return "", inFile(path, errors.New("a file of OpenStreetMap changes: expected an extract (.osm, .osm.pbf)"))
	}
	if bytes.Contains(text, []byte("<osm")) {
		return osmXML, nil
	}
	return "", nil
}

// scan reads the whole file once.
func (f *osmFile) scan(ctx context.Context, v osmVisitor) error {
	opt := f.opt
	if progress := opt.Progress; progress != nil {
		pass, passes := int64(f.pass), int64(max(f.passes, 1))
		opt.Progress = func(file string, read, size int64) { progress(file, (pass*size+read)/passes, size) }
	}
	f.pass++
	in, err := openFile(ctx, f.path, opt)
	if err != nil {
		return err
	}
	defer in.Close()
	if f.format == osmPBF {
		err = scanPBF(ctx, in, v)
	} else {
		err = scanXML(in, v)
	}
	return inFile(f.path, err)
}

// checkLonLat returns what is wrong with coordinates in degrees, nil if nothing.
func checkLonLat(lon, lat float64) *fault {
	// The negated comparisons refuse NaN as well.
	if !(lat >= -90 && lat <= 90) {
		return &fault{"lat", fmt.Sprint(lat), "not a latitude in ±90 degrees; are longitude and latitude swapped, or in metres?"}
	}
	if !(lon >= -180 && lon <= 180) {
		return &fault{"lon", fmt.Sprint(lon), "not a longitude in ±180 degrees; are the coordinates in metres?"}
	}
	return nil
}
