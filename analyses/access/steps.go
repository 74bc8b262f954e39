package access

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
)

// Method names a member of the family.
type Method string

// The members.
const (
	TwoStep   Method = "2sfca"
	Enhanced  Method = "e2sfca"
	ThreeStep Method = "3sfca"
	APL       Method = "apl"
	RAAM      Method = "raam"
)

// Step is a weight and the time up to which, inclusive, it holds.
type Step struct {
	Within coverage.Threshold
	Weight float64 // above 0, at most 1
}

// ParseStep reads "20m:0.68".
func ParseStep(s string) (Step, error) {
	within, weight, found := strings.Cut(strings.TrimSpace(s), ":")
	t, err := coverage.ParseThreshold(within)
	if err != nil || !found {
		return Step{}, fmt.Errorf("step %q: want a time with its unit and a weight, such as 20m:0.68", s)
	}
	w, err := strconv.ParseFloat(weight, 64)
	if err != nil || !(w > 0 && w <= 1) {
		return Step{}, fmt.Errorf("step %q: want a weight above 0 and at most 1, such as 20m:0.68; what is not in a step has the weight 0", s)
	}
	return Step{t, w}, nil
}

// String is the short form: 20m:0.68.
func (s Step) String() string {
	return s.Within.String() + ":" + strconv.FormatFloat(s.Weight, 'g', -1, 64)
}

// MarshalText writes the short form.
func (s Step) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what ParseStep reads.
func (s *Step) UnmarshalText(b []byte) error {
	v, err := ParseStep(string(b))
	*s = v
	return err
}

// Steps are a weight that falls with time: the times rise, the weights do not.
type Steps []Step

// weight of a time; 0 is out of reach.
func (s Steps) weight(t traveltime.Time) float64 {
	for _, step := range s {
		if t.Within(time.Duration(step.Within)) {
			return step.Weight
		}
	}
	return 0
}

// Reach is the longest time that counts.
func (s Steps) Reach() traveltime.Time {
	if len(s) == 0 {
		return traveltime.MaxTime
	}
	return traveltime.Time(time.Duration(s[len(s)-1].Within) / time.Millisecond)
}

// usual are the steps of each method.
var usual = map[Method]Steps{
	TwoStep:   {{coverage.Minutes(30), 1}},
	Enhanced:  {{coverage.Minutes(10), 1}, {coverage.Minutes(20), 0.68}, {coverage.Minutes(30), 0.22}},
	ThreeStep: {{coverage.Minutes(10), 1}, {coverage.Minutes(20), 0.68}, {coverage.Minutes(30), 0.22}},
	APL:       {{coverage.Minutes(10), 1}, {coverage.Minutes(15), 0.3}, {coverage.Minutes(20), 0.1}},
	RAAM:      nil,
}

// Complete fills in the method (e2sfca) and its steps where they are left out, and
// checks them. What cannot be is an analyses.ParamError.
func Complete(method Method, steps Steps) (Method, Steps, error) {
	if method == "" {
		method = Enhanced
	}
	own, ok := usual[method]
	if !ok {
		return method, steps, &analyses.ParamError{Param: "method", Err: fmt.Errorf("unknown method %q: want 2sfca, e2sfca, 3sfca, apl or raam", method)}
	}
	if len(steps) == 0 {
		return method, own, nil
	}
	bad := func(err error) (Method, Steps, error) {
		return method, steps, &analyses.ParamError{Param: "steps", Err: err}
	}
	switch {
	case method == RAAM:
		return bad(errors.New("raam has no steps: its travel time counts in full"))
	case method == TwoStep && (len(steps) > 1 || steps[0].Weight != 1):
		return bad(errors.New("2sfca has one step of the weight 1, such as 15m:1; e2sfca has several"))
	case len(steps) > 100:
		return bad(errors.New("at most 100 steps"))
	}
	for i, s := range steps[1:] {
		if s.Within <= steps[i].Within || s.Weight > steps[i].Weight {
			return bad(fmt.Errorf("%s then %s: times must rise, and weights must not", steps[i], s))
		}
	}
	return method, steps, nil
}
