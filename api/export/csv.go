package export

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/geodata"
)

// CSV writes the layer as a table after RFC 4180: UTF-8, comma, point as the
// decimal mark, lines ended by CR LF, absent values empty. Columns are id, the
// fields, with the unit in the header as in "seconds [s]", and lon and lat in
// degrees where the layer has geometry and no such fields: the point itself, or
// the centroid. Where the territory is modelled a last column, modelled, says
// so in every row, since a table is easily parted from its description
// (CSVMetadata).
//
// Free text is made safe for spreadsheets, which take a cell that begins with
// =, +, -, @ or white space for a formula: such text, unless it is a plain number, gets
// an apostrophe in front, the spreadsheets' own mark for text. Names come from
// maps that anybody can edit. Ids and numbers are never changed, so that tables
// can be joined; GeoJSON and GeoPackage hold the text as it is.
func CSV(w io.Writer, l geodata.Layer, p analyses.Provenance) error {
	columns := csvColumns(&l, p)
	out := csv.NewWriter(w)
	out.UseCRLF = true
	row := make([]string, len(columns))
	for k, c := range columns {
		row[k] = c.header()
	}
	if err := out.Write(row); err != nil {
		return err
	}
	for i, id := range l.IDs {
		for k, c := range columns {
			var err error
			if row[k], err = c.cell(i); err != nil {
				return fmt.Errorf("layer %s, feature %s: %s: %w", l.Name, id, c.name, err)
			}
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// csvColumn is one column of the table.
type csvColumn struct {
	name, unit string
	label      geodata.Text
	datatype   string
	cell       func(i int) (string, error)
}

func (c *csvColumn) header() string {
	if c.unit == "" || c.name == "lon" || c.name == "lat" { // readers find coordinates by these very names
		return c.name
	}
	return fmt.Sprintf("%s [%s]", c.name, c.unit)
}

var datatypes = map[geodata.Kind]string{geodata.Textual: "string", geodata.Integer: "integer", geodata.Real: "number", geodata.Boolean: "boolean"}

func csvColumns(l *geodata.Layer, p analyses.Provenance) []csvColumn {
	columns := []csvColumn{{"id", "", geodata.Text{Fr: "identifiant", En: "identifier"}, "string", func(i int) (string, error) { return l.IDs[i], nil }}}
	for k := range l.Fields {
		f := &l.Fields[k]
		columns = append(columns, csvColumn{f.Name, f.Unit, f.Label, datatypes[f.Kind], func(i int) (string, error) { return csvText(f.Value(i)) }})
	}
	if l.Geometry != nil && l.Field("lon") == nil && l.Field("lat") == nil {
		for axis, c := range []csvColumn{{name: "lon", label: geodata.Text{Fr: "longitude", En: "longitude"}}, {name: "lat", label: geodata.Text{Fr: "latitude", En: "latitude"}}} {
			c.unit, c.datatype = "°", "number"
			c.cell = func(i int) (string, error) { return coordinate(l.Geometry[i], axis) }
			columns = append(columns, c)
		}
	}
	if p.Territory.Modelled && l.Field("modelled") == nil {
		columns = append(columns, csvColumn{"modelled", "", geodata.Text{Fr: "données modélisées", En: "modelled data"}, "boolean", func(int) (string, error) { return "true", nil }})
	}
	return columns
}

func csvText(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return safeText(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case bool:
		return strconv.FormatBool(v), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return "", fmt.Errorf("%v: want a finite number, or an absent value", v)
		}
		return strconv.FormatFloat(v+0, 'f', -1, 64), nil // +0 turns -0 into 0
	}
	return "", nil
}

// safeText keeps a spreadsheet from running text as a formula.
func safeText(s string) string {
	if s == "" || !strings.ContainsRune("=+-@\t\r\n", rune(s[0])) {
		return s
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return s
	}
	return "'" + s
}

func coordinate(g orb.Geometry, axis int) (string, error) {
	if g == nil || isEmpty(g) {
		return "", nil
	}
	p, ok := g.(orb.Point)
	if !ok {
		p, _ = planar.CentroidArea(g)
	}
	if v := p[axis]; math.IsNaN(v) || math.IsInf(v, 0) {
		return "", fmt.Errorf("%v is not finite", v)
	}
	return string(appendDegrees(nil, p[axis])), nil
}

// CSVMetadata writes the description of a table that CSV wrote and that stands
// beside it under the name url: CSV on the Web metadata, to be kept as
// url-metadata.json. It gives each column's type, unit and titles, and the
// provenance of the whole.
func CSVMetadata(w io.Writer, url string, l geodata.Layer, p analyses.Provenance) error {
	var columns []columnSchema
	for i, c := range csvColumns(&l, p) {
		titles := map[string][]string{"und": {c.header()}}
		if c.label.Fr != "" {
			titles["fr"], titles["en"] = []string{c.label.Fr}, []string{c.label.In("en")}
		}
		columns = append(columns, columnSchema{c.name, titles, c.datatype, c.unit, i == 0})
	}
	provenance, err := appendJSON(nil, p)
	if err != nil {
		return fmt.Errorf("provenance: %w", err)
	}
	about := description{
		Context: []any{"http://www.w3.org/ns/csvw", map[string]string{"@language": "fr"}},
		URL:     url, Title: inBoth(l.Title), Provenance: string(provenance), Schema: tableSchema{columns, "id"},
	}
	if p.Territory.Modelled {
		about.Notes = inBoth(geodata.Text{Fr: "Données modélisées", En: "Modelled data"})
	}
	for _, n := range p.Notes {
		about.Notes = append(about.Notes, inBoth(n)...)
	}
	for _, s := range p.Sources {
		about.Sources = append(about.Sources, strings.Join(slices.DeleteFunc([]string{s.Name, s.Publisher, s.Vintage}, func(s string) bool { return s == "" }), ", "))
		if s.Licence != "" && !slices.Contains(about.Licences, s.Licence) {
			about.Licences = append(about.Licences, s.Licence)
		}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(about)
}

// description is CSV on the Web metadata; properties beyond the standard's own are Dublin Core's.
type (
	description struct {
		Context    []any       `json:"@context"`
		URL        string      `json:"url"`
		Title      []langText  `json:"dc:title"`
		Notes      []langText  `json:"dc:description,omitempty"`
		Sources    []string    `json:"dc:source,omitempty"`
		Licences   []string    `json:"dc:rights,omitempty"`
		Provenance string      `json:"dc:provenance"` // analyses.Provenance as JSON text
		Schema     tableSchema `json:"tableSchema"`
	}
	tableSchema struct {
		Columns    []columnSchema `json:"columns"`
		PrimaryKey string         `json:"primaryKey"`
	}
	columnSchema struct {
		Name     string              `json:"name"`
		Titles   map[string][]string `json:"titles"` // und: the header as it stands
		Datatype string              `json:"datatype"`
		Unit     string              `json:"schema:unitText,omitempty"`
		Required bool                `json:"required,omitempty"`
	}
	langText struct {
		Value    string `json:"@value"`
		Language string `json:"@language"`
	}
)

func inBoth(t geodata.Text) []langText { return []langText{{t.Fr, "fr"}, {t.In("en"), "en"}} }
