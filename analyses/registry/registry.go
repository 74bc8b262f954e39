// Package registry answers: which analyses are there, and how is one asked for by
// its name? Runs, the command line and the API ask for any analysis alike: with
// parameters as JSON, and an answer that is JSON and layers.
//
// Parameters that an analysis does not know are refused: a misspelt one would
// otherwise change the question in silence. Those that are absent have the
// analysis's defaults.
package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/access"
	"github.com/maillage/maillage/analyses/capacity"
	"github.com/maillage/maillage/analyses/colocation"
	"github.com/maillage/maillage/analyses/compare"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/fragility"
	"github.com/maillage/maillage/analyses/isochrone"
	"github.com/maillage/maillage/analyses/itinerant"
	"github.com/maillage/maillage/analyses/needs"
	"github.com/maillage/maillage/analyses/referral"
	"github.com/maillage/maillage/analyses/scenario"
	"github.com/maillage/maillage/analyses/shapley"
	"github.com/maillage/maillage/analyses/siting"
	"github.com/maillage/maillage/analyses/tours"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/analyses/uncertainty"
	"github.com/maillage/maillage/geodata"
)

// Analysis is a question that can be asked by name.
type Analysis struct {
	Name  string
	Title geodata.Text
	about paramsOf
}

// Answer is what an analysis found.
type Answer struct {
	Result any                    // the analysis's own Result
	Layers func() analyses.Result // the same as layers
}

// JSON is the result as JSON: the same bytes for the same result.
func (a Answer) JSON() ([]byte, error) { return json.Marshal(a.Result) }

// paramsOf runs an analysis with parameters of its own type.
type paramsOf interface {
	defaults() any // a pointer to the parameters of who says nothing
	run(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, params any, tell func(Progress)) (Answer, error)
}

// question is the paramsOf of parameters P.
type question[P any] struct {
	silent P
	ask    func(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p P, tell func(Progress)) (Answer, error)
}

func (q question[P]) defaults() any {
	p := q.silent
	return &p
}

func (q question[P]) run(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, params any, tell func(Progress)) (Answer, error) {
	return q.ask(ctx, s, nets, *params.(*P), tell)
}

// measure is the question of an analysis of the common form: it tells nothing of its
// progress, and its parameters have no defaults but those it fills in itself.
func measure[P any, R interface {
	Layers(s *geodata.Snapshot) analyses.Result
}](run func(context.Context, *geodata.Snapshot, *traveltime.Networks, P) (R, error)) question[P] {
	return question[P]{ask: func(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p P, _ func(Progress)) (Answer, error) {
		r, err := run(ctx, s, nets, p)
		if err != nil {
			return Answer{}, err
		}
		return Answer{r, func() analyses.Result { return r.Layers(s) }}, nil
	}}
}

var all = []Analysis{
	{"coverage", geodata.Text{Fr: "Couverture d'un service", En: "Coverage of a service"}, measure(coverage.Run)},
	{"isochrone", geodata.Text{Fr: "Zones accessibles", En: "Areas within reach"}, question[isochrone.Params]{
		ask: func(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p isochrone.Params, _ func(Progress)) (Answer, error) {
			r, err := isochrone.Run(ctx, s, nets, p)
			if err != nil {
				return Answer{}, err
			}
			return Answer{r, r.Layers}, nil
		}}},
	{"uncertainty", geodata.Text{Fr: "Incertitude d'une couverture", En: "How sure a coverage is"}, question[uncertainty.Params]{
		silent: uncertainty.Params{Draws: 200, Seed: 1},
		ask: func(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p uncertainty.Params, tell func(Progress)) (Answer, error) {
			r, err := uncertainty.Run(ctx, s, nets, p, counts(tell))
			if err != nil {
				return Answer{}, err
			}
			return Answer{r, func() analyses.Result { return r.Layers(s) }}, nil
		}}},
	{"itinerant", geodata.Text{Fr: "Heures de service fixes et itinérantes", En: "Hours of service, fixed and itinerant"}, measure(itinerant.Run)},
	{"referral", geodata.Text{Fr: "Deux niveaux d'accueil", En: "Two levels of access"}, measure(referral.Run)},
	{"colocation", geodata.Text{Fr: "Services réunis en un lieu", En: "Services that share a place"}, measure(colocation.Run)},
	{"needs", geodata.Text{Fr: "Besoins au fil des ans", En: "Needs over the years"}, measure(needs.Run)},
	{"access", geodata.Text{Fr: "Accessibilité aux places", En: "Access to places"}, measure(access.Run)},
	{"capacity", geodata.Text{Fr: "Places et manques", En: "Places and shortages"}, measure(capacity.Run)},
	{"site", geodata.Text{Fr: "Meilleurs lieux, avec preuve", En: "Best places, with proof"}, question[siting.Params]{
		ask: func(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p siting.Params, tell func(Progress)) (Answer, error) {
			r, err := siting.Run(ctx, s, nets, p, nearer(tell))
			if err != nil {
				return Answer{}, err
			}
			return Answer{r, func() analyses.Result { return r.Layers(s) }}, nil
		}}},
	{"together", geodata.Text{Fr: "Meilleurs lieux pour plusieurs choses à la fois", En: "Best places for several things at once"}, measure(
		func(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p siting.TogetherParams) (*siting.Together, error) {
			return siting.RunTogether(ctx, s, nets, p, nil)
		})},
	{"frontier", geodata.Text{Fr: "Efficacité ou équité", En: "Efficiency or equity"}, measure(siting.RunFrontier)},
	{"sensitivity", geodata.Text{Fr: "Sensibilité du meilleur choix", En: "Sensitivity of the best choice"}, question[siting.SensitivityParams]{
		ask: func(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p siting.SensitivityParams, tell func(Progress)) (Answer, error) {
			r, err := siting.RunSensitivity(ctx, s, nets, p, counts(tell))
			if err != nil {
				return Answer{}, err
			}
			return Answer{r, func() analyses.Result { return r.Layers(s) }}, nil
		}}},
	{"compare", geodata.Text{Fr: "Comparaison de scénarios", En: "Comparison of scenarios"}, question[compare.Params]{
		silent: compare.Params{Draws: 200, Seed: 1},
		ask: func(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p compare.Params, tell func(Progress)) (Answer, error) {
			r, err := compare.Run(ctx, s, nets, p, counts(tell))
			if err != nil {
				return Answer{}, err
			}
			return Answer{r, func() analyses.Result { return r.Layers(s) }}, nil
		}}},
	{"tours", geodata.Text{Fr: "Semaine d'un service itinérant", En: "Week of an itinerant service"}, question[tours.Params]{
		ask: func(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p tours.Params, tell func(Progress)) (Answer, error) {
			r, err := tours.Run(ctx, s, nets, p, func(f tours.Found) {
				tell(Progress{Done: int(1000 * (1 - min(1, f.Gap))), Total: 1000, Found: f})
			})
			if err != nil {
				return Answer{}, err
			}
			return Answer{r, func() analyses.Result { return r.Layers(s) }}, nil
		}}},
	{"shapley", geodata.Text{Fr: "Ce que vaut chaque lieu nouveau", En: "What each new site is worth"}, measure(shapley.Run)},
	{"fragility", geodata.Text{Fr: "Fragilité et isolement", En: "Fragility and isolation"}, measure(fragility.Run)},
}

// Progress is how far an answer is.
type Progress struct {
	Done  int `json:"done"`
	Total int `json:"total"`
	// Found is what a search has until now, with its bound: a siting.Answer or a tours.Found; nil for
	// analyses that have nothing before they have all.
	Found any `json:"found,omitempty"`
}

// counts tells how much of the work is done.
func counts(tell func(Progress)) func(done, total int) {
	return func(done, total int) { tell(Progress{Done: done, Total: total}) }
}

// nearer tells what a search has, and how near it is to the proof: in thousandths,
// what is not gap.
func nearer(tell func(Progress)) func(siting.Answer) {
	return func(a siting.Answer) {
		p := Progress{Total: 1000, Found: a}
		if a.Gap != nil {
			p.Done = int(1000 * (1 - min(1, *a.Gap)))
		}
		tell(p)
	}
}

// All lists the analyses by name.
func All() []Analysis { return append([]Analysis(nil), all...) }

// Get returns an analysis by name; an unknown one is an analyses.ParamError that
// lists them.
func Get(name string) (Analysis, error) {
	var names []string
	for _, a := range all {
		if a.Name == name {
			return a, nil
		}
		names = append(names, a.Name)
	}
	return Analysis{}, &analyses.ParamError{Param: "analysis", Err: fmt.Errorf("unknown analysis %q: want %s", name, strings.Join(names, ", "))}
}

// Params reads parameters as JSON and returns them as they are asked: with the
// defaults that do not depend on the territory, always spelt alike. Unknown
// names and wrong values are an analyses.ParamError.
func (a Analysis) Params(raw []byte) (json.RawMessage, error) {
	own, sc, err := Split(raw)
	if err != nil {
		return nil, err
	}
	p, err := a.decode(own)
	if err != nil {
		return nil, err
	}
	spelt, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	if _, err = a.decode(spelt); err != nil { // null in a list is read as nothing, which some values cannot be
		return nil, err
	}
	return With(spelt, sc)
}

// Run is Follow for those who only ask how much is done. Progress may be nil.
func (a Analysis) Run(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, raw []byte, progress func(done, total int)) (Answer, error) {
	return a.Follow(ctx, s, nets, raw, func(p Progress) {
		if progress != nil {
			progress(p.Done, p.Total)
		}
	})
}

// Follow answers, in the scenario that is asked about. Its errors are those of the
// analysis and of Params. Many goroutines may tell.
func (a Analysis) Follow(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, raw []byte, tell func(Progress)) (Answer, error) {
	own, sc, err := Split(raw)
	if err != nil {
		return Answer{}, err
	}
	p, err := a.decode(own)
	if err != nil {
		return Answer{}, err
	}
	if s, nets, err = within(ctx, s, nets, sc); err != nil {
		return Answer{}, err
	}
	return a.about.run(ctx, s, nets, p, tell)
}

func (a Analysis) decode(raw []byte) (any, error) {
	p := a.about.defaults()
	if len(bytes.TrimSpace(raw)) == 0 {
		return p, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	err := d.Decode(p)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return p, nil
		}
		err = errors.New("want one JSON object and nothing after it")
	}
	param := a.culprit(raw)
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) && wrong.Field != "" {
		param, err = wrong.Field[strings.LastIndexByte(wrong.Field, '.')+1:], fmt.Errorf("want %s, not a JSON %s", kind(wrong.Type), wrong.Value)
	} else if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		param, err = strings.Trim(name, `"`), fmt.Errorf("%s has no such parameter: it has %s", a.Name, strings.Join(a.names(), ", "))
	}
	return nil, &analyses.ParamError{Param: param, Err: err}
}

// culprit is the parameter that cannot be read, or params where the text is no object.
func (a Analysis) culprit(raw []byte) string {
	var each map[string]json.RawMessage
	if json.Unmarshal(raw, &each) != nil {
		return "params"
	}
	for _, name := range slices.Sorted(maps.Keys(each)) {
		alone, err := json.Marshal(map[string]json.RawMessage{name: each[name]})
		if err != nil || json.Unmarshal(alone, a.about.defaults()) != nil {
			return name
		}
	}
	return "params"
}

// kind is what a value of a type is for people.
func kind(t reflect.Type) string {
	if isText(t) {
		return "a text"
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.String:
		return "a text"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Bool:
		return "true or false"
	case reflect.Uint, reflect.Uint64:
		return "a whole number from 0"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	}
	return "a number"
}

// names lists the parameters as they are called in JSON.
func (a Analysis) names() (names []string) {
	for _, f := range a.fields() {
		names = append(names, jsonName(f))
	}
	return append(names, ScenarioParam)
}

// FromWords makes parameters as JSON from words such as within=10m,15m, as they
// are written on a command line. What they mean depends on the parameter: a list
// is written with commas, and a point as longitude,latitude. What has no shorter
// form, such as a list of objects, is written as JSON.
func (a Analysis) FromWords(words map[string]string) (json.RawMessage, error) {
	values := map[string]json.RawMessage{}
	types := map[string]reflect.Type{}
	for _, f := range a.fields() {
		types[jsonName(f)] = f.Type
	}
	for name, word := range words {
		if name == ScenarioParam { // YAML will do as well
			sc, err := scenario.Parse("", []byte(word))
			if err != nil {
				return nil, refused(err)
			}
			if values[name], err = json.Marshal(sc); err != nil {
				return nil, err
			}
			continue
		}
		v, err := fromWord(types[name], word)
		if err != nil {
			return nil, &analyses.ParamError{Param: name, Err: err}
		}
		values[name] = v
	}
	raw, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	return a.Params(raw)
}

// fromWord writes a word as JSON of the type; decoding says what is wrong with a
// name that has none.
func fromWord(t reflect.Type, word string) (json.RawMessage, error) {
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == nil, t.Kind() == reflect.String, isText(t):
		return json.Marshal(word)
	case isList(t) && (!strings.HasPrefix(word, "[") || !json.Valid([]byte(word))):
		items := []json.RawMessage{}
		for item := range strings.SplitSeq(word, ",") {
			v, err := fromWord(t.Elem(), strings.TrimSpace(item))
			if err != nil {
				return nil, err
			}
			items = append(items, v)
		}
		if n := len(items); t.Kind() == reflect.Array && n != t.Len() {
			return nil, fmt.Errorf("%q: want %d numbers with a comma between them, not %d", word, t.Len(), n)
		}
		return json.Marshal(items)
	case !json.Valid([]byte(word)):
		return nil, fmt.Errorf("%q: want %s", word, kind(t))
	}
	return json.RawMessage(word), nil
}

var texts = reflect.TypeFor[interface{ UnmarshalText([]byte) error }]()
