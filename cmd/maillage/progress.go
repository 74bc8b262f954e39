package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far long work is: a bar on a terminal, a plain line every
// few seconds elsewhere. Work that ends within a second shows nothing.
type progress struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	off      bool
	what     string
	started  time.Time
	said     time.Time
	bar      *progressbar.ProgressBar
}

const (
	silentFor = time.Second
	lineEvery = 5 * time.Second
)

func (s *session) progress() *progress {
	f, ok := s.err.(*os.File)
	return &progress{w: s.err, terminal: ok && term.IsTerminal(int(f.Fd())), off: s.quiet}
}

// file is load.Options.Progress.
func (p *progress) file(path string, read, size int64) { p.step(filepath.Base(path), read, size) }

// step says that done of total is done of some work; a new name begins new work.
func (p *progress) step(what string, done, total int64) {
	if p.off {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if what != p.what {
		p.clear()
		p.what, p.started, p.said = what, now, now
	}
	if now.Sub(p.started) < silentFor {
		return
	}
	if !p.terminal {
		if now.Sub(p.said) >= lineEvery && total > 0 {
			p.said = now
			fmt.Fprintf(p.w, "%s: %d %%\n", what, 100*done/total)
		}
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(p.w), progressbar.OptionSetDescription(what),
			progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetWidth(30), progressbar.OptionSetPredictTime(true))
	}
	if p.bar.GetMax64() != total { // of several downloads the sizes become known one by one
		p.bar.ChangeMax64(total)
	}
	p.bar.Set64(min(done, total)) //nolint:errcheck // a bar that cannot be drawn is no reason to stop
}

// end removes the bar.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	p.what = ""
}

func (p *progress) clear() {
	if p.bar != nil {
		p.bar.Clear() //nolint:errcheck // as above
		p.bar = nil
	}
}
