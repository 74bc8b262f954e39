package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// By public transport and on demand the commands answer, tell the day and when one
// leaves, and refuse what cannot be, before any work.
func TestCommandsByTimedModes(t *testing.T) {
	on := []string{"--on", territory(t)}
	for _, c := range []struct {
		words, says string
		code        int
	}{
		{"coverage --service creche --mode transit", "en transports en commun, départ de 07:00 à 09:00 le mardi 1er septembre 2026", 0},
		{"coverage --service creche --mode on-demand --lang en", "by transport on demand, leaving from 07:00 to 09:00 on a Tuesday", 0},
		{"route --from=-0.4688,47.6160 --to fs-49333-seiches --mode transit", "ligne 4", 0},
		{"isochrone --facility fs-49127-durtal --within 30m --mode transit", "≤ 30 min", 0},
		{"isochrone --facility fs-49127-durtal --mode transit --lines --out x.csv", "--lines: by transit", exitUsage},
		{"times --service creche --mode boat --out x.csv", `--mode: unknown mode "boat"`, exitUsage},
		{"prepare --mode boat", `--mode: unknown mode "boat"`, exitUsage},
		{"uncertainty --service creche --mode transit", "want car, bike or foot", exitUsage},
	} {
		args := strings.Fields(c.words)
		args = append(args[:1:1], append(on, args[1:]...)...)
		if c.code != 0 {
			refused(t, c.code, c.says, args...)
			continue
		}
		if got := done(t, args...); !strings.Contains(got.out, c.says) {
			t.Errorf("%s: %s\nwant …%s…", c.words, got.out, c.says)
		}
	}
	out := filepath.Join(t.TempDir(), "times.csv")
	if got := done(t, append([]string{"times", "--service", "creche", "--mode", "transit-bike We 08:00-08:30", "--out", out}, on...)...); !strings.Contains(got.out, "carreaux") {
		t.Error(got.out)
	}
}
