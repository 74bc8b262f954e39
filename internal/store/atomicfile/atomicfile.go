// Package atomicfile answers: how does a file appear complete or not at all?
//
// It is written under a temporary name beside its target, in the same folder
// and so on the same disk, then given its name in one step. Whatever goes wrong
// before that, the target is untouched and the temporary file is removed.
package atomicfile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// File is a file that is being written. Its Name is the temporary one.
type File struct {
	*os.File
	target    string
	overwrite bool
	done      bool
}

// Create starts a file that Commit will put at path. An existing file there is
// an error (fs.ErrExist) unless overwrite is true; so are a missing folder
// (fs.ErrNotExist), a folder that cannot be written, a path that is a folder.
func Create(path string, overwrite bool) (*File, error) {
	if err := checkTarget(path, overwrite); err != nil {
		return nil, err
	}
	for {
		name := filepath.Join(filepath.Dir(path), ".maillage-"+rand.Text()[:12]+".tmp")
		// 0666 leaves the permissions to the user's umask, as for any new file.
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		switch {
		case err == nil:
			return &File{File: f, target: path, overwrite: overwrite}, nil
		case !errors.Is(err, fs.ErrExist):
			return nil, Explain(path, err)
		}
	}
}

func checkTarget(path string, overwrite bool) error {
	if path == "" {
		return errors.New("cannot write: the file name is empty")
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("cannot write %s: it is a folder; name a file in it", path)
	case err == nil && !overwrite:
		return existsError(path)
	}
	return nil
}

func existsError(path string) error {
	return fmt.Errorf("cannot write %s: %w; choose another name or ask to overwrite it", path, fs.ErrExist)
}

// Commit makes the content durable and gives the file its name. After an error
// nothing is left but what was there before.
func (f *File) Commit() error {
	err := f.Sync()
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = f.publish()
	}
	f.done = true
	if err != nil {
		os.Remove(f.Name()) //nolint:errcheck // the first error is the one to report
		return Explain(f.target, err)
	}
	return nil
}

func (f *File) publish() error {
	if f.overwrite {
		return os.Rename(f.Name(), f.target)
	}
	// A hard link fails if somebody else created the target meanwhile; a rename would replace it.
	err := os.Link(f.Name(), f.target)
	if err == nil {
		return os.Remove(f.Name())
	}
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := checkTarget(f.target, false); err != nil { // a file system without hard links
		return err
	}
	return os.Rename(f.Name(), f.target)
}

// Abort removes the temporary file. After Commit it does nothing, so that it can be deferred.
func (f *File) Abort() {
	if f.done {
		return
	}
	f.done = true
	f.Close()           //nolint:errcheck // the content is thrown away
	os.Remove(f.Name()) //nolint:errcheck // best effort: there is nobody left to tell
}

// Explain says in plain words why path could not be written. The cause stays in the chain.
func Explain(path string, err error) error {
	switch dir := filepath.Dir(path); {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		return existsError(path)
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("cannot write %s: the disk is full: %w", path, err)
	case errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("cannot write %s: folder %s cannot be written: %w", path, dir, err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("cannot write %s: folder %s does not exist: %w", path, dir, err)
	}
	return fmt.Errorf("cannot write %s: %w", path, err)
}
