package profile

import (
	"testing"

	"github.com/maillage/maillage/geodata"
)

// Whatever the tags, a way is open by its length where it is open by time, in the
// same directions, and joined alike; its speed is a millimetre in a millisecond.
func TestLengthsOpenTheSameWays(t *testing.T) {
	highways := []string{"motorway", "trunk", "primary", "residential", "service", "track", "path", "footway", "cycleway", "steps", "bridleway", "corridor", "platform", "living_street"}
	others := []geodata.Tag{{}, {Key: "access", Value: "private"}, {Key: "bicycle", Value: "dismount"}, {Key: "bicycle", Value: "yes"}, {Key: "foot", Value: "no"}, {Key: "motor_vehicle", Value: "no"},
		{Key: "surface", Value: "mud"}, {Key: "surface", Value: "sand"}, {Key: "smoothness", Value: "impassable"}, {Key: "tracktype", Value: "grade5"}, {Key: "maxspeed", Value: "30"}, {Key: "maxspeed", Value: "5"},
		{Key: "oneway", Value: "yes"}, {Key: "oneway", Value: "-1"}, {Key: "junction", Value: "roundabout"}, {Key: "tunnel", Value: "yes"}, {Key: "motorroad", Value: "yes"}}
	for _, mode := range Modes() {
		p, err := For(mode)
		if err != nil {
			t.Fatal(err)
		}
		l := p.Lengths()
		if l.ID() == p.ID() {
			t.Errorf("%s: the profile of lengths has the id of the profile", mode)
		}
		if l.WalkSpeed() != 3600 || l.MaxAccess() != p.MaxAccess() {
			t.Errorf("%s: walks at %d m/h, %d m at most", mode, l.WalkSpeed(), l.MaxAccess())
		}
		unit := func(s Speed) Speed {
			if s == 0 {
				return 0
			}
			return 3600
		}
		for _, h := range highways {
			for _, a := range others {
				for _, b := range others {
					tags := geodata.Tags{{Key: "highway", Value: h}, a, b}
					want := p.Way(tags)
					want.Forward, want.Backward = unit(want.Forward), unit(want.Backward)
					if got := l.Way(tags); got != want {
						t.Errorf("%s: %v: %+v, want %+v", mode, tags, got, want)
					}
				}
			}
		}
		ferry := geodata.Tags{{Key: "route", Value: "ferry"}, {Key: "duration", Value: "00:20"}, {Key: "motor_vehicle", Value: "yes"}, {Key: "bicycle", Value: "yes"}, {Key: "foot", Value: "yes"}}
		if by, want := p.Way(ferry), l.Way(ferry); by.Duration != 1_200_000 || want.Duration != 0 || want.Forward != 3600 {
			t.Errorf("%s: a ferry takes %+v, by its length %+v", mode, by, want)
		}
		for _, tags := range []geodata.Tags{{{Key: "barrier", Value: "gate"}}, {{Key: "barrier", Value: "bollard"}}, {{Key: "barrier", Value: "fence"}}, {{Key: "highway", Value: "traffic_signals"}}, {{Key: "ford", Value: "yes"}}} {
			passes, _ := p.Node(tags)
			if still, delay := l.Node(tags); still != passes || delay != 0 {
				t.Errorf("%s: %v passes %v after %d ms, by time %v", mode, tags, still, delay, passes)
			}
		}
	}
}
