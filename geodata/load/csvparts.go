package load

import (
	"bufio"
	"bytes"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// csvPartSize is about how many bytes of a file one processor reads at a time.
const csvPartSize = 256 << 10

// csvPart is a run of whole lines, and what was made of them.
type csvPart[T any] struct {
	text  []byte
	share float64 // of the file up to its end; 0 if unknown
	out   T
	read  int // bytes of text that were read; where it is fewer, the row there needs what follows
	lines int // line ends in them
	ready chan struct{}
}

// eachPart reads the rest of a table on all processors. read is given many parts
// at once and makes something of the rows in a part, as far as they end there;
// take is given one part after the other, in the order of the file. Few rows need
// a window that is not a part: the last line without an end, a field on lines of
// two parts, a quote that is not closed. They go to yield one by one, in their
// place, as all rows do in each.
func eachPart[T any](t *csvTable, read func(*csvPart[T]), take func(*csvPart[T]) error, yield func(*record) error) error {
	rec := t.newRecord()
	cut := &csvCutter{in: t.scan.in, size: t.partSize, share: t.share}
	row, err := t.first, error(nil)
	for next := 0; err == nil; row, err = t.scan.next() {
		if t.fill(&rec, row) {
			if err := yield(&rec); err != nil {
				return err
			}
		}
		if t.scan.flat || t.scan.passed < next {
			continue
		}
		cut.putBack(t.scan.in)
		if err := runParts(t, cut, read, take); err != nil {
			return err
		}
		t.scan.in = cut.rest()
		// Parts are tried again after as much text as one holds: a file in which no
		// row ends with its part costs little more than reading its rows one by one.
		next = t.scan.passed + t.partSize
	}
	return t.end(err)
}

// runParts lets all processors read parts until the file ends or a row needs
// more than its part: there c goes on.
func runParts[T any](t *csvTable, c *csvCutter, read func(*csvPart[T]), take func(*csvPart[T]) error) error {
	n := runtime.GOMAXPROCS(0)
	parts := 2*n + 1
	free, work, order := make(chan *csvPart[T], parts), make(chan *csvPart[T], parts), make(chan *csvPart[T], parts)
	for range parts {
		free <- &csvPart[T]{ready: make(chan struct{}, 1)}
	}
	var stop atomic.Bool
	var all sync.WaitGroup
	all.Go(func() {
		defer close(order)
		defer close(work)
		for p := range free {
			if stop.Load() || !c.cut(&p.text) {
				return
			}
			if c.share != nil {
				p.share = c.share()
			}
			order <- p
			work <- p
		}
	})
	for range n {
		all.Go(func() {
			for p := range work {
				read(p)
				p.ready <- struct{}{}
			}
		})
	}
	var left []byte // of the part that was not read to its end, and of those after it
	var err error
	for p := range order {
		<-p.ready
		if !stop.Load() {
			err = take(p)
			t.scan.line += p.lines
			t.scan.passed += p.read
			stop.Store(err != nil || p.read < len(p.text))
			left = append(left, p.text[p.read:]...)
		} else {
			left = append(left, p.text...)
		}
		free <- p
	}
	all.Wait()
	c.left = append(left, c.left...)
	return err
}

// csvCutter cuts what it reads into parts that end with a line.
type csvCutter struct {
	in     *bufio.Reader
	size   int
	left   []byte         // read, but not part of anything yet
	err    error          // of in, when left is used up
	share  func() float64 // of the file that was read; nil if unknown
	window *bufio.Reader  // that rest returned
}

// cut makes the next part in the memory of text; false where the file ends, or a
// line is longer than a part: what there is stays in left.
func (c *csvCutter) cut(text *[]byte) bool {
	b := slices.Grow((*text)[:0], max(c.size, len(c.left)))
	b = append(b, c.left...)
	for len(b) < c.size && c.err == nil {
		var n int
		n, c.err = c.in.Read(b[len(b):c.size])
		b = b[:len(b)+n]
	}
	end := bytes.LastIndexByte(b, '\n') + 1
	c.left = append(c.left[:0], b[end:]...)
	*text = b[:end]
	return end > 0
}

// rest reads what the parts left over, then what follows in the file.
func (c *csvCutter) rest() *bufio.Reader {
	if c.window == nil {
		c.window = bufio.NewReaderSize(nil, csvWindow)
	}
	c.window.Reset(c)
	return c.window
}

// putBack takes back what the reader that rest returned holds.
func (c *csvCutter) putBack(r *bufio.Reader) {
	if r == c.window {
		held, _ := r.Peek(r.Buffered())
		c.left = slices.Concat(held, c.left)
	}
}

// Read is for rest.
func (c *csvCutter) Read(p []byte) (int, error) {
	if len(c.left) > 0 {
		n := copy(p, c.left)
		c.left = c.left[n:]
		return n, nil
	}
	if c.err != nil {
		return 0, c.err
	}
	return c.in.Read(p)
}
