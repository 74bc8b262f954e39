package profile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/maillage/maillage/geodata"
)

// ways lists sets of tags and what each mode does there: the speeds along and
// against the line in km/h (- where it may not go, one number for both), then
// "!" where no journey may begin.
const ways = `
# tags                                             | car       | bike    | foot

# Class defaults, without a posted limit
highway=motorway                                   | 110/- !   | -       | -
highway=motorway_link                              | 60 !      | -       | -
highway=trunk                                      | 80        | 15      | 5
highway=primary                                    | 65        | 15      | 5
highway=secondary                                  | 55        | 15      | 5
highway=tertiary                                   | 43        | 15      | 5
highway=unclassified                               | 30        | 15      | 5
highway=residential                                | 28        | 15      | 5
highway=living_street                              | 12        | 15      | 5
highway=service                                    | 17        | 15      | 5
highway=road                                       | 30        | 15      | 5
highway=pedestrian                                 | -         | 4       | 5
highway=footway                                    | -         | 4       | 5
highway=cycleway                                   | -         | 15      | -
highway=path                                       | -         | 13      | 5
highway=bridleway                                  | -         | -       | -
highway=steps                                      | -         | -       | 3
highway=track                                      | -         | 12      | 5
highway=raceway                                    | -         | -       | -
name=Rue du Port                                   | -         | -       | -

# Posted limits: 85 % of the limit (90 motorway), at most the class's top
highway=motorway maxspeed=130                      | 117/- !   | -       | -
highway=motorway maxspeed=none                     | 117/- !   | -       | -
highway=motorway maxspeed=110                      | 99/- !    | -       | -
highway=trunk maxspeed=110                         | 93.5      | 15      | 5
highway=secondary maxspeed=80                      | 68        | 15      | 5
highway=secondary maxspeed=90                      | 76.5      | 15      | 5
highway=secondary maxspeed=50                      | 42.5      | 15      | 5
highway=residential maxspeed=30                    | 25.5      | 15      | 5
highway=residential maxspeed=90                    | 50        | 15      | 5
highway=residential maxspeed=10                    | 8.5       | 10      | 5
highway=secondary maxspeed=FR:rural                | 68        | 15      | 5
highway=secondary source:maxspeed=FR:urban         | 42.5      | 15      | 5
highway=residential zone:maxspeed=FR:30            | 25.5      | 15      | 5
highway=secondary maxspeed=50 source:maxspeed=FR:rural | 42.5  | 15      | 5
highway=secondary maxspeed=signals                 | 55        | 15      | 5
highway=secondary maxspeed:forward=50 maxspeed:backward=80 | 42.5/68 | 15 | 5
highway=secondary maxspeed=80 maxspeed:backward=50 | 68/42.5   | 15      | 5

# One-ways
highway=residential oneway=yes                     | 28/-      | 15/-    | 5
highway=residential oneway=true                    | 28/-      | 15/-    | 5
highway=residential oneway=1                       | 28/-      | 15/-    | 5
highway=residential oneway=-1                      | -/28      | -/15    | 5
highway=residential oneway=reverse                 | -/28      | -/15    | 5
highway=residential oneway=reversible              | -         | -       | 5
highway=residential oneway=alternating             | 28        | 15      | 5
highway=residential oneway=maybe                   | 28        | 15      | 5
highway=motorway oneway=no                         | 110 !     | -       | -
highway=motorway_link oneway=yes                   | 60/- !    | -       | -
highway=residential junction=roundabout            | 28/-      | 15/-    | 5
highway=residential junction=circular              | 28/-      | 15/-    | 5
highway=residential junction=roundabout oneway=no  | 28        | 15      | 5
highway=residential oneway=yes oneway:bicycle=no   | 28/-      | 15      | 5
highway=residential oneway=yes cycleway=opposite   | 28/-      | 15      | 5
highway=residential oneway=yes cycleway:left=opposite_lane | 28/- | 15   | 5
highway=residential oneway=-1 cycleway=opposite_track | -/28   | 15      | 5
highway=residential oneway=yes cycleway:left:oneway=-1 | 28/-  | 15      | 5
highway=residential oneway=yes cycleway:both:oneway=no | 28/-  | 15      | 5
highway=residential oneway=yes cycleway:right=lane | 28/-      | 15/-    | 5
highway=residential oneway=yes cycleway=opposite oneway:bicycle=yes | 28/- | 15/- | 5
highway=footway oneway:foot=yes                    | -         | 4       | 5/-

# Access, from the general to the particular
highway=residential access=no                      | -         | -       | -
highway=residential access=private                 | -         | -       | -
highway=residential access=destination             | 28        | 15      | 5
highway=residential access=customers               | 28        | 15      | 5
highway=residential access=permissive              | 28        | 15      | 5
highway=residential access=unknown                 | 28        | 15      | 5
highway=residential access=no motorcar=yes         | 28        | -       | -
highway=residential access=no vehicle=yes          | 28        | 15      | -
highway=residential access=no foot=yes             | -         | -       | 5
highway=residential vehicle=no                     | -         | -       | 5
highway=residential vehicle=no bicycle=yes         | -         | 15      | 5
highway=residential motor_vehicle=no               | -         | 15      | 5
highway=residential motor_vehicle=no motorcar=yes  | 28        | 15      | 5
highway=residential motor_vehicle=agricultural     | -         | 15      | 5
highway=residential motor_vehicle=forestry         | -         | 15      | 5
highway=residential access=military                | -         | -       | -
highway=residential bicycle=use_sidepath           | 28        | -       | 5
highway=residential vehicle:backward=no            | 28/-      | 15/-    | 5
highway=residential vehicle=no vehicle:forward=destination | 28/- | 15/- | 5
highway=service access=private service=driveway    | -         | -       | -
highway=service service=driveway                   | 12        | 15      | 5
highway=service service=parking_aisle              | 15        | 15      | 5
highway=service service=emergency_access           | -         | 15      | 5
highway=trunk motorroad=yes                        | 80 !      | -       | -
highway=primary tunnel=yes                         | 65 !      | 15 !    | 5 !

# A class closed to a mode opens by the mode's own key only
highway=footway bicycle=yes                        | -         | 12      | 5
highway=footway bicycle=designated                 | -         | 12      | 5
highway=footway bicycle=dismount                   | -         | 4       | 5
highway=footway bicycle=no                         | -         | -       | 5
highway=cycleway foot=yes                          | -         | 15      | 5
highway=cycleway access=yes                        | -         | 15      | -
highway=path bicycle=dismount                      | -         | 4       | 5
highway=path motor_vehicle=yes                     | -         | 13      | 5
highway=bridleway bicycle=yes foot=yes             | -         | 12      | 5
highway=pedestrian motor_vehicle=destination       | 6         | 4       | 5
highway=pedestrian access=yes                      | -         | 4       | 5

# Tracks and surfaces
highway=track tracktype=grade1                     | 15        | 12      | 5
highway=track tracktype=grade2                     | 15        | 12      | 5
highway=track tracktype=grade3                     | -         | 10      | 5
highway=track tracktype=grade5                     | -         | 6       | 5
highway=track tracktype=grade1 motor_vehicle=agricultural | -  | 12      | 5
highway=track motor_vehicle=yes                    | 15        | 12      | 5
highway=track tracktype=grade5 motor_vehicle=yes surface=mud | 10 | 3    | 3
highway=secondary surface=gravel                   | 40        | 6       | 5
highway=secondary surface=asphalt                  | 55        | 15      | 5
highway=secondary maxspeed=80 surface=sett         | 40        | 9       | 5
highway=secondary smoothness=impassable            | -         | -       | 5
highway=pedestrian area=yes motor_vehicle=yes      | -         | 4       | 5

# Ferries
route=ferry                                        | -         | 5 !     | 5 !
route=ferry motor_vehicle=yes                      | 5 !       | 5 !     | 5 !
route=ferry motorcar=yes foot=no                   | 5 !       | 5 !     | -
route=ferry bicycle=no                             | -         | -       | 5 !
`

func TestWays(t *testing.T) {
	for line := range strings.Lines(ways) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "|")
		tags := parseTags(cells[0])
		for i, mode := range Modes() {
			if got, want := describe(load(t, mode).Way(tags)), strings.Join(strings.Fields(cells[i+1]), " "); got != want {
				t.Errorf("%s: %s: got %s, want %s", strings.TrimSpace(cells[0]), mode, got, want)
			}
		}
	}
}

func load(t testing.TB, mode string) *Profile {
	t.Helper()
	p, err := For(mode)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// parseTags reads "key=value key=value"; a word without = goes on with the value before.
func parseTags(text string) geodata.Tags {
	var tags geodata.Tags
	for _, word := range strings.Fields(text) {
		key, value, ok := strings.Cut(word, "=")
		if !ok {
			tags[len(tags)-1].Value += " " + word
			continue
		}
		tags = append(tags, geodata.Tag{Key: key, Value: value})
	}
	slices.SortFunc(tags, func(a, b geodata.Tag) int { return strings.Compare(a.Key, b.Key) })
	return tags
}

// describe writes a Travel as in the table.
func describe(t Travel) string {
	speed := func(s Speed) string {
		if s == 0 {
			return "-"
		}
		return strconv.FormatFloat(float64(s)/1000, 'f', -1, 64)
	}
	text := speed(t.Forward)
	if t.Forward != t.Backward {
		text += "/" + speed(t.Backward)
	}
	if t.Forward+t.Backward > 0 && !t.Snap {
		text += " !"
	}
	return text
}

func TestClassNamesTheRoadEvenWhereAccessIsRefused(t *testing.T) {
	car := load(t, "car")
	for tags, want := range map[string]string{
		"highway=residential":            "residential",
		"highway=residential access=no":  "residential",
		"route=ferry motor_vehicle=yes":  "ferry",
		"highway=primary route=ferry":    "ferry",
		"highway=steps":                  "",
		"highway=something_from_nowhere": "",
	} {
		if got := car.Way(parseTags(tags)).Class; got != want {
			t.Errorf("%s: class %q, want %q", tags, got, want)
		}
	}
}

func TestFerryDuration(t *testing.T) {
	foot := load(t, "foot")
	for value, want := range map[string]uint32{
		"20": 20 * 60e3, "00:20": 20 * 60e3, "1:05:30": 3930e3, "PT1H20M": 4800e3, "PT45S": 45e3,
		"": 0, "soon": 0, "1:75": 0, "-5": 0, "25:00": 0, "PT": 0, "PT5": 0, "1:2:3:4": 0, "PT1M1H": 0,
	} {
		tags := geodata.Tags{{Key: "duration", Value: value}, {Key: "route", Value: "ferry"}}
		if got := foot.Way(tags).Duration; got != want {
			t.Errorf("duration=%s: %d ms, want %d", value, got, want)
		}
	}
	if got := foot.Way(parseTags("duration=20 highway=footway")).Duration; got != 0 {
		t.Errorf("a footway takes its time from its speed, not %d ms", got)
	}
}

func TestNodes(t *testing.T) {
	// tags | car | bike | foot: the delay in seconds, or - where it stops the mode.
	const nodes = `
	barrier=bollard                         | -  | 0  | 0
	barrier=bollard motorcar=yes            | 0  | 0  | 0
	barrier=bollard access=yes              | -  | 0  | 0
	barrier=bollard bicycle=no              | -  | -  | 0
	barrier=gate                            | 30 | 10 | 5
	barrier=gate access=private             | -  | -  | -
	barrier=gate access=no foot=yes         | -  | -  | 5
	barrier=gate locked=yes                 | -  | -  | -
	barrier=gate locked=yes bicycle=yes     | -  | 10 | -
	barrier=lift_gate                       | 30 | 5  | 0
	barrier=lift_gate motor_vehicle=private | -  | 5  | 0
	barrier=toll_booth                      | 15 | 0  | 0
	barrier=cattle_grid                     | 0  | 0  | 0
	barrier=kerb                            | 0  | 0  | 0
	barrier=block                           | -  | 0  | 0
	barrier=cycle_barrier                   | -  | 5  | 0
	barrier=stile                           | -  | 20 | 10
	barrier=wall                            | -  | -  | -
	barrier=no                              | 0  | 0  | 0
	barrier=something_new                   | -  | 0  | 0
	highway=traffic_signals                 | 2  | 2  | 2
	ford=yes                                | 10 | 10 | 10
	ford=no                                 | 0  | 0  | 0
	ford=stepping_stones                    | -  | 20 | 10
	barrier=gate highway=traffic_signals    | 32 | 12 | 7
	`
	for line := range strings.Lines(nodes) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		for i, mode := range Modes() {
			passable, delay := load(t, mode).Node(parseTags(cells[0]))
			got := "-"
			if passable {
				got = fmt.Sprint(float64(delay) / 1000)
			}
			if want := strings.TrimSpace(cells[i+1]); got != want {
				t.Errorf("%s: %s: got %s, want %s", strings.TrimSpace(cells[0]), mode, got, want)
			}
		}
	}
}

func TestRestrictions(t *testing.T) {
	names := map[Turn]string{TurnNone: "-", TurnForbidden: "no", TurnOnly: "only"}
	const restrictions = `
	restriction=no_left_turn                              | no   | no   | -
	restriction=no_u_turn                                 | no   | no   | -
	restriction=only_straight_on                          | only | only | -
	restriction=no_left_turn except=bicycle               | no   | -    | -
	restriction=no_left_turn except=psv;motorcar          | -    | no   | -
	restriction:hgv=no_left_turn                          | -    | -    | -
	restriction:motorcar=no_left_turn                     | no   | -    | -
	restriction:bicycle=no_right_turn                     | -    | no   | -
	restriction:foot=no_straight_on                       | -    | -    | no
	restriction=no_left_turn restriction:bicycle=none     | no   | -    | -
	restriction=no_left_turn restriction:motorcar=only_right_turn | only | no | -
	restriction=give_way                                  | -    | -    | -
	except=motorcar                                       | -    | -    | -
	`
	for line := range strings.Lines(restrictions) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		for i, mode := range Modes() {
			got := names[load(t, mode).Restriction(parseTags(cells[0]))]
			if want := strings.TrimSpace(cells[i+1]); got != want {
				t.Errorf("%s: %s: got %s, want %s", strings.TrimSpace(cells[0]), mode, got, want)
			}
		}
	}
}
