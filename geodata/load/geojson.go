package load

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// Limits of one JSON value, so that a hostile file does not fill the memory.
const (
	maxJSONBytes = 64 << 20
	maxJSONDepth = 64
)

// openGeoJSON reads up to the first feature of a FeatureCollection, a single
// Feature, Features one after another (a line each, or in any layout) or a
// GeoJSON text sequence (RFC 8142). The old "crs" member is obeyed.
//
// Only the frame of the file is trusted to be JSON: a feature that is not, or
// whose geometry is wrong, is rejected and the next one is read.
func openGeoJSON(in *bufio.Reader, rep *FileReport) (*records, error) {
	if bom, _ := in.Peek(len(utf8BOM)); bytes.Equal(bom, utf8BOM) {
		_, _ = in.Discard(len(utf8BOM))
	}
	g := &geojsonFile{scan: &jsonScanner{in: in}, rep: rep, epsg: 4326}
	if err := g.open(); err != nil {
		return nil, err
	}
	return &records{format: "GeoJSON", fields: g.fields, epsg: g.epsg, each: g.each}, nil
}

// geojsonFile is a file being streamed, always one feature ahead.
type geojsonFile struct {
	scan       *jsonScanner
	rep        *FileReport
	epsg       int
	fields     []string
	collection bool   // inside the "features" of a FeatureCollection, else in a sequence
	next       []byte // the feature read ahead, nil after the last
	count      int    // features read, next excluded
}

func (g *geojsonFile) open() error {
	members := map[string][]byte{}
	err := g.scan.object(func(name string) error {
		if name == "features" {
			g.collection = true
			return errFeatures
		}
		value, err := g.scan.value()
		members[name] = bytes.Clone(value)
		return err
	})
	switch {
	case errors.Is(err, errFeatures):
		err = g.openCollection(members)
	case err == nil:
		err = g.openSequence(members)
	}
	if err != nil {
		return err
	}
	if g.next == nil {
		return errors.New("GeoJSON without any feature")
	}
	g.fields = propertyNames(g.next)
	return nil
}

// errFeatures stops the scan of the top level at its list of features.
var errFeatures = errors.New("features")

func (g *geojsonFile) openCollection(members map[string][]byte) error {
	if kind, given := members["type"]; given && textOf(kind) != "FeatureCollection" {
		return fmt.Errorf("type %s: expected a GeoJSON FeatureCollection", kind)
	}
	if crs, given := members["crs"]; given {
		var err error
		if g.epsg, err = geojsonEPSG(crs); err != nil {
			return err
		}
	}
	if c, err := g.scan.token(); err != nil {
		return err
	} else if c != '[' {
		return errors.New(`"features" is not a list: expected a GeoJSON FeatureCollection`)
	}
	c, err := g.scan.peek()
	if err != nil {
		return cut(err)
	}
	if c == ']' {
		return nil
	}
	g.next, err = g.feature()
	return err
}

// openSequence takes the first object of the file, already read, for a feature.
func (g *geojsonFile) openSequence(members map[string][]byte) error {
	switch kind := textOf(members["type"]); kind {
	case "Feature":
	case "FeatureCollection":
		return errors.New(`a FeatureCollection without "features"`)
	case "Topology":
		return errors.New("TopoJSON is not read: convert it to GeoJSON")
	case "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection":
		return fmt.Errorf("a bare %s: expected features with properties", kind)
	default:
		return fmt.Errorf("JSON, but not GeoJSON (type %q): expected a FeatureCollection", kind)
	}
	g.next = joinObject(members)
	return nil
}

// joinObject writes an object back, for the parser of features to read.
func joinObject(members map[string][]byte) []byte {
	var b bytes.Buffer
	for name, value := range members {
		sep := byte(',')
		if b.Len() == 0 {
			sep = '{'
		}
		b.WriteByte(sep)
		quoted, _ := json.Marshal(name)
		b.Write(quoted)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

func (g *geojsonFile) each(yield func(*record) error) error {
	rec := record{values: map[string]string{}}
	for g.next != nil {
		g.count++
		g.rep.Read++
		rec.where = fmt.Sprintf("feature number %d", g.count)
		if fault := rec.setFeature(g.next); fault != nil {
			g.rep.reject(rec.where, fault.field, fault.value, "%s", fault.reason)
		} else if err := yield(&rec); err != nil {
			return err
		}
		if err := g.advance(); err != nil {
			return fmt.Errorf("after feature number %d: %w", g.count, err)
		}
	}
	return nil
}

// advance reads the next feature, or the end of the file.
func (g *geojsonFile) advance() (err error) {
	g.next = nil
	if !g.collection {
		if _, err = g.scan.peek(); err == nil {
			g.next, err = g.feature()
		} else if errors.Is(err, io.EOF) {
			err = nil
		}
		return err
	}
	c, err := g.scan.token()
	if err != nil {
		return err
	}
	switch c {
	case ',':
		g.next, err = g.feature()
		return err
	case ']':
		return g.finish()
	}
	return fmt.Errorf("%q where a comma or the end of the features was expected", c)
}

func (g *geojsonFile) feature() ([]byte, error) {
	value, err := g.scan.value()
	if err == nil && value[0] != '{' {
		err = fmt.Errorf("%.20q where a feature was expected", value)
	}
	return value, err
}

// finish reads what follows the features. A coordinate system given only now
// must be the one assumed, and nothing may follow the collection.
func (g *geojsonFile) finish() error {
	err := g.scan.members(func(name string) error {
		value, err := g.scan.value()
		switch {
		case err != nil:
			return err
		case name == "features":
			return errors.New(`"features" appears twice`)
		case name != "crs":
			return nil
		}
		epsg, err := geojsonEPSG(value)
		if err == nil && epsg != g.epsg {
			err = fmt.Errorf(`"crs" (EPSG:%d) stands after the features: it must come before them`, epsg)
		}
		return err
	})
	if err != nil {
		return err
	}
	if c, err := g.scan.peek(); err == nil {
		return fmt.Errorf("%q after the end of the FeatureCollection", c)
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// cut names the end of a file where more was expected.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the file ends in the middle (%w)", io.ErrUnexpectedEOF)
	}
	return err
}

// geojsonEPSG reads the "crs" member of GeoJSON 2008: null, a name or a code.
func geojsonEPSG(crs []byte) (int, error) {
	if string(crs) == "null" {
		return 4326, nil
	}
	var c struct {
		Properties struct {
			Name string
			Code int
		}
	}
	if err := json.Unmarshal(crs, &c); err != nil {
		return 0, fmt.Errorf("crs: %w", err)
	}
	if c.Properties.Code != 0 {
		return c.Properties.Code, nil
	}
	name := strings.ToUpper(c.Properties.Name)
	if strings.HasSuffix(name, "CRS84") {
		return 4326, nil
	}
	if strings.Contains(name, "EPSG") {
		if code, err := strconv.Atoi(name[strings.LastIndexAny(name, ":/#")+1:]); err == nil && code > 0 {
			return code, nil
		}
	}
	return 0, fmt.Errorf("crs %q: expected a name such as urn:ogc:def:crs:EPSG::2154 or urn:ogc:def:crs:OGC:1.3:CRS84", c.Properties.Name)
}

// fault is what is wrong with one record.
type fault struct{ field, value, reason string }

func (f *fault) Error() string { return f.reason }

// setFeature fills the record from the text of a feature.
func (r *record) setFeature(text []byte) *fault {
	clear(r.values)
	r.id, r.geometry = "", nil
	var kind, geometry, properties []byte
	scan := scanJSON(text)
	err := scan.object(func(name string) error {
		value, err := scan.value()
		switch name {
		case "id":
			r.id = textOf(value)
			r.where = "feature " + r.id
		case "type":
			kind = bytes.Clone(value)
		case "geometry":
			geometry = bytes.Clone(value)
		case "properties":
			properties = bytes.Clone(value)
		}
		return err
	})
	if err != nil {
		return &fault{"", "", "not JSON: " + err.Error()}
	}
	if textOf(kind) != "Feature" {
		return &fault{"type", string(kind), `expected "Feature"`}
	}
	if f := r.setProperties(properties); f != nil {
		return f
	}
	r.geometry, err = geojsonGeometry(geometry)
	if err != nil {
		return &fault{"geometry", "", err.Error()}
	}
	return nil
}

func (r *record) setProperties(text []byte) *fault {
	if text == nil || string(text) == "null" {
		return nil
	}
	scan := scanJSON(text)
	var bad *fault
	err := scan.object(func(name string) error {
		value, err := scan.value()
		if err != nil {
			return err
		}
		if !json.Valid(value) {
			bad = &fault{name, string(value), "not a JSON value"}
			return bad
		}
		if v := textOf(value); v != "" && string(value) != "null" {
			r.values[name] = v
		}
		return nil
	})
	if bad == nil && err != nil {
		bad = &fault{"properties", "", err.Error()}
	}
	return bad
}

// textOf is the text of a JSON string, and the JSON of any other value.
func textOf(value []byte) string {
	var s string
	if len(value) > 0 && value[0] == '"' && json.Unmarshal(value, &s) == nil {
		return s
	}
	return string(value)
}

// propertyNames lists the properties of a feature in their order.
func propertyNames(feature []byte) (names []string) {
	scan := scanJSON(feature)
	_ = scan.object(func(member string) error {
		if c, _ := scan.peek(); member != "properties" || c != '{' {
			_, err := scan.value()
			return err
		}
		names = nil
		return scan.object(func(name string) error {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
			_, err := scan.value()
			return err
		})
	})
	return names
}

// geojsonGeometry reads a geometry; null is nil. It is stricter than a decoder
// into [2]float64: a position of one number or with a null is an error, never
// a zero. Heights are dropped.
func geojsonGeometry(text []byte) (orb.Geometry, error) {
	if text == nil || string(text) == "null" {
		return nil, nil
	}
	var kind string
	var c coordinates
	scan := scanJSON(text)
	err := scan.object(func(name string) error {
		value, err := scan.value()
		switch name {
		case "type":
			kind = textOf(value)
		case "coordinates":
			c.rest = bytes.Clone(value)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	switch kind {
	case "Point":
		return geometry(&c, c.point)
	case "MultiPoint":
		return geometry(&c, func() (orb.MultiPoint, error) { return list(&c, c.point) })
	case "LineString":
		return geometry(&c, c.line)
	case "MultiLineString":
		return geometry(&c, func() (orb.MultiLineString, error) { return list(&c, c.line) })
	case "Polygon":
		return geometry(&c, c.polygon)
	case "MultiPolygon":
		return geometry(&c, func() (orb.MultiPolygon, error) { return list(&c, c.polygon) })
	}
	return nil, fmt.Errorf("type %.40q is not read: expected Point, LineString, Polygon or their Multi forms", kind)
}

// geometry reads a whole geometry with nothing after it.
func geometry[G orb.Geometry](c *coordinates, read func() (G, error)) (orb.Geometry, error) {
	g, err := read()
	if err == nil && c.skip() != 0 {
		err = fmt.Errorf("%.20q after the coordinates", c.rest)
	}
	if err != nil {
		return nil, err
	}
	return g, nil
}

// coordinates parses the nested lists of numbers of a geometry.
type coordinates struct{ rest []byte }

// skip passes blanks and returns the byte that follows, 0 at the end.
func (c *coordinates) skip() byte {
	for len(c.rest) > 0 && isBlank(c.rest[0]) {
		c.rest = c.rest[1:]
	}
	if len(c.rest) == 0 {
		return 0
	}
	return c.rest[0]
}

// list parses [item, item…].
func list[T any](c *coordinates, item func() (T, error)) ([]T, error) {
	if c.skip() != '[' {
		return nil, fmt.Errorf("%.20q where a list of coordinates was expected", c.rest)
	}
	c.rest = c.rest[1:]
	items := []T{}
	if c.skip() == ']' {
		c.rest = c.rest[1:]
		return items, nil
	}
	for {
		x, err := item()
		if err != nil {
			return nil, err
		}
		items = append(items, x)
		b := c.skip()
		if b != ',' && b != ']' {
			return nil, fmt.Errorf("%.20q inside a list of coordinates", c.rest)
		}
		c.rest = c.rest[1:]
		if b == ']' {
			return items, nil
		}
	}
}

func (c *coordinates) number() (float64, error) {
	c.skip()
	n, plain := 0, true
	for ; n < len(c.rest) && c.rest[n] != ',' && c.rest[n] != ']' && !isBlank(c.rest[n]); n++ {
		// Without letters but e, ParseFloat knows no NaN, infinity or hexadecimal.
		b := c.rest[n]
		plain = plain && (b >= '0' && b <= '9' || b == '-' || b == '+' || b == '.' || b == 'e' || b == 'E')
	}
	text := string(c.rest[:n])
	c.rest = c.rest[n:]
	v, err := strconv.ParseFloat(text, 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("%.20q is too large for a coordinate", text)
	}
	if err != nil || !plain {
		return 0, fmt.Errorf("%.20q is not a coordinate", text)
	}
	return v, nil
}

func (c *coordinates) point() (orb.Point, error) {
	xs, err := list(c, c.number)
	if err != nil {
		return orb.Point{}, err
	}
	if len(xs) < 2 {
		return orb.Point{}, fmt.Errorf("expected longitude and latitude, got %d numbers", len(xs))
	}
	return orb.Point{xs[0], xs[1]}, nil
}

func (c *coordinates) line() (orb.LineString, error) { return list(c, c.point) }

func (c *coordinates) polygon() (orb.Polygon, error) {
	return list(c, func() (orb.Ring, error) { return list(c, c.point) })
}

// jsonScanner cuts a JSON text into values by its brackets and strings, without
// looking into them. The record separators of RFC 8142 count as blanks.
type jsonScanner struct {
	in  io.ByteScanner
	buf []byte
}

func scanJSON(text []byte) *jsonScanner { return &jsonScanner{in: bytes.NewReader(text)} }

// peek passes blanks and returns the next byte without consuming it, or io.EOF.
func (s *jsonScanner) peek() (byte, error) {
	for {
		c, err := s.in.ReadByte()
		if err != nil {
			return 0, err
		}
		if !isBlank(c) {
			return c, s.in.UnreadByte()
		}
	}
}

func isBlank(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\x1e'
}

// token consumes the next byte that is not blank.
func (s *jsonScanner) token() (byte, error) {
	if _, err := s.peek(); err != nil {
		return 0, cut(err)
	}
	return s.in.ReadByte()
}

// object passes an object. For each member it calls read, which must consume the value.
func (s *jsonScanner) object(read func(name string) error) error {
	c, err := s.token()
	if err != nil {
		return err
	}
	if c != '{' {
		return fmt.Errorf("%q where an object was expected", c)
	}
	if c, err = s.peek(); err != nil {
		return cut(err)
	}
	if c == '}' {
		_, err = s.token()
		return err
	}
	if err := s.member(read); err != nil {
		return err
	}
	return s.members(read)
}

// members passes the rest of an object after a member's value.
func (s *jsonScanner) members(read func(name string) error) error {
	for {
		c, err := s.token()
		if err != nil {
			return err
		}
		switch c {
		case '}':
			return nil
		case ',':
			if err := s.member(read); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%q where a comma or } was expected", c)
		}
	}
}

func (s *jsonScanner) member(read func(name string) error) error {
	value, err := s.value()
	if err != nil {
		return err
	}
	var name string
	if value[0] != '"' || json.Unmarshal(value, &name) != nil {
		return fmt.Errorf("%.20q where a member's name was expected", value)
	}
	c, err := s.token()
	if err != nil {
		return err
	}
	if c != ':' {
		return fmt.Errorf("%q where a colon was expected", c)
	}
	return read(name)
}

// value returns the text of the next value, valid until the next call. Of an
// object or a list only the brackets are known to match.
func (s *jsonScanner) value() ([]byte, error) {
	c, err := s.peek()
	if err != nil {
		return nil, cut(err)
	}
	s.buf = s.buf[:0]
	switch c {
	case '"', '{', '[':
		err = s.nested()
	default:
		err = s.scalar()
	}
	if err == nil && len(s.buf) == 0 {
		err = fmt.Errorf("%q where a value was expected", c)
	}
	return s.buf, err
}

// read consumes a byte into the buffer.
func (s *jsonScanner) read() (byte, error) {
	c, err := s.in.ReadByte()
	if err != nil {
		return 0, cut(err)
	}
	if len(s.buf) == maxJSONBytes {
		return 0, fmt.Errorf("a value larger than %d MiB", maxJSONBytes>>20)
	}
	s.buf = append(s.buf, c)
	return c, nil
}

// nested reads a string, list or object.
func (s *jsonScanner) nested() error {
	var open [maxJSONDepth]byte
	depth := 0
	for {
		c, err := s.read()
		if err != nil {
			return err
		}
		switch c {
		case '"':
			if err := s.text(); err != nil {
				return err
			}
		case '{', '[':
			if depth == maxJSONDepth {
				return fmt.Errorf("values nested deeper than %d", maxJSONDepth)
			}
			open[depth] = c
			depth++
		case '}', ']':
			depth--
			if open[depth] != c-2 { // '}' is '{'+2, ']' is '['+2
				return fmt.Errorf("%q closes what %q opened", c, open[depth])
			}
		}
		if depth == 0 {
			return nil
		}
	}
}

// text reads a string after its opening quote.
func (s *jsonScanner) text() error {
	for {
		c, err := s.read()
		if err == nil && c == '\\' {
			_, err = s.read()
		}
		if err != nil || c == '"' {
			return err
		}
	}
}

// scalar reads a number, a literal or whatever stands in their place.
func (s *jsonScanner) scalar() error {
	for {
		c, err := s.in.ReadByte()
		if errors.Is(err, io.EOF) && len(s.buf) > 0 {
			return nil
		}
		if err != nil {
			return cut(err)
		}
		if err := s.in.UnreadByte(); err != nil {
			return err
		}
		if isBlank(c) || strings.IndexByte(`,:]}[{"`, c) >= 0 {
			return nil
		}
		if _, err := s.read(); err != nil {
			return err
		}
	}
}
