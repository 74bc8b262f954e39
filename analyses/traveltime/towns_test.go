package traveltime

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata/profile"
	"github.com/maillage/maillage/internal/towntest"
)

// simple is a profile whose times can be told at a glance: residential streets
// at 36 km/h take 10 s a hundred metres, motorways at 108 km/h a third of that,
// walking at 3.6 km/h takes a second a metre. Drawings are 100 m a character.
const simple = `
mode: car
max_speed: 108
walk_speed: 3.6
max_access: 250
access: {general: [access], own: [motorcar], values: {"yes": open, "no": closed}}
oneway: {keys: [oneway], implied: true}
classes:
  residential: {speed: 36}
  motorway: {speed: 108, oneway: true, no_snap: true}
  ferry: {speed: 36, no_snap: true}
nodes:
  barrier: {bollard: no, gate: 7}
restrictions: {keys: [restriction], except: [motorcar]}
`

func simpleProfile(t testing.TB) *profile.Profile {
	t.Helper()
	p, err := profile.Parse(strings.NewReader(simple))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func network(t testing.TB, town towntest.Town) *Network {
	t.Helper()
	roads := town.Roads()
	n, err := NewNetwork(context.Background(), &roads, simpleProfile(t))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// ask returns the time from a home to a facility to a tenth of a second, or the
// state, by both the matrix and the nearest search, which must agree.
func ask(t *testing.T, n *Network, home, facility orb.Point) string {
	t.Helper()
	from, to := n.Places([]orb.Point{home}), n.Places([]orb.Point{facility})
	var got Time
	if err := n.Matrix(context.Background(), from, to, func(_ int, row []Time) error { got = row[0]; return nil }); err != nil {
		t.Fatal(err)
	}
	nearest, who, err := n.Nearest(context.Background(), from, to)
	if err != nil {
		t.Fatal(err)
	}
	if nearest[0] != got || (who[0] == 0) != got.Reached() {
		t.Errorf("nearest says %d (facility %d), the matrix %d", nearest[0], who[0], got)
	}
	if s, ok := got.Seconds(); ok {
		return fmt.Sprintf("%.1f", s)
	}
	return got.State()
}

func TestTowns(t *testing.T) {
	square := `
A----B
|    |
C----D----E`
	crossing := `
     N
     |
W----X----E
     |
     S`
	cases := []struct {
		name string
		town towntest.Town
		// home and facility are letters, or "A+2,1" for 2 columns right and 1 row down of A.
		home, facility, want string
	}{
		{"along a street", towntest.Town{Drawing: `A----B`, Ways: map[string]string{"AB": "highway=residential"}}, "A", "B", "50.0"},
		{"joins in the middle of an edge", towntest.Town{Drawing: `A----B`, Ways: map[string]string{"AB": "highway=residential"}}, "A+1,0", "A+4,0", "30.0"},
		{"walks to the street and from it", towntest.Town{Drawing: `A----B`, Ways: map[string]string{"AB": "highway=residential"}}, "A+1,1", "A+4,-1", "230.0"},
		{"too far from any road", towntest.Town{Drawing: `A----B`, Ways: map[string]string{"AB": "highway=residential"}}, "A+1,3", "B", "off_network"},
		{"a facility off the network is reached by nobody", towntest.Town{Drawing: `A----B`, Ways: map[string]string{"AB": "highway=residential"}}, "A", "A+1,3", "unreachable"},
		{"the shorter way round", towntest.Town{Drawing: square, Ways: map[string]string{"ABDCA": "highway=residential", "DE": "highway=residential"}}, "A", "E", "120.0"},
		{"a one-way street must be gone round", towntest.Town{Drawing: square, Ways: map[string]string{"ABDCA": "highway=residential oneway=yes", "DE": "highway=residential"}}, "C", "D", "90.0"},
		{"and is direct the other way", towntest.Town{Drawing: square, Ways: map[string]string{"ABDCA": "highway=residential oneway=yes", "DE": "highway=residential"}}, "D", "C", "50.0"},
		{"a home just past the facility on a one-way goes round", towntest.Town{Drawing: square, Ways: map[string]string{"ABDCA": "highway=residential oneway=yes", "DE": "highway=residential"}}, "A+3,0", "A+1,0", "120.0"},
		{"a roundabout is one-way", towntest.Town{Drawing: square, Ways: map[string]string{"ABDCA": "highway=residential oneway=yes junction=roundabout", "DE": "highway=residential"}}, "A", "B", "50.0"},
		{"a bollard closes a street", towntest.Town{Drawing: square, Ways: map[string]string{"ABDCA": "highway=residential", "DE": "highway=residential"}, Nodes: map[string]string{"D": "barrier=bollard"}}, "B", "C", "70.0"},
		{"a gate costs its time", towntest.Town{Drawing: `A--G--B`, Ways: map[string]string{"AGB": "highway=residential"}, Nodes: map[string]string{"G": "barrier=gate"}}, "A", "B", "67.0"},
		{"no left turn: out to the dead end and back", towntest.Town{Drawing: crossing, Ways: map[string]string{"WX": "highway=residential", "XE": "highway=residential", "NX": "highway=residential", "XS": "highway=residential"},
			Turns: map[string]string{"WX,X,NX": "restriction=no_left_turn"}}, "W", "N", "110.0"},
		{"the other turns stay allowed", towntest.Town{Drawing: crossing, Ways: map[string]string{"WX": "highway=residential", "XE": "highway=residential", "NX": "highway=residential", "XS": "highway=residential"},
			Turns: map[string]string{"WX,X,NX": "restriction=no_left_turn"}}, "E", "N", "70.0"},
		{"only straight on: no turn, no way back", towntest.Town{Drawing: crossing, Ways: map[string]string{"WX": "highway=residential", "XE": "highway=residential", "NX": "highway=residential", "XS": "highway=residential"},
			Turns: map[string]string{"WX,X,XE": "restriction=only_straight_on"}}, "W", "S", "170.0"},
		{"a restriction that excepts the mode", towntest.Town{Drawing: crossing, Ways: map[string]string{"WX": "highway=residential", "XE": "highway=residential", "NX": "highway=residential", "XS": "highway=residential"},
			Turns: map[string]string{"WX,X,NX": "restriction=no_left_turn except=motorcar"}}, "W", "N", "70.0"},
		{"a turn forbidden through a way: one turns round at E and comes back", towntest.Town{Drawing: `
A----B----C
     |
D----E----F`, Ways: map[string]string{"AB": "highway=residential", "BC": "highway=residential", "BE": "highway=residential", "DE": "highway=residential", "EF": "highway=residential"},
			Turns: map[string]string{"AB,BE,DE": "restriction=no_u_turn"}}, "A", "D", "160.0"},
		{"a motorway is used but not joined", towntest.Town{Drawing: `
A----B----C
|         |
D---------F`, Ways: map[string]string{"ABC": "highway=motorway", "CBA": "highway=motorway", "AD": "highway=residential", "CF": "highway=residential"}}, "A+1,0", "F", "153.3"},
		{"a ferry's duration counts", towntest.Town{Drawing: `
A--B-----C--D
|           |
E-----------F`, Ways: map[string]string{"AB": "highway=residential", "CD": "highway=residential", "BC": "route=ferry duration=00:01"}}, "A", "D", "120.0"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			n := network(t, c.town)
			if got := ask(t, n, spot(t, c.town, c.home), spot(t, c.town, c.facility)); got != c.want {
				t.Errorf("%s → %s: %s, want %s", c.home, c.facility, got, c.want)
			}
		})
	}
}

func spot(t *testing.T, town towntest.Town, s string) orb.Point {
	t.Helper()
	p := town.Point(s[0])
	if len(s) > 1 {
		var dx, dy float64
		if _, err := fmt.Sscanf(s[1:], "%f,%f", &dx, &dy); err != nil {
			t.Fatal(err)
		}
		o, q := town.At(0, 0), town.At(dx, dy)
		p = orb.Point{p[0] + q[0] - o[0], p[1] + q[1] - o[1]}
	}
	return p
}
