package anjou

import (
	"fmt"
	"math"

	"github.com/maillage/maillage/geodata"
	"github.com/paulmach/orb"
)

// Texts shown with a facility whose place is not published.
const atBourg = "lieu modélisé : centre-bourg"

var publishers = map[string]string{
	"bpe":    "INSEE, Base permanente des équipements 2019",
	"projet": "Projet Social de Territoire, CC Anjou Loir et Sarthe, 2021",
	"anct":   "ANCT, liste des France Services au 1er août 2024",
	"mairie": "toute commune française a une mairie",
}

// serviceNames are the French names of one facility, by service and status.
var serviceNames = map[string]string{
	"creche":          "Structure collective 0-3 ans",
	"alsh":            "Accueil de loisirs 3-11 ans",
	"youth":           "Accueil jeunes 11-17 ans",
	"france_services": "Antenne France Services",
	"senior":          "Hébergement pour personnes âgées",
	"social_centre":   "Centre social, point d'ancrage",
	"town_hall":       "Mairie",
}

// facilities lists what the tables say, and a town hall in every commune.
// Those without a published place stand round the bourg: the town hall at the
// point itself, the k-th other facilityOffset away, each 45° further.
func facilities(communes []*commune) ([]geodata.Facility, error) {
	var out []geodata.Facility
	placed := map[*commune]int{}
	add := func(c *commune, service string, status geodata.Status, number int, source, note string) error {
		where, err := round(c.bourg, placed[c]).lonLat()
		if err != nil {
			return at(c.name, err)
		}
		placed[c]++
		f := geodata.Facility{
			ID: fmt.Sprintf("%s-%s-%s", service, c.insee, status), Service: service, Status: status,
			Name: serviceNames[service] + " - " + c.name, Location: where, Commune: c.insee,
			Note: atBourg, Source: publishers[source],
		}
		if number > 0 {
			f.ID = fmt.Sprintf("%s-%d", f.ID, number)
			f.Name = fmt.Sprintf("%s %d - %s", serviceNames[service], number, c.name)
		}
		if note != "" {
			f.Note += " ; " + note
		}
		out = append(out, f)
		return nil
	}
	for _, c := range communes {
		if err := add(c, "town_hall", geodata.Existing, 0, "mairie", ""); err != nil {
			return nil, err
		}
	}
	byCode := index(communes)
	err := read("facilities.csv", func(r record) {
		c, ok := byCode[r.text("insee")]
		if !ok {
			r.fail("insee", "no such commune")
			return
		}
		status, err := geodata.ParseStatus(r.text("status"))
		if err != nil {
			r.fail("status", err.Error())
		}
		n := r.count("count")
		for k := 1; k <= n; k++ {
			number := k
			if n == 1 {
				number = 0
			}
			if err := add(c, r.text("service"), status, number, r.text("source"), r.text("note")); err != nil {
				r.fail("insee", err.Error())
			}
		}
	})
	if err != nil {
		return nil, err
	}
	sites, err := franceServices()
	return append(out, sites...), err
}

func round(p point, k int) point {
	if k == 0 {
		return p
	}
	sin, cos := math.Sincos(float64(k-1) * math.Pi / 4)
	return p.plus(facilityOffset*cos, facilityOffset*sin)
}

// franceServices reads the sites of the national list, at their own coordinates.
func franceServices() ([]geodata.Facility, error) {
	var out []geodata.Facility
	err := read("france_services.csv", func(r record) {
		hours, err := geodata.ParseWeeklyHours(r.text("hours"))
		if err != nil {
			r.fail("hours", err.Error())
		}
		out = append(out, geodata.Facility{
			ID: r.text("id"), Name: r.text("name"), Service: "france_services", Status: geodata.Existing,
			Location: orb.Point{r.number("lon"), r.number("lat")}, Commune: r.text("insee"), Hours: hours,
			Itinerant: r.text("itinerant") == "yes", Note: r.text("note"), Source: publishers["anct"],
		})
	})
	return out, err
}
