package fragility

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// read reads one's own files; without sites all times are to one service.
func read(t *testing.T, demand, sites, times string) (*geodata.Snapshot, Own) {
	t.Helper()
	in := func(name, text string) matrix.File { return matrix.File{Name: name, In: strings.NewReader(text)} }
	homes, _, err := matrix.ReadHomes(in("D.csv", demand), Columns)
	if err != nil {
		t.Fatal(err)
	}
	own := Own{Placed: homes.At != nil}
	services, values := []string{"service"}, (*matrix.Values)(nil)
	if sites != "" {
		if own.Sites, _, err = matrix.ReadSites(in("S.csv", sites)); err != nil {
			t.Fatal(err)
		}
		services, values = own.Sites.Services, &own.Sites.Values
	}
	if own.Times, _, err = matrix.ReadTimes(in("T.csv", times), &homes.Values, values); err != nil {
		t.Fatal(err)
	}
	c := homes.Territory(services)
	c.Territory.ID = "pays"
	return seal(t, c), own
}

// Four homes of ten people and households, as in TestScoreByHand, and one of nobody. The k-th of four has rank
// 12.5, 37.5, 62.5 or 87.5, the two in the middle 50 where they tie. To be ten minutes from one service and beside the other is to be five from both.
func TestOnesOwnHomes(t *testing.T) {
	s, own := read(t, "demand_id,value,households,poverty,alone\nd,10,10,6,0\nb,10,10,2,4\nnobody,0,0,0,0\nc,10,10,2,2\na,10,10,0,8\n",
		"site_id,service\nhall,town_hall\nhouse,alsh\n", "demand_id,site_id,seconds\na,hall,0\na,house,600\nb,hall,900\nb,house,0\nc,house,0\nc,hall,1200\nd,hall,9999\n")
	r, err := OfMatrix(s, own, Params{})
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range [][]float64{{12.5, 50, 50, 87.5}, {87.5, 62.5, 37.5, 12.5}, {12.5, 37.5, 62.5, 87.5}} {
		if diff := cmp.Diff(want, numbers(r.Cells.Ranks[k]), nearly); diff != "" {
			t.Errorf("%s: %s", r.Components[k].Name, diff)
		}
	}
	// d has no way to the house, and is over an hour from the hall.
	if diff := cmp.Diff([]float64{300, 450, 600, 3600}, numbers(r.Cells.Values[2]), nearly); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]float64{37.5, 50, 50, 62.5}, numbers(r.Cells.Score), nearly); diff != "" || strings.Join(r.Cells.IDs, "") != "abcd" {
		t.Error(r.Cells.IDs, diff)
	}
	notes := fmt.Sprint(r.Provenance.Notes)
	for _, want := range []string{"Left out, for the file has no such column: single-parent families, 80 and over, households without a car.", "No list of places"} {
		if !strings.Contains(notes, want) {
			t.Errorf("no %q in %s", want, notes)
		}
	}
	if len(r.Unseen)+len(r.Visits)+len(r.Communes) > 0 {
		t.Errorf("%+v %+v", r.Unseen, r.Communes)
	}
	for _, l := range r.Layers(s).Layers {
		for i := range l.Geometry {
			if l.Geometry[i] != nil {
				t.Errorf("%s %s is drawn", l.Name, l.IDs[i])
			}
		}
	}
	// One service, and weights: c is the farthest from the hall but d.
	r, err = OfMatrix(s, own, Params{Services: []string{"town_hall"}, Poverty: weight(0), Alone: weight(0)})
	if err != nil || len(r.Components) != 1 {
		t.Fatal(r, err)
	}
	if diff := cmp.Diff([]float64{0, 900, 1200, 3600}, numbers(r.Cells.Values[0]), nearly); diff != "" {
		t.Error(diff)
	}
}

// The street's own answer, when its times and people are written down, lists and all.
func TestOnesOwnHomesAreThoseOfTheTerritory(t *testing.T) {
	columns := map[string][]int64{"ind": {100, 90, 80, 70, 60}, "men": {40, 4, 30, 11, 40}, "men_1ind": {8, 1, 4, 9, 32}, "ind_80p": {4, 0, 16, 8, 0}, "men_voit0": {10, 0, 30, 0, 1}, "men_pauv": {1, 2, 3, 4, 5}, "men_fmp": {5, 0, 2, 2, 0}}
	c := along(columns)
	c.Facilities = append(c.Facilities, geodata.Facility{ID: "fs", Service: "france_services", Status: geodata.Existing, Location: street.Point('D')})
	for i := range c.Communes {
		c.Communes[i].Name = c.Communes[i].Code
	}
	s := seal(t, c)
	net, err := traveltime.NewNetworks("").Get(t.Context(), s, "foot")
	if err != nil {
		t.Fatal(err)
	}
	demand, sites, times := "demand_id,ind,commune,lon,lat,men,men_1ind,aged,no_car,poverty,single_parents\n", "site_id,service\n", "demand_id,site_id,seconds\n"
	for i, cell := range s.Population().Cells {
		demand += fmt.Sprintf("%s,%d,%s,%v,%v", cell.ID, columns["ind"][i], cell.Commune, cell.Centre[0], cell.Centre[1])
		for _, name := range []string{"men", "men_1ind", "ind_80p", "men_voit0", "men_pauv", "men_fmp"} {
			demand += fmt.Sprint(",", columns[name][i])
		}
		demand += "\n"
		for _, f := range s.Facilities() {
			err := net.Matrix(t.Context(), net.Places([]orb.Point{cell.Centre}), net.Places([]orb.Point{f.Location}), func(_ int, ms []traveltime.Time) error {
				times += fmt.Sprintf("%s,%s,%s\n", cell.ID, f.ID, ms[0].AppendSeconds(nil))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, f := range s.Facilities() {
		sites += f.ID + "," + f.Service + "\n"
	}
	p := Params{Beyond: coverage.Minutes(12), Services: []string{"town_hall", "france_services"}, Aged: weight(2.5)}
	want := run(t, s, p)
	mine, own := read(t, demand, sites, times)
	got, err := OfMatrix(mine, own, p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Result{}, "Params", "Provenance"), cmpopts.IgnoreUnexported(Result{})); diff != "" || len(want.Unseen) < 2 || len(want.Visits) < 2 || len(want.Components) != 6 {
		t.Errorf("%d and %d places, %d components: %s", len(want.Unseen), len(want.Visits), len(want.Components), diff)
	}
}

func TestWhatCannotBeAskedOfOnesOwnHomes(t *testing.T) {
	for want, p := range map[string]Params{
		"poverty: a weight of -1":                 {Poverty: weight(-1)},
		"far: no component with a weight":         {Far: weight(0)},
		"services: unknown service \"zoo\": want": {Services: []string{"zoo"}},
		"services: service appears twice":         {Services: []string{"service", "service"}},
		"beyond: 60m: want less":                  {Beyond: coverage.Minutes(60)},
		"minimum: 10 households":                  {Minimum: 10},
	} {
		s, own := read(t, "demand_id,value\na,1\n", "", "demand_id,site_id,seconds\na,x,1\n")
		if _, err := OfMatrix(s, own, p); !errors.Is(err, analyses.ErrParams) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
