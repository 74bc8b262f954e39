// Package gpkgtest shows GeoPackages and GeoJSON files to the programs they are
// written for, GDAL and QGIS, and returns what those say. Where a program is
// missing the test is skipped, with a line that says which to install.
package gpkgtest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// python is the interpreter that GDAL's and QGIS's bindings are installed for on Debian and Ubuntu.
const python = "/usr/bin/python3"

//go:embed render.py
var renderScript string

//go:embed describe.py
var describeScript []byte

// Need skips the test unless the program is installed.
func Need(t testing.TB, program, pkg string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("SKIPPED, NOT CHECKED: %s is missing; install the package %s", program, pkg)
	}
}

func needModule(t testing.TB, module, pkg string) {
	t.Helper()
	Need(t, python, "python3")
	if err := exec.Command(python, "-c", "import "+module).Run(); err != nil {
		t.Skipf("SKIPPED, NOT CHECKED: python module %s is missing; install the package %s", module, pkg)
	}
}

// Run runs a program and returns what it prints; a failure, or a word on
// standard error (a warning), fails the test.
func Run(t testing.TB, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil || complaints.Len() > 0 {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, complaints.String())
	}
	return out.String()
}

// OGRInfo returns GDAL's summary of all layers; any warning fails the test.
func OGRInfo(t testing.TB, path string) string {
	t.Helper()
	Need(t, "ogrinfo", "gdal-bin")
	return Run(t, "ogrinfo", "-ro", "-al", "-so", path)
}

// Layer is what GDAL reads of one layer.
type Layer struct {
	Name     string
	Geometry string    // Point, Multi Polygon, None
	EPSG     string    // authority code
	Extent   []float64 // minx, maxx, miny, maxy
	Fields   []string  // "name:Type", with /Subtype where there is one
	Features []Feature
}

// Feature is one feature as GDAL reads it.
type Feature struct {
	WKT    string // empty without geometry
	Valid  bool
	Values map[string]any
}

// Describe reads every layer of a file with GDAL's Python bindings, exceptions
// on, and returns them by name.
func Describe(t testing.TB, path string) map[string]Layer {
	t.Helper()
	needModule(t, "osgeo.ogr", "python3-gdal")
	var layers []Layer
	if err := json.Unmarshal([]byte(Run(t, python, "-c", string(describeScript), path)), &layers); err != nil {
		t.Fatal(err)
	}
	byName := map[string]Layer{}
	for _, l := range layers {
		byName[l.Name] = l
	}
	return byName
}

// Drawing is how QGIS shows a layer with the style it finds in the file.
type Drawing struct {
	Valid      bool
	Renderer   string            // categorizedSymbol, graduatedSymbol, singleSymbol
	Attribute  string            // field of the classes
	Categories []string          // labels in the legend
	Aliases    map[string]string // shown names by field
	Count      int
	PNG        string      // path of the picture
	Image      image.Image `json:"-"`
}

// QGIS runs a Python script that uses QGIS without a window, and returns what it prints.
func QGIS(t testing.TB, script string, args ...string) string {
	t.Helper()
	needModule(t, "qgis.core", "python3-qgis")
	home := t.TempDir()
	cmd := exec.Command(python, append([]string{"-c", script}, args...)...)
	cmd.Env = append(os.Environ(), "QT_QPA_PLATFORM=offscreen", "HOME="+home, "XDG_RUNTIME_DIR="+home)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("QGIS: %v\n%s", err, out)
	}
	return string(out)
}

// Draw opens layers in headless QGIS, with their default styles, and renders
// each 600 × 600 pixels on white. The pictures are also copied to the folder
// KEEP_DRAWINGS, if that variable is set, for people to look at.
func Draw(t testing.TB, path string, layers ...string) map[string]Drawing {
	t.Helper()
	dir := t.TempDir()
	out := QGIS(t, renderScript, append([]string{path, dir}, layers...)...)
	drawings := map[string]Drawing{}
	if err := json.Unmarshal([]byte(out[max(0, strings.IndexByte(out, '{')):]), &drawings); err != nil {
		t.Fatalf("QGIS: %v\n%s", err, out)
	}
	for name, d := range drawings {
		if !d.Valid {
			t.Fatalf("QGIS cannot open layer %s of %s", name, path)
		}
		picture, err := os.ReadFile(filepath.Join(dir, name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		if d.Image, err = png.Decode(bytes.NewReader(picture)); err != nil {
			t.Fatal(err)
		}
		drawings[name] = d
		if keep := os.Getenv("KEEP_DRAWINGS"); keep != "" {
			if err := os.WriteFile(filepath.Join(keep, strings.ReplaceAll(t.Name(), "/", "_")+"_"+name+".png"), picture, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return drawings
}

// Pixels counts the pixels of exactly the colour #rrggbb.
func (d Drawing) Pixels(colour string) int {
	n := 0
	b := d.Image.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBAModel.Convert(d.Image.At(x, y)).(color.NRGBA)
			if hex(c) == strings.ToLower(colour) {
				n++
			}
		}
	}
	return n
}

func hex(c color.NRGBA) string {
	const digits = "0123456789abcdef"
	b := []byte("#")
	for _, v := range []uint8{c.R, c.G, c.B} {
		b = append(b, digits[v>>4], digits[v&15])
	}
	return string(b)
}
