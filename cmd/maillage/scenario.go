package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/maillage/maillage/analyses/scenario"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// inFlags say in which scenario a question is asked.
type inFlags struct {
	Scenario string `placeholder:"FILE.yaml|JSON" help:"Ask in a scenario: facilities opened, closed or moved, roads closed or slower."`
}

// in is what was opened, as the scenario would have it. err is why nothing was.
func (f inFlags) in(s *session, snap *geodata.Snapshot, nets *traveltime.Networks, err error) (*geodata.Snapshot, *traveltime.Networks, error) {
	if err != nil {
		return nil, nil, err
	}
	sc, err := f.parsed()
	if err != nil {
		return nil, nil, err
	}
	return s.within(snap, nets, sc)
}

// parsed is the scenario; nil where none is named.
func (f inFlags) parsed() (*scenario.Scenario, error) {
	if f.Scenario == "" {
		return nil, nil //nolint:nilnil // no scenario is the territory as it is
	}
	name, text := "", []byte(f.Scenario)
	if !strings.HasPrefix(strings.TrimSpace(f.Scenario), "{") {
		var err error
		name = f.Scenario
		if text, err = os.ReadFile(name); err != nil {
			return nil, fmt.Errorf("%w: --scenario: neither JSON nor a file that can be read: %w", errUsage, err)
		}
	}
	sc, err := scenario.Parse(name, text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	return sc, nil
}

// within applies a scenario, nil for none; what is wrong with it is told with its lines.
func (s *session) within(snap *geodata.Snapshot, nets *traveltime.Networks, sc *scenario.Scenario) (*geodata.Snapshot, *traveltime.Networks, error) {
	if sc == nil {
		return snap, nets, nil
	}
	w, err := scenario.Apply(s.ctx, snap, nets, sc)
	if err != nil {
		if s.ctx.Err() == nil {
			err = fmt.Errorf("%w: %w", errUsage, err)
		}
		return nil, nil, err
	}
	return w.Snapshot, w.Networks, nil
}
