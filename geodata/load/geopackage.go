package load

import (
	"context"
	"errors"
)

func openGeoPackage(ctx context.Context, file, layer string, opt Options, rep *FileReport) (*records, error) {
	return nil, errors.New("GeoPackage is not read yet")
}
