package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// orienteering is a file of a line: start at 0, points at 3 and -3, end at 0, of which
// a vehicle with 6 to go reaches one.
func orienteering(t *testing.T, vehicles string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "line.txt")
	text := "n 4\nm " + vehicles + "\ntmax 6.5\n0 0 0\n3 0 1200\n-3 0 7\n0 0 0\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestToursSolvesAProblemOfTheLiterature(t *testing.T) {
	file := orienteering(t, "1")
	code, out, problem := maillage(t, "tours", "--orienteering", file, "--json")
	var got toured
	if err := json.Unmarshal([]byte(out), &got); code != exitOK || err != nil {
		t.Fatalf("exit %d, %v: %s%s", code, err, out, problem)
	}
	got.Seconds, got.Iterations, got.Labels = 0, 0, 0
	if want := (toured{File: file, Score: 1200, Bound: 1200, Status: "optimal", Routes: [][]int32{{0, 1, 3}}, Lengths: []float64{6}, Tmax: 6.5}); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	code, out, problem = maillage(t, "tours", "--orienteering", file)
	for _, part := range []string{"Score : 1\u202f200 (optimal, prouvé)", "Véhicule 1 : 0 → 1 → 3 (score 1200, longueur 6,000 sur 6,500)"} {
		if code != exitOK || !strings.Contains(out, part) {
			t.Errorf("exit %d: %q is not in\n%s%s", code, part, out, problem)
		}
	}
}

func TestToursUsesEveryVehicleThatHelps(t *testing.T) {
	code, out, problem := maillage(t, "--lang", "en", "tours", "--orienteering", orienteering(t, "3"), "--time-limit", "20s")
	if code != exitOK || !strings.Contains(out, "Score: 1,207 (optimal, proven)") || strings.Contains(out, "Vehicle 3") {
		t.Errorf("exit %d: %s%s", code, out, problem)
	}
}

func TestToursNamesWhatIsWrong(t *testing.T) {
	file := orienteering(t, "no")
	for _, x := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--orienteering", file}, exitError, `line.txt: line 2, m: "no": want a number`},
		{[]string{"--orienteering", file + "x"}, exitError, "no such file"},
		{[]string{"--orienteering", file, "--time-limit", "0s"}, exitUsage, "--time-limit=0s"},
		{nil, exitUsage, "--orienteering"},
	} {
		code, _, problem := maillage(t, append([]string{"tours"}, x.args...)...)
		if code != x.code || !strings.Contains(problem, x.want) {
			t.Errorf("%v: exit %d, %s: want exit %d and %q", x.args, code, problem, x.code, x.want)
		}
	}
}
