package tours

import (
	"cmp"
	"slices"
	"strings"

	"github.com/maillage/maillage/geodata"
)

// row is what the result has of a stop; only its id if it has nothing.
func (r *Result) row(id string) StopRow {
	if i := slices.IndexFunc(r.Stops, func(s StopRow) bool { return s.ID == id }); i >= 0 {
		return r.Stops[i]
	}
	return StopRow{ID: id}
}

// communeName is a commune's, if the result tells of it; else its code.
func (r *Result) communeName(code string) string {
	if r.People != nil {
		for _, c := range r.People.Communes {
			if c.Code == code {
				return cmp.Or(c.Name.Fr, code)
			}
		}
	}
	return code
}

// address is where a stop is, for people: its name, and its commune where that does not
// tell it.
func (r *Result) address(id string) string {
	row := r.row(id)
	name, commune := cmp.Or(row.Name, id), r.communeName(row.Commune)
	if strings.Contains(name, commune) {
		return name
	}
	return name + ", " + commune
}

func (r *Result) vehicle(id string) Vehicle {
	if i := slices.IndexFunc(r.Vehicles, func(v Vehicle) bool { return v.ID == id }); i >= 0 {
		return r.Vehicles[i]
	}
	return Vehicle{ID: id}
}

func (r *Result) vehicleName(id string) string { return cmp.Or(r.vehicle(id).Name, id) }

// weeks is after how many the plan repeats.
func (r *Result) weeks() int { return max(1, r.Params.Weeks) }

// dayLabels are the days of the week, Monday first.
var dayLabels = [7]geodata.Text{{Fr: "lundi", En: "Monday"}, {Fr: "mardi", En: "Tuesday"}, {Fr: "mercredi", En: "Wednesday"}, {Fr: "jeudi", En: "Thursday"},
	{Fr: "vendredi", En: "Friday"}, {Fr: "samedi", En: "Saturday"}, {Fr: "dimanche", En: "Sunday"}}

// weekday is 0 for Mo to 6 for Su, and -1 for anything else.
func weekday(day string) int { return slices.Index(geodata.DayNames[:], day) }
