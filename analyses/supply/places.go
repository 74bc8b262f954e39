package supply

import (
	"fmt"
	"strings"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/geodata"
)

// Places is the capacity of each facility. Where it is not known it is otherwise, if
// that is not nil, which notes say; else it is an analyses.ParamError that names the
// facilities. No facility at all, or no capacity at any, is one too.
func (s *Supply) Places(otherwise *int) (places []geodata.Amount, notes []geodata.Text, err error) {
	bad := func(param, format string, args ...any) ([]geodata.Amount, []geodata.Text, error) {
		return nil, nil, &analyses.ParamError{Param: param, Err: fmt.Errorf(format, args...)}
	}
	if otherwise != nil && *otherwise < 0 {
		return bad("capacity", "%d: want a number of places, 0 or more", *otherwise)
	}
	if len(s.Facilities) == 0 {
		return bad("service", "no facility of this service counts; left out: %v", s.LeftOut)
	}
	var unknown []string
	var all geodata.Amount
	for _, f := range s.Facilities {
		n := f.Capacity
		if n == nil {
			unknown = append(unknown, f.ID)
			if n = otherwise; n == nil {
				continue
			}
		}
		places = append(places, geodata.Whole(int64(*n)))
		all += places[len(places)-1]
	}
	switch {
	case len(unknown) > 0 && otherwise == nil:
		return bad("capacity", "the capacity of %s is not known: import it, or name one that counts for all of them, such as 20", few(unknown))
	case all == 0:
		return bad("capacity", "no facility has any capacity: %d of them have 0", len(places))
	case len(unknown) > 0:
		n := len(unknown)
		notes = append(notes, geodata.Text{
			Fr: fmt.Sprintf("Capacité non connue de %s : comptée à %d.", analyses.Plural(n, "équipement", "équipements"), *otherwise),
			En: fmt.Sprintf("Capacity of %s not known: taken as %d.", analyses.Plural(n, "facility", "facilities"), *otherwise)})
	}
	return places, notes, nil
}

// few names at most ten.
func few(ids []string) string {
	if len(ids) > 10 {
		return fmt.Sprintf("%s and %d more", strings.Join(ids[:10], ", "), len(ids)-10)
	}
	return strings.Join(ids, ", ")
}
