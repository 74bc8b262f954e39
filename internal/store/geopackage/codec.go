package geopackage

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"

	"github.com/paulmach/orb"
)

// A packed chunk is a row of numbers and texts, one after the other: whole
// numbers of variable length (encoding/binary), most of them the difference to
// the one before of the same kind, in two's complement, so that any 64-bit
// numbers fit; real numbers as their 64 bits; texts as their length and bytes.
// The last four bytes are a CRC-32 (Castagnoli) of the others.

var errPacked = errors.New("damaged content")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type packer struct {
	b    []byte
	last [8]int64
}

func (p *packer) uint(v uint64) { p.b = binary.AppendUvarint(p.b, v) }

// count writes a number that is not negative.
func (p *packer) count(n int) { p.uint(uint64(n)) }

// step writes a number as its difference to the last one of the kind.
func (p *packer) step(kind int, v int64) {
	p.b = binary.AppendVarint(p.b, v-p.last[kind])
	p.last[kind] = v
}

func (p *packer) bool(v bool) {
	if v {
		p.count(1)
	} else {
		p.count(0)
	}
}

func (p *packer) point(v orb.Point) {
	for _, x := range v {
		p.b = binary.LittleEndian.AppendUint64(p.b, math.Float64bits(x))
	}
}

func (p *packer) text(s string) {
	p.count(len(s))
	p.b = append(p.b, s...)
}

// bytes ends the chunk.
func (p *packer) bytes() []byte {
	return binary.LittleEndian.AppendUint32(p.b, crc32.Checksum(p.b, castagnoli))
}

// unpacker reads what packer wrote; after the first error all reads give zero.
type unpacker struct {
	rest []byte
	last [8]int64
	bad  bool
}

func newUnpacker(chunk []byte) *unpacker {
	end := len(chunk) - 4
	if end < 0 || crc32.Checksum(chunk[:end], castagnoli) != binary.LittleEndian.Uint32(chunk[end:]) {
		return &unpacker{bad: true}
	}
	return &unpacker{rest: chunk[:end]}
}

func (u *unpacker) fail() { u.bad, u.rest = true, nil }

// uint reads a number that is not negative.
func (u *unpacker) uint() uint64 {
	v, n := binary.Uvarint(u.rest)
	if n <= 0 {
		u.fail()
		return 0
	}
	u.rest = u.rest[n:]
	return v
}

// count reads how many items follow, each of at least so many bytes.
func (u *unpacker) count(bytesEach int) int {
	v := u.uint()
	if v > uint64(len(u.rest))/uint64(bytesEach) {
		u.fail()
		return 0
	}
	return int(v)
}

// index reads a number below n.
func (u *unpacker) index(n int) int {
	v := u.uint()
	if v >= uint64(n) {
		u.fail()
		return 0
	}
	return int(v)
}

func (u *unpacker) step(kind int) int64 {
	v, n := binary.Varint(u.rest)
	if n <= 0 {
		u.fail()
		return 0
	}
	u.rest = u.rest[n:]
	u.last[kind] += v
	return u.last[kind]
}

func (u *unpacker) int32(kind int) int32 {
	v := u.step(kind)
	if v != int64(int32(v)) {
		u.fail()
	}
	return int32(v)
}

func (u *unpacker) bool() bool { return u.index(2) == 1 }

func (u *unpacker) point() (p orb.Point) {
	if len(u.rest) < 16 {
		u.fail()
		return p
	}
	for i := range p {
		p[i] = math.Float64frombits(binary.LittleEndian.Uint64(u.rest[8*i:]))
	}
	u.rest = u.rest[16:]
	return p
}

func (u *unpacker) text() string {
	n := u.count(1)
	s := string(u.rest[:n])
	u.rest = u.rest[n:]
	return s
}

// end is an error unless all was read and nothing was wrong.
func (u *unpacker) end() error {
	if u.bad || len(u.rest) > 0 {
		return errPacked
	}
	return nil
}

// texts collects the different texts of a chunk, in the order they are met.
type texts struct {
	list []string
	at   map[string]int
}

func (t *texts) index(s string) int {
	if i, ok := t.at[s]; ok {
		return i
	}
	if t.at == nil {
		t.at = map[string]int{}
	}
	t.at[s] = len(t.list)
	t.list = append(t.list, s)
	return len(t.list) - 1
}

func (p *packer) texts(t *texts) {
	p.count(len(t.list))
	for _, s := range t.list {
		p.text(s)
	}
}

func (u *unpacker) texts() []string {
	list := make([]string, u.count(1))
	for i := range list {
		list[i] = u.text()
	}
	return list
}
