package load

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// feed is a small GTFS feed as operators publish them: with a byte order mark,
// quoted fields with blanks around them, Windows line ends, columns in any order,
// rows out of order, a trip past midnight, a stop passed without a time.
var feed = map[string]string{
	"agency.txt":         "\ufeffagency_id, agency_name ,agency_url,agency_timezone\r\nANJ, \"Anjou, Bus\" ,https://bus.example,Europe/Paris\r\n",
	"stops.txt":          "stop_lat,stop_lon,stop_id,stop_name,location_type,parent_station\n47.60,-0.50,S,Seiches,1,\n47.60,-0.50,s1,Seiches A,0,S\n47.60,-0.40,d,Durtal,,\n47.60,-0.20,f,La Flèche,,\n47.60,-0.50,e,Entrance,2,S\n",
	"routes.txt":         "route_id,agency_id,route_short_name,route_long_name,route_type,route_color\n2,ANJ,2,Angers – La Flèche,3,00AAFF\n",
	"calendar.txt":       "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\nweek,1,1,1,1,1,0,0,20250901,20260703\n",
	"calendar_dates.txt": "service_id,date,exception_type\nweek,20251225,2\nfair,20250906,1\n",
	"trips.txt":          "route_id,service_id,trip_id,trip_headsign\n2,week,t1,\"La Flèche\"\n2,fair,t2,Durtal\n",
	"stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type\n" +
		"t1,,,d,5,,\nt1, 7:45:31,7:45:31,f,9,1,0\nt1,\"7:30:00\" ,07:30:00,s1,1,0,1\nt2,23:50:00,23:50:00,f,0,,\nt2,24:20:00,24:25:30,d,1,3,2\n",
	"frequencies.txt": "trip_id,start_time,end_time,headway_secs,exact_times\nt2,14:00:00,26:00:00,1800,1\n",
	"transfers.txt":   "from_stop_id,to_stop_id,transfer_type,min_transfer_time\ns1,d,2,180\nS,f,3,\n",
	"shapes.txt":      "shape_id,shape_pt_lat\n", "pathways.txt": "", "booking_rules.txt": "booking_rule_id\nb\n", "locations.geojson": "{}",
}

// with is the feed with some of its files replaced; empty text removes a file.
func with(files ...string) map[string]string {
	out := maps.Clone(feed)
	for i := 0; i < len(files); i += 2 {
		if out[files[i]] = files[i+1]; files[i+1] == "" {
			delete(out, files[i])
		}
	}
	return out
}

func readFiles(files map[string]string, opt TimetableOptions) (*geodata.Timetable, *FeedReport, error) {
	m := fstest.MapFS{}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	rep := &FeedReport{Feed: "feed"}
	t, err := readFeed(context.Background(), m, opt, rep)
	return t, rep, err
}

func TestAFeedAsOperatorsPublishIt(t *testing.T) {
	got, rep, err := readFiles(feed, TimetableOptions{On: 20251001})
	if err != nil {
		t.Fatal(err)
	}
	// From s1 (7:30:00) by d to f (7:45:31) along one parallel: d is a third of the way, 310.3 s, at 7:35:10.
	want := &geodata.Timetable{
		Zone:     "Europe/Paris",
		Agencies: []geodata.Agency{{ID: "ANJ", Name: "Anjou, Bus", URL: "https://bus.example"}},
		Stops: []geodata.Stop{
			{ID: "S", Name: "Seiches", Location: orb.Point{-0.5, 47.6}, Station: true},
			{ID: "d", Name: "Durtal", Location: orb.Point{-0.4, 47.6}},
			{ID: "f", Name: "La Flèche", Location: orb.Point{-0.2, 47.6}},
			{ID: "s1", Name: "Seiches A", Location: orb.Point{-0.5, 47.6}, Parent: "S"},
		},
		Routes: []geodata.Route{{ID: "2", Agency: "ANJ", Short: "2", Long: "Angers – La Flèche", Type: 3, Colour: "00AAFF"}},
		Services: []geodata.TransitService{
			{ID: "fair", Added: []geodata.Date{20250906}},
			{ID: "week", Week: [7]bool{true, true, true, true, true}, First: 20250901, Last: 20260703, Removed: []geodata.Date{20251225}},
		},
		Trips: []geodata.Trip{
			{ID: "t1", Route: "2", Service: "week", Headsign: "La Flèche", Calls: []geodata.Call{
				{Stop: 3, Arrival: 27000, Departure: 27000, Alighting: geodata.NotHere},
				{Stop: 1, Arrival: 27310, Departure: 27310},
				{Stop: 2, Arrival: 27931, Departure: 27931, Boarding: geodata.NotHere}}},
			{ID: "t2", Route: "2", Service: "fair", Headsign: "Durtal", Calls: []geodata.Call{
				{Stop: 2, Arrival: 85800, Departure: 85800},
				{Stop: 1, Arrival: 87600, Departure: 87930, Boarding: geodata.AskTheCrew, Alighting: geodata.CallAgency}},
				Frequencies: []geodata.Frequency{{From: 50400, To: 93600, Headway: 1800, Exact: true}}},
		},
		Transfers: []geodata.Transfer{{From: 0, To: 2, Kind: geodata.Impossible}, {From: 3, To: 1, Kind: geodata.MinimumTime, Seconds: 180}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if want := (FeedCounts{Agencies: 1, Stops: 3, Stations: 1, Routes: 1, Services: 2, Trips: 2, Calls: 5, Transfers: 2}); rep.Counts != want || rep.Errors() != 0 {
		t.Errorf("counts %+v, %d errors %v; want %+v and none", rep.Counts, rep.Errors(), rep.Notices, want)
	}
	var text strings.Builder
	if err := rep.WriteText(&text, -1); err != nil {
		t.Fatal(err)
	}
	for _, says := range []string{
		"runs from 2025-09-01 to 2026-07-03 (Europe/Paris)",
		"note: not needed for routing, and not read: pathways.txt, shapes.txt",
		"note: transport on demand (GTFS-Flex) is not part of the timetable, and was not read: booking_rules.txt, locations.geojson",
		"note: stop times without a time, filled in by distance: 1",
		"trips whose stop times do not stand in the order of stop_sequence, and were put in order: 1",
		"entrances, nodes and boarding areas, which only pathways need: 1",
	} {
		if !strings.Contains(text.String(), says) {
			t.Errorf("the report does not say %q:\n%s", says, text.String())
		}
	}
}

// A zip archive, a folder, and an archive with everything in one folder say the same.
func TestArchivesAndFolders(t *testing.T) {
	want, _, err := readFiles(feed, TimetableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	folder := filepath.Join(dir, "folder")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	archives := map[string]string{"plain.zip": "", "nested.zip": "gtfs/"}
	for name, inside := range archives {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for file, text := range feed {
			w, err := z.Create(inside + file)
			if err != nil {
				t.Fatal(err)
			}
			w.Write([]byte(text))
			os.WriteFile(filepath.Join(folder, file), []byte(text), 0o644)
		}
		z.Close()
		os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644)
		os.WriteFile(filepath.Join(dir, "cut.zip"), b.Bytes()[:b.Len()/2], 0o644)
	}
	for _, name := range []string{"folder", "plain.zip", "nested.zip"} {
		got, _, err := Timetable(context.Background(), filepath.Join(dir, name), TimetableOptions{})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: another timetable (%v)", name, err)
		}
	}
	os.Mkdir(filepath.Join(dir, "empty"), 0o755)
	for name, says := range map[string]string{
		"cut.zip": "neither a folder nor a whole zip archive",
		"none":    "no such file",
		"empty":   "not a GTFS feed: want stops.txt, trips.txt, stop_times.txt …, found nothing",
	} {
		file := filepath.Join(dir, name)
		if _, rep, err := Timetable(context.Background(), file, TimetableOptions{}); err == nil || rep == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want the file's name and %q", name, err, says)
		}
	}
}

// What is wrong is said with file, line, field and value, under the canonical
// validator's code; the rest loads.
func TestWhatIsWrongIsSaidAndTheRestLoads(t *testing.T) {
	stopTimes := func(rows string) string {
		return "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n" + rows + "t2,8:00:00,8:00:00,f,0\nt2,9:00:00,9:00:00,d,1\n"
	}
	for _, c := range []struct {
		code, file, text string
		says             string // of the first such notice
		trips, calls     int
	}{
		{"stop_without_location", "stops.txt", "stop_id,stop_name,stop_lat,stop_lon\ns1,A,,\nd,D,47.6,-0.4\nf,F,47.6,-0.2\n",
			`line 2: stop_lon = "": want degrees, such as -0.55`, 1, 2}, // t1 now begins at d, where it has no time

		{"foreign_key_violation", "stops.txt", "stop_id,stop_name,stop_lat,stop_lon\ns1,A,,\nd,D,47.6,-0.4\nf,F,47.6,-0.2\n",
			`line 4: stop_id = "s1": was left out (stops.txt line 2)`, 1, 2},
		{"point_near_origin", "stops.txt", "stop_id,stop_name,stop_lat,stop_lon\nx,X,0,0\ns1,A,47.6,-0.5\nd,D,47.6,-0.4\nf,F,47.6,-0.2\n",
			`line 2: stop_lat = "0": with stop_lon 0, a place in the sea off Africa: want where the stop is`, 2, 5},
		{"number_out_of_range", "stops.txt", "stop_id,stop_name,stop_lat,stop_lon\nx,X,47.6,512\ns1,A,47.6,-0.5\nd,D,47.6,-0.4\nf,F,47.6,-0.2\n",
			`line 2: stop_lon = "512": want degrees within ±180`, 2, 5},
		{"wrong_parent_location_type", "stops.txt", "stop_id,stop_name,stop_lat,stop_lon,parent_station\ns1,A,47.6,-0.5,d\nd,D,47.6,-0.4,\nf,F,47.6,-0.2,\n",
			`line 2: parent_station = "d": is no station (location_type 1); the stop is kept without it`, 2, 5},
		{"stop_time_with_arrival_before_previous_departure_time", "stop_times.txt", stopTimes("t1,7:30:00,7:40:00,s1,1\nt1,7:39:59,7:50:00,d,2\n"),
			`line 3: arrival_time = "07:39:59": goes back in time: line 2 departs at 07:40:00; want a time that is not before it; the trip t1 is left out`, 1, 2},
		{"stop_time_with_departure_before_arrival_time", "stop_times.txt", stopTimes("t1,7:30:00,7:20:00,s1,1\nt1,7:40:00,7:50:00,d,2\n"),
			`line 2: departure_time = "7:20:00": before the arrival_time 7:30:00: want a time that is not before it; the trip t1 is left out`, 1, 2},
		{"invalid_time", "stop_times.txt", stopTimes("t1,7:30,7:30:00,s1,1\nt1,7:40:00,7:50:00,d,2\n"),
			`line 2: arrival_time = "7:30": want a time such as 08:30:00, or 25:10:00 for ten past one the next day`, 1, 2},
		{"missing_trip_edge", "stop_times.txt", stopTimes("t1,,,s1,1\nt1,7:40:00,7:50:00,d,2\n"),
			`line 2: arrival_time = "": want a time at the first and at the last stop; the trip t1 is left out`, 1, 2},
		{"duplicate_key", "stop_times.txt", stopTimes("t1,7:30:00,7:30:00,s1,1\nt1,7:40:00,7:50:00,d,1\n"),
			`line 3: stop_sequence = "1": stands on line 2 too: want each once in a trip; the trip t1 is left out`, 1, 2},
		{"foreign_key_violation", "stop_times.txt", stopTimes("t1,7:30:00,7:30:00,s1,1\nt1,7:35:00,7:35:00,nowhere,2\nt1,7:40:00,7:50:00,d,3\nt9,7:40:00,7:50:00,d,3\n"),
			`line 3: stop_id = "nowhere": is not in stops.txt`, 2, 4},
		{"unusable_trip", "stop_times.txt", stopTimes("t1,7:30:00,7:30:00,s1,1\n"), `trip t1: trip_id = "t1": 1 stop times that can be used: want at least two`, 1, 2},
		{"invalid_row_length", "trips.txt", "route_id,service_id,trip_id\n2,week\n2,week,t1,,\n2,week,t2\n", `line 2: 2 fields instead of the header's 3`, 2, 5},
		{"foreign_key_violation", "trips.txt", "route_id,service_id,trip_id\n7,week,t1\n2,week,t2\n", `line 2: route_id = "7": is not in routes.txt`, 1, 2},
		{"unexpected_enum_value", "routes.txt", "route_id,route_short_name,route_type\n2,2,3\n3,3,bus\n",
			`line 3: route_type = "bus": want 0 (tram), 1 (metro), 2 (rail), 3 (bus) … or an extended type from 100 to 1799`, 2, 5},
		{"invalid_date", "calendar_dates.txt", "service_id,date,exception_type\nweek,20250230,2\nfair,20250906,1\n", `line 2: date = "20250230": want a day such as 20261123`, 2, 5},
		{"overlapping_frequency", "frequencies.txt", "trip_id,start_time,end_time,headway_secs\nt2,6:00:00,8:00:00,600\nt2,7:59:59,9:00:00,600\n",
			`line 3: start_time = "7:59:59": overlaps another row of the trip t2: want each time once`, 2, 5},
		{"missing_required_field", "transfers.txt", "from_stop_id,to_stop_id,transfer_type\ns1,d,2\n", `line 2: min_transfer_time = "": want the seconds it takes, with transfer_type 2`, 2, 5},
		{"inconsistent_agency_timezone", "agency.txt", "agency_id,agency_name,agency_timezone\nANJ,A,Europe/Paris\nB,B,Europe/Berlin\n",
			`line 3: agency_timezone = "Europe/Berlin": a feed has one time zone: Europe/Paris, of line 2, is taken for all`, 2, 5},
		{"route_without_trips", "routes.txt", "route_id,agency_id,route_short_name,route_type\n2,ANJ,2,3\n3,ANJ,3,700\n", `route 3: route_id = "3": no trip of it can be used`, 2, 5},
	} {
		got, rep, err := readFiles(with(c.file, c.text), TimetableOptions{})
		if err != nil {
			t.Errorf("%s: %v", c.code, err)
			continue
		}
		at := slices.IndexFunc(rep.Notices, func(n Notice) bool { return n.Code == c.code })
		if at < 0 || rep.Notices[at].First.String() != c.says {
			t.Errorf("%s in %s: %+v\nwant %q", c.code, c.file, rep.Notices, c.says)
		}
		if rep.Counts.Trips != c.trips || rep.Counts.Calls != c.calls || len(got.Trips) != c.trips {
			t.Errorf("%s: %d trips with %d calls, want %d with %d", c.code, rep.Counts.Trips, rep.Counts.Calls, c.trips, c.calls)
		}
	}
}

func TestFeedsThatCannotBeUsed(t *testing.T) {
	for _, c := range []struct {
		says  string
		files map[string]string
		on    geodata.Date
	}{
		{"stops.txt is missing", with("stops.txt", ""), 0},
		{"stop_times.txt: line 1, the header: no column trip_id; the file has a, b", with("stop_times.txt", "a,b\n"), 0},
		{"trips.txt: empty", with("trips.txt", "\ufeff"), 0},
		{`agency.txt: no agency can be used: agency.txt, line 2: agency_timezone = "Anjou": want an IANA name such as Europe/Paris`, with("agency.txt", "agency_name,agency_timezone\nA,Anjou\n"), 0},
		{"neither calendar.txt nor calendar_dates.txt", with("calendar.txt", "", "calendar_dates.txt", ""), 0},
		{`no trip can be used: stop_times.txt, line 2: trip_id = "t9"`, with("stop_times.txt", "trip_id,stop_id,stop_sequence\nt9,d,1\n"), 0},
		{`calendar.txt, line 2: end_date = "20260703": every service has expired before 2026-11-23: want the operator's current feed, or a day from 2025-09-01 to 2026-07-03`, feed, 20261123},
		{"calendar_dates.txt: every service has expired before 2025-09-07", with("calendar.txt", "", "trips.txt", "route_id,service_id,trip_id\n2,fair,t1\n"), 20250907},
		{"no trip runs on any day", with("calendar.txt", "", "calendar_dates.txt", "service_id,date,exception_type\nweek,20250101,2\nfair,20250101,2\n"), 0},
	} {
		if _, _, err := readFiles(c.files, TimetableOptions{On: c.on}); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("error %v, want %q", err, c.says)
		}
	}
	// One service that has ended among others that have not is a warning.
	_, rep, err := readFiles(with("calendar_dates.txt", "service_id,date,exception_type\nfair,20270101,1\n"), TimetableOptions{On: 20261123})
	if err != nil || rep.Count("expired_calendar") != 1 || rep.Notices[0].First.String() != `line 2: end_date = "20260703": has expired before 2026-11-23: want the operator's current feed, or a day up to the end` {
		t.Errorf("%v, %+v: want one service that has expired", err, rep.Notices)
	}
}

// Trips on demand have windows instead of times; they are counted, and no error.
func TestFlexTripsAreToldApart(t *testing.T) {
	_, rep, err := readFiles(with("trips.txt", feed["trips.txt"]+"2,week,tad,\n", "stop_times.txt",
		"trip_id,arrival_time,departure_time,stop_id,location_id,start_pickup_drop_off_window,end_pickup_drop_off_window,stop_sequence\n"+
			"tad,,,,zone1,08:00:00,18:00:00,1\ntad,,,,zone1,08:00:00,18:00:00,2\nt1,7:00:00,7:00:00,s1,,,,1\nt1,8:00:00,8:00:00,d,,,,2\n"), TimetableOptions{})
	if err != nil || rep.Errors() != 0 || rep.Counts.Trips != 1 {
		t.Fatalf("%v, %+v, %+v", err, rep.Notices, rep.Counts)
	}
	file := rep.Files[slices.IndexFunc(rep.Files, func(f *FileReport) bool { return f.File == "stop_times.txt" })]
	if want := "stop times on demand (GTFS-Flex), which are not part of the timetable: 2"; !slices.Contains(file.Notes, want) || !slices.Contains(rep.Flex, "locations.geojson") {
		t.Errorf("notes %q, Flex %q: want %q", file.Notes, rep.Flex, want)
	}
}

// randomTimetable draws what Check accepts, with texts that CSV has to quote.
func randomTimetable(r *rand.Rand) *geodata.Timetable {
	text := func() string {
		return []string{"", "Gare", `"Chez Lou", bar`, "L'Échappée 🚌", `a""b`, "x;y", "Beaufort\u00a0-\u00a0en-Vallée"}[r.IntN(7)]
	}
	t := &geodata.Timetable{Zone: "Europe/Paris", Agencies: []geodata.Agency{{ID: []string{"", "ag"}[r.IntN(2)], Name: text(), URL: "https://x"}}}
	for i := range 3 + r.IntN(4) {
		s := geodata.Stop{ID: fmt.Sprintf("s%d", i), Name: text(), Location: orb.Point{-1 - r.Float64(), 47 + r.Float64()}, Station: i == 0,
			Accessible: []geodata.Accessibility{"", "yes", "no"}[r.IntN(3)]}
		if i > 0 && r.IntN(2) == 0 {
			s.Parent = "s0"
		}
		t.Stops = append(t.Stops, s)
	}
	t.Routes = []geodata.Route{{ID: "r,1", Agency: t.Agencies[0].ID, Short: text(), Long: text(), Type: []int{0, 3, 715}[r.IntN(3)]}}
	t.Services = []geodata.TransitService{{ID: "a", Added: []geodata.Date{20260101, 20260301}, Removed: []geodata.Date{20260201}},
		{ID: "b", Week: [7]bool{r.IntN(2) == 0, true}, First: 20260101, Last: 20261231}}
	for i := range 1 + r.IntN(4) {
		x := geodata.Trip{ID: fmt.Sprintf("t%d", i), Route: "r,1", Service: []string{"a", "b"}[r.IntN(2)], Headsign: text()}
		at := int32(r.IntN(90000))
		for range 2 + r.IntN(4) {
			c := geodata.Call{Stop: int32(1 + r.IntN(len(t.Stops)-1)), Arrival: at, Departure: at + int32(r.IntN(90)), Boarding: geodata.Stopping(r.IntN(4)), Alighting: geodata.Stopping(r.IntN(4))}
			at = c.Departure + int32(r.IntN(4000))
			x.Calls = append(x.Calls, c)
		}
		if r.IntN(3) == 0 {
			x.Frequencies = []geodata.Frequency{{From: 100, To: 4000, Headway: 77, Exact: true}, {From: 4000, To: 90000, Headway: 1000}}
		}
		t.Trips = append(t.Trips, x)
	}
	if r.IntN(2) == 0 {
		t.Transfers = []geodata.Transfer{{From: 0, To: 0, Kind: geodata.Timed}, {From: 1, To: 2, Kind: geodata.MinimumTime, Seconds: int32(r.IntN(900))}}
	}
	return t
}

func TestWhatIsWrittenIsReadBackUnchanged(t *testing.T) {
	dir := t.TempDir()
	for seed := range uint64(300) {
		want := randomTimetable(rand.New(rand.NewPCG(seed, 1)))
		roundTrip(t, filepath.Join(dir, "feed.zip"), want)
	}
}

func roundTrip(t *testing.T, file string, want *geodata.Timetable) {
	t.Helper()
	var b, again bytes.Buffer
	for _, w := range []*bytes.Buffer{&b, &again} {
		if err := WriteTimetable(w, want); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Fatal("written twice, and not the same bytes")
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	got, rep, err := Timetable(context.Background(), file, TimetableOptions{})
	if err != nil {
		t.Fatalf("%v: %+v", err, want)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
	for _, f := range rep.Files {
		if f.Read != f.Loaded || len(f.Notes) > 0 {
			t.Fatalf("%s: %d of %d read, %v", f.File, f.Loaded, f.Read, f.Notes)
		}
	}
}

func TestWritingRefusesWhatDoesNotHoldTogether(t *testing.T) {
	x := randomTimetable(rand.New(rand.NewPCG(1, 1)))
	x.Trips[0].Route = "q"
	if err := WriteTimetable(&bytes.Buffer{}, x); err == nil || !strings.Contains(err.Error(), `trip t0: no route "q"`) {
		t.Errorf("error %v", err)
	}
}

// realFeed finds a real feed that .ci/feeds has put into the user's cache.
func realFeed(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.UserCacheDir()
	file := filepath.Join(dir, "maillage", "feeds", name)
	if _, missing := os.Stat(file); err != nil || missing != nil {
		t.Skipf("SKIPPED: %s is not there: .ci/feeds gets it", file)
	}
	return file
}

// The counts are those of lines in the feeds' files.
func TestPublishedFeeds(t *testing.T) {
	for _, c := range []struct {
		name     string
		want     FeedCounts
		zone     string
		from, to geodata.Date
		notices  map[string]int
	}{
		{"cairns.zip", FeedCounts{1, 416, 0, 22, 4, 1339, 37790, 0}, "Australia/Brisbane", 20140526, 20141228, map[string]int{}},
		{"newyork.zip", FeedCounts{1, 182, 91, 2, 3, 1990, 86150, 87}, "America/New_York", 20241215, 20250117, map[string]int{}},
		// Made to show every feature, it stops at stations, and its two agencies differ in time zone.
		{"sample.zip", FeedCounts{2, 4, 2, 4, 4, 10, 29, 1}, "Europe/Warsaw", 20190301, 20190820, map[string]int{
			"inconsistent_agency_timezone": 1, "location_with_unexpected_stop_time": 13, "stop_time_with_only_arrival_or_departure_time": 4, "stop_without_stop_time": 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, rep, err := Timetable(context.Background(), realFeed(t, c.name), TimetableOptions{})
			if err != nil {
				t.Fatal(err)
			}
			notices := map[string]int{}
			for _, n := range rep.Notices {
				notices[n.Code] = n.Count
			}
			if rep.Counts != c.want || rep.Zone != c.zone || rep.From != c.from || rep.To != c.to || !maps.Equal(notices, c.notices) {
				t.Errorf("%+v, %s, %s to %s, %v\nwant %+v", rep.Counts, rep.Zone, rep.From, rep.To, notices, c)
			}
			roundTrip(t, filepath.Join(t.TempDir(), "again.zip"), got)
		})
	}
}

// Whatever is read, what comes of it holds together and can be written.
func FuzzTimetable(f *testing.F) {
	f.Add(feed["stops.txt"], feed["trips.txt"], feed["stop_times.txt"], feed["calendar.txt"], feed["calendar_dates.txt"], feed["frequencies.txt"], feed["transfers.txt"])
	f.Add("stop_id,stop_lat,stop_lon\ns1,47,-2\nd,48,-2\n", "route_id,service_id,trip_id\n2,a,t1\n", "trip_id,stop_sequence,stop_id,arrival_time\nt1,1,s1,0:00:00\nt1,2,d,119:59:59\n",
		"", "service_id,date,exception_type\na,20240229,1\n", "", "")
	f.Fuzz(func(t *testing.T, stops, trips, stopTimes, calendar, dates, frequencies, transfers string) {
		got, rep, err := readFiles(with("stops.txt", stops, "trips.txt", trips, "stop_times.txt", stopTimes, "calendar.txt", calendar,
			"calendar_dates.txt", dates, "frequencies.txt", frequencies, "transfers.txt", transfers), TimetableOptions{})
		if err != nil {
			if strings.HasPrefix(err.Error(), "timetable:") {
				t.Fatal(err) // Check found what the reader let through
			}
			return
		}
		if _, err := got.Runs(20250906, 0, 86400); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := WriteTimetable(&b, got); err != nil {
			t.Fatal(err)
		}
		z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		again, err := readFeed(context.Background(), z, TimetableOptions{}, &FeedReport{})
		if err != nil || !reflect.DeepEqual(again, got) {
			t.Fatalf("%v\ngot  %+v\nwant %+v\n%+v", err, again, got, rep)
		}
	})
}

func FuzzGTFSTime(f *testing.F) {
	for _, s := range []string{"08:30:00", "7:05:09", "25:10:00", "119:59:59", "120:00:00", "8:60:00", "-1:00:00", "8:3:00", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		seconds, err := parseGTFSTime(s)
		if err != nil {
			return
		}
		if again, err := parseGTFSTime(gtfsTime(seconds)); err != nil || again != seconds || seconds < 0 || seconds >= geodata.LatestTime {
			t.Fatalf("%q is %d s, written %q", s, seconds, gtfsTime(seconds))
		}
	})
}
