package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
)

// say chooses the text in the session's language.
func (s *session) say(fr, en string) string {
	return geodata.Text{Fr: fr, En: en}.In(s.lang)
}

func (s *session) mode(id string) string {
	return profile.ModeLabel(id).In(s.lang)
}

// people writes a rounded number with thousands apart, as each language does.
func (s *session) people(a geodata.Amount) string {
	return s.thousands(fmt.Sprint((int64(a) + int64(geodata.Unit)/2) / int64(geodata.Unit)))
}

// thousands sets digits apart in threes.
func (s *session) thousands(digits string) string {
	var groups []string
	for len(digits) > 3 {
		groups = append([]string{digits[len(digits)-3:]}, groups...)
		digits = digits[:len(digits)-3]
	}
	return strings.Join(append([]string{digits}, groups...), s.say("\u202f", ","))
}

func (s *session) percent(share float64, ok bool) string {
	if !ok {
		return "–"
	}
	return s.decimal(100*share) + s.say("\u202f%", "%")
}

func (s *session) decimal(v float64) string {
	return strings.Replace(fmt.Sprintf("%.1f", v), ".", s.say(",", "."), 1)
}

// average writes seconds as minutes.
func (s *session) average(seconds *float64) string {
	if seconds == nil {
		return "–"
	}
	return s.decimal(*seconds/60) + " min"
}

func minutes(t coverage.Threshold) string {
	d := time.Duration(t)
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return d.String()
}

func counts(m map[string]int) string {
	if len(m) == 0 {
		return "–"
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s %d", k, m[k]))
	}
	return strings.Join(parts, ", ")
}

// table is a table of text: the first column to the left, the others to the
// right. A heading may have several lines.
type table struct{ rows [][]string } // nil is a rule

func newTable(head ...string) *table { return &table{[][]string{head}} }

func (t *table) head(more ...string) { t.rows[0] = append(t.rows[0], more...) }
func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }
func (t *table) rule()               { t.rows = append(t.rows, nil) }

func (t *table) write(w io.Writer) {
	heads := lines(t.rows[0])
	rows := append(slices.Clone(heads), t.rows[1:]...)
	widths := make([]int, len(t.rows[0]))
	for _, r := range rows {
		for i, c := range r {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	total := 2 * (len(widths) - 1)
	for _, n := range widths {
		total += n
	}
	line := strings.Repeat("─", total)
	for k, r := range rows {
		var b strings.Builder
		for i, c := range r {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
			if i == 0 {
				b.WriteString(c + pad)
			} else {
				b.WriteString("  " + pad + c)
			}
		}
		if r == nil {
			b.WriteString(line)
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
		if k == len(heads)-1 {
			fmt.Fprintln(w, line)
		}
	}
}

// lines are rows of one line each that hold the cells of a row, the last line last.
func lines(row []string) [][]string {
	height := 1
	for _, c := range row {
		height = max(height, 1+strings.Count(c, "\n"))
	}
	out := make([][]string, height)
	for _, c := range row {
		parts := strings.Split(strings.Repeat("\n", height-1-strings.Count(c, "\n"))+c, "\n")
		for k := range out {
			out[k] = append(out[k], parts[k])
		}
	}
	return out
}
