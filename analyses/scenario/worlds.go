package scenario

import (
	"context"
	"encoding/json"
	"slices"
	"sync"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Worlds keeps the outcomes of the scenarios applied last, and so their networks
// too. It is safe for concurrent use.
type Worlds struct {
	most int
	mu   sync.Mutex
	kept []keptWorld // the latest first
}

type keptWorld struct {
	base *geodata.Snapshot
	nets *traveltime.Networks
	text string // the scenario with its name, which provenances tell
	*World
}

// NewWorlds keeps no more than the given number.
func NewWorlds(most int) *Worlds { return &Worlds{most: most} }

// Apply is the package's Apply, or its outcome from before.
func (x *Worlds) Apply(ctx context.Context, base *geodata.Snapshot, nets *traveltime.Networks, sc *Scenario) (*World, error) {
	text, err := json.Marshal(sc)
	if err != nil {
		return nil, err
	}
	is := func(k keptWorld) bool { return k.base == base && k.nets == nets && k.text == string(text) }
	x.mu.Lock()
	if i := slices.IndexFunc(x.kept, is); i >= 0 {
		w := x.kept[i]
		x.kept = slices.Insert(slices.Delete(x.kept, i, i+1), 0, w)
		x.mu.Unlock()
		return w.World, nil
	}
	x.mu.Unlock()
	w, err := Apply(ctx, base, nets, sc)
	if err != nil || ctx.Err() != nil { // who has no time does not ask again
		return w, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.kept = slices.Insert(slices.DeleteFunc(x.kept, is), 0, keptWorld{base, nets, string(text), w})
	x.kept = slices.Delete(x.kept, min(len(x.kept), x.most), len(x.kept))
	return w, nil
}
