package profile

import "testing"

func TestIDSeesARule(t *testing.T) {
	seen := map[[32]byte]string{}
	for _, mode := range Modes() {
		p, err := For(mode)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[p.ID()]; ok {
			t.Errorf("%s and %s have the same id", mode, other)
		}
		seen[p.ID()] = mode
		if again, _ := For(mode); again.ID() != p.ID() {
			t.Error("the id changes")
		}
		changed := *p
		changed.rules.WalkSpeed++
		if changed.ID() == p.ID() {
			t.Error("another walking speed keeps the id")
		}
	}
}
