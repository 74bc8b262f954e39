//go:build !unix

package roadgraph

import (
	"os"
	"unsafe"
)

// MapFile reads a file into memory that starts at a multiple of 64.
func MapFile(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	room := make([]byte, len(b)+imageAlign)
	shift := -int(uintptr(unsafe.Pointer(unsafe.SliceData(room)))) & (imageAlign - 1)
	return room[shift : shift+copy(room[shift:], b)], nil
}
