package load

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/maillage/maillage/geodata"
)

// FeedReport says what became of a GTFS feed: every record that was rejected, by
// file, and what is wrong with the feed, by code.
type FeedReport struct {
	Feed    string        `json:"feed"`
	Zone    string        `json:"zone,omitempty"`
	From    geodata.Date  `json:"from,omitempty"` // first and last day with a trip, YYYYMMDD
	To      geodata.Date  `json:"to,omitempty"`
	Counts  FeedCounts    `json:"counts"` // of what was loaded
	Notices []Notice      `json:"notices,omitempty"`
	Files   []*FileReport `json:"files"`
	Flex    []string      `json:"flex,omitempty"` // files of GTFS-Flex, not read
	Notes   []string      `json:"notes,omitempty"`
}

// FeedCounts says how much of each a timetable has.
type FeedCounts struct {
	Agencies  int `json:"agencies"`
	Stops     int `json:"stops"` // without stations
	Stations  int `json:"stations"`
	Routes    int `json:"routes"`
	Services  int `json:"services"`
	Trips     int `json:"trips"`
	Calls     int `json:"calls"`
	Transfers int `json:"transfers"`
}

// Severity says how bad something is.
type Severity string

// The severities: an Error breaks the specification and loses the record, a
// Warning should be looked at, and nothing was lost.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Notice is one thing that is wrong with a feed, by the canonical validator's code.
type Notice struct {
	Code     string    `json:"code"`
	Severity Severity  `json:"severity"`
	Count    int       `json:"count"`
	File     string    `json:"file"` // of the first
	First    Rejection `json:"first"`
}

// noticeOrder is by severity, then by code.
func noticeOrder(a, b Notice) int {
	return cmp.Or(cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Code, b.Code))
}

// notice counts one thing that is wrong.
func (r *FeedReport) notice(code string, severity Severity, file string, first Rejection) {
	n := Notice{Code: code, Severity: severity, Count: 1, File: file, First: first}
	at, there := slices.BinarySearchFunc(r.Notices, n, noticeOrder)
	if there {
		r.Notices[at].Count++
		return
	}
	r.Notices = slices.Insert(r.Notices, at, n)
}

func (r *FeedReport) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// Count is how often a code was found.
func (r *FeedReport) Count(code string) int {
	n := 0
	for _, x := range r.Notices {
		if x.Code == code {
			n += x.Count
		}
	}
	return n
}

// Errors is how many errors were found, of any code.
func (r *FeedReport) Errors() int {
	n := 0
	for _, x := range r.Notices {
		if x.Severity == Error {
			n += x.Count
		}
	}
	return n
}

// WriteJSON writes the whole report as indented JSON.
func (r *FeedReport) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// WriteText writes the report for a person: what there is, then what is wrong, a
// line per code with the first record it was found in, then the files with at
// most max rejected records each (max < 0 for all).
func (r *FeedReport) WriteText(w io.Writer, max int) error {
	var b strings.Builder
	c := r.Counts
	fmt.Fprintf(&b, "%s: %d agencies, %d stops, %d stations, %d routes, %d services, %d trips, %d calls, %d transfers", r.Feed,
		c.Agencies, c.Stops, c.Stations, c.Routes, c.Services, c.Trips, c.Calls, c.Transfers)
	if r.From != 0 {
		fmt.Fprintf(&b, "; runs from %s to %s (%s)", r.From, r.To, r.Zone)
	}
	b.WriteByte('\n')
	for _, n := range r.Notices {
		fmt.Fprintf(&b, "  %s %s: %d, first %s: %s\n", n.Severity, n.Code, n.Count, n.File, n.First)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "  note: %s\n", n)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	files := Report{Files: r.Files}
	return files.WriteText(w, max)
}
