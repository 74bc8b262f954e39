package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// streetFiles are three homes on a street ten minutes apart, with a site at each: 1, 2
// and 4 people.
func streetFiles(t *testing.T) (times, demand string) {
	t.Helper()
	dir := t.TempDir()
	times, demand = filepath.Join(dir, "T.csv"), filepath.Join(dir, "D.csv")
	for name, text := range map[string]string{
		times:  "demand_id,site_id,seconds\na,A,0\na,B,600\na,C,1200\nb,A,600\nb,B,0\nb,C,600\nc,A,1200\nc,B,600\nc,C,0\n",
		demand: "demand_id,value\na,1\nb,2\nc,4\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return times, demand
}

func TestTheBestSitesOfOnesOwnTimes(t *testing.T) {
	times, demand := streetFiles(t)
	for want, args := range map[string][]string{
		`{"objective":2400,"bound":2400,"gap":0,"status":"optimal","sites":["C"]}`:    {"--model", "p-median", "--p", "1"},
		`{"objective":7,"bound":7,"gap":0,"status":"optimal","sites":["B"]}`:          {"--model", "mclp", "--p", "1", "--within", "10m"},
		`{"objective":3,"bound":3,"gap":0,"status":"optimal","sites":["A","B","C"]}`:  {"--model", "lscp", "--within", "9m"},
		`{"objective":600,"bound":600,"gap":0,"status":"optimal","sites":["B"]}`:      {"--model", "p-center", "--p", "1"},
		`{"objective":6000,"bound":6000,"gap":0,"status":"optimal","sites":["A"]}`:    {"--model", "p-median", "--p", "1", "--required", "A"},
		`{"objective":null,"bound":null,"gap":null,"status":"infeasible","sites":[]}`: {"--model", "p-median", "--p", "4"},
	} {
		var got struct {
			Objective *float64 `json:"objective"`
			Bound     *float64 `json:"bound"`
			Gap       *float64 `json:"gap"`
			Status    string   `json:"status"`
			Sites     []string `json:"sites"`
		}
		out := command(t, append([]string{"site", "--times", times, "--demand", demand, "--json"}, args...)...)
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatal(err)
		}
		short, err := json.Marshal(got)
		if err != nil || string(short) != want || !strings.Contains(out, `"seconds"`) {
			t.Errorf("%v: %s, want %s", args, short, want)
		}
	}
	out := command(t, "site", "--times", times, "--demand", demand, "--model", "p-median", "--p", "1")
	if !strings.Contains(out, "p-median : 2\u202f400 personnes-secondes (optimal, prouvé)") || !strings.Contains(out, "Lieux : C") {
		t.Errorf("for people:\n%s", out)
	}
}

func TestSiteSaysWhatIsMissing(t *testing.T) {
	times, demand := streetFiles(t)
	for want, args := range map[string][]string{
		"or --times and --demand": {"--model", "p-median"},
		"--demand":                {"--model", "p-median", "--times", times},
		"p: 0 sites: want 1":      {"--model", "p-median", "--times", times, "--demand", demand},
		"within: is missing":      {"--model", "mclp", "--p", "1", "--times", times, "--demand", demand},
		"within: threshold \"15":  {"--model", "mclp", "--p", "1", "--within", "15", "--times", times, "--demand", demand},
		`required: no site "Z"`:   {"--model", "p-median", "--p", "1", "--required", "Z", "--times", times, "--demand", demand},
		`unknown model "median"`:  {"--model", "median", "--times", times, "--demand", demand},
	} {
		var out, errs strings.Builder
		if code := run(t.Context(), append([]string{"site"}, args...), &out, &errs); code != exitUsage || !strings.Contains(errs.String(), want) {
			t.Errorf("%v: exit %d, %q; want %q", args, code, errs.String(), want)
		}
	}
}

// The same street with room for three at each site: C's four are one too many.
func TestTheBestSitesWithRoomForSoMany(t *testing.T) {
	times, demand := streetFiles(t)
	supply := filepath.Join(filepath.Dir(times), "S.csv")
	if err := os.WriteFile(supply, []byte("site_id,capacity\nA,3\nB,3\nC,3\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	ask := func(args ...string) string {
		return command(t, append([]string{"site", "--times", times, "--demand", demand, "--supply", supply}, args...)...)
	}
	type answer struct {
		Objective *float64
		Status    string
		Loads     []struct {
			Site             string
			People, Capacity float64
		}
		Over []struct {
			Home   string
			People float64
		} `json:"left_over"`
		Files []struct{ File string }
	}
	for want, args := range map[string][]string{
		`[[{"Site":"A","People":1,"Capacity":3},{"Site":"B","People":3,"Capacity":3},{"Site":"C","People":3,"Capacity":3}],null]`:         {"--model", "p-median", "--p", "3"},
		`[[{"Site":"B","People":2,"Capacity":3},{"Site":"C","People":3,"Capacity":3}],[{"Home":"a","People":1},{"Home":"c","People":1}]]`: {"--model", "mclp", "--p", "2", "--within", "5m"},
	} {
		var got answer
		if err := json.Unmarshal([]byte(ask(append(args, "--json")...)), &got); err != nil {
			t.Fatal(err)
		}
		short, err := json.Marshal([]any{got.Loads, got.Over})
		if err != nil || string(short) != want || got.Status != "optimal" || len(got.Files) != 3 {
			t.Errorf("%v: %s, want %s (%+v)", args, short, want, got)
		}
	}
	if out := ask("--model", "mclp", "--p", "2", "--within", "5m"); !strings.Contains(out, "mclp : 5 personnes (optimal, prouvé)") || !strings.Contains(out, "Sans place : 2 personnes, de 2 domiciles") {
		t.Errorf("for people:\n%s", out)
	}
	if out := ask("--model", "p-center", "--p", "2"); !strings.Contains(out, "7 people are to have a place, and the 2 sites with most room offer 6: places are short by 1") {
		t.Errorf("without a plan:\n%s", out)
	}
}
