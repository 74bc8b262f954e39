package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/gpkg"
	"github.com/maillage/maillage/internal/store/atomicfile"
)

// Extensions are the endings of file names ToFile knows.
var Extensions = []string{".geojson", ".json", ".gpkg", ".csv"}

// MetadataURI names the form of the JSON document in a GeoPackage's metadata: analyses.Provenance.
const MetadataURI = "https://github.com/maillage/maillage"

// CheckPath says whether ToFile knows the format, before anything is computed.
func CheckPath(path string) error {
	extension := strings.ToLower(filepath.Ext(path))
	for _, known := range Extensions {
		if extension == known {
			return nil
		}
	}
	return fmt.Errorf("cannot write %s: unknown format %q: want a name ending in %s", path, extension, strings.Join(Extensions, ", "))
}

// ToFile writes the result at path in the format its extension names: all
// layers to .gpkg, the first to .geojson, .json and .csv (with its description
// beside it, in path-metadata.json). The file appears complete or not at all; an
// existing one is an error (fs.ErrExist) unless overwrite is true.
func ToFile(ctx context.Context, path string, r analyses.Result, overwrite bool) error {
	if err := CheckPath(path); err != nil {
		return err
	}
	if len(r.Layers) == 0 {
		return fmt.Errorf("cannot write %s: the result %s has no layers", path, r.Name)
	}
	first := r.Layers[0]
	switch strings.ToLower(filepath.Ext(path)) {
	case ".gpkg":
		return GeoPackage(ctx, path, r, overwrite)
	case ".csv":
		return csvFiles(ctx, path, r, overwrite)
	default:
		return whole(ctx, path, overwrite, func(w io.Writer) error { return GeoJSON(w, first, r.Provenance) })
	}
}

// GeoPackage writes all layers of the result with their styles, and its
// provenance as metadata. Errors are those of gpkg.Create and WriteLayer.
func GeoPackage(ctx context.Context, path string, r analyses.Result, overwrite bool) error {
	f, err := gpkg.Create(ctx, path, gpkg.Options{Overwrite: overwrite})
	if err != nil {
		return err
	}
	defer f.Abort()
	var notes []string
	for _, n := range r.Provenance.Notes {
		notes = append(notes, n.Fr)
	}
	for i, l := range r.Layers {
		if r.Provenance.Territory.Modelled {
			l.Title.Fr = strings.TrimSpace(l.Title.Fr + " (données modélisées)")
		}
		if err := f.WriteLayer(ctx, l, gpkg.LayerOptions{Description: strings.Join(notes, " "), Style: over(l, i)}); err != nil {
			return err
		}
	}
	provenance, err := appendJSON(nil, r.Provenance)
	if err != nil {
		return fmt.Errorf("cannot write %s: provenance: %w", path, err)
	}
	if err := f.WriteMetadata(ctx, MetadataURI, provenance); err != nil {
		return err
	}
	return f.Commit(ctx)
}

// over is the style of the i-th layer: polygons that lie over the coloured ones
// of the first are outlines with their names, so that they do not hide them.
func over(l geodata.Layer, i int) (s gpkg.Style) {
	if i == 0 || l.Classes != nil || len(l.Geometry) == 0 {
		return s
	}
	switch l.Geometry[0].(type) {
	case orb.Polygon, orb.MultiPolygon:
		s.Outlined = true
		if l.Field("name") != nil {
			s.Label = "name"
		}
	}
	return s
}

func csvFiles(ctx context.Context, path string, r analyses.Result, overwrite bool) error {
	about, err := atomicfile.Create(path+"-metadata.json", overwrite)
	if err != nil {
		return err
	}
	defer about.Abort()
	if err := CSVMetadata(about, filepath.Base(path), r.Layers[0], r.Provenance); err != nil {
		return failed(path, err)
	}
	described := false
	err = whole(ctx, path, overwrite, func(w io.Writer) error {
		if err := CSV(w, r.Layers[0], r.Provenance); err != nil {
			return err
		}
		err := about.Commit()
		described = err == nil
		return err
	})
	if err != nil && described {
		os.Remove(path + "-metadata.json") //nolint:errcheck // a description of nothing; the first error is the one to report
	}
	return err
}

// whole writes one file, complete or not at all.
func whole(ctx context.Context, path string, overwrite bool, write func(io.Writer) error) error {
	f, err := atomicfile.Create(path, overwrite)
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := write(contextWriter{ctx, f}); err != nil {
		return failed(path, err)
	}
	if err := ctx.Err(); err != nil {
		return failed(path, err)
	}
	return f.Commit()
}

// failed names the file, and the cause if it is the disk.
func failed(path string, err error) error {
	var disk *os.PathError
	if errors.As(err, &disk) {
		return atomicfile.Explain(path, err)
	}
	return fmt.Errorf("cannot write %s: %w", path, err)
}

// contextWriter fails once the context has ended.
type contextWriter struct {
	ctx context.Context
	w   io.Writer
}

func (c contextWriter) Write(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(b)
}
