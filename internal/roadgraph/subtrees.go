package roadgraph

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// subtrees divides an elimination tree into work for several threads: small
// whole subtrees, and above them single ranks. A rank's work may begin when that
// of all its children has ended (bottomUp), or that of its parent (topDown).
type subtrees struct {
	parent  []uint32
	roots   []uint32   // of the small subtrees and of trees, rising
	members [][]uint32 // of each small subtree, rising; the root is the last
	above   []uint32   // the ranks outside every small subtree, rising
	waits   []int32    // per rank above: how many roots and ranks are its children
}

const tasksPerThread = 16

// smallestTask is the least size of a subtree; tests lower it.
var smallestTask = 64

func divide(parent []uint32) subtrees {
	n := len(parent)
	size := make([]uint32, n)
	for v := range n {
		size[v]++
		if p := parent[v]; p != noParent {
			size[p] += size[v]
		}
	}
	// The number of tasks must not depend on the machine only for speed: results
	// are the same for any division.
	limit := uint32(max(n/(tasksPerThread*runtime.NumCPU()), smallestTask))
	t := subtrees{parent: parent, waits: make([]int32, n)}
	task := make([]int32, n) // number of the small subtree, -1 above
	for v := n - 1; v >= 0; v-- {
		p := parent[v]
		switch {
		case size[v] > limit:
			task[v] = -1
			t.above = append(t.above, uint32(v))
		case p == noParent || size[p] > limit:
			task[v] = int32(len(t.roots))
			t.roots = append(t.roots, uint32(v))
		default:
			task[v] = task[p]
			continue
		}
		if p != noParent {
			t.waits[p]++
		}
	}
	t.members = make([][]uint32, len(t.roots))
	for v := range n {
		if k := task[v]; k >= 0 {
			t.members[k] = append(t.members[k], uint32(v))
		}
	}
	reverse32(t.above)
	return t
}

func reverse32(s []uint32) {
	for i, j := 0, len(s)-1; i < j; i, j = i+1, j-1 {
		s[i], s[j] = s[j], s[i]
	}
}

// bottomUp calls f for every rank after its children, on all processors. newWorker
// makes the f of one goroutine, so that it can have arrays of its own.
func (t *subtrees) bottomUp(newWorker func() func(v uint32)) {
	left := make([]atomic.Int32, len(t.waits))
	for _, v := range t.above {
		left[v].Store(t.waits[v])
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			f := newWorker()
			for {
				k := int(next.Add(1)) - 1
				if k >= len(t.roots) {
					return
				}
				for _, v := range t.members[k] {
					f(v)
				}
				// Whoever ends the last child of a rank goes on with that rank.
				for p := t.parent[t.roots[k]]; p != noParent && left[p].Add(-1) == 0; p = t.parent[p] {
					f(p)
				}
			}
		})
	}
	wg.Wait()
}

// topDown calls f for every rank after its parent.
func (t *subtrees) topDown(newWorker func() func(v uint32)) {
	f := newWorker()
	for i := len(t.above) - 1; i >= 0; i-- {
		f(t.above[i])
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			f := newWorker()
			for {
				k := int(next.Add(1)) - 1
				if k >= len(t.roots) {
					return
				}
				m := t.members[k]
				for i := len(m) - 1; i >= 0; i-- {
					f(m[i])
				}
			}
		})
	}
	wg.Wait()
}
