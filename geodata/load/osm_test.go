package load

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

func TestIsOSM(t *testing.T) {
	for _, c := range []struct {
		name, content string
		want          bool
	}{
		{"town.osm", osmText(grid), true},
		{"town.osm.gz", gzipped(t, osmText(grid)), true},
		{"town.xml", "\xef\xbb\xbf\n<osm version='0.6'/>", true},
		{"town.pbf", pbfTown(pbfOptions{dense: true}), true},
		{"named.osm.pbf", tinyGeoJSON, false},
		{"table.csv", tinyCSV, false},
		{"page.osm", "<html><body>osm</body></html>", false},
		{"empty.osm", "", false},
	} {
		got, err := isOSM(tempFile(t, c.name, c.content))
		if err != nil || got != c.want {
			t.Errorf("%s: %v (%v)", c.name, got, err)
		}
	}
	path := tempFile(t, "changes.osc", "<osmChange version='0.6'/>")
	_, err := isOSM(path)
	wantError(t, err, path, "a file of OpenStreetMap changes")
}

func TestXMLCutAnywhereIsAnError(t *testing.T) {
	whole := strings.TrimSpace(pbfTownXML)
	for n := range whole {
		if err := scanXML(strings.NewReader(whole[:n]), osmVisitor{}); err == nil {
			t.Fatalf("cut after %d of %d bytes: no error", n, len(whole))
		}
	}
	if err := scanXML(strings.NewReader(whole), osmVisitor{}); err != nil {
		t.Fatal(err)
	}
}

// townHalls is a town with town halls of every kind.
const townHalls = `
	n1 0.0 47.0 amenity=townhall name=Mairie+de+Tiercé opening_hours=Mo-Fr+09:00-12:00 wheelchair=yes capacity=12
	n2 0.0 47.1 amenity=townhall opening_hours=sunrise-sunset wheelchair=limited capacity=many
	n3 0.0 47.2 amenity=townhall;library wheelchair=perhaps
	n4 0.0 47.3 amenity=bench
	n11 0.0 48.0
	n12 0.2 48.0
	n13 0.2 48.1
	n14 0.0 48.1
	n21 0.4 48.0
	n22 0.6 48.0
	n23 0.6 48.1
	n24 0.4 48.1
	n31 9.0 48.0 amenity=townhall name=far
	w10 11,12,13,14,11 amenity=townhall name=square
	w11 11,12,13 amenity=townhall name=open
	w12 11,12,99,11 amenity=townhall name=cut
	w13 11,12,13,14,11 building=yes
	w21 21,22,23
	w22 21,24,23
	w23 21,23
	r1 outer:w21 outer:w22 inner:w23 type=multipolygon amenity=townhall name=joined
	r2 outer:w21 type=multipolygon amenity=townhall name=half
	r3 :w10 type=site amenity=townhall
	r4 outer:w99 type=multipolygon amenity=townhall name=missing
`

func TestOSMFacilities(t *testing.T) {
	west := func(p orb.Point) bool { return p[0] < 5 }
	for _, path := range []string{
		tempFile(t, "places.osm", osmText(townHalls)),
		tempFile(t, "places.osm.gz", gzipped(t, osmText(townHalls))),
	} {
		got, rep, err := Facilities(context.Background(), path, FacilityOptions{
			Options: Options{Keep: west}, Service: "town_hall", Catalogue: geodata.DefaultCatalogue(),
		})
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, f := range got {
			if f.Service != "town_hall" || f.Status != geodata.Existing || f.Source != "OpenStreetMap" {
				t.Errorf("%+v", f)
			}
			line := fmt.Sprintf("%s %.6f %.6f %q %q", f.ID, f.Location[0], f.Location[1], f.Name, f.Accessible)
			if f.Capacity != nil {
				line += fmt.Sprintf(" %d places", *f.Capacity)
			}
			if f.Hours != nil {
				line += fmt.Sprintf(" %d min", f.Hours.Minutes())
			}
			lines = append(lines, line)
		}
		want := []string{
			`node/1 0.000000 47.000000 "Mairie de Tiercé" "yes" 12 places 900 min`,
			`node/2 0.000000 47.100000 "" "limited"`,
			`node/3 0.000000 47.200000 "" ""`,
			`way/10 0.100000 48.050000 "square" ""`,
			`relation/1 0.500000 48.050000 "joined" ""`,
		}
		if diff := cmp.Diff(want, lines); diff != "" {
			t.Error(diff)
		}
		var rejected []string
		for _, x := range rep.Rejected {
			rejected = append(rejected, x.Record)
		}
		if diff := cmp.Diff([]string{"way/11", "way/12", "relation/2", "relation/4"}, rejected); diff != "" {
			t.Error(diff)
		}
		if rep.Read != 10 || rep.Loaded != 5 || rep.Outside != 1 {
			t.Errorf("read %d, loaded %d, outside %d", rep.Read, rep.Loaded, rep.Outside)
		}
		wantNotes(t, rep, `opening hours not understood, left unknown: 1 (node/2 "sunrise-sunset")`, `capacities`)
	}
}

func TestOSMFacilitiesNeedTheirTags(t *testing.T) {
	text := osmText("n1 0 47 amenity=community_centre\nn2 0 47 amenity=community_centre community_centre=youth_centre\nn3 0 47 leisure=youth_centre")
	path := tempFile(t, "places.osm", text)
	opt := FacilityOptions{Service: "youth", Catalogue: geodata.DefaultCatalogue()}
	got, _, err := Facilities(context.Background(), path, opt)
	if err != nil || len(got) != 2 || got[0].ID != "node/2" || got[1].ID != "node/3" {
		t.Errorf("%v (%v)", got, err)
	}
	opt.Service = "senior"
	_, _, err = Facilities(context.Background(), path, opt)
	wantError(t, err, path, "no facilities", "amenity=nursing_home")
	opt.Service = "france_services"
	_, _, err = Facilities(context.Background(), path, opt)
	wantError(t, err, path, "names no OpenStreetMap tags")
}
