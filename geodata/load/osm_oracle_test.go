package load

import (
	"compress/gzip"
	"context"
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/paulmach/osm"
	"github.com/paulmach/osm/osmxml"

	"github.com/maillage/maillage/geodata"
)

// elements lists the elements of a file as text, by kind and id.
type elements struct {
	mu   sync.Mutex
	text map[string]string
}

func (e *elements) add(kind string, id int64, format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.text[fmt.Sprintf("%s %d", kind, id)] = fmt.Sprintf(format, args...)
}

// ours reads a file with the readers of this package.
func ours(t *testing.T, path string) map[string]string {
	t.Helper()
	format, err := osmFormat(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	e := &elements{text: map[string]string{}}
	file := &osmFile{path: path, format: format}
	err = file.scan(context.Background(), osmVisitor{
		node: func(n *osmNode) {
			e.add("node", n.id, "%d %d %v", n.lon, n.lat, n.tags)
		},
		way: func(w *osmWay) {
			e.add("way", w.id, "%v %v", w.refs, w.tags)
		},
		relation: func(r *osmRelation) {
			var members []string
			for _, m := range r.members {
				members = append(members, fmt.Sprintf("%s:%s%d", m.role, osmKinds[m.kind], m.ref))
			}
			e.add("relation", r.id, "%v %v", members, r.tags)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e.text
}

// theirs reads OSM XML with the independent reader of paulmach/osm.
func theirs(t *testing.T, path string) map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	tags := func(tags osm.Tags) (out []geodata.Tag) {
		for _, tag := range tags {
			out = append(out, geodata.Tag{Key: tag.Key, Value: tag.Value})
		}
		return out
	}
	e := &elements{text: map[string]string{}}
	scanner := osmxml.New(context.Background(), z)
	defer scanner.Close()
	for scanner.Scan() {
		switch o := scanner.Object().(type) {
		case *osm.Node:
			e.add("node", int64(o.ID), "%d %d %v", geodata.Fixed(o.Lon), geodata.Fixed(o.Lat), tags(o.Tags))
		case *osm.Way:
			var refs []int64
			for _, n := range o.Nodes {
				refs = append(refs, int64(n.ID))
			}
			e.add("way", int64(o.ID), "%v %v", refs, tags(o.Tags))
		case *osm.Relation:
			var members []string
			for _, m := range o.Members {
				members = append(members, fmt.Sprintf("%s:%s%d", m.Role, m.Type, m.Ref))
			}
			e.add("relation", int64(o.ID), "%v %v", members, tags(o.Tags))
		}
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return e.text
}

// TestAnotherReaderFindsTheSameElements compares every element of a real
// extract: this package's XML and PBF readers against paulmach/osm.
func TestAnotherReaderFindsTheSameElements(t *testing.T) {
	want := theirs(t, sharedFile(t, "bayreuth/north-bayreuth.osm.gz"))
	if len(want) < 10_000 {
		t.Fatalf("only %d elements", len(want))
	}
	for _, name := range []string{"bayreuth/north-bayreuth.osm.gz", "bayreuth/north-bayreuth.osm.pbf"} {
		got := ours(t, sharedFile(t, name))
		if maps.Equal(got, want) {
			continue
		}
		var differences []string
		for id, text := range want {
			if got[id] != text && len(differences) < 5 {
				differences = append(differences, fmt.Sprintf("%s: %q, not %q", id, got[id], text))
			}
		}
		t.Errorf("%s: %d elements, want %d\n%s", name, len(got), len(want), strings.Join(differences, "\n"))
	}
}
