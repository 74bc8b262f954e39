package postgis

import (
	"testing"

	"github.com/maillage/maillage/internal/pgtest"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/storetest"
)

// open opens a store for writing, closed when the test ends.
func open(t testing.TB, at string) *Store {
	t.Helper()
	s, err := Open(t.Context(), at, Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) func() store.Store {
		at := pgtest.URL(t)
		return func() store.Store {
			s, err := Open(t.Context(), at, Options{Migrate: true})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	})
}
