package load

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/crs"
)

// isBPE recognises INSEE's Base permanente des équipements.
func isBPE(fields []string) bool {
	_, kind := fieldNamed(fields, "typequ")
	_, commune := fieldNamed(fields, "depcom")
	return kind && commune
}

// bpe reads the file of facilities with coordinates (BPE "ensemble", one row a
// facility): DEPCOM, TYPEQU, LAMBERT_X, LAMBERT_Y, QUALITE_XY, and in recent
// editions NOMRS, the name, EPSG, LONGITUDE and LATITUDE. Coordinates called
// LAMBERT are Lambert-93 in metropolitan France and the local UTM zone overseas.
type bpe struct {
	*facilityReader
	types     []string
	degrees   bool // it has LONGITUDE and LATITUDE
	geometry  bool // a GeoPackage's points
	otherType int
	poor      tally          // positions of poor quality
	same      map[string]int // rows that say the same: two facilities at one address
}

func newBPE(r *facilityReader) (*bpe, error) {
	service, err := r.opt.Catalogue.Service(r.opt.Service)
	if err != nil {
		return nil, err
	}
	types := service.BPE
	if r.opt.Types != nil {
		types = r.opt.Types
	}
	if len(types) == 0 {
		return nil, fmt.Errorf("the catalogue gives service %s no BPE type: add one (bpe: [D502], for example) or use another file", service.ID)
	}
	b := &bpe{facilityReader: r, types: types, same: map[string]int{}, geometry: r.recs.epsg != 0}
	_, b.degrees = fieldNamed(r.recs.fields, "longitude")
	if _, projected := fieldNamed(r.recs.fields, "lambert_x"); !projected && !b.degrees && !b.geometry {
		return nil, errors.New("this BPE file counts facilities by commune and has no coordinates: take the file of geolocated facilities (BPE « ensemble », with columns LAMBERT_X and LAMBERT_Y) from insee.fr")
	}
	return b, nil
}

// overseas are the systems of LAMBERT_X and LAMBERT_Y by department, else Lambert-93.
var overseas = map[string]int{"971": 5490, "972": 5490, "973": 2972, "974": 2975, "976": 4471, "977": 5490, "978": 5490}

// wanted says whether the row is of the service; others are skipped.
func (b *bpe) wanted(rec *record) bool {
	kind, _ := rec.get("TYPEQU", "typequ")
	if slices.Contains(b.types, kind) {
		return true
	}
	b.otherType++
	return false
}

func (b *bpe) facility(rec *record) (geodata.Facility, error) {
	kind, _ := rec.get("TYPEQU", "typequ")
	commune, _ := rec.get("depcom")
	f := geodata.Facility{Service: b.opt.Service, Commune: commune, Status: geodata.Existing, Source: "INSEE, BPE " + kind}
	if !isCommuneCode(commune) {
		return f, badField("DEPCOM", commune, "not an INSEE commune code such as 49347")
	}
	var err error
	if f.Location, err = b.locate(rec, commune); err != nil {
		return f, err
	}
	f.Name, _ = rec.get("nomrs", "nom")
	if f.Name == "_Z" || f.Name == "_U" { // how recent editions write "without object" and "unknown"
		f.Name = ""
	}
	f.ID = "bpe-" + kind + "-" + digest(f.Location, commune, f.Name)
	if b.same[f.ID]++; b.same[f.ID] > 1 {
		f.ID = fmt.Sprintf("%s-%d", f.ID, b.same[f.ID])
	}
	return f, nil
}

func (b *bpe) locate(rec *record, commune string) (orb.Point, error) {
	if b.geometry {
		p, _, err := place(rec, b.recs.epsg, b.opt.Keep)
		return p, err
	}
	at := b.at("lambert_x", "lambert_y", 2154)
	if code, ok := overseas[commune[:3]]; ok {
		at.epsg = code
	}
	if s, ok := rec.get("epsg"); ok {
		code, err := strconv.Atoi(s)
		if err != nil || !crs.Known(code) {
			return orb.Point{}, badField("EPSG", s, "not a supported coordinate system such as 2154")
		}
		at.epsg = code
	}
	if _, ok := rec.values[at.x]; !ok && b.degrees {
		at = b.at("longitude", "latitude", 4326)
	}
	p, err := at.point(rec, b.opt.Keep)
	if quality, _ := rec.get("qualite_xy"); err != nil && quality != "" {
		return p, withReason(err, "; QUALITE_XY is %q", quality)
	}
	return p, err
}

// at finds the two fields as the file spells them.
func (b *bpe) at(x, y string, epsg int) *coordinateFields {
	x, _ = fieldNamed(b.recs.fields, x)
	y, _ = fieldNamed(b.recs.fields, y)
	return &coordinateFields{x, y, epsg}
}

// goodPosition are the values of QUALITE_XY for the right street; in the
// numbered form 21 and 22 are a likely street and 33 anywhere in the commune.
// Since 2024 it is B, A (acceptable), M (mauvaise) or _U.
var goodPosition = []string{"bonne", "11", "12", "b"}

// positionWords write out the letters for people.
var positionWords = map[string]string{"a": "acceptable", "m": "mauvaise", "_u": "indéterminée", "_z": "indéterminée"}

// details reads how good the position is, and of how many facilities.
func (b *bpe) details(rec *record, f *geodata.Facility) error {
	var parts []string
	if quality, ok := rec.get("qualite_xy"); ok && !slices.Contains(goodPosition, strings.ToLower(quality)) {
		b.poor.add("%s %s", rec.where, quality)
		word := strings.ToLower(quality)
		if long, ok := positionWords[word]; ok {
			word = long
		}
		parts = append(parts, "position : "+word)
	}
	if n, ok := rec.get("nb_equip"); ok && n != "1" {
		parts = append(parts, n+" équipements")
	}
	f.Note = strings.Join(parts, "; ")
	return nil
}

func (b *bpe) notes() {
	if b.otherType > 0 {
		b.rep.note("facilities of other types than %s: %d skipped", strings.Join(b.types, ", "), b.otherType)
	}
	b.poor.note(b.rep, "positions that INSEE does not rate good")
}
