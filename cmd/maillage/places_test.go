package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Homes a, b, c of 1, 2 and 4 people on a street ten minutes apart; a site at A with 2
// places and one at C with 3. All five places are taken. C's go to c; A's to a and
// one of b: 0 + 600 s; the other one of b and one of c have none.
func TestPlacesByOnesOwnTimes(t *testing.T) {
	times, demand := streetFiles(t)
	dir := t.TempDir()
	supply, out := filepath.Join(dir, "S.csv"), filepath.Join(dir, "A.csv")
	if err := os.WriteFile(supply, []byte("site_id,capacity\nA,2\nC,3\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Demand, Places, Placed float64
		LeftOver               float64  `json:"left_over"`
		Unreached              float64  `json:"out_of_reach"`
		Mean                   *float64 `json:"mean_seconds"`
		Optimal                bool
	}
	said := command(t, "capacity", "--times", times, "--demand", demand, "--supply", supply, "--out", out, "--json")
	if err := json.Unmarshal([]byte(said), &got); err != nil {
		t.Fatal(err)
	}
	if got.Demand != 7 || got.Places != 5 || got.Placed != 5 || got.LeftOver != 2 || got.Unreached != 0 || *got.Mean != 120 || !got.Optimal {
		t.Errorf("%s", said)
	}
	file, err := os.ReadFile(out)
	if want := "demand_id,placed,left_over,seconds\na,1,0,0.000\nb,1,1,600.000\nc,3,1,0.000\n"; err != nil || string(file) != want {
		t.Errorf("%s, %v; want %s", file, err, want)
	}
	// Within five minutes b reaches nobody, and one place at A stays empty.
	said = command(t, "capacity", "--times", times, "--demand", demand, "--supply", supply, "--within", "5m")
	if !strings.Contains(said, "5 places pour 7 personnes : 4 ont une place (plan optimal, prouvé), 3 restent sans, dont 2 sans site à portée") {
		t.Errorf("%s", said)
	}
	var text, errs strings.Builder
	if code := run(t.Context(), []string{"capacity", "--times", times, "--demand", demand, "--supply", supply, "--service", "creche"}, &text, &errs); code != exitUsage || !strings.Contains(errs.String(), "--service is about a territory") {
		t.Errorf("exit %d, %s", code, errs.String())
	}
}
