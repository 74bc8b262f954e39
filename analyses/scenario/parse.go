package scenario

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/maillage/maillage/geodata"
)

// maxText is the most letters of a text, and maxFree the most values of an object of any form.
const (
	maxText = 2000
	maxFree = 10_000
)

// Parse reads a scenario, YAML or JSON; the name is the file's, for its errors, and
// one that ends in .json says that it is JSON. The error is Problems: all that is
// wrong, each with its line. What depends on a territory, such as whether a
// facility is there, Apply says.
func Parse(name string, text []byte) (*Scenario, error) {
	sc := &Scenario{}
	if _, err := Read(name, text, "changes, a list; [] changes nothing", sc); err != nil {
		return nil, err
	}
	if sc.Changes == nil {
		sc.Changes = []Change{}
	}
	return sc, nil
}

// Read reads YAML or JSON as Parse does into a struct whose fields are tagged as those
// of this package are; want says what the file should hold, for its errors. Fields of
// type json.RawMessage hold whatever is written. lines tells where each field and each
// member of a list stands, by its path (questions[1].params.within); those within a
// scenario are told by its own errors.
func Read(name string, text []byte, want string, into any) (lines map[string]int, err error) {
	root, bad := treeOf(name, text, want)
	if bad != nil {
		return nil, Problems{*bad}
	}
	r := &reader{file: name}
	lines = map[string]int{}
	r.object(root, "", reflect.ValueOf(into).Elem(), lines)
	return lines, r.problems.err()
}

// UnmarshalJSON reads a scenario as Parse does.
func (sc *Scenario) UnmarshalJSON(text []byte) error {
	read, err := Parse("", text)
	if err != nil {
		return err
	}
	*sc = *read
	return nil
}

// reader fills in the types of this package by their tags, and collects what is wrong.
type reader struct {
	file     string
	problems Problems
}

func (r *reader) bad(n *yaml.Node, path, format string, args ...any) {
	r.problems = append(r.problems, Problem{File: r.file, Line: n.Line, Field: path, Says: fmt.Sprintf(format, args...)})
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// object reads the fields of a struct. lines, if not nil, is told where they stand.
func (r *reader) object(n *yaml.Node, path string, into reflect.Value, lines map[string]int) {
	fields := fieldsOf(into.Type())
	if n.Kind != yaml.MappingNode {
		r.bad(n, path, "%s: want %s", describe(n), fieldList(fields))
		return
	}
	given := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := join(path, key.Value)
		k := slices.IndexFunc(fields, func(f field) bool { return f.name == key.Value })
		switch {
		case key.Kind != yaml.ScalarNode || k < 0:
			r.bad(key, path, "unknown field %q: want %s", shortened(key.Value), fieldList(fields))
		case given[key.Value]:
			r.bad(key, at, "it is given twice")
		default:
			given[key.Value] = true
			if lines != nil {
				lines[at] = key.Line
			}
			r.value(value, at, into.FieldByIndex(fields[k].Index), fields[k], lines)
		}
	}
	r.complete(n, path, into.Type(), fields, given)
	if sc, ok := into.Addr().Interface().(interface{ stands(file, path string) }); ok {
		sc.stands(r.file, path)
	}
}

// stands says where a scenario is written: as a file, or within one at a path. Its
// changes know their fields by their paths in the scenario.
func (sc *Scenario) stands(file, path string) {
	sc.file = file
	if path == "" {
		return
	}
	for i := range sc.Changes {
		own := map[string]int{}
		for at, line := range sc.Changes[i].lines {
			own[strings.TrimPrefix(at, path+".")] = line
		}
		sc.Changes[i].lines = own
	}
}

// complete says which fields are missing, and which exclude each other.
func (r *reader) complete(n *yaml.Node, path string, t reflect.Type, fields []field, given map[string]bool) {
	for _, f := range fields {
		if f.required() && !given[f.name] {
			r.bad(n, path, "%s is missing: want %s", f.name, f.Tag.Get("doc"))
		}
	}
	for _, names := range groups(t, "oneof") {
		has := having(names, given)
		switch {
		case len(has) == 0:
			r.bad(n, path, "want one of %s", strings.Join(names, ", "))
		case len(has) > 1:
			r.bad(n, path, "%s exclude each other: want one of %s", strings.Join(has, " and "), strings.Join(names, ", "))
		}
	}
	for _, names := range groups(t, "anyof") {
		if len(having(names, given)) == 0 {
			r.bad(n, path, "want %s", strings.Join(names, " or "))
		}
	}
}

func having(names []string, given map[string]bool) (has []string) {
	for _, name := range names {
		if given[name] {
			has = append(has, name)
		}
	}
	return has
}

// value reads one field.
func (r *reader) value(n *yaml.Node, path string, into reflect.Value, f field, lines map[string]int) {
	if n.Kind == yaml.AliasNode {
		r.bad(n, path, "aliases are not followed: want it written out")
		return
	}
	t := into.Type()
	if t.Kind() == reflect.Pointer {
		into.Set(reflect.New(t.Elem()))
		into, t = into.Elem(), t.Elem()
	}
	switch {
	case t == reflect.TypeFor[geodata.Text]() && n.Kind == yaml.ScalarNode:
		r.text(n, path, into.Field(0), f)
	case t == reflect.TypeFor[Point]():
		r.point(n, path, into)
	case t == reflect.TypeFor[geodata.Amount](), t.Kind() == reflect.Float64, t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		r.number(n, path, into, f)
	case t.Kind() == reflect.Bool:
		if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
			r.bad(n, path, "%s: want true or false", describe(n))
			return
		}
		into.SetBool(n.Value == "true" || n.Value == "True" || n.Value == "TRUE")
	case t.Kind() == reflect.String:
		r.text(n, path, into, f)
	case t == reflect.TypeFor[json.RawMessage]():
		r.whatever(n, path, into, lines)
	case t.Kind() == reflect.Slice:
		r.list(n, path, into, f, lines)
	default:
		r.object(n, path, into, lines)
		if text, ok := into.Addr().Interface().(*geodata.Text); ok && n.Kind == yaml.MappingNode && text.Fr == "" {
			r.bad(n, path, "fr is missing: want the French text")
		}
	}
}

func (r *reader) list(n *yaml.Node, path string, into reflect.Value, f field, lines map[string]int) {
	if n.Kind != yaml.SequenceNode {
		r.bad(n, path, "%s: want a list", describe(n))
		return
	}
	if least, ok := f.bound("minitems"); ok && len(n.Content) < int(least) {
		r.bad(n, path, "want %v of them at least", least)
	}
	if most, ok := f.bound("maxitems"); ok && len(n.Content) > int(most) {
		r.bad(n, path, "%d of them: want %v at most", len(n.Content), most)
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		if c, ok := into.Index(i).Addr().Interface().(*Change); ok {
			c.line, c.lines = item.Line, map[string]int{}
			r.value(item, at, into.Index(i), field{}, c.lines)
			continue
		}
		if lines != nil {
			lines[at] = item.Line
		}
		r.value(item, at, into.Index(i), field{}, lines)
		if into.Index(i).Kind() == reflect.String && slices.ContainsFunc(n.Content[:i], func(o *yaml.Node) bool { return o.Value == item.Value }) {
			r.bad(item, at, "%q is there twice", shortened(item.Value))
		}
	}
}

// whatever reads an object of any form as JSON.
func (r *reader) whatever(n *yaml.Node, path string, into reflect.Value, lines map[string]int) {
	if n.Kind != yaml.MappingNode {
		r.bad(n, path, "%s: want an object", describe(n))
		return
	}
	before, left := len(r.problems), maxFree
	v := r.free(n, path, lines, &left)
	if len(r.problems) > before {
		return
	}
	text, err := json.Marshal(v)
	if err != nil {
		r.bad(n, path, "%v", err)
		return
	}
	into.SetBytes(text)
}

// free is a node of any form as JSON has it. Aliases are followed, as long as there are
// nodes left: one may contain itself.
func (r *reader) free(n *yaml.Node, path string, lines map[string]int, left *int) any {
	if *left--; *left < 0 {
		return nil
	}
	if *left == 0 || len(path) > maxText {
		r.bad(n, shortened(path), "more than %d values or too deep, aliases written out: want fewer", maxFree)
		*left = 0
		return nil
	}
	if lines != nil {
		lines[path] = n.Line
	}
	switch n.Kind {
	case yaml.AliasNode:
		return r.free(n.Alias, path, lines, left)
	case yaml.MappingNode:
		members := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			at := join(path, key.Value)
			if _, twice := members[key.Value]; twice || key.Kind != yaml.ScalarNode {
				r.bad(key, at, "%s: want names that are texts, each once", describe(key))
				continue
			}
			members[key.Value] = r.free(n.Content[i+1], at, lines, left)
		}
		return members
	case yaml.SequenceNode:
		items := make([]any, len(n.Content))
		for i, item := range n.Content {
			items[i] = r.free(item, fmt.Sprintf("%s[%d]", path, i), lines, left)
		}
		return items
	}
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!bool":
		return strings.EqualFold(n.Value, "true")
	case n.Kind == yaml.ScalarNode && (n.Tag == "!!int" || n.Tag == "!!float") && json.Valid([]byte(n.Value)):
		return json.Number(n.Value)
	case n.Kind != yaml.ScalarNode || n.Tag == "!!null" || !utf8.ValidString(n.Value):
		r.bad(n, path, "%s: want a value written out, and in UTF-8", describe(n))
	}
	return n.Value
}

// text reads a text. What YAML takes for a number, such as a commune's code, is one
// as it is written.
func (r *reader) text(n *yaml.Node, path string, into reflect.Value, f field) {
	switch {
	case n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "":
		r.bad(n, path, "%s: want a text", describe(n))
		return
	case utf8.RuneCountInString(n.Value) > maxText:
		r.bad(n, path, "a text of %d letters: want %d at most", utf8.RuneCountInString(n.Value), maxText)
		return
	case !utf8.ValidString(n.Value) || strings.ContainsRune(n.Value, 0):
		r.bad(n, path, "%q: want a text in UTF-8", shortened(n.Value))
		return
	}
	value := n.Value
	if choices := f.enum(); choices != nil && !slices.Contains(choices, value) {
		r.bad(n, path, "%q: want %s", shortened(value), strings.Join(choices, " or "))
		return
	}
	if form := f.Tag.Get("pattern"); form != "" && !regexp.MustCompile(form).MatchString(value) {
		r.bad(n, path, "%q: want %s", shortened(value), f.Tag.Get("doc"))
		return
	}
	if f.Tag.Get("format") == "hours" {
		hours, err := geodata.ParseWeeklyHours(value)
		if err != nil {
			r.bad(n, path, "%v: want hours such as Mo-Fr 08:30-12:00,13:30-17:00", err)
			return
		}
		if value = hours.String(); value == "" {
			value = "off"
		}
	}
	into.SetString(value)
}

func (r *reader) number(n *yaml.Node, path string, into reflect.Value, f field) {
	whole := into.Kind() == reflect.Int || into.Type() == reflect.TypeFor[int64]()
	want := "a number"
	if whole {
		want = "a whole number"
	}
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" && n.Tag != "!!float" {
		r.bad(n, path, "%s: want %s", describe(n), want)
		return
	}
	v, err := strconv.ParseFloat(n.Value, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || strings.ContainsAny(n.Value, "xXpP_") {
		r.bad(n, path, "%s: want %s", shortened(n.Value), want)
		return
	}
	least, bounded := f.bound("min")
	most, capped := f.bound("max")
	if bounded && v < least || capped && v > most {
		switch {
		case bounded && capped:
			want += fmt.Sprintf(" between %v and %v", least, most)
		case bounded:
			want += fmt.Sprintf(" from %v", least)
		}
		r.bad(n, path, "%s: want %s", shortened(n.Value), want)
		return
	}
	switch at := into.Addr().Interface().(type) {
	case *geodata.Amount:
		if *at, err = geodata.ParseAmount(n.Value); err != nil {
			r.bad(n, path, "%v: want a number of euros", err)
		}
	case *float64:
		*at = math.Round(10*v) / 10
		if math.Abs(v-*at) > 1e-9 {
			r.bad(n, path, "%s: want one decimal at most", shortened(n.Value))
		}
	default:
		i, err := strconv.ParseInt(n.Value, 10, 64)
		if err != nil {
			r.bad(n, path, "%s: want %s", shortened(n.Value), want)
			return
		}
		into.SetInt(i)
	}
}

func (r *reader) point(n *yaml.Node, path string, into reflect.Value) {
	if n.Kind != yaml.SequenceNode || len(n.Content) != 2 {
		r.bad(n, path, "%s: want [longitude, latitude] in degrees", describe(n))
		return
	}
	var p Point
	for i, item := range n.Content {
		v, err := strconv.ParseFloat(item.Value, 64)
		if err != nil || item.Kind != yaml.ScalarNode || item.Tag != "!!int" && item.Tag != "!!float" || strings.ContainsAny(item.Value, "xXpP_") {
			r.bad(item, path, "%s: want [longitude, latitude] in degrees", describe(item))
			return
		}
		p[i] = v + 0 // folds -0 into 0
	}
	if err := geodata.CheckPoint([2]float64(p)); err != nil {
		r.bad(n, path, "%v: want [longitude, latitude] in degrees", err)
		return
	}
	into.Set(reflect.ValueOf(p))
}

// describe says what stands there instead.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "an object"
	case n.Kind == yaml.SequenceNode:
		return fmt.Sprintf("a list of %d", len(n.Content))
	case n.Kind == yaml.AliasNode:
		return "an alias"
	case n.Tag == "!!null", n.Value == "":
		return "nothing"
	}
	return strconv.Quote(shortened(n.Value))
}

// shortened keeps what people need to find a text again.
func shortened(text string) string {
	const most = 60
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most-1]) + "…"
	}
	return text
}

// field is a field of one of the types, by its name in JSON.
type field struct {
	reflect.StructField
	name string
}

func fieldsOf(t reflect.Type) (fields []field) {
	for _, f := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			fields = append(fields, field{f, name})
		}
	}
	return fields
}

func (f field) required() bool { return f.Tag.Get("required") == "true" }

func (f field) enum() []string {
	if list := f.Tag.Get("enum"); list != "" {
		return strings.Split(list, ",")
	}
	return nil
}

func (f field) bound(name string) (float64, bool) {
	v, err := strconv.ParseFloat(f.Tag.Get(name), 64)
	return v, err == nil
}

// groups are the names that a tag of the type's blank field puts together.
func groups(t reflect.Type, tag string) (all [][]string) {
	blank, ok := t.FieldByName("_")
	if !ok {
		return nil
	}
	for group := range strings.FieldsSeq(blank.Tag.Get(tag)) {
		all = append(all, strings.Split(group, "|"))
	}
	return all
}

func fieldList(fields []field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	if len(names) == 1 {
		return "an object with the field " + names[0]
	}
	return "an object with fields among " + strings.Join(names, ", ")
}
