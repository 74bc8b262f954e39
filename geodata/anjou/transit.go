package anjou

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/maillage/maillage/geodata"
)

// What all of the modelled transport says of itself.
const (
	invented  = "modélisé pour la démonstration"
	agency    = "maillage"
	firstDay  = geodata.Date(20260901)
	lastDay   = geodata.Date(20270831)
	trainType = 2 // of GTFS
	busType   = 3
)

// publicHolidays of France between the first and the last day, on which nothing runs.
var publicHolidays = []geodata.Date{20261101, 20261111, 20261225, 20270101, 20270329, 20270501, 20270506, 20270508, 20270517, 20270714, 20270815}

// transitLine is a line of lines.csv.
type transitLine struct {
	name  string
	train bool
	calls []halt
}

// halt is where a line stops.
type halt struct {
	id, name, place string
	at              point
}

// timetable is the network of lines.csv, with a trip for each departure of
// departures.csv and direction. The time from stop to stop is that of the way by main
// road, of trains the straight line, at a steady speed, in whole minutes, rounded up.
func timetable(communes []*commune) (*geodata.Timetable, error) {
	lines, err := readLines(communes)
	if err != nil {
		return nil, err
	}
	departures, err := readDepartures()
	if err != nil {
		return nil, err
	}
	roads, err := readRoads(communes)
	if err != nil {
		return nil, err
	}
	t := &geodata.Timetable{
		Zone:     "Europe/Paris",
		Agencies: []geodata.Agency{{ID: agency, Name: "Réseau " + invented, URL: "https://github.com/maillage/maillage"}},
		Services: []geodata.TransitService{
			{ID: "saturday", Week: [7]bool{5: true}, First: firstDay, Last: lastDay, Removed: publicHolidays},
			{ID: "school", Week: [7]bool{true, true, false, true, true}, First: firstDay, Last: lastDay, Removed: publicHolidays},
			{ID: "week", Week: [7]bool{true, true, true, true, true}, First: firstDay, Last: lastDay, Removed: publicHolidays},
		},
	}
	stops := map[string]int32{}
	for _, l := range lines {
		for _, h := range l.calls {
			if _, known := stops[h.id]; known {
				continue
			}
			where, err := h.at.lonLat()
			if err != nil {
				return nil, at(h.name, err)
			}
			stops[h.id] = int32(len(t.Stops))
			t.Stops = append(t.Stops, geodata.Stop{ID: h.id, Name: h.name, Location: where})
		}
	}
	for _, l := range lines {
		t.Routes = append(t.Routes, l.route())
		there := l.minutes(roads)
		back := slices.Clone(there)
		slices.Reverse(back)
		for _, d := range departures {
			if d.main != l.main() {
				continue
			}
			t.Trips = append(t.Trips, l.trip(d, "aller", l.calls, there, stops), l.trip(d, "retour", reversed(l.calls), back, stops))
		}
	}
	t.Sort()
	return t, nil
}

func reversed(calls []halt) []halt {
	out := slices.Clone(calls)
	slices.Reverse(out)
	return out
}

// main lines run more often.
func (l *transitLine) main() bool { return slices.Contains([]string{"TER", "1", "2", "3"}, l.name) }

func (l *transitLine) route() geodata.Route {
	r := geodata.Route{ID: "ligne-" + l.name, Agency: agency, Short: l.name, Type: busType, Colour: "0072b2",
		Long: l.calls[0].name + " – " + l.calls[len(l.calls)-1].name + " (" + invented + ")"}
	if l.train {
		r.Type, r.Colour = trainType, "882255"
	}
	return r
}

// minutes are those from each stop to the next.
func (l *transitLine) minutes(roads []road) []int32 {
	names := make([]string, len(l.calls))
	for i, h := range l.calls {
		names[i] = h.place
	}
	along, speed := roadDistances(names, roads), busSpeed
	if l.train {
		speed = trainSpeed
	}
	out := make([]int32, len(l.calls)-1)
	for i := range out {
		metres := distance(l.calls[i].at, l.calls[i+1].at)
		if way := along[i][i+1]; !l.train && way <= poorLink*metres {
			metres = way
		} else if !l.train {
			metres *= detour
		}
		// Whole metres first: they are the same on every machine.
		out[i] = int32(math.Ceil(math.Round(metres) * 60 / 1000 / speed))
	}
	return out
}

// departure is a row of departures.csv.
type departure struct {
	main   bool
	days   string
	minute int
}

func (l *transitLine) trip(d departure, direction string, calls []halt, minutes []int32, stops map[string]int32) geodata.Trip {
	clock := strconv.Itoa(100*(d.minute/60) + d.minute%60)
	trip := geodata.Trip{ID: "ligne-" + l.name + "-" + direction + "-" + d.days + "-" + strings.Repeat("0", 4-len(clock)) + clock,
		Route: "ligne-" + l.name, Service: d.days, Headsign: calls[len(calls)-1].name}
	now := int32(60 * d.minute)
	for i, h := range calls {
		if i > 0 {
			now += 60 * minutes[i-1]
		}
		trip.Calls = append(trip.Calls, geodata.Call{Stop: stops[h.id], Arrival: now, Departure: now})
	}
	return trip
}

// withTowns adds the towns beyond the frame, where lines end.
func withTowns(communes []*commune) (map[string]*commune, error) {
	byCode := index(communes)
	err := read("neighbours.csv", func(r record) {
		if _, inside := byCode[r.text("insee")]; !inside {
			byCode[r.text("insee")] = &commune{insee: r.text("insee"), name: r.text("name"), bourg: r.place("bourg_lon", "bourg_lat")}
		}
	})
	return byCode, err
}

// readLines returns the lines in the order of the table.
func readLines(communes []*commune) ([]transitLine, error) {
	byCode, err := withTowns(communes)
	if err != nil {
		return nil, err
	}
	var lines []transitLine
	err = read("lines.csv", func(r record) {
		c, ok := byCode[r.text("insee")]
		if !ok {
			r.fail("insee", "no such commune")
			return
		}
		train := r.text("kind") == "train"
		h := halt{name: r.text("stop"), place: c.insee + " " + r.text("place"), at: c.bourg, id: "arret-" + c.insee}
		if train {
			h.id = "gare-" + c.insee
		}
		if found := slices.IndexFunc(c.settlements, func(s settlement) bool { return s.name == r.text("place") }); found >= 0 && (train || r.text("place") != c.name) {
			h.at = c.settlements[found].at
		} else if r.text("place") != c.name {
			r.fail("place", "neither the commune nor a settlement of it")
		}
		if !train && r.text("place") != c.name {
			h.id += "-" + strings.ToLower(r.text("place"))
		}
		if name := r.text("line"); len(lines) == 0 || lines[len(lines)-1].name != name {
			lines = append(lines, transitLine{name: name, train: train})
		}
		k := len(lines) - 1
		lines[k].calls = append(lines[k].calls, h)
	})
	return lines, err
}

func readDepartures() ([]departure, error) {
	var out []departure
	err := read("departures.csv", func(r record) {
		minute, err := geodata.ParseClock(r.text("time"))
		if err != nil {
			r.fail("time", err.Error())
		}
		out = append(out, departure{main: r.text("lines") == "main", days: r.text("days"), minute: minute})
	})
	return out, err
}

// onDemand is one service that fetches people in all of the 17 communes.
func onDemand(communes []*commune) ([]geodata.OnDemand, error) {
	hours, err := geodata.ParseWeeklyHours("Mo-Fr 08:00-18:00")
	if err != nil {
		return nil, err
	}
	d := geodata.OnDemand{ID: "tad", Name: "Transport à la demande (" + invented + ")", Hours: *hours, Wait: 20, Booking: 24 * 60, Detour: 140,
		Note: "Service inventé pour la démonstration : à réserver la veille.", Source: "Maillage, modèle"}
	for _, c := range communes {
		if c.study {
			d.From = append(d.From, c.insee)
		}
	}
	return []geodata.OnDemand{d}, nil
}
