package route

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/towntest"
)

var village = towntest.Town{Drawing: `
A----B
     |
C----D----E

F--G`, Ways: map[string]string{
	"AB": "highway=residential name=Rue_du_Lac", "BD": "highway=secondary ref=D12", "DE": "highway=secondary ref=D12 name=Route_de_la_Mer",
	"CD": "highway=unclassified", "FG": "highway=residential"}}

// snapshot has a cell at A, C and E each, and the town hall at E.
func snapshot(t testing.TB) *geodata.Snapshot {
	t.Helper()
	c := geodata.Content{Territory: geodata.Territory{ID: "v", Name: "Village", Modelled: true}, Catalogue: geodata.DefaultCatalogue(), Roads: village.Roads()}
	for _, letter := range []byte("ACE") {
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: "cell" + string(letter), Centre: village.Point(letter)})
	}
	c.Facilities = []geodata.Facility{{ID: "hall", Name: "Mairie", Service: "town_hall", Location: village.Point('E'), Status: geodata.Existing}}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRoadsAreNamed(t *testing.T) {
	s, nets := snapshot(t), traveltime.NewNetworks("")
	for _, c := range []struct{ from, to, want string }{
		{"cellA", "hall", "Rue_du_Lac 500 m; D12 200 m; Route_de_la_Mer (D12) 500 m"},
		{"cellC", "hall", "petite route 500 m; Route_de_la_Mer (D12) 500 m"},
	} {
		r, err := Run(context.Background(), s, nets, Params{From: c.from, To: c.to})
		if err != nil {
			t.Fatal(err)
		}
		var legs []string
		for _, l := range r.Legs {
			if l.Metres > 0.02 { // nodes lie on a lattice of 1e-7 degree
				legs = append(legs, fmt.Sprintf("%s %.0f m", l.Label.Fr, l.Metres))
			}
		}
		if got := strings.Join(legs, "; "); got != c.want {
			t.Errorf("%s → %s: %s\nwant %s", c.from, c.to, got, c.want)
		}
		if r.From.ID != c.from || r.To.Name != "Mairie" || r.Params.Mode != "car" {
			t.Errorf("%+v %+v %+v", r.From, r.To, r.Params)
		}
	}
}

func TestLegsAddUpToTheMatrix(t *testing.T) {
	s, nets := snapshot(t), traveltime.NewNetworks("")
	for _, mode := range []string{"car", "bike", "foot"} {
		net, err := nets.Get(context.Background(), s, mode)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Run(context.Background(), s, nets, Params{From: "cellA", To: "hall", Mode: mode})
		if err != nil {
			t.Fatal(err)
		}
		var want, sum traveltime.Time
		if err := net.Matrix(context.Background(), net.Places([]orb.Point{village.Point('A')}), net.Places([]orb.Point{village.Point('E')}),
			func(_ int, row []traveltime.Time) error { want = row[0]; return nil }); err != nil {
			t.Fatal(err)
		}
		for _, l := range r.Legs {
			sum += l.Seconds
		}
		if r.Seconds != want || sum != want {
			t.Errorf("%s: %d ms, legs %d, the matrix %d", mode, r.Seconds, sum, want)
		}
		arrival := r.Layers().Layers[0].Field("arrival").Reals
		if got, _ := want.Seconds(); arrival[len(arrival)-1] != got {
			t.Errorf("%s: the last leg arrives after %v s, want %v", mode, arrival[len(arrival)-1], got)
		}
	}
}

func TestEndsMayBePoints(t *testing.T) {
	s, nets := snapshot(t), traveltime.NewNetworks("")
	point := func(letter byte) string {
		p := village.Point(letter)
		return fmt.Sprintf("%v, %v", p[0], p[1])
	}
	named, err := Run(context.Background(), s, nets, Params{From: "cellA", To: "hall"})
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := Run(context.Background(), s, nets, Params{From: point('A'), To: point('E')})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(named.Legs, drawn.Legs); diff != "" {
		t.Error(diff)
	}
	here, err := Run(context.Background(), s, nets, Params{From: "cellE", To: "hall"})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := json.Marshal(here); err != nil || strings.Contains(string(b), `"legs":null`) {
		t.Errorf("%s, %v", b, err)
	}
}

func TestWhereThereIsNoWayTheErrorSaysWhy(t *testing.T) {
	s, nets := snapshot(t), traveltime.NewNetworks("")
	for _, c := range []struct{ from, to, says string }{
		{"1,1", "hall", "off_network: from (1.000000,1.000000) is more than 1000 m"},
		{"cellA", "1,1", "off_network: to (1.000000,1.000000)"},
	} {
		_, err := Run(context.Background(), s, nets, Params{From: c.from, To: c.to})
		if !errors.Is(err, ErrNoRoute) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s → %s: %v, want …%s…", c.from, c.to, err, c.says)
		}
	}
	// Two islands, each with more than 20 km of road.
	islands := towntest.Town{Drawing: "A-----B\n\nC-----D", Spacing: 5000, Ways: map[string]string{"AB": "highway=primary", "CD": "highway=primary"}}
	sea, err := geodata.NewSnapshot(geodata.Content{Territory: geodata.Territory{ID: "i", Name: "Islands"}, Catalogue: geodata.DefaultCatalogue(), Roads: islands.Roads()})
	if err != nil {
		t.Fatal(err)
	}
	a, c := islands.Point('A'), islands.Point('C')
	_, err = Run(context.Background(), sea, nets, Params{From: fmt.Sprintf("%v,%v", a[0], a[1]), To: fmt.Sprintf("%v,%v", c[0], c[1])})
	if !errors.Is(err, ErrNoRoute) || !strings.Contains(err.Error(), "unreachable: no road leads from") {
		t.Errorf("between islands: %v", err)
	}
	for _, c := range []struct {
		param, says string
		p           Params
	}{
		{"from", `"nowhere" is no cell of the grid`, Params{From: "nowhere", To: "hall"}},
		{"from", "want longitude,latitude", Params{To: "hall"}},
		{"to", `"cellA" is no facility`, Params{From: "cellA", To: "cellA"}},
		{"to", "not a longitude", Params{From: "cellA", To: "500,0"}},
		{"mode", "", Params{From: "cellA", To: "hall", Mode: "boat"}},
	} {
		_, err := Run(context.Background(), s, nets, c.p)
		var bad *analyses.ParamError
		if !errors.As(err, &bad) || bad.Param != c.param || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v, want %s: …%s…", c.p, err, c.param, c.says)
		}
	}
}

func FuzzParsePoint(f *testing.F) {
	for _, s := range []string{"9.5,47.1", " -0.55 , 47.47", "", ",", "1,2,3", "NaN,0", "181,0", "1e400,0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := ParsePoint(s); err == nil && geodata.CheckPoint(p) != nil {
			t.Errorf("%q was read as %v", s, p)
		}
	})
}
