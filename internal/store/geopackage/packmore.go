package geopackage

import (
	"iter"
	"strconv"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

func (p *packer) outline(m orb.MultiPolygon) {
	p.count(len(m))
	for _, polygon := range m {
		p.count(len(polygon))
		for _, ring := range polygon {
			p.count(len(ring))
			for _, point := range ring {
				p.point(point)
			}
		}
	}
}

func (u *unpacker) outline() (m orb.MultiPolygon) {
	if n := u.count(1); n > 0 {
		m = make(orb.MultiPolygon, n)
	}
	for i := range m {
		m[i] = make(orb.Polygon, u.count(1))
		for k := range m[i] {
			ring := make(orb.Ring, u.count(16))
			for j := range ring {
				ring[j] = u.point()
			}
			m[i][k] = ring
		}
	}
	return m
}

func packZones(s *geodata.Snapshot, row packedRow) bool {
	for i, z := range s.Zones() {
		w := &packer{}
		for _, text := range []string{z.Layer, z.ID, z.Name} {
			w.text(text)
		}
		w.outline(z.Outline)
		if !row(kindZone, i, z.Layer, boxOf(z.Outline), w.bytes()) {
			return false
		}
	}
	return true
}

func unpackZone(chunk []byte) (geodata.Zone, error) {
	u := newUnpacker(chunk)
	z := geodata.Zone{Layer: u.text(), ID: u.text(), Name: u.text(), Outline: u.outline()}
	return z, u.end()
}

func packCounts(s *geodata.Snapshot, row packedRow) bool {
	chunk := 0
	for i := range s.Counts() {
		next, ok := packPlacesOf(&s.Counts()[i], kindCounts, chunk, strconv.Itoa(i), row)
		if !ok {
			return false
		}
		chunk = next
	}
	return true
}

// byCommune yields the rows of each commune; rows are in order.
func byCommune(rows []geodata.CensusRow) iter.Seq[[]geodata.CensusRow] {
	return func(yield func([]geodata.CensusRow) bool) {
		from := 0
		for i := range rows {
			if i+1 == len(rows) || rows[i+1].Commune != rows[i].Commune {
				if !yield(rows[from : i+1]) {
					return
				}
				from = i + 1
			}
		}
	}
}

func packCensus(s *geodata.Snapshot, row packedRow) bool {
	chunk := 0
	for rows := range byCommune(s.Census()) {
		w := &packer{}
		w.text(rows[0].Commune)
		w.count(len(rows))
		for _, r := range rows {
			w.step(0, int64(r.Year))
			w.text(string(r.Sex))
			w.step(1, int64(r.From))
			w.step(2, int64(r.To))
			w.uint(uint64(r.Persons))
		}
		if !row(kindCensus, chunk, rows[0].Commune, nowhere(), w.bytes()) {
			return false
		}
		chunk++
	}
	return true
}

func unpackCensus(chunk []byte) ([]geodata.CensusRow, error) {
	u := newUnpacker(chunk)
	commune := u.text()
	rows := make([]geodata.CensusRow, u.count(5))
	for i := range rows {
		rows[i] = geodata.CensusRow{Commune: commune, Year: int(u.step(0)), Sex: geodata.Sex(u.text()), From: int(u.step(1)), To: int(u.step(2)), Persons: geodata.Amount(u.uint())}
	}
	return rows, u.end()
}
