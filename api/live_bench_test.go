package api_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/analyses/whatif"
	"github.com/maillage/maillage/api"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
	"github.com/maillage/maillage/geodata/load"
)

// BenchmarkDrag10 has ten planners drag a site at once, each as the page does: a
// new position when the last is answered, at most sixty times a second. It
// measures from a position sent to its answer received; server and planners
// share the machine.
func BenchmarkDrag10(b *testing.B) {
	b.Run("delaware", func(b *testing.B) { benchDrag(b, delaware(b), 10) })
	b.Run("anjou", func(b *testing.B) {
		s, err := anjou.Territory()
		if err != nil {
			b.Fatal(err)
		}
		benchDrag(b, s, 10)
	})
}

// delaware has the roads of the state's OpenStreetMap extract, which is part of
// the paulmach/osm module, 20,000 homes drawn from its road nodes in 40 communes
// and 50 town halls.
func delaware(b *testing.B) *geodata.Snapshot {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/paulmach/osm").Output()
	if err != nil {
		b.Skipf("SKIPPED: needs the module paulmach/osm for its Delaware extract: %v", err)
	}
	c := geodata.Content{Territory: geodata.Territory{ID: "delaware", Name: "Delaware"}, Catalogue: geodata.DefaultCatalogue()}
	path := filepath.Join(strings.TrimSpace(string(out)), "testdata", "delaware-latest.osm.pbf")
	if c.Roads, _, err = load.Roads(context.Background(), []string{path}, load.Options{}); err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 3))
	node := func() orb.Point { return c.Roads.Nodes[r.IntN(len(c.Roads.Nodes))].Point() }
	for k := range 40 {
		c.Communes = append(c.Communes, geodata.Commune{Code: fmt.Sprintf("%05d", k), Study: true})
	}
	names := []string{"ind", "ind_0_3", "ind_11_17", "ind_18_24", "ind_25_39", "ind_40_54", "ind_55_64", "ind_65_79", "ind_80p"}
	for _, name := range names {
		c.Population.Columns = append(c.Population.Columns, geodata.Column{Name: name})
	}
	for k := range 20_000 {
		p := node()
		commune := int((p[1]-38.4)*28) % 40 // bands of latitude
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: fmt.Sprintf("%05d", k), Centre: p, Commune: fmt.Sprintf("%05d", max(commune, 0)), Study: true})
		for i := range names {
			c.Population.Columns[i].Values = append(c.Population.Columns[i].Values, geodata.Amount(1+r.IntN(9e6)))
		}
	}
	for k := range 50 {
		c.Facilities = append(c.Facilities, geodata.Facility{ID: fmt.Sprintf("%02d", k), Service: "town_hall", Location: node(), Status: geodata.Existing})
	}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// BenchmarkRework slides the speed of a class of roads, closes a road and opens it
// again: from the message sent to its answer received, for one planner.
func BenchmarkRework(b *testing.B) {
	s := delaware(b)
	c := speak(b, prepared(b, s))
	got := c.ask(`{"type":"start","params":{"service":"town_hall","mode":"car"}}`)
	if got.Type != "state" {
		b.Fatalf("%+v", got.Problem)
	}
	for name, message := range map[string]func(i int) string{
		"slide": func(i int) string {
			return fmt.Sprintf(`{"type":"roadwork","per_mille":{"secondary":%d},"continue":true}`, 700+i%300)
		},
		"close": func(i int) string {
			if i%2 > 0 {
				return `{"type":"undo"}`
			}
			p := s.Population().Cells[i%20_000].Centre
			return fmt.Sprintf(`{"type":"close","lon":%v,"lat":%v}`, p[0], p[1])
		},
	} {
		b.Run(name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if got := c.ask(message(i)); got.Type != "state" {
					b.Fatalf("%+v", got.Problem)
				}
			}
		})
	}
}

// prepared serves the snapshot, its car network prepared.
func prepared(b *testing.B, s *geodata.Snapshot) (url string) {
	nets := traveltime.NewNetworks("")
	if err := nets.Prepare(context.Background(), s, "car", nil); err != nil {
		b.Fatal(err)
	}
	return serve(b, func(c *api.Config) {
		c.Snapshot = s
		c.Coverage = func(ctx context.Context, s *geodata.Snapshot, p coverage.Params) (*coverage.Result, error) {
			return coverage.Run(ctx, s, nets, p)
		}
		c.WhatIf = func(ctx context.Context, s *geodata.Snapshot, p coverage.Params) (*whatif.Session, error) {
			return whatif.Start(ctx, s, nets, p)
		}
	})
}

func benchDrag(b *testing.B, s *geodata.Snapshot, planners int) {
	url := prepared(b, s)
	cells := s.Population().Cells
	all := make([]speaker, planners)
	site := make([]int, planners)
	for k := range all {
		all[k] = speak(b, url)
		p := cells[len(cells)*(2*k+1)/(2*planners)].Centre
		got := all[k].ask(fmt.Sprintf(`{"type":"start","params":{"service":"town_hall","mode":"car"},"sites":[[%v,%v]]}`, p[0], p[1]))
		if got.Type != "state" {
			b.Fatalf("%+v", got.Problem)
		}
		site[k] = got.Sites[len(got.Sites)-1].Site
	}
	var mu sync.Mutex
	var took []time.Duration
	var bytes int
	for b.Loop() { // one round: every planner drags for a second
		var wg sync.WaitGroup
		for k := range all {
			wg.Go(func() {
				times, n := drag(b, all[k], site[k], cells[len(cells)*(2*k+1)/(2*planners)].Centre, uint64(k))
				mu.Lock()
				defer mu.Unlock()
				took, bytes = append(took, times...), bytes+n
			})
		}
		wg.Wait()
	}
	slices.Sort(took)
	ms := func(share float64) float64 {
		return float64(took[int(share*float64(len(took)-1))].Microseconds()) / 1000
	}
	b.ReportMetric(ms(0.5), "p50-ms")
	b.ReportMetric(ms(0.95), "p95-ms")
	b.ReportMetric(ms(0.99), "p99-ms")
	b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "steps/s")
	b.ReportMetric(float64(bytes)/float64(len(took)), "B/answer")
}

// drag takes a site round in small steps for a second, about 100 m each.
func drag(b *testing.B, c speaker, site int, from orb.Point, seed uint64) (took []time.Duration, bytes int) {
	r := rand.New(rand.NewPCG(seed, 4))
	at, next := from, time.NewTicker(time.Second/60)
	defer next.Stop()
	for end := time.Now().Add(time.Second); time.Now().Before(end); <-next.C {
		at = orb.Point{at[0] + r.NormFloat64()*0.001, at[1] + r.NormFloat64()*0.001}
		began := time.Now()
		message := fmt.Sprintf(`{"type":"move","site":%d,"lon":%v,"lat":%v,"continue":%v}`, site, at[0], at[1], len(took) > 0)
		if err := c.Write(b.Context(), websocket.MessageText, []byte(message)); err != nil {
			b.Error(err)
			return took, bytes
		}
		_, answer, err := c.Read(b.Context())
		if err != nil || !strings.HasPrefix(string(answer[:min(len(answer), 16)]), `{"type":"state"`) {
			b.Errorf("%v %.200s", err, answer)
			return took, bytes
		}
		took, bytes = append(took, time.Since(began)), bytes+len(answer)
	}
	return took, bytes
}
