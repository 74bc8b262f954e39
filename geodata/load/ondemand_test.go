package load

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/geodata"
)

const onDemandHead = "id,name,from,to,hours,wait,booking,detour,note\n"

func onDemandFile(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tad.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTransportOnDemand(t *testing.T) {
	got, rep, err := OnDemand(t.Context(), onDemandFile(t, onDemandHead+
		"tad,Anjou à la carte,49347 49127 49347,2A004 49007,\"Mo-Fr 08:00-18:00; Sa 09:00-12:00\",20,1440,140,\"2 €, sur réservation\"\n"+
		"solidaire,,49347,,Mo 08:00-12:00,,,,\n"), Options{})
	if err != nil || len(rep.Rejected) > 0 || rep.Read != 2 || rep.Loaded != 2 {
		t.Fatalf("%v, %+v", err, rep)
	}
	hours := func(s string) geodata.WeeklyHours {
		w, err := geodata.ParseWeeklyHours(s)
		if err != nil {
			t.Fatal(err)
		}
		return *w
	}
	want := []geodata.OnDemand{
		{ID: "tad", Name: "Anjou à la carte", From: []string{"49127", "49347"}, To: []string{"2A004", "49007"}, Hours: hours("Mo-Fr 08:00-18:00; Sa 09:00-12:00"), Wait: 20, Booking: 1440, Detour: 140, Note: "2 €, sur réservation"},
		{ID: "solidaire", From: []string{"49347"}, Hours: hours("Mo 08:00-12:00"), Detour: 100},
	}
	if want[0].To[0] > want[0].To[1] {
		want[0].To[0], want[0].To[1] = want[0].To[1], want[0].To[0]
	}
	if diff := cmp.Diff(want, got, cmp.Transformer("list", func(s []string) string { return strings.Join(s, " ") })); diff != "" {
		t.Error(diff)
	}
}

func TestWrongTransportOnDemandIsRejectedByField(t *testing.T) {
	for row, want := range map[string]string{
		",x,49347,,Mo 08:00-12:00,,,,":           `line 3: id = "": is missing: want one that no other service has`,
		"ok,x,49347,,Mo 08:00-12:00,,,,":         `line 3: id = "ok": the service of line 2 has it already`,
		"x,x,,,Mo 08:00-12:00,,,,":               `line 3: from = "": is missing: want at least one commune, such as 49347 49127`,
		`x,x,"49347,49127",,Mo 08:00-12:00,,,,`:  `line 3: from = "49347,49127": "49347,49127" is no INSEE code: want codes such as 49347 49127, a blank between them`,
		"x,x,49347,Angers,Mo 08:00-12:00,,,,":    `line 3: to = "Angers": "Angers" is no INSEE code`,
		"x,x,49347,,matin,,,,":                   `line 3: hours = "matin": opening hours "matin"`,
		"x,x,49347,,,,,,":                        `line 3: hours = "": it never runs: want hours such as Mo-Fr 08:00-18:00`,
		"x,x,49347,,Mo 08:00-12:00,20 min,,,":    `line 3: wait = "20 min": want a whole number of minutes from 0 to 1440, such as 20`,
		"x,x,49347,,Mo 08:00-12:00,,-1,,":        `line 3: booking = "-1": want a whole number of minutes from 0 to 44640`,
		"x,x,49347,,Mo 08:00-12:00,,,1.4,":       `line 3: detour = "1.4": want a whole number of per cent of the direct ride from 100 to 1000, such as 140`,
		"x,x,49347,,Mo 08:00-12:00,,,140,, more": `line 3: 10 fields instead of the header's 9`,
	} {
		got, rep, err := OnDemand(t.Context(), onDemandFile(t, onDemandHead+"ok,,49347,,Mo 08:00-12:00,,,,\n"+row+"\n"), Options{})
		if err != nil || len(got) != 1 || len(rep.Rejected) != 1 || !strings.Contains(rep.Rejected[0].String(), want) {
			t.Errorf("%s: %v, %d services, %v; want %s", row, err, len(got), rep.Rejected, want)
		}
	}
}

func TestFilesThatAreNoTransportOnDemand(t *testing.T) {
	for text, want := range map[string]string{
		"id,name,from\nx,x,49347\n":         "no such column: want id, name, from, to, hours, wait, booking, detour, note; the file has id, name, from",
		"":                                  "empty file",
		onDemandHead:                        "no row follows",
		onDemandHead + "x,x,?,,Mo,,,,\n":    "no record could be loaded; the first: line 2: from",
		"id from hours\nx 49347 Mo 08-12\n": "found one column",
	} {
		path := onDemandFile(t, text)
		if _, rep, err := OnDemand(t.Context(), path, Options{}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) || rep == nil {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func FuzzOnDemand(f *testing.F) {
	f.Add([]byte(onDemandHead + "tad,Anjou,49347 49127,49007,Mo-Fr 08:00-18:00,20,1440,140,2 €\n"))
	f.Add([]byte("\ufeffID;FROM;HOURS;NOTE\nx;49347;24/7;\"a\nb\"\n"))
	f.Add([]byte(onDemandHead + "x,\x00,49347,,Mo 08:00-12:00,99999999999999999999,,,\xff\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, rep, err := OnDemand(context.Background(), onDemandFile(t, string(text)), Options{})
		if err != nil {
			return
		}
		if rep.Loaded != len(got) || rep.Loaded+len(rep.Rejected) < rep.Read {
			t.Errorf("%d services of %d loaded, %d rejected, %d read", len(got), rep.Loaded, len(rep.Rejected), rep.Read)
		}
		if _, err := geodata.NewSnapshot(geodata.Content{Territory: geodata.Territory{ID: "t"}, OnDemand: got}); err != nil {
			t.Error("what was loaded makes no snapshot:", err)
		}
	})
}
