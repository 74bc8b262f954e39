package scenario

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"

	"github.com/maillage/maillage/geodata"
)

// The tags of the types below are what the file may hold: Parse and Schema both
// follow them. oneof names the fields of which there must be exactly one, anyof
// those of which there must be one at least; groups are separated by a space.

// Scenario is an ordered list of changes to a territory.
type Scenario struct {
	Name    geodata.Text `json:"name,omitzero" doc:"what people call it: a text, or one in each language (fr, en)"`
	Note    string       `json:"note,omitempty" doc:"why; free text"`
	Cost    *Cost        `json:"cost,omitempty" doc:"of all changes together; the sum of what the created facilities cost when left out"`
	Changes []Change     `json:"changes" maxitems:"1000" doc:"in the order in which they are made"`

	file string // that it was read from
}

// Cost is in euros.
type Cost struct {
	_          struct{}        `anyof:"investment|yearly"`
	Investment *geodata.Amount `json:"investment,omitempty" min:"0" doc:"euros, once"`
	Yearly     *geodata.Amount `json:"yearly,omitempty" min:"0" doc:"euros a year"`
}

// Change is one step: exactly one of its fields is given.
type Change struct {
	_ struct{} `oneof:"create|open|close|move|resize|hours|accessibility|speed|close_road|population|tour|line|stop"`

	Create        *Create        `json:"create,omitempty" doc:"a new facility, open from now on"`
	Open          *Open          `json:"open,omitempty" doc:"a planned or candidate facility opens"`
	Close         *Close         `json:"close,omitempty" doc:"a facility closes, or a project is given up"`
	Move          *Move          `json:"move,omitempty" doc:"a facility moves"`
	Resize        *Resize        `json:"resize,omitempty" doc:"a facility has another number of places"`
	Hours         *Hours         `json:"hours,omitempty" doc:"a facility has other opening hours"`
	Accessibility *Accessibility `json:"accessibility,omitempty" doc:"disabled people can, or cannot, use a facility"`
	Speed         *Speed         `json:"speed,omitempty" doc:"a class of roads is faster or slower"`
	CloseRoad     *CloseRoad     `json:"close_road,omitempty" doc:"nobody can use a road"`
	Population    *Population    `json:"population,omitempty" doc:"the people are those of another year"`
	Tour          *Tour          `json:"tour,omitempty" doc:"a service comes to people: a facility at each of its stops, at that stop's hours"`
	Line          *Line          `json:"line,omitempty" doc:"a new line of public transport"`
	Stop          *Stop          `json:"stop,omitempty" doc:"a line calls at one more place"`

	line  int            // where it stands in the file; 0 if it is from none
	lines map[string]int // and its fields: create.at
}

// Create opens a facility that is not in the data; with several services, one for each.
type Create struct {
	_          struct{} `oneof:"service|services at|commune"`
	ID         string   `json:"id" required:"true" pattern:"^[^\\s,]{1,100}$" doc:"a new id without spaces and commas; with several services, each facility has it with -SERVICE behind"`
	Service    string   `json:"service,omitempty" doc:"id of a service of the catalogue"`
	Services   []string `json:"services,omitempty" minitems:"1" maxitems:"20" doc:"ids of services that are offered in the one place"`
	At         *Point   `json:"at,omitempty" doc:"[longitude, latitude] in degrees"`
	Commune    string   `json:"commune,omitempty" doc:"INSEE code or name: at its town hall, or else in the middle of where its people live"`
	Name       string   `json:"name,omitempty" doc:"what people call it"`
	Capacity   *int     `json:"capacity,omitempty" min:"0" max:"1000000" doc:"places; unknown when left out"`
	Hours      string   `json:"hours,omitempty" format:"hours" doc:"such as Mo-Fr 08:30-12:00,13:30-17:00; unknown when left out"`
	Holidays   string   `json:"holidays,omitempty" format:"hours" doc:"hours in school holidays, where they differ"`
	Accessible string   `json:"accessible,omitempty" enum:"yes,no,limited" doc:"for disabled people; unknown when left out"`
	Catchment  string   `json:"catchment,omitempty" enum:"commune,epci" doc:"takes residents of its commune or intercommunality only; everybody when left out"`
	Itinerant  bool     `json:"itinerant,omitempty" doc:"it comes to people, and this is its base"`
	Cost       *Cost    `json:"cost,omitempty" doc:"what it costs, all services together"`
}

// Open makes a planned or candidate facility an existing one.
type Open struct {
	Facility string `json:"facility" required:"true" doc:"id of a planned or candidate facility"`
}

// Close takes a facility away.
type Close struct {
	Facility string `json:"facility" required:"true" doc:"id of a facility"`
}

// Move puts a facility elsewhere.
type Move struct {
	_        struct{} `oneof:"to|commune"`
	Facility string   `json:"facility" required:"true" doc:"id of a facility"`
	To       *Point   `json:"to,omitempty" doc:"[longitude, latitude] in degrees"`
	Commune  string   `json:"commune,omitempty" doc:"INSEE code or name: at its town hall, or else in the middle of where its people live"`
}

// Resize gives a facility another number of places.
type Resize struct {
	Facility string `json:"facility" required:"true" doc:"id of a facility"`
	Capacity int    `json:"capacity" required:"true" min:"0" max:"1000000" doc:"places"`
}

// Hours gives a facility other opening hours.
type Hours struct {
	_        struct{} `anyof:"hours|holidays"`
	Facility string   `json:"facility" required:"true" doc:"id of a facility"`
	Hours    string   `json:"hours,omitempty" format:"hours" doc:"such as Mo-Fr 08:30-12:00,13:30-17:00, or off; as they are when left out"`
	Holidays string   `json:"holidays,omitempty" format:"hours" doc:"hours in school holidays; as they are when left out"`
}

// Accessibility says whether disabled people can use a facility from now on.
type Accessibility struct {
	Facility   string `json:"facility" required:"true" doc:"id of a facility"`
	Accessible string `json:"accessible" required:"true" enum:"yes,no,limited" doc:"for disabled people"`
}

// Speed changes the speed of a class of roads.
type Speed struct {
	Class   string  `json:"class" required:"true" doc:"class of road, such as secondary (OpenStreetMap's highway)"`
	Percent float64 `json:"percent" required:"true" min:"1" max:"1000" doc:"speed kept, in per cent of the mapped one, to a tenth: 90 is a tenth slower"`
}

// CloseRoad closes a road to everybody.
type CloseRoad struct {
	_    struct{} `oneof:"way|near"`
	Way  *int64   `json:"way,omitempty" doc:"id of the way in the road data"`
	Near *Point   `json:"near,omitempty" doc:"[longitude, latitude]: the nearest road that cars may use"`
}

// Population counts the people of another year.
type Population struct {
	Year    int    `json:"year" required:"true" min:"1900" max:"2070" doc:"a census year that is in the data, or a later one, which is projected"`
	Variant string `json:"variant,omitempty" enum:"low,central,high" doc:"hypotheses of a projection; central when left out"`
}

// Tour is the week of a service that comes to people: a facility that is itinerant at
// each of its stops, by the tour's id and the stop's number from 1, such as bus-1.
type Tour struct {
	ID      string     `json:"id" required:"true" pattern:"^[^\\s,]{1,90}$" doc:"a new id without spaces and commas; the facilities of its stops have it with -1, -2, … behind"`
	Service string     `json:"service" required:"true" doc:"id of a service of the catalogue"`
	Name    string     `json:"name,omitempty" doc:"what people call it; the id when left out"`
	Stops   []TourStop `json:"stops" required:"true" minitems:"1" maxitems:"200" doc:"where and when it stands"`
}

// TourStop is a place where a tour stands, and its hours there.
type TourStop struct {
	_       struct{} `oneof:"at|commune"`
	Name    string   `json:"name,omitempty" doc:"what people call the place"`
	At      *Point   `json:"at,omitempty" doc:"[longitude, latitude] in degrees"`
	Commune string   `json:"commune,omitempty" doc:"INSEE code or name: at its town hall, or else in the middle of where its people live"`
	Hours   string   `json:"hours" required:"true" format:"hours" doc:"such as Tu 09:00-12:00"`
}

// Line is a new line of public transport, with the same way at every departure.
type Line struct {
	ID       string     `json:"id" required:"true" pattern:"^[A-Za-z0-9][A-Za-z0-9._:-]{0,89}$" doc:"a new id of letters, digits, dots, colons and hyphens"`
	Name     string     `json:"name,omitempty" doc:"what the vehicle shows; the id when left out"`
	Type     string     `json:"type,omitempty" enum:"bus,tram,metro,rail,ferry" doc:"bus when left out; the others need minutes or speed_kmh"`
	Stops    []LineStop `json:"stops" required:"true" minitems:"2" maxitems:"200" doc:"in the order of travel"`
	Hours    string     `json:"hours" required:"true" format:"hours" doc:"days with the first and the last departure from the first stop, such as Mo-Fr 07:00-19:00; with both_ways from the last stop too"`
	Every    int        `json:"every" required:"true" min:"1" max:"1440" doc:"minutes from one departure to the next"`
	Minutes  []int      `json:"minutes,omitempty" minitems:"1" maxitems:"199" doc:"from each stop to the next; as a car takes, and a quarter more, when left out"`
	SpeedKmh float64    `json:"speed_kmh,omitempty" min:"1" max:"400" doc:"in place of minutes: along the roads for buses, straight on for others"`
	BothWays *bool      `json:"both_ways,omitempty" doc:"it comes back the same way, at the same times; true when left out"`
}

// LineStop is where a line calls: a new stop, or one of the timetable.
type LineStop struct {
	_       struct{} `oneof:"at|commune|stop"`
	Stop    string   `json:"stop,omitempty" doc:"id of a stop of the timetable"`
	ID      string   `json:"id,omitempty" pattern:"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$" doc:"of a new stop: letters, digits, dots, colons and hyphens; the line's with -1, -2, … behind when left out"`
	Name    string   `json:"name,omitempty" doc:"of a new stop; its id when left out"`
	At      *Point   `json:"at,omitempty" doc:"[longitude, latitude] in degrees"`
	Commune string   `json:"commune,omitempty" doc:"INSEE code or name: at its town hall, or else in the middle of where its people live"`
}

// Stop has a line call at one more place, on its way between two of its stops.
type Stop struct {
	Line    string   `json:"line" required:"true" doc:"id of a route of the timetable"`
	ID      string   `json:"id" required:"true" pattern:"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$" doc:"a new id of letters, digits, dots, colons and hyphens"`
	Name    string   `json:"name,omitempty" doc:"what people call it; the id when left out"`
	At      *Point   `json:"at" required:"true" doc:"[longitude, latitude] in degrees"`
	Between []string `json:"between,omitempty" minitems:"2" maxitems:"2" doc:"ids of two stops that the line calls at one after the other, in any order; those with the least detour when left out"`
}

// Point is a longitude and a latitude in degrees.
type Point [2]float64

// ID is the hex SHA-256 of the scenario's changes in one canonical spelling, 64
// characters: the same for YAML and JSON, and however hours, one service in a list
// or numbers are written. Its name and note, and all costs, are no part of it,
// since no answer depends on them. The id says what is asked for, not what it comes
// to in a territory: a commune is hashed as it is named.
func (sc *Scenario) ID() string {
	changes := sc.Changes
	if spelt, err := sc.checked(); err == nil {
		changes = slices.Clone(spelt.Changes)
	}
	for i, c := range changes {
		if c.Create != nil {
			free := *c.Create
			free.Cost = nil
			if len(free.Services) == 1 {
				free.Service, free.Services = free.Services[0], nil
			}
			changes[i].Create = &free
		}
	}
	text, err := json.Marshal(append([]Change{}, changes...))
	if err != nil {
		panic("scenario: changes do not encode: " + err.Error()) // texts and finite numbers always do
	}
	sum := sha256.Sum256(append([]byte("maillage scenario 1\n"), text...))
	return hex.EncodeToString(sum[:])
}

// Empty says that nothing is changed.
func (sc *Scenario) Empty() bool { return sc == nil || len(sc.Changes) == 0 }

// Costs are what the scenario costs: Cost, or else the sum of what its created
// facilities cost; nil where nobody says.
func (sc *Scenario) Costs() *Cost {
	if sc.Cost != nil {
		return sc.Cost
	}
	var sum *Cost
	add := func(to **geodata.Amount, a *geodata.Amount) {
		if a == nil {
			return
		}
		if *to == nil {
			*to = new(geodata.Amount)
		}
		**to += *a
	}
	for _, c := range sc.Changes {
		if c.Create == nil || c.Create.Cost == nil {
			continue
		}
		if sum == nil {
			sum = new(Cost)
		}
		add(&sum.Investment, c.Create.Cost.Investment)
		add(&sum.Yearly, c.Create.Cost.Yearly)
	}
	return sum
}

// checked is the scenario as Parse reads it. One that a program made, or added to,
// is spelt and parsed, so that all of them are checked alike.
func (sc *Scenario) checked() (*Scenario, error) {
	if !slices.ContainsFunc(sc.Changes, func(c Change) bool { return c.line == 0 }) {
		return sc, nil
	}
	whole := *sc
	if whole.Changes == nil {
		whole.Changes = []Change{}
	}
	text, err := json.Marshal(whole)
	if err != nil {
		return nil, err
	}
	spelt, err := Parse("", text)
	if problems := (Problems)(nil); errors.As(err, &problems) {
		for i := range problems {
			problems[i].Line = 0
		}
		return nil, problems
	}
	for i := range spelt.Changes {
		spelt.Changes[i].line, spelt.Changes[i].lines = 0, nil
	}
	return spelt, nil
}
