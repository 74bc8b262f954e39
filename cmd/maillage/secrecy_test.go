package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maillage/maillage/analyses/registry"
)

// Thirty homes of two households each are under secrecy, each with a number of people
// that no other has, to the millionth. Whatever is asked, of every analysis in every
// form, of the map's data or on the command line: none of these numbers is told, nor
// the key.
func TestNothingToldIsAboutOneHome(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "town.gpkg")
	var homes strings.Builder
	var secrets []string
	homes.WriteString("id,lon,lat,ind,men,ind_0_3,y_ge65,y_lt15,y_1564\n")
	for i := range 30 {
		people, children, old := fmt.Sprintf("5.%06d", 10007+991*i), fmt.Sprintf("1.%06d", 20011+887*i), fmt.Sprintf("2.%06d", 30011+773*i)
		secrets = append(secrets, people, children, old)
		fmt.Fprintf(&homes, "h%02d,%.4f,47.0001,%s,2,%s,%s,1.5,2\n", i, 0.0004*float64(i), people, children, old)
	}
	files := map[string]string{"homes_2021.csv": homes.String(), "creches.csv": "id,nom,lon,lat\nc,Crèche,0.006,47.0\n", "halls.csv": "id,nom,lon,lat\nm,Mairie,0.004,47.0\n",
		"communes.geojson": `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"49001","nom":"Commune"},"geometry":{"type":"Polygon","coordinates":[[[-0.1,46.9],[0.1,46.9],[0.1,47.1],[-0.1,47.1],[-0.1,46.9]]]}}]}`}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("MAILLAGE_SECRECY_KEY", secrecyKey)
	said := command(t, "import", "--into", file, "--id", "town", "--roads", writeTown(t, dir), "--population", filepath.Join(dir, "homes_2021.csv"), "--communes", filepath.Join(dir, "communes.geojson"),
		"--facilities", "creche="+filepath.Join(dir, "creches.csv"), "--facilities", "town_hall="+filepath.Join(dir, "halls.csv"), "--study-area", "49001", "--confidential", "11:men")
	told := 0
	check := func(what, text string) {
		t.Helper()
		told++
		if strings.Contains(text, secrecyKey) {
			t.Errorf("%s tells the key", what)
		}
		for _, s := range secrets {
			if strings.Contains(text, s) {
				t.Errorf("%s tells of one home: %s", what, s)
			}
		}
	}
	check("import", said)
	s := serveRuns(t, file)
	for _, path := range []string{"territory", "services", "communes", "cells", "facilities", "roads", "coverage?service=creche&within=1m,2m,5m"} {
		check(path, string(s.ask(http.StatusOK, "GET", "/api/v1/"+path, "")))
	}
	for _, a := range registry.All() {
		params := map[string]string{"isochrone": `{"at":[0.006,47.0]}`, "needs": `{}`, "referral": `{"mode":"foot"}`, "colocation": `{}`, "fragility": `{}`,
			"access": `{"service":"creche","capacity":5,"mode":"foot"}`, "capacity": `{"service":"creche","capacity":5}`, "uncertainty": `{"service":"creche","draws":20,"seed":1}`,
			"itinerant": `{"service":"creche","stops":["0.005 47.0 Mo 09:00-12:00"]}`}[a.Name]
		if params == "" {
			params = `{"service":"creche"}`
		}
		for _, format := range []string{"json", "geojson", "csv"} {
			answer := string(s.ask(http.StatusOK, "POST", "/api/v1/analyses/"+a.Name+"?format="+format, params))
			if format == "json" && !strings.Contains(answer, `"secrecy":{"minimum":11,"of":"men"}`) {
				t.Errorf("%s does not say that its counts are confidential: %.300s", a.Name, answer)
			}
			check(a.Name+" as "+format, answer)
		}
	}
	s.stop()
	check("coverage", command(t, "coverage", "--on", file, "--service", "creche", "--json"))
	check("run", command(t, "run", "coverage", "--on", file, "--param", "service=creche", "--json"))
	if told < 30 {
		t.Errorf("only %d answers were looked at", told)
	}
}
