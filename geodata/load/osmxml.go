package load

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/maillage/maillage/geodata"
)

// scanXML reads OSM XML 0.6 as a stream. Elements marked deleted are skipped.
func scanXML(in io.Reader, v osmVisitor) error {
	x := &xmlScan{visitor: v}
	dec := xml.NewDecoder(in)
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return xmlError(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			err = x.start(t)
		case xml.EndElement:
			x.end(t.Name.Local)
		case xml.CharData:
			if x.inRemark {
				x.remark += string(t)
			}
		}
		if err != nil {
			return err
		}
	}
	if !x.root {
		return errors.New("no <osm> element: expected OpenStreetMap XML")
	}
	// The Overpass service answers with what it has so far, and this remark.
	if strings.Contains(x.remark, "error") {
		return fmt.Errorf("the extract is incomplete, the service that made it says %q", strings.TrimSpace(x.remark))
	}
	return nil
}

func xmlError(err error) error {
	var syntax *xml.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	if strings.Contains(syntax.Msg, "unexpected EOF") {
		return fmt.Errorf("the file ends in the middle, at line %d: download it again (%w)", syntax.Line, io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("line %d: not XML: %s", syntax.Line, syntax.Msg)
}

// xmlScan builds one element at a time.
type xmlScan struct {
	visitor  osmVisitor
	root     bool
	inRemark bool
	remark   string

	open     string // node, way or relation; empty between elements
	deleted  bool
	id       int64
	version  int32
	lon, lat int32
	place    *fault // what is wrong with the coordinates
	broken   *fault // what is wrong with the element
	where    string
	tags     []geodata.Tag
	refs     []int64
	members  []osmMember
}

func (x *xmlScan) start(t xml.StartElement) error {
	name := t.Name.Local
	if !x.root {
		if name != "osm" {
			return fmt.Errorf("the root element is <%s>: expected <osm>", name)
		}
		x.root = true
		return nil
	}
	switch name {
	case "node", "way", "relation":
		x.begin(name, t.Attr)
	case "remark":
		x.inRemark = true
	case "tag":
		if x.open != "" {
			x.tags = append(x.tags, geodata.Tag{Key: attr(t.Attr, "k"), Value: attr(t.Attr, "v")})
		}
	case "nd":
		x.refs = append(x.refs, x.number(t.Attr, "ref"))
	case "member":
		x.member(t.Attr)
	}
	return nil
}

func (x *xmlScan) begin(name string, attrs []xml.Attr) {
	*x = xmlScan{
		visitor: x.visitor, root: true, remark: x.remark, open: name,
		tags: x.tags[:0], refs: x.refs[:0], members: x.members[:0],
	}
	x.where = name + " " + attr(attrs, "id")
	x.deleted = attr(attrs, "visible") == "false" || attr(attrs, "action") == "delete"
	x.id = x.number(attrs, "id")
	if v, err := strconv.ParseInt(attr(attrs, "version"), 10, 32); err == nil {
		x.version = int32(v)
	}
	if name == "node" {
		x.locate(attrs)
	}
}

func (x *xmlScan) locate(attrs []xml.Attr) {
	lon, lat := x.degrees(attrs, "lon"), x.degrees(attrs, "lat")
	if x.place == nil {
		x.place = checkLonLat(lon, lat)
	}
	if x.place == nil {
		x.lon, x.lat = geodata.Fixed(lon), geodata.Fixed(lat)
	}
}

func (x *xmlScan) degrees(attrs []xml.Attr, name string) float64 {
	text := attr(attrs, name)
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		x.place = &fault{name, text, "not a number of degrees"}
	}
	return v
}

func (x *xmlScan) member(attrs []xml.Attr) {
	m := osmMember{ref: x.number(attrs, "ref"), role: attr(attrs, "role")}
	switch kind := attr(attrs, "type"); kind {
	case "node":
		m.kind = memberNode
	case "way":
		m.kind = memberWay
	case "relation":
		m.kind = memberRelation
	default:
		x.broken = &fault{"member type", kind, "expected node, way or relation"}
	}
	x.members = append(x.members, m)
}

func (x *xmlScan) number(attrs []xml.Attr, name string) int64 {
	text := attr(attrs, name)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		x.broken = &fault{name, text, "expected a whole number"}
	}
	return n
}

func (x *xmlScan) end(name string) {
	if name == "remark" {
		x.inRemark = false
	}
	if name != x.open || name == "" {
		return
	}
	x.open = ""
	if x.deleted {
		return
	}
	if x.broken != nil {
		if x.visitor.broken != nil {
			x.visitor.broken(x.where, x.broken)
		}
		return
	}
	v := &x.visitor
	switch {
	case name == "node" && v.node != nil:
		v.node(&osmNode{x.id, x.version, x.lon, x.lat, x.tags, x.place})
	case name == "way" && v.way != nil:
		v.way(&osmWay{x.id, x.version, x.refs, x.tags})
	case name == "relation" && v.relation != nil:
		v.relation(&osmRelation{x.id, x.version, x.members, x.tags})
	}
}

func attr(attrs []xml.Attr, name string) string {
	for i := range attrs {
		if attrs[i].Name.Local == name {
			return attrs[i].Value
		}
	}
	return ""
}
