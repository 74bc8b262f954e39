package fetch

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
)

// network is a data set of the national access point to transport data.
type network struct {
	Title       string `json:"title"`
	Slug        string `json:"slug"`
	Type        string `json:"type"`
	Licence     string `json:"licence"`
	CoveredArea any    `json:"covered_area"` // a list of areas; an object in old answers
	Publisher   struct {
		Name string `json:"name"`
	} `json:"publisher"`
	Resources []resource `json:"resources"`
}

type resource struct {
	ID         any    `json:"id"` // a number
	DatagouvID string `json:"datagouv_id"`
	Format     string `json:"format"`
	URL        string `json:"url"`
	Updated    string `json:"updated"`
	Available  *bool  `json:"is_available"`
	Community  string `json:"community_resource_publisher"`
}

// area is where a network runs: type is commune, epci, departement, region or pays.
type area struct {
	Type  string `json:"type"`
	Insee string `json:"insee"`
}

// timetable is a GTFS file to fetch.
type timetable struct {
	Name, URL string
	Source    Source
}

// mostNetworks bounds how many timetables one EPCI gets.
const mostNetworks = 20

// timetablesAt chooses the official GTFS files of networks that run in the
// EPCI, one of its communes, its departments or its regions. National ones
// (trains of the whole country) are left out.
func timetablesAt(text []byte, epci string, p place, s *Source) ([]timetable, error) {
	var all []network
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("expected a list of data sets: %w", err)
	}
	if len(all) == 0 || !slices.ContainsFunc(all, func(n network) bool { return len(n.Resources) > 0 }) {
		return nil, fmt.Errorf("none of %d data sets has the field resources", len(all))
	}
	var out []timetable
	for _, n := range all {
		if n.Type != "public-transit" || !n.runsIn(epci, p) {
			continue
		}
		for _, r := range n.Resources {
			if t, ok := r.timetable(n, s); ok {
				out = append(out, t)
			}
		}
	}
	slices.SortFunc(out, func(a, b timetable) int { return cmp.Compare(a.Name, b.Name) })
	out = slices.CompactFunc(out, func(a, b timetable) bool { return a.Name == b.Name })
	return out[:min(len(out), mostNetworks)], nil
}

func (n network) runsIn(epci string, p place) bool {
	text, err := json.Marshal(n.CoveredArea)
	var areas []area
	if err != nil || json.Unmarshal(text, &areas) != nil {
		return false
	}
	return slices.ContainsFunc(areas, func(a area) bool {
		switch a.Type {
		case "epci":
			return a.Insee == epci
		case "commune":
			return slices.Contains(p.communes, a.Insee)
		case "departement":
			return slices.Contains(p.departments, a.Insee)
		case "region":
			return slices.Contains(p.regions, a.Insee)
		}
		return false
	})
}

func (r resource) timetable(n network, s *Source) (timetable, bool) {
	u, err := url.Parse(r.URL)
	if r.Format != "GTFS" || r.Community != "" || r.Available != nil && !*r.Available || err != nil || u.Host == "" {
		return timetable{}, false
	}
	id := r.DatagouvID
	if number, ok := r.ID.(float64); id == "" && ok {
		id = fmt.Sprintf("%.0f", number)
	}
	if !fileName.MatchString(id) {
		return timetable{}, false
	}
	own := *s
	own.What.Fr, own.What.En = n.Title, n.Title
	own.Publisher, own.Licence = cmp.Or(n.Publisher.Name, s.Publisher), cmp.Or(n.Licence, s.Licence)
	return timetable{id, r.URL, own}, true
}
