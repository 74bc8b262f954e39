package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maillage/maillage/geodata/load"
)

// brokenVillage imports the village with one file replaced.
func brokenVillage(t *testing.T, name, text string, options ...string) (args []string, into string) {
	t.Helper()
	v := newVillage(t)
	v.write(name, text)
	into = filepath.Join(t.TempDir(), "village.gpkg")
	return v.args(into, options...), into
}

// A file that cannot be read at all fails the import, names itself, says what
// would be right, and leaves nothing behind.
func TestUnreadableFilesAreRefused(t *testing.T) {
	page := "<!DOCTYPE html><html><body>404 Not Found</body></html>"
	v := newVillage(t)
	for _, c := range []struct{ file, text, parts string }{
		{"communes.geojson", "", "communes.geojson: empty file"},
		{"cells.csv", "", "cells.csv: empty file"},
		{"roads.geojson", "", "roads.geojson: empty file"},
		{"creches.csv", "", "creches.csv: empty file"},
		{"communes.geojson", page, "communes.geojson: an HTML page"},
		{"cells.csv", page, "cells.csv: an HTML page"},
		{"roads.geojson", page, "roads.geojson: an HTML page"},
		{"creches.csv", page, "creches.csv: an HTML page"},
		{"communes.geojson", `{"type":"FeatureCollection","features":[{"type":"Fea`, "communes.geojson"},
		{"roads.geojson", `{"type":"FeatureCollection","features":[]}`, "roads.geojson: GeoJSON without any feature"},
		{"cells.csv", strings.ReplaceAll(v.read("cells.csv"), ",", " "), "one column|separator"},
		{"creches.csv", strings.ReplaceAll(v.read("creches.csv"), ",", ":"), "one column|separator"},
		{"creches.csv", "id,nom,lon,lat\nc1,Les Lutins,NaN,NaN\n", "no record could be loaded|line 2"},
	} {
		t.Run(c.file+" "+c.parts, func(t *testing.T) {
			args, into := brokenVillage(t, c.file, c.text)
			refused(t, exitError, c.parts, args...)
			if left := names(t, filepath.Dir(into)); left != "" {
				t.Errorf("left behind: %s", left)
			}
		})
	}
}

// A bad record is reported with its place, field, value and reason; the rest
// loads, unless the import is strict.
func TestBadRecordsAreReportedAndTheRestLoads(t *testing.T) {
	v := newVillage(t)
	sound := v.read("cells.csv")
	lon, lat, _ := strings.Cut(at(t, 0, 100), ",")
	for _, c := range []struct {
		what, file, text             string
		record, field, value, reason string
	}{
		{"NaN", "creches.csv", v.read("creches.csv") + "c2,B,NaN," + lat + "\n", "line 3", "lon", "NaN", "not a coordinate"},
		{"infinite", "creches.csv", v.read("creches.csv") + "c2,B," + lon + ",inf\n", "line 3", "lat", "inf", "not a coordinate"},
		{"out of range", "creches.csv", v.read("creches.csv") + "c2,B,190," + lat + "\n", "line 3", "lon, lat", "190", "-180 to 180"},
		{"swapped", "creches.csv", v.read("creches.csv") + "c2,B," + lat + "," + lon + "\n", "line 3", "lon, lat", lat, "swapped"},
		{"duplicate", "cells.csv", sound + cellID(1) + ",5,1\n", "line 7", "idcar_200m", cellID(1), "already on line 3"},
		{"negative", "cells.csv", strings.Replace(sound, ",10,", ",-10,", 1), "line 2", "ind", "-10", "negative"},
		{"NaN people", "cells.csv", strings.Replace(sound, ",10,", ",NaN,", 1), "line 2", "ind", "NaN", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			args, into := brokenVillage(t, c.file, c.text)
			reportFile := filepath.Join(t.TempDir(), "report.json")
			type summary struct {
				Rejected int
				Report   load.Report
			}
			sum := decode[summary](t, done(t, append(args, "--json", "--report", reportFile)...).out)
			if sum.Rejected != 1 {
				t.Fatalf("%d rejected, want 1", sum.Rejected)
			}
			for _, f := range sum.Report.Files {
				if len(f.Rejected) == 0 {
					continue
				}
				x := f.Rejected[0]
				if filepath.Base(f.File) != c.file || x.Record != c.record || x.Field != c.field || !strings.Contains(x.Value, c.value) || !strings.Contains(x.Reason, c.reason) {
					t.Errorf("%s: %s", f.File, x)
				}
			}
			text, err := os.ReadFile(reportFile)
			if err != nil || !strings.Contains(string(text), c.record) {
				t.Error(err, string(text))
			}
			if err := os.Remove(into); err != nil {
				t.Fatal(err)
			}
			refused(t, exitError, "strict|"+c.record, append(args, "--strict")...)
			if left := names(t, filepath.Dir(into)); left != "" {
				t.Errorf("left behind: %s", left)
			}
		})
	}
}

func TestUnknownCommuneCodes(t *testing.T) {
	v := newVillage(t)
	into := filepath.Join(t.TempDir(), "v.gpkg")
	refused(t, exitError, "unknown commune code 49999|2 communes", v.args(into, "--study-area", "49901,49999")...)
	refused(t, exitError, "no commune of EPCI 999999999", v.args(into, "--study-area", "999999999")...)
	refused(t, exitError, "study area 49901: no commune outlines|--communes", "import", "--into", into, "--id", "v", "--roads", filepath.Join(v.dir, "roads.geojson"),
		"--population", filepath.Join(v.dir, "cells.csv"), "--study-area", "49901")
}

// A facility far out in the ocean is outside the area: counted, like the rest of
// a national list. One at sea nearby is rejected, by name. One beyond the walk
// from any road, yet near enough to be meant, stays, and nobody gets there.
func TestFacilityInTheSea(t *testing.T) {
	v := newVillage(t)
	v.write("creches.csv", v.read("creches.csv")+"ocean,Atlantique,-6,46\nsea,Au large,"+at(t, 500, 5000)+"\nremote,Lisière,"+at(t, 500, 1600)+"\n")
	file := filepath.Join(t.TempDir(), "v.gpkg")
	type summary struct {
		Facilities map[string]int
		Rejected   int
		Report     load.Report
	}
	sum := decode[summary](t, done(t, v.args(file, "--json")...).out)
	list := sum.Report.Files[len(sum.Report.Files)-1]
	if sum.Facilities["creche"] != 2 || list.Outside != 1 || sum.Rejected != 1 {
		t.Fatalf("%v facilities, %d outside, %d rejected", sum.Facilities, list.Outside, sum.Rejected)
	}
	if x := list.Rejected[0]; x.Record != "facility sea" || x.Field != "location" || !strings.Contains(x.Reason, "km from any road, at sea or misplaced") {
		t.Error(x)
	}
	csv := filepath.Join(t.TempDir(), "t.csv")
	times := decode[timesSummary](t, done(t, "times", "--on", file, "--service", "creche", "--out", csv, "--json").out)
	if times.Facilities != 2 || times.Reached != 5 {
		t.Errorf("%+v: want the five cells to reach the one on the road", times)
	}
	if text, _ := os.ReadFile(csv); !strings.Contains(string(text), fmt.Sprintf("%s,remote,\n", cellID(0))) {
		t.Errorf("no empty time to the remote one in\n%s", text)
	}
}

// Projected coordinates are asked for, never guessed.
func TestCoordinatesWithoutASystemAreAskedFor(t *testing.T) {
	v := newVillage(t)
	v.write("creches.csv", "nom;x;y\nLes Lutins;440000,5;6731000\n")
	into := filepath.Join(t.TempDir(), "v.gpkg")
	refused(t, exitError, "creches.csv: line 2|(440000.5, 6731000)|Lambert-93|--epsg 2154", v.args(into)...)
}

func TestTruncatedAndRoadlessPBF(t *testing.T) {
	v := newVillage(t)
	whole := filepath.Join(sharedData(t, "liechtenstein"), "liechtenstein.osm.pbf")
	b, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	v.write("half.osm.pbf", string(b[:len(b)/3]))
	// The first block of a PBF is its header: whole, and without a single road.
	header := 4 + int(b[0])<<24 + int(b[1])<<16 + int(b[2])<<8 + int(b[3])
	size := blobSize(t, b[4:header])
	v.write("roadless.osm.pbf", string(b[:header+size]))
	into := filepath.Join(t.TempDir(), "v.gpkg")
	refused(t, exitError, "half.osm.pbf: the file ends in the middle", "import", "--into", into, "--id", "v", "--roads", filepath.Join(v.dir, "half.osm.pbf"))
	refused(t, exitError, "roadless.osm.pbf|no roads", "import", "--into", into, "--id", "v", "--roads", filepath.Join(v.dir, "roadless.osm.pbf"))
	if left := names(t, filepath.Dir(into)); left != "" {
		t.Errorf("left behind: %s", left)
	}
}

// blobSize reads datasize, field 3, of a BlobHeader.
func blobSize(t *testing.T, header []byte) int {
	t.Helper()
	for i := 0; i < len(header); {
		tag := header[i]
		n, shift := 0, 0
		for i++; ; i++ {
			n |= int(header[i]&0x7f) << shift
			shift += 7
			if header[i] < 0x80 {
				i++
				break
			}
		}
		if tag == 3<<3 {
			return n
		}
		i += n
	}
	t.Fatal("no datasize")
	return 0
}

func TestTargetThatExistsIsKept(t *testing.T) {
	v := newVillage(t)
	file := v.write("there.gpkg", "mine")
	refused(t, exitError, "there.gpkg|--overwrite", v.args(file)...)
	if v.read("there.gpkg") != "mine" {
		t.Error("the file that was there is gone")
	}
	done(t, v.args(file, "--overwrite")...)
	if v.read("there.gpkg") == "mine" {
		t.Error("not overwritten")
	}
}
