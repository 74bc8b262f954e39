package load

import (
	"bufio"
	"errors"
)

func openGeoJSON(in *bufio.Reader, rep *FileReport) (*records, error) {
	return nil, errors.New("GeoJSON is not read yet")
}
