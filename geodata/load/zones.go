package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/peterstace/simplefeatures/geom"
	"github.com/tidwall/rtree"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/crs"
)

// The names of the fields of zones, in the order they are looked for.
var (
	zoneCode = []string{"code_iris", "codeiris", "dcomiris", "iris", "id", "code", "gid", "fid"}
	zoneName = []string{"name", "nom", "nom_iris", "lib_iris", "libelle", "libellé", "label"}
)

// Zones reads the zones of one division from GeoJSON or GeoPackage, in file order.
// The fields with code and name are those of ZoneFile, else the first of the usual
// names that the file has. Outlines are made valid as those of Communes are;
// opt.Keep is not applied. The second zone of the same code is rejected.
//
// The report is never nil. An error means that nothing of the file was usable.
func Zones(ctx context.Context, file ZoneFile, opt Options) ([]geodata.Zone, *FileReport, error) {
	rep := &FileReport{File: file.Path, Layer: "zones"}
	recs, err := openRecords(ctx, file.Path, opt, rep)
	if err != nil {
		return nil, rep, err
	}
	defer recs.close() //nolint:errcheck // opened for reading
	zones, err := readZones(ctx, recs, file, rep)
	if err == nil {
		err = nothingLoaded(rep)
	}
	return zones, rep, inFile(rep.File, err)
}

func readZones(ctx context.Context, recs *records, file ZoneFile, rep *FileReport) ([]geodata.Zone, error) {
	if recs.epsg == 0 {
		return nil, fmt.Errorf("no outlines: expected GeoJSON, or a GeoPackage layer with geometry, not %s", recs.format)
	}
	if !crs.Known(recs.epsg) {
		_, err := crs.ToWGS84(recs.epsg, 0, 0)
		return nil, err
	}
	rep.Format = fmt.Sprintf("zones %s, %s, %s", file.Layer, recs.format, crs.Name(recs.epsg))
	z := &zoneReader{rep: rep, layer: file.Layer, outlines: communeReader{rep: rep, epsg: recs.epsg}, seen: map[string]string{}}
	for _, f := range []struct {
		asked string
		usual []string
		into  *[]string
	}{{file.IDField, zoneCode, &z.code}, {file.Named, zoneName, &z.name}} {
		*f.into = f.usual
		if f.asked == "" {
			continue
		}
		if _, ok := fieldNamed(recs.fields, f.asked); !ok && recs.format != "GeoJSON" { // whose features may lack properties
			return nil, fmt.Errorf("no field %q; the file has %s", f.asked, someFields(recs.fields))
		}
		*f.into = []string{f.asked}
	}
	err := recs.each(func(rec *record) error {
		z.add(rec)
		return ctx.Err()
	})
	if z.unnamed > 0 {
		rep.note("zones without a name, which show their code: %d", z.unnamed)
	}
	return z.zones, err
}

type zoneReader struct {
	rep        *FileReport
	layer      string
	code, name []string // fields
	outlines   communeReader
	seen       map[string]string // the record of each code
	zones      []geodata.Zone
	unnamed    int
}

func (z *zoneReader) add(rec *record) {
	field, code, ok := rec.find(z.code...)
	if !ok && rec.id != "" && len(z.code) > 1 {
		field, code, ok = "id", rec.id, true
	}
	switch first, twice := z.seen[code]; {
	case !ok:
		z.rep.reject(rec.where, strings.Join(z.code[:1], ""), "", "no code: want a field %s, or name it", strings.Join(z.code, ", "))
		return
	case twice:
		z.rep.reject(rec.where, field, code, "the same zone as %s, which was kept: is another field the zones' code?", first)
		return
	}
	outline := geodata.Commune{}
	if !z.outlines.setOutline(&outline, rec, rec.where) {
		return
	}
	zone := geodata.Zone{Layer: z.layer, ID: code, Outline: outline.Outline}
	if zone.Name, _ = rec.get(z.name...); zone.Name == "" {
		zone.Name = code
		z.unnamed++
	}
	z.seen[code] = rec.where
	z.zones = append(z.zones, zone)
	z.rep.Loaded++
}

// zones reads the divisions and keeps the zones that reach into the area.
func (b *assembly) zones(ctx context.Context) error {
	from := map[string]string{}
	for _, file := range b.spec.Zones {
		if other, twice := from[file.Layer]; twice {
			return fmt.Errorf("zones %s: %s and %s have the same name: give each division its own", file.Layer, other, file.Path)
		}
		from[file.Layer] = file.Path
		zones, rep, err := Zones(ctx, file, b.opt)
		b.add(rep, "zones", file.Path)
		if err != nil {
			return err
		}
		all := len(zones)
		zones = slices.DeleteFunc(zones, func(z geodata.Zone) bool { return !b.reaches(z.Outline) })
		rep.Outside = all - len(zones)
		rep.Loaded = len(zones)
		if err := b.describeZones(ctx, rep, zones); err != nil {
			return err
		}
		b.c.Zones = append(b.c.Zones, zones...)
	}
	return nil
}

// reaches says whether an outline has a point in the area, or the area one in it.
func (b *assembly) reaches(outline orb.MultiPolygon) bool {
	if b.area == nil || slices.ContainsFunc(vertices(outline), b.area.keeps) {
		return true
	}
	return planar.MultiPolygonContains(outline, b.area.outline[0][0][0])
}

// hectare in m², and what is too little to be stated: outlines of neighbours that
// were simplified each by itself overlap by as much.
const (
	hectare     = 10_000
	leastStated = hectare / 100
)

// describeZones notes which zones overlap, and how much of the communes studied
// lies in none: nothing is wrong with either, but analyses by zone count people
// twice, or not at all.
func (b *assembly) describeZones(ctx context.Context, rep *FileReport, zones []geodata.Zone) error {
	var tree rtree.RTreeG[int]
	shapes := make([]geom.Geometry, len(zones))
	var overlaps tally
	total := 0.0
	for i, z := range zones {
		if err := ctx.Err(); err != nil {
			return err
		}
		shapes[i] = toGeom(z.Outline).AsGeometry()
		box := z.Outline.Bound()
		for _, k := range within(&tree, box) {
			area, err := sharedArea(shapes[i], shapes[k])
			if err != nil {
				rep.note("whether %s and %s overlap could not be told: %v", zones[k].ID, z.ID, err)
			}
			if area >= leastStated {
				overlaps.add("%s and %s share %.2f ha", zones[k].ID, z.ID, area/hectare)
				total += area
			}
		}
		tree.Insert(box.Min, box.Max, i)
	}
	overlaps.note(rep, fmt.Sprintf("zones that overlap, by %.2f ha in all: who lives there is counted in each; pairs", total/hectare))
	return b.describeGaps(ctx, rep, &tree, shapes)
}

func (b *assembly) describeGaps(ctx context.Context, rep *FileReport, tree *rtree.RTreeG[int], shapes []geom.Geometry) error {
	studied, gap := 0.0, 0.0
	for _, m := range b.c.Communes {
		if !m.Study || len(m.Outline) == 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		studied += outlineArea(m.Outline)
		rest, err := toGeom(m.Outline).AsGeometry(), error(nil)
		for _, k := range within(tree, m.Outline.Bound()) {
			if rest, err = geom.Difference(rest, shapes[k]); err != nil {
				break
			}
		}
		if err != nil {
			rep.note("how much of commune %s lies in no zone could not be told: %v", m.Code, err)
			continue
		}
		if left := fromGeom(rest); len(left) > 0 {
			gap += outlineArea(left)
		}
	}
	if studied > 0 {
		rep.note("%.2f ha of the %.2f ha of the communes studied lie in no zone (%.1f %%)", gap/hectare, studied/hectare, 100*gap/studied)
	}
	return nil
}

// within are the zones whose box meets the box, in order.
func within(tree *rtree.RTreeG[int], box orb.Bound) (found []int) {
	tree.Search(box.Min, box.Max, func(_, _ [2]float64, k int) bool {
		found = append(found, k)
		return true
	})
	slices.Sort(found)
	return found
}

// sharedArea in m².
func sharedArea(a, b geom.Geometry) (float64, error) {
	both, err := geom.Intersection(a, b)
	if err != nil {
		return 0, errors.New("their outlines are too tangled")
	}
	shared := fromGeom(both)
	if len(shared) == 0 {
		return 0, nil
	}
	return outlineArea(shared), nil
}
