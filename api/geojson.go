package api

import (
	"bufio"
	"encoding/json"
	"io"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/geodata"
)

func writeGeoJSON(w io.Writer, l geodata.Layer, p analyses.Provenance) error {
	b := bufio.NewWriterSize(w, 1<<16)
	prov, err := json.Marshal(p)
	if err != nil {
		return err
	}
	b.WriteString(`{"type":"FeatureCollection","name":"` + l.Name + `","provenance":`)
	b.Write(prov)
	b.WriteString(`,"features":[`)
	for i, id := range l.IDs {
		f := geojson.NewFeature(l.Geometry[i])
		f.ID = id
		for k := range l.Fields {
			f.Properties[l.Fields[k].Name] = l.Fields[k].Value(i)
		}
		j, err := json.Marshal(f)
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteString(",\n")
		}
		b.Write(j)
	}
	b.WriteString("]}\n")
	return b.Flush()
}

func communesLayer(s *geodata.Snapshot) geodata.Layer {
	l := geodata.Layer{Name: "communes"}
	name := geodata.Field{Name: "name"}
	pop := geodata.Field{Name: "population", Kind: geodata.Integer}
	study := geodata.Field{Name: "study", Kind: geodata.Boolean}
	for _, c := range s.Communes() {
		l.IDs = append(l.IDs, c.Code)
		l.Geometry = append(l.Geometry, c.Outline)
		name.Texts = append(name.Texts, c.Name)
		pop.Ints = append(pop.Ints, int64(c.Population))
		study.Bools = append(study.Bools, c.Study)
	}
	l.Fields = []geodata.Field{name, pop, study}
	return l
}

func cellsLayer(s *geodata.Snapshot, all bool) geodata.Layer {
	l := geodata.Layer{Name: "cells"}
	p := s.Population()
	commune := geodata.Field{Name: "commune"}
	imputed := geodata.Field{Name: "imputed", Kind: geodata.Boolean}
	cols := make([]geodata.Field, len(p.Columns))
	for k, c := range p.Columns {
		cols[k] = geodata.Field{Name: c.Name, Kind: geodata.Real}
	}
	for i, c := range p.Cells {
		if !all && !c.Study {
			continue
		}
		l.IDs = append(l.IDs, c.ID)
		var g orb.Geometry = c.Centre
		if c.Outline != nil {
			g = orb.Polygon{c.Outline}
		}
		l.Geometry = append(l.Geometry, g)
		commune.Texts = append(commune.Texts, c.Commune)
		imputed.Bools = append(imputed.Bools, c.Imputed)
		for k := range cols {
			cols[k].Reals = append(cols[k].Reals, p.Columns[k].Values[i].Float())
		}
	}
	l.Fields = append([]geodata.Field{commune, imputed}, cols...)
	return l
}

func facilitiesLayer(s *geodata.Snapshot, service string) geodata.Layer {
	l := geodata.Layer{Name: "facilities"}
	names := []string{"name", "service", "commune", "status", "hours", "accessible", "note", "source"}
	texts := make([]geodata.Field, len(names))
	for k, n := range names {
		texts[k].Name = n
	}
	itinerant := geodata.Field{Name: "itinerant", Kind: geodata.Boolean}
	capacity := geodata.Field{Name: "capacity", Kind: geodata.Integer}
	for _, f := range s.Facilities() {
		if service != "" && f.Service != service {
			continue
		}
		l.IDs = append(l.IDs, f.ID)
		l.Geometry = append(l.Geometry, f.Location)
		hours := ""
		if f.Hours != nil {
			hours = f.Hours.String()
		}
		for k, v := range []string{f.Name, f.Service, f.Commune, string(f.Status), hours, string(f.Accessible), f.Note, f.Source} {
			texts[k].Texts = append(texts[k].Texts, v)
		}
		itinerant.Bools = append(itinerant.Bools, f.Itinerant)
		n, null := int64(0), true
		if f.Capacity != nil {
			n, null = int64(*f.Capacity), false
		}
		capacity.Ints, capacity.Null = append(capacity.Ints, n), append(capacity.Null, null)
	}
	l.Fields = append(texts, capacity, itinerant)
	return l
}
