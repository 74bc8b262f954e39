package postgis

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/pgtest"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/storetest"
)

// town is the small town as another territory.
func town(t *testing.T, id string) *geodata.Snapshot {
	t.Helper()
	c := storetest.Town(t).Content()
	c.Territory.ID, c.Territory.Name = id, "Le pays "+id
	return seal(t, c)
}

// twoTerritories are a and b, in a new database.
func twoTerritories(t *testing.T) (at string, s *Store) {
	t.Helper()
	at = pgtest.URL(t)
	s = open(t, at)
	for _, id := range []string{"a", "b"} {
		if err := s.Write(t.Context(), town(t, id), store.WriteOptions{Vintage: "1"}); err != nil {
			t.Fatal(err)
		}
	}
	return at, s
}

// session is a connection as somebody.
type session struct {
	*testing.T
	c *pgx.Conn
}

func connect(t *testing.T, at string) session {
	t.Helper()
	return session{t, pgtest.Connect(t, at)}
}

// says runs a query of one text, or of the code of its error.
func (s session) says(query string) (answer string) {
	s.Helper()
	err := s.c.QueryRow(s.Context(), query).Scan(&answer)
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return "error " + pg.Code
	}
	if err != nil {
		s.Fatal(query, err)
	}
	return answer
}

func (s session) want(query, answer string) {
	s.Helper()
	if got := s.says(query); got != answer {
		s.Errorf("%s\nanswers %q, want %q", query, got, answer)
	}
}

const denied = "error 42501"

func TestRoleSeesTheTerritoriesGrantedToIt(t *testing.T) {
	at, s := twoTerritories(t)
	role, roleURL := pgtest.Role(t, at)
	if err := s.Grant(t.Context(), "a", role); err != nil {
		t.Fatal(err)
	}
	own := reading(t, roleURL)
	him := connect(t, roleURL)
	var a, b int64
	if err := s.pool.QueryRow(t.Context(), "SELECT min(snapshot), max(snapshot) FROM maillage.snapshot").Scan(&a, &b); err != nil {
		t.Fatal(err)
	}

	check := func() {
		t.Helper()
		him.want("SELECT string_agg(territory, ' ') FROM maillage.snapshot", "a")
		him.want("SELECT string_agg(territory || ' ' || role, ' ') FROM maillage.access", "a "+role)
		for _, table := range tables {
			if slices.Contains(optional, table.name) {
				continue // see TestKeysAreTheOwners
			}
			him.want("SELECT string_agg(DISTINCT snapshot::text, ' ') FROM maillage."+table.name, fmt.Sprint(a))
			him.want(fmt.Sprintf("SELECT count(*)::text FROM maillage.%s WHERE snapshot = %d", table.name, b), "0")
		}
	}
	check()
	for view, rows := range map[string]string{"communes": "3", "carreaux": "2", "equipements": "2", "routes": "4"} {
		him.want("SELECT count(*)::text FROM territoire_a."+view, rows)
		him.want("SELECT count(*)::text FROM territoire_b."+view, denied)
	}
	him.want("SELECT string_agg(DISTINCT f_table_schema, ' ') FROM layer_styles WHERE f_table_schema = 'territoire_a'", "territoire_a")
	if v := qgis(t, roleURL, "a")["communes"]; !v.Valid || v.Count != 3 || v.Renderer != "categorizedSymbol" {
		t.Errorf("QGIS as the role: valid %v, %d communes, %s", v.Valid, v.Count, v.Renderer)
	}

	// An administrator who is too generous opens the views of b, but not its rows.
	pgtest.Exec(t, at, "GRANT USAGE ON SCHEMA territoire_b TO "+role, "GRANT SELECT ON ALL TABLES IN SCHEMA territoire_b, maillage TO "+role)
	for _, view := range viewNames {
		him.want("SELECT count(*)::text FROM territoire_b."+view, "0")
	}
	him.want(fmt.Sprintf("SELECT count(*)::text FROM maillage.cell_%d", b), "0")
	check()

	// As a store.
	got, err := own.Read(t.Context(), store.Ref{})
	if err != nil || got.ID() != town(t, "a").ID() {
		t.Error("reading as the role:", err)
	}
	if _, err := own.Read(t.Context(), store.Ref{Territory: "b"}); !errors.Is(err, store.ErrNotFound) || strings.Contains(err.Error(), "but a, b") {
		t.Errorf("reading b as the role: %v", err)
	}
}

// TestKeysAreTheOwners: whoever may look at a territory may look at all its parts but
// counts under secrecy, and the keys of these are nowhere that he can look.
func TestKeysAreTheOwners(t *testing.T) {
	at := pgtest.URL(t)
	s := open(t, at)
	full := storetest.Full(t)
	c := full.Content()
	c.Territory.ID = "other"
	for _, snap := range []*geodata.Snapshot{full, seal(t, c)} {
		if err := s.Write(t.Context(), snap, store.WriteOptions{Vintage: "1"}); err != nil {
			t.Fatal(err)
		}
	}
	role, roleURL := pgtest.Role(t, at)
	if err := s.Grant(t.Context(), "town", role); err != nil {
		t.Fatal(err)
	}
	him, owner := connect(t, roleURL), connect(t, at)
	// The cells and the schools are under secrecy: he sees none of them.
	for table, rows := range map[string]string{"maillage.zone": "4", "maillage.counted": "1", "maillage.census": "15", "territoire_town.zones": "4",
		"maillage.stop": "4", "maillage.route": "3", "maillage.calendar": "2", "maillage.trip": "3", "maillage.transfer": "2", "maillage.on_demand": "2",
		"territoire_town.arrets": "4", "territoire_town.lignes": "3", "territoire_town.transport_demande": "2",
		"territoire_town.denombrement_ecoles": "0", "territoire_town.denombrement_logements": "1", "territoire_town.recensement": "15",
		"maillage.cell": "0", "territoire_town.carreaux": "0"} {
		him.want("SELECT count(*)::text FROM "+table, rows)
	}
	owner.want("SELECT count(*)::text FROM territoire_town.denombrement_ecoles", "2")
	him.want("SELECT count(*)::text FROM territoire_other.zones", denied)
	him.want("SELECT count(*)::text FROM territoire_other.arrets", denied)
	owner.want("SELECT string_agg(s.counts || ':' || key, ' ' ORDER BY s.counts) FROM maillage.secret s JOIN maillage.snapshot USING (snapshot) WHERE territory = 'town'",
		":"+storetest.Key+" écoles:another key of the schools")

	him.want("SELECT count(*)::text FROM maillage.secret", denied)
	looked := 0
	for _, name := range strings.Fields(him.says(`SELECT string_agg(format('%I.%I', schemaname, name), ' ') FROM (SELECT schemaname, tablename AS name FROM pg_tables UNION SELECT schemaname, viewname FROM pg_views) AS t
		WHERE schemaname IN ('maillage', 'public', 'territoire_town') AND has_schema_privilege(schemaname, 'USAGE') AND has_table_privilege(format('%I.%I', schemaname, name), 'SELECT')`)) {
		him.want(fmt.Sprintf("SELECT count(*)::text FROM %s AS t WHERE t::text ~ '%s|another key'", name, storetest.Key), "0")
		looked++
	}
	if looked < 26 { // sixteen tables of territories, ten views
		t.Errorf("he may look at %d tables and views only", looked)
	}
	// Nor does he see them where an administrator is too generous.
	pgtest.Exec(t, at, "GRANT SELECT ON ALL TABLES IN SCHEMA maillage TO "+role)
	him.want("SELECT count(*)::text FROM maillage.secret", "0")

	own := reading(t, roleURL)
	for _, err := range []error{readError(own.Read(t.Context(), store.Ref{Territory: "town"})), readError(own.ReadPart(t.Context(), store.Ref{Territory: "town"}, geodata.Part{EPCI: "200068955"}))} {
		if err == nil || !strings.Contains(err.Error(), "territory town: counts of it are under statistical secrecy, and only the owner") || strings.Contains(err.Error(), storetest.Key) {
			t.Errorf("reading without the key: %v", err)
		}
	}
	// With the territory its keys are gone.
	if err := s.Remove(t.Context(), store.Ref{Territory: "town"}, ""); err != nil {
		t.Fatal(err)
	}
	owner.want("SELECT count(*)::text FROM maillage.secret", "2")
}

func readError(_ *geodata.Snapshot, err error) error { return err }

func TestRoleChangesNothing(t *testing.T) {
	at, s := twoTerritories(t)
	role, roleURL := pgtest.Role(t, at)
	if err := s.Grant(t.Context(), "a", role); err != nil {
		t.Fatal(err)
	}
	him := connect(t, roleURL)
	for _, statement := range []string{
		"UPDATE maillage.cell SET study = false RETURNING 'done'",
		"DELETE FROM maillage.snapshot RETURNING 'done'",
		"INSERT INTO maillage.access VALUES ('b', current_user) RETURNING 'done'",
		"INSERT INTO maillage.maillage_audit (at, by_whom, action, what, detail) VALUES (0, '', '', '', '') RETURNING 'done'",
		"UPDATE territoire_a.communes SET study = false RETURNING 'done'",
		"UPDATE public.layer_styles SET description = 'x' RETURNING 'done'",
		"CREATE TABLE maillage.mine (x int)", "TRUNCATE maillage.cell", "DROP VIEW territoire_a.communes", "ALTER TABLE maillage.cell DISABLE ROW LEVEL SECURITY",
	} {
		him.want(statement, denied)
	}
	own := reading(t, roleURL)
	for name, err := range map[string]error{
		"Write": own.Write(t.Context(), town(t, "a"), store.WriteOptions{}), "Remove": own.Remove(t.Context(), store.Ref{Territory: "a"}, ""),
		"Grant": own.Grant(t.Context(), "a", role), "Revoke": own.Revoke(t.Context(), "a", role),
	} {
		if !errors.Is(err, store.ErrReadOnly) {
			t.Errorf("%s as the role: %v, want ErrReadOnly", name, err)
		}
	}
	vs, err := s.Vintages(t.Context())
	if err != nil || len(vs) != 2 {
		t.Error(vs, err)
	}
}

func TestGrantsOutliveImports(t *testing.T) {
	at, s := twoTerritories(t)
	role, roleURL := pgtest.Role(t, at)
	member, memberURL := pgtest.Role(t, at)
	pgtest.Exec(t, at, fmt.Sprintf("GRANT %s TO %s", role, member))
	if err := s.Grant(t.Context(), "a", role); err != nil {
		t.Fatal(err)
	}
	// The new vintage has another column, so that its view is made anew.
	c := town(t, "a").Content()
	c.Population.Columns = append(c.Population.Columns, geodata.Column{Name: "men", Values: []geodata.Amount{geodata.Whole(3), geodata.Whole(4)}})
	if err := s.Write(t.Context(), seal(t, c), store.WriteOptions{Vintage: "2"}); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{roleURL, memberURL} {
		him := connect(t, at)
		him.want("SELECT sum(men)::text FROM territoire_a.carreaux", "7")
		him.want("SELECT string_agg(vintage, ' ' ORDER BY vintage) FROM maillage.snapshot", "1 2")
	}
	if err := s.Remove(t.Context(), store.Ref{Territory: "a"}, ""); err != nil {
		t.Fatal(err)
	}
	connect(t, roleURL).want("SELECT count(*)::text FROM maillage.snapshot", "0")
	if err := s.Write(t.Context(), town(t, "a"), store.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	connect(t, roleURL).want("SELECT count(*)::text FROM territoire_a.carreaux", "2")
}

func TestRevoke(t *testing.T) {
	at, s := twoTerritories(t)
	role, roleURL := pgtest.Role(t, at)
	for _, id := range []string{"a", "b"} {
		if err := s.Grant(t.Context(), id, role); err != nil {
			t.Fatal(err)
		}
	}
	him := connect(t, roleURL)
	him.want("SELECT string_agg(territory, ' ' ORDER BY 1) FROM maillage.snapshot", "a b")
	if err := s.Revoke(t.Context(), "a", role); err != nil {
		t.Fatal(err)
	}
	him.want("SELECT string_agg(territory, ' ') FROM maillage.snapshot", "b")
	him.want("SELECT count(*)::text FROM territoire_a.communes", denied)
	him.want("SELECT count(*)::text FROM territoire_b.communes", "3")
	if err := s.Revoke(t.Context(), "b", role); err != nil {
		t.Fatal(err)
	}
	him.want("SELECT count(*)::text FROM maillage.snapshot", denied)
	for _, err := range []error{s.Revoke(t.Context(), "b", role), s.Grant(t.Context(), "c", role), s.Grant(t.Context(), "a", "nobody")} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%v, want ErrNotFound", err)
		}
	}
}

func TestDroppedRoleHarmsNobody(t *testing.T) {
	at, s := twoTerritories(t)
	role, roleURL := pgtest.Role(t, at)
	const gone = "maillage_test_gone"
	pgtest.Exec(t, at, "DROP ROLE IF EXISTS "+gone, "CREATE ROLE "+gone)
	for _, name := range []string{role, gone} {
		if err := s.Grant(t.Context(), "a", name); err != nil {
			t.Fatal(err)
		}
	}
	pgtest.Exec(t, at, "DROP OWNED BY "+gone, "DROP ROLE "+gone)
	connect(t, roleURL).want("SELECT count(*)::text FROM territoire_a.communes", "3")
	if err := s.Write(t.Context(), town(t, "a"), store.WriteOptions{Vintage: "2"}); err != nil {
		t.Error(err)
	}
	if err := s.Revoke(t.Context(), "a", gone); err != nil {
		t.Error(err)
	}
}
