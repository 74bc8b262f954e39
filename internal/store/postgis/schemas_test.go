package postgis

import (
	"encoding/json"
	"flag"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/pgtest"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/ledger"
	"github.com/maillage/maillage/internal/store/storetest"
)

// dump makes a stored database of the present schema. With each migration, of
// the territories or of the ledger, make another and leave those that are there:
//
//	MAILLAGE_DATABASE_URL=… go test ./internal/store/postgis -run TestOlderSchemas -dump schema2.sql
//
// It holds what keepsakes writes; pg_dump must be of the server's version.
var dump = flag.String("dump", "", "write a database of the present schema to testdata/`FILE`")

// What each stored database holds: the small town in two vintages, of which the
// second has one more inhabitant. The hashes are those of schema 1, which must
// not follow a later change of storetest.Town.
const (
	town2019 = "19fe7c0dcca059689454613aead48199635199c3c8096f97cd267bf26653abbc"
	town2021 = "2f3dc66e280f9a9696bc9c228624428d10a69d4a16910aeec7a68c9dcbfc4e78"
)

// storedRole stands in a dump for the role that the town is granted to.
const storedRole = "consultation_sig"

const (
	storedScenario = `{"open":["creche-2"]}`
	storedAnswer   = "{\"reached\":\"97,4 %\"}\n\x00\xff"
)

func storedQuestion(params string) ledger.Question {
	return ledger.Question{Analysis: "coverage", Territory: "town", Vintage: "2019", Snapshot: town2019, Part: json.RawMessage(`{"epci":"200068955"}`),
		Params: json.RawMessage(params), Version: "0.1.0"}
}

// keepsakes writes what every stored database holds.
func keepsakes(t *testing.T, s *Store, role string) {
	t.Helper()
	ctx, l, town := t.Context(), s.Ledger(), storetest.Town(t)
	c := town.Content()
	c.Population.Vintage = 2021
	c.Population.Columns = slices.Clone(c.Population.Columns)
	c.Population.Columns[0].Values = slices.Clone(c.Population.Columns[0].Values)
	c.Population.Columns[0].Values[0] += geodata.Unit
	_, scenario := l.PutScenario(ctx, "town", "une crèche de plus", storedScenario, "Camille")
	answered, _, err := l.Submit(ctx, ledger.Request{Question: storedQuestion(`{"service":"creche"}`), By: "Camille"})
	if err != nil {
		t.Fatal(err)
	}
	_, claim := l.Claim(ctx, answered.ID, 1, "w1")
	_, beat := l.Beat(ctx, answered.ID, 1, 7, 8)
	finish := l.Finish(ctx, answered.ID, 1, []byte(storedAnswer))
	_, _, waiting := l.Submit(ctx, ledger.Request{Question: storedQuestion(`{"service":"youth"}`), By: "Camille", Priority: 1})
	for _, err := range []error{
		s.Write(ctx, town, store.WriteOptions{Vintage: "2019", By: "Camille"}), s.Write(ctx, seal(t, c), store.WriteOptions{Vintage: "2021", By: "Camille"}),
		s.Grant(ctx, "town", role), scenario, claim, beat, finish, waiting,
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// storeDump writes the dump of a new database of the present schema.
func storeDump(t *testing.T, file string) {
	t.Helper()
	at := pgtest.URL(t)
	role, _ := pgtest.Role(t, at)
	keepsakes(t, open(t, at), role)
	out, err := exec.Command("pg_dump", "--inserts", "--no-owner", "--dbname="+at).Output()
	if err != nil {
		t.Fatal("pg_dump: ", err)
	}
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(role, storedRole, strings.TrimPrefix(u.Path, "/"), "maillage").Replace(string(out))
	// Comments, and commands that psql alone understands.
	text = regexp.MustCompile(`(?m)^(--.*|\\.*|)\n`).ReplaceAllString(text, "")
	if f, err := os.OpenFile(filepath.Join("testdata", file), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644); err != nil {
		t.Fatal(err) // one that is there is left alone
	} else if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// TestOlderSchemas restores each stored database, brings it up to date, and
// expects all that was in it, as it was.
func TestOlderSchemas(t *testing.T) {
	if *dump != "" {
		storeDump(t, *dump)
	}
	files, err := filepath.Glob("testdata/schema*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no stored databases:", err)
	}
	var newestStored bool
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			at := pgtest.URL(t)
			role, roleURL := pgtest.Role(t, at)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			pgtest.Exec(t, at, strings.ReplaceAll(string(text), storedRole, role))
			before, err := Open(t.Context(), at, Options{})
			if err == nil {
				newestStored = true
				before.Close()
			} else {
				fails(t, err, store.ErrOlderSchema, "run maillage migrate")
			}
			s := open(t, at)
			wantTerritories(t, s)
			wantLedger(t, s.Ledger(), s.pool.Config().ConnConfig.User, role)
			wantAccess(t, at, roleURL)
			wantChanges(t, at, s)
		})
	}
	if !newestStored {
		t.Error("no stored database has the present schema: make one, as the flag dump explains")
	}
}

func wantTerritories(t *testing.T, s *Store) {
	t.Helper()
	vs, err := s.Vintages(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []store.Vintage{{Name: "2021", Snapshot: town2021, Current: true}, {Name: "2019", Snapshot: town2019}}
	for i := range want {
		want[i].Territory = geodata.Territory{ID: "town", Name: "La Ville", Modelled: true}
		want[i].Communes, want[i].Cells, want[i].Facilities, want[i].Ways = 3, 2, 2, 4
	}
	if diff := cmp.Diff(want, vs, cmpopts.IgnoreFields(store.Vintage{}, "Imported")); diff != "" {
		t.Fatal(diff)
	}
	for _, v := range want {
		got, err := s.Read(t.Context(), store.Ref{Vintage: v.Name})
		if err != nil || got.ID() != v.Snapshot {
			t.Errorf("%s reads as another, or: %v", v.Name, err)
		}
	}
	part, err := s.ReadPart(t.Context(), store.Ref{}, geodata.Part{EPCI: "200068955"})
	if err != nil || len(part.Communes()) == 0 || part.Communes()[0].Name != "Ouest-sur-Loir" {
		t.Errorf("the part of an EPCI: %v", err)
	}
}

func wantLedger(t *testing.T, l *ledger.Ledger, admin, role string) {
	t.Helper()
	runs, err := l.Runs(t.Context(), ledger.Filter{})
	if err != nil || len(runs) != 2 {
		t.Fatalf("%d runs, want 2; %v", len(runs), err)
	}
	slices.SortFunc(runs, func(a, b ledger.Run) int { return a.Created.Compare(b.Created) })
	want := []ledger.Run{
		{Question: storedQuestion(`{"service":"creche"}`), State: ledger.Done, Priority: 2, Worker: "w1", Done: 8, Total: 8},
		{Question: storedQuestion(`{"service":"youth"}`), State: ledger.Queued, Priority: 1},
	}
	for i := range want {
		want[i].Key, want[i].Attempt, want[i].MaxAttempts, want[i].Timeout, want[i].By = want[i].Question.Key(), 1, ledger.DefaultMaxAttempts, ledger.DefaultTimeout, "Camille"
	}
	if diff := cmp.Diff(want, runs, cmpopts.IgnoreFields(ledger.Run{}, "ID", "Created", "Due", "Started", "Finished")); diff != "" {
		t.Error(diff)
	}
	body, _, err := l.Result(t.Context(), runs[0].Key)
	if err != nil || string(body) != storedAnswer {
		t.Errorf("answer %q, want %q; %v", body, storedAnswer, err)
	}
	again, fresh, err := l.Submit(t.Context(), ledger.Request{Question: storedQuestion(`{"service":"creche"}`)})
	if err != nil || fresh || again.ID != runs[0].ID {
		t.Errorf("asked again: run %s, fresh %v, %v; want the answer that is there", again.ID, fresh, err)
	}
	lines, err := l.RunLog(t.Context(), runs[0].ID)
	if err != nil || len(lines) < 2 || lines[len(lines)-1].Text != "done: 23 bytes" {
		t.Errorf("log of the run: %v, %v", lines, err)
	}
	scenario, err := l.Scenario(t.Context(), "town", "une crèche de plus", 1)
	if err != nil || scenario.Document != storedScenario || scenario.By != "Camille" {
		t.Errorf("%+v, %v", scenario, err)
	}
	entries, err := l.Entries(t.Context(), ledger.EntryFilter{})
	audit := []ledger.Entry{ // the newest first
		{By: admin, Action: "grant", What: "town", Detail: role},
		{By: "Camille", Action: "import", What: "town/2021", Detail: town2021},
		{By: "Camille", Action: "import", What: "town/2019", Detail: town2019},
		{By: "Camille", Action: "run", What: runs[1].ID, Detail: "coverage town"},
		{By: "Camille", Action: "run", What: runs[0].ID, Detail: "coverage town"},
		{By: "Camille", Action: "scenario", What: "town/une crèche de plus", Detail: "version 1, " + scenario.ID},
	}
	if diff := cmp.Diff(audit, entries, cmpopts.IgnoreFields(ledger.Entry{}, "At")); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// wantAccess reads as the role that the town is granted to.
func wantAccess(t *testing.T, at, roleURL string) {
	t.Helper()
	got, err := reading(t, roleURL).Read(t.Context(), store.Ref{Territory: "town"})
	if err != nil || got.ID() != town2021 {
		t.Error("reading as the role:", err)
	}
	him := connect(t, roleURL)
	him.want("SELECT string_agg(id || ' ' || ind, ', ' ORDER BY fid) FROM territoire_town.carreaux", "east 78.000001, west 120.5")
	him.want("UPDATE territoire_town.communes SET study = false RETURNING 'done'", denied)
	connect(t, at).want("SELECT count(*)::text FROM public.layer_styles WHERE f_table_schema = 'territoire_town'", "4")
}

// wantChanges does with the database what is done with a new one.
func wantChanges(t *testing.T, at string, s *Store) {
	t.Helper()
	for _, v := range []string{"2021", "2024"} { // over one that is there, and beside it
		want := storetest.Town(t)
		if err := s.Write(t.Context(), want, store.WriteOptions{Vintage: v}); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Read(t.Context(), store.Ref{}); err != nil || got.ID() != want.ID() {
			t.Error("written and read:", err)
		}
	}
	if err := s.Remove(t.Context(), store.Ref{Territory: "town"}, ""); err != nil {
		t.Fatal(err)
	}
	connect(t, at).want("SELECT count(*)::text FROM pg_class WHERE relnamespace = 'maillage'::regnamespace AND relispartition AND relkind = 'r'", "0")
}
