package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
)

// written writes files into a folder, and returns their paths by name.
func written(t *testing.T, texts map[string]string) (path func(name string) string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return func(name string) string { return filepath.Join(dir, name) }
}

// A town hall and a den four minutes apart, a house with a den and a social centre farther off, and a row that
// cannot be used. People come to a new site within ten minutes from b only: 2 of 15.
func quarter(t *testing.T) func(name string) string {
	return written(t, map[string]string{
		"S.csv": "site_id,service\nhall,town_hall\nhouse,alsh\nhouse,social_centre\nden,alsh\n",
		"W.csv": "site_id,other_id,seconds\nhall,den,200\nden,hall,250\nden,house,100\nhouse,den,400\nhouse,barn,1\n",
		"T.csv": "demand_id,site_id,seconds\na,hall,300\na,new,700\nb,new,500\nb,house,900\nc,house,600\nd,hall,\n",
		"D.csv": "demand_id,value,commune\na,1,west\nb,2,west\nc,4,east\nd,8,east\n",
	})
}

func TestColocationByOnesOwnFiles(t *testing.T) {
	f := quarter(t)
	own := []string{"colocation", "--supply", f("S.csv"), "--walks", f("W.csv")}
	a := done(t, append(own, "--out", f("P.csv"), "--report", f("R.txt"), "--lang", "en")...)
	want := "id,commune,services,which,names,class,lon,lat\r\nden,,2,\"town_hall, alsh\",\"hall, den\",together,,\r\nhouse,,2,\"alsh, social_centre\",house,together,,\r\n"
	if got := text(t, f("P.csv")); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, want := range []string{"W.csv: 5 records, 4 used, 1 left out", "S.csv — Services together", "1 pair of sites: near enough one way", "alsh-town_hall      town_hall         1   2"} {
		if !strings.Contains(a.out, want) {
			t.Errorf("no %q in\n%s", want, a.out)
		}
	}
	fault := "W.csv, line 6: other_id = \"barn\": not a site_id of the supply\n"
	if !strings.HasSuffix(a.err, fault) || !strings.HasSuffix(text(t, f("R.txt")), fault) {
		t.Errorf("want the record that is left out to be named: %s", a.err)
	}

	shared := slices.Concat(own, []string{"--shared", "new", "--times", f("T.csv"), "--demand", f("D.csv"), "--offer", "town_hall,senior", "--within", "10m"})
	type change struct{ Demand, Before, After float64 }
	r := decode[struct {
		Site    string `json:"shared_site"`
		Version string
		Shared  struct {
			Services []struct {
				Service string
				change
			}
			All change
		}
		Files []struct {
			File, SHA256 string
			Bad          int
		}
		Provenance struct {
			Sources []geodata.Source
			Params  struct{ Within string }
		}
	}](t, done(t, append(shared, "--json")...).out)
	// Nobody offered what is for old people: after, b alone comes to it, and to both in one place.
	if r.Site != "new" || r.Shared.Services[0].change != (change{15, 1, 3}) || r.Shared.Services[1].change != (change{15, 0, 2}) || r.Shared.Services[1].Service != "senior" || r.Shared.All != (change{15, 0, 2}) {
		t.Errorf("%+v", r)
	}
	hash := fmt.Sprintf("%x", sha256.Sum256([]byte(text(t, f("W.csv")))))
	if len(r.Files) != 4 || r.Files[1].SHA256 != hash || r.Files[1].Bad != 1 || r.Provenance.Sources[3].Vintage != "SHA-256 "+hash || r.Provenance.Params.Within != "10m" {
		t.Errorf("W.csv has the hash %s: %+v", hash, r)
	}

	refused(t, exitUsage, "missing flags: --on|--supply=S.csv and --walks=W.csv", "colocation")
	refused(t, exitUsage, "missing flags: --walks=FILE.csv", own[:3]...)
	refused(t, exitUsage, "missing flags: --demand=FILE.csv", append(own, "--shared", "new", "--times", f("T.csv"))...)
	refused(t, exitUsage, "--mode is about a territory", append(own, "--mode", "foot")...)
	refused(t, exitUsage, "shared: is missing", append(own, "--offer", "alsh,town_hall")...)
	refused(t, exitUsage, "within: is missing", shared[:len(shared)-2]...)
	refused(t, exitUsage, "services: unknown service \"zoo\": want one of town_hall, alsh, social_centre", append(own, "--services", "zoo")...)
	refused(t, exitUsage, "--out: ", append(own, "--out", f("P.pdf"))...)
	refused(t, exitError, "P.csv exists", append(own, "--out", f("P.csv"))...)
	refused(t, exitError, "absent.csv", "colocation", "--supply", f("S.csv"), "--walks", f("absent.csv"))
	refused(t, exitError, "W.csv: line 1, the header: no column service", "colocation", "--supply", f("W.csv"), "--walks", f("W.csv"))
}

// The embedded territory's own times, written down service by service, and its people: each cell, commune and
// place is as the territory has it.
func TestFragilityByOnesOwnFiles(t *testing.T) {
	s, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	on, texts := territory(t), map[string]string{"S.csv": "site_id,service\n", "T.csv": "demand_id,site_id,seconds\n"}
	services := []string{"town_hall", "france_services"}
	dir := t.TempDir()
	for _, service := range services {
		times := filepath.Join(dir, service+".csv")
		done(t, "times", "--on", on, "--service", service, "--out", times)
		_, rows, _ := strings.Cut(text(t, times), "\n")
		texts["T.csv"] += rows
	}
	for _, x := range s.Facilities() {
		texts["S.csv"] += x.ID + "," + x.Service + "\n"
	}
	ind, _ := s.Population().Column("ind")
	old, _ := s.Population().Column("y_ge65")
	var d strings.Builder
	d.WriteString("demand_id,value,aged_65,commune,lon,lat\n")
	for i, c := range s.Population().Cells {
		if c.Study {
			fmt.Fprintf(&d, "%s,%s,%s,%s,%s,%s\n", c.ID, ind[i], old[i], c.Commune, exactly(c.Centre[0]), exactly(c.Centre[1]))
		}
	}
	texts["D.csv"] = d.String()
	f := written(t, texts)
	type row struct {
		Code          string
		Population    float64
		Score         *float64
		Values, Ranks []*float64
	}
	type answer struct {
		Territory row
		Communes  []row
		Missing   []string
		Cells     struct {
			ID            []string
			Score         []*float64
			Quintile      []int
			Values, Ranks [][]*float64
		}
		Visits []struct {
			ID, Commune          string
			Cells                []string
			Middle               [2]float64
			Population, Isolated float64
			Seconds              float64
		}
	}
	ask := []string{"--services", strings.Join(services, ","), "--aged", "2", "--top", "7", "--json"}
	want := decode[answer](t, done(t, append([]string{"fragility", "--on", on}, ask...)...).out)
	own := []string{"fragility", "--times", f("T.csv"), "--demand", f("D.csv")}
	got := decode[answer](t, done(t, append(append(own, "--supply", f("S.csv"), "--report", f("R.txt")), ask...)...).out)
	want.Territory.Code, got.Territory.Code = "", ""
	if diff := cmp.Diff(want, got); diff != "" || len(want.Visits) != 7 || len(want.Communes) != 17 || len(want.Cells.ID) < 1000 {
		t.Errorf("%d visits, %d communes, %d cells: %s", len(want.Visits), len(want.Communes), len(want.Cells.ID), diff)
	}

	refused(t, exitUsage, "missing flags: --on|--times=T.csv and --demand=D.csv", "fragility")
	refused(t, exitUsage, "missing flags: --demand=FILE.csv", own[:3]...)
	refused(t, exitUsage, "--statuses is about a territory", append(own, "--statuses", "planned")...)
	refused(t, exitUsage, "poverty: a weight of -1", append(own, "--poverty", "-1")...)
	refused(t, exitError, "T.csv: line 1, the header: no column value or persons or ind", "fragility", "--times", f("T.csv"), "--demand", f("T.csv"))
}

// The embedded territory's censuses, written down: each commune, year and variant, and the backtest, is as the territory has it.
func TestNeedsByOnesOwnFiles(t *testing.T) {
	s, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{"old.csv": "commune,year,sex,age,persons\n", "new_2021.csv": "commune,sex,age,persons\n",
		"bad.csv": "commune,year,sex,age,persons\n49001,2021,,0-14,1\n49001,2021,,15+,2\n49001,2021,,15+,2\n49001,2021,X,3,1\n491,2021,,3,1\n",
		"gap.csv": "commune,year,sex,age,persons\n49001,2021,,0-14,1\n49001,2021,,20+,2\n"}
	for _, r := range s.Census() {
		if r.Year < 2021 {
			texts["old.csv"] += fmt.Sprintf("%s,%d,%s,%s,%s\n", r.Commune, r.Year, r.Sex, r.Ages(), r.Persons)
		} else {
			texts["new_2021.csv"] += fmt.Sprintf("%s,%s,%s,%s\n", r.Commune, r.Sex, r.Ages(), r.Persons)
		}
	}
	f := written(t, texts)
	type row struct {
		Code, Variant              string
		Year                       int
		Population, Births, Deaths float64
		Migration                  float64 `json:"net_migration"`
		From80                     float64 `json:"ages_80_over"`
		Demand                     []float64
	}
	type answer struct {
		Base                int
		Territory, Communes []row
		Local               []struct {
			Commune, Ages string
			PerThousand   float64 `json:"per_thousand"`
		}
		Backtest struct {
			Since     int
			Error     map[string]float64
			Unchanged map[string]float64
		}
	}
	ask := []string{"--backtest", "2018", "--json"}
	want := decode[answer](t, done(t, append([]string{"needs", "--on", territory(t)}, ask...)...).out)
	own := []string{"needs", "--census", f("old.csv"), "--census", f("new_2021.csv")}
	got := decode[answer](t, done(t, append(own, ask...)...).out)
	for i := range want.Territory {
		want.Territory[i].Code, got.Territory[i].Code = "", ""
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want.Communes) != 17*3*20 || want.Backtest.Since == 0 {
		t.Error(len(want.Communes), diff)
	}
	if a := done(t, append(own, "--to", "2030", "--variants", "low", "--out", f("N.csv"))...); !strings.Contains(a.out, "old.csv — Besoins au fil des ans") || strings.Count(text(t, f("N.csv")), "\n") != 18 {
		t.Error(a.out)
	}

	refused(t, exitUsage, "missing flags: --on|--census=C.csv", "needs")
	refused(t, exitUsage, "--service is about a territory", append(own, "--service", "creche")...)
	refused(t, exitUsage, "backtest: 1999: want a census before 2021", append(own, "--backtest", "1999")...)
	refused(t, exitUsage, "census: commune 49001, 2021: no row tells of age 15", "needs", "--census", f("gap.csv"))
	refused(t, exitError, "no column commune", "needs", "--census", quarter(t)("S.csv"))
	refused(t, exitError, "census: commune 49001, 2021, ages 0-14 overlaps", "needs", "--census", f("gap.csv"), "--census", f("gap.csv"))
	refused(t, exitError, "absent.csv", "needs", "--census", f("absent.csv"))
	a := done(t, "needs", "--census", f("bad.csv"))
	for _, want := range []string{`bad.csv, line 4: commune = "49001": ages 15+ of 2021 are counted already`, `bad.csv, line 5: sex = "X": want F or M`, `bad.csv, line 6: commune = "491": not an INSEE commune code`} {
		if !strings.Contains(a.err, want) {
			t.Errorf("no %q in %s", want, a.err)
		}
	}
}
