package profile

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"gopkg.in/yaml.v3"
)

// rules is the form of a profile's file.
type rules struct {
	Mode      string `yaml:"mode"`
	MaxSpeed  kmh    `yaml:"max_speed"`
	WalkSpeed kmh    `yaml:"walk_speed"`
	PushSpeed kmh    `yaml:"push_speed"` // where the access value says push
	MaxAccess int    `yaml:"max_access"` // metres
	// Factor is the share of a posted limit driven on average, in per cent; 0: limits do not matter.
	Factor int `yaml:"limit_factor"`
	Access struct {
		General []string           `yaml:"general"` // least specific first
		Own     []string           `yaml:"own"`     // the mode's own keys, least specific first
		Values  map[string]verdict `yaml:"values"`
	} `yaml:"access"`
	Oneway struct {
		Keys       []string `yaml:"keys"`       // least specific first
		Implied    bool     `yaml:"implied"`    // roundabouts and one-way classes bind the mode
		Contraflow bool     `yaml:"contraflow"` // cycleway=opposite and its like free it
	} `yaml:"oneway"`
	ClosedBy     map[string][]string           `yaml:"closed_by"`
	Classes      map[string]class              `yaml:"classes"`
	Caps         map[string]map[string]ceiling `yaml:"caps"`  // tag key → value → most
	Nodes        map[string]map[string]passage `yaml:"nodes"` // tag key → value → passage; "*" is any other value
	Restrictions struct {
		Keys   []string `yaml:"keys"`   // least specific first
		Except []string `yaml:"except"` // values of except= that free the mode
	} `yaml:"restrictions"`
}

// class is the rule of one highway value.
type class struct {
	Speed    kmh                 `yaml:"speed"`        // average without a posted limit
	OwnSpeed kmh                 `yaml:"own_speed"`    // the same where the mode's own key opens the way
	Top      kmh                 `yaml:"top"`          // most with a posted limit; speed if absent
	Factor   int                 `yaml:"limit_factor"` // per cent; the profile's if absent
	Closed   bool                `yaml:"closed"`       // unless opened by the mode's own key or opened_by
	OpenedBy map[string][]string `yaml:"opened_by"`
	NoSnap   bool                `yaml:"no_snap"`
	Oneway   bool                `yaml:"oneway"` // implied
}

// kmh is a speed written in km/h with at most three decimals, held in metres per hour.
type kmh uint32

func (k *kmh) UnmarshalYAML(n *yaml.Node) error {
	v, err := strconv.ParseFloat(n.Value, 64)
	if err != nil || !(v >= 1 && v <= 300) {
		return fmt.Errorf("line %d: %q: want a speed from 1 to 300 km/h", n.Line, n.Value)
	}
	*k = kmh(math.Round(v * 1000))
	return nil
}

// ceiling is the most a surface allows; 0, written "no", closes the way.
type ceiling kmh

func (c *ceiling) UnmarshalYAML(n *yaml.Node) error {
	if n.Value == "no" {
		*c = 0
		return nil
	}
	var k kmh
	if err := k.UnmarshalYAML(n); err != nil {
		return fmt.Errorf("%w, or no", err)
	}
	*c = ceiling(k)
	return nil
}

// passage is what a node does: "yes", "no", or a delay in seconds.
type passage struct {
	Closed bool
	Delay  uint32 // milliseconds
}

func (p *passage) UnmarshalYAML(n *yaml.Node) error {
	switch n.Value {
	case "yes":
		*p = passage{}
		return nil
	case "no":
		*p = passage{Closed: true}
		return nil
	}
	v, err := strconv.ParseUint(n.Value, 10, 32)
	if err != nil || v > 3600 {
		return fmt.Errorf("line %d: %q: want yes, no or a delay of 0 to 3600 seconds", n.Line, n.Value)
	}
	*p = passage{Delay: uint32(v) * 1000}
	return nil
}

// verdict is what an access value says to the mode.
type verdict int

const (
	unsaid verdict = iota
	opened
	closed
	pushed
)

func (v *verdict) UnmarshalYAML(n *yaml.Node) error {
	switch n.Value {
	case "open":
		*v = opened
	case "closed":
		*v = closed
	case "push":
		*v = pushed
	default:
		return fmt.Errorf("line %d: %q: want open, closed or push", n.Line, n.Value)
	}
	return nil
}

// maxProfile bounds the size of a profile's file; the embedded ones are under 8 kB.
const maxProfile = 1 << 20

// Parse reads a profile. Its errors name the line of a value that does not fit
// its field, or the field that is missing or contradicts another.
func Parse(r io.Reader) (*Profile, error) {
	dec := yaml.NewDecoder(io.LimitReader(r, maxProfile))
	dec.KnownFields(true)
	var s rules
	if err := dec.Decode(&s); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("empty profile")
		}
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	for name, c := range s.Classes {
		if c.Factor == 0 {
			c.Factor = s.Factor
			s.Classes[name] = c
		}
	}
	return &Profile{rules: s}, nil
}

func (s *rules) check() error {
	var errs []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	require(s.Mode != "", "mode: missing")
	require(s.MaxSpeed > 0, "max_speed: missing, in km/h")
	require(s.WalkSpeed > 0 && s.WalkSpeed <= 10_000, "walk_speed: want 1 to 10 km/h")
	require(s.MaxAccess > 0 && s.MaxAccess <= 50_000, "max_access: want 1 to 50000 metres, not %d", s.MaxAccess)
	require(factorOK(s.Factor), "limit_factor: want 0, or 10 to 120 per cent, not %d", s.Factor)
	require(len(s.Access.Own) > 0, "access.own: missing: the mode's own access keys")
	require(len(s.Access.Values) > 0, "access.values: missing")
	for value, v := range s.Access.Values {
		require(value != "", "access.values: an empty value")
		require(v != pushed || s.PushSpeed > 0, "push_speed: missing, access.values.%s needs it", value)
	}
	require(len(s.Classes) > 0, "classes: missing")
	for _, name := range sortedKeys(s.Classes) {
		c := s.Classes[name]
		require(name != "", "classes: an empty class name")
		require(c.Speed > 0, "classes.%s.speed: missing, in km/h", name)
		for field, v := range map[string]kmh{"speed": c.Speed, "own_speed": c.OwnSpeed, "top": c.Top} {
			require(v <= s.MaxSpeed, "classes.%s.%s: above max_speed", name, field)
		}
		require(factorOK(c.Factor), "classes.%s.limit_factor: want 10 to 120 per cent, not %d", name, c.Factor)
	}
	for _, key := range sortedKeys(s.Caps) {
		require(key != "", "caps: an empty tag key")
		_, blank := s.Caps[key][""]
		require(!blank, "caps.%s: an empty value", key)
	}
	return errors.Join(errs...)
}

func factorOK(f int) bool { return f == 0 || f >= 10 && f <= 120 }

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
