package coverage

import (
	"context"
	"fmt"
	"os"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/geodata/load"
)

const packs = "../../../shared/data/"

// figures are one row's in short.
func figures(name string, r Row) string {
	text := name + ":"
	for k := range r.Covered {
		share, _ := r.Share(k)
		text += fmt.Sprintf(" %.2f", 100*share)
	}
	for k := range r.CoveredKm {
		share, _ := r.ShareKm(k)
		text += fmt.Sprintf(" km %.2f", 100*share)
	}
	text += fmt.Sprintf(" mean %.1f", *r.Mean)
	if s := r.Spread; s != nil {
		text += fmt.Sprintf(" p90 %.1f unreached %.1f gini %.4f", *s.P90, *s.WorstUnreached, *s.Gini)
		if s.Worst != nil {
			text += fmt.Sprintf(" worst %.1f", *s.Worst)
		}
	}
	return text
}

// The real packs in full: how a change moves what people are told.
func TestRealPacksInFull(t *testing.T) {
	if _, err := os.Stat(packs); err != nil {
		t.Skipf("SKIPPED: needs the open data packs in ../shared/data: %v", err)
	}
	anjou := load.Spec{ID: "anjou", Communes: []string{packs + "anjou/communes.geojson"}, Population: []string{packs + "anjou/census2021_1km.csv"}, Roads: []string{packs + "anjou/roads_main.geojson"},
		Facilities: []load.FacilityFile{{Service: "france_services", Path: packs + "anjou/france_services_2024-08-01.csv"}}, StudyArea: "200068955", Buffer: 20_000}
	country := func(name, osm string) load.Spec {
		return load.Spec{ID: name, Population: []string{packs + name + "/census2021_1km.csv"}, Roads: []string{packs + name + "/" + osm},
			Facilities: []load.FacilityFile{{Service: "town_hall", Path: packs + name + "/" + osm}}}
	}
	for _, c := range []struct {
		spec load.Spec
		p    Params
		want []string
	}{
		{anjou, Params{Service: "france_services", WithinKm: []float64{2, 5, 10}, Detailed: true, CompareBorder: true}, []string{
			"all: 67.94 92.05 95.20 km 12.69 km 25.12 km 73.56 mean 728.7 p90 1081.2 unreached 48.0 gini 0.2219", // 1357 of a tenth of 28280 are not reached
			"crossed by 12: 67.94 92.05 95.20 mean 728.7 p90 1081.2 unreached 48.0 gini 0.2219",
			"inside 2: 50.81 76.04 94.87 mean 849.9 p90 1369.4 unreached 48.0 gini 0.2599",
		}},
		{anjou, Params{Service: "france_services", Nth: 2}, []string{"all: 9.45 46.02 93.69 mean 1190.0"}},
		{country("bayreuth", "north-bayreuth.osm.pbf"), Params{Service: "town_hall", WithinKm: []float64{2, 5}, Detailed: true}, []string{"all: 2.87 5.75 km 2.05 km 5.72 mean 810.1 p90 1701.3 unreached 100.0 gini 0.3936"}},
		{country("liechtenstein", "liechtenstein.osm.pbf"), Params{Service: "town_hall", WithinKm: []float64{2, 5}, Detailed: true}, []string{"all: 5.33 10.39 km 3.34 km 10.21 mean 770.4 p90 1433.9 unreached 100.0 gini 0.3352"}},
	} {
		s, _, err := load.Territory(context.Background(), c.spec, load.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r := run(t, s, c.p)
		got := []string{figures("all", r.Territory)}
		if e := r.BorderEffect; e != nil {
			got = append(got, figures(fmt.Sprint("crossed by ", e.Crossed.Facilities), e.Crossed.Territory), figures(fmt.Sprint("inside ", e.Inside.Facilities), e.Inside.Territory))
		}
		if diff := gocmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.spec.ID, diff)
		}
	}
}
