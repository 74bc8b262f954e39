package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/planar"

	"github.com/maillage/maillage/analyses/isochrone"
	"github.com/maillage/maillage/analyses/route"
	"github.com/maillage/maillage/api"
	"github.com/maillage/maillage/geodata"
)

func collection(t *testing.T, h http.Handler, target string) *geojson.FeatureCollection {
	t.Helper()
	w := call(h, "GET", target, "")
	if w.Code != 200 {
		t.Fatalf("%s: %d %s", target, w.Code, w.Body)
	}
	fc, err := geojson.UnmarshalFeatureCollection(w.Body.Bytes())
	if err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	return fc
}

func TestIsochronesHoldTheCellsWithinTheirTime(t *testing.T) {
	h := handler(t, nil)
	s := street(t)
	hall := s.Facilities()[2] // after bus and east
	point := fmt.Sprintf("lon=%.7f&lat=%.7f", hall.Location[0], hall.Location[1])
	// On foot at 5 km/h: 1 km in 12 minutes, 2 km in 24. The hall stands 2 km east
	// of the street's western end, cells every 200 m.
	fc := collection(t, h, "/api/v1/isochrones?facility=hall&mode=foot&within=25m,13m")
	if len(fc.Features) != 2 || fc.Features[0].ID != "within_25m" || fc.Features[1].ID != "within_13m" {
		t.Fatalf("%d features; want the larger area first", len(fc.Features))
	}
	for i, want := range []int{21, 11} {
		in := 0
		for _, c := range s.Population().Cells {
			if planar.MultiPolygonContains(fc.Features[i].Geometry.(orb.MultiPolygon), c.Centre) {
				in++
			}
		}
		if got := fc.Features[i].Properties["population"]; in != want || got != float64(4*want) {
			t.Errorf("%v: %d cells, %v people; want %d and %d", fc.Features[i].ID, in, got, want, 4*want)
		}
	}
	same := call(h, "GET", "/api/v1/isochrones?"+point+"&mode=foot&within=13m,25m", "")
	if same.Code != 200 {
		t.Errorf("the facility's own place: %d %s", same.Code, same.Body)
	}
	metres := 0.0
	for _, f := range collection(t, h, "/api/v1/isochrones?"+point+"&mode=foot&within=12m&layer=roads").Features {
		if f.Geometry.GeoJSONType() != "LineString" || f.Properties["ref"] != "D 1" {
			t.Errorf("%v", f.Properties)
		}
		metres += f.Properties["metres"].(float64)
	}
	if metres < 1995 || metres > 2001 {
		t.Errorf("%.1f m of road within 12 minutes on foot, want a kilometre either way", metres)
	}
}

func TestARouteTellsItsRoads(t *testing.T) {
	h := handler(t, nil)
	fc := collection(t, h, "/api/v1/routes?from=c20&to=hall&mode=foot")
	var metres, seconds float64
	for _, f := range fc.Features {
		metres += f.Properties["metres"].(float64)
		seconds += f.Properties["seconds"].(float64)
	}
	last := fc.Features[len(fc.Features)-1]
	// c20 lies 4 km along the street, the hall 2 km.
	if metres < 1999 || metres > 2001 || seconds < 1439 || seconds > 1441 || last.Properties["arrival"].(float64) != seconds {
		t.Errorf("%.1f m in %.3f s, arriving at %v", metres, seconds, last.Properties["arrival"])
	}
	named := false
	for _, f := range fc.Features {
		named = named || (f.Properties["road"] == "D 1" && f.Properties["class"] == "secondary")
	}
	if !named {
		t.Errorf("the D 1 is not among the roads: %v", fc.Features[0].Properties)
	}
	about := fc.ExtraMembers["maillage"].(map[string]any)
	if about["modelled"] != true || !strings.Contains(fmt.Sprint(about["title"]), "Mairie") {
		t.Errorf("%v", about["title"])
	}
}

func TestTravelQuestionsThatCannotBeAnswered(t *testing.T) {
	h := handler(t, nil)
	for target, want := range map[string]struct {
		status   int
		location string
		says     string
	}{
		"isochrones":                                   {422, "query.lon", "name a point"},
		"isochrones?lon=1":                             {422, "query.lon", "both lon and lat"},
		"isochrones?lon=NaN&lat=0":                     {422, "query.lon", "not a longitude"},
		"isochrones?lon=x&lat=0":                       {422, "query.lon", ""},
		"isochrones?lon=3&lat=47":                      {422, "query.lon", "off_network"},
		"isochrones?facility=pool":                     {422, "query.facility", "no facility"},
		"isochrones?facility=hall&lon=0&lat=0":         {422, "query.facility", "not both"},
		"isochrones?facility=hall&mode=boat":           {422, "query.mode", "unknown mode"},
		"isochrones?facility=hall&within=10":           {422, "query.within[0]", "want a duration"},
		"isochrones?facility=hall&direction=up":        {422, "query.direction", ""},
		"routes?from=c01":                              {422, "query.to", ""},
		"routes?from=nowhere&to=hall":                  {422, "query.from", "is no cell"},
		"routes?from=c01&to=" + url.QueryEscape("x,y"): {422, "query.to", "is no facility"},
		"routes?from=farm&to=hall":                     {404, "", "no route: off_network: from"},
	} {
		w := call(h, "GET", "/api/v1/"+target, "")
		if w.Code != want.status || w.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(w.Body.String(), want.says) ||
			!strings.Contains(w.Body.String(), `"`+want.location) || w.Header().Get("ETag") != "" {
			t.Errorf("%s: %d %s, want %d at %s: %s", target, w.Code, w.Body, want.status, want.location, want.says)
		}
	}
}

func TestTravelAnswersAreKeptAndTagged(t *testing.T) {
	runs := 0
	h := handler(t, func(c *api.Config) {
		isochrones, routes := c.Isochrone, c.Route
		c.Isochrone = func(ctx context.Context, s *geodata.Snapshot, p isochrone.Params) (*isochrone.Result, error) {
			runs++
			return isochrones(ctx, s, p)
		}
		c.Route = func(ctx context.Context, s *geodata.Snapshot, p route.Params) (*route.Result, error) {
			runs++
			return routes(ctx, s, p)
		}
	})
	for _, target := range []string{"/api/v1/isochrones?facility=hall&within=5m", "/api/v1/routes?from=c01&to=hall"} {
		runs = 0
		first := call(h, "GET", target, "")
		again := call(h, "GET", target, "")
		if runs != 1 || first.Body.String() != again.Body.String() {
			t.Errorf("%s: %d runs for one question", target, runs)
		}
		if w := call(h, "GET", target, "", "If-None-Match", first.Header().Get("ETag")); w.Code != 304 || runs != 1 {
			t.Errorf("%s: %d for what the client has, %d runs", target, w.Code, runs)
		}
	}
	// Roads and areas are one answer.
	runs = 0
	call(h, "GET", "/api/v1/isochrones?facility=hall&within=5m&layer=roads", "")
	if runs != 0 {
		t.Error("the roads were computed again")
	}
}

func TestAServerMayLeaveTravelOut(t *testing.T) {
	h := handler(t, func(c *api.Config) { c.Isochrone, c.Route = nil, nil })
	for _, target := range []string{"/api/v1/isochrones?facility=hall", "/api/v1/routes?from=c01&to=hall"} {
		if w := call(h, "GET", target, ""); w.Code != 404 {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
}
