package postgis

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"
)

// encoder writes rows in the binary form of COPY: numbers big-endian, each field
// after its length, geometries as EWKB. The first value that PostgreSQL cannot
// hold is kept in err, which names the record.
type encoder struct {
	buf  []byte
	kind string // of the record that is being written: commune, cell, …
	id   string // its id; empty where that is number
	num  int64
	err  error
}

func (e *encoder) fail(format string, args ...any) {
	if e.err == nil {
		id := strconv.Quote(e.id)
		if e.id == "" {
			id = strconv.FormatInt(e.num, 10)
		}
		e.err = fmt.Errorf("%s %s: %w", e.kind, id, fmt.Errorf(format, args...))
	}
}

func (e *encoder) int16(v int)  { e.buf = binary.BigEndian.AppendUint16(e.buf, uint16(v)) }
func (e *encoder) length(v int) { e.buf = binary.BigEndian.AppendUint32(e.buf, uint32(v)) }
func (e *encoder) null()        { e.buf = append(e.buf, 0xff, 0xff, 0xff, 0xff) } // length -1
func (e *encoder) bigint(v int64) {
	e.length(8)
	e.buf = binary.BigEndian.AppendUint64(e.buf, uint64(v))
}
func (e *encoder) integer(v int32) {
	e.length(4)
	e.buf = binary.BigEndian.AppendUint32(e.buf, uint32(v))
}

func (e *encoder) bool(v bool) {
	e.length(1)
	if v {
		e.buf = append(e.buf, 1)
	} else {
		e.buf = append(e.buf, 0)
	}
}

// check refuses what is no text to PostgreSQL.
func (e *encoder) check(s string) {
	if !utf8.ValidString(s) {
		e.fail("%q is not UTF-8 text", s)
	}
	if strings.IndexByte(s, 0) >= 0 {
		e.fail("%q has a character U+0000, which PostgreSQL cannot hold", s)
	}
}

func (e *encoder) text(s string) {
	e.check(s)
	e.length(len(s))
	e.buf = append(e.buf, s...)
}

// textOrNull writes a text where it is known.
func (e *encoder) textOrNull(s string, known bool) {
	if known {
		e.text(s)
	} else {
		e.null()
	}
}

// bigints begins an array of n elements, each to be written with bigint.
func (e *encoder) bigints(n int) {
	const typeBigint = 20 // in pg_type
	if n == 0 {
		e.length(12)
		e.length(0) // no dimensions
		e.length(0)
		e.length(typeBigint)
		return
	}
	e.length(20 + n*12)
	e.length(1) // dimension
	e.length(0) // no element is null
	e.length(typeBigint)
	e.length(n)
	e.length(1) // the first element's number
}

// integers begins an array of n elements, each to be written with integer.
func (e *encoder) integers(n int) {
	const typeInteger = 23 // in pg_type
	if n == 0 {
		e.length(12)
		e.length(0) // no dimensions
		e.length(0)
		e.length(typeInteger)
		return
	}
	e.length(20 + n*8)
	e.length(1) // dimension
	e.length(0) // no element is null
	e.length(typeInteger)
	e.length(n)
	e.length(1) // the first element's number
}

const (
	ewkbPoint        = 1
	ewkbLine         = 2
	ewkbPolygon      = 3
	ewkbSRID         = 0x20000000
	ewkbHeader       = 9 // byte order, type, SRID
	srid             = 4326
	bytesPerPosition = 16
)

func (e *encoder) geometry(kind uint32, bytes int) {
	e.length(ewkbHeader + bytes)
	e.buf = append(e.buf, 1) // little-endian
	e.uint32(kind | ewkbSRID)
	e.uint32(srid)
}

// uint32 and position are parts of EWKB.
func (e *encoder) uint32(v uint32) { e.buf = binary.LittleEndian.AppendUint32(e.buf, v) }
func (e *encoder) position(p orb.Point) {
	e.buf = binary.LittleEndian.AppendUint64(e.buf, math.Float64bits(p[0]))
	e.buf = binary.LittleEndian.AppendUint64(e.buf, math.Float64bits(p[1]))
}

func (e *encoder) point(p orb.Point) {
	e.geometry(ewkbPoint, bytesPerPosition)
	e.position(p)
}

// polygon writes a polygon of one ring.
func (e *encoder) polygon(r orb.Ring) {
	e.geometry(ewkbPolygon, 8+bytesPerPosition*len(r))
	e.uint32(1)
	e.uint32(uint32(len(r)))
	for _, p := range r {
		e.position(p)
	}
}

// line begins a line of n points, each to be written with position.
func (e *encoder) line(n int) {
	e.geometry(ewkbLine, 4+bytesPerPosition*n)
	e.uint32(uint32(n))
}

func (e *encoder) bytes(b []byte) {
	e.length(len(b))
	e.buf = append(e.buf, b...)
}

// chunk is how many bytes are sent at a time.
const chunk = 64 << 10

var errStopped = errors.New("the server stopped the copy")

// copyRows sends rows 0..n-1, which row encodes, to a table as they are made:
// no more than a chunk of them is in memory. sent is told how many there are so far.
func copyRows(ctx context.Context, tx pgx.Tx, table, columns string, n int, row func(e *encoder, i int), sent func(int)) error {
	from, to := io.Pipe()
	copied := make(chan error, 1)
	go func() {
		_, err := tx.Conn().PgConn().CopyFrom(ctx, from, fmt.Sprintf("COPY maillage.%s (%s) FROM STDIN (FORMAT binary)", table, columns))
		from.CloseWithError(errStopped) //nolint:errcheck // never fails
		copied <- err
	}()
	err := encodeRows(to, strings.Count(columns, ",")+1, n, row, sent)
	to.CloseWithError(err) //nolint:errcheck // never fails; without an error this is the end of the rows
	if stopped := <-copied; err == nil || errors.Is(err, errStopped) {
		return stopped // nil when all is well
	}
	return err
}

func encodeRows(to io.Writer, fields, n int, row func(e *encoder, i int), sent func(int)) error {
	e := &encoder{buf: append(make([]byte, 0, 2*chunk), "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)}
	for i := range n {
		e.int16(fields)
		row(e, i)
		if e.err != nil {
			return e.err
		}
		if len(e.buf) >= chunk {
			if _, err := to.Write(e.buf); err != nil {
				return err
			}
			e.buf = e.buf[:0]
			sent(i + 1)
		}
	}
	e.int16(-1)
	_, err := to.Write(e.buf)
	return err
}
