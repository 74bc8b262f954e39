//go:build unix

package roadgraph

import (
	"fmt"
	"os"
	"syscall"
)

// MapFile maps a file into memory, read-only, for as long as the process lives.
// Replacing the file by another of the same name does not disturb it.
func MapFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() == 0 {
		return nil, fmt.Errorf("%s: %w: it is empty", path, ErrDamaged)
	}
	return syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
}
