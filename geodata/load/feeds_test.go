package load

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/maillage/maillage/geodata"
)

// feedFolderOf writes a feed as a folder.
func feedFolderOf(t *testing.T, name string, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for file, text := range files {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// renamed is a feed whose ids are others.
func renamed(files map[string]string) map[string]string {
	other := strings.NewReplacer("ANJ", "SAR", "s1", "z1", ",d,", ",dd,", ",f,", ",ff,", "S,", "ZZ,", ",S", ",ZZ", "week", "workdays", "fair", "market", "t1", "u1", "t2", "u2", "\n2,", "\n7,")
	out := maps.Clone(files)
	for name, text := range out {
		head, rest, _ := strings.Cut(text, "\n")
		out[name] = head + other.Replace("\n"+rest)
	}
	return out
}

func TestFeedsAreMerged(t *testing.T) {
	one := feedFolderOf(t, "one", feed)
	alone, _, err := Timetable(t.Context(), one, TimetableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		second map[string]string
		prefix string
	}{
		"other ids":    {renamed(feed), ""},
		"the same ids": {feed, "2:"},
		"only its stops": {with("agency.txt", renamed(feed)["agency.txt"], "routes.txt", renamed(feed)["routes.txt"], "calendar.txt", renamed(feed)["calendar.txt"],
			"calendar_dates.txt", renamed(feed)["calendar_dates.txt"], "trips.txt", renamed(feed)["trips.txt"], "frequencies.txt", "",
			"stop_times.txt", strings.NewReplacer("t1", "u1", "t2", "u2").Replace(feed["stop_times.txt"])), "2:"},
		"an agency without id": {with("agency.txt", "agency_name,agency_timezone\nBus,Europe/Paris\n",
			"routes.txt", "route_id,route_short_name,route_type\n2,2,3\n"), "2:"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			two := feedFolderOf(t, "two", c.second)
			second, _, err := Timetable(t.Context(), two, TimetableOptions{})
			if err != nil {
				t.Fatal(err)
			}
			m := feedMerger{}
			reports := []*FeedReport{{}, {}}
			for i, x := range []*geodata.Timetable{alone, second} {
				if err := m.add([]string{one, two}[i], x, reports[i]); err != nil {
					t.Fatal(err)
				}
			}
			if err := m.t.Check(); err != nil {
				t.Fatal(err)
			}
			if (c.prefix != "") != (len(reports[1].Notes) == 1) {
				t.Errorf("notes %q", reports[1].Notes)
			}
			// Each feed is in the whole as it was, under its prefix.
			for i, want := range []*geodata.Timetable{alone, prefixed(second, c.prefix)} {
				var trips []geodata.Trip
				for _, trip := range m.t.Trips {
					if slices.ContainsFunc(want.Trips, func(x geodata.Trip) bool { return x.ID == trip.ID }) {
						trips = append(trips, trip)
					}
				}
				if len(trips) != len(want.Trips) {
					t.Fatalf("feed %d: %d of %d trips are there", i+1, len(trips), len(want.Trips))
				}
				for k := range trips {
					for n, call := range trips[k].Calls {
						if m.t.Stops[call.Stop] != want.Stops[want.Trips[k].Calls[n].Stop] {
							t.Errorf("feed %d, trip %s: call %d is at another stop", i+1, trips[k].ID, n)
						}
					}
				}
				if diff := cmp.Diff(want.Trips, trips, cmpopts.IgnoreFields(geodata.Call{}, "Stop")); diff != "" {
					t.Error(diff)
				}
			}
			if len(m.t.Transfers) != len(alone.Transfers)+len(second.Transfers) || len(m.t.Routes) != 2 || len(m.t.Services) != 4 {
				t.Errorf("%d transfers, %d routes, %d services", len(m.t.Transfers), len(m.t.Routes), len(m.t.Services))
			}
		})
	}
}

func TestAFeedOfAnotherTimeZoneIsRefused(t *testing.T) {
	m := feedMerger{}
	paris, _, err := readFiles(feed, TimetableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	london := *paris
	london.Zone = "Europe/London"
	if err := m.add("a.zip", paris, &FeedReport{}); err != nil {
		t.Fatal(err)
	}
	if err := m.add("b.zip", &london, &FeedReport{}); err == nil || err.Error() != "b.zip: its clocks show Europe/London, those of a.zip show Europe/Paris: want feeds of one time zone" {
		t.Error(err)
	}
}

// transportSpec is a territory of one commune around Seiches, 0.1 degrees wide, with the
// feed whose stops are at -0.5, -0.4 and -0.2.
func transportSpec(t *testing.T) Spec {
	t.Helper()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return Spec{ID: "t", Buffer: 6_000, StudyArea: "49333",
		Communes: []string{file("communes.geojson", `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"49333","nom":"Seiches"},
			"geometry":{"type":"Polygon","coordinates":[[[-0.55,47.55],[-0.45,47.55],[-0.45,47.65],[-0.55,47.65],[-0.55,47.55]]]}}]}`)},
		Roads: []string{file("roads.geojson", `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"highway":"primary"},
			"geometry":{"type":"LineString","coordinates":[[-0.5,47.6],[-0.4,47.6]]}}]}`)},
		Timetables: []string{feedFolderOf(t, "feed", feed)},
		OnDemand:   []string{file("tad.csv", onDemandHead+"tad,,49333 49347,,Mo-Fr 08:00-18:00,20,,,\nother,,49347,,Mo-Fr 08:00-18:00,,,,\nbad,,49333,,jamais,,,,\n")},
	}
}

func TestATerritoryWithPublicTransport(t *testing.T) {
	s, report, err := Territory(t.Context(), transportSpec(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	// 6 km beyond -0.45 reach to -0.37: d is inside and f outside. t1 calls at s1 and d, t2 at f and d only.
	x := s.Timetable()
	if len(x.Trips) != 1 || x.Trips[0].ID != "t1" || len(x.Trips[0].Calls) != 3 || len(x.Stops) != 4 || len(x.Services) != 1 {
		t.Errorf("%+v", x)
	}
	if d := s.OnDemand(); len(d) != 1 || d[0].ID != "tad" || d[0].Source != "tad.csv" {
		t.Errorf("on demand %+v", d)
	}
	if report.Rejected() != 1 {
		t.Errorf("%d rejected, want the service that never runs", report.Rejected())
	}
	var text bytes.Buffer
	if err := report.WriteText(&text, 10); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"tad.csv (transport on demand, CSV): 3 read, 1 loaded, 1 outside the area, 1 rejected", `line 4: hours = "jamais"`,
		"communes of its services that are not in the territory: 49347", "left aside: 1 of 2", "stop_times.txt (GTFS): 5 read"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the report does not say %q:\n%s", want, text.String())
		}
	}
	var layers []string
	for _, source := range s.Sources() {
		layers = append(layers, source.Layer+" "+source.Name+" "+source.Vintage)
	}
	if !slices.Contains(layers, "timetable feed (GTFS) 2025-09-01/2026-07-03") || !slices.Contains(layers, "on_demand tad.csv (transport on demand, CSV) ") {
		t.Errorf("sources %q", layers)
	}
}

func TestFeedsThatCannotBeUsedEndTheImport(t *testing.T) {
	for want, change := range map[string]func(*Spec){
		"every service has expired before 2026-11-23":                          func(s *Spec) { s.On = 20261123 },
		"none of its 2 trips calls at two stops within 0 km of the study area": func(s *Spec) { s.Buffer = 0 },
		"no.zip: no such file": func(s *Spec) { s.Timetables = []string{"no.zip"} },
		"records were rejected, and a strict import refuses them: 1": func(s *Spec) { s.Strict = true },
		"no.csv: no such file": func(s *Spec) { s.OnDemand = []string{"no.csv"} },
	} {
		spec := transportSpec(t)
		change(&spec)
		if _, report, err := Territory(t.Context(), spec, Options{}); err == nil || !strings.Contains(err.Error(), want) || report == nil {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
