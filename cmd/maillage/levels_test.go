package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Homes a, b, c of 1, 2 and 4 people on a street ten minutes apart, first-level sites
// A, B and C beside them. The second level, S, is beside c. Within 5 and 10 minutes all
// have the first; b and c have the second; a does not. From A it is 20 minutes to S,
// from B 10, from C 0: (20·1 + 10·2 + 0·4) / 7 minutes.
func TestLevelsByOnesOwnTimes(t *testing.T) {
	times, demand := streetFiles(t)
	dir := t.TempDir()
	second, between, out := filepath.Join(dir, "T2.csv"), filepath.Join(dir, "B.csv"), filepath.Join(dir, "A.csv")
	for name, text := range map[string]string{second: "demand_id,site_id,seconds\na,S,1200\nb,S,600\nc,S,0\n", between: "demand_id,site_id,seconds\nA,S,1200\nB,S,600\nC,S,0\n"} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"referral", "--times", times, "--demand", demand, "--second-times", second, "--between", between}
	said := command(t, append(args, "--first-within", "5m", "--second-within", "10m", "--out", out)...)
	for _, want := range []string{"les deux niveaux           6", "le premier seulement       1", "en tout                    7", "du premier au second : 5,7 min en moyenne, 0 personnes"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	file, err := os.ReadFile(out)
	if want := "demand_id,class,first_seconds,second_seconds,referral_seconds\na,first_only,0,1200,1200\nb,both,0,600,600\nc,both,0,0,0\n"; err != nil || string(file) != want {
		t.Errorf("%s, %v; want %s", file, err, want)
	}
	for want, args := range map[string][]string{"first_within: is missing": args, "--between=FILE.csv": args[:len(args)-2]} {
		var text, errs strings.Builder
		if code := run(t.Context(), slices.Concat(args, []string{"--second-within", "10m"}), &text, &errs); code != exitUsage || !strings.Contains(errs.String(), want) {
			t.Errorf("exit %d, %s; want %q", code, errs.String(), want)
		}
	}
}
