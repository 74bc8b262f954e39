package anjou

import (
	"sync"

	"github.com/maillage/maillage/geodata"
)

// The territory.
const (
	epci     = "200068955"
	epciName = "CC Anjou Loir et Sarthe"
)

var sealed = sync.OnceValues(build)

// Territory returns the embedded territory: 17 communes and their neighbours,
// inhabitants on 200 m cells and in four censuses, facilities, roads and public transport, sealed. It is the same,
// bit for bit, at every call and every run; the first call builds it. An
// error means that an embedded table is broken.
func Territory() (*geodata.Snapshot, error) { return sealed() }

func build() (*geodata.Snapshot, error) {
	communes, frame, err := readCommunes()
	if err != nil {
		return nil, err
	}
	parts, err := newPartition(communes, frame)
	if err != nil {
		return nil, err
	}
	lines, err := mainRoads(communes)
	if err != nil {
		return nil, err
	}
	inhabited := settle(communes, parts, lines)
	lines = append(lines, localRoads(communes, inhabited, lines)...)

	c := geodata.Content{
		Territory: geodata.Territory{ID: epci, Name: "Anjou Loir et Sarthe", Modelled: true},
		Catalogue: geodata.DefaultCatalogue(),
		Sources:   sources(),
	}
	if c.Communes, err = outlines(communes, parts); err != nil {
		return nil, err
	}
	if c.Population, err = population(communes, inhabited); err != nil {
		return nil, err
	}
	if c.Census, err = census(communes); err != nil {
		return nil, err
	}
	if c.Facilities, err = facilities(communes); err != nil {
		return nil, err
	}
	if c.Roads, err = network(lines, communes); err != nil {
		return nil, err
	}
	if c.Timetable, err = timetable(communes); err != nil {
		return nil, err
	}
	if c.OnDemand, err = onDemand(communes); err != nil {
		return nil, err
	}
	return geodata.NewSnapshot(c)
}

func outlines(communes []*commune, p *partition) ([]geodata.Commune, error) {
	var out []geodata.Commune
	for i, c := range communes {
		ring, err := p.outline(int32(i))
		if err != nil {
			return nil, at("outline of "+c.name, err)
		}
		g := geodata.Commune{Code: c.insee, Name: c.name, Population: c.population, Study: c.study, Outline: ring}
		if c.study {
			g.EPCI, g.EPCIName = epci, epciName
		}
		out = append(out, g)
	}
	return out, nil
}

func sources() []geodata.Source {
	return []geodata.Source{
		{Layer: "census", Name: "Grilles de recensement 2006, 2011, 2018 et 2021, sommes par commune", Publisher: "Eurostat, INSEE", Licence: "CC BY 4.0", Vintage: "2021"},
		{Layer: "communes", Name: "Codes, noms et populations légales (@etalab/decoupage-administratif 6.0.0)", Publisher: "Etalab, INSEE", Licence: "Licence Ouverte 2.0", Vintage: "2026"},
		{Layer: "communes", Name: "Contours modélisés : partition autour des bourgs aux superficies publiées (IGN/INSEE)", Publisher: "Maillage", Licence: "Apache-2.0", Vintage: "2018"},
		{Layer: "facilities", Name: "Base permanente des équipements 2019 (nombres par commune)", Publisher: "INSEE", Licence: "Licence Ouverte 2.0", Vintage: "2019"},
		{Layer: "facilities", Name: "Liste des France Services", Publisher: "ANCT", Licence: "Licence Ouverte 2.0", Vintage: "2024-08-01"},
		{Layer: "facilities", Name: "Projet Social de Territoire", Publisher: "CC Anjou Loir et Sarthe", Vintage: "2021-05-06"},
		{Layer: "on_demand", Name: "Transport à la demande inventé pour la démonstration (modélisé)", Publisher: "Maillage", Licence: "Apache-2.0", Vintage: "2026"},
		{Layer: "population", Name: "Grille de recensement 2021 (totaux et âges par commune), répartition modélisée sur 200 m", Publisher: "Eurostat, INSEE ; répartition Maillage", Licence: "CC BY 4.0", Vintage: "2021"},
		{Layer: "roads", Name: "Réseau schématique modélisé sur les bourgs et kilomètres des routes départementales", Publisher: "Départements (TravelMapping, août 2026) ; tracé Maillage", Vintage: "2026"},
		{Layer: "timetable", Name: "Réseau de dix lignes inventé pour la démonstration (modélisé), sur les gares et routes publiées", Publisher: "Maillage", Licence: "Apache-2.0", Vintage: "2026-09-01/2027-08-31"},
	}
}
