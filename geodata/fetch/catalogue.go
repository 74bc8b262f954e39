package fetch

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/maillage/maillage/geodata"
)

// Use says what becomes of a source.
type Use string

// The uses of sources.
const (
	Index      Use = "index"      // read to know what else to fetch
	Communes   Use = "communes"   // outlines of the EPCI
	Neighbours Use = "neighbours" // outlines of a department around it
	Population Use = "population"
	Census     Use = "census" // people by commune, year and age
	Facilities Use = "facilities"
	Roads      Use = "roads"
	Timetables Use = "timetables" // kept as a file; nothing reads it yet
)

// Source is an entry of the catalogue: catalogue.yaml says what each field means.
type Source struct {
	ID        string              `yaml:"id"`
	What      geodata.Text        `yaml:"what"`
	Publisher string              `yaml:"publisher"`
	Licence   string              `yaml:"licence"`
	Vintage   string              `yaml:"vintage"`
	Page      string              `yaml:"page"`
	URL       string              `yaml:"url"`
	File      string              `yaml:"file"`
	Format    string              `yaml:"format"`
	Member    string              `yaml:"member"`
	Columns   []string            `yaml:"columns"`
	Size      Bytes               `yaml:"size"`
	Limit     Bytes               `yaml:"limit"`
	Checksum  string              `yaml:"checksum"`
	Use       Use                 `yaml:"use"`
	Service   string              `yaml:"service"`
	BPE       map[string][]string `yaml:"bpe"`
	Required  bool                `yaml:"required"`
	Checked   string              `yaml:"checked"`
}

// Catalogue is all that can be fetched.
type Catalogue struct {
	Sources  []Source            `yaml:"sources"`
	Extracts map[string][]string `yaml:"extracts"` // Geofabrik's extract → its departments
	Zones    map[string]string   `yaml:"zones"`    // department, "" for the mainland → the grid's zone
}

//go:embed catalogue.yaml
var embedded []byte

// DefaultCatalogue returns the sources of a French territory.
func DefaultCatalogue() Catalogue {
	c, err := ParseCatalogue(bytes.NewReader(embedded))
	if err != nil {
		panic("fetch: embedded catalogue: " + err.Error()) // a broken build, caught by the tests
	}
	return c
}

// ParseCatalogue reads a catalogue in the form of catalogue.yaml. Errors name
// the line or the source, and what would be right.
func ParseCatalogue(r io.Reader) (Catalogue, error) {
	dec := yaml.NewDecoder(r)
	dec.KnownFields(true)
	var c Catalogue
	if err := dec.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return c, fmt.Errorf("catalogue of sources: %w", err)
	}
	ids, files := map[string]bool{}, map[string]bool{}
	for i := range c.Sources {
		s := &c.Sources[i]
		if err := s.check(); err != nil {
			return c, fmt.Errorf("catalogue of sources: source %d (%q): %w", i+1, s.ID, err)
		}
		if ids[s.ID] || files[s.File] {
			return c, fmt.Errorf("catalogue of sources: source %d (%q): another has its id or its file", i+1, s.ID)
		}
		ids[s.ID], files[s.File] = true, true
	}
	return c, nil
}

var (
	sourceID = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)
	formats  = []string{"json", "geojson", "csv", "zip", "pbf"}
	uses     = []Use{Index, Communes, Neighbours, Population, Census, Facilities, Roads, Timetables}
)

func (s *Source) check() error {
	switch {
	case !sourceID.MatchString(s.ID):
		return errors.New("id: want lower-case letters, digits, - and _")
	case s.What.Fr == "" || s.Publisher == "" || s.Licence == "" || s.Checked == "":
		return errors.New("want what, publisher, licence and checked")
	case !slices.Contains(formats, s.Format):
		return fmt.Errorf("format %q: want one of %s", s.Format, strings.Join(formats, ", "))
	case !slices.Contains(uses, s.Use):
		return fmt.Errorf("use %q: want one of %v", s.Use, uses)
	case s.Limit <= 0 || s.Size <= 0 || s.Size > s.Limit:
		return errors.New("want a size, and a limit that is not below it")
	case s.Checksum != "" && s.Checksum != "md5":
		return fmt.Errorf("checksum %q: want md5, or none", s.Checksum)
	case s.Member != "" && s.Format != "zip":
		return errors.New("member: only a zip archive has one")
	}
	if s.URL != "{address}" {
		if u, err := url.Parse(s.URL); err != nil || u.Scheme != "https" || u.Host == "" {
			return fmt.Errorf("url %q: want one that begins with https://", s.URL)
		}
	}
	example := map[string]string{}
	for _, name := range placeholders {
		example[name] = "x"
	}
	for _, template := range []string{s.URL, s.File, s.Member} {
		if _, err := expand(template, example); err != nil {
			return err
		}
	}
	if name, _ := expand(s.File, example); !fileName.MatchString(name) {
		return fmt.Errorf("file %q: want a plain file name", s.File)
	}
	return nil
}

// fileName keeps what comes from elsewhere inside the cache.
var fileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// placeholders are the names that templates may use.
var placeholders = []string{"epci", "department", "extract", "zone", "resource", "address"}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// expand fills in a template such as "communes-{department}.geojson". A brace
// without its partner, a name that does not exist and one without a value are errors.
func expand(template string, values map[string]string) (string, error) {
	var bad error
	out := placeholder.ReplaceAllStringFunc(template, func(m string) string {
		name := m[1 : len(m)-1]
		v, ok := values[name]
		switch {
		case !slices.Contains(placeholders, name):
			bad = fmt.Errorf("%q: unknown %s: want one of {%s}", template, m, strings.Join(placeholders, "}, {"))
		case !ok:
			bad = fmt.Errorf("%q: %s has no value here", template, m)
		}
		return v
	})
	if bad == nil && strings.ContainsAny(placeholder.ReplaceAllString(template, ""), "{}") {
		bad = fmt.Errorf("%q: a brace without its partner", template)
	}
	return out, bad
}

// Source finds an entry by id.
func (c Catalogue) Source(id string) (*Source, error) {
	for i := range c.Sources {
		if c.Sources[i].ID == id {
			return &c.Sources[i], nil
		}
	}
	var ids []string
	for _, s := range c.Sources {
		ids = append(ids, s.ID)
	}
	return nil, fmt.Errorf("unknown source %q: want one of %s", id, strings.Join(ids, ", "))
}

// extractsOf names the extracts that cover departments, sorted. The second
// result are departments that none covers.
func (c Catalogue) extractsOf(departments []string) (extracts, uncovered []string) {
	found := map[string]bool{}
	for _, d := range departments {
		name, ok := c.extractOf(d)
		if !ok {
			uncovered = append(uncovered, d)
			continue
		}
		found[name] = true
	}
	return slices.Sorted(maps.Keys(found)), uncovered
}

func (c Catalogue) extractOf(department string) (string, bool) {
	for _, name := range slices.Sorted(maps.Keys(c.Extracts)) {
		if slices.Contains(c.Extracts[name], department) {
			return name, true
		}
	}
	return "", false
}

// zoneOf is the grid's zone of a department; not ok overseas where there is no grid.
func (c Catalogue) zoneOf(department string) (string, bool) {
	if zone, ok := c.Zones[department]; ok {
		return zone, true
	}
	if len(department) > 2 { // 971 and on
		return "", false
	}
	return c.Zones[""], true
}

// Bytes is a size, written "46 MB" in the catalogue (powers of ten).
type Bytes int64

var byteUnits = []struct {
	name string
	n    int64
}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}}

// UnmarshalText reads "46 MB".
func (b *Bytes) UnmarshalText(text []byte) error {
	number, unit, _ := strings.Cut(string(text), " ")
	v, err := strconv.ParseFloat(number, 64)
	for _, u := range byteUnits {
		if u.name == unit && err == nil && v > 0 && v*float64(u.n) < math.MaxInt64/2 {
			*b = Bytes(v * float64(u.n))
			return nil
		}
	}
	return fmt.Errorf("%q: want a size such as 46 MB", text)
}

// String is "46 MB", to two digits at least.
func (b Bytes) String() string {
	for _, u := range byteUnits {
		if int64(b) >= u.n {
			v := float64(b) / float64(u.n)
			if v < 10 && v != math.Trunc(v) {
				return fmt.Sprintf("%.1f %s", v, u.name)
			}
			return fmt.Sprintf("%.0f %s", v, u.name)
		}
	}
	return "0 B"
}
