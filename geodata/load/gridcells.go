package load

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/crs"
)

// gridCells are the cells read so far and what it takes to find one that comes
// twice. A country has millions, so they lie in few pieces of memory: the squares
// of one grid are numbers until all are there and in order, and get their ids and
// outlines then, neighbours beside one another. Only a duplicate, which is rare,
// has the ids indexed.
type gridCells struct {
	pop     geodata.Population
	taken   squareSet
	places  recordPlaces     // where each cell stood
	index   map[string]int32 // the cell of an id; of the first indexed cells only
	indexed int
	named   bool       // cells have their ids and outlines already
	first   crs.GridID // the others are like it, unless named
	numbers []uint64   // of all cells, unless named: see number
}

// number is a square's northing and easting. Squares of one system and size, with
// as many digits in both, have numbers in the order of their ids.
func number(g crs.GridID) uint64 { return uint64(g.N)<<32 | uint64(g.E) }

func (c *gridCells) square(number uint64) crs.GridID {
	return crs.GridID{EPSG: c.first.EPSG, Size: c.first.Size, N: int(number >> 32), E: int(uint32(number))}
}

// alike says that a square's number can stand for it.
func (c *gridCells) alike(g crs.GridID) bool {
	return g.EPSG == c.first.EPSG && g.Size == c.first.Size && digits(g.N) == digits(c.first.N) && digits(g.E) == digits(c.first.E)
}

func digits(v int) (n int) {
	for ; v > 0; v /= 10 {
		n++
	}
	return n
}

// seen says where a cell stood that has come before; the id of a point is no square.
func (c *gridCells) seen(id string, square crs.GridID) (where string, ok bool) {
	if square.EPSG != 0 && !c.taken.has(square) {
		return "", false
	}
	if c.index == nil {
		c.index = map[string]int32{}
	}
	for ; c.indexed < len(c.pop.Cells); c.indexed++ {
		name := c.pop.Cells[c.indexed].ID
		if !c.named {
			name = c.square(c.numbers[c.indexed]).String()
		}
		c.index[name] = int32(c.indexed)
	}
	i, ok := c.index[id]
	if !ok {
		return "", false
	}
	return c.places.at(int(i)), true
}

// add appends a cell, without its counts; of a square, without its outline and
// perhaps its id.
func (c *gridCells) add(cell geodata.Cell, square crs.GridID) error {
	if len(c.pop.Cells) == 0 {
		c.first, c.named = square, square.EPSG == 0
	}
	if !c.named && !c.alike(square) {
		if err := c.name(context.Background()); err != nil {
			return err
		}
	}
	switch {
	case !c.named:
		cell.ID = ""
		c.numbers = append(c.numbers, number(square))
	case square.EPSG != 0:
		ring, err := square.Ring()
		if err != nil {
			return fmt.Errorf("cell %s: %w", square, err)
		}
		cell.ID, cell.Outline = square.String(), ring
	}
	c.pop.Cells = append(c.pop.Cells, cell)
	return nil
}

// reserve makes room for more cells. From the share of the file that was read it
// foresees how many there will be, so that a large grid grows once: to copy it
// would take its memory twice. Memory that is reserved and not written to costs
// nothing.
func (c *gridCells) reserve(more int, share float64) {
	need := len(c.pop.Cells) + more
	if need <= cap(c.pop.Cells) {
		return
	}
	want := 2 * need
	if need > 20_000 && share > 0 { // enough to be like the rest, unless the file's size is a lie
		want = max(need+need/4, int(float64(need)/max(share, 0.004)*1.05))
	}
	c.pop.Cells = grown(c.pop.Cells, want)
	c.numbers = grown(c.numbers, want)
	c.places.numbers = grown(c.places.numbers, want)
	for k := range c.pop.Columns {
		c.pop.Columns[k].Values = grown(c.pop.Columns[k].Values, want)
	}
}

// grown is s with room for n values. Unlike append and slices.Grow it does not
// write zeros behind them, which would make the memory count.
func grown[T any](s []T, n int) []T {
	if n <= cap(s) {
		return s
	}
	out := make([]T, len(s), n)
	copy(out, s)
	return out
}

// finish puts the cells in the order of their ids.
func (c *gridCells) finish(ctx context.Context) error {
	c.taken, c.index = squareSet{}, nil
	c.pop.Cells = fitted(c.pop.Cells)
	for k := range c.pop.Columns {
		c.pop.Columns[k].Values = fitted(c.pop.Columns[k].Values)
	}
	if c.named || len(c.pop.Cells) == 0 {
		c.pop.SortCells()
		return nil
	}
	order, ok := c.sortNumbers()
	if !ok {
		err := c.name(ctx)
		c.pop.SortCells()
		return err
	}
	c.pop.Reorder(order)
	return c.name(ctx)
}

// fitted gives back memory where much more was foreseen than came.
func fitted[T any](s []T) []T {
	if cap(s)-len(s) > len(s)/4 {
		return append([]T(nil), s...)
	}
	return s
}

// sortNumbers sorts the numbers and returns where each of them was, in the memory
// of places. It is not ok, and changes nothing, where a square's place in the grid and its place in the
// file do not fit into one number: the grid is too fine for how wide it is.
func (c *gridCells) sortNumbers() (order []int32, ok bool) {
	f := frameOfNumbers(c.numbers, c.first.Size)
	shift := bits.Len(uint(len(c.numbers)))
	if bits.Len64(f.rows*f.columns)+shift > 64 {
		return nil, false
	}
	for i, n := range c.numbers {
		c.numbers[i] = ((n>>32-f.n)/f.step*f.columns+(n&math.MaxUint32-f.e)/f.step)<<shift | uint64(i)
	}
	slices.Sort(c.numbers)
	order = c.places.numbers // which are not needed any more; there are as many
	for i, n := range c.numbers {
		order[i] = int32(n & (1<<shift - 1))
		n >>= shift
		c.numbers[i] = (f.n+n/f.columns*f.step)<<32 | (f.e + n%f.columns*f.step)
	}
	return order, true
}

// numberFrame is the rectangle that squares lie in: its lower left corner, the
// step from one to the next, and how many steps it is high and wide.
type numberFrame struct{ n, e, step, rows, columns uint64 }

func frameOfNumbers(numbers []uint64, size int) numberFrame {
	f := numberFrame{n: math.MaxUint32, e: math.MaxUint32, step: uint64(size)}
	top, right := uint64(0), uint64(0)
	for _, n := range numbers {
		f.n, f.e = min(f.n, n>>32), min(f.e, n&math.MaxUint32)
		top, right = max(top, n>>32), max(right, n&math.MaxUint32)
	}
	for _, n := range numbers {
		if (n>>32-f.n)%f.step != 0 || (n&math.MaxUint32-f.e)%f.step != 0 {
			f.step = 1 // squares of two grids
		}
	}
	f.rows, f.columns = (top-f.n)/f.step+1, (right-f.e)/f.step+1
	return f
}

// name gives all cells their ids and outlines.
func (c *gridCells) name(ctx context.Context) error {
	var mu sync.Mutex
	var errs []error
	err := inRuns(ctx, len(c.numbers), func() func(from, to int) {
		n := namer{gridCells: c}
		return func(from, to int) {
			if err := n.name(from, to); err != nil {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		}
	})
	c.named, c.numbers = true, nil
	return errors.Join(append(errs, err)...)
}

// namer names some of the cells.
type namer struct {
	*gridCells
	rings crs.Rings
	ids   []byte // of a run, one behind the other
	ends  []int  // of each in ids
}

func (n *namer) name(from, to int) (err error) {
	points := make([]orb.Point, 0, 5*(to-from))
	n.ids, n.ends = n.ids[:0], n.ends[:0]
	for i := from; i < to; i++ {
		g := n.square(n.numbers[i])
		if points, err = n.rings.Append(points, g); err != nil {
			return fmt.Errorf("cell %s: %w", g, err)
		}
		n.pop.Cells[i].Outline = orb.Ring(points[len(points)-5 : len(points) : len(points)])
		n.ids = g.Append(n.ids)
		n.ends = append(n.ends, len(n.ids))
	}
	text, start := string(n.ids), 0
	for i, end := range n.ends {
		n.pop.Cells[from+i].ID, start = text[start:end], end
	}
	return nil
}

// squareSet holds squares of grids: a bit each, in blocks of 32 × 32.
type squareSet struct {
	grids  map[crs.GridID]squareBlocks // a grid is named by its square nearest to the origin
	last   crs.GridID                  // the grid asked for last, and
	blocks squareBlocks                // its blocks
}

// squareBlocks are a grid's, by northing and easting in blocks.
type squareBlocks map[uint64]*[32]uint32

// of returns the blocks of a square's grid, the one it lies in, and which bit of
// which row in that stands for it.
func (s *squareSet) of(g crs.GridID) (blocks squareBlocks, block uint64, row int, bit uint32) {
	grid := crs.GridID{EPSG: g.EPSG, Size: g.Size, N: g.N % g.Size, E: g.E % g.Size}
	if s.blocks == nil || grid != s.last {
		if s.blocks = s.grids[grid]; s.blocks == nil {
			if s.grids == nil {
				s.grids = map[crs.GridID]squareBlocks{}
			}
			s.blocks = squareBlocks{}
			s.grids[grid] = s.blocks
		}
		s.last = grid
	}
	n, e := g.N/g.Size, g.E/g.Size
	return s.blocks, uint64(n/32)<<32 | uint64(e/32), n % 32, 1 << (e % 32)
}

func (s *squareSet) has(g crs.GridID) bool {
	blocks, block, row, bit := s.of(g)
	rows := blocks[block]
	return rows != nil && rows[row]&bit != 0
}

// add is false if the square is there already.
func (s *squareSet) add(g crs.GridID) bool {
	blocks, block, row, bit := s.of(g)
	rows := blocks[block]
	if rows == nil {
		rows = new([32]uint32)
		blocks[block] = rows
	}
	if rows[row]&bit != 0 {
		return false
	}
	rows[row] |= bit
	return true
}

// recordPlaces are the places of records, such as "line 12": mostly the same word
// with another number.
type recordPlaces struct {
	word    string
	numbers []int32
	others  map[int]string // by index, what is not the word and a number
}

func (p *recordPlaces) add(where string) {
	word, number, _ := strings.Cut(where, " ")
	n, err := strconv.ParseInt(number, 10, 32)
	if len(p.numbers) == 0 {
		p.word = word
	}
	if err != nil || word != p.word || strconv.FormatInt(n, 10) != number {
		if p.others == nil {
			p.others = map[int]string{}
		}
		p.others[len(p.numbers)] = where
	}
	p.numbers = append(p.numbers, int32(n))
}

// addLine is add for a line.
func (p *recordPlaces) addLine(n int) {
	if len(p.numbers) == 0 {
		p.word = "line"
	}
	if p.word != "line" {
		p.add(fmt.Sprintf("line %d", n))
		return
	}
	p.numbers = append(p.numbers, int32(n))
}

func (p *recordPlaces) at(i int) string {
	if where, ok := p.others[i]; ok {
		return where
	}
	return fmt.Sprintf("%s %d", p.word, p.numbers[i])
}
