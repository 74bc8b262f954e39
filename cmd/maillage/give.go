package main

import (
	"fmt"
	"path/filepath"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/api/export"
)

// outcome is what a command says in the end.
type outcome struct {
	out       string // file for the layers; empty for none
	overwrite bool
	json      bool
	result    any                    // for --json
	layers    func() analyses.Result // for the file
	print     func()                 // for a person
}

// give writes the file, then the answer as JSON or for a person.
func (s *session) give(a outcome) error {
	if a.out != "" {
		if err := export.ToFile(s.ctx, a.out, a.layers(), a.overwrite); err != nil {
			return err
		}
	}
	switch {
	case a.json:
		return printJSON(s.out, a.result)
	case s.quiet:
		return nil
	}
	a.print()
	if a.out != "" {
		fmt.Fprintf(s.out, "→ %s\n", filepath.Clean(a.out))
	}
	return nil
}
