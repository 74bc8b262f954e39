package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maillage/maillage/analyses"
)

// ownFiles are a matrix on paper: 1, 2 and 4 people at 10, 20 and 30 minutes from x
// (30 places), the third 10 minutes from y (15), the fourth (8) with no way, and a
// record that cannot be used.
func ownFiles(t *testing.T) (file func(name string) string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"T.csv": "demand_id,site_id,seconds\na,x,600\nb,x,1200\nc,x,1800\nc,y,600\nd,x,\nd,q,5\n",
		"D.csv": "demand_id,value\na,1\nb,2\nc,4\nd,8\n",
		"S.csv": "site_id,capacity\nx,30\ny,15\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func(name string) string { return filepath.Join(dir, name) }
}

func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAccessByOnesOwnTimes(t *testing.T) {
	f := ownFiles(t)
	own := []string{"access", "--times", f("T.csv"), "--demand", f("D.csv"), "--supply", f("S.csv")}
	a := done(t, append(own, "--method", "2sfca", "--out", f("A.csv"), "--report", f("R.txt"))...)
	// 30 places for 7 people at x, 15 for 4 at y.
	if got, want := text(t, f("A.csv")), "demand_id,score\na,4.285714285714286\nb,4.285714285714286\nc,8.035714285714285\nd,0\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, want := range []string{"T.csv : 6 lignes, 4 utilisées, 1 sans trajet, 1 écartées", "2sfca : 4 lieux de vie, 2 sites, 15 personnes", "sans site à portée : 1 lieux de vie, 8 personnes", "capacité partagée : 45,0 de 45,0"} {
		if !strings.Contains(a.out, want) {
			t.Errorf("no %q in\n%s", want, a.out)
		}
	}
	fault := "T.csv, line 7: site_id = \"q\": not a site_id of the supply\n"
	if !strings.HasSuffix(a.err, fault) || !strings.HasSuffix(text(t, f("R.txt")), fault) {
		t.Errorf("want the record that is left out to be named: %s", a.err)
	}

	var r struct {
		Method  string
		Steps   []string
		Check   struct{ Supply, Difference float64 }
		Sites   []struct{ Ratio float64 }
		Lost    int `json:"unreached_homes"`
		Version string
		Files   []struct {
			Bad    int
			SHA256 string
		}
	}
	if err := json.Unmarshal([]byte(done(t, append(own, "--steps", "10m:1,20m:0.5", "--json")...).out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Method != "e2sfca" || strings.Join(r.Steps, " ") != "10m:1 20m:0.5" || r.Check.Supply != 45 || math.Abs(r.Check.Difference) > 1e-12 || r.Sites[0].Ratio != 15 || r.Lost != 1 || r.Files[2].Bad != 1 || r.Version != analyses.Version {
		t.Errorf("%+v", r)
	}
	if want := fmt.Sprintf("%x", sha256.Sum256([]byte(text(t, f("D.csv"))))); r.Files[0].SHA256 != want {
		t.Errorf("D.csv has the hash %s, want %s", r.Files[0].SHA256, want)
	}
	if raam := done(t, append(own, "--method", "raam")...); !strings.Contains(raam.out, "équilibre à") {
		t.Error(raam.out)
	}

	refused(t, exitUsage, "unknown method", append(own, "--method", "4sfca")...)
	refused(t, exitUsage, "2sfca has one step", append(own, "--method", "2sfca", "--steps", "10m:1,20m:0.5")...)
	refused(t, exitUsage, "--service is about a territory", append(own, "--service", "creche")...)
	refused(t, exitUsage, "--supply", own[:5]...)
	refused(t, exitUsage, "--on|--times", "access", "--service", "creche")
	refused(t, exitError, "A.csv exists", append(own, "--out", f("A.csv"))...)
	refused(t, exitError, "absent.csv", "access", "--times", f("absent.csv"), "--demand", f("D.csv"), "--supply", f("S.csv"))
	refused(t, exitError, "D.csv|no column site_id or facility_id", "access", "--times", f("T.csv"), "--demand", f("D.csv"), "--supply", f("D.csv"))
}

func TestCoverageByOnesOwnTimes(t *testing.T) {
	f := ownFiles(t)
	own := []string{"coverage", "--times", f("T.csv"), "--demand", f("D.csv"), "--within", "10m,15m"}
	a := done(t, append(own, "--out", f("C.csv"), "--lang", "en")...)
	if got, want := text(t, f("C.csv")), "demand_id,seconds,site_id,state\na,600,x,reached\nb,1200,x,reached\nc,600,y,reached\nd,5,q,reached\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// 13 of 15 within ten minutes; (1·600 + 2·1200 + 4·600 + 8·5)/15 = 362.7 s; half of them in 5 s.
	for _, want := range []string{"≤ 10 min", "13  86.7%", "mean 6.0 min, median 0.1 min, nine in ten within 20.0 min, worst tenth 20.0 min"} {
		if !strings.Contains(a.out, want) {
			t.Errorf("no %q in\n%s", want, a.out)
		}
	}
	var r struct {
		Total struct {
			Mean  float64   `json:"mean_seconds"`
			Share []float64 `json:"share_percent"`
		}
		Sites map[string]struct{ Demand float64 }
	}
	if err := json.Unmarshal([]byte(done(t, append(own, "--json")...).out), &r); err != nil {
		t.Fatal(err)
	}
	if math.Abs(r.Total.Mean-5440./15) > 1e-9 || r.Total.Share[0] != 86.67 || r.Sites["y"].Demand != 4 {
		t.Errorf("%+v", r)
	}
	refused(t, exitUsage, "--demand", own[:3]...)
	refused(t, exitUsage, "thresholds must rise", "coverage", "--times", f("T.csv"), "--demand", f("D.csv"), "--within", "10m,5m")
	refused(t, exitUsage, "--service|--times", "coverage", "--on", f("T.csv"))
}

// The times that a territory writes are read as one's own, and give the same
// coverage as the territory.
func TestOwnTimesOfATerritory(t *testing.T) {
	v := newVillage(t)
	dir := t.TempDir()
	on := filepath.Join(dir, "village.gpkg")
	done(t, v.args(on)...)
	done(t, "times", "--on", on, "--service", "creche", "--out", filepath.Join(dir, "T.csv"))
	out := done(t, "coverage", "--on", on, "--service", "creche", "--within", "10m", "--json").out
	type row struct {
		Demand  float64   `json:"demand"`
		Covered []float64 `json:"covered"`
		Mean    float64   `json:"mean_seconds"`
		Median  float64   `json:"median_seconds"`
	}
	var territory struct {
		Territory row
		Cells     struct {
			ID     []string  `json:"id"`
			Demand []float64 `json:"demand"`
		}
	}
	if err := json.Unmarshal([]byte(out), &territory); err != nil {
		t.Fatal(err)
	}
	var d strings.Builder
	d.WriteString("cell_id,value\n")
	for i, id := range territory.Cells.ID {
		d.WriteString(id + "," + exactly(territory.Cells.Demand[i]) + "\n")
	}
	if err := os.WriteFile(filepath.Join(dir, "D.csv"), []byte(d.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var own struct{ Total row }
	if err := json.Unmarshal([]byte(done(t, "coverage", "--times", filepath.Join(dir, "T.csv"), "--demand", filepath.Join(dir, "D.csv"), "--within", "10m", "--json").out), &own); err != nil {
		t.Fatal(err)
	}
	if a, b := territory.Territory, own.Total; a.Demand != b.Demand || a.Covered[0] != b.Covered[0] || a.Mean != b.Mean || a.Median != b.Median || a.Demand == 0 {
		t.Errorf("territory %+v, own times %+v", a, b)
	}
}

// On the real packs the supply is conserved by every method, nobody is lost, and the
// communes add up to the territory; capacities are not published, and are taken as 20.
func TestAccessAndCapacityOnRealPacks(t *testing.T) {
	type row struct {
		Demand, Placed, Places float64
		LeftOver               float64 `json:"left_over"`
		Unreached              float64
	}
	for _, p := range packs {
		t.Run(p.name, func(t *testing.T) {
			dir, file := sharedData(t, p.name), filepath.Join(t.TempDir(), "t.gpkg")
			done(t, append([]string{"import", "--into", file, "--id", p.name}, p.options(dir)...)...)
			for _, method := range []string{"2sfca", "e2sfca", "3sfca", "apl", "raam"} {
				r := decode[struct {
					Territory  row
					Communes   []row
					Facilities []struct{ Capacity float64 }
					Check      struct {
						Supply, Idle float64
						SharedOut    float64 `json:"shared_out"`
					}
					Rounds *struct{ Residual float64 }
				}](t, done(t, "access", "--on", file, "--service", p.service, "--method", method, "--capacity", "20", "--json").out)
				if diff := r.Check.SharedOut - r.Check.Supply; math.Abs(diff) > 1e-9*r.Check.Supply || r.Check.Supply+r.Check.Idle != 20*float64(len(r.Facilities)) {
					t.Errorf("%s: %+v of %d facilities of 20 places", method, r.Check, len(r.Facilities))
				}
				if r.Rounds != nil && r.Rounds.Residual > 1e-6 {
					t.Errorf("%s: residual %g", method, r.Rounds.Residual)
				}
				sum := row{}
				for _, c := range r.Communes {
					sum.Demand += c.Demand
				}
				if len(r.Communes) > 0 && sum.Demand != r.Territory.Demand {
					t.Errorf("%s: communes add up to %v of %v", method, sum.Demand, r.Territory.Demand)
				}
				t.Logf("%s: %+v, %.0f of %.0f people with no facility in reach", method, r.Check, r.Territory.Unreached, r.Territory.Demand)
			}
			r := decode[struct {
				Territory  row
				Communes   []row
				Facilities []struct{ Placed, Capacity float64 }
				Optimal    bool
				Around     float64 `json:"placed_around"`
			}](t, done(t, "capacity", "--on", file, "--service", p.service, "--capacity", "20", "--json").out)
			placed := 0.0
			for _, f := range r.Facilities {
				if placed += f.Placed; f.Placed > f.Capacity {
					t.Errorf("%v placed of %v", f.Placed, f.Capacity)
				}
			}
			if !r.Optimal || math.Abs(r.Territory.Placed+r.Around-placed) > 1e-6 || r.Territory.Placed+r.Territory.LeftOver != r.Territory.Demand {
				t.Errorf("%+v", r)
			}
			t.Logf("capacity: %.1f placed, %.1f around, %.1f left over of %.1f", r.Territory.Placed, r.Around, r.Territory.LeftOver, r.Territory.Demand)
		})
	}
}
