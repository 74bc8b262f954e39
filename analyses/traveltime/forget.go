package traveltime

import "slices"

// Forget keeps no more than the given number of steps to be undone, the latest,
// so that a long session does not fill the memory.
func (x *Incumbent) Forget(keep int) {
	if n := len(x.undo) - keep; n > 0 {
		x.undo = slices.Delete(x.undo, 0, n)
	}
}
