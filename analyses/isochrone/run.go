package isochrone

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
)

// MaxThresholds bounds Params.Within.
const MaxThresholds = 12

// Run looks around the point. A point that is none or is off the network, an
// unknown facility, mode or direction, and thresholds that do not rise are
// analyses.ParamErrors; otherwise it fails only when ctx ends or the mode has no road.
func Run(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params) (*Result, error) {
	r := &Result{}
	if err := r.complete(s, p); err != nil {
		return nil, err
	}
	net, err := nets.Get(ctx, s, r.Params.Mode)
	if err != nil {
		return nil, err
	}
	place := net.Place(*r.Params.At)
	if !place.On {
		return nil, r.offNetwork(net)
	}
	thresholds := make([]traveltime.Time, len(r.Params.Within))
	for k, t := range r.Params.Within {
		thresholds[k] = traveltime.Time(time.Duration(t).Milliseconds())
	}
	limit := thresholds[len(thresholds)-1]
	reach, err := net.Reach(ctx, place, r.Params.Direction, limit)
	if err != nil {
		return nil, err
	}
	near := reach.Near()
	if !r.timed {
		r.Roads = reach.Stretches(thresholds)
		near = r.Roads
	}
	l := newLattice(net, near, limit)
	if err := l.fill(ctx, net, reach, near); err != nil {
		return nil, err
	}
	r.Spacing = l.metres
	for k, t := range thresholds {
		r.Areas = append(r.Areas, r.area(l, k, t))
	}
	if err := r.count(ctx, s, net, reach, thresholds); err != nil {
		return nil, err
	}
	r.Provenance = r.provenance(s)
	return r, nil
}

// complete checks the question and fills in the defaults.
func (r *Result) complete(s *geodata.Snapshot, p Params) error {
	bad := func(param string, err error) error { return &analyses.ParamError{Param: param, Err: err} }
	switch {
	case p.Facility != "" && p.At != nil:
		return bad("facility", errors.New("name a facility or a point, not both"))
	case p.Facility != "":
		i := slices.IndexFunc(s.Facilities(), func(f geodata.Facility) bool { return f.ID == p.Facility })
		if i < 0 {
			return bad("facility", fmt.Errorf("no facility %q in the territory", p.Facility))
		}
		f := s.Facilities()[i]
		r.Name, p.At = f.Name, &f.Location
	case p.At == nil:
		return bad("at", errors.New("name a point (longitude and latitude) or a facility"))
	}
	if err := geodata.CheckPoint(*p.At); err != nil {
		return bad("at", err)
	}
	var err error
	if p.Mode, err = traveltime.CheckMode(s, p.Mode); err != nil {
		return err
	}
	if p.Direction, err = traveltime.ParseDirection(string(p.Direction)); err != nil {
		return bad("direction", err)
	}
	m, err := profile.ParseMode(p.Mode)
	if err != nil {
		return bad("mode", err)
	}
	if r.timed = m.IsTimed(); r.timed && p.Direction != traveltime.ToPoint {
		return bad("direction", fmt.Errorf("%s: by %s only from where the point is reached is known; want to", p.Direction, m.Name))
	}
	if len(p.Within) == 0 {
		p.Within = []coverage.Threshold{coverage.Minutes(10), coverage.Minutes(20)}
	}
	if len(p.Within) > MaxThresholds {
		return bad("within", fmt.Errorf("at most %d thresholds", MaxThresholds))
	}
	for i, t := range p.Within {
		if t <= 0 || (i > 0 && t <= p.Within[i-1]) {
			return bad("within", errors.New("thresholds must rise from above zero, such as 10m,20m"))
		}
	}
	r.Params = p
	return nil
}

func (r *Result) offNetwork(net *traveltime.Network) error {
	param := "at"
	if r.Params.Facility != "" {
		param = "facility"
	}
	return &analyses.ParamError{Param: param, Err: fmt.Errorf("off_network: %.6f,%.6f is more than %.0f m from any road the mode %s may join",
		r.Params.At[0], r.Params.At[1], net.MaxAccess(), r.Params.Mode)}
}

func (r *Result) area(l *lattice, k int, limit traveltime.Time) Area {
	a := Area{Within: r.Params.Within[k], Polygons: l.area(uint32(limit))}
	for _, polygon := range a.Polygons {
		a.SquareKilometres += squareKilometres(polygon)
	}
	for _, s := range r.Roads {
		if s.Class <= k {
			a.RoadKilometres += s.Metres / 1000
		}
	}
	return a
}

// squareKilometres takes a degree's length at the middle of the polygon.
func squareKilometres(p orb.Polygon) (sum float64) {
	mx, my := geodata.MetresPerDegree(p.Bound().Center()[1])
	for i, r := range p {
		twice := 0.0
		for k := 1; k < len(r); k++ {
			twice += (r[k-1][0]-r[0][0])*(r[k][1]-r[0][1]) - (r[k][0]-r[0][0])*(r[k-1][1]-r[0][1])
		}
		if part := math.Abs(twice) / 2 * mx * my / 1e6; i == 0 {
			sum += part
		} else {
			sum -= part
		}
	}
	return sum
}

// count adds up the people of the cells within each threshold.
func (r *Result) count(ctx context.Context, s *geodata.Snapshot, net *traveltime.Network, reach *traveltime.Reach, thresholds []traveltime.Time) error {
	pop := s.Population()
	people, ok := pop.Column("ind")
	if !ok {
		return nil
	}
	centres := make([]orb.Point, len(pop.Cells))
	for i, c := range pop.Cells {
		centres[i] = c.Centre
	}
	guard, within := secrecy.NewGuard(pop), make([]secrecy.Sum, len(thresholds))
	times, err := reach.Times(ctx, net.Places(centres))
	if err != nil {
		return err
	}
	for i, t := range times {
		for k, limit := range thresholds {
			if t <= limit {
				guard.Add(&within[k], i, people[i])
			}
		}
	}
	for k := range thresholds {
		r.Areas[k].Population = guard.Tell(within[k])
	}
	return ctx.Err()
}

func (r *Result) provenance(s *geodata.Snapshot) analyses.Provenance {
	p := analyses.NewProvenance(s, "isochrone", r.Params)
	note := func(fr, en string) { p.Notes = append(p.Notes, geodata.Text{Fr: fr, En: en}) }
	if r.timed {
		note(fmt.Sprintf("Contours tracés à %.0f m près ; les routes ne sont pas tracées.", r.Spacing), fmt.Sprintf("Areas are traced to within %.0f m; roads are not drawn.", r.Spacing))
		return p
	}
	if p.Secrecy != nil {
		note(fmt.Sprintf("Contours tracés à %.0f m près ; routes exactes.", r.Spacing), fmt.Sprintf("Areas are traced to within %.0f m; roads are exact.", r.Spacing))
		return p
	}
	note(fmt.Sprintf("Contours tracés à %.0f m près ; routes et habitants exacts.", r.Spacing),
		fmt.Sprintf("Areas are traced to within %.0f m; roads and inhabitants are exact.", r.Spacing))
	return p
}
