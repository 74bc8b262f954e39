//go:build !(goexperiment.simd && amd64)

package roadgraph

// Kernel names the sweep in use.
const Kernel = "scalar"

func sweep(first []uint32, arcs []Arc, rows []Row, touched []uint32) {
	sweepScalar(first, arcs, rows, touched)
}
