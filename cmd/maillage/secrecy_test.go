package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/maillage/maillage/analyses/registry"
)

// tellingMost are the parameters with which each analysis tells as much as it can about a
// street of homes 3.6 seconds apart.
var tellingMost = map[string]string{
	"coverage":    `{"service":"creche","within":["10s","20s","30s","1m"],"detailed":true,"compare_border":true,"within_km":[0.1,0.2]}`,
	"isochrone":   `{"at":[0.006,47.0],"within":["10s","20s","30s"]}`,
	"uncertainty": `{"service":"creche","within":["10s","20s","30s"],"draws":20,"seed":1,"a":["c"],"b":["d"]}`,
	"itinerant":   `{"service":"creche","within":["10s","20s"],"stops":["0.005 47.0 Mo 09:00-12:00"]}`,
	"referral":    `{"mode":"foot","first_within":"2m","second_within":"4m"}`,
	"colocation":  `{"at":[0.003,47.0],"offer":["creche","town_hall"],"within":"20s"}`,
	"needs":       `{"service":"creche","within":["10s","20s"],"to":2022}`,
	"access":      `{"service":"creche","capacity":5,"steps":["10s:1","20s:0.5","30s:0.1"]}`,
	"capacity":    `{"service":"creche","capacity":20,"within":"30s"}`,
	"site":        `{"service":"creche","candidates":["cells"],"within":"10s","losses":true}`,
	"together":    `{"services":[{"service":"creche","p":1,"within":"10s"},{"service":"town_hall","p":1,"within":"10s"}],"bonus":1,"candidates":["cells"]}`,
	"frontier":    `{"service":"creche","candidates":["cells"]}`,
	"sensitivity": `{"service":"creche","candidates":["cells"],"within":"10s","thresholds":["10s","20s","30s"]}`,
	"compare":     `{"service":"creche","within":["10s","20s","30s"],"notable":"1s","draws":20,"scenarios":[{"cost":{"yearly":100},"changes":[{"open":{"facility":"d"}}]},{"changes":[]},{"changes":[{"move":{"facility":"c","to":[0.009,47.0]}}]}]}`,
	"shapley":     `{"service":"creche","within":["10s","20s","30s"],"sites":["c","d"],"points":[{"id":"x","lon":0.009,"lat":47.0}]}`,
	"tours":       `{"service":"creche","within":"20s","effort":1,"candidates":["town_halls","service:creche"],"vehicles":[{"id":"bus","lon":0.005,"lat":47.0,"shifts":"Mo-Fr 08:30-17:00"}]}`,
	"fragility":   `{"services":["creche"],"beyond":"15s"}`,
}

// homesOf writes thirty homes of two households each on a street, each with a number
// of people, children and old that no other has, to the millionth, and returns these
// numbers. With turned, every home has its neighbour's.
func homesOf(turned bool) (csv string, secrets []string) {
	var b strings.Builder
	b.WriteString("id,lon,lat,ind,men,ind_0_3,y_ge65,y_lt15,y_1564,men_1ind\n")
	for at := range 30 {
		i := at
		if turned {
			i = at ^ 1
		}
		people, children, old := fmt.Sprintf("5.%06d", 10007+991*i), fmt.Sprintf("1.%06d", 20011+887*i), fmt.Sprintf("2.%06d", 30011+773*i)
		secrets = append(secrets, people, children, old)
		fmt.Fprintf(&b, "h%02d,%.4f,47.0001,%s,2,%s,%s,1.5,1.%d,0.%06d\n", at, 0.0004*float64(at), people, children, old, 100+i, 500000+1009*i)
	}
	return b.String(), secrets
}

var snapshotID = regexp.MustCompile(`[0-9a-f]{64}`)

// everythingTold imports the homes under a rule, or none, asks everything there is to
// ask, and returns the answers, without the ids of snapshots.
func everythingTold(t *testing.T, turned bool, rule ...string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "town.gpkg")
	homes, _ := homesOf(turned)
	files := map[string]string{"homes_2021.csv": homes, "creches.csv": "id,nom,lon,lat,status\nc,Crèche,0.006,47.0,existing\nd,Autre,0.001,47.0,planned\n", "halls.csv": "id,nom,lon,lat\nm,Mairie,0.004,47.0\n",
		"france.csv":       "id,nom,lon,lat\nf,France Services,0.009,47.0\n",
		"communes.geojson": `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"49001","nom":"Commune"},"geometry":{"type":"Polygon","coordinates":[[[-0.1,46.9],[0.1,46.9],[0.1,47.1],[-0.1,47.1],[-0.1,46.9]]]}}]}`}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	told := map[string]string{}
	tell := func(what, text string) {
		told[what] = snapshotID.ReplaceAllString(strings.ReplaceAll(text, dir, "DIR"), "ID")
	}
	arguments := []string{"import", "--into", file, "--id", "town", "--roads", writeTown(t, dir), "--population", filepath.Join(dir, "homes_2021.csv"), "--communes", filepath.Join(dir, "communes.geojson"),
		"--facilities", "creche=" + filepath.Join(dir, "creches.csv"), "--facilities", "town_hall=" + filepath.Join(dir, "halls.csv"), "--facilities", "france_services=" + filepath.Join(dir, "france.csv"), "--study-area", "49001"}
	command(t, append(arguments, rule...)...)
	s := serveRuns(t, file)
	for _, path := range []string{"territory", "services", "communes", "cells", "facilities", "roads", "coverage?service=creche&within=10s,20s,30s"} {
		tell(path, string(s.ask(http.StatusOK, "GET", "/api/v1/"+path, "")))
	}
	for _, a := range registry.All() {
		params, known := tellingMost[a.Name]
		if !known {
			t.Fatalf("%s is not in tellingMost: which parameters make it tell as much as it can of this street?", a.Name)
		}
		for _, format := range []string{"json", "geojson", "csv"} {
			tell(a.Name+" as "+format, string(s.ask(http.StatusOK, "POST", "/api/v1/analyses/"+a.Name+"?format="+format, params)))
		}
	}
	for n, state := range s.live() {
		tell(fmt.Sprintf("live, step %d", n), state)
	}
	s.stop()
	tell("coverage", command(t, "coverage", "--on", file, "--service", "creche", "--json"))
	tell("run", command(t, "run", "coverage", "--on", file, "--param", "service=creche", "--param", "within=10s,20s", "--json"))
	return told
}

// live drags a site along the street and closes others, and returns all it is told.
func (s site) live() (states []string) {
	s.Helper()
	conn, _, err := websocket.Dial(s.Context(), "ws"+strings.TrimPrefix(s.base, "http")+"/api/v1/live", nil)
	if err != nil {
		s.Fatal(err)
	}
	defer conn.CloseNow() //nolint:errcheck // it may be closed already
	messages := []string{`{"type":"start","params":{"service":"creche","within":["10s","20s","30s"]},"sites":[[0,47]]}`}
	for k := range 60 {
		messages = append(messages, fmt.Sprintf(`{"type":"move","site":1,"lon":%.5f,"lat":47,"continue":true}`, 0.0002*float64(k)))
	}
	messages = append(messages, `{"type":"remove","site":0}`, `{"type":"resize","site":1,"capacity":12}`, `{"type":"roadwork","per_mille":{"residential":500}}`, `{"type":"undo"}`, `{"type":"undo"}`, `{"type":"undo"}`)
	for _, message := range messages {
		if err := conn.Write(s.Context(), websocket.MessageText, []byte(message)); err != nil {
			s.Fatal(err)
		}
		_, state, err := conn.Read(s.Context())
		if err != nil || !strings.Contains(string(state), `"type":"state"`) {
			s.Fatalf("%s: %v %.300s", message, err, state)
		}
		states = append(states, string(state))
	}
	return states
}

// Thirty homes of two households each are under secrecy. Whatever is asked, of every
// analysis in every form, of the map's data, in a live session or on the command
// line: what one home has is in no answer, nor the key; and if neighbours change
// places, no answer changes by a letter, though every figure there is (means,
// percentiles, intervals, scores, places) is in some answer. Of the same homes without
// secrecy every analysis and live session tells of the change.
func TestNothingToldIsAboutOneHome(t *testing.T) {
	t.Setenv("MAILLAGE_SECRECY_KEY", secrecyKey)
	secret := []string{"--confidential", "11:men"}
	told, turned := everythingTold(t, false, secret...), everythingTold(t, true, secret...)
	for what, figure := range map[string]string{
		"coverage as json":    `"covered":\[0,[1-9][^"]+"unreachable":0,"off_network":0,"imputed":[^"]+"mean_seconds":[1-9].*"p90_seconds":[1-9].*"worst_tenth_seconds":[1-9].*"gini":0\.[0-9]`,
		"uncertainty as json": `"median":[1-9].*"gain_people":{"low":-?[0-9]`,
		"access as json":      `"mean_score":0\.[0-9]`,
		"capacity as json":    `"placed":[1-9].*"mean_seconds":[1-9]`,
		"fragility as json":   `"score":[1-9]`,
		"live, step 30":       `"covered":\[[^"]*[1-9].*"mean_seconds":[1-9]`,
	} {
		if !regexp.MustCompile(figure).MatchString(told[what]) {
			t.Errorf("%s has no %s: %.500s", what, figure, told[what])
		}
	}
	_, secrets := homesOf(false)
	for what, text := range told {
		if strings.Contains(text, secrecyKey) {
			t.Errorf("%s tells the key", what)
		}
		for _, s := range secrets {
			if strings.Contains(text, s) {
				t.Errorf("%s tells of one home: %s", what, s)
			}
		}
		if strings.HasSuffix(what, " as json") && !strings.Contains(text, `"secrecy":{"minimum":11,"of":"men"}`) {
			t.Errorf("%s does not say that its counts are confidential: %.300s", what, text)
		}
		if text != turned[what] {
			t.Errorf("%s tells that neighbours changed places: %s", what, unlike(text, turned[what]))
		}
	}
	open, other := everythingTold(t, false), everythingTold(t, true)
	changed := map[string]bool{}
	for what, text := range open {
		kind, _, _ := strings.Cut(what, " as ")
		kind, _, _ = strings.Cut(kind, ", step ")
		changed[kind] = changed[kind] || text != other[what]
	}
	kinds := []string{"live", "run", "cells"}
	for _, a := range registry.All() {
		kinds = append(kinds, a.Name)
	}
	for _, what := range kinds {
		if !changed[what] {
			t.Errorf("%s tells nothing of the homes without secrecy either: this test shows nothing of it", what)
		}
	}
}

// unlike is where two texts begin to differ.
func unlike(a, b string) string {
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	around := func(s string) string { return s[max(0, at-60):min(len(s), at+60)] }
	return fmt.Sprintf("…%s… and …%s…", around(a), around(b))
}
