package geodata

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Any ids come out as a stable sort of whole texts leaves them: short, empty,
// equal, with bytes of zero, and alike for many times the eight bytes that are
// compared at once.
func TestCellsAreSortedAsTextsAre(t *testing.T) {
	piece := rapid.SampledFrom([]string{"", "a", "b", "\x00", "CRS3035RES200mN", "eight by", "é"})
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			return strings.Join(rapid.SliceOfN(piece, 0, 4).Draw(t, "pieces"), "")
		}), 0, 60).Draw(t, "ids")
		cells := make([]Cell, len(ids))
		want := make([]int32, len(ids))
		for i, id := range ids {
			cells[i].ID, want[i] = id, int32(i)
		}
		slices.SortStableFunc(want, func(a, b int32) int { return cmp.Compare(ids[a], ids[b]) })
		got := idOrder(cells)
		if got == nil && slices.IsSorted(ids) {
			return
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q in the order %v, want %v", ids, got, want)
		}
	})
}

// shuffled is a grid of n cells whose column k holds, at each cell, 100 times the
// number in its id and k: what belongs together can be told.
func shuffled(n int, seed uint64) Population {
	p := Population{Columns: make([]Column, 3)}
	for _, i := range rand.New(rand.NewPCG(seed, 0)).Perm(n) {
		p.Cells = append(p.Cells, Cell{ID: fmt.Sprintf("CRS3035RES200mN%07dE%07d", i/700*200, i%700*200)})
		for k := range p.Columns {
			p.Columns[k].Name = string(rune('c' - k))
			p.Columns[k].Values = append(p.Columns[k].Values, Amount(100*i+k))
		}
	}
	return p
}

func TestSortCellsMovesEveryColumnAlong(t *testing.T) {
	const n = 200_000 // more than one part of the work is large enough for a processor of its own
	p := shuffled(n, 1)
	first := &p.Cells[0]
	p.SortCells()
	if &p.Cells[0] != first {
		t.Error("the cells are a copy: they should be moved where they are")
	}
	for i := range n {
		id := fmt.Sprintf("CRS3035RES200mN%07dE%07d", i/700*200, i%700*200)
		for k := range p.Columns {
			if p.Cells[i].ID != id || p.Columns[k].Values[i] != Amount(100*i+k) {
				t.Fatalf("place %d: %s with %d in column %d, want %s with %d", i, p.Cells[i].ID, p.Columns[k].Values[i], k, id, 100*i+k)
			}
		}
	}
	if p.Columns[0].Name != "c" {
		t.Error("the columns changed places: only cells should")
	}
}

// Content shares the values of columns: a snapshot made of it in another order
// of cells must not change the one it came from.
func TestSnapshotLeavesSharedColumnsAlone(t *testing.T) {
	s, err := NewSnapshot(Content{Territory: Territory{ID: "t"}, Population: shuffled(50, 2)})
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(s.Population().Columns[0].Values)
	c := s.Content()
	slices.Reverse(c.Population.Cells)
	if _, err := NewSnapshot(c); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(before, s.Population().Columns[0].Values) {
		t.Error("sealing a changed copy moved values of the snapshot it was taken from")
	}
}

// The hash is that of all the bytes in one piece, however many times the buffer
// is filled and handed over.
func TestCanonHashesWhatIsWritten(t *testing.T) {
	for _, n := range []int{0, 1, canonBuffer / 8, canonBuffer/8 + 2, 7 * canonBuffer / 8} {
		var want bytes.Buffer
		integer := func(v int) { binary.Write(&want, binary.LittleEndian, int64(v)) }
		c := newCanon("test")
		integer(4)
		want.WriteString("test")
		for i := range n {
			c.int(int64(i))
			integer(i)
		}
		long := strings.Repeat("x", 3*canonBuffer)
		c.text(long)
		integer(len(long))
		want.WriteString(long)
		sum := sha256.Sum256(want.Bytes())
		if got := c.sum(); got != hex.EncodeToString(sum[:]) {
			t.Errorf("%d numbers and a long text: hash %s, want %x", n, got, sum)
		}
	}
}
