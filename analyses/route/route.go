package route

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Params is the question. Ends are written as "longitude,latitude" or as ids.
type Params struct {
	From string `json:"from"` // id of a cell, or a point
	To   string `json:"to"`   // id of a facility, or a point
	Mode string `json:"mode"` // as profile.ParseMode reads it; car when empty
}

// End is where a route begins or ends.
type End struct {
	ID    string    `json:"id,omitempty"`   // of the cell or facility; empty for a point
	Name  string    `json:"name,omitempty"` // of the facility
	Point orb.Point `json:"point"`
}

// Result is a quickest way.
type Result struct {
	Params  Params          `json:"params"` // complete with defaults
	From    End             `json:"from"`
	To      End             `json:"to"`
	Seconds traveltime.Time `json:"seconds"`
	// Leave is when one leaves by a mode that depends on it, as clocks show: the first
	// departure that takes as long as the percentile asked for. Empty by others, and
	// where one walks all the way.
	Leave  string  `json:"leave,omitempty"`
	Metres float64 `json:"metres"`
	Legs   []Leg   `json:"legs"`
	// Line runs from door to door.
	Line orb.LineString `json:"-"`

	Provenance analyses.Provenance `json:"provenance"`
}

// Leg is one road of the way, or a walk at its ends; by public transport and on demand
// also a ride, or the wait for it.
type Leg struct {
	Walk    bool            `json:"walk"`
	Label   geodata.Text    `json:"label"` // what to call it
	Name    string          `json:"name"`
	Ref     string          `json:"ref"`
	Class   string          `json:"class"` // OpenStreetMap's; empty for a walk
	Metres  float64         `json:"metres"`
	Seconds traveltime.Time `json:"seconds"`
	Wait    bool            `json:"wait,omitempty"`
	Ride    *Ride           `json:"ride,omitempty"`
	Line    orb.LineString  `json:"-"`
}

// Ride is a leg in a vehicle. Times are as clocks show them: 07:42, or 07:42:30.
type Ride struct {
	Line      string `json:"line"`           // what people call the line, or the service on demand
	Towards   string `json:"towards"`        // where the vehicle says it goes
	From      string `json:"from,omitempty"` // stop
	To        string `json:"to,omitempty"`   // stop
	Colour    string `json:"colour,omitempty"`
	Departure string `json:"departure"`
	Arrival   string `json:"arrival"`
}

// ErrNoRoute marks ends between which there is no way; the text says which state
// of package traveltime that is, and why.
var ErrNoRoute = errors.New("no route")

// Run finds a quickest way. Ends that are neither known nor points and unknown
// modes are analyses.ParamErrors, no way is ErrNoRoute; otherwise it fails only
// when ctx ends or the mode has no road.
func Run(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params) (*Result, error) {
	r := &Result{Params: p, Legs: []Leg{}}
	if err := r.complete(s); err != nil {
		return nil, err
	}
	net, err := nets.Get(ctx, s, r.Params.Mode)
	if err != nil {
		return nil, err
	}
	home, facility := net.Place(r.From.Point), net.Place(r.To.Point)
	for _, end := range []struct {
		name  string
		place traveltime.Place
	}{{"from", home}, {"to", facility}} {
		if !end.place.On {
			return nil, fmt.Errorf("%w: %s: %s (%.6f,%.6f) is more than %.0f m from any road the mode %s may join",
				ErrNoRoute, traveltime.OffNetwork.State(), end.name, end.place.Of[0], end.place.Of[1], net.MaxAccess(), r.Params.Mode)
		}
	}
	way, err := net.Route(ctx, home, facility)
	if err != nil {
		return nil, err
	}
	if !way.Time.Reached() {
		return nil, fmt.Errorf("%w: %s: no road leads from %s to %s for the mode %s", ErrNoRoute, way.Time.State(), r.Params.From, r.Params.To, r.Params.Mode)
	}
	if way.Timed {
		r.Leave = clock(way.Leave)
	}
	r.Seconds, r.Metres, r.Line = way.Time, millimetric(way.Metres), way.Line
	for _, l := range way.Legs {
		r.Legs = append(r.Legs, Leg{Walk: l.Walk, Label: label(l), Name: l.Road.Name, Ref: l.Road.Ref, Class: l.Road.Class,
			Metres: millimetric(l.Metres), Seconds: l.Time, Line: l.Line, Wait: l.Wait, Ride: rideOf(l.Ride)})
	}
	r.Provenance = analyses.NewProvenance(s, "route", r.Params)
	return r, nil
}

func rideOf(x *traveltime.Ride) *Ride {
	if x == nil {
		return nil
	}
	return &Ride{Line: cmp.Or(x.OnDemand, x.Route.Short, x.Route.Long, x.Route.ID), Towards: x.Headsign, From: x.From, To: x.To, Colour: x.Route.Colour,
		Departure: clock(x.Departure), Arrival: clock(x.Arrival)}
}

// clock is what clocks show so many milliseconds after the beginning of a day.
func clock(ms int32) string {
	s := ms / 1000 % (24 * 3600)
	if s%60 != 0 {
		return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%02d:%02d", s/3600, s/60%60)
}

// millimetric rounds metres for people and files.
func millimetric(metres float64) float64 { return math.Round(metres*1000) / 1000 }

func (r *Result) complete(s *geodata.Snapshot) error {
	var err error
	if r.Params.Mode, err = traveltime.CheckMode(s, r.Params.Mode); err != nil {
		return err
	}
	cells := s.Population().Cells
	if i, ok := slices.BinarySearchFunc(cells, r.Params.From, func(c geodata.Cell, id string) int { return cmp.Compare(c.ID, id) }); ok {
		r.From = End{ID: cells[i].ID, Point: cells[i].Centre}
	} else if p, err := ParsePoint(r.Params.From); err != nil {
		return &analyses.ParamError{Param: "from", Err: fmt.Errorf("%q is no cell of the grid, and as a point: %w", r.Params.From, err)}
	} else {
		r.From.Point = p
	}
	facilities := s.Facilities()
	if i, ok := slices.BinarySearchFunc(facilities, r.Params.To, func(f geodata.Facility, id string) int { return cmp.Compare(f.ID, id) }); ok {
		r.To = End{ID: facilities[i].ID, Name: facilities[i].Name, Point: facilities[i].Location}
	} else if p, err := ParsePoint(r.Params.To); err != nil {
		return &analyses.ParamError{Param: "to", Err: fmt.Errorf("%q is no facility, and as a point: %w", r.Params.To, err)}
	} else {
		r.To.Point = p
	}
	return nil
}

// ParsePoint reads "9.5209,47.1410": longitude, then latitude, in degrees.
func ParsePoint(s string) (orb.Point, error) {
	x, y, ok := strings.Cut(s, ",")
	lon, errX := strconv.ParseFloat(strings.TrimSpace(x), 64)
	lat, errY := strconv.ParseFloat(strings.TrimSpace(y), 64)
	if !ok || errX != nil || errY != nil {
		return orb.Point{}, fmt.Errorf("%q: want longitude,latitude in degrees, such as -0.55,47.47", s)
	}
	p := orb.Point{lon, lat}
	return p, geodata.CheckPoint(p)
}
