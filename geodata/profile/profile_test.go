package profile

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/geodata"
)

func TestModes(t *testing.T) {
	if got := strings.Join(Modes(), " "); got != "car bike foot" {
		t.Fatal(got)
	}
	for _, mode := range Modes() {
		p := load(t, mode)
		if p.Mode() != mode {
			t.Errorf("%s: says it is %s", mode, p.Mode())
		}
		if p.WalkSpeed() != 5000 || p.MaxAccess() != 1000 {
			t.Errorf("%s: walks at %d m/h up to %d m", mode, p.WalkSpeed(), p.MaxAccess())
		}
	}
	_, err := For("horse")
	if err == nil || !strings.Contains(err.Error(), "car, bike, foot") {
		t.Errorf("an unknown mode: %v", err)
	}
}

const tiny = `
mode: test
max_speed: 50
walk_speed: 5
max_access: 500
access: {own: [test], values: {"yes": open, "no": closed}}
oneway: {keys: [oneway], implied: true}
classes:
  residential: {speed: 30}
`

func TestParse(t *testing.T) {
	p, err := Parse(strings.NewReader(tiny))
	if err != nil {
		t.Fatal(err)
	}
	if got := describe(p.Way(parseTags("highway=residential maxspeed=10"))); got != "30" {
		t.Errorf("without limit_factor a posted limit does not matter: got %s", got)
	}
}

func TestParseNamesWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{tiny, "", "empty profile"},
		{tiny, "- a\n- b", "line 1"},
		{"mode: test", "", "mode: missing"},
		{"max_speed: 50", "", "max_speed: missing"},
		{"max_speed: 50", "max_speed: 500", `line 3: "500": want a speed from 1 to 300`},
		{"max_speed: 50", "max_speed: fast", `line 3: "fast"`},
		{"max_speed: 50", "max_speed: .nan", `line 3: ".nan"`},
		{"walk_speed: 5", "walk_speed: 30", "walk_speed: want 1 to 10"},
		{"max_access: 500", "max_access: -1", "max_access: want 1 to 50000 metres, not -1"},
		{"max_access: 500", "max_acess: 500", "line 5: field max_acess not found"},
		{"own: [test]", "own: []", "access.own: missing"},
		{"open", "ajar", `line 6: "ajar": want open, closed or push`},
		{"open", "push", "push_speed: missing, access.values.yes needs it"},
		{"speed: 30", "speed: 60", "classes.residential.speed: above max_speed"},
		{"speed: 30", "top: 30", "classes.residential.speed: missing"},
		{"speed: 30", "speed: 30, limit_factor: 5", "classes.residential.limit_factor: want 10 to 120 per cent, not 5"},
		{"classes:", "caps: {surface: {mud: wet}}\nclasses:", `"wet": want a speed from 1 to 300 km/h, or no`},
		{"classes:", "nodes: {barrier: {gate: long}}\nclasses:", `"long": want yes, no or a delay`},
		{"classes:\n  residential: {speed: 30}", "", "classes: missing"},
	} {
		_, err := Parse(strings.NewReader(strings.Replace(tiny, c.from, c.to, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q: got %v, want %q", c.to, c.from, err, c.want)
		}
	}
}

// vocabulary holds keys and values that the rules know, and some they do not.
var vocabulary = map[string][]string{
	"highway":              {"motorway", "trunk", "primary", "secondary", "residential", "service", "track", "path", "footway", "cycleway", "steps", "pedestrian", "corridor", "x"},
	"route":                {"ferry", "bus"},
	"oneway":               {"yes", "no", "-1", "reversible", "alternating", "x"},
	"oneway:bicycle":       {"yes", "no", "-1"},
	"oneway:foot":          {"yes", "no", "-1"},
	"junction":             {"roundabout", "circular", "x"},
	"maxspeed":             {"50", "30 mph", "FR:rural", "none", "walk", "300", "x"},
	"maxspeed:forward":     {"20", "130", "x"},
	"maxspeed:backward":    {"20", "130", "x"},
	"source:maxspeed":      {"FR:urban", "sign"},
	"access":               {"yes", "no", "private", "destination", "x"},
	"vehicle":              {"yes", "no"},
	"vehicle:backward":     {"no", "yes"},
	"motor_vehicle":        {"yes", "no", "agricultural"},
	"motorcar":             {"yes", "no"},
	"bicycle":              {"yes", "no", "dismount", "use_sidepath"},
	"foot":                 {"yes", "no"},
	"cycleway":             {"opposite", "lane", "opposite_track"},
	"cycleway:left":        {"opposite_lane", "lane"},
	"cycleway:both:oneway": {"no", "-1", "yes"},
	"motorroad":            {"yes", "no"},
	"surface":              {"asphalt", "mud", "gravel", "x"},
	"tracktype":            {"grade1", "grade3", "grade5"},
	"smoothness":           {"bad", "impassable"},
	"service":              {"driveway", "emergency_access"},
	"tunnel":               {"yes", "no"},
	"duration":             {"20", "1:20", "x"},
}

// randomTags draws one to eight tags.
func randomTags(r *rand.Rand) geodata.Tags {
	keys := sortedKeys(vocabulary)
	r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	tags := geodata.Tags{}
	for _, key := range keys[:1+r.IntN(8)] {
		values := vocabulary[key]
		tags = append(tags, geodata.Tag{Key: key, Value: values[r.IntN(len(values))]})
	}
	if tags.Get("highway") == "" {
		values := vocabulary["highway"]
		tags = append(tags, geodata.Tag{Key: "highway", Value: values[r.IntN(len(values))]})
	}
	slices.SortFunc(tags, func(a, b geodata.Tag) int { return strings.Compare(a.Key, b.Key) })
	return tags
}

// with returns the tags with one of them replaced, or left out when the value is empty.
func with(tags geodata.Tags, key, value string) geodata.Tags {
	out := slices.DeleteFunc(slices.Clone(tags), func(t geodata.Tag) bool { return t.Key == key })
	if value != "" {
		out = append(out, geodata.Tag{Key: key, Value: value})
		slices.SortFunc(out, func(a, b geodata.Tag) int { return strings.Compare(a.Key, b.Key) })
	}
	return out
}

func checkTravel(t *testing.T, p *Profile, tags geodata.Tags) {
	t.Helper()
	w := p.Way(tags)
	if w != p.Way(tags) {
		t.Fatalf("%s %v: two answers", p.Mode(), tags)
	}
	if w.Forward > p.MaxSpeed() || w.Backward > p.MaxSpeed() {
		t.Fatalf("%s %v: %+v is faster than the mode", p.Mode(), tags, w)
	}
	if w.Snap && w.Forward == 0 && w.Backward == 0 {
		t.Fatalf("%s %v: a journey begins where nobody may go", p.Mode(), tags)
	}
	if w.Class == "" && w != (Travel{}) {
		t.Fatalf("%s %v: travel on no class: %+v", p.Mode(), tags, w)
	}
}

func TestProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	reversed := 0
	for range 20_000 {
		tags := randomTags(r)
		for _, mode := range Modes() {
			p := profiles[mode]
			checkTravel(t, p, tags)

			// Reversing the one-way of a road that is the same both ways exchanges the directions.
			same := with(with(with(tags, "maxspeed:forward", ""), "maxspeed:backward", ""), "vehicle:backward", "")
			there, back := p.Way(with(same, "oneway", "yes")), p.Way(with(same, "oneway", "-1"))
			if mode != "foot" && same.Get("oneway:bicycle") == "" {
				there.Forward, there.Backward = there.Backward, there.Forward
				if there != back {
					t.Fatalf("%s %v: oneway=yes reversed gives %+v, oneway=-1 %+v", mode, same, there, back)
				}
				if back.Backward > 0 && back.Forward == 0 {
					reversed++
				}
			}

			// A surface can only slow or stop.
			plain, rough := p.Way(with(tags, "surface", "")), p.Way(with(tags, "surface", "mud"))
			if rough.Forward > plain.Forward || rough.Backward > plain.Backward {
				t.Fatalf("%s %v: mud makes it faster", mode, tags)
			}
		}
	}
	if reversed < 1000 {
		t.Fatalf("only %d ways were one-way: the property was hardly tried", reversed)
	}
}

// profiles holds them for loops that ask often.
var profiles = func() map[string]*Profile {
	all := map[string]*Profile{}
	for _, mode := range Modes() {
		p, err := For(mode)
		if err != nil {
			panic(err)
		}
		all[mode] = p
	}
	return all
}()

func FuzzWay(f *testing.F) {
	f.Add("highway", "residential", "oneway", "-1", "maxspeed", "30 mph")
	f.Add("route", "ferry", "duration", "PT20M", "motor_vehicle", "yes")
	f.Add("barrier", "gate", "access", "private", "locked", "yes")
	f.Add("restriction", "no_left_turn", "except", "bicycle;psv", "restriction:hgv", "only_left_turn")
	f.Fuzz(func(t *testing.T, k1, v1, k2, v2, k3, v3 string) {
		tags := with(with(with(nil, k1, v1), k2, v2), k3, v3)
		for _, p := range profiles {
			checkTravel(t, p, tags)
			if ok, delay := p.Node(tags); !ok && delay != 0 {
				t.Fatalf("%v: a delay of %d at what cannot be passed", tags, delay)
			}
			p.Restriction(tags)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(tiny)
	for _, mode := range Modes() {
		text, err := files.ReadFile(mode + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(strings.NewReader(text))
		if err != nil {
			return
		}
		r := rand.New(rand.NewPCG(3, 4))
		for range 20 {
			checkTravel(t, p, randomTags(r))
		}
	})
}

func BenchmarkWay(b *testing.B) {
	p := load(b, "car")
	tags := parseTags("highway=secondary maxspeed=80 name=x oneway=yes ref=D52 surface=asphalt")
	for b.Loop() {
		p.Way(tags)
	}
}
