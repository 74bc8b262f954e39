package main

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/pgtest"
	"github.com/maillage/maillage/internal/store"
)

// transport writes a feed of one line of two stops, a day a week, as a zip archive,
// and a service on demand; it returns the flags that import them with the village's roads.
func transport(t *testing.T, into string) []string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	feed, err := os.Create(filepath.Join(dir, "bus.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer feed.Close()
	z := zip.NewWriter(feed)
	for name, text := range map[string]string{
		"agency.txt":     "agency_id,agency_name,agency_url,agency_timezone\nA,Bus,https://bus.example,Europe/Paris\n",
		"stops.txt":      "stop_id,stop_name,stop_lat,stop_lon\na,Mairie,47.505,-0.40\nb,Gare,47.505,-0.37\nc,Nulle part,95,0\n",
		"routes.txt":     "route_id,route_short_name,route_type\n1,1,3\n",
		"calendar.txt":   "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\nm,1,0,0,0,0,0,0,20260901,20270831\n",
		"trips.txt":      "route_id,service_id,trip_id\n1,m,t1\n",
		"stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\nt1,08:00:00,08:00:00,a,1\nt1,08:10:00,08:10:00,b,2\n",
	} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return []string{"import", "--into", into, "--id", "t",
		"--roads", write("r.geojson", `{"type":"Feature","properties":{"highway":"residential"},"geometry":{"type":"LineString","coordinates":[[-0.40,47.505],[-0.37,47.505]]}}`),
		"--gtfs", feed.Name(), "--on-demand", write("tad.csv", "id,name,from,to,hours,wait,booking,detour,note\ntad,Bus à la carte,49001,,Mo-Fr 08:00-18:00,20,1440,140,\nx,,49001,,demain,,,,\n")}
}

// TestImportOfPublicTransport: into both stores, and from one to the other by a backup.
func TestImportOfPublicTransport(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "t.gpkg")
	said := done(t, transport(t, file)...)
	for _, line := range []string{"  transport public : 1 lignes, 2 arrêts, 1 courses, du 2026-09-07 au 2027-08-30\n", "  transport à la demande : 1\n"} {
		if !strings.Contains(said.out, line) {
			t.Errorf("%s\nwant %q", said.out, line)
		}
	}
	for _, line := range []string{`stops.txt (GTFS): 3 read`, `line 4: stop_lat = "95"`, `line 3: hours = "demain"`} {
		if !strings.Contains(said.err, line) {
			t.Errorf("%s\nwant %q", said.err, line)
		}
	}
	sum := decode[importSummary](t, done(t, append(transport(t, file), "--overwrite", "--json")...).out)
	if sum.Timetable == nil || *sum.Timetable != (timetableSum{Stops: 2, Routes: 1, Trips: 1, From: "2026-09-07", To: "2027-08-30"}) || sum.OnDemand != 1 || sum.Rejected != 2 || len(sum.Report.Feeds) != 1 {
		t.Errorf("%+v", sum)
	}
	database := pgtest.URL(t)
	if got := decode[importSummary](t, done(t, append(transport(t, database), "--json")...).out); got.Snapshot != sum.Snapshot {
		t.Errorf("into a database %s, into a file %s", got.Snapshot, sum.Snapshot)
	}
	copied := filepath.Join(dir, "backup.gpkg")
	done(t, "backup", "--on", database, "--out", copied)
	st, err := openStore(t.Context(), copied, false)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if s, err := st.Read(t.Context(), store.Ref{}); err != nil || s.ID() != sum.Snapshot || len(s.Timetable().Trips) != 1 || len(s.OnDemand()) != 1 {
		t.Errorf("copied: %v", err)
	}
}

func TestImportOfPublicTransportThatIsWrong(t *testing.T) {
	flags := transport(t, filepath.Join(t.TempDir(), "t.gpkg"))
	feed := flags[8]
	refused(t, exitUsage, "given twice|"+feed, append(flags, "--gtfs", feed)...)
	refused(t, exitUsage, `--gtfs-on "demain"|a date such as 2026-11-23`, append(flags, "--gtfs-on", "demain")...)
	refused(t, exitError, feed+"|every service has expired before 2027-09-01|line 2|from 2026-09-07 to 2027-08-30", append(flags, "--gtfs-on", "2027-09-01")...)
	refused(t, exitError, "records were rejected", append(flags, "--strict")...)
	refused(t, exitError, "no.zip", append(flags, "--gtfs", "no.zip")...)
}
