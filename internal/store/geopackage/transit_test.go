package geopackage

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/gpkg/gpkgtest"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/storetest"
)

func TestGISSeesPublicTransport(t *testing.T) {
	path, s := fullAt(t)
	seen := gpkgtest.Describe(t, path)
	for layer, want := range map[string]int{"stops": 4, "lines": 3, "on_demand": 2} {
		if l, there := seen[layer]; !there || len(l.Features) != want {
			t.Errorf("%s: there %v, %d features, want %d", layer, there, len(l.Features), want)
		}
	}
	wantWhole(t, path)
	put1(t, s, vintageOf(t, "other", 2021))
	for layer := range gpkgtest.Describe(t, path) {
		if layer == "stops" || layer == "lines" || layer == "on_demand" {
			t.Errorf("%s is still there", layer)
		}
	}
}

// editTimetable changes a copy of the timetable, which other snapshots share.
func editTimetable(c *geodata.Content, change func(*geodata.Timetable)) {
	x := *c.Timetable
	x.Stops = append([]geodata.Stop(nil), x.Stops...)
	change(&x)
	c.Timetable = &x
}

func TestEditsOfPublicTransportAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		sql    string
		change func(*geodata.Content)
	}{
		"a stop moved": {"UPDATE stops SET geom = AsGPB(GeomFromText('POINT (1.5 47.5)', 4326)) WHERE id = 'd'", func(c *geodata.Content) {
			editTimetable(c, func(x *geodata.Timetable) { x.Stops[1].Location = orb.Point{1.5, 47.5} })
		}},
		"a stop named": {"UPDATE stops SET name = 'Mairie', accessible = NULL WHERE id = 'd'", func(c *geodata.Content) {
			editTimetable(c, func(x *geodata.Timetable) { x.Stops[1].Name, x.Stops[1].Accessible = "Mairie", "" })
		}},
		"a line drawn": {"DELETE FROM lines WHERE id = '42'", func(*geodata.Content) {}}, // it follows from the trips
		"longer hours": {"UPDATE on_demand SET hours = 'Mo-Sa 07:00-20:00', to_communes = '49002  49001', wait = 5 WHERE id = 'tad'", func(c *geodata.Content) {
			hours, err := geodata.ParseWeeklyHours("Mo-Sa 07:00-20:00")
			if err != nil {
				t.Fatal(err)
			}
			c.OnDemand[1].Hours, c.OnDemand[1].To, c.OnDemand[1].Wait = *hours, []string{"49001", "49002"}, 5
		}},
		"a service less": {"DELETE FROM on_demand WHERE id = 'tad'", func(c *geodata.Content) { c.OnDemand = c.OnDemand[:1] }},
		"none at all":    {"DELETE FROM on_demand", func(c *geodata.Content) { c.OnDemand = nil }},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			path, s := fullAt(t)
			edit(t, path, c.sql)
			content := storetest.Full(t).Content()
			c.change(&content)
			want := seal(t, content)
			wantSame(t, "edited", want, get(t, s, store.Ref{}))
			for _, epci := range []string{"200068955", "244900015"} {
				part := geodata.Part{EPCI: epci, Buffer: 100}
				cut, err := geodata.Cut(want, part)
				if err != nil {
					t.Fatal(err)
				}
				got, err := s.ReadPart(t.Context(), store.Ref{}, part)
				if err != nil {
					t.Fatal(err)
				}
				wantSame(t, "a part", cut, got)
			}
			put1(t, s, vintageOf(t, "other", 2021))
			wantSame(t, "put away", want, get(t, s, store.Ref{Territory: "town"}))
		})
	}
}

func TestEditsOfPublicTransportThatMakeNoSense(t *testing.T) {
	for sql, want := range map[string]string{
		"DELETE FROM stops WHERE id = 'd'":                            `stops: stop d is missing, and the timetable needs it`,
		"UPDATE stops SET id = 'e' WHERE id = 'd'":                    `stops, row 2: id of e is of no stop of the timetable: want each of its stops once`,
		"UPDATE stops SET geom = NULL WHERE id = 'd'":                 `stops, row 2: geom of d is absent: want a point`,
		"UPDATE stops SET accessible = 'oui' WHERE id = 'd'":          `stops, row 2: accessible of d is oui: want yes, no or nothing`,
		"UPDATE on_demand SET hours = 'matin' WHERE id = 'tad'":       `on_demand, row 2: on-demand transport tad: opening hours "matin"`,
		"UPDATE on_demand SET from_communes = NULL WHERE id = 'tad'":  `on_demand, row 2: on-demand transport tad: from: want at least one commune`,
		"UPDATE on_demand SET detour = 'double' WHERE id = 'tad'":     `on_demand, row 2: detour of tad is double: want a whole number`,
		"UPDATE on_demand SET from_communes = '1' WHERE id = 'tad'":   `on-demand transport tad: from 1: want at least one commune of the territory, such as 49001`,
		"INSERT INTO on_demand (id, from_communes) VALUES ('x', '1')": `on_demand, row 3: on-demand transport x: hours: it never runs`,
	} {
		path, s := fullAt(t)
		edit(t, path, sql)
		if _, err := s.Read(t.Context(), store.Ref{}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %s", sql, err, want)
		}
	}
}

// full3 is the hash of what storetest.Full was when schema3.gpkg was written: the
// town with everything but public transport.
const full3 = "c391dbfab241ac584034ff03c22f8d7b9dd0c6c99175a56e54219956a2fc0729"

// TestSchema3IsReadAndBroughtUpToDate: the file holds 2021 and 2019 of the small
// town, and then the town with zones, counts and a census, which is shown.
func TestSchema3IsReadAndBroughtUpToDate(t *testing.T) {
	gpkgtest.Need(t, "ogrinfo", "gdal-bin")
	for _, sql := range []string{"", "UPDATE zones SET name = 'Bourg' WHERE fid = 1", "UPDATE facilities SET name = 'Les Loups' WHERE id = 'creche-1'"} {
		path := stored(t, "schema3.gpkg")
		if sql != "" {
			edit(t, path, sql)
		}
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		shown := get(t, openAt(t, path, OpenOptions{ReadOnly: true}), store.Ref{Vintage: "2024"}).ID()
		if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
			t.Error("reading changed the file")
		}
		if (shown == full3) != (sql == "") {
			t.Errorf("after %q it reads as %s", sql, shown)
		}
		for range 2 { // brought up to date, once
			s := openAt(t, path, OpenOptions{})
			if got := get(t, s, store.Ref{Vintage: "2024"}).ID(); got != shown {
				t.Errorf("after %q and the migration it reads as %s, before as %s", sql, got, shown)
			}
			wantSame(t, "2021", vintageOf(t, "town", 2021), get(t, s, store.Ref{Vintage: "2021"}))
			wantSame(t, "2019", seal(t, inSchema1(t)), get(t, s, store.Ref{Vintage: "2019"}))
			s.Close()
		}
		schema, err := reading(t.Context(), path, func(in *reader) (int, error) {
			_, err := in.vintages()
			return in.schema, err
		})
		if err != nil || schema != SchemaVersion {
			t.Errorf("schema %d, %v", schema, err)
		}
		wantWhole(t, path)
		s := opened(t, path)
		put1(t, s, storetest.Full(t))
		wantSame(t, "with all that schema 4 has", storetest.Full(t), get(t, s, store.Ref{}))
		if got := get(t, s, store.Ref{Vintage: "2024"}).ID(); got != shown {
			t.Errorf("put away it reads as %s, before as %s", got, shown)
		}
	}
}

// BenchmarkTimetable writes and reads 100,000 calls: 5,000 trips of 20 on 100 routes.
func BenchmarkTimetable(b *testing.B) {
	snap := storetest.Network(b, 5_000, 20)
	path := filepath.Join(b.TempDir(), "s.gpkg")
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"write", func() error { return Write(b.Context(), path, snap, Options{Overwrite: true}) }},
		{"read", func() error {
			got, err := Read(b.Context(), path)
			if err == nil && got.ID() != snap.ID() {
				err = fmt.Errorf("read as %s", got.ID())
			}
			return err
		}},
	} {
		b.Run(step.name, func(b *testing.B) {
			for b.Loop() {
				if err := step.do(); err != nil {
					b.Fatal(err)
				}
			}
			if info, err := os.Stat(path); err == nil {
				b.ReportMetric(float64(info.Size())/1e6, "MB")
			}
		})
	}
}
