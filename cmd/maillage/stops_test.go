package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Homes a, b, c of 1, 2 and 4 people on a street ten minutes apart. An office at A is
// open five hours, a bus at C comes for two, one of them while the office is open.
// Within ten minutes a has 5 hours, b 6, c 2: 5 + 12 + 8 = 25, of which the office 15.
func TestStopsByOnesOwnTimes(t *testing.T) {
	times, demand := streetFiles(t)
	dir := t.TempDir()
	hours, out := filepath.Join(dir, "H.csv"), filepath.Join(dir, "A.csv")
	if err := os.WriteFile(hours, []byte("site_id,hours,stop\nC,Mo 11:00-13:00,yes\nA,\"Mo 09:00-12:00; Tu 09:00-11:00\",no\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	args := []string{"itinerant", "--times", times, "--demand", demand, "--supply", hours}
	said := command(t, append(args, "--within", "10m", "--out", out, "--json")...)
	var got struct {
		Total struct {
			Fixed []float64 `json:"fixed_person_hours"`
			Both  []float64 `json:"person_hours"`
			Gain  []float64 `json:"gain_person_hours"`
		}
	}
	if err := json.Unmarshal([]byte(said), &got); err != nil {
		t.Fatal(err)
	}
	if got.Total.Fixed[0] != 15 || got.Total.Both[0] != 25 || got.Total.Gain[0] != 10 {
		t.Errorf("%s", said)
	}
	file, err := os.ReadFile(out)
	if want := "demand_id,fixed_hours,hours\na,5,5\nb,5,6\nc,0,2\n"; err != nil || string(file) != want {
		t.Errorf("%s, %v; want %s", file, err, want)
	}
	if said := command(t, append(args, "--within", "10m")...); !strings.Contains(said, "≤ 10 min                               15               25    10                7") {
		t.Errorf("%s", said)
	}
	var text, errs strings.Builder
	if code := run(t.Context(), args, &text, &errs); code != exitUsage || !strings.Contains(errs.String(), "--within is missing") {
		t.Errorf("exit %d, %s", code, errs.String())
	}
}
