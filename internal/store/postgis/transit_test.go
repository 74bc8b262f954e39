package postgis

import (
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/pgtest"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/storetest"
)

// TestStopTimesInSQL: whoever knows SQL finds the calls of trips, in order.
func TestStopTimesInSQL(t *testing.T) {
	at := pgtest.URL(t)
	if err := open(t, at).Write(t.Context(), storetest.Full(t), store.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	connect(t, at).want(`SELECT string_agg(t.id || ' ' || s.id || ' ' || arrival || '-' || departure, ', ' ORDER BY t.id, arrival)
		FROM maillage.trip t CROSS JOIN unnest(stops, arrivals, departures) AS c (stop, arrival, departure) JOIN maillage.stop s ON s.snapshot = t.snapshot AND s.fid = c.stop WHERE route = '42'`,
		"1 a 25200-25260, 1 d 26000-26000, 2 d 86000-86000, 2 a 90000-90000")
	connect(t, at).want("SELECT string_agg(id || ' ' || week || ' ' || removed::text, ', ' ORDER BY fid) FROM maillage.calendar", "semaine 1111100 {20261111,20261225}, un jour 0000000 {}")
}

// TestADamagedTimetableIsToldOf: what somebody changed in the tables is no timetable any more, or another.
func TestADamagedTimetableIsToldOf(t *testing.T) {
	for statement, want := range map[string]string{
		"UPDATE maillage.trip SET arrivals = arrivals[1:1] WHERE id = '1'": "timetable: damaged: field 5",
		"UPDATE maillage.trip SET stops = '{1,9}' WHERE id = '1'":          "timetable: trip 1 calls at stop 9 of 4",
		"UPDATE maillage.trip SET departures = '{{1,2}}' WHERE id = '1'":   "timetable: damaged: field 7",
		"UPDATE maillage.calendar SET week = '11' WHERE fid = 1":           "timetable: damaged: field 2",
		"DELETE FROM maillage.route WHERE id = '42'":                       `trip 1: no route "42"`,
		"UPDATE maillage.stop SET name = 'Mairie' WHERE id = 'd'":          "import it again",
		"UPDATE maillage.on_demand SET hours = 'matin' WHERE id = 'tad'":   `on-demand transport tad: opening hours "matin"`,
		"UPDATE maillage.snapshot SET timetable = '7'":                     "timetable: json:",
	} {
		at := pgtest.URL(t)
		s := open(t, at)
		if err := s.Write(t.Context(), storetest.Full(t), store.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		pgtest.Exec(t, at, statement)
		if _, err := s.Read(t.Context(), store.Ref{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", statement, err, want)
		}
	}
}

// BenchmarkTimetable writes and reads 100,000 calls: 5,000 trips of 20 on 100 routes.
func BenchmarkTimetable(b *testing.B) {
	snap := storetest.Network(b, 5_000, 20)
	s := open(b, pgtest.URL(b))
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			if err := s.Write(b.Context(), snap, store.WriteOptions{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if got, err := s.Read(b.Context(), store.Ref{}); err != nil || got.ID() != snap.ID() {
				b.Fatal(err)
			}
		}
	})
}
