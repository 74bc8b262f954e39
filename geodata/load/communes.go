package load

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/crs"
)

// The names of the fields of communes: those of IGN's ADMIN EXPRESS, INSEE,
// geo.api.gouv.fr and france-geojson.
var (
	communeCode       = []string{"code", "insee", "insee_com", "code_insee", "codgeo", "insee_code", "codeinsee", "code_commune", "depcom"}
	communeName       = []string{"nom", "name", "libelle", "lib_com", "libgeo", "nom_com", "nom_commune", "nom_officiel"}
	communePopulation = []string{"population", "pop", "ptot", "pmun", "popul", "p21_pop"}
	communeEPCI       = []string{"epci", "siren_epci", "codeepci", "code_epci", "codes_siren_des_epci"}
	communeEPCIName   = []string{"epci_nom", "nom_epci", "epci_name", "lib_epci", "libepci"}
)

var inseeCode = regexp.MustCompile(`^([0-9]{2}|2[AB])[0-9]{3}$`)

// Communes reads the outlines of communes from GeoJSON or GeoPackage, in file
// order. Each needs an INSEE code; name, population, EPCI and its name are read
// where they are given, under the names in common use.
//
// Coordinates in a system that crs knows, as the file states, become longitude
// and latitude. Rings are closed, freed of repeated points and turned (exterior
// counter-clockwise, holes clockwise); rings that cross are repaired, with the
// area before and after in the report's notes. opt.Keep is not applied: which
// communes belong to the area is the caller's choice.
//
// The second commune of the same code is rejected. The error says why nothing
// of the file could be used; the report is never nil.
func Communes(ctx context.Context, path string, opt Options) ([]geodata.Commune, *FileReport, error) {
	rep := &FileReport{File: path, Layer: "communes"}
	recs, err := openRecords(ctx, path, opt, rep)
	if err != nil {
		return nil, rep, err
	}
	defer recs.close()
	cs, err := readCommunes(ctx, recs, rep)
	return cs, rep, inFile(rep.File, err)
}

func readCommunes(ctx context.Context, recs *records, rep *FileReport) ([]geodata.Commune, error) {
	if recs.epsg == 0 {
		return nil, fmt.Errorf("no outlines: expected GeoJSON, or a GeoPackage layer with geometry, not %s", recs.format)
	}
	if !crs.Known(recs.epsg) {
		_, err := crs.ToWGS84(recs.epsg, 0, 0)
		return nil, err
	}
	rep.Format = fmt.Sprintf("commune outlines, %s, %s", recs.format, crs.Name(recs.epsg))
	c := &communeReader{rep: rep, epsg: recs.epsg, seen: map[string]string{}}
	if err := recs.each(func(rec *record) error {
		c.add(rec)
		return ctx.Err()
	}); err != nil {
		return nil, err
	}
	if c.unnamed > 0 {
		rep.note("communes without a name, which show their code: %d", c.unnamed)
	}
	if len(c.communes) == 0 {
		return nil, noCommune(recs.fields, rep.Rejected)
	}
	return c.communes, nil
}

func noCommune(fields []string, rejected []Rejection) error {
	if len(rejected) == 0 {
		return errors.New("the file is empty: no commune")
	}
	return fmt.Errorf("none of %d records is a commune (fields: %s); the first: %s",
		len(rejected), strings.Join(fields, ", "), rejected[0])
}

// communeReader turns records into communes.
type communeReader struct {
	rep      *FileReport
	epsg     int
	seen     map[string]string // the record of each code
	communes []geodata.Commune
	unnamed  int
}

func (c *communeReader) add(rec *record) {
	where := rec.where
	field, code, ok := rec.find(communeCode...)
	switch first, twice := c.seen[code]; {
	case !ok:
		c.rep.reject(where, "", "", "no INSEE code: expected a field %s", strings.Join(communeCode, ", "))
		return
	case !inseeCode.MatchString(code):
		c.rep.reject(where, field, code, "not an INSEE code of five characters such as 49347 or 2A004 (is a leading zero lost?)")
		return
	case twice:
		c.rep.reject(where, field, code, "the same commune as %s, which was kept", first)
		return
	}
	if !strings.Contains(where, code) {
		where += " (" + code + ")"
	}
	commune := geodata.Commune{Code: code}
	if !c.setValues(&commune, rec, where) || !c.setOutline(&commune, rec, where) {
		return
	}
	c.seen[code] = where
	c.rep.Loaded++
	c.communes = append(c.communes, commune)
}

func (c *communeReader) setValues(commune *geodata.Commune, rec *record, where string) bool {
	commune.Name, _ = rec.get(communeName...)
	commune.EPCI, _ = rec.get(communeEPCI...)
	commune.EPCIName, _ = rec.get(communeEPCIName...)
	var nested struct{ Code, Nom string } // geo.api.gouv.fr's field epci
	if strings.HasPrefix(commune.EPCI, "{") && json.Unmarshal([]byte(commune.EPCI), &nested) == nil {
		commune.EPCI, commune.EPCIName = nested.Code, cmp.Or(commune.EPCIName, nested.Nom)
	}
	if commune.EPCI == "NC" || commune.EPCI == "ZZZZZZZZZ" { // how IGN and INSEE write "none"
		commune.EPCI = ""
	}
	if commune.Name == "" {
		commune.Name = commune.Code
		c.unnamed++
	}
	field, text, ok := rec.find(communePopulation...)
	if !ok {
		return true
	}
	n, err := geodata.ParseAmount(text)
	if err != nil || n < 0 || n%geodata.Unit != 0 {
		c.rep.reject(where, field, text, "not a number of people: expected a whole number such as 4589")
		return false
	}
	commune.Population = int(n / geodata.Unit)
	return true
}

func (c *communeReader) setOutline(commune *geodata.Commune, rec *record, where string) bool {
	var outline orb.MultiPolygon
	switch g := rec.geometry.(type) {
	case orb.Polygon:
		outline = orb.MultiPolygon{g}
	case orb.MultiPolygon:
		outline = g
	case nil:
		c.rep.reject(where, "geometry", "", "no outline: expected a Polygon or MultiPolygon")
		return false
	default:
		c.rep.reject(where, "geometry", g.GeoJSONType(), "expected a Polygon or MultiPolygon")
		return false
	}
	outline, at, err := toDegrees(c.epsg, outline)
	if err != nil {
		c.rep.reject(where, "geometry", at, "%s", err)
		return false
	}
	clean, notes, err := cleanOutline(outline)
	if err != nil {
		c.rep.reject(where, "geometry", "", "%s", err)
		return false
	}
	for _, n := range notes {
		c.rep.note("%s: %s", where, n)
	}
	commune.Outline = clean
	return true
}

// toDegrees converts an outline to longitude and latitude. An error comes with
// the position at fault.
func toDegrees(epsg int, outline orb.MultiPolygon) (degrees orb.MultiPolygon, at string, err error) {
	if epsg == 4326 && looksSwapped(outline) {
		return nil, position(outline.Bound().Center()), errors.New("looks like latitude, longitude: swap")
	}
	for _, polygon := range outline {
		var rings orb.Polygon
		for _, ring := range polygon {
			r := make(orb.Ring, len(ring))
			for i, p := range ring {
				if r[i], err = crs.ToWGS84(epsg, p[0], p[1]); err != nil {
					return nil, position(p), explainRange(epsg, p, err)
				}
			}
			rings = append(rings, r)
		}
		degrees = append(degrees, rings)
	}
	return degrees, "", nil
}

func position(p orb.Point) string {
	return strconv.FormatFloat(p[0], 'f', -1, 64) + ", " + strconv.FormatFloat(p[1], 'f', -1, 64)
}

// explainRange adds to an error about degrees which other system would fit.
func explainRange(epsg int, p orb.Point, err error) error {
	if epsg != 4326 {
		return err
	}
	var fit []string
	for _, code := range crs.Guess(p[0], p[1]) {
		fit = append(fit, crs.Name(code))
	}
	if len(fit) == 0 {
		return errors.New("not a longitude and latitude in degrees")
	}
	return fmt.Errorf("not a longitude and latitude in degrees; it fits %s, which the file must then state", strings.Join(fit, " or "))
}

// looksSwapped says whether all of an outline lies where metropolitan France
// comes to lie when its latitudes are taken for longitudes: in the Indian Ocean
// and Somalia, where there is no commune.
func looksSwapped(outline orb.MultiPolygon) bool {
	b := outline.Bound()
	return !b.IsEmpty() && b.Min[0] >= 41 && b.Max[0] <= 52 && b.Min[1] >= -6 && b.Max[1] <= 10
}
