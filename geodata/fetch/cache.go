package fetch

import (
	"cmp"
	"crypto/md5" //nolint:gosec // the publisher's sum against accidents, not against forgers
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"time"
)

// lockName is the file in the cache that says what was fetched.
const lockName = "maillage.lock.json"

// Fetched is what the lock file keeps of a file: which one it was, when it came.
type Fetched struct {
	URL    string    `json:"url"`
	SHA256 string    `json:"sha256"`
	Bytes  int64     `json:"bytes"`
	At     time.Time `json:"fetched"`
	stamp
}

// Lock is the content of the lock file: the files of the cache, by name.
type Lock struct {
	Version int                `json:"version"`
	Files   map[string]Fetched `json:"files"`
}

var sha256Hex = regexp.MustCompile(`^[0-9a-f]{64}$`)

// ParseLock reads a lock file. Names that could leave the cache, sums that are
// none and versions of other programs are errors that name the entry.
func ParseLock(text []byte) (Lock, error) {
	var l Lock
	if err := json.Unmarshal(text, &l); err != nil {
		return Lock{}, fmt.Errorf("not a lock file: %w", err)
	}
	if l.Version != 1 {
		return Lock{}, fmt.Errorf("lock file of version %d: this program knows 1", l.Version)
	}
	for name, f := range l.Files {
		switch {
		case !fileName.MatchString(name):
			return Lock{}, fmt.Errorf("lock file: %q is not a file name", name)
		case !sha256Hex.MatchString(f.SHA256):
			return Lock{}, fmt.Errorf("lock file: %s: %q is not a SHA-256 in 64 hexadecimal digits", name, f.SHA256)
		case f.Bytes < 0:
			return Lock{}, fmt.Errorf("lock file: %s: %d bytes", name, f.Bytes)
		}
	}
	if l.Files == nil {
		l.Files = map[string]Fetched{}
	}
	return l, nil
}

// DefaultCache is where files are kept when nobody says: $XDG_CACHE_HOME/maillage
// or what the system has in its place.
func DefaultCache() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder for the cache: name one with --cache (%w)", err)
	}
	return filepath.Join(dir, "maillage"), nil
}

// cache is a folder of fetched files and what is known of them.
type cache struct {
	dir    string
	unlock func()
	mu     sync.Mutex
	lock   Lock
}

// openCache makes the folder if needed and holds it for this process alone.
func openCache(dir string) (*cache, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, cacheError(err)
	}
	unlock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	c := &cache{dir: dir, unlock: unlock}
	if c.lock, err = readLock(dir); err != nil {
		unlock()
		return nil, err
	}
	return c, nil
}

func readLock(dir string) (Lock, error) {
	text, err := os.ReadFile(filepath.Join(dir, lockName))
	if isMissing(err) {
		return Lock{Version: 1, Files: map[string]Fetched{}}, nil
	}
	if err != nil {
		return Lock{}, err
	}
	l, err := ParseLock(text)
	if err != nil {
		return l, fmt.Errorf("%s: %w; remove it to fetch everything again", filepath.Join(dir, lockName), err)
	}
	return l, nil
}

func (c *cache) close() { c.unlock() }

func (c *cache) path(name string) string { return filepath.Join(c.dir, name) }

func (c *cache) entry(name string) (Fetched, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, ok := c.lock.Files[name]
	return f, ok
}

// keep records a file and moves it to its name. The record comes first: a file
// that is not as recorded is fetched again, one without a record too.
func (c *cache) keep(name, part string, f Fetched) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lock.Files[name] = f
	text, err := json.MarshalIndent(c.lock, "", "  ")
	if err == nil {
		err = writeWhole(c.path(lockName), append(text, '\n'))
	}
	if err == nil {
		err = os.Rename(part, c.path(name))
	}
	if err != nil {
		return cacheError(err)
	}
	os.Remove(part + ".json") //nolint:errcheck // of no use any more
	return nil
}

// cacheError is a failure to write the cache.
func cacheError(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("the disk is full: free some space, or choose another folder with --cache (%w)", err)
	}
	return fmt.Errorf("the cache cannot be written: %w", err)
}

// writeWhole writes a small file, or leaves the old one.
func writeWhole(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = cmp.Or(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name()) //nolint:errcheck // a temporary file
	}
	return err
}

// errChanged is a file of the cache that is not what was fetched.
var errChanged = errors.New("it is not what was fetched")

// verify says whether a file of the cache is there and as it came: isMissing, errChanged, or nil.
func (c *cache) verify(name string) (Fetched, error) {
	f, ok := c.entry(name)
	if !ok {
		return f, os.ErrNotExist
	}
	sums, err := sumFile(c.path(name))
	if err != nil {
		return f, err
	}
	if sums.sha256 != f.SHA256 {
		return f, fmt.Errorf("%s: %w on %s (its SHA-256 is %s…, was %s…)", c.path(name), errChanged, f.At.Format(time.DateOnly), sums.sha256[:12], f.SHA256[:12])
	}
	return f, nil
}

type sums struct {
	sha256, md5 string
	bytes       int64
}

func sumFile(path string) (sums, error) {
	f, err := os.Open(path)
	if err != nil {
		return sums{}, err
	}
	defer f.Close()
	s, m := sha256.New(), md5.New() //nolint:gosec // as above
	n, err := io.Copy(io.MultiWriter(s, m), f)
	return sums{hex.EncodeToString(s.Sum(nil)), hex.EncodeToString(m.Sum(nil)), n}, err
}
