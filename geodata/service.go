package geodata

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Service is one entry of the catalogue: who needs it, within what time.
type Service struct {
	ID     string           `yaml:"id" json:"id"`
	Label  Text             `yaml:"label" json:"label"`
	Public Text             `yaml:"public" json:"public"` // whom it is for
	Demand []Demand         `yaml:"demand" json:"demand"` // alternatives, the first the grid supports is used
	Within map[string][]int `yaml:"within" json:"within"` // default thresholds in minutes, by mode
	OSM    []string         `yaml:"osm" json:"osm"`       // key=value, joined by + when all must hold
	BPE    []string         `yaml:"bpe" json:"bpe"`       // INSEE facility type codes
}

// Demand says what to count in a cell: shares of grid columns, added up.
type Demand struct {
	Shares    map[string]Fraction `yaml:"shares" json:"shares"`
	Estimated bool                `yaml:"estimated" json:"estimated"` // rests on bands wider than the target ages
}

// Columns returns the names of the columns it needs, sorted.
func (d Demand) Columns() []string {
	names := make([]string, 0, len(d.Shares))
	for n := range d.Shares {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// UnmarshalText reads "3/4" or "1", in YAML and JSON.
func (f *Fraction) UnmarshalText(b []byte) error {
	v, err := ParseFraction(string(b))
	*f = v
	return err
}

// MarshalText writes "3/4".
func (f Fraction) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// Catalogue is the services a territory plans for, in the order they are shown.
type Catalogue []Service

//go:embed services.yaml
var defaultServices []byte

// DefaultCatalogue returns the services of the Projet Social (METHODS: "who needs which service").
func DefaultCatalogue() Catalogue {
	c, err := ParseCatalogue(bytes.NewReader(defaultServices))
	if err != nil {
		panic("geodata: embedded service catalogue: " + err.Error()) // a broken build, caught by the tests
	}
	return c
}

// ParseCatalogue reads services in YAML, in the form of services.yaml. Unknown
// fields, repeated ids and services without demand are errors that name the line or the service.
func ParseCatalogue(r io.Reader) (Catalogue, error) {
	dec := yaml.NewDecoder(r)
	dec.KnownFields(true)
	var c Catalogue
	if err := dec.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("service catalogue: %w", err)
	}
	seen := map[string]bool{}
	for i, s := range c {
		if err := s.check(); err != nil {
			return nil, fmt.Errorf("service catalogue: service %d (%q): %w", i+1, s.ID, err)
		}
		if seen[s.ID] {
			return nil, fmt.Errorf("service catalogue: service %q appears twice", s.ID)
		}
		seen[s.ID] = true
	}
	return c, nil
}

// maxDenominator keeps the exact sum of shares within 128 bits.
const maxDenominator = 1_000_000_000

func (s Service) check() error {
	if s.ID == "" || strings.Trim(s.ID, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return errors.New("id must be lower-case letters, digits and _")
	}
	if s.Label.Fr == "" {
		return errors.New("label.fr is missing")
	}
	if len(s.Demand) == 0 {
		return errors.New("demand is missing: name the population columns to count")
	}
	for _, d := range s.Demand {
		if len(d.Shares) == 0 {
			return errors.New("demand without shares")
		}
		den := int64(1)
		for _, name := range d.Columns() {
			if d.Shares[name].Den == 0 { // YAML's empty value
				return fmt.Errorf("demand: share of %q is missing: want one such as 3/4", name)
			}
			if den = lcm(den, d.Shares[name].Den); den > maxDenominator {
				return fmt.Errorf("demand: the shares' common denominator is over %d: want simpler ones", maxDenominator)
			}
		}
	}
	for mode, minutes := range s.Within {
		for i, m := range minutes {
			if m < 1 || m > 240 || (i > 0 && m <= minutes[i-1]) {
				return fmt.Errorf("within.%s: minutes must rise and lie between 1 and 240", mode)
			}
		}
	}
	return nil
}

// Override returns the catalogue with the other's services replacing those of
// the same id, in place, and its new ones added at the end.
func (c Catalogue) Override(other Catalogue) Catalogue {
	out := slices.Clone(c)
	for _, s := range other {
		if i := slices.IndexFunc(out, func(o Service) bool { return o.ID == s.ID }); i >= 0 {
			out[i] = s
		} else {
			out = append(out, s)
		}
	}
	return out
}

// Service finds a service by id.
func (c Catalogue) Service(id string) (Service, error) {
	for _, s := range c {
		if s.ID == id {
			return s, nil
		}
	}
	return Service{}, fmt.Errorf("unknown service %q: want one of %s", id, strings.Join(c.IDs(), ", "))
}

// IDs lists the services' ids in order.
func (c Catalogue) IDs() []string {
	ids := make([]string, len(c))
	for i, s := range c {
		ids[i] = s.ID
	}
	return ids
}

// Count returns the demand of every cell of the grid for the service, and
// which alternative of the catalogue was used. A cell's demand is
// Σ share × column, added exactly and rounded half up once, to a millionth of a person.
func (s Service) Count(p *Population) ([]Amount, Demand, error) {
	var missing []string
	for _, d := range s.Demand {
		if cols, lack := d.resolve(p); lack == "" {
			return weigh(cols, len(p.Cells)), d, nil
		} else {
			missing = append(missing, lack)
		}
	}
	return nil, Demand{}, fmt.Errorf("service %s: the population grid has none of the columns it counts (missing %s)", s.ID, strings.Join(missing, "; or "))
}

type weighted struct {
	values []Amount
	num    uint64 // over the common denominator
	den    uint64
}

func (d Demand) resolve(p *Population) (cols []weighted, missing string) {
	den := int64(1)
	for _, f := range d.Shares {
		den = lcm(den, f.Den)
	}
	for _, name := range d.Columns() {
		values, ok := p.Column(name)
		if !ok {
			return nil, name
		}
		f := d.Shares[name]
		cols = append(cols, weighted{values, uint64(f.Num * (den / f.Den)), uint64(den)})
	}
	return cols, ""
}

func weigh(cols []weighted, n int) []Amount {
	out := make([]Amount, n)
	den := cols[0].den
	for i := range out {
		hi, lo := uint64(0), den/2
		for _, c := range cols {
			h, l := bits.Mul64(uint64(c.values[i]), c.num)
			var carry uint64
			lo, carry = bits.Add64(lo, l, 0)
			hi, _ = bits.Add64(hi, h, carry)
		}
		q, _ := bits.Div64(hi, lo, den)
		out[i] = Amount(q)
	}
	return out
}

func lcm(a, b int64) int64 {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	return a / x * b
}
