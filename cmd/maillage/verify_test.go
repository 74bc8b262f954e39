package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/store/ledger"
)

// change changes what a store's ledger holds, as nobody should.
func change(t *testing.T, on, statement string, args ...any) {
	t.Helper()
	st, err := openStore(t.Context(), on, true)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	r, err := st.Ledger().DB().ExecContext(t.Context(), statement, args...)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := r.RowsAffected(); n != 1 || err != nil {
		t.Fatalf("%s: %d rows, %v", statement, n, err)
	}
}

func TestARunIsVerified(t *testing.T) {
	onBothStores(t, func(t *testing.T, on string) {
		fine(t, "run", "isochrone", "--on", on, "--param", "facility=fs-49127-durtal")
		fine(t, "run", "coverage", "--on", on, "--param", "service=creche", "--each", "epci")
		fine(t, "run", "coverage", "--on", on, "--param", "service=creche", "--param", "within=10m,15m")
		runs := decode[[]ledger.Run](t, fine(t, "runs", "--on", on, "--json"))
		whole, part := runs[0], runs[1]
		want := direct(t, "coverage", `{"service":"creche","within":["10m","15m"]}`)
		sum := sha256.Sum256(want)
		for _, args := range [][]string{{whole.ID}, {whole.ID[:9]}, {"--key", whole.Key}} {
			v := decode[verification](t, done(t, append([]string{"verify", "--on", on, "--json"}, args...)...).out)
			said := answered{programVersion(), len(want), hex.EncodeToString(sum[:])}
			if v.Run != whole.ID || v.Key != whole.Key || v.Snapshot != whole.Snapshot || string(v.Params) == "" || v.Then != said || v.Now != said || !v.Equal || v.Difference != "" {
				t.Errorf("%v: %+v", args, v)
			}
		}
		if part.Part == nil || runs[2].Analysis != "isochrone" {
			t.Fatalf("%+v", runs)
		}
		if v := decode[verification](t, done(t, "verify", "--on", on, "--json", part.ID).out); !v.Equal || !strings.Contains(string(v.Part), `"200068955"`) {
			t.Errorf("a part: %+v", v)
		}
		en := done(t, "--lang", "en", "verify", "--on", on, runs[2].ID).out
		for _, part := range []string{"isochrone", `"facility":"fs-49127-durtal"`, whole.Snapshot, "200068955/", "bytes, hash ", "The answer is the same, byte for byte."} {
			if !strings.Contains(en, part) {
				t.Errorf("%q is not in\n%s", part, en)
			}
		}
		if out := done(t, "-q", "verify", "--on", on, whole.ID).out; out != "" {
			t.Error(out)
		}
		// Another program answered: that is said, and compared all the same.
		change(t, on, `UPDATE maillage_run SET version = '0.0.1' WHERE id = $1`, whole.ID)
		if out := done(t, "verify", "--on", on, whole.ID).out; !strings.Contains(out, "Maillage 0.0.1, ") || !strings.Contains(out, "n'est plus celui qui a répondu") || !strings.Contains(out, "octet pour octet") {
			t.Error(out)
		}
		// Somebody wrote another number into the answer, with and without its hash
		forged := bytes.Replace(want, []byte(`"territory":{"code":"200068955"`), []byte(`"territory":{"code":"200068956"`), 1)
		// (the store keeps answers from being changed, not from being replaced).
		forge := func(body []byte, hash string) {
			change(t, on, `DELETE FROM maillage_result WHERE key = $1`, whole.Key)
			change(t, on, `INSERT INTO maillage_result (key, run, attempt, created, hash, body) VALUES ($1, $2, 1, 1, $3, $4)`, whole.Key, whole.ID, hash, body)
		}
		forge(forged, hex.EncodeToString(sum[:]))
		refused(t, exitError, whole.ID+"|damaged: its content does not have its hash", "verify", "--on", on, whole.ID)
		sum = sha256.Sum256(forged)
		forge(forged, hex.EncodeToString(sum[:]))
		told := refused(t, exitError, whole.ID+`|$.territory.code: "200068956" then, "200068955" now`, "verify", "--on", on, "--json", whole.ID)
		if v := decode[verification](t, told.out); v.Equal || v.Then.Hash == v.Now.Hash || v.Difference != `$.territory.code: "200068956" then, "200068955" now` {
			t.Errorf("%+v", v)
		}
		// Other data, another vintage, and no territory at all.
		change(t, on, `UPDATE maillage_run SET snapshot = 'abc' WHERE id = $1`, part.ID)
		refused(t, exitError, part.ID+" cannot be worked out again|have changed since: they were snapshot abc, and are "+whole.Snapshot, "verify", "--on", on, part.ID)
		change(t, on, `UPDATE maillage_run SET vintage = '1999' WHERE id = $1`, part.ID)
		refused(t, exitError, `vintage "1999": not found: there is [200068955/`, "verify", "--on", on, part.ID)
		change(t, on, `UPDATE maillage_run SET analysis = 'reach' WHERE id = $1`, part.ID)
		refused(t, exitError, `unknown analysis "reach"`, "verify", "--on", on, part.ID)
		done(t, "remove", "--on", on, "--territory", "200068955")
		refused(t, exitError, runs[2].ID+` cannot be worked out again: territory "200068955"|not found: there is []`, "verify", "--on", on, runs[2].ID)
	})
}

func TestRunsThatCannotBeVerified(t *testing.T) {
	t.Parallel()
	on := ownTerritory(t)
	st, err := openStore(t.Context(), on, true)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	// Of 33 ids in an alphabet of 32 letters two begin alike.
	begins := map[byte]int{}
	var last ledger.Run
	for k := range 33 {
		last, _, err = st.Ledger().Submit(t.Context(), ledger.Request{Question: ledger.Question{Analysis: "coverage", Territory: "200068955", Snapshot: "s",
			Params: json.RawMessage(fmt.Sprintf(`{"service":"creche","within":["%dm"]}`, k+1)), Version: "1"}})
		if err != nil {
			t.Fatal(err)
		}
		begins[last.ID[0]]++
	}
	for letter, n := range begins {
		if n > 1 {
			refused(t, exitUsage, fmt.Sprintf("%d runs begin with %q|among them: write more of the id", n, string(letter)), "verify", "--on", on, string(letter))
		}
	}
	refused(t, exitError, last.ID+" is queued", "verify", "--on", on, last.ID)
	refused(t, exitError, last.ID+" is queued", "verify", "--on", on, "--key", last.Key)
	if _, err := st.Ledger().Cancel(t.Context(), last.ID, "Camille"); err != nil {
		t.Fatal(err)
	}
	refused(t, exitError, "there is nothing to verify: run "+last.ID+" was cancelled", "verify", "--on", on, last.ID)
	refused(t, exitError, `run "nobody0": not found: maillage runs lists them`, "verify", "--on", on, "nobody0")
	refused(t, exitError, `no run has the key "abc"`, "verify", "--on", on, "--key", "abc")
	refused(t, exitUsage, "name a run, or the key", "verify", "--on", on)
	refused(t, exitUsage, "name a run, or the key", "verify", "--on", on, last.ID, "--key", last.Key)
	refused(t, exitError, "nowhere.gpkg", "verify", "--on", "nowhere.gpkg", "abc")
}

func TestTheFirstDifferenceIsNamed(t *testing.T) {
	for _, c := range []struct{ then, now, want string }{
		{`{"a":1,"b":[1,2,{"c":"x"}]}`, `{"a":1,"b":[1,2,{"c":"y"}]}`, `$.b[2].c: "x" then, "y" now`},
		{`{"a":1,"b":2}`, `{"a":2,"b":3}`, `$.a: 1 then, 2 now`},
		{`{"a":0.1}`, `{"a":0.10}`, `$.a: 0.1 then, 0.10 now`},
		{`{"a":null}`, `{"a":false}`, `$.a: null then, false now`},
		{`{"a":{}}`, `{"a":[]}`, `$.a: an object then, a list now`},
		{`{"a":[[1],[2]]}`, `{"a":[[1],[2,3]]}`, `$.a[1]: 1 members then, more than 1 members now`},
		{`{"a":[1]}`, `{"a":[]}`, `$.a: more than 0 members then, 0 members now`},
		{`{"a":1}`, `{"b":1}`, `$: member "a" then, "b" now`},
		{`{"a":1}`, `{"a":1,"b":2}`, `$: 1 members then, more than 1 members now`},
		{`[1,2]`, `[1,2] `, `byte 5: the same values, written otherwise`},
		{`["é"]`, `["\u00e9"]`, `byte 2: the same values, written otherwise`},
		{`[1,`, `[1,2]`, `$[1]: no JSON: then EOF, now <nil>`},
		{`[tru]`, `[true]`, `$[0]: no JSON: then invalid character ']' in literal true (expecting 'e'), now <nil>`},
	} {
		if got := difference([]byte(c.then), []byte(c.now)); got != c.want {
			t.Errorf("%s and %s: %s, want %s", c.then, c.now, got, c.want)
		}
	}
}
