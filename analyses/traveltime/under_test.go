package traveltime

import (
	"context"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/towntest"
)

// A footbridge over the river beside a road bridge: each 1 km.
//
//	A ---- B ==== C ---- D    the road bridge is BC (way 2), the footbridge Bc…cC (way 4)
func rivers(t *testing.T) (towntest.Town, *geodata.Snapshot) {
	t.Helper()
	tw := towntest.Town{Drawing: "A---------B---------C---------D\n\n          F---------G", Ways: map[string]string{
		"AB": "highway=primary", "BC": "highway=secondary", "BFGC": "highway=footway", "CD": "highway=primary"}}
	c := geodata.Content{Territory: geodata.Territory{ID: "t"}, Catalogue: geodata.DefaultCatalogue(), Roads: tw.Roads()}
	for _, letter := range "ABCD" {
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: string(letter), Centre: tw.Point(byte(letter))})
	}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return tw, s
}

// seconds from every cell to D, to the whole.
func seconds(t *testing.T, n *Networks, s *geodata.Snapshot, mode string, to orb.Point) (out []int) {
	t.Helper()
	homes, net, err := n.Cells(context.Background(), s, mode)
	if err != nil {
		t.Fatal(err)
	}
	times, _, err := homes.Nearest(context.Background(), net.Places([]orb.Point{to}))
	if err != nil {
		t.Fatal(err)
	}
	for _, time := range times {
		if sec, ok := time.Seconds(); ok {
			out = append(out, int(sec+0.5))
		} else {
			out = append(out, -1)
		}
	}
	return out
}

// The ways are numbered by name: AB 1, BC 2, BFGC 3, CD 4. People walk 1 km in 720 s.
func TestNetworksUnderRoadwork(t *testing.T) {
	tw, s := rivers(t)
	ctx := context.Background()
	for _, prepared := range []bool{false, true} {
		n := NewNetworks("")
		if prepared {
			if err := n.Prepare(ctx, s, "foot", nil); err != nil {
				t.Fatal(err)
			}
		}
		want := func(what string, n *Networks, mode string, want ...int) {
			t.Helper()
			if diff := cmp.Diff(want, seconds(t, n, s, mode, tw.Point('D'))); diff != "" {
				t.Errorf("prepared %v, %s, %s: %s", prepared, what, mode, diff)
			}
		}
		want("as mapped", n, "foot", 2160, 1440, 720, 0)
		if n.Under(Roadwork{}) != n {
			t.Error("no roadwork is another network")
		}
		bridge := n.Under(Roadwork{Close: []int64{2}})
		// 200 m to the footbridge and 200 m back: 288 s more. Cars have no other way.
		want("the bridge closed", bridge, "foot", 2448, 1728, 720, 0)
		if got := seconds(t, bridge, s, "car", tw.Point('D')); got[0] != -1 || got[1] != -1 || got[3] != 0 {
			t.Errorf("by car: %v", got)
		}
		// Cars use no footbridge: that it is closed is nothing to them.
		if got, mapped := seconds(t, n.Under(Roadwork{Close: []int64{3}}), s, "car", tw.Point('D')), seconds(t, n, s, "car", tw.Point('D')); !cmp.Equal(got, mapped) {
			t.Errorf("by car with the footbridge closed: %v, want %v", got, mapped)
		}
		slow := bridge.Under(Roadwork{PerMille: map[string]int{"primary": 500}})
		want("and primary roads at half the speed", slow, "foot", 1440+1008+1440, 1008+1440, 1440, 0)
		want("at twice the mapped speed, the last word", slow.Under(Roadwork{PerMille: map[string]int{"primary": 2000}}), "foot", 360+1008+360, 1008+360, 360, 0)
		want("both bridges closed", slow.Under(Roadwork{Close: []int64{3}}), "foot", -1, -1, 1440, 0)
		want("as mapped still", n, "foot", 2160, 1440, 720, 0)
	}
}

// Networks made before those they change were prepared become fast with them, and
// all who ask at once share one.
func TestNetworksUnderRoadworkFollowTheMapped(t *testing.T) {
	tw, s := rivers(t)
	ctx, n := context.Background(), NewNetworks("")
	under := n.Under(Roadwork{PerMille: map[string]int{"primary": 500}})
	before := seconds(t, under, s, "foot", tw.Point('D'))
	if err := under.Prepare(ctx, s, "foot", nil); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	nets := make([]*Network, 8)
	for i := range nets {
		all.Go(func() { nets[i], _ = under.Get(ctx, s, "foot") }) //nolint:errcheck // nil then, which is compared
	}
	all.Wait()
	for _, net := range nets {
		if net == nil || net != nets[0] || !net.Prepared() {
			t.Fatal("not one network, prepared")
		}
	}
	if after := seconds(t, under, s, "foot", tw.Point('D')); !cmp.Equal(before, after) {
		t.Errorf("prepared %v, before %v", after, before)
	}
}

// A changed network that is changed again keeps what was closed, and scales the
// speeds it has: so uncertainty redraws those of a scenario.
func TestAChangedNetworkChangesOn(t *testing.T) {
	tw, s := rivers(t)
	mapped, err := NewNetworks("").Get(context.Background(), s, "foot")
	if err != nil {
		t.Fatal(err)
	}
	net := mapped
	for _, w := range []Roadwork{{Close: []int64{2}}, {PerMille: map[string]int{"primary": 500}}, {PerMille: map[string]int{"primary": 500, "footway": 2000}}} {
		if net, err = net.Change(w); err != nil {
			t.Fatal(err)
		}
	}
	homes := net.Homes(net.Places([]orb.Point{tw.Point('A'), tw.Point('B')}))
	times, _, err := homes.Nearest(context.Background(), net.Places([]orb.Point{tw.Point('D')}))
	if err != nil {
		t.Fatal(err)
	}
	// A quarter of the speed on the primary roads, twice on the footbridge's 1.4 km.
	for i, want := range []float64{2880 + 504 + 2880, 504 + 2880} {
		if sec, ok := times[i].Seconds(); !ok || sec < want-0.1 || sec > want+0.1 {
			t.Errorf("%d: %v, want %v s", i, times[i], want)
		}
	}
	if _, err := net.Change(Roadwork{Close: []int64{2}}); err == nil {
		t.Error("a closed way can be closed again")
	}
}
