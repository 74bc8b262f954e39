package roadgraph

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"
	"unsafe"
)

// An image is a file of arrays that is mapped into memory as it is: opening it
// costs the reading of its checksums, not the building of what it holds. It is
// written for one kind of machine (sizes and byte order are checked), and
// belongs to a key: whatever it was computed from.
//
// Layout: magic (16 bytes), version, number of arrays (uint32 each), key (32
// bytes), checksum of the table (uint32), 4 zero bytes; then the table, for each
// array its offset, bytes (uint64), element size and checksum (uint32); then the
// arrays, each at a multiple of 64 bytes. Numbers are little-endian, checksums
// CRC-32C.
const (
	imageMagic   = "maillage network"
	imageVersion = 1
	headerBytes  = 64
	entryBytes   = 24
	imageAlign   = 64
)

// Errors of images.
var (
	// ErrStale: the image belongs to another key or another version of the program.
	ErrStale = errors.New("the saved network was computed from something else")
	// ErrDamaged: the image is cut short or its bytes have changed.
	ErrDamaged = errors.New("the saved network is damaged")
)

// Array is a slice of plain fixed-size values that an image can hold.
type Array interface {
	bytes() []byte
	size() int
	set(b []byte)
}

type array[T any] struct{ p *[]T }

// ArrayOf lets an image save and restore the slice at p, whose elements must
// hold no pointers.
func ArrayOf[T any](p *[]T) Array { return array[T]{p} }

func (a array[T]) size() int { var t T; return int(unsafe.Sizeof(t)) }

func (a array[T]) bytes() []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(*a.p))), len(*a.p)*a.size())
}

func (a array[T]) set(b []byte) {
	*a.p = unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/a.size())
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// WriteImage writes the arrays.
func WriteImage(w io.Writer, key [32]byte, arrays []Array) error {
	table := make([]byte, 0, len(arrays)*entryBytes)
	offset := align(headerBytes + len(arrays)*entryBytes)
	for _, a := range arrays {
		b := a.bytes()
		table = binary.LittleEndian.AppendUint64(table, uint64(offset))
		table = binary.LittleEndian.AppendUint64(table, uint64(len(b)))
		table = binary.LittleEndian.AppendUint32(table, uint32(a.size()))
		table = binary.LittleEndian.AppendUint32(table, crc32.Checksum(b, castagnoli))
		offset = align(offset + len(b))
	}
	head := append([]byte(imageMagic), make([]byte, 8)...)
	binary.LittleEndian.PutUint32(head[16:], imageVersion)
	binary.LittleEndian.PutUint32(head[20:], uint32(len(arrays)))
	head = append(head, key[:]...)
	head = binary.LittleEndian.AppendUint32(head, crc32.Checksum(table, castagnoli))
	head = append(head, make([]byte, headerBytes-len(head))...)
	out := bufio.NewWriterSize(w, 1<<20)
	at := 0
	put := func(b []byte) {
		out.Write(b) //nolint:errcheck // Flush reports it
		at += len(b)
		pad := align(at) - at
		if at > headerBytes {
			out.Write(make([]byte, pad)) //nolint:errcheck // as above
			at += pad
		}
	}
	put(head)
	put(table)
	for _, a := range arrays {
		put(a.bytes())
	}
	return out.Flush()
}

func align(n int) int { return (n + imageAlign - 1) / imageAlign * imageAlign }

// ReadImage points the arrays into the bytes of an image, which must start at an
// address that is a multiple of 64 and must not change afterwards. It checks
// everything first: ErrStale or ErrDamaged leaves the arrays as they were.
func ReadImage(data []byte, key [32]byte, arrays []Array) error {
	if len(data) < headerBytes || string(data[:16]) != imageMagic {
		return fmt.Errorf("%w: it is not a saved network", ErrDamaged)
	}
	if binary.LittleEndian.Uint32(data[16:]) != imageVersion || int(binary.LittleEndian.Uint32(data[20:])) != len(arrays) || [32]byte(data[24:56]) != key {
		return ErrStale
	}
	end := headerBytes + len(arrays)*entryBytes
	if len(data) < end || crc32.Checksum(data[headerBytes:end], castagnoli) != binary.LittleEndian.Uint32(data[56:]) {
		return fmt.Errorf("%w: its table", ErrDamaged)
	}
	parts := make([][]byte, len(arrays))
	sums := make([]uint32, len(arrays))
	for i, a := range arrays {
		entry := data[headerBytes+i*entryBytes:]
		offset, size := binary.LittleEndian.Uint64(entry), binary.LittleEndian.Uint64(entry[8:])
		if int(binary.LittleEndian.Uint32(entry[16:])) != a.size() {
			return ErrStale
		}
		if offset > uint64(len(data)) || size > uint64(len(data))-offset || size%uint64(a.size()) != 0 {
			return fmt.Errorf("%w: it is cut short", ErrDamaged)
		}
		parts[i], sums[i] = data[offset:offset+size], binary.LittleEndian.Uint32(entry[20:])
	}
	faults := make([]error, len(arrays))
	var wg sync.WaitGroup
	for i := range parts {
		wg.Go(func() {
			if crc32.Checksum(parts[i], castagnoli) != sums[i] {
				faults[i] = fmt.Errorf("%w: array %d", ErrDamaged, i)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(faults...); err != nil {
		return err
	}
	for i, a := range arrays {
		a.set(parts[i])
	}
	return nil
}
