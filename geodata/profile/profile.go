package profile

import (
	"bytes"
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/maillage/maillage/geodata"
)

// Speed is a speed in metres per hour; 0 means that the mode may not go.
type Speed uint32

// Travel is what a mode may do on a way.
type Travel struct {
	// Forward and Backward are the speeds along and against the order of the way's nodes.
	Forward, Backward Speed
	// Duration is the time the whole way takes, in milliseconds, where the
	// source states it (a ferry); 0 where the speeds tell.
	Duration uint32
	// Snap says whether a journey may begin or end on the way.
	Snap bool
	// Class is the highway value, or "ferry"; empty if the mode never uses such a way.
	Class string
}

// Turn is what a restriction does to a mode.
type Turn int

// The effects of a turn restriction.
const (
	TurnNone      Turn = iota // it does not bind the mode
	TurnForbidden             // from → to is forbidden (no_*)
	TurnOnly                  // from the first way, nothing but this turn is allowed (only_*)
)

// Profile holds the rules of one mode. It is immutable and safe for concurrent use.
type Profile struct {
	rules   rules
	lengths bool // see Lengths
}

// Mode returns the name of the mode: "car".
func (p *Profile) Mode() string { return p.rules.Mode }

// WalkSpeed is the speed at which people reach the network and leave it.
func (p *Profile) WalkSpeed() Speed { return Speed(p.rules.WalkSpeed) }

// MaxAccess is the distance in metres beyond which a place is off the network.
func (p *Profile) MaxAccess() int { return p.rules.MaxAccess }

// MaxSpeed is the speed no way exceeds.
func (p *Profile) MaxSpeed() Speed { return Speed(p.rules.MaxSpeed) }

var modes = []string{"car", "bike", "foot"}

//go:embed car.yaml bike.yaml foot.yaml limits.yaml
var files embed.FS

// Modes lists the modes that For knows.
func Modes() []string { return slices.Clone(modes) }

// For returns the profile of a mode. The error of an unknown one lists the modes.
func For(mode string) (*Profile, error) {
	if !slices.Contains(modes, mode) {
		return nil, fmt.Errorf("unknown mode %q: want one of %s", mode, strings.Join(modes, ", "))
	}
	text, err := files.ReadFile(mode + ".yaml")
	if err != nil {
		return nil, err
	}
	p, err := Parse(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s.yaml: %w", mode, err)
	}
	return p, nil
}

// Way says what the mode may do on a way with these tags.
func (p *Profile) Way(tags geodata.Tags) Travel {
	name := tags.Get("highway")
	if tags.Get("route") == "ferry" {
		name = "ferry"
	}
	c, ok := p.rules.Classes[name]
	if !ok {
		return Travel{}
	}
	t := Travel{Class: name}
	if anyTag(p.rules.ClosedBy, tags) {
		return t
	}
	forward, backward := p.directions(tags, c)
	if forward {
		t.Forward = p.speed(tags, c, ":forward")
	}
	if backward {
		t.Backward = p.speed(tags, c, ":backward")
	}
	if t.Forward == 0 && t.Backward == 0 {
		return t
	}
	t.Snap = !c.NoSnap && tags.Get("tunnel") != "yes" && tags.Get("motorroad") != "yes"
	if name == "ferry" {
		t.Snap = false
		if !p.lengths {
			t.Duration = duration(tags.Get("duration"))
		}
	}
	return t
}

// speed is the speed in one direction (":forward" or ":backward"), 0 if access is refused.
func (p *Profile) speed(tags geodata.Tags, c class, direction string) Speed {
	verdict, own := p.access(tags, direction)
	open := !c.Closed || own || anyTag(c.OpenedBy, tags)
	if verdict == closed || !open {
		return 0
	}
	s := c.Speed
	if own && verdict == opened && c.OwnSpeed > 0 {
		s = c.OwnSpeed
	}
	if c.Factor > 0 {
		if limit, ok := postedLimit(tags, direction); ok {
			top := c.Top
			if top == 0 {
				top = s
			}
			s = min(top, kmh(uint64(limit)*uint64(c.Factor)/100))
		}
	}
	for key, caps := range p.rules.Caps {
		if most, ok := caps[tags.Get(key)]; ok {
			s = min(s, kmh(most))
		}
	}
	if verdict == pushed {
		s = min(s, p.rules.PushSpeed)
	}
	return Speed(min(s, p.rules.MaxSpeed))
}

// access finds the verdict of the most specific access key with a known value;
// own says whether that key is the mode's own. A key with a direction
// (vehicle:backward) is more specific than the same key without.
func (p *Profile) access(tags geodata.Tags, direction string) (v verdict, own bool) {
	of := func(keys []string) verdict {
		for _, key := range slices.Backward(keys) {
			if direction != "" {
				if v := p.rules.Access.Values[tags.Get(key+direction)]; v != unsaid {
					return v
				}
			}
			if v := p.rules.Access.Values[tags.Get(key)]; v != unsaid {
				return v
			}
		}
		return unsaid
	}
	if v := of(p.rules.Access.Own); v != unsaid {
		return v, true
	}
	return of(p.rules.Access.General), false
}

// directions says which directions the one-way tags leave open to the mode.
func (p *Profile) directions(tags geodata.Tags, c class) (forward, backward bool) {
	for _, key := range slices.Backward(p.rules.Oneway.Keys) {
		forward, backward, known := onewayValue(tags.Get(key))
		if !known {
			continue
		}
		if key == "oneway" && p.rules.Oneway.Contraflow && forward != backward && hasContraflow(tags) {
			return true, true
		}
		return forward, backward
	}
	if !p.rules.Oneway.Implied {
		return true, true
	}
	junction := tags.Get("junction")
	implied := c.Oneway || junction == "roundabout" || junction == "circular"
	return true, !implied || p.rules.Oneway.Contraflow && hasContraflow(tags)
}

func onewayValue(v string) (forward, backward, known bool) {
	switch v {
	case "yes", "true", "1":
		return true, false, true
	case "-1", "reverse":
		return false, true, true
	case "no", "false", "0", "alternating":
		return true, true, true
	case "reversible":
		// The direction changes with the hour: no direction can be relied on.
		return false, false, true
	}
	return false, false, false
}

// hasContraflow says whether cyclists have a lane or a track against the one-way.
func hasContraflow(tags geodata.Tags) bool {
	for _, key := range []string{"cycleway", "cycleway:left", "cycleway:right", "cycleway:both"} {
		if strings.HasPrefix(tags.Get(key), "opposite") {
			return true
		}
		if v := tags.Get(key + ":oneway"); v == "no" || v == "-1" {
			return true
		}
	}
	return false
}

// Node says whether the mode can pass a node, and the delay there in
// milliseconds. The mode's own access key decides first, then a general one
// that closes, then a lock, then what stands there.
func (p *Profile) Node(tags geodata.Tags) (passable bool, delayMillis uint32) {
	physical, delay := true, uint32(0)
	for key, values := range p.rules.Nodes {
		value := tags.Get(key)
		if value == "" || value == "no" {
			continue
		}
		pass, ok := values[value]
		if !ok {
			pass = values["*"]
		}
		physical = physical && !pass.Closed
		delay += pass.Delay
	}
	verdict, own := p.access(tags, "")
	switch {
	case verdict == closed:
		return false, 0
	case own:
		return true, delay
	case tags.Get("locked") == "yes":
		return false, 0
	case !physical:
		return false, 0
	}
	return true, delay
}

// Restriction says what a turn restriction with these tags does to the mode.
// Conditional restrictions (at some hours) do not bind.
func (p *Profile) Restriction(tags geodata.Tags) Turn {
	for key := range strings.SplitSeq(tags.Get("except"), ";") {
		if slices.Contains(p.rules.Restrictions.Except, strings.TrimSpace(key)) {
			return TurnNone
		}
	}
	for _, key := range slices.Backward(p.rules.Restrictions.Keys) {
		switch value := tags.Get(key); {
		case strings.HasPrefix(value, "no_"):
			return TurnForbidden
		case strings.HasPrefix(value, "only_"):
			return TurnOnly
		case value == "none" || value == "no":
			return TurnNone
		}
	}
	return TurnNone
}

// anyTag says whether one of the tags has one of the values listed for its key.
func anyTag(lists map[string][]string, tags geodata.Tags) bool {
	for key, values := range lists {
		if v := tags.Get(key); v != "" && slices.Contains(values, v) {
			return true
		}
	}
	return false
}
