package load

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"github.com/maillage/maillage/geodata"
	"golang.org/x/sync/errgroup"
)

// The PBF format (OSM wiki, "PBF Format") is a sequence of blobs, each a
// protocol buffer of about 8,000 elements. It is decoded here, from the wire
// format, rather than by the osmpbf package of paulmach/osm: that one needs the
// C library zlib when cgo is on, panics in its own goroutines (which ends the
// program) on damaged blocks and on nodes that are not "dense", and takes a
// file cut behind a blob's header for a whole one.
const (
	maxBlobHeader = 64 << 10 // the format's limits
	maxBlob       = 32 << 20
)

// scanPBF decodes the blobs on all processors. Of several damaged blobs the
// first in the file is reported.
func scanPBF(ctx context.Context, in io.Reader, v osmVisitor) error {
	g, running := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	var mu sync.Mutex
	var errs []error // by blob
	var readErr error
	for i := 0; ; i++ {
		kind, blob, err := readBlob(in)
		if err != nil || running.Err() != nil {
			readErr = err
			break
		}
		if i == 0 {
			if kind != "OSMHeader" {
				readErr = fmt.Errorf("the first blob is %q: expected OSMHeader", kind)
				break
			}
			if readErr = checkPBFHeader(blob); readErr != nil {
				break
			}
			continue
		}
		if kind != "OSMData" {
			continue // the format asks readers to skip what they do not know
		}
		g.Go(func() error {
			err := decodeBlob(blob, v)
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				for len(errs) <= i {
					errs = append(errs, nil)
				}
				errs[i] = fmt.Errorf("blob %d: %w", i, err)
			}
			return err
		})
	}
	g.Wait() //nolint:errcheck // the errors are in errs, in file order
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	if readErr != nil && !errors.Is(readErr, io.EOF) {
		return readErr
	}
	return ctx.Err()
}

// readBlob reads the next blob. io.EOF means that the file ended before it began.
func readBlob(in io.Reader) (kind string, blob []byte, err error) {
	var size [4]byte
	if _, err := io.ReadFull(in, size[:]); err != nil {
		if err == io.EOF {
			return "", nil, io.EOF
		}
		return "", nil, truncated(err)
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > maxBlobHeader {
		return "", nil, fmt.Errorf("a blob header of %d bytes: not PBF, or damaged", n)
	}
	header := make([]byte, n)
	if _, err := io.ReadFull(in, header); err != nil {
		return "", nil, truncated(err)
	}
	length := int64(-1)
	w := wire{b: header}
	for w.next() {
		switch w.field {
		case 1:
			kind = string(w.data)
		case 3:
			length = int64(w.value)
		}
	}
	if w.err != nil || length < 0 || length > maxBlob {
		return "", nil, errors.New("a damaged blob header")
	}
	blob = make([]byte, length)
	if _, err := io.ReadFull(in, blob); err != nil {
		return "", nil, truncated(err)
	}
	return kind, blob, nil
}

func truncated(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the file ends in the middle: download it again (%w)", io.ErrUnexpectedEOF)
	}
	return err
}

// inflate returns the content of a blob.
func inflate(blob []byte) ([]byte, error) {
	var packed []byte
	size := uint64(0)
	w := wire{b: blob}
	for w.next() {
		switch w.field {
		case 1:
			return w.data, nil
		case 2:
			size = w.value
		case 3:
			packed = w.data
		case 4, 5, 6, 7:
			names := map[int]string{4: "LZMA", 5: "bzip2", 6: "LZ4", 7: "Zstandard"}
			return nil, fmt.Errorf("compressed by %s: only zlib is read; convert it with osmium cat", names[w.field])
		}
	}
	if w.err != nil {
		return nil, w.err
	}
	if packed == nil || size > maxBlob {
		return nil, errDamaged
	}
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", errDamaged, err)
	}
	var out bytes.Buffer
	out.Grow(int(min(size, 64*uint64(len(packed)))) + bytes.MinRead)
	if _, err := out.ReadFrom(io.LimitReader(z, maxBlob+1)); err != nil {
		return nil, fmt.Errorf("%w (%w)", errDamaged, err)
	}
	if uint64(out.Len()) != size {
		return nil, fmt.Errorf("%w (%d bytes instead of %d)", errDamaged, out.Len(), size)
	}
	return out.Bytes(), nil
}

var errDamaged = errors.New("damaged: download the file again")

func checkPBFHeader(blob []byte) error {
	data, err := inflate(blob)
	if err != nil {
		return fmt.Errorf("header: %w", err)
	}
	w := wire{b: data}
	for w.next() {
		if w.field != 4 {
			continue
		}
		switch feature := string(w.data); feature {
		case "OsmSchema-V0.6", "DenseNodes":
		case "HistoricalInformation":
			return errors.New("a history file: expected an extract of one moment (osmium time-filter makes one)")
		default:
			return fmt.Errorf("it requires %q, which is not read", feature)
		}
	}
	return w.err
}

// pbfBlock is a block being decoded, with the buffers that its elements share.
type pbfBlock struct {
	visitor     osmVisitor
	strings     []string
	granularity int64 // nanodegrees
	latOff      int64
	lonOff      int64
	node        osmNode
	way         osmWay
	relation    osmRelation
}

func decodeBlob(blob []byte, v osmVisitor) error {
	data, err := inflate(blob)
	if err != nil {
		return err
	}
	b := &pbfBlock{visitor: v, granularity: 100}
	// The groups may stand before what is needed to read them.
	var groups [][]byte
	w := wire{b: data}
	for w.next() {
		switch w.field {
		case 1:
			if err := b.readStrings(w.data); err != nil {
				return err
			}
		case 2:
			groups = append(groups, w.data)
		case 17:
			b.granularity = int64(int32(w.value))
		case 19:
			b.latOff = int64(w.value)
		case 20:
			b.lonOff = int64(w.value)
		}
	}
	if w.err != nil {
		return w.err
	}
	for _, group := range groups {
		if err := b.group(group); err != nil {
			return err
		}
	}
	return nil
}

// readStrings keeps the table of strings as parts of one.
func (b *pbfBlock) readStrings(data []byte) error {
	all := string(data)
	w := wire{b: data}
	for w.next() {
		if w.field == 1 {
			end := len(data) - len(w.b)
			b.strings = append(b.strings, all[end-len(w.data):end])
		}
	}
	return w.err
}

func (b *pbfBlock) group(data []byte) error {
	w := wire{b: data}
	for w.next() {
		var err error
		switch {
		case w.field == 1 && b.visitor.node != nil:
			err = b.plainNode(w.data)
		case w.field == 2 && b.visitor.node != nil:
			err = b.denseNodes(w.data)
		case w.field == 3 && b.visitor.way != nil:
			err = b.readWay(w.data)
		case w.field == 4 && b.visitor.relation != nil:
			err = b.readRelation(w.data)
		}
		if err != nil {
			return err
		}
	}
	return w.err
}

func (b *pbfBlock) text(i uint64) (string, error) {
	if i >= uint64(len(b.strings)) {
		return "", errDamaged
	}
	return b.strings[i], nil
}

// emitNode places the node, given in units of the block's granularity.
func (b *pbfBlock) emitNode(lon, lat int64) {
	n := &b.node
	degLon := float64(b.lonOff+b.granularity*lon) * 1e-9
	degLat := float64(b.latOff+b.granularity*lat) * 1e-9
	n.lon, n.lat = 0, 0
	if n.fault = checkLonLat(degLon, degLat); n.fault == nil {
		n.lon, n.lat = geodata.Fixed(degLon), geodata.Fixed(degLat)
	}
	b.visitor.node(n)
}

func (b *pbfBlock) plainNode(data []byte) error {
	var keys, values packed
	var lon, lat int64
	b.node = osmNode{tags: b.node.tags[:0]}
	w := wire{b: data}
	for w.next() {
		switch w.field {
		case 1:
			b.node.id = zigzag(w.value)
		case 2:
			keys = w.data
		case 3:
			values = w.data
		case 4:
			b.node.version = infoVersion(w.data)
		case 8:
			lat = zigzag(w.value)
		case 9:
			lon = zigzag(w.value)
		}
	}
	if w.err != nil {
		return w.err
	}
	var err error
	if b.node.tags, err = b.tags(b.node.tags, keys, values); err != nil {
		return err
	}
	b.emitNode(lon, lat)
	return nil
}

func (b *pbfBlock) denseNodes(data []byte) error {
	var ids, lats, lons, keyvals, versions packed
	w := wire{b: data}
	for w.next() {
		switch w.field {
		case 1:
			ids = w.data
		case 5:
			info := wire{b: w.data}
			for info.next() {
				if info.field == 1 {
					versions = info.data
				}
			}
		case 8:
			lats = w.data
		case 9:
			lons = w.data
		case 10:
			keyvals = w.data
		}
	}
	if w.err != nil {
		return w.err
	}
	var id, lon, lat int64
	for len(ids) > 0 {
		dID, ok1 := ids.next()
		dLat, ok2 := lats.next()
		dLon, ok3 := lons.next()
		if !ok1 || !ok2 || !ok3 {
			return errDamaged
		}
		id, lat, lon = id+zigzag(dID), lat+zigzag(dLat), lon+zigzag(dLon)
		version, _ := versions.next()
		b.node = osmNode{id: id, version: int32(version), tags: b.node.tags[:0]}
		if err := b.denseTags(&keyvals); err != nil {
			return err
		}
		b.emitNode(lon, lat)
	}
	return nil
}

// denseTags reads the pairs of one node, up to a zero. The list is empty when
// no node of the group has tags.
func (b *pbfBlock) denseTags(keyvals *packed) error {
	for len(*keyvals) > 0 {
		k, ok := keyvals.next()
		if !ok {
			return errDamaged
		}
		if k == 0 {
			return nil
		}
		v, ok := keyvals.next()
		if !ok {
			return errDamaged
		}
		tag, err := b.tag(k, v)
		if err != nil {
			return err
		}
		b.node.tags = append(b.node.tags, tag)
	}
	return nil
}

func (b *pbfBlock) readWay(data []byte) error {
	var keys, values, refs packed
	way := &b.way
	*way = osmWay{refs: way.refs[:0], tags: way.tags[:0]}
	w := wire{b: data}
	for w.next() {
		switch w.field {
		case 1:
			way.id = int64(w.value)
		case 2:
			keys = w.data
		case 3:
			values = w.data
		case 4:
			way.version = infoVersion(w.data)
		case 8:
			refs = w.data
		}
	}
	if w.err != nil {
		return w.err
	}
	var err error
	if way.tags, err = b.tags(way.tags, keys, values); err != nil {
		return err
	}
	ref := int64(0)
	for len(refs) > 0 {
		d, ok := refs.next()
		if !ok {
			return errDamaged
		}
		ref += zigzag(d)
		way.refs = append(way.refs, ref)
	}
	b.visitor.way(way)
	return nil
}

func (b *pbfBlock) readRelation(data []byte) error {
	var keys, values, roles, refs, kinds packed
	rel := &b.relation
	*rel = osmRelation{members: rel.members[:0], tags: rel.tags[:0]}
	w := wire{b: data}
	for w.next() {
		switch w.field {
		case 1:
			rel.id = int64(w.value)
		case 2:
			keys = w.data
		case 3:
			values = w.data
		case 4:
			rel.version = infoVersion(w.data)
		case 8:
			roles = w.data
		case 9:
			refs = w.data
		case 10:
			kinds = w.data
		}
	}
	if w.err != nil {
		return w.err
	}
	var err error
	if rel.tags, err = b.tags(rel.tags, keys, values); err != nil {
		return err
	}
	ref := int64(0)
	for len(refs) > 0 {
		d, ok1 := refs.next()
		r, ok2 := roles.next()
		k, ok3 := kinds.next()
		role, err := b.text(r)
		if !ok1 || !ok2 || !ok3 || k > uint64(memberRelation) || err != nil {
			return errDamaged
		}
		ref += zigzag(d)
		rel.members = append(rel.members, osmMember{memberKind(k), ref, role})
	}
	b.visitor.relation(rel)
	return nil
}

// tags appends the pairs of two parallel lists of string numbers.
func (b *pbfBlock) tags(to []geodata.Tag, keys, values packed) ([]geodata.Tag, error) {
	for len(keys) > 0 {
		k, ok1 := keys.next()
		v, ok2 := values.next()
		if !ok1 || !ok2 {
			return to, errDamaged
		}
		tag, err := b.tag(k, v)
		if err != nil {
			return to, err
		}
		to = append(to, tag)
	}
	return to, nil
}

func (b *pbfBlock) tag(k, v uint64) (geodata.Tag, error) {
	key, err1 := b.text(k)
	value, err2 := b.text(v)
	if err1 != nil || err2 != nil {
		return geodata.Tag{}, errDamaged
	}
	return geodata.Tag{Key: key, Value: value}, nil
}

func infoVersion(data []byte) int32 {
	w := wire{b: data}
	for w.next() {
		if w.field == 1 {
			return int32(w.value)
		}
	}
	return 0
}

// wire walks the fields of a protocol buffer message.
type wire struct {
	b     []byte // what remains
	field int
	value uint64 // of a number
	data  []byte // of bytes, a text, a message or a packed list
	err   error
}

func (w *wire) next() bool {
	if len(w.b) == 0 || w.err != nil {
		return false
	}
	key, ok := (*packed)(&w.b).next()
	w.field, w.value, w.data = int(key>>3), 0, nil
	switch key & 7 {
	case 0:
		var ok2 bool
		w.value, ok2 = (*packed)(&w.b).next()
		ok = ok && ok2
	case 1:
		ok = ok && w.skip(8)
	case 2:
		n, ok2 := (*packed)(&w.b).next()
		if ok = ok && ok2 && n <= uint64(len(w.b)); ok {
			w.data, w.b = w.b[:n], w.b[n:]
		}
	case 5:
		ok = ok && w.skip(4)
	default:
		ok = false
	}
	if !ok {
		w.err = errDamaged
	}
	return ok
}

func (w *wire) skip(n int) bool {
	if len(w.b) < n {
		return false
	}
	w.b = w.b[n:]
	return true
}

// packed is a list of variable-length numbers.
type packed []byte

func (p *packed) next() (uint64, bool) {
	if len(*p) > 0 && (*p)[0] < 0x80 { // most of them
		v := (*p)[0]
		*p = (*p)[1:]
		return uint64(v), true
	}
	v, n := binary.Uvarint(*p)
	if n <= 0 {
		return 0, false
	}
	*p = (*p)[n:]
	return v, true
}

func zigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }
