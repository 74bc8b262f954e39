package main

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/api/export"
	"github.com/maillage/maillage/geodata"
)

// askCmd asks for an analysis that has no command of its own here. Its flags are
// the analysis's parameters, and it prints the answer's tables.
type askCmd struct {
	onFlags   `embed:""`
	Words     any    `embed:""` // a pointer to a struct with a field per parameter
	Out       string `placeholder:"FILE" help:"Write the answer: .gpkg (all layers), or .geojson or .csv (the first)."`
	Overwrite bool   `help:"Replace the file if it exists."`
	JSON      bool   `name:"json" help:"Print the answer as JSON."`

	analysis registry.Analysis
}

// askCommands makes a command for each analysis that the command line does not have.
func askCommands(all []registry.Analysis) (commands []kong.Option) {
	var own []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[cli]()) {
		if _, ok := f.Tag.Lookup("cmd"); ok {
			own = append(own, strings.ToLower(f.Name))
		}
	}
	for _, a := range all {
		if byTimes[a.Name] != nil {
			commands = append(commands, byTimesCommand(a))
			continue
		}
		if a.Name == "tours" {
			commands = append(commands, toursCommand(a))
			continue
		}
		if byFiles[a.Name] != nil {
			commands = append(commands, byFilesCommand(a))
			continue
		}
		if !slices.Contains(own, a.Name) {
			commands = append(commands, kong.DynamicCommand(flagName(a.Name), a.Title.En+".", "", &askCmd{analysis: a, Words: wordsOf(a.Parameters())}))
		}
	}
	return commands
}

func flagName(name string) string { return strings.ReplaceAll(name, "_", "-") }

// word is a value as it is written. One that begins with a minus sign and a digit
// is a value too; a flag that is repeated makes a list.
type word struct {
	text  string
	given bool
}

// Decode takes the next argument.
func (w *word) Decode(ctx *kong.DecodeContext) error {
	var next spot
	if err := next.Decode(ctx); err != nil {
		return fmt.Errorf("missing value")
	}
	if w.given {
		w.text += ","
	}
	w.text, w.given = w.text+string(next), true
	return nil
}

// wordsOf makes a struct whose fields are flags for kong: a *bool for what is true
// or false, and a word for all else.
func wordsOf(params []registry.Param) any {
	var fields []reflect.StructField
	for i, p := range params {
		f := reflect.StructField{Name: fmt.Sprintf("P%d", i), Type: reflect.TypeFor[word]()}
		tag := fmt.Sprintf("name:%q placeholder:%q help:%q", flagName(p.Name), placeholder(p), flagHelp(p))
		if p.Type == "boolean" && !p.List {
			f.Type = reflect.TypeFor[*bool]()
			tag += ` negatable:""`
		}
		if p.Required {
			tag += ` required:""`
		}
		f.Tag = reflect.StructTag(tag)
		fields = append(fields, f)
	}
	return reflect.New(reflect.StructOf(fields)).Interface()
}

func placeholder(p registry.Param) string {
	name := strings.ToUpper(flagName(p.Name))
	switch {
	case p.Structured():
		return "JSON|FILE"
	case p.List:
		return name + ",…"
	case p.Type == "integer" || p.Type == "number":
		return "N"
	}
	return name
}

// flagHelp is the parameter's doc as a sentence.
func flagHelp(p registry.Param) string {
	first, n := utf8.DecodeRuneInString(p.Doc)
	text := string(unicode.ToUpper(first)) + p.Doc[n:]
	if p.Default != nil {
		text += "; " + strings.Trim(string(p.Default), `"`) + " when absent"
	}
	return text + "."
}

// given are the values that were written, by parameter, in what wordsOf made. One
// that is JSON may be in a file.
func given(words any, params []registry.Param) (map[string]string, error) {
	given := map[string]string{}
	v := reflect.ValueOf(words).Elem()
	for i, p := range params {
		switch w := v.Field(i).Interface().(type) {
		case word:
			switch {
			case p.Name == registry.ScenarioParam && w.given: // read with its lines
				given[p.Name] = w.text
			case p.Structured() && w.given && !strings.HasPrefix(w.text, "{") && !strings.HasPrefix(w.text, "["):
				text, err := os.ReadFile(w.text)
				if err != nil {
					return nil, fmt.Errorf("%w: --%s: neither JSON nor a file that can be read: %w", errUsage, flagName(p.Name), err)
				}
				given[p.Name] = strings.TrimSpace(string(text))
			case w.given:
				given[p.Name] = w.text
			}
		case *bool:
			if w != nil {
				given[p.Name] = strconv.FormatBool(*w)
			}
		}
	}
	return given, nil
}

func (c *askCmd) Run(s *session) error {
	words, err := given(c.Words, c.analysis.Parameters())
	if err != nil {
		return err
	}
	scenario := inFlags{words[registry.ScenarioParam]}
	delete(words, registry.ScenarioParam)
	params, err := c.analysis.FromWords(words)
	if err != nil {
		return err
	}
	if c.Out != "" {
		if err := export.CheckPath(c.Out); err != nil {
			return fmt.Errorf("%w: --out: %w", errUsage, err)
		}
		if err := absent(c.Out, c.Overwrite); err != nil {
			return err
		}
	}
	snap, nets, err := c.open(s)
	if snap, nets, err = scenario.in(s, snap, nets, err); err != nil {
		return err
	}
	bar := s.progress()
	defer bar.end()
	answer, err := c.analysis.Run(s.ctx, snap, nets, params, func(done, total int) { bar.step(c.analysis.Name, int64(done), int64(total)) })
	if err != nil {
		return err
	}
	bar.end()
	layers := sync.OnceValue(answer.Layers)
	return s.give(outcome{out: c.Out, overwrite: c.Overwrite, json: c.JSON, result: answer.Result, layers: layers, print: func() { s.printAnswer(layers()) }})
}

// mostRows is how many features a layer may have to be printed as a table.
const mostRows = 60

// printAnswer writes an answer's notes and its short layers as tables.
func (s *session) printAnswer(r analyses.Result) {
	fmt.Fprintf(s.out, "%s — %s\n", r.Provenance.Territory.Name, r.Title.In(s.lang))
	for _, n := range r.Provenance.Notes {
		fmt.Fprintln(s.out, "  "+n.In(s.lang))
	}
	for i := range r.Layers {
		l := &r.Layers[i]
		fmt.Fprintf(s.out, "\n%s\n", l.Title.In(s.lang))
		if isTable(l) {
			s.printLayer(l)
		} else {
			fmt.Fprintf(s.out, s.say("  %s lignes : --out FICHIER.gpkg les écrit\n", "  %s rows: --out FILE.gpkg writes them\n"), s.thousands(fmt.Sprint(len(l.IDs))))
		}
	}
}

// isTable says that people read the layer as a table: it is short, and not the
// grid, which is only seen on a map however small it is.
func isTable(l *geodata.Layer) bool {
	return len(l.IDs) <= mostRows && !strings.HasSuffix(l.Name, "_cells")
}

// printLayer writes a layer as a table, names before ids.
func (s *session) printLayer(l *geodata.Layer) {
	fields := slices.Clone(l.Fields)
	slices.SortStableFunc(fields, func(a, b geodata.Field) int { return cmp.Compare(nameFirst(a), nameFirst(b)) })
	var t *table
	id := s.say("identifiant", "id")
	named := len(fields) > 0 && fields[0].Name == "name"
	if named {
		t, fields = newTable(s.heading(&fields[0]), id), fields[1:]
	} else {
		t = newTable(id)
	}
	for k := range fields {
		t.head(s.heading(&fields[k]))
	}
	for i := range l.IDs {
		var row []string
		if named {
			row = append(row, s.value(l, l.Field("name"), i))
		}
		row = append(row, l.IDs[i])
		for k := range fields {
			row = append(row, s.value(l, &fields[k], i))
		}
		t.row(row...)
	}
	t.write(s.out)
}

func nameFirst(f geodata.Field) int {
	if f.Name == "name" {
		return 0
	}
	return 1
}

// heading is a field's label on lines of about fourteen letters, with the unit
// where the values do not say it.
func (s *session) heading(f *geodata.Field) string {
	label := f.Label.In(s.lang)
	switch f.Unit {
	case "", "persons", "s", "%":
	default:
		label += " (" + f.Unit + ")"
	}
	var lines []string
	for _, w := range strings.Fields(label) {
		if n := len(lines); n > 0 && utf8.RuneCountInString(lines[n-1]+" "+w) <= 14 {
			lines[n-1] += " " + w
		} else {
			lines = append(lines, w)
		}
	}
	return strings.Join(lines, "\n")
}

// value is the i-th value of a field for people.
func (s *session) value(l *geodata.Layer, f *geodata.Field, i int) string {
	switch v := f.Value(i).(type) {
	case string:
		return shortened(legend(l, f, v).In(s.lang))
	case bool:
		if v {
			return s.say("oui", "yes")
		}
		return s.say("non", "no")
	case int64:
		return s.quantity(float64(v), f.Unit, 0)
	case float64:
		return s.quantity(v, f.Unit, decimals(v))
	}
	return "–"
}

// shortened cuts a text, such as a list of names, that would make a table too wide.
func shortened(text string) string {
	const most = 60
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most-1]) + "…"
	}
	return text
}

// legend is what the legend says of a value, where the layer has one for the field.
func legend(l *geodata.Layer, f *geodata.Field, value string) geodata.Text {
	if l.Classes != nil && l.Classes.Field == f.Name {
		for _, c := range l.Classes.Values {
			if c.Value == value {
				return c.Label
			}
		}
	}
	return geodata.Text{Fr: value, En: value}
}

// quantity writes a number with its unit: people whole, and a minute or more in minutes.
func (s *session) quantity(v float64, unit string, digits int) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "–"
	case unit == "persons":
		return s.number(math.Round(v), 0)
	case unit == "%":
		return s.number(v, 1) + s.say("\u202f%", "%")
	case unit == "s" && math.Abs(v) >= 60:
		return s.number(v/60, 1) + " min"
	case unit == "s":
		return s.number(v, 0) + " s"
	}
	return s.number(v, digits)
}

// decimals keeps about three figures.
func decimals(v float64) int {
	switch v = math.Abs(v); {
	case v >= 100 || v == 0:
		return 0
	case v >= 1:
		return 1
	}
	return min(2-int(math.Floor(math.Log10(v))), 9)
}

// number writes a number with thousands apart and the language's decimal mark.
func (s *session) number(v float64, digits int) string {
	whole, rest, _ := strings.Cut(strconv.FormatFloat(math.Abs(v), 'f', digits, 64), ".")
	text := s.thousands(whole)
	if rest != "" {
		text += s.say(",", ".") + rest
	}
	if v < 0 && strings.Trim(whole+rest, "0") != "" {
		text = "-" + text
	}
	return text
}
