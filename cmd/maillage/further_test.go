package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
	"github.com/maillage/maillage/internal/store/geopackage"
)

// richer is the embedded territory with a living standard that rises from west to
// east, a poor household for every ten people, a western and an eastern zone, and
// a census that counts everybody as under 15 or over 64.
func richer(t *testing.T) string {
	t.Helper()
	s, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	c := s.Content()
	ind, _ := c.Population.Column("ind")
	snv, poor := geodata.Column{Name: "ind_snv"}, geodata.Column{Name: "men_pauv"}
	for i, cell := range c.Population.Cells {
		snv.Values = append(snv.Values, ind[i]*geodata.Amount(20_000+10_000*cell.Centre[0]))
		poor.Values = append(poor.Values, ind[i]/10)
	}
	c.Population.Columns = append(c.Population.Columns, snv, poor)
	half := func(id, name string, west, east float64) geodata.Zone {
		return geodata.Zone{Layer: "moities", ID: id, Name: name, Outline: orb.MultiPolygon{{orb.Ring{{west, 47}, {east, 47}, {east, 48}, {west, 48}, {west, 47}}}}}
	}
	c.Zones = []geodata.Zone{half("1", "Ouest", -1, -0.35), half("2", "Est", -0.36, -0.2)}
	c.Census = nil
	for _, m := range c.Communes {
		c.Census = append(c.Census, geodata.CensusRow{Commune: m.Code, Year: 2021, To: 14, Persons: geodata.Whole(300)},
			geodata.CensusRow{Commune: m.Code, Year: 2021, From: 15, To: 64}, geodata.CensusRow{Commune: m.Code, Year: 2021, From: 65, To: geodata.AndOver, Persons: geodata.Whole(100)})
	}
	if s, err = geodata.NewSnapshot(c); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "richer.gpkg")
	if err := geopackage.Write(t.Context(), file, s, geopackage.Options{}); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestCoverageInFull(t *testing.T) {
	file := richer(t)
	question := []string{"coverage", "--on", file, "--service", "france_services", "--within", "15m,30m", "--status", "existing,planned"}
	with := func(more ...string) string { return done(t, append(question, more...)...).out }
	golden(t, "coverage", with("--detailed", "--within-km", "5,10.5", "--zones", "moities", "--compare-border", "--census", "2021"))
	if with("--nth", "1") != with() {
		t.Error("the first nearest is not the nearest")
	}
	if out := with("--nth", "2"); !strings.Contains(out, "Temps vers le 2e équipement le plus proche.") {
		t.Error(out)
	}
	if out := with("--open", "mercredi 14:00-16:00", "--lang", "en"); !strings.Contains(out, "not known, not counted.") && !strings.Contains(out, "closed then, not counted.") {
		t.Error(out)
	}
	if out := with("--column", "men_pauv", "--border", "inside"); !strings.Contains(out, "Public : ménages pauvres.") {
		t.Error(out)
	}
	// Places that nobody is known to get into serve nobody.
	if out := with("--accessible", "--detailed"); !strings.Contains(out, "Du dixième le moins bien desservi, 100,0\u202f% n'est pas desservi") {
		t.Error(out)
	}
	refused(t, exitUsage, `no layer of zones "iris": there is moities`, append(question, "--zones", "iris")...)
	refused(t, exitUsage, "no census of 1999: there is [2021]", append(question, "--census", "1999")...)
	refused(t, exitUsage, "want 1 to 16", append(question, "--nth", "17")...)
	refused(t, exitUsage, "want a day", append(question, "--open", "midi")...)
	refused(t, exitUsage, "want rising numbers of kilometres", append(question, "--within-km", "5,2")...)
	refused(t, exitUsage, "--times goes with --demand and --within only", "coverage", "--times", "T.csv", "--demand", "D.csv", "--detailed")
}
