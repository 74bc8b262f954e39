package postgis

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/pgtest"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/layers"
	"github.com/maillage/maillage/internal/store/storetest"
)

//go:embed testdata/qgis.py
var qgisScript string

// seen is what QGIS finds in a view.
type seen struct {
	Valid                     bool
	Count                     int
	CRS, Geometry, Renderer   string
	Extent                    []float64
	Key, Legend               []string
	Fields, Aliases, Comments map[string]string
	Pixels                    map[string]int // of each colour, of 400 × 400
}

// qgis opens the views of a territory in headless QGIS, those that all have and
// those named, or skips the test.
func qgis(t *testing.T, at, territory string, more ...string) map[string]seen {
	t.Helper()
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import qgis.core").Run(); err != nil {
		t.Skip("SKIPPED, NOT CHECKED: QGIS is missing; install the package python3-qgis")
	}
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	password, _ := u.User.Password()
	args := []string{"-c", qgisScript, u.Hostname(), u.Port(), strings.TrimPrefix(u.Path, "/"), u.User.Username(), password, SchemaOf(territory)}
	cmd := exec.Command(python, slices.Concat(args, viewNames, more)...)
	cmd.Env = append(os.Environ(), "QT_QPA_PLATFORM=offscreen", "HOME="+dir, "XDG_RUNTIME_DIR="+dir)
	out, err := cmd.Output()
	views := map[string]seen{}
	if err == nil {
		err = json.Unmarshal(out[max(0, bytes.IndexByte(out, '{')):], &views)
	}
	if err != nil {
		t.Fatalf("QGIS: %v\n%s", err, out)
	}
	return views
}

// layersOf are the views as package layers has them.
func layersOf(s *geodata.Snapshot) map[string]geodata.Layer {
	all := map[string]geodata.Layer{"communes": layers.Communes(s), "carreaux": layers.Cells(s, nil), "equipements": layers.Facilities(s, nil), "routes": layers.Roads(s, nil)}
	if len(s.Zones()) > 0 {
		all["zones"] = layers.Zones(s)
	}
	if len(s.Census()) > 0 {
		all["recensement"] = layers.Census(s)
	}
	if s.Timetable() != nil {
		all["arrets"], all["lignes"] = layers.Stops(s), layers.Lines(s)
	}
	if len(s.OnDemand()) > 0 {
		all["transport_demande"] = layers.OnDemand(s)
	}
	for i, name := range []string{"logements", "rien_encore", "ecoles"}[:len(s.Counts())] { // of storetest.Full
		all["denombrement_"+name] = layers.Counts(s)[i]
	}
	return all
}

func extentOf(l geodata.Layer) []float64 {
	var all orb.MultiPoint
	for _, g := range l.Geometry {
		if g != nil {
			b := g.Bound()
			all = append(all, b.Min, b.Max)
		}
	}
	b := all.Bound()
	return []float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}
}

func TestQGISShowsTheTerritory(t *testing.T) {
	at := pgtest.URL(t)
	s := open(t, at)
	old, snap := storetest.Town(t), storetest.Anjou(t)
	c := old.Content()
	c.Territory.ID = snap.Territory().ID // an older vintage, which nobody sees
	for _, v := range []*geodata.Snapshot{seal(t, c), snap} {
		if err := s.Write(t.Context(), v, store.WriteOptions{Vintage: v.Territory().Name}); err != nil {
			t.Fatal(err)
		}
	}
	found := qgis(t, at, snap.Territory().ID, "arrets", "lignes")
	geometry := map[string]string{"communes": "MultiPolygon", "carreaux": "Polygon", "equipements": "Point", "routes": "LineString", "arrets": "Point", "lignes": "MultiLineString"}
	for name, l := range layersOf(snap) {
		if l.Geometry == nil { // the census is a table
			continue
		}
		v := found[name]
		if !v.Valid || v.Count != len(l.IDs) || v.Count == 0 || v.CRS != "EPSG:4326" || v.Geometry != geometry[name] || !slices.Equal(v.Key, []string{"fid"}) {
			t.Errorf("%s: valid %v, %d of %s in %s with key %q, want %d features with the key fid", name, v.Valid, v.Count, v.Geometry, v.CRS, v.Key, len(l.IDs))
			continue
		}
		for i, want := range extentOf(l) {
			if d := v.Extent[i] - want; d > 1e-6 || d < -1e-6 {
				t.Errorf("%s: extent %v, want %v", name, v.Extent, extentOf(l))
			}
		}
		want := map[string]string{"fid": "numéro", "id": "identifiant"}
		for _, f := range l.Fields {
			label := f.Label.Fr
			if f.Unit != "" {
				label += " (" + f.Unit + ")"
			}
			want[f.Name] = label
			if v.Aliases[f.Name] != label {
				t.Errorf("%s: %s is shown as %q, want %q", name, f.Name, v.Aliases[f.Name], label)
			}
		}
		if diff := cmp.Diff(want, v.Comments); diff != "" {
			t.Errorf("%s: comments: %s", name, diff)
		}
		if l.Classes == nil {
			continue
		}
		for i, class := range l.Classes.Values {
			if v.Renderer != "categorizedSymbol" || v.Legend[i] != class.Label.Fr {
				t.Fatalf("%s: %s, legend %q, want %q in it", name, v.Renderer, v.Legend, class.Label.Fr)
			}
		}
	}
	if v := found["carreaux"]; v.Renderer != "graduatedSymbol" || len(v.Legend) != 5 {
		t.Errorf("carreaux: %s with legend %q", v.Renderer, v.Legend)
	}
	if v := found["communes"]; v.Fields["population"] != "int8" || v.Fields["study"] != "bool" {
		t.Errorf("communes: %v", v.Fields)
	}
}

// TestQGISDrawsTheTerritory looks for the colours of a small town's two homes,
// crèches and classes of roads.
func TestQGISDrawsTheTerritory(t *testing.T) {
	at := pgtest.URL(t)
	s := open(t, at)
	c := storetest.Town(t).Content()
	p, side := c.Population.Cells[0].Centre, .001 // of the home in the east, which is a point
	c.Population.Cells[0].Outline = orb.Ring{p, {p[0] + side, p[1]}, {p[0] + side, p[1] + side}, {p[0], p[1] + side}, p}
	if err := s.Write(t.Context(), seal(t, c), store.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	found := qgis(t, at, "town")
	for name, colours := range map[string][]string{
		"communes":    {"#1f3a5f", "#9aa5b1"}, // studied, neighbour
		"carreaux":    {"#fd8d3c", "#bd0026"}, // 77.000001 and 120.5 inhabitants: more than 77, more than 120
		"equipements": {"#0072b2"},
		"routes":      {"#8e9b3a", "#8d99a6"}, // secondary, residential
	} {
		for _, colour := range colours {
			if n := found[name].Pixels[colour]; n < 20 {
				t.Errorf("%s: %d pixels of %s; legend %q", name, n, colour, found[name].Legend)
			}
		}
	}
}

// TestQGISShowsZonesCountsAndTransport: what few territories have is drawn like the rest,
// and the census, which has no place, is a table.
func TestQGISShowsZonesCountsAndTransport(t *testing.T) {
	at := pgtest.URL(t)
	if err := open(t, at).Write(t.Context(), storetest.Full(t), store.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	found := qgis(t, at, "town", "zones", "denombrement_ecoles", "denombrement_logements", "recensement", "arrets", "lignes", "transport_demande")
	for name, want := range map[string]seen{
		"zones":                  {Count: 4, Geometry: "MultiPolygon", Renderer: "categorizedSymbol", Legend: []string{"iris", "secteurs"}},
		"denombrement_ecoles":    {Count: 2, Geometry: "Point", Renderer: "singleSymbol"},
		"denombrement_logements": {Count: 1, Geometry: "Polygon", Renderer: "singleSymbol"},
		"arrets":                 {Count: 4, Geometry: "Point", Renderer: "singleSymbol"},
		"lignes":                 {Count: 3, Geometry: "MultiLineString", Renderer: "categorizedSymbol", Legend: []string{"train", "métro", "tramway", "car ou bus", "bateau", "autre"}},
	} {
		v := found[name]
		got := seen{Count: v.Count, Geometry: v.Geometry, Renderer: v.Renderer, Legend: v.Legend}
		if diff := cmp.Diff(want, got); diff != "" || !v.Valid || len(v.Pixels) < 2 {
			t.Errorf("%s: valid %v, %d colours: %s", name, v.Valid, len(v.Pixels), diff)
		}
	}
	if v := found["zones"]; v.Aliases["code"] != "code dans le découpage" || v.Comments["name"] != "nom" {
		t.Errorf("zones: %v, %v", v.Aliases, v.Comments)
	}
}

func TestQGISShowsHomesThatArePoints(t *testing.T) {
	at := pgtest.URL(t)
	s := open(t, at)
	if err := s.Write(t.Context(), storetest.Town(t), store.WriteOptions{}); err != nil { // one home is a square, the other a point
		t.Fatal(err)
	}
	if v := qgis(t, at, "town")["carreaux"]; v.Geometry != "Point" || v.Count != 2 || v.Renderer != "graduatedSymbol" {
		t.Errorf("%d of %s as %s, want two points", v.Count, v.Geometry, v.Renderer)
	}
}

// TestViewsSayWhatTheSnapshotSays compares every field of every view with package layers.
func TestViewsSayWhatTheSnapshotSays(t *testing.T) {
	s := open(t, pgtest.URL(t))
	for _, snap := range []*geodata.Snapshot{storetest.Full(t), storetest.Town(t), storetest.Full(t), storetest.Anjou(t)} {
		if err := s.Write(t.Context(), snap, store.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		all := layersOf(snap)
		var views []string
		err := s.pool.QueryRow(t.Context(), "SELECT array_agg(viewname::text ORDER BY viewname) FROM pg_views WHERE schemaname = $1", SchemaOf(snap.Territory().ID)).Scan(&views)
		if want := slices.Sorted(maps.Keys(all)); err != nil || !slices.Equal(views, want) {
			t.Errorf("views %q, want %q; %v", views, want, err)
		}
		for _, name := range slices.Sorted(maps.Keys(all)) {
			l := all[name]
			rows, err := s.pool.Query(t.Context(), fmt.Sprintf("SELECT to_jsonb(v) - 'geom' FROM %s.%s v ORDER BY fid", SchemaOf(snap.Territory().ID), name))
			if err != nil {
				t.Fatal(err)
			}
			i := 0
			for ; rows.Next(); i++ {
				var got map[string]any
				if err := rows.Scan(&got); err != nil {
					t.Fatal(err)
				}
				want := map[string]any{"fid": got["fid"], "id": l.IDs[i]}
				if !strings.HasPrefix(name, countsPrefix) {
					want["fid"] = float64(i + 1)
				}
				if id, ok := got["id"].(float64); ok { // of ways
					got["id"] = fmt.Sprintf("%.0f", id)
				}
				for k := range l.Fields {
					switch value := l.Fields[k].Value(i).(type) {
					case int64:
						want[l.Fields[k].Name] = float64(value)
					case string:
						if want[l.Fields[k].Name] = value; l.Fields[k].Name == "tags" && value == "" {
							want["tags"] = nil
						}
					default:
						want[l.Fields[k].Name] = value
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("%s %d: %s", name, i, diff)
				}
			}
			if rows.Err() != nil || i != len(l.IDs) {
				t.Errorf("%s: %d rows, want %d; %v", name, i, len(l.IDs), rows.Err())
			}
		}
	}
}

func TestEveryColumnIsExplained(t *testing.T) {
	s := open(t, pgtest.URL(t))
	for _, snap := range []*geodata.Snapshot{storetest.Anjou(t), storetest.Full(t)} {
		if err := s.Write(t.Context(), snap, store.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	var columns int
	var silent []string
	err := s.pool.QueryRow(t.Context(), `SELECT count(*), array_agg(attrelid::regclass || '.' || attname ORDER BY 1) FILTER (WHERE col_description(attrelid, attnum) IS NULL)
		FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
		WHERE (nspname = 'maillage' AND relname NOT LIKE 'maillage%' OR nspname LIKE 'territoire%') AND relkind IN ('r', 'p', 'v') AND attnum > 0`).Scan(&columns, &silent)
	if err != nil || len(silent) > 0 || columns < 100 {
		t.Errorf("of %d columns without a comment: %v; %v", columns, silent, err)
	}
}

func TestSchemasOfTerritories(t *testing.T) {
	for id, want := range map[string]string{"200068955": "territoire_200068955", "anjou_loir": "territoire_anjou_loir"} {
		if got := SchemaOf(id); got != want {
			t.Errorf("%q: %s, want %s", id, got, want)
		}
	}
	schemas := map[string]string{}
	for _, id := range []string{"a b", "a-b", "A_b", "é", "日本", strings.Repeat("x", 60), strings.Repeat("x", 61), "a_b"} {
		name := SchemaOf(id)
		if other, taken := schemas[name]; taken || len(name) > 63 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			t.Errorf("%q: %s, like %q", id, name, other)
		}
		schemas[name] = id
	}
}
