package jobs

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// alone gives the child a process group of its own, which dies whole when its
// context ends, and lets the kernel kill it with its worker.
func alone(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// beModest lets whoever serves people go first.
func beModest(p *os.Process) {
	syscall.Setpriority(syscall.PRIO_PGRP, p.Pid, 10) //nolint:errcheck // it then only competes
}

// limitMemory makes every demand for more than that many bytes of data fail, of
// which Go's runtime dies. Files mapped to be read do not count.
func limitMemory(bytes int64) error {
	limit := syscall.Rlimit{Cur: uint64(bytes), Max: uint64(bytes)}
	if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &limit); err != nil {
		return fmt.Errorf("limiting memory to %d MiB: %w", bytes>>20, err)
	}
	return nil
}
