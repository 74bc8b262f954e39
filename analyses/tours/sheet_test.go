package tours

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/sebdah/goldie/v2"

	"github.com/maillage/maillage/geodata"
)

func golden(t *testing.T, suffix string) *goldie.Goldie {
	t.Helper()
	return goldie.New(t, goldie.WithFixtureDir("testdata"), goldie.WithNameSuffix(".golden."+suffix))
}

// toldPlan is a plan with all there is to tell of.
func toldPlan(t testing.TB, r *Result) *Result {
	t.Helper()
	r.Provenance.Snapshot, r.Provenance.Version = "0123456789abcdef", "0.0.0" // what is told does not hang on the hash
	r.Missing = []Missing{{geodata.Text{Fr: "Aucune visite à Nulle-Part <b>.", En: "No visit in Nowhere <b>."}, "10003"}}
	r.Provenance.Notes = []geodata.Text{{Fr: "Vitesses de jour.", En: "Daytime speeds."}}
	r.Provenance.Sources = []geodata.Source{{Layer: "roads", Name: "OpenStreetMap", Publisher: "OSM", Licence: "ODbL 1.0", Vintage: "2026"}}
	return r
}

func TestTheWeekAsText(t *testing.T) {
	_, r := cartPlan(t)
	golden(t, "md").Assert(t, "week_fr", []byte(WeekText(r, "fr")))
	golden(t, "md").Assert(t, "fortnight_en", []byte(WeekText(cartFortnight(t), "en")))
	r.Visits, r.Stops[2].Name = r.Visits[3:], "a | b\nc"
	if text := WeekText(r, "fr"); !strings.Contains(text, `| a \| b c |`) {
		t.Errorf("a name ends a cell:\n%s", text)
	}
	r.Visits = nil
	if text := WeekText(r, "fr"); !strings.Contains(text, "Aucune visite") || strings.Contains(text, "|") {
		t.Errorf("without visits:\n%s", text)
	}
}

func TestTheSheet(t *testing.T) {
	_, week := cartPlan(t)
	for name, c := range map[string]struct {
		r    *Result
		lang string
	}{"week_fr": {week, "fr"}, "fortnight_en": {cartFortnight(t), "en"}} {
		page, err := Sheet(toldPlan(t, c.r), c.lang)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "html").Assert(t, name, page)
		accessible(t, name, string(page), c.lang)
	}
}

// accessible wants what a reader of the page by ear needs: its language, headers that
// say what they are of, tables with captions, and words for the map.
func accessible(t *testing.T, name, page, lang string) {
	t.Helper()
	if !strings.Contains(page, `<html lang="`+lang+`">`) {
		t.Errorf("%s: no language", name)
	}
	if n := strings.Count(page, "<th") - strings.Count(page, "<thead"); n == 0 || n != strings.Count(page, "<th scope=") {
		t.Errorf("%s: of %d headers %d say what they are of", name, n, strings.Count(page, "<th scope="))
	}
	if n := strings.Count(page, "<table>"); n == 0 || n != strings.Count(page, "<caption>") {
		t.Errorf("%s: %d tables, %d captions", name, n, strings.Count(page, "<caption>"))
	}
	if !regexp.MustCompile(`<svg [^>]*role="img" aria-labelledby="map-t map-d"><title id="map-t">[^<]+</title><desc id="map-d">[^<]+</desc>`).MatchString(page) {
		t.Errorf("%s: the map has no words", name)
	}
	for _, bad := range []string{"<script", "http://", "https://", "<b>", "<halle>", "%!", "NaN", "ZgotmplZ"} {
		if strings.Contains(page, bad) {
			t.Errorf("%s: the page has %q", name, bad)
		}
	}
	// Elements that are opened are closed, in order.
	d := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(page, "<!DOCTYPE html>")))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var open []string
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		switch x := token.(type) {
		case xml.StartElement:
			if x.Name.Local != "meta" {
				open = append(open, x.Name.Local)
			}
		case xml.EndElement:
			if x.Name.Local == "meta" {
				continue
			}
			if n := len(open); n == 0 || open[n-1] != x.Name.Local {
				t.Fatalf("%s: </%s> closes %v", name, x.Name.Local, open)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("%s: left open: %v", name, open)
	}
}

// A plan without vehicles, visits, stops and people is a page too.
func TestTheSheetOfNothing(t *testing.T) {
	page, err := Sheet(&Result{Service: geodata.Service{Label: geodata.Text{Fr: "Bus"}}, Status: Proven}, "fr")
	if err != nil || !bytes.Contains(page, []byte("Aucune visite")) || bytes.Contains(page, []byte("<svg")) {
		t.Errorf("%v: %s", err, page)
	}
}

func TestNumbersForPeople(t *testing.T) {
	for _, c := range []struct {
		v      float64
		digits int
		fr, en string
	}{{1234567.25, 1, "1\u202f234\u202f567,2", "1,234,567.2"}, {999.5, 0, "1\u202f000", "1,000"}, {-0.01, 1, "0,0", "0.0"}, {-1234, 0, "\u22121\u202f234", "\u22121,234"}} {
		if fr, en := (wording{"fr"}).number(c.v, c.digits), (wording{"en"}).number(c.v, c.digits); fr != c.fr || en != c.en {
			t.Errorf("%v: %q and %q, want %q and %q", c.v, fr, en, c.fr, c.en)
		}
	}
}
