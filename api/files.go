package api

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/api/export"
	"github.com/maillage/maillage/geodata"
)

// geoPackageType is the media type OGC registered for GeoPackage.
const geoPackageType = "application/geopackage+sqlite3"

// file encodes a result as a download called name: all layers in a GeoPackage,
// else the named one.
func file(ctx context.Context, all analyses.Result, name, format, layer string) (*fileOutput, error) {
	i := slices.IndexFunc(all.Layers, func(l geodata.Layer) bool { return l.Name == all.Name+"_"+layer })
	if i < 0 {
		return nil, fmt.Errorf("%s has no layer %q", all.Name, layer)
	}
	return encodeFile(ctx, all, i, name, format)
}

// encodeFile is file for the i-th layer.
func encodeFile(ctx context.Context, all analyses.Result, i int, name, format string) (*fileOutput, error) {
	var buf bytes.Buffer
	var contentType string
	var err error
	if format == "gpkg" {
		contentType = geoPackageType
		err = geoPackage(ctx, &buf, all)
	} else {
		name += "-" + plain(layerName(all, i))
		if format == "csv" {
			contentType = "text/csv; charset=utf-8"
			err = export.CSV(&buf, all.Layers[i], all.Provenance)
		} else {
			contentType = geoJSONType
			err = export.GeoJSON(&buf, all.Layers[i], all.Provenance)
		}
	}
	if err != nil {
		return nil, err
	}
	return &fileOutput{contentType, `attachment; filename="` + name + "." + format + `"`, buf.Bytes()}, nil
}

// geoPackage goes by a file of its own, because SQLite writes files.
func geoPackage(ctx context.Context, buf *bytes.Buffer, r analyses.Result) error {
	folder, err := os.MkdirTemp("", "maillage-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // the system clears its temporary folder
	path := filepath.Join(folder, "result.gpkg")
	if err := export.GeoPackage(ctx, path, r, false); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	_, err = buf.ReadFrom(f)
	return err
}
