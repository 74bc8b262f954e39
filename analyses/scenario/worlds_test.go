package scenario

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/maillage/maillage/analyses/traveltime"
)

// The worlds kept are the ones asked for last, each by its base, networks and
// whole text: the name is told, so it is part of which one it is.
func TestWorldsAreKept(t *testing.T) {
	_, s := street(t)
	nets, ctx := traveltime.NewNetworks(""), context.Background()
	x := NewWorlds(2)
	get := func(nets *traveltime.Networks, text string) *World {
		t.Helper()
		w, err := x.Apply(ctx, s, nets, parse(t, text))
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	const a, b, c = "changes: [{open: {facility: plan}}]", "changes: [{open: {facility: idea}}]", "changes: [{close: {facility: idea}}]"
	first := get(nets, a)
	if get(nets, b); get(nets, a) != first {
		t.Error("one of two is not kept")
	}
	if get(nets, "name: x\n"+a) == first || get(traveltime.NewNetworks(""), a) == first {
		t.Error("another name, or other networks, give the same world")
	}
	first = get(nets, a)
	get(nets, b)
	if get(nets, c); get(nets, a) == first {
		t.Error("three are kept, want two")
	}
	if _, err := x.Apply(ctx, s, nets, parse(t, "changes: [{open: {facility: x}}]")); err == nil {
		t.Error("what cannot be done is")
	}
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			if _, err := x.Apply(ctx, s, nets, &Scenario{Changes: []Change{{Resize: &Resize{Facility: "nursery", Capacity: i % 3}}}}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(x.kept) != 2 {
		t.Errorf("%d are kept: %s", len(x.kept), fmt.Sprint(x.kept))
	}
}
