package colocation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// files are one's own, as texts.
type files struct{ sites, walks, times, demand, shared string }

// read reads them; offers are services that only the shared site has.
func (f files) read(t *testing.T, offers ...string) (*geodata.Snapshot, Own) {
	t.Helper()
	in := func(name, text string) matrix.File { return matrix.File{Name: name, In: strings.NewReader(text)} }
	sites, _, err := matrix.ReadSites(in("S.csv", f.sites))
	if err != nil {
		t.Fatal(err)
	}
	own := Own{Sites: sites, Shared: f.shared}
	if f.shared != "" {
		sites.Add(f.shared)
	}
	if own.Walks, _, err = matrix.ReadWalks(in("W.csv", f.walks), &sites.Values); err != nil {
		t.Fatal(err)
	}
	services := slices.Concat(sites.Services, offers)
	var homes *matrix.Homes
	if f.demand != "" {
		var columns [][]string
		for _, id := range services {
			columns = append(columns, []string{id})
		}
		if homes, _, err = matrix.ReadHomes(in("D.csv", f.demand), columns); err != nil {
			t.Fatal(err)
		}
		if own.Times, _, err = matrix.ReadTimes(in("T.csv", f.times), &homes.Values, &sites.Values); err != nil {
			t.Fatal(err)
		}
	}
	c := homes.Territory(services)
	c.Territory.ID = "own"
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s, own
}

// A town hall and a den four minutes apart, and a house with a den and a social centre:
// from the other den it is near, back it is not. A shared site is five hundred seconds from
// b, and nobody walks there from another site.
var quarter = files{
	sites:  "site_id,service\nhall,town_hall\nhouse,alsh\nhouse,social_centre\nden,alsh\n",
	walks:  "site_id,other_id,seconds\nhall,den,200\nden,hall,250\nden,house,100\nhouse,den,400\nhouse,hall,\n",
	times:  "demand_id,site_id,seconds\na,hall,300\na,new,700\nb,new,500\nb,house,900\nc,house,600\nd,hall,\n",
	demand: "demand_id,value,social_centre,commune\na,1,16,west\nb,2,32,west\nc,4,64,east\nd,8,128,east\n",
	shared: "new",
}

func TestOnesOwnSites(t *testing.T) {
	s, own := quarter.read(t)
	r, err := OfMatrix(s, own, Params{Offer: []string{"town_hall", "social_centre"}, Within: coverage.Minutes(10)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"hall+den town_hall+alsh", "house alsh+social_centre"}, groups(r)); diff != "" {
		t.Error(diff)
	}
	var pairs []string
	for _, p := range r.Pairs {
		pairs = append(pairs, fmt.Sprint(p.Service, " beside ", p.Other, " ", p.Together, " of ", p.All))
	}
	want := []string{"town_hall beside alsh 1 of 1", "town_hall beside social_centre 0 of 1", "alsh beside town_hall 1 of 2", "alsh beside social_centre 1 of 2", "social_centre beside town_hall 0 of 1", "social_centre beside alsh 1 of 1"}
	if diff := cmp.Diff(want, pairs); diff != "" {
		t.Error(diff)
	}
	// The town hall is for all, the social centre for those of its column. Both in one place: b alone, once there is the new site.
	var changes []string
	for _, c := range append(r.Shared.Services, r.Shared.All) {
		changes = append(changes, fmt.Sprint(c.Service, " ", c.Demand, " ", c.Before, " ", c.After, ", west ", c.Communes[1].Before, " ", c.Communes[1].After))
	}
	if diff := cmp.Diff([]string{"town_hall 15 1 3, west 1 3", "social_centre 240 64 96, west 0 32", "all 15 0 2, west 0 2"}, changes); diff != "" {
		t.Error(diff)
	}
	if n := r.Provenance.Notes; len(n) != 1 || !strings.HasPrefix(n[0].En, "1 pair of sites: near enough one way") {
		t.Errorf("%v: want the den and the house to be told of", n)
	}
	// Seven minutes' walk: the den and the house are together, and so all three.
	if r, err = OfMatrix(s, own, Params{Walk: coverage.Minutes(7), Services: []string{"alsh", "town_hall"}, Offer: []string{"alsh", "town_hall"}, Within: coverage.Minutes(10)}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"den+house+hall alsh+town_hall"}, groups(r)); diff != "" || r.Provenance.Notes != nil {
		t.Error(diff, r.Provenance.Notes)
	}
	for _, l := range r.Layers(s).Layers {
		for _, f := range l.Fields {
			if n := len(f.Texts) + len(f.Ints) + len(f.Reals); n != len(l.IDs) {
				t.Errorf("%s %s: %d values of %d rows", l.Name, f.Name, n, len(l.IDs))
			}
		}
	}
}

// Without homes only places and pairs are told.
func TestOnesOwnSitesWithoutHomes(t *testing.T) {
	s, own := files{sites: quarter.sites, walks: quarter.walks}.read(t)
	r, err := OfMatrix(s, own, Params{})
	if err != nil || len(r.Places) != 2 || r.Shared != nil {
		t.Errorf("%+v %v", r, err)
	}
}

// The town's own answer, when its walks, times and people are written down.
func TestOnesOwnSitesAreThoseOfTheTerritory(t *testing.T) {
	tw, c := town()
	for i := range c.Facilities {
		c.Facilities[i].Name = c.Facilities[i].ID
	}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	nets := traveltime.NewNetworks("")
	net, err := nets.Get(t.Context(), s, "foot")
	if err != nil {
		t.Fatal(err)
	}
	at := tw.Point('C')
	ids, doors := []string{"new"}, net.Places(locations([]geodata.Facility{{Location: at}}))
	f := files{sites: "site_id,service\n", walks: "site_id,other_id,seconds\n", times: "demand_id,site_id,seconds\n", demand: "demand_id,value,commune,alsh\n", shared: "new"}
	for _, x := range c.Facilities {
		ids, doors = append(ids, x.ID), append(doors, net.Places(locations([]geodata.Facility{x}))...)
		f.sites += x.ID + "," + x.Service + "\n"
	}
	cells, homes := s.Population().Cells, []geodata.Facility{}
	alsh, err := s.Catalogue().Service("alsh")
	if err != nil {
		t.Fatal(err)
	}
	children, _, err := alsh.Count(s.Population())
	if err != nil {
		t.Fatal(err)
	}
	people, _ := s.Population().Column("ind")
	for i, cell := range cells {
		homes = append(homes, geodata.Facility{Location: cell.Centre})
		f.demand += fmt.Sprintf("%s,%s,%s,%s\n", cell.ID, people[i], cell.Commune, children[i])
	}
	write := func(from []string, places []traveltime.Place) (text string) {
		err := net.Matrix(context.Background(), places, doors, func(j int, times []traveltime.Time) error {
			for i, x := range times {
				text += fmt.Sprintf("%s,%s,%s\n", from[i], ids[j], x.AppendSeconds(nil))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	f.walks += write(ids, doors)
	f.times += write(strings.Split("A B C D E", " "), net.Places(locations(homes)))

	p := Params{Services: []string{"alsh", "social_centre", "town_hall"}, Offer: []string{"social_centre", "alsh"}, Mode: "foot"}
	for _, p.Walk = range []coverage.Threshold{within(1), within(6)} {
		for _, p.Within = range []coverage.Threshold{within(6), within(13)} {
			p.At = &at
			want, err := Run(t.Context(), s, nets, p)
			if err != nil {
				t.Fatal(err)
			}
			p.At = nil
			mine, own := f.read(t)
			got, err := OfMatrix(mine, own, p)
			if err != nil {
				t.Fatal(err)
			}
			alike := cmp.Options{cmpopts.IgnoreFields(Result{}, "Params", "Provenance"), cmpopts.IgnoreFields(Place{}, "Points", "Commune"), cmpopts.IgnoreTypes(geodata.Text{})}
			if diff := cmp.Diff(want, got, alike); diff != "" || want.Shared.All.After == want.Shared.All.Before {
				t.Errorf("walk %s, within %s: %s", p.Walk, p.Within, diff)
			}
		}
	}
}

func TestWhatCannotBeAskedOfOnesOwnSites(t *testing.T) {
	without := quarter
	without.shared = ""
	without.times = strings.ReplaceAll(strings.ReplaceAll(quarter.times, "a,new,700\n", ""), "b,new,500\n", "")
	nobody := without
	nobody.shared = "new"
	offer := []string{"alsh", "town_hall"}
	for want, c := range map[string]struct {
		files files
		p     Params
	}{
		"services: unknown service \"zoo\": want one of town_hall": {quarter, Params{Services: []string{"zoo"}}},
		"services: alsh appears twice":                             {quarter, Params{Services: []string{"alsh", "alsh"}}},
		"shared: is missing: which site would":                     {without, Params{Offer: offer}},
		"offer: want two services":                                 {quarter, Params{Within: 1}},
		"offer: zoo is not one of the services":                    {quarter, Params{Offer: []string{"zoo", "alsh"}, Within: 1}},
		"within: is missing: how near":                             {quarter, Params{Offer: offer}},
		"shared: no home has a time to site":                       {nobody, Params{Offer: offer, Within: 1}},
		"shared: want the times from homes":                        {files{sites: quarter.sites, walks: quarter.walks, shared: "new"}, Params{Offer: offer, Within: 1}},
	} {
		s, own := c.files.read(t)
		if _, err := OfMatrix(s, own, c.p); !errors.Is(err, analyses.ErrParams) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v: want %q", err, want)
		}
	}
}
