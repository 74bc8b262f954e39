package load

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Rejection is one record that was not loaded, and why.
type Rejection struct {
	Record string `json:"record"`          // "line 12", "feature 49347", "way 1234"
	Field  string `json:"field,omitempty"` // the column, property or tag at fault
	Value  string `json:"value,omitempty"` // what it holds, shortened to 80 characters
	Reason string `json:"reason"`          // what is wrong and what would be right
}

// FileReport says what became of every record of one file.
type FileReport struct {
	File     string      `json:"file"`
	Layer    string      `json:"layer"`             // communes, population, facilities, roads
	Format   string      `json:"format"`            // as recognised: "INSEE Filosofi 200 m 2019, CSV"
	Read     int         `json:"read"`              // records seen
	Loaded   int         `json:"loaded"`            // records kept
	Outside  int         `json:"outside,omitempty"` // sound records outside the area asked for
	Rejected []Rejection `json:"rejected,omitempty"`
	Notes    []string    `json:"notes,omitempty"` // repaired, assumed or ignored: nothing was lost
}

// reject adds a rejection; the value is shortened.
func (r *FileReport) reject(record, field, value, reason string, args ...any) {
	if runes := []rune(value); len(runes) > 80 {
		value = string(runes[:79]) + "…"
	}
	r.Rejected = append(r.Rejected, Rejection{record, field, value, fmt.Sprintf(reason, args...)})
}

// note adds a remark about something repaired, assumed or ignored.
func (r *FileReport) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// Report collects the reports of all files of an import.
type Report struct {
	Files []*FileReport `json:"files"`
	Feeds []*FeedReport `json:"feeds,omitempty"` // timetables, each with files of its own
}

// Rejected counts the rejected records of all files.
func (r *Report) Rejected() int {
	n := 0
	for _, f := range r.Files {
		n += len(f.Rejected)
	}
	for _, feed := range r.Feeds {
		n += (&Report{Files: feed.Files}).Rejected()
	}
	return n
}

// WriteJSON writes the whole report as indented JSON.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// WriteText writes the report for a person: a line per file, then its notes
// and each rejected record on a line of its own, at most max of them per file
// (max < 0 for all) with a count of the rest.
func (r *Report) WriteText(w io.Writer, max int) error {
	var b strings.Builder
	for _, f := range r.Files {
		format := f.Format
		if format == "" {
			format = "format not recognised"
		}
		fmt.Fprintf(&b, "%s (%s): %d read, %d loaded", f.File, format, f.Read, f.Loaded)
		if f.Outside > 0 {
			fmt.Fprintf(&b, ", %d outside the area", f.Outside)
		}
		fmt.Fprintf(&b, ", %d rejected\n", len(f.Rejected))
		for _, n := range f.Notes {
			fmt.Fprintf(&b, "  note: %s\n", n)
		}
		for i, x := range f.Rejected {
			if max >= 0 && i == max {
				fmt.Fprintf(&b, "  … and %d more\n", len(f.Rejected)-max)
				break
			}
			fmt.Fprintf(&b, "  %s\n", x)
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	for _, feed := range r.Feeds {
		if err := feed.WriteText(w, max); err != nil {
			return err
		}
	}
	return nil
}

// String is "line 12: lon = 512: not a longitude".
func (x Rejection) String() string {
	if x.Field == "" {
		return x.Record + ": " + x.Reason
	}
	return fmt.Sprintf("%s: %s = %q: %s", x.Record, x.Field, x.Value, x.Reason)
}
