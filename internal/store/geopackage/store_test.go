package geopackage

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) func() store.Store {
		path := filepath.Join(t.TempDir(), "a store #1?.gpkg")
		return func() store.Store {
			s, err := Open(t.Context(), path, OpenOptions{Create: true, Wait: 2 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	})
}
