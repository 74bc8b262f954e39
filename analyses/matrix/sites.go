package matrix

import (
	"fmt"
	"slices"
)

// Sites are places that offer services, in the order of the file.
type Sites struct {
	Values            // each site once; no amounts
	Offers   []Offer  // a record each
	Services []string // each once, in the order in which they appear
}

// Offer is a service at a site.
type Offer struct{ Site, Service string }

// ReadSites reads site_id, service: a record for each service that a site offers. A file without any usable
// record is an error.
func ReadSites(f File) (*Sites, Count, error) {
	r, at, err := f.open(siteColumn, []string{"service"})
	if err != nil {
		return nil, Count{File: f.Name}, err
	}
	s := &Sites{Values: Values{at: map[string]int32{}}}
	lines := map[Offer]int{}
	err = r.each(func() {
		for _, k := range at {
			if reason := notAnID(r.fields[k]); reason != "" {
				r.fault(k, reason)
				return
			}
		}
		o := Offer{string(r.fields[at[0]]), string(r.fields[at[1]])}
		if line, ok := lines[o]; ok {
			r.fault(at[1], fmt.Sprintf("appears twice at site %s: first on line %d, which counts", o.Site, line))
			return
		}
		lines[o] = r.line
		s.Add(o.Site)
		if s.Offers = append(s.Offers, o); !slices.Contains(s.Services, o.Service) {
			s.Services = append(s.Services, o.Service)
		}
	})
	if r.Kept = len(s.Offers); err == nil && r.Kept == 0 {
		err = fmt.Errorf("%s: no record can be used: of %d, %d are at fault; want site_id,service", f.Name, r.Read, r.Bad)
	}
	return s, r.Count, err
}

// Add makes a site known that offers nothing yet.
func (s *Sites) Add(id string) {
	if _, ok := s.at[id]; !ok {
		s.at[id] = int32(len(s.IDs))
		s.IDs = append(s.IDs, id)
	}
}

// Position is that of an id; ok is false where there is none.
func (v *Values) Position(id string) (k int, ok bool) {
	at, ok := v.at[id]
	return int(at), ok
}
