package study

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses/compare"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/analyses/scenario"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/towntest"
)

// A street of 1.8 km. People walk from a letter to the next, 450 m, in 324 seconds; cells
// hold powers of two, so that a sum names who is in it.
//
//	West | East
//	A(1) ---- B(2) ---- C(4) ---- D(8) ---- E(16)
//
// The town hall is at A, and nothing else is open.
func street(t testing.TB) *geodata.Snapshot {
	t.Helper()
	tw := towntest.Town{Spacing: 90, Drawing: "A----B----C----D----E", Ways: map[string]string{"ABCDE": "highway=residential"}}
	commune := func(code, name string, from, to float64) geodata.Commune {
		a, b := tw.At(from, 2), tw.At(to, -2)
		return geodata.Commune{Code: code, Name: name, Study: true, Outline: orb.MultiPolygon{orb.Bound{Min: a, Max: b}.ToPolygon()}}
	}
	c := geodata.Content{Territory: geodata.Territory{ID: "street", Name: "Street <b>"}, Catalogue: geodata.DefaultCatalogue(), Roads: tw.Roads(),
		Communes: []geodata.Commune{commune("10001", "West & <i>", -2, 12), commune("10002", "East", 12, 22)}}
	ind := geodata.Column{Name: "ind"}
	for i, letter := range "ABCDE" {
		code := "10001"
		if letter > 'C' {
			code = "10002"
		}
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: string(letter), Centre: tw.Point(byte(letter)), Commune: code, Study: true})
		ind.Values = append(ind.Values, geodata.Whole(1<<i))
	}
	c.Population.Columns = []geodata.Column{ind}
	c.Facilities = []geodata.Facility{
		{ID: "hall", Service: "town_hall", Location: tw.Point('A'), Commune: "10001", Status: geodata.Existing, Name: "Hall <script>"},
		{ID: "plan", Service: "town_hall", Location: tw.Point('E'), Commune: "10002", Status: geodata.Planned},
		{ID: "idea", Service: "town_hall", Location: tw.Point('D'), Commune: "10002", Status: geodata.Candidate},
	}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const streetStudy = `title: Une mairie <script>alert(1)</script>
question: Où ?
scenarios:
- {id: at-e, name: "Place de l'Est", changes: [open: {facility: plan}]}
questions:
- id: choice
  analysis: compare
  in: [today, at-e]
  params: {service: town_hall, mode: foot, within: [5m, 8m], draws: 20}
- id: best
  analysis: site
  params: {service: town_hall, mode: foot, within: 8m, losses: true, candidates: [planned]}
- {id: sure, analysis: sensitivity, params: {service: town_hall, mode: foot, within: 8m, thresholds: [5m, 8m], candidates: [planned]}}
- {id: cover, analysis: coverage, in: [today, at-e], params: {service: town_hall, mode: foot, within: [8m]}}
- {id: halls, analysis: fragility, params: {far: 1}}
verdict: {of: choice, within: 8m, sure: 90, best: best}
`

// answered is a study of the street with its answers.
func answered(t testing.TB, text string) *Report {
	t.Helper()
	st, err := Parse("street.yaml", []byte(text), files, check)
	if err != nil {
		t.Fatal(err)
	}
	s, nets := street(t), traveltime.NewNetworks("")
	r := &Report{Study: st, Territory: s, Worlds: map[string]*geodata.Snapshot{Today: s}}
	for _, sc := range st.Scenarios {
		w, err := scenario.Apply(t.Context(), s, nets, &sc.Scenario)
		if err != nil {
			t.Fatal(err)
		}
		r.Worlds[sc.ID] = w.Snapshot
	}
	tasks, _ := st.Tasks(func(string) bool { return false })
	for i, task := range tasks {
		a, err := registry.Get(task.Question.Analysis)
		if err != nil {
			t.Fatal(err)
		}
		params := members(task.Question.Params)
		if a.Name == "compare" {
			var all []*scenario.Scenario
			for _, id := range task.In {
				all = append(all, st.Scenario(id))
			}
			params["scenarios"], _ = json.Marshal(all) //nolint:errcheck // scenarios encode
		} else if task.In[0] != Today {
			params["scenario"], _ = json.Marshal(st.Scenario(task.In[0])) //nolint:errcheck // scenarios encode
		}
		raw, err := json.Marshal(params)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := a.Run(context.Background(), s, nets, raw, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Answers = append(r.Answers, Answer{Task: task, Run: Run{ID: fmt.Sprintf("run%d", i+1), Params: raw, Snapshot: s.ID(), Hash: "0123456789abcdef"}, Result: answer.Result, Layers: answer.Layers(), Title: a.Title})
	}
	return r
}

// Within eight minutes (480 s) people walk one letter, but not two. Today A and B are
// covered, 1 + 2; with E also D and E, 8 + 16 more: 27. The best place is D: C, D and E,
// 4 + 8 + 16 more, all 31; so E costs 4 of them, those at C. No draw of speeds makes a
// letter 48 % slower, so it is certain.
func TestTheVerdictOfAStreet(t *testing.T) {
	d, err := answered(t, streetStudy).Decision()
	if err != nil {
		t.Fatal(err)
	}
	if d.State != Certain || !cmp.Equal(d.First, []string{"at-e"}) || d.Next != Today || d.Covered != geodata.Whole(27) || d.Gain != geodata.Whole(24) || *d.Holds != 100 {
		t.Errorf("%+v", d)
	}
	if *d.Best != geodata.Whole(31) || *d.Cost != geodata.Whole(4) || !d.Proven || !cmp.Equal(d.BestOpen, []string{"idea"}) {
		t.Errorf("against the best: %v, %v, %v, %v", d.Best, d.Cost, d.Proven, d.BestOpen)
	}
	want := "«\u00a0Place de l'Est\u00a0» l'emporte : à 8 min à pied, ce scénario dessert 24 habitants de plus que «\u00a0Aujourd'hui\u00a0» (27 contre 3). C'est certain au sens du calcul : il est en tête dans 100\u202f% des 20 tirages de vitesses."
	if d.Sentence.Fr != want {
		t.Errorf("%s\nwant\n%s", d.Sentence.Fr, want)
	}
	if en := "“Place de l'Est” wins: within 8 min on foot this scenario covers 24 more inhabitants than “Today” (27 against 3)."; !strings.HasPrefix(d.Sentence.En, en) {
		t.Errorf("%s\nwant\n%s", d.Sentence.En, en)
	}
	if len(d.More) != 1 || !strings.Contains(d.More[0].Fr, "parmi 2 lieux possibles, prouvé, est idea : 31 habitants. Retenir «\u00a0Place de l'Est\u00a0» coûte donc 4 habitants (12,9\u202f% de moins)") {
		t.Errorf("more: %v", d.More)
	}
	if !cmp.Equal(d.Runs, []string{"run1", "run2"}) {
		t.Errorf("runs %v", d.Runs)
	}
}

// compared is a comparison of two scenarios within ten minutes, by hand: a covers 500
// and b 480, and a is first in so many per cent of the draws.
func compared(a, b, shared float64) *compare.Result {
	of := func(name string, people int64) compare.Scenario {
		return compare.Scenario{Name: geodata.Text{Fr: name}, Territory: coverage.Row{Demand: geodata.Whole(1000), Covered: []geodata.Amount{geodata.Whole(people)}}}
	}
	return &compare.Result{
		Params:  compare.Params{Mode: "car", Within: []coverage.Threshold{coverage.Minutes(10)}, Draws: 200},
		Service: geodata.Service{Public: geodata.Text{Fr: "enfants de moins de 3 ans", En: "children under 3"}}, Scenarios: []compare.Scenario{of("A", 500), of("B", 480)}, Ranks: [][]int{{1, 2}},
		Leads:   []compare.Lead{{From: 1, To: 2, First: []int{1}}, {From: 3, To: 12, First: []int{0}}, {From: 13, To: 13, First: []int{0, 1}}, {From: 14, To: 30, First: []int{1}}},
		Verdict: []compare.Verdict{{Within: coverage.Minutes(10), First: []float64{a, b}, Shared: shared, Holds: a}},
	}
}

func TestWithoutEnoughDrawsThereIsNoConclusion(t *testing.T) {
	v := &Verdict{Of: "q", Within: "10m", Sure: new(90.0)}
	ids := []string{"a", "b"}
	d, err := Decide(v, compared(61, 35, 4), ids, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := "Sans conclusion : à 10 min en voiture, «\u00a0A\u00a0» dessert 20 enfants de moins de 3 ans de plus que «\u00a0B\u00a0» (500 contre 480), mais n'est en tête que dans 61\u202f% des 200 tirages de vitesses (il en faudrait 90\u202f%). " +
		"Cela dépend de la vitesse réelle sur les routes («\u00a0B\u00a0» est en tête dans 35\u202f% des tirages), et du temps de trajet retenu."
	if d.State != Open || d.Sentence.Fr != want {
		t.Errorf("%s: %s\nwant\n%s", d.State, d.Sentence.Fr, want)
	}
	// Stretches of a minute or two, and those that several lead, are not told.
	if said := "En tête selon le temps de trajet retenu, pour l'essentiel : «\u00a0A\u00a0» de 3 à 12 min\u00a0; «\u00a0B\u00a0» de 14 à 30 min."; len(d.More) != 1 || d.More[0].Fr != said {
		t.Errorf("more: %v\nwant %s", d.More, said)
	}
	for share, state := range map[float64]State{90: Certain, 89.9: Open} {
		if d, err = Decide(v, compared(share, 5, 0), ids, nil); err != nil || d.State != state {
			t.Errorf("first in %v %%: %s, %v; want %s", share, d.State, err, state)
		}
	}
	none := compared(100, 0, 0)
	none.Verdict = nil
	if d, err = Decide(v, none, ids, nil); err != nil || d.State != Open || d.Holds != nil || !strings.Contains(d.Sentence.Fr, "aucun tirage") {
		t.Errorf("without draws: %+v, %v", d, err)
	}
	equal := compared(0, 0, 100)
	equal.Scenarios[1].Territory.Covered[0], equal.Ranks = geodata.Whole(500), [][]int{{1, 1}}
	equal.Verdict[0].Holds = 100
	if d, err = Decide(v, equal, ids, nil); err != nil || d.State != Open || !strings.HasPrefix(d.Sentence.Fr, "Sans conclusion : à 10 min en voiture, tous les scénarios se valent, chacun dessert 500 enfants de moins de 3 ans ; l'égalité tient dans 100\u202f%") {
		t.Errorf("equals: %v, %v", d.Sentence.Fr, err)
	}
	v.Within = "11m"
	if _, err = Decide(v, compared(100, 0, 0), ids, nil); err == nil || !strings.Contains(err.Error(), `11m is no threshold of question "q"`) {
		t.Errorf("another threshold: %v", err)
	}
}

// With E, at eight minutes: D and E are newly covered, C is as far from A as from E. At
// half an hour all are covered already, and D and E are nearer; the other way round farther.
func TestWhatBecomesOfCells(t *testing.T) {
	for _, c := range []struct {
		in, within, want string
	}{
		{"today, at-e", "8m", "same same same newly_covered newly_covered"},
		{"at-e, today", "8m", "same same same no_longer_covered no_longer_covered"},
		{"today, at-e", "30m", "same same same nearer nearer"},
		{"at-e, today", "30m", "same same same farther farther"},
	} {
		text := strings.NewReplacer("in: [today, at-e]\n  params: {service: town_hall, mode: foot, within: [5m, 8m]", "in: ["+c.in+"]\n  params: {service: town_hall, mode: foot, within: [8m, 30m]").Replace(streetStudy)
		r := answered(t, text).Answers[0].Result.(*compare.Result)
		at := 0
		if c.within == "30m" {
			at = 1
		}
		var got []string
		for _, k := range kindsOf(r, 1, at) {
			got = append(got, string(k))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s at %s: %v, want %s", c.in, c.within, got, c.want)
		}
	}
}

// The page tells the verdict first, each number with a run that is in the table of runs,
// and shows what people wrote as text, whatever it is.
func TestThePage(t *testing.T) {
	r := answered(t, streetStudy)
	var fr, again, en bytes.Buffer
	for lang, out := range map[string]*bytes.Buffer{"fr": &fr, "en": &en} {
		if err := r.Page(out, lang); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Page(&again, "fr"); err != nil || again.String() != fr.String() {
		t.Error("the page is not the same twice")
	}
	page := fr.String()
	if strings.Contains(page, "<script") || strings.Contains(page, "ZgotmplZ") || strings.Contains(page, "<i>\"") || !strings.Contains(page, "Une mairie &lt;script&gt;") || !strings.Contains(page, "West &amp; &lt;i&gt;") {
		t.Error("texts are not shown as they are written")
	}
	for _, outside := range []string{"src=", "@import", "url(", "<link"} {
		if strings.Contains(page, outside) {
			t.Errorf("the page needs another file: %s", outside)
		}
	}
	verdict, table := strings.Index(page, "dessert 24 habitants de plus"), strings.Index(page, "<table")
	if verdict < 0 || verdict > table {
		t.Error("the verdict does not come first")
	}
	cited := regexp.MustCompile(`(?:data-run="|href="#calcul-)(\d+)"`).FindAllStringSubmatch(page, -1)
	if len(cited) < 50 {
		t.Errorf("only %d numbers name their run", len(cited))
	}
	for _, c := range cited {
		if !strings.Contains(page, `id="calcul-`+c[1]+`"`) {
			t.Errorf("there is no run %s", c[1])
		}
	}
	if bare := regexp.MustCompile(`<td class="n[^"]*">[^<]*\d`).FindString(page); bare != "" {
		t.Errorf("a number without a run: %s", bare)
	}
	for _, want := range []string{`<html lang="fr">`, "<code>run1</code>", `<path fill="#2166ac"`, "désormais desservis", "27 (87,1\u202f%)", "aucune", "même choix", `role="img"`, "<desc"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q on the page", want)
		}
	}
	if text := en.String(); !strings.Contains(text, `<html lang="en">`) || !strings.Contains(text, "covers 24 more inhabitants") || strings.Contains(text, "désormais") {
		t.Error("the English page is not in English")
	}
}

// Without any facility of the service in the data, the verdict is with a reservation.
func TestDataWithoutTheServiceAreSaid(t *testing.T) {
	text := strings.NewReplacer("service: town_hall", "service: social_centre", "open: {facility: plan}", "create: {id: x, service: social_centre, at: [0.0162, 0]}", "candidates: [planned]", "candidates: [town_halls]").Replace(streetStudy)
	r := answered(t, text)
	lacking := r.Lacking()
	if len(lacking) != 1 || lacking[0].ID != "social_centre" {
		t.Fatalf("lacking %v, want the social centre", lacking)
	}
	d, err := r.Decision()
	if err != nil || d.State != Open || !strings.HasPrefix(d.Sentence.Fr, "Sous réserve, car les données n'ont aucun équipement de ce service : ") {
		t.Errorf("%+v, %v", d, err)
	}
	r.Answers = r.Answers[1:]
	if d, err = r.Decision(); err != nil || d.State != None || !strings.HasPrefix(d.Sentence.Fr, "Pas de verdict") {
		t.Errorf("without the comparison: %+v, %v", d, err)
	}
}
