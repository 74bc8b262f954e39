package matrix

import (
	"fmt"

	"github.com/maillage/maillage/geodata"
)

// Hours is when sites are open, in the order of the file.
type Hours struct {
	Values                       // the ids; no amounts
	Weekly []geodata.WeeklyHours // parallel to IDs
	Stop   []bool                // the service comes to the place, and goes again
}

// ReadHours reads site_id, hours and, if there is such a column, stop. Hours are those
// of an ordinary week as OpenStreetMap writes them (Mo 08:30-12:00,13:30-17:00), stop
// is yes for a place that the service only comes to, and no or empty else. A file
// without any usable record is an error.
func ReadHours(f File) (*Hours, Count, error) {
	r, at, err := f.open(siteColumn, []string{"hours"})
	if err != nil {
		return nil, Count{File: f.Name}, err
	}
	stop, none := r.column([]string{"stop"})
	h := &Hours{Values: Values{at: map[string]int32{}}}
	var lines []int
	err = r.each(func() {
		id := r.fields[at[0]]
		if reason := notAnID(id); reason != "" {
			r.fault(at[0], reason)
			return
		}
		if k, ok := h.at[string(id)]; ok {
			r.fault(at[0], fmt.Sprintf("appears twice: first on line %d, which counts", lines[k]))
			return
		}
		weekly, err := geodata.ParseWeeklyHours(string(r.fields[at[1]]))
		if err != nil || weekly.Minutes() == 0 {
			r.fault(at[1], "want hours of an ordinary week, such as Mo 08:30-12:00,13:30-17:00; We 08:30-12:00")
			return
		}
		comes := false
		if none == nil {
			switch word := string(r.fields[stop]); word {
			case "yes", "oui":
				comes = true
			case "", "no", "non":
			default:
				r.fault(stop, "want yes, no, or nothing")
				return
			}
		}
		h.at[string(id)] = int32(len(h.IDs))
		h.IDs, h.Weekly, h.Stop, lines = append(h.IDs, string(id)), append(h.Weekly, *weekly), append(h.Stop, comes), append(lines, r.line)
	})
	if r.Kept = len(h.IDs); err == nil && r.Kept == 0 {
		err = fmt.Errorf("%s: no record can be used: of %d, %d are at fault; want hours such as Mo 08:30-12:00", f.Name, r.Read, r.Bad)
	}
	return h, r.Count, err
}
