package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing wrong with a scenario.
type Problem struct {
	File  string `json:"file,omitempty"`
	Line  int    `json:"line,omitempty"` // from 1; 0 where the scenario is from no file
	Field string `json:"field"`          // changes[2].create.at; empty for the whole file
	Says  string `json:"says"`           // what is wrong, and what would be right
}

// Error is file:line: field: what is wrong.
func (p Problem) Error() string {
	var where []string
	switch {
	case p.File != "" && p.Line > 0:
		where = append(where, fmt.Sprintf("%s:%d", p.File, p.Line))
	case p.File != "":
		where = append(where, p.File)
	case p.Line > 0:
		where = append(where, fmt.Sprintf("line %d", p.Line))
	}
	if p.Field != "" {
		where = append(where, p.Field)
	}
	return strings.Join(append(where, p.Says), ": ")
}

// Problems are all that is wrong with a scenario, in the order of the lines.
type Problems []Problem

// Error has a line for each.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// err is nil when there are none.
func (ps Problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	slices.SortStableFunc(ps, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return ps
}
