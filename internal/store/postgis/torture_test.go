package postgis

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/pgtest"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/ledger"
)

// Environment variables that make the test program write into a database and, if
// a row is given, kill itself there.
const (
	writeInto = "MAILLAGE_TEST_WRITE_INTO" // URL
	writeWhat = "MAILLAGE_TEST_WRITE_WHAT" // territory/vintage/people
	killAtRow = "MAILLAGE_TEST_KILL_AT_ROW"
)

func TestMain(m *testing.M) {
	if at := os.Getenv(writeInto); at != "" {
		if err := writeAndDie(at); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const tortureCells = 4_000

// tortured is a territory with something in each table, whose first cell has so many people.
func tortured(territory string, people int64) (*geodata.Snapshot, error) {
	const d = .002
	c := geodata.Content{Territory: geodata.Territory{ID: territory, Name: "Le pays " + territory}, Catalogue: geodata.DefaultCatalogue(), Population: grid(tortureCells)}
	c.Population.Columns[0].Values[0] = geodata.Whole(people)
	c.Communes = []geodata.Commune{{Code: "49007", Name: "Angers", Study: true, Outline: orb.MultiPolygon{{{{-76, 38}, {-71, 38}, {-71, 39}, {-76, 39}, {-76, 38}}}}}}
	r := &c.Roads
	for i := range int32(500) {
		x, y := -75.8+d*float64(i), 38.4
		c.Facilities = append(c.Facilities, geodata.Facility{ID: fmt.Sprintf("hall-%03d", i), Service: "town_hall", Status: geodata.Existing, Location: orb.Point{x, y}})
		r.Nodes = append(r.Nodes, geodata.RoadNode{ID: int64(2 * i), Lon: geodata.Fixed(x), Lat: geodata.Fixed(y)}, geodata.RoadNode{ID: int64(2*i + 1), Lon: geodata.Fixed(x + d), Lat: geodata.Fixed(y)})
		r.Ways = append(r.Ways, geodata.Way{ID: int64(i), Nodes: []int32{2 * i, 2*i + 1}, Tags: geodata.Tags{{Key: "highway", Value: "residential"}}})
		r.Tagged = append(r.Tagged, geodata.TaggedNode{Node: 2 * i, Tags: geodata.Tags{{Key: "barrier", Value: "gate"}}})
		r.Restrictions = append(r.Restrictions, geodata.Restriction{ID: int64(i), From: int64(i), ViaNode: int64(2*i + 1), To: int64(i), Tags: geodata.Tags{{Key: "restriction", Value: "no_u_turn"}}})
	}
	return geodata.NewSnapshot(c)
}

func writeAndDie(at string) error {
	what := strings.Split(os.Getenv(writeWhat), "/")
	people, err := strconv.ParseInt(what[2], 10, 64)
	if err != nil {
		return err
	}
	snap, err := tortured(what[0], people)
	if err != nil {
		return err
	}
	s, err := Open(context.Background(), at, Options{})
	if err != nil {
		return err
	}
	row, err := strconv.Atoi(os.Getenv(killAtRow))
	if err != nil {
		row = -1
	}
	fmt.Println("begin")
	err = s.Write(context.Background(), snap, store.WriteOptions{Vintage: what[1], By: "child", Progress: func(done, _ int) {
		if row >= 0 && done >= row {
			self, _ := os.FindProcess(os.Getpid())
			self.Kill() //nolint:errcheck // then the test fails
			select {}
		}
	}})
	if err != nil {
		return err
	}
	return s.Close()
}

// point is when a process that writes is killed: at a row, some time after it
// began, or when it sends a statement, which reaches the server or does not.
type point struct {
	row       int           // -1 for none
	delay     time.Duration // 0 for none
	statement string
	reaches   bool
}

// steps are what the statements of an import have in them, in their order.
var steps = []string{
	"DELETE FROM maillage.snapshot", "INSERT INTO maillage.snapshot", "CREATE TABLE maillage.commune_", "COPY maillage.cell_", "CREATE INDEX ON maillage.cell_",
	"COPY maillage.restriction_", "ATTACH PARTITION maillage.commune_", "ATTACH PARTITION maillage.restriction_", "VIEW", "layer_styles", "maillage_audit",
	"commit", "DROP TABLE IF EXISTS maillage.",
}

func drawPoint(seed int, rows int, whole time.Duration) point {
	r := rand.New(rand.NewPCG(uint64(seed), 15))
	switch seed % 5 {
	case 0:
		return point{row: r.IntN(rows)}
	case 1:
		return point{row: -1, delay: time.Duration(1 + r.Int64N(int64(whole)))}
	case 2: // the moment of all moments
		return point{row: -1, statement: "commit", reaches: seed%2 == 0}
	default:
		return point{row: -1, statement: steps[r.IntN(len(steps))], reaches: r.IntN(2) == 0}
	}
}

// TestKilledAtAnyMoment kills a process that imports over a vintage or beside
// one, at random rows, moments and statements (the commit has its share): the
// database has all of what was there before or all of what came after, the audit
// log agrees, nothing else is left, and the import can be done again.
func TestKilledAtAnyMoment(t *testing.T) {
	points := 8
	if os.Getenv("MAILLAGE_TORTURE") != "" {
		points = 50
	}
	at := pgtest.URL(t)
	k := &killer{T: t, at: at, s: open(t, at), db: connect(t, at), holds: map[string]int64{}}
	for _, what := range []string{"a/1", "b/1"} {
		k.write(what, 1)
	}
	snap, err := tortured("a", 1)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	k.kill("a/1", 2, point{row: -1})
	whole := time.Since(start)
	if !k.changed("a/1", 2) {
		t.Fatal("the other process writes nothing, even undisturbed")
	}
	k.check()
	undisturbed := k.shape()

	before, after := 0, 0
	for seed := range points {
		p := drawPoint(seed, newContent(snap).rows(), whole)
		what, people := []string{"a/1", "a/2", "b/1", "c/1"}[seed%4], int64(100+seed)
		start := time.Now()
		k.kill(what, people, p)
		k.gone()
		changed := k.changed(what, people)
		if changed {
			after++
		} else {
			before++
		}
		if p.statement == "commit" && changed != p.reaches {
			t.Errorf("the word to commit reached the server: %v; it was done: %v", p.reaches, changed)
		}
		k.check()
		// Again, undisturbed, and everything is as if nothing had happened.
		k.write(what, people)
		k.check()
		if what == "a/2" || what == "c/1" {
			k.remove(what)
		}
		if diff := cmp.Diff(undisturbed, k.shape()); diff != "" {
			t.Error(diff)
		}
		if t.Failed() {
			t.Fatalf("seed %d: %s, %+v; undisturbed it takes %v; changed: %v; %v", seed, what, p, whole, changed, time.Since(start))
		}
	}
	t.Logf("killed %d times: %d times nothing had changed, %d times all", points, before, after)
	if before == 0 || after == 0 {
		t.Error("it was always killed on the same side of its end: nothing was shown")
	}
}

// killer knows what the database must hold.
type killer struct {
	*testing.T
	at    string
	s     *Store
	db    session
	holds map[string]int64 // people by territory/vintage
	log   []ledger.Entry   // the audit log, the newest first, without times
}

func (k *killer) snapshot(what string, people int64) *geodata.Snapshot {
	k.Helper()
	territory, _, _ := strings.Cut(what, "/")
	snap, err := tortured(territory, people)
	if err != nil {
		k.Fatal(err)
	}
	return snap
}

func (k *killer) logged(by, action, what string, people int64) {
	k.Helper()
	k.log = append([]ledger.Entry{{By: by, Action: action, What: what, Detail: k.snapshot(what, people).ID()}}, k.log...)
}

// write imports in this process.
func (k *killer) write(what string, people int64) {
	k.Helper()
	_, vintage, _ := strings.Cut(what, "/")
	if err := k.s.Write(k.Context(), k.snapshot(what, people), store.WriteOptions{Vintage: vintage, By: "parent"}); err != nil {
		k.Fatal("writing again: ", err)
	}
	k.holds[what] = people
	k.logged("parent", "import", what, people)
}

func (k *killer) remove(what string) {
	k.Helper()
	territory, vintage, _ := strings.Cut(what, "/")
	if err := k.s.Remove(k.Context(), store.Ref{Territory: territory, Vintage: vintage}, "parent"); err != nil {
		k.Fatal(err)
	}
	k.logged("parent", "remove", what, k.holds[what])
	delete(k.holds, what)
}

const childName = "maillage_torture"

// kill lets another process import, and kills it.
func (k *killer) kill(what string, people int64, p point) {
	k.Helper()
	var child atomic.Pointer[os.Process]
	through := proxy(k.T, k.at, func(b []byte) bool {
		if p.statement == "" || !bytes.Contains(b, []byte(p.statement)) {
			return true
		}
		child.Load().Kill() //nolint:errcheck // it may have been killed at the first of several
		return p.reaches
	})
	exe, err := os.Executable()
	if err != nil {
		k.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), writeInto+"="+named(k.T, through), fmt.Sprintf("%s=%s/%d", writeWhat, what, people))
	if p.row >= 0 {
		cmd.Env = append(cmd.Env, fmt.Sprintf("%s=%d", killAtRow, p.row))
	}
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		k.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		k.Fatal(err)
	}
	child.Store(cmd.Process)
	begin := make([]byte, len("begin\n"))
	if _, err := io.ReadFull(out, begin); err != nil {
		cmd.Wait() //nolint:errcheck // it says why
		k.Fatal("the other process:", err, said.String())
	}
	if p.delay > 0 {
		time.Sleep(p.delay)
		cmd.Process.Kill() //nolint:errcheck // it may have ended
	}
	io.Copy(io.Discard, out) //nolint:errcheck // until it ends
	if err := cmd.Wait(); err != nil && said.Len() > 0 {
		k.Fatal("the other process:", err, said.String())
	}
}

// named is the URL with a name by which the server lists the session.
func named(t *testing.T, at string) string {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("application_name", childName)
	u.RawQuery = q.Encode()
	return u.String()
}

// gone waits for the sessions of the killed process: the server ends each when
// the statement it is at is done.
func (k *killer) gone() {
	k.Helper()
	k.db.until("SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND application_name = '"+childName+"'", "0")
}

// until is want for what comes about in a while.
func (s session) until(query, answer string) {
	s.Helper()
	for give := time.Now().Add(time.Minute); s.says(query) != answer; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(give) {
			s.Fatalf("%s\nstill answers %q after a minute, want %q", query, s.says(query), answer)
		}
	}
}

// changed says whether the vintage became the new one, and remembers.
func (k *killer) changed(what string, people int64) bool {
	k.Helper()
	territory, vintage, _ := strings.Cut(what, "/")
	hash := k.snapshot(what, people).ID()
	if k.db.says(fmt.Sprintf("SELECT count(*)::text FROM maillage.snapshot WHERE territory = '%s' AND vintage = '%s' AND hash = '%s'", territory, vintage, hash)) == "0" {
		return false
	}
	k.holds[what] = people
	k.logged("child", "import", what, people)
	return true
}

// check opens the store afresh and reads all of it.
func (k *killer) check() {
	k.Helper()
	s, err := Open(k.Context(), k.at, Options{})
	if err != nil {
		k.Fatal(err)
	}
	defer s.Close()
	vs, err := s.Vintages(k.Context())
	if err != nil || len(vs) != len(k.holds) {
		k.Errorf("%d vintages, want %d: %v", len(vs), len(k.holds), err)
	}
	current := map[string]int{}
	for _, v := range vs {
		what := v.Territory.ID + "/" + v.Name
		want := k.snapshot(what, k.holds[what])
		got, err := s.Read(k.Context(), store.Ref{Territory: v.Territory.ID, Vintage: v.Name})
		if err != nil || got.ID() != want.ID() {
			k.Errorf("%s is neither what was there nor what was written: %v", what, err)
		}
		if v.Current { // what QGIS shows
			current[v.Territory.ID]++
			k.db.want(fmt.Sprintf("SELECT count(*) || ' cells, ' || max(ind) FILTER (WHERE fid = 1) || ' people' FROM territoire_%s.carreaux", v.Territory.ID),
				fmt.Sprintf("%d cells, %d people", tortureCells, k.holds[what]))
		}
	}
	for territory, n := range current {
		if n != 1 {
			k.Errorf("%d vintages of %s are the current one", n, territory)
		}
	}
	log, err := s.Ledger().Entries(k.Context(), ledger.EntryFilter{Limit: 10_000})
	if diff := cmp.Diff(k.log, log, cmpopts.IgnoreFields(ledger.Entry{}, "At")); err != nil || diff != "" {
		k.Error("the audit log, or", err, diff)
	}
	// Tables of an import that did not end would be attached to nothing; those of
	// a vintage that was replaced may wait for the next import.
	k.db.want(`SELECT count(*)::text FROM pg_class c WHERE relnamespace = 'maillage'::regnamespace AND relkind = 'r' AND relname ~ '_[0-9]+$' AND NOT relispartition
		OR relpersistence = 't'`, "0")
	k.db.want("SELECT count(*)::text FROM pg_prepared_xacts WHERE database = current_database()", "0")
	k.db.want(`SELECT count(*)::text FROM pg_locks l JOIN pg_stat_activity a USING (pid)
		WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND pid <> pg_backend_pid() AND locktype <> 'virtualxid'`, "0")
}

// shape is every table, view, index, column and style there is, without the
// numbers of snapshots.
func (k *killer) shape() string {
	k.Helper()
	return k.db.says(`SELECT string_agg(line, E'\n' ORDER BY line) FROM (
		SELECT regexp_replace(n.nspname || '.' || relname, '[0-9]+', 'N', 'g') || ' ' || relkind || relispartition || relrowsecurity ||
			regexp_replace(coalesce(pg_get_expr(relpartbound, c.oid), ''), '[0-9]+', 'N', 'g') || ' ' ||
			coalesce((SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0), '')
		FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'maillage' OR nspname LIKE 'territoire%'
		UNION ALL SELECT f_table_schema || '.' || f_table_name || ' style ' || md5(styleqml::text) FROM public.layer_styles) AS all_there_is (line)`)
}
