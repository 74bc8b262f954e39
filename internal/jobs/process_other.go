//go:build !linux

package jobs

import (
	"os"
	"os/exec"
)

// alone leaves the child as it is: it dies because its standard input ends.
func alone(*exec.Cmd) {}

func beModest(*os.Process) {}

// limitMemory cannot set a hard limit here; the garbage collector's is set.
func limitMemory(int64) error { return nil }
