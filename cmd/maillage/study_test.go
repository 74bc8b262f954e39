package main

import (
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/analyses/compare"
	"github.com/maillage/maillage/analyses/itinerant"
	"github.com/maillage/maillage/analyses/siting"
	"github.com/maillage/maillage/analyses/study"
	"github.com/maillage/maillage/analyses/tours"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store/ledger"
)

// plans copies the studies of the Projet Social with few draws, and names the files.
func plans(t *testing.T) (dir string, files []string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../analyses/plans/anjou-loir-et-sarthe")); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	files = slices.DeleteFunc(files, func(name string) bool { return filepath.Base(name) == "minibus.yaml" }) // a plan, and no verdict
	if err != nil || len(files) != 5 {
		t.Fatalf("%d studies, %v: want 5", len(files), err)
	}
	for _, file := range files {
		text := read(t, file)
		if !strings.Contains(text, "draws: 200") {
			t.Fatalf("%s has no 200 draws to make fewer", file)
		}
		writeText(t, file, strings.ReplaceAll(text, "draws: 200", "draws: 20"))
	}
	return dir, files
}

func writeText(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// pageText is a page as people read it: without its marks, entities and thin spaces.
func pageText(t *testing.T, file string) string {
	t.Helper()
	text := html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(read(t, file), " "))
	return strings.Join(strings.Fields(strings.NewReplacer("\u202f", "", "\u00a0", " ").Replace(text)), " ")
}

// All studies of the Projet Social are answered on the embedded territory: each page
// tells its verdict, its numbers are those of the answers beside it, its runs are in the
// ledger, and one of them is worked out again.
func TestTheStudiesOfTheProjetSocial(t *testing.T) {
	on, out := ownTerritory(t), filepath.Join(t.TempDir(), "etudes")
	_, files := plans(t)
	said := done(t, append([]string{"run", "--on", on, "--out", out}, files...)...).out
	known := map[string]bool{}
	runs := decode[[]ledger.Run](t, done(t, "runs", "--on", on, "--json", "list", "--limit", "1000").out)
	for _, r := range runs {
		known[r.ID] = r.State == ledger.Done
	}
	index := pageText(t, filepath.Join(out, "index.html"))
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(out, name)
			d := decode[study.Decision](t, read(t, filepath.Join(dir, "verdict.json")))
			page := pageText(t, filepath.Join(dir, "index.html"))
			sentence := strings.Join(strings.Fields(strings.NewReplacer("\u202f", "", "\u00a0", " ").Replace(d.Sentence.Fr)), " ")
			if d.State == study.None || !strings.Contains(page, sentence) || !strings.Contains(index, sentence) || !strings.Contains(said, d.Sentence.Fr) {
				t.Errorf("the verdict is %s: %s", d.State, sentence)
			}
			if !d.Proven || d.Best == nil || *d.Cost != *d.Best-d.Covered || len(d.Lacks) > 0 && name != "centre-social" {
				t.Errorf("against the best: %+v", d)
			}
			st, err := study.Load(file, checkAnalysis)
			if err != nil {
				t.Fatal(err)
			}
			c := decode[compare.Result](t, read(t, filepath.Join(dir, st.Verdict.Of+".json")))
			numbers := 0
			for _, sc := range c.Scenarios {
				for w := range c.Params.Within {
					numbers++
					covered := people(sc.Territory.Covered[w])
					share, _ := sc.Territory.Share(w)
					if want := covered + " (" + decimal(100*share) + "%)"; !strings.Contains(page, want) {
						t.Errorf("%s within %s: %q is not on the page", sc.Name.Fr, c.Params.Within[w], want)
					}
				}
			}
			best, err := filepath.Glob(filepath.Join(dir, st.Verdict.Best+"*.json"))
			best = slices.DeleteFunc(best, func(name string) bool { return strings.Contains(name, ".csv-") }) // descriptions of tables
			if err != nil || len(best) != 1 {
				t.Fatalf("%v, %v: want one answer to %s", best, err, st.Verdict.Best)
			}
			for _, l := range decode[siting.Result](t, read(t, best[0])).Losses[:3] {
				numbers++
				if l.Loss == nil || l.Name == "" {
					t.Errorf("%+v", l)
				}
			}
			ids := regexp.MustCompile(`<tr id="calcul-\d+">.*?<code>([a-z0-9]+)</code>`).FindAllStringSubmatch(read(t, filepath.Join(dir, "index.html")), -1)
			if len(ids) < 4 || numbers < 9 {
				t.Errorf("%d runs and %d numbers: want some", len(ids), numbers)
			}
			for _, id := range ids {
				if !known[id[1]] {
					t.Errorf("run %s is not in the ledger", id[1])
				}
			}
			for _, r := range d.Runs {
				if !known[r] {
					t.Errorf("run %s of the verdict is not in the ledger", r)
				}
			}
		})
	}
	d := decode[study.Decision](t, read(t, filepath.Join(out, "france-services", "verdict.json")))
	if v := decode[verification](t, done(t, "verify", "--on", on, "--json", d.Runs[0]).out); !v.Equal || v.Analysis != "compare" {
		t.Errorf("%+v", v)
	}
	// Asked again nothing is worked anew: the ledger has as many runs as before.
	refused(t, exitError, "exists: choose another name, or --overwrite", "run", "--on", on, "--out", out, files[0])
	done(t, "-q", "--lang", "en", "run", "--on", on, "--out", out, "--overwrite", files[0])
	if again := decode[[]ledger.Run](t, done(t, "runs", "--on", on, "--json", "list", "--limit", "1000").out); len(again) != len(runs) {
		t.Errorf("%d runs after asking again, want %d", len(again), len(runs))
	}
	if page := pageText(t, filepath.Join(out, "accueil-jeunes", "index.html")); !strings.Contains(page, "people aged 11 to 17") || strings.Contains(page, "jeunes de 11") {
		t.Error("the English page is not in English")
	}
}

// The study of the minibus has no verdict: a week of tours, and what it gains against the
// bus at its base, each number that of the answer beside the page.
func TestTheStudyOfTheMinibus(t *testing.T) {
	on, out := ownTerritory(t), t.TempDir()
	done(t, "run", "--on", on, "--out", out, "../../analyses/plans/anjou-loir-et-sarthe/minibus.yaml")
	dir := filepath.Join(out, "minibus")
	page := pageText(t, filepath.Join(dir, "index.html"))
	week := decode[tours.Result](t, read(t, filepath.Join(dir, "horaires-egaux.json")))
	today := decode[itinerant.Result](t, read(t, filepath.Join(dir, "retrospective-today.json")))
	five := decode[itinerant.Result](t, read(t, filepath.Join(dir, "retrospective-cinq-arrets.json")))
	// The scenario is the week that was found: their gains are the same.
	if week.People.Territory.Gain[0] != five.Territory.Gain[0] || five.Territory.Gain[0] <= today.Territory.Gain[0] {
		t.Errorf("the week found gains %s, the scenario %s, the bus at its base %s", week.People.Territory.Gain[0], five.Territory.Gain[0], today.Territory.Gain[0])
	}
	if week.Cost.OpenHours != 28.5 {
		t.Errorf("%v hours open, want those of the bus, 28.5", week.Cost.OpenHours)
	}
	for _, want := range []string{people(five.Territory.Both[0]), people(today.Territory.Both[0]), "+" + people(five.Territory.Both[0]-today.Territory.Both[0]), "Mairie - Baracé", "Semaine 2"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	if strings.Contains(page, "laissé de côté") {
		t.Error("a scenario is left out, though its twin fits")
	}
}

// people and decimal write numbers as the pages do, but for spaces.
func people(a geodata.Amount) string { return fmt.Sprintf("%.0f", math.Round(a.Float())) }
func decimal(v float64) string       { return strings.Replace(fmt.Sprintf("%.1f", v), ".", ",", 1) }

const goodStudy = `title: Bonne
question: Q
questions:
- {id: c, analysis: coverage, params: {service: creche}}
`

// A study that is wrong, or fails, is told with its file and line, and leaves nothing; the
// others are answered, and the index has them all.
func TestAStudyThatFailsLeavesNothing(t *testing.T) {
	on, dir := ownTerritory(t), t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		writeText(t, file, text)
		return file
	}
	good := write("good.yaml", goodStudy)
	form := write("form.yaml", "title: T\nquestion: Q\nquestions:\n- id: a\n  analysis: coverage\n  params: {servce: creche}\n")
	fails := write("fails.yaml", "title: T\nquestion: Q\nquestions:\n- {id: fine, analysis: coverage, params: {service: creche}}\n- id: post\n  analysis: coverage\n  params:\n    service: poste\n")
	unfit := write("unfit.yaml", "title: T\nquestion: Q\nscenarios:\n- id: a\n  name: A\n  changes:\n  - open: {facility: nowhere}\nquestions:\n- {id: c, analysis: coverage, in: [a], params: {service: creche}}\n")
	out := filepath.Join(dir, "out")
	said := refused(t, exitError, form+":6: questions[0].params.servce: coverage has no such parameter|"+fails+`:8: questions[1].params.service: question "post": unknown service "poste"`+"|"+
		unfit+`:7: scenarios[0].changes[0].open.facility: there is no facility "nowhere"`, "run", "--on", on, "--out", out, form, fails, unfit, good)
	if got := names(t, out); got != "good index.html" {
		t.Errorf("written are %s, want good index.html", got)
	}
	if index := pageText(t, filepath.Join(out, "index.html")); !strings.Contains(index, "Bonne") || !strings.Contains(index, "L'étude a échoué") || !strings.Contains(said.out, "good") {
		t.Errorf("the index: %s", index)
	}
	refused(t, exitError, "two studies called good", "run", "--on", on, "--out", filepath.Join(dir, "two"), good, good)

	optional := write("optional.yaml", strings.NewReplacer("id: a\n", "id: a\n  optional: true\n", "unfit", "optional").Replace(read(t, unfit))+"- {id: post, analysis: coverage, optional: true, params: {service: poste}}\n- {id: fine, analysis: coverage, params: {service: creche}}\n")
	done(t, "run", "--on", on, "--out", out, optional)
	page := pageText(t, filepath.Join(out, "optional", "index.html"))
	for _, want := range []string{"Ce qui manque dans les données", "Le scénario « A » est laissé de côté", `there is no facility "nowhere"`, "Question sans réponse, car les données ne le permettent pas : post", "Question sans réponse, faute de scénarios : c"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not told: %.600s", want, page)
		}
	}
}

func TestStudiesTakeAFolderAndNothingElse(t *testing.T) {
	on, dir := territory(t), t.TempDir()
	good := filepath.Join(dir, "good.yaml")
	writeText(t, good, goodStudy)
	for want, more := range map[string][]string{
		"missing flags: --out=DIR":       {},
		"--param: a study says itself":   {"--param", "service=creche", "--out", dir},
		"--detach: a study says itself":  {"--detach", "--out", dir},
		"coverage among studies":         {"coverage", "--out", dir},
		"--scenario: a study says itsel": {"--scenario", "x.yaml", "--out", dir},
	} {
		refused(t, exitUsage, want, append([]string{"run", "--on", on, good}, more...)...)
	}
	refused(t, exitUsage, "coverage needs: want one analysis, or studies", "run", "--on", on, "coverage", "needs")
	refused(t, exitError, "no such file or directory", "run", "--on", on, "--out", dir, filepath.Join(dir, "none.yaml"))
}

// Ids name files: none leads out of the study's folder.
func TestIdsAreNoPaths(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	writeText(t, bad, strings.Replace(goodStudy, "id: c", "id: ../c", 1))
	refused(t, exitError, `questions[0].id: "../c": want a short name`, "run", "--on", territory(t), "--out", filepath.Join(dir, "out"), bad)
}
