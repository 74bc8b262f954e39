package traveltime

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata/profile"
	"github.com/maillage/maillage/internal/roadgraph"
)

func TestASavedNetworkAnswersTheSame(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 31))
		roads := randomRoads(r)
		n, err := NewNetwork(context.Background(), &roads, simpleProfile(t))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "n")
		if err := n.Save(path, "roads"); err == nil {
			t.Fatal("a network that is not prepared was saved")
		}
		if err := n.Prepare(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		if err := n.Save(path, "roads"); err != nil {
			t.Fatal(err)
		}
		m, err := OpenNetwork(path, &roads, "roads", n.profile)
		if err != nil {
			t.Fatal(err)
		}
		if m.Stats != n.Stats {
			t.Errorf("%+v, was %+v", m.Stats, n.Stats)
		}
		var points []orb.Point
		for range 20 {
			points = append(points, orb.Point{r.Float64() * 0.01, r.Float64() * 0.01})
		}
		if !slices.Equal(n.Places(points), m.Places(points)) {
			t.Fatal("places differ")
		}
		a, _, _ := n.Nearest(context.Background(), n.Places(points), n.Places(points[:5]))
		b, _, _ := m.Nearest(context.Background(), m.Places(points), m.Places(points[:5]))
		if !slices.Equal(a, b) {
			t.Fatal("times differ")
		}
	}
}

func TestASavedNetworkIsCheckedBeforeUse(t *testing.T) {
	roads := randomRoads(rand.New(rand.NewPCG(3, 31)))
	n, err := NewNetwork(context.Background(), &roads, simpleProfile(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Prepare(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "n")
	if err := n.Save(path, "roads"); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	open := func(p, roadsID string, pr *profile.Profile) error {
		_, err := OpenNetwork(p, &roads, roadsID, pr)
		return err
	}
	if err := open(filepath.Join(dir, "none"), "roads", n.profile); !errors.Is(err, fs.ErrNotExist) || !Missing(err) {
		t.Errorf("no file: %v", err)
	}
	if err := open(path, "other roads", n.profile); !errors.Is(err, roadgraph.ErrStale) {
		t.Errorf("other roads: %v", err)
	}
	car, _ := profile.For("car")
	if err := open(path, "roads", car); !errors.Is(err, roadgraph.ErrStale) {
		t.Errorf("another profile: %v", err)
	}
	try := func(b []byte) error {
		p := filepath.Join(dir, "bad")
		if err := os.WriteFile(p, b, 0o666); err != nil {
			t.Fatal(err)
		}
		return open(p, "roads", n.profile)
	}
	// Padding and the four bytes after the table's checksum hold nothing.
	loose := 0
	for i := 0; i < len(good); i += 3 {
		b := slices.Clone(good)
		b[i] ^= 0x40
		if err := try(b); err == nil {
			loose++
		} else if !Missing(err) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
		if i%21 == 0 {
			if err := try(good[:i]); !Missing(err) && (err != nil || i <= len(good)-64) {
				t.Fatalf("cut at %d: %v", i, err)
			}
		}
	}
	if loose > 4+64*32 {
		t.Errorf("%d of %d changed bytes went unnoticed", loose, len(good))
	}
}
