package api_test

import (
	"archive/zip"
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/api"
	"github.com/maillage/maillage/geodata/anjou"
)

// The bus's week is downloaded as a calendar, a timetable and a page; other analyses
// have no such forms.
func TestToursAreDownloaded(t *testing.T) {
	s, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	h := handler(t, func(c *api.Config) { c.Snapshot = s })
	const tours = "/api/v1/analyses/tours?service=france_services&within=10m&effort=1&"
	for form, want := range map[string]string{
		"format=ics&first_monday=20270104": "BEGIN:VCALENDAR", "format=html&lang=en": `<html lang="en"`, "format=csv&layer=visits": "town_hall-", "format=tables": `"name":"stops"`,
	} {
		w := call(h, "GET", tours+form, "")
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d, no %q in %.300s", form, w.Code, want, w.Body)
		}
	}
	w := call(h, "GET", tours+"format=gtfs&first_monday=20270104&agency_url=https://www.example.fr", "")
	feed, err := zip.NewReader(bytes.NewReader(w.Body.Bytes()), int64(w.Body.Len()))
	if w.Code != http.StatusOK || err != nil || len(feed.File) < 6 {
		t.Errorf("gtfs: %d, %v, %.300s", w.Code, err, w.Body)
	}
	for form, want := range map[string]string{
		tours + "format=ics&first_monday=20270105": "query.first_monday", tours + "format=gtfs&first_monday=20270104": "query.agency_url",
		"/api/v1/analyses/itinerant?service=france_services&format=ics": "query.format", tours + "weeks=9": "query.weeks",
		"/api/v1/analyses/tours?service=france_services&effort=401": "query.effort",
	} {
		if w := call(h, "GET", form, ""); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d, %.300s: want 422 about %s", form, w.Code, w.Body, want)
		}
	}
}
