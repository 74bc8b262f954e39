//go:build unix

package fetch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockFolder keeps other processes out of the cache until unlock is called, or
// this process ends.
func lockFolder(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, cacheError(err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		f.Close()
		return nil, fmt.Errorf("another fetch is using the cache %s: wait for it, or choose another folder with --cache", dir)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("the cache %s cannot be held: %w", dir, err)
	}
	return func() { f.Close() }, nil
}
