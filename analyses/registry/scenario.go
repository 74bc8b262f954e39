package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/scenario"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// ScenarioParam is the parameter that every analysis has beside its own: the
// scenario it is asked about. Without it, or with an empty one, the question is
// about the data as they are.
const ScenarioParam = "scenario"

var scenarioParam = Param{Name: ScenarioParam, Type: "object",
	Doc: "changes to ask about, made to a copy of the data before anything is computed; /api/v1/schemas/scenario.json describes them"}

// Split takes the scenario out of parameters as JSON: the analysis's own, and the
// scenario, nil where nothing is changed. A scenario that cannot be read is an
// analyses.ParamError.
func Split(raw []byte) (own []byte, sc *scenario.Scenario, err error) {
	var each map[string]json.RawMessage
	if bytes.Contains(raw, []byte(ScenarioParam)) {
		json.Unmarshal(raw, &each) //nolint:errcheck // the analysis says what is wrong
	}
	text, given := each[ScenarioParam]
	if !given {
		return raw, nil, nil
	}
	delete(each, ScenarioParam)
	if own, err = json.Marshal(each); err != nil {
		return nil, nil, err
	}
	if string(text) == "null" {
		return own, nil, nil
	}
	if sc, err = scenario.Parse("", text); err != nil {
		return nil, nil, refused(err)
	}
	if sc.Empty() {
		sc = nil
	}
	return own, sc, nil
}

// refused says that it is the scenario which is wrong, without lines: those of a
// parameter are nobody's.
func refused(err error) error {
	var problems scenario.Problems
	if !errors.As(err, &problems) {
		return err
	}
	plain := append(scenario.Problems(nil), problems...)
	for i := range plain {
		plain[i].Line = 0
	}
	return &analyses.ParamError{Param: ScenarioParam, Err: plain}
}

// With adds a scenario to an analysis's own parameters; an empty one adds nothing.
func With(own []byte, sc *scenario.Scenario) (json.RawMessage, error) {
	if sc.Empty() {
		return own, nil
	}
	text, err := json.Marshal(sc)
	if err != nil {
		return nil, err
	}
	body := bytes.TrimSuffix(bytes.TrimSpace(own), []byte("}"))
	if len(body) == 0 {
		body = []byte("{")
	}
	if len(bytes.TrimSpace(body)) > 1 {
		body = append(bytes.Clone(body), ',')
	}
	return fmt.Appendf(bytes.Clone(body), "%q:%s}", ScenarioParam, text), nil
}

// keptWorlds are those of the scenarios asked about last: a page asks about one
// again and again.
const keptWorlds = 4

var worlds = scenario.NewWorlds(keptWorlds)

// within is the territory as the scenario would have it; what cannot be changed is
// an analyses.ParamError.
func within(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, sc *scenario.Scenario) (*geodata.Snapshot, *traveltime.Networks, error) {
	if sc == nil {
		return s, nets, nil
	}
	w, err := worlds.Apply(ctx, s, nets, sc)
	if err != nil {
		return nil, nil, refused(err)
	}
	return w.Snapshot, w.Networks, nil
}
