package postgis

import (
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/pgtest"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/ledger"
	"github.com/maillage/maillage/internal/store/storetest"
)

const shortPause = 300 * time.Millisecond

// impatient is the URL of a database whose server waits for a shortPause only.
func impatient(t *testing.T, at string) string {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(pauseSetting, "300")
	u.RawQuery = q.Encode()
	return u.String()
}

func TestTheServerDoesNotWaitForEver(t *testing.T) {
	at := pgtest.URL(t)
	const settings = "SELECT string_agg(name || ' ' || setting || coalesce(unit, ''), ', ' ORDER BY name) FROM pg_settings WHERE name LIKE 'tcp_keepalives_%' OR name = '" + pauseSetting + "'"
	const silent = ", tcp_keepalives_count 6, tcp_keepalives_idle 60s, tcp_keepalives_interval 10s"
	for url, want := range map[string]string{at: pauseSetting + " 60000ms" + silent, impatient(t, at): pauseSetting + " 300ms" + silent} {
		var got string
		if err := open(t, url).pool.QueryRow(t.Context(), settings).Scan(&got); err != nil || got != want {
			t.Errorf("%s, want %s; %v", got, want, err)
		}
	}
}

// TestWhoStandsStillKeepsNoLock stops an import between two tables, until
// somebody else has imported the territory.
func TestWhoStandsStillKeepsNoLock(t *testing.T) {
	at, s := twoTerritories(t)
	stuck := open(t, impatient(t, at))
	var once sync.Once
	waited := time.Duration(0)
	err := stuck.Write(t.Context(), storetest.Lattice(t, "a", 100, 1), store.WriteOptions{Vintage: "2", Progress: func(int, int) {
		once.Do(func() {
			start := time.Now()
			err := s.Write(t.Context(), town(t, "a"), store.WriteOptions{Vintage: "3"})
			fails(t, err, store.ErrBusy, "is being imported or removed by somebody else")
			for err != nil && time.Since(start) < 20*time.Second {
				time.Sleep(10 * time.Millisecond)
				err = s.Write(t.Context(), town(t, "a"), store.WriteOptions{Vintage: "3"})
			}
			if waited = time.Since(start); err != nil {
				t.Error("after a while:", err)
			}
		})
	}})
	fails(t, err, nil, "territory a cannot be stored", "stood still for too long", "nothing of what was under way is stored")
	if waited < shortPause/2 {
		t.Errorf("the other waited for %v only", waited)
	}
	connect(t, at).want("SELECT string_agg(vintage, ' ' ORDER BY vintage) FROM maillage.snapshot WHERE territory = 'a'", "1 3")
}

// TestLongMigrationsAreNotGivenUp lets a migration wait for somebody who makes
// one of its tables, and changes his mind.
func TestLongMigrationsAreNotGivenUp(t *testing.T) {
	at := pgtest.URL(t)
	pgtest.Exec(t, at, "CREATE SCHEMA maillage")
	other, err := pgtest.Connect(t, at).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec(t.Context(), "CREATE TABLE maillage.snapshot ()"); err != nil {
		t.Fatal(err)
	}
	released := time.AfterFunc(4*shortPause, func() { other.Rollback(t.Context()) })
	defer released.Stop()
	start := time.Now()
	open(t, impatient(t, at))
	if waited := time.Since(start); waited < 2*shortPause {
		t.Errorf("it took %v only: nothing was shown", waited)
	}
}

// TestSlowCopiesAreNotGivenUp copies a ledger to where each line takes long.
func TestSlowCopiesAreNotGivenUp(t *testing.T) {
	from, at := open(t, impatient(t, pgtest.URL(t))), pgtest.URL(t)
	if err := from.Ledger().Record(t.Context(), ledger.Entry{By: "Camille", Action: "import"}); err != nil {
		t.Fatal(err)
	}
	to := open(t, at)
	other, err := pgtest.Connect(t, at).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec(t.Context(), "LOCK TABLE maillage.maillage_audit IN EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	released := time.AfterFunc(4*shortPause, func() { other.Rollback(t.Context()) })
	defer released.Stop()
	if err := ledger.Copy(t.Context(), from.Ledger(), to.Ledger()); err != nil {
		t.Fatal(err)
	}
	if got, err := to.Ledger().Entries(t.Context(), ledger.EntryFilter{}); err != nil || len(got) != 1 {
		t.Errorf("%d lines, want 1; %v", len(got), err)
	}
}
