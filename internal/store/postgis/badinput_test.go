package postgis

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/pgtest"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/storetest"
)

// fails expects an error that has all the words, and is is if that is not nil.
func fails(t *testing.T, err, is error, words ...string) {
	t.Helper()
	if err == nil || is != nil && !errors.Is(err, is) {
		t.Errorf("%v, want %v", err, is)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("%q tells the password", err)
	}
}

// refuses opens a database that cannot be opened.
func refuses(t *testing.T, at string, o Options, is error, words ...string) {
	t.Helper()
	s, err := Open(t.Context(), at, o)
	if err == nil {
		s.Close()
	}
	fails(t, err, is, words...)
}

func TestAddressesThatAreNone(t *testing.T) {
	for _, at := range []string{"http://localhost/maillage", "postgres://maillage:secret@localhost:port/maillage", "maillage.gpkg"} {
		refuses(t, at, Options{}, nil, "not the address of a database such as postgres://user@host:5432/name")
	}
}

func TestNothingAnswers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	l.Close()
	for _, o := range []Options{{}, {Migrate: true}} {
		refuses(t, "postgres://maillage:secret@"+closed+"/maillage", o, nil, "postgres://maillage@"+closed+"/maillage: no database server answers there")
		refuses(t, "postgres://maillage:secret@no-such-host.invalid/maillage", o, nil, `there is no host "no-such-host.invalid"`)
	}
}

// TestSilenceIsGivenUp connects to a server that takes the connection and says nothing.
func TestSilenceIsGivenUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	at := "postgres://maillage:secret@" + l.Addr().String() + "/maillage"
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = Open(ctx, at, Options{})
	fails(t, err, context.DeadlineExceeded, l.Addr().String())
	refuses(t, at+"?connect_timeout=1", Options{}, nil, "no database server answers there")
}

func TestWrongPasswordRoleOrDatabase(t *testing.T) {
	at, _ := pgtest.Private(t)
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	change := func(user, password, database string) string {
		v := *u
		v.User, v.Path = url.UserPassword(user, password), "/"+database
		return v.String()
	}
	refuses(t, change("maillage", "wrong", "postgres"), Options{}, nil, "postgres://maillage@"+u.Host+"/postgres: the server refuses this role or its password")
	refuses(t, change("nobody", "secret", "postgres"), Options{}, nil, "the server refuses this role or its password")
	refuses(t, change("maillage", "secret", "nowhere"), Options{}, nil, "the server has no such database")
	s := open(t, at)
	if want := "postgres://maillage@" + u.Host + "/postgres"; s.Target() != want {
		t.Errorf("target %s, want %s", s.Target(), want)
	}
	keywords := fmt.Sprintf("host=%s port=%s user=maillage password=secret dbname=postgres", u.Hostname(), u.Port())
	if s := reading(t, keywords); s.Target() != "postgres://maillage@"+u.Host+"/postgres" {
		t.Errorf("target %s", s.Target())
	}
}

func TestWithoutPostGIS(t *testing.T) {
	at := pgtest.Plain(t)
	role, roleURL := pgtest.Role(t, at)
	pgtest.Exec(t, at, "GRANT CREATE ON SCHEMA public TO "+role)
	for _, o := range []Options{{}, {Migrate: true}} {
		refuses(t, roleURL, o, nil, "PostGIS is not installed in postgres://"+role, "an administrator must run CREATE EXTENSION postgis there")
	}
	connect(t, at).want("SELECT count(*)::text FROM pg_namespace WHERE nspname = 'maillage'", "0")
	open(t, at) // by a superuser: installs it
	connect(t, at).want("SELECT extname FROM pg_extension WHERE extname = 'postgis'", "postgis")
}

func TestPostGISInASchemaOfItsOwn(t *testing.T) {
	at := pgtest.Plain(t)
	pgtest.Exec(t, at, `CREATE SCHEMA "gis extensions"`, `CREATE EXTENSION postgis SCHEMA "gis extensions"`)
	s, want := open(t, at), region(t, 5)
	if err := s.Write(t.Context(), want, store.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	got, err := s.ReadPart(t.Context(), store.Ref{}, geodata.Part{EPCI: "A"})
	if part, _ := geodata.Cut(want, geodata.Part{EPCI: "A"}); err != nil || got.ID() != part.ID() {
		t.Error("another part, or", err)
	}
}

func TestSchemaOfAnotherVersion(t *testing.T) {
	at := pgtest.URL(t)
	refuses(t, at, Options{}, store.ErrOlderSchema, "run maillage migrate --on postgres://")
	connect(t, at).want("SELECT count(*)::text FROM pg_namespace WHERE nspname = 'maillage'", "0") // reading makes nothing
	open(t, at)
	reading(t, at)
	for _, table := range []string{"maillage_version", "maillage_ledger_version"} {
		pgtest.Exec(t, at, "INSERT INTO maillage."+table+" (version_id, is_applied) VALUES (99, true)")
		for _, o := range []Options{{}, {Migrate: true}} {
			refuses(t, at, o, store.ErrNewerSchema, table+" is at 99")
		}
		pgtest.Exec(t, at, "DELETE FROM maillage."+table+" WHERE version_id = 99")
	}
	reading(t, at)
	pgtest.Exec(t, at, "DELETE FROM maillage.maillage_ledger_version WHERE version_id > 0")
	refuses(t, at, Options{}, store.ErrOlderSchema, "run maillage migrate --on")
}

func TestManyMigrateAtOnce(t *testing.T) {
	at := pgtest.URL(t)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			s, err := Open(t.Context(), at, Options{Migrate: true})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	connect(t, at).want("SELECT count(*)::text FROM maillage.maillage_version", "4") // goose's zeroth, and three
}

func TestReadOnlyDatabase(t *testing.T) {
	empty := pgtest.URL(t)
	at, s := twoTerritories(t)
	s.Close()
	for _, at := range []string{empty, at} {
		pgtest.Exec(t, at, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$")
	}
	refuses(t, empty, Options{Migrate: true}, store.ErrReadOnly, "may only be read")
	s = open(t, at) // there is nothing to migrate
	for name, err := range map[string]error{
		"Write": s.Write(t.Context(), town(t, "a"), store.WriteOptions{}), "Remove": s.Remove(t.Context(), store.Ref{Territory: "a"}, ""), "Grant": s.Grant(t.Context(), "a", "maillage"),
	} {
		fails(t, err, store.ErrReadOnly, s.Target())
		if t.Failed() {
			t.Fatal(name)
		}
	}
	if _, err := s.Read(t.Context(), store.Ref{Territory: "a"}); err != nil {
		t.Error(err)
	}
}

func TestRoleWithoutRights(t *testing.T) {
	at, _ := twoTerritories(t)
	role, roleURL := pgtest.Role(t, at)
	refuses(t, roleURL, Options{}, nil, "postgres://"+role, "this role may not do that")
}

// interrupted writes a vintage beside one that is there, and does something when half is done.
func interrupted(t *testing.T, s *Store, do func()) error {
	t.Helper()
	var once sync.Once
	return s.Write(t.Context(), storetest.Lattice(t, "a", 20_000, 1), store.WriteOptions{Vintage: "2", Progress: func(done, total int) {
		if done > total/2 {
			once.Do(do)
		}
	}})
}

// unharmed expects the two territories and nothing else, and that writing works again.
func unharmed(t *testing.T, at string, s *Store) {
	t.Helper()
	db := connect(t, at)
	// The server needs a moment to notice that a client has gone, and to undo what it did.
	db.until("SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()", "0")
	db.want("SELECT string_agg(territory || ' ' || vintage || ' ' || current, ', ' ORDER BY territory) FROM maillage.snapshot", "a 1 true, b 1 true")
	db.want("SELECT count(*)::text FROM pg_class WHERE relnamespace = 'maillage'::regnamespace AND relispartition AND relkind = 'r'", "12")
	db.want("SELECT count(*)::text FROM territoire_a.carreaux", "2")
	db.want("SELECT count(*)::text FROM maillage.maillage_audit", "2")
	if err := interrupted(t, s, func() {}); err != nil {
		t.Error("again:", err)
	}
	got, err := s.Read(t.Context(), store.Ref{Territory: "a"})
	if err != nil || len(got.Population().Cells) != 20_000 {
		t.Error("read again:", err)
	}
}

func TestLostConnection(t *testing.T) {
	at, s := twoTerritories(t)
	admin := connect(t, at)
	err := interrupted(t, s, func() {
		// The writer alone is within a transaction, whatever it is at when this is asked.
		admin.want("SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity WHERE datname = current_database() "+
			"AND backend_type = 'client backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()", "1")
	})
	fails(t, err, nil, "territory a cannot be stored", "the connection was lost", "try again")
	unharmed(t, at, s)
}

// proxy passes on what comes to a port of its own to the server of a URL, until
// look, which sees what clients say, returns false: then it cuts all connections.
// It returns the URL with its port.
func proxy(t *testing.T, at string, look func([]byte) bool) string {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	server := u.Host
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", server)
			if err != nil {
				near.Close()
				continue
			}
			go func() {
				io.Copy(near, far)
				near.Close()
			}()
			go func() {
				defer near.Close()
				defer far.Close()
				b := make([]byte, 1<<16)
				for {
					n, err := near.Read(b)
					if err != nil || !look(b[:n]) {
						return
					}
					if _, err := far.Write(b[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()
	u.Host = l.Addr().String()
	return u.String()
}

func TestCutConnection(t *testing.T) {
	at, s := twoTerritories(t)
	var cut atomic.Bool
	far := reading(t, proxy(t, at, func([]byte) bool { return !cut.Load() }))
	err := interrupted(t, far, func() { cut.Store(true) })
	fails(t, err, nil, "territory a cannot be stored", "the connection was lost", "try again")
	unharmed(t, at, s)
}

// TestCutWhenAllIsDone loses the connection at the word that ends the transaction:
// nobody knows whether the server has heard it.
func TestCutWhenAllIsDone(t *testing.T) {
	at, s := twoTerritories(t)
	far := reading(t, proxy(t, at, func(b []byte) bool { return !bytes.Contains(b, []byte("commit")) }))
	fails(t, interrupted(t, far, func() {}), nil, "territory a cannot be stored", "see maillage territories whether it is stored")
	unharmed(t, at, s)
}

func TestOtherTerritoriesAreWrittenMeanwhile(t *testing.T) {
	at, s := twoTerritories(t)
	other := open(t, at)
	err := interrupted(t, s, func() {
		for id, is := range map[string]error{"a": store.ErrBusy, "b": nil, "c": nil} {
			if err := other.Write(t.Context(), town(t, id), store.WriteOptions{Vintage: "3"}); !errors.Is(err, is) {
				t.Errorf("writing %s meanwhile: %v, want %v", id, err, is)
			} else if is != nil {
				fails(t, err, is, "territory a is being imported or removed by somebody else")
			}
		}
	})
	if err != nil {
		t.Error(err)
	}
	connect(t, at).want("SELECT string_agg(territory || vintage, ' ' ORDER BY territory, vintage) FROM maillage.snapshot", "a1 a2 b1 b3 c3")
}

func TestPartitionsGoWhenNobodyReads(t *testing.T) {
	at, s := twoTerritories(t)
	db := connect(t, at)
	const partitions = "SELECT count(*)::text FROM pg_class WHERE relnamespace = 'maillage'::regnamespace AND relispartition AND relkind = 'r'"
	db.want(partitions, "12")
	reader, err := s.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Exec(t.Context(), "SELECT FROM maillage.cell"); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(t.Context(), store.Ref{Territory: "a"}, ""); err != nil {
		t.Fatal(err)
	}
	db.want(partitions, "12")
	db.want("SELECT count(*)::text FROM maillage.snapshot", "1")
	if err := reader.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), town(t, "b"), store.WriteOptions{Vintage: "1"}); err != nil { // replaces
		t.Fatal(err)
	}
	db.want(partitions, "6")
}

// TestPartitionsHaveTheIndexesOfTheirTable: one that an import had not made would
// be made while others wait.
func TestPartitionsHaveTheIndexesOfTheirTable(t *testing.T) {
	at := pgtest.URL(t)
	if err := open(t, at).Write(t.Context(), storetest.Full(t), store.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	db := connect(t, at)
	for _, table := range tables {
		query := "SELECT count(*)::text FROM pg_indexes WHERE schemaname = 'maillage' AND tablename = '%s'"
		want := fmt.Sprint(1 + len(table.indexes))
		db.want(fmt.Sprintf(query, table.name), want)
		db.want(fmt.Sprintf(query, table.name+"_1"), want)
	}
}

func TestDamageIsSeen(t *testing.T) {
	for statement, words := range map[string][]string{
		"UPDATE maillage.commune SET name = 'Paris' WHERE fid = 1":            {"territory town is damaged", "import it again"},
		"UPDATE maillage.cell SET amounts = '{1}' WHERE fid = 1":              {"vintage 2019", "cell east has 1 counts, want 2"},
		"UPDATE maillage.cell SET amounts = '{1,NULL}' WHERE fid = 1":         {"damaged: field 8"},
		"UPDATE maillage.way SET nodes = '\\xff' WHERE fid = 1":               {"way 1: nodes: not in the form it was written in"},
		"UPDATE maillage.way SET nodes = '\\xc8010000c8010000' WHERE fid = 1": {"way 1: nodes: node 0 is at position 100 of 6"},
		"UPDATE maillage.way SET tags = '[]' WHERE fid = 1":                   {`way 1: tags "[]"`},
		"UPDATE maillage.facility SET hours = 'le matin' WHERE fid = 1":       {"facility creche-1: opening hours"},
		"UPDATE maillage.facility SET service = 'cinema' WHERE fid = 1":       {`unknown service "cinema"`},
		"DELETE FROM maillage.road_node":                                      {"territory town is damaged"},
	} {
		at := pgtest.URL(t)
		s := open(t, at)
		if err := s.Write(t.Context(), storetest.Town(t), store.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		pgtest.Exec(t, at, statement)
		_, err := s.Read(t.Context(), store.Ref{})
		fails(t, err, nil, words...)
	}
}

func TestViewsThatOthersBuiltUpon(t *testing.T) {
	at, s := twoTerritories(t)
	db := connect(t, at)
	pgtest.Exec(t, at, "CREATE VIEW public.mine AS SELECT sum(ind) AS people FROM territoire_a.carreaux")
	c := town(t, "a").Content()
	c.Population.Columns[0] = geodata.Column{Name: "ind", Values: []geodata.Amount{geodata.Whole(3), geodata.Whole(4)}}
	if err := s.Write(t.Context(), seal(t, c), store.WriteOptions{Vintage: "2"}); err != nil {
		t.Fatal(err)
	}
	db.want("SELECT people::text FROM public.mine", "7")
	// With other columns the view must go, which would take theirs with it.
	c = town(t, "a").Content()
	c.Population.Columns = c.Population.Columns[1:]
	err := s.Write(t.Context(), seal(t, c), store.WriteOptions{Vintage: "3"})
	fails(t, err, nil, "territory a cannot be stored", "view carreaux", "view mine depends on view territoire_a.carreaux")
	fails(t, s.Remove(t.Context(), store.Ref{Territory: "a"}, ""), nil, "view mine depends on")
	db.want("SELECT people::text FROM public.mine", "7")
	db.want("SELECT string_agg(vintage, ' ' ORDER BY vintage) FROM maillage.snapshot WHERE territory = 'a'", "1 2")
}
