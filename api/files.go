package api

import (
	"context"
	"fmt"
	"io"

	"github.com/maillage/maillage/analyses/coverage"
)

// write encodes a result as a file and returns its content type.
func (s *server) write(_ context.Context, _ io.Writer, _ *coverage.Result, format string) (string, error) {
	return "", fmt.Errorf("format %q", format)
}
