package tours

import (
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/itinerant"
	"github.com/maillage/maillage/geodata"
)

// Params is the question: which vehicles, and between which stops.
type Params struct {
	Service  string              `json:"service" required:"true" doc:"id of a service of the catalogue"`
	Within   *coverage.Threshold `json:"within,omitempty" doc:"how near is within reach of a stop, such as 10m; the first of the service's thresholds when empty"`
	Mode     string              `json:"mode" doc:"how people come to a stop: car, bike, foot, …; car when empty"`
	Statuses []geodata.Status    `json:"statuses" doc:"existing, planned, candidate: which sites stay and count; existing ones when empty"`
	coverage.DemandOptions
	coverage.SupplyOptions

	Weeks      int       `json:"weeks,omitempty" doc:"1 or 2: after how many weeks the plan repeats; 1 when left out"`
	Step       int       `json:"step,omitempty" doc:"minutes, a divisor of 60 from 10: stays begin and end at their multiples; 30 when left out"`
	Vehicles   []Vehicle `json:"vehicles,omitempty" doc:"those that go round; when empty one, on weekdays from 08:30 to 17:00, from the itinerant facility's base or, without one, the study area's largest town hall"`
	Candidates []string  `json:"candidates" doc:"where it may stop, as site has them: town_halls, schools, junctions, cells, service:ID, counts:NAME; town_halls when there are no stops"`
	Stops      []Stop    `json:"stops,omitempty" doc:"other places where it may stop, or rules for candidates of the same id"`

	Returns      []Return `json:"returns" doc:"what an hour is worth to somebody who has had some in the plan's weeks, falling: 2h:100 2h:50 25 is two hours in full, two at half, all others at a quarter; that when empty"`
	EveryCommune bool     `json:"every_commune,omitempty" doc:"each commune of the study area with a stop that can be reached has a visit in the plan's weeks"`
	MinStay      int      `json:"min_stay,omitempty" doc:"minutes that a stay lasts at least; 60 when left out"`
	MaxStay      int      `json:"max_stay,omitempty" doc:"minutes that a stay lasts at most; 240 when left out"`
	MaxVisits    int      `json:"max_visits,omitempty" doc:"visits of a stop in a week at most; 1 when left out"`
	Closed       string   `json:"closed,omitempty" doc:"when no stop can be had, such as We or 'We 13:00-18:00; Sa'"`
	Prefer       string   `json:"prefer,omitempty" doc:"hours that are worth more, such as 'We 13:30-18:00'"`
	PreferBy     int      `json:"prefer_by,omitempty" doc:"per cent by which preferred hours are worth more; 25 when left out"`

	Lock  []Visit `json:"lock,omitempty" doc:"visits that are in the plan as they are"`
	Start []Visit `json:"start,omitempty" doc:"a plan made by hand: the search begins with it, and its worth is told"`

	EuroPerKm   float64 `json:"euro_per_km,omitempty" doc:"what a kilometre costs, in euros; 0.50 when left out"`
	EuroPerHour float64 `json:"euro_per_hour,omitempty" doc:"what an hour of all crew of a vehicle costs, in euros; 30 when left out"`
	CO2PerKm    int     `json:"co2_per_km,omitempty" doc:"grammes of CO₂ for a kilometre; 250 when left out"`

	Effort int `json:"effort,omitempty" atonce:"400" doc:"limit of the search, in rounds of it; 40 when left out"`
}

// Vehicle goes round.
type Vehicle struct {
	ID     string   `json:"id"`
	Name   string   `json:"name,omitempty"`
	Lon    *float64 `json:"lon,omitempty"`   // of the depot
	Lat    *float64 `json:"lat,omitempty"`   // of the depot
	Depot  string   `json:"depot,omitempty"` // or: INSEE code or name of a commune, at its town hall
	Shifts string   `json:"shifts"`          // such as Mo-Fr 08:30-17:00: from leaving the depot to being back; each span is a tour of its own
	Second string   `json:"second_week_shifts,omitempty"`
	Break  string   `json:"break,omitempty"`   // such as 45m 11:30-14:00: so long without work, within these hours, of shifts that span them
	SetUp  *int     `json:"set_up,omitempty"`  // minutes from arriving to opening; 10 when left out
	PackUp *int     `json:"pack_up,omitempty"` // minutes from closing to leaving; 10 when left out
	Driven string   `json:"driven,omitempty"`  // its mode; car when empty
}

// Stop is a place where the service may stop, with rules of its own.
type Stop struct {
	ID        string   `json:"id"`
	Name      string   `json:"name,omitempty"`
	Lon       *float64 `json:"lon,omitempty"` // without lon, lat: a candidate's rules
	Lat       *float64 `json:"lat,omitempty"`
	Hours     string   `json:"hours,omitempty"`      // when it can be had; always when left out
	Closed    string   `json:"closed,omitempty"`     // when it cannot, such as We
	Prefer    string   `json:"prefer,omitempty"`     // hours that are worth more: a market's
	MinVisits int      `json:"min_visits,omitempty"` // in the plan's weeks
	MaxVisits int      `json:"max_visits,omitempty"` // in a week; Params.MaxVisits when left out
	MinStay   int      `json:"min_stay,omitempty"`   // minutes; Params.MinStay when left out
	MaxStay   int      `json:"max_stay,omitempty"`   // minutes; Params.MaxStay when left out
	Drop      bool     `json:"drop,omitempty"`       // it is no stop, though it is a candidate
}

// Visit is a stay of a vehicle at a stop.
type Visit struct {
	Vehicle string `json:"vehicle"`
	Week    int    `json:"week"` // 1 or 2
	Day     string `json:"day"`  // Mo, Tu, …, Su
	Stop    string `json:"stop"`
	From    string `json:"from"` // 09:00
	To      string `json:"to"`
}

// Result is the plan, what it is worth, and how that is proven.
type Result struct {
	Params  Params          `json:"params"` // complete with defaults
	Service geodata.Service `json:"service"`
	Public  geodata.Text    `json:"public"` // whom the demand counts

	Status Status         `json:"status"`
	Worth  geodata.Amount `json:"worth_person_hours"` // V of the package, in the plan's weeks
	Bound  geodata.Amount `json:"bound_person_hours"` // no plan that keeps all rules is worth more
	Gap    float64        `json:"gap"`                // share of the bound
	Start  *Started       `json:"start,omitempty"`    // of Params.Start
	Work   int            `json:"work"`               // rounds done

	Vehicles []Vehicle         `json:"vehicles"` // with their depots' points
	Visits   []Visit           `json:"visits"`   // by week, day, hour and vehicle
	Tours    []Tour            `json:"tours"`    // by week, day, hour and vehicle: those that leave the depot
	Stops    []StopRow         `json:"stops"`    // every candidate, by id
	Missing  []Missing         `json:"missing"`  // what Params ask for and the plan has not
	Cost     Cost              `json:"cost"`
	People   *itinerant.Result `json:"people"` // who gains: person-hours a week with the tour beside the sites that stay

	Provenance analyses.Provenance `json:"provenance"`
}

// Status says what is known of a plan.
type Status string

// What may be known.
const (
	Proven Status = "proven" // no plan is worth more
	Gap    Status = "gap"    // none is worth more than the bound
)

// Started is the plan made by hand.
type Started struct {
	Worth geodata.Amount `json:"worth_person_hours"`
	Gain  geodata.Amount `json:"gain_person_hours"` // Result.Worth less that
}

// Tour is a vehicle's way from its depot and back.
type Tour struct {
	Vehicle string  `json:"vehicle"`
	Week    int     `json:"week"`
	Day     string  `json:"day"`
	Leave   int     `json:"leave_seconds"`  // since midnight: it leaves the depot as late as it can
	Return  int     `json:"return_seconds"` // since midnight: it is back
	Break   *Span   `json:"break,omitempty"`
	Calls   []Call  `json:"calls"` // stays in order
	Legs    []Leg   `json:"legs"`  // drives in order: one more than calls; none between two stays at the same stop
	Km      float64 `json:"km"`
	Driving int     `json:"driving_seconds"`
	Open    int     `json:"open_minutes"`
}

// Span is a stretch of a day in seconds since midnight.
type Span struct {
	From int `json:"from_seconds"`
	To   int `json:"to_seconds"`
}

// Call is a stay: the vehicle arrives, sets up, is open, packs up and departs.
type Call struct {
	Stop   string `json:"stop"`
	Arrive int    `json:"arrive_seconds"`
	Open   int    `json:"open_seconds"`
	Close  int    `json:"close_seconds"`
	Depart int    `json:"depart_seconds"`
}

// Leg is a drive.
type Leg struct {
	From  string         `json:"from"` // id of a stop; empty for the depot
	To    string         `json:"to"`
	Leave int            `json:"leave_seconds"`
	Ms    int64          `json:"milliseconds"`
	Km    float64        `json:"km"`
	Line  orb.LineString `json:"line"`
}

// StopRow is a candidate, and what became of it.
type StopRow struct {
	ID      string         `json:"id"`
	Name    string         `json:"name"`
	Commune string         `json:"commune"`
	At      orb.Point      `json:"at"`
	Reach   geodata.Amount `json:"reach"`             // people within Params.Within
	Visits  int            `json:"visits"`            // in the plan's weeks
	Minutes int            `json:"minutes"`           // open there
	Loss    geodata.Amount `json:"loss_person_hours"` // of V, if its visits were left out and nothing else changed
	Dropped *geodata.Text  `json:"dropped,omitempty"` // why it has no visit
	Best    geodata.Amount `json:"best_person_hours"` // the most a first visit there would add to the plan, were there time for it
}

// Missing is a rule that the plan found does not keep.
type Missing struct {
	What geodata.Text `json:"what"`
	ID   string       `json:"id"` // of the commune or stop
}

// Cost is what a week costs, the mean of the plan's weeks.
type Cost struct {
	Km           float64        `json:"km"`
	CrewHours    float64        `json:"crew_hours"` // from leaving the depot to being back
	DrivingHours float64        `json:"driving_hours"`
	OpenHours    float64        `json:"open_hours"`
	Euros        float64        `json:"euros"`
	CO2          float64        `json:"co2_kg"`
	GainPerHour  geodata.Amount `json:"gain_per_crew_hour"` // person-hours a week gained, for an hour of crew
	EurosPerGain float64        `json:"euros_per_gain"`     // for a person-hour gained; 0 when there is none
}

// Return is what hours are worth: Percent of a full hour, for the next Minutes; 0
// minutes are all that follow.
type Return struct {
	Minutes int
	Percent int
}
