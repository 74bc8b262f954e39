package coverage

import (
	"errors"
	"fmt"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
)

// Usual are a service's own thresholds in minutes by a mode (profile.ParseMode), rising;
// none where it has none. By public transport these are 30 and 45 minutes for a service
// that says nothing of it, on demand those by car.
func Usual(service geodata.Service, mode string) []int {
	m, err := profile.ParseMode(mode)
	if err != nil {
		return nil
	}
	own, said := service.Within[m.Name]
	switch {
	case said || !m.IsTimed():
		return own
	case m.Name == profile.OnDemand:
		return service.Within["car"]
	}
	if own, said = service.Within[profile.Transit]; said {
		return own
	}
	return []int{30, 45}
}

// Within is the thresholds of a question: those asked for, or the service's own.
// Thresholds that do not rise, more than twenty, or a service without any of its
// own for the mode are an analyses.ParamError.
func Within(service geodata.Service, mode string, asked []Threshold) ([]Threshold, error) {
	bad := func(err error) ([]Threshold, error) {
		return nil, &analyses.ParamError{Param: "within", Err: err}
	}
	within := asked
	if len(asked) == 0 {
		for _, m := range Usual(service, mode) {
			within = append(within, Minutes(m))
		}
	}
	switch {
	case len(within) == 0:
		return bad(fmt.Errorf("service %s has no default thresholds for mode %s: name some, such as 10m,15m", service.ID, mode))
	case len(within) > 20:
		return bad(errors.New("at most 20 thresholds"))
	}
	for i, t := range within {
		if t <= 0 || (i > 0 && t <= within[i-1]) {
			return bad(fmt.Errorf("thresholds must rise: %s", joinThresholds(within)))
		}
	}
	return within, nil
}
