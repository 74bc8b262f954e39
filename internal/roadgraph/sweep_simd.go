//go:build goexperiment.simd && amd64

package roadgraph

import (
	"simd/archsimd"
	"unsafe"
)

// Kernel names the sweep in use.
var Kernel = func() string {
	if archsimd.X86.AVX2() {
		return "AVX2"
	}
	return "scalar"
}()

func sweep(first []uint32, arcs []Arc, rows []Row, touched []uint32) {
	if archsimd.X86.AVX2() {
		sweepAVX2(first, arcs, rows, touched)
		return
	}
	sweepScalar(first, arcs, rows, touched)
}

// sweepAVX2 is sweepScalar on two registers of eight times. Rows are addressed
// without bounds checks: positions come from Select, which makes them smaller
// than the row they are read for, and the loop would spend a third of its time on
// the checks.
func sweepAVX2(first []uint32, arcs []Arc, rows []Row, touched []uint32) {
	if len(rows) == 0 {
		return
	}
	base := unsafe.Pointer(unsafe.SliceData(rows))
	none := archsimd.BroadcastUint32x8(Infinity)
	next := uint32(len(rows))
	k := 0
	if len(touched) > 0 {
		next = touched[0]
	}
	from := first[0]
	for p := range uint32(len(rows)) {
		to := first[p+1]
		row := unsafe.Add(base, uintptr(p)*64)
		low, high := none, none
		if p == next {
			low = archsimd.LoadUint32x8((*[8]uint32)(row))
			high = archsimd.LoadUint32x8((*[8]uint32)(unsafe.Add(row, 32)))
			k++
			next = uint32(len(rows))
			if k < len(touched) {
				next = touched[k]
			}
		}
		for _, a := range arcs[from:to] {
			over := unsafe.Add(base, uintptr(a.To)*64)
			w := archsimd.BroadcastUint32x8(a.Weight)
			low = low.Min(archsimd.LoadUint32x8((*[8]uint32)(over)).Add(w))
			high = high.Min(archsimd.LoadUint32x8((*[8]uint32)(unsafe.Add(over, 32))).Add(w))
		}
		low.Store((*[8]uint32)(row))
		high.Store((*[8]uint32)(unsafe.Add(row, 32)))
		from = to
	}
}
