package traveltime

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
	"github.com/maillage/maillage/geodata/load"
	"github.com/maillage/maillage/geodata/profile"
)

// The buses of Cairns on the roads of Anjou: a real feed, its stops carried over so
// that the middle of both is the same place.
func TestARealFeedOnRoads(t *testing.T) {
	dir, err := os.UserCacheDir()
	file := filepath.Join(dir, "maillage", "feeds", "cairns.zip")
	if _, missing := os.Stat(file); err != nil || missing != nil {
		t.Skipf("SKIPPED: %s is not there: .ci/feeds gets it", file)
	}
	table, _, err := load.Timetable(context.Background(), file, load.TimetableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	country, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	var there, here orb.MultiPoint
	for _, s := range table.Stops {
		there = append(there, s.Location)
	}
	cells := country.Population().Cells
	for _, c := range cells {
		if c.Study {
			here = append(here, c.Centre)
		}
	}
	from, to := there.Bound().Center(), here.Bound().Center()
	for i := range table.Stops {
		p := &table.Stops[i].Location
		*p = orb.Point{to[0] + p[0] - from[0], to[1] + p[1] - from[1]}
	}
	c := country.Content()
	c.Timetable, c.OnDemand = table, nil
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	mode, err := CheckMode(s, "transit We 07:30-07:36 p60")
	if err != nil {
		t.Fatal(err)
	}
	m, err := profile.ParseMode(mode)
	if err != nil {
		t.Fatal(err)
	}
	nets := NewNetworks("")
	net, err := nets.Get(context.Background(), s, mode)
	if err != nil {
		t.Fatal(err)
	}
	var homes, doors []orb.Point // cells around every hundredth stop
	for i := 0; i < len(table.Stops); i += 100 {
		near := slices.MinFunc(cells, func(a, b geodata.Cell) int {
			return int(geodata.Distance(a.Centre, table.Stops[i].Location)) - int(geodata.Distance(b.Centre, table.Stops[i].Location))
		})
		homes = append(homes, near.Centre)
	}
	doors = append(doors, homes[1:3]...)
	got, want := matrix(t, net, homes, doors), (&slow{t, s, nets, m}).matrix(homes, doors)
	walk := (&slow{t, s, nets, m}).times("foot", homes, doors)
	rode := 0
	for j := range doors {
		if !slices.Equal(got[j], want[j]) {
			t.Errorf("%s to door %d: %v, want %v", mode, j, got[j], want[j])
		}
		for i := range homes {
			if got[j][i] < walk[j][i] {
				rode++
			}
			checkTimedRoute(t, net, net.Place(homes[i]), net.Place(doors[j]), got[j][i])
		}
	}
	t.Logf("%s: %d stops, %d of %d ways are shorter by bus: %v", mode, len(table.Stops), rode, len(homes)*len(doors), got)
	if rode == 0 {
		t.Error("nobody rides: the test tests little")
	}
}
