package matrix

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// File is delimited text to be read: a header, then a record a line, with commas or
// semicolons between fields, quoted or not, in UTF-8. Columns that are not asked
// for are ignored. A field holds no line break.
type File struct {
	Name string // for messages
	In   io.Reader
	// Fault is told of each record that cannot be used, in the order of the file; a
	// pair that appears twice after all others. It is left out of what is read. Nil
	// only counts them.
	Fault func(Fault)
}

// Fault is a record that cannot be used, and what would be right.
type Fault struct {
	File   string `json:"file"`
	Line   int    `json:"line"`            // the header is line 1
	Field  string `json:"field,omitempty"` // as the header spells it
	Value  string `json:"value,omitempty"` // shortened to 80 characters
	Reason string `json:"reason"`
}

// String is "T.csv, line 12: seconds = "x": want …".
func (f Fault) String() string {
	if f.Field == "" {
		return fmt.Sprintf("%s, line %d: %s", f.File, f.Line, f.Reason)
	}
	return fmt.Sprintf("%s, line %d: %s = %q: %s", f.File, f.Line, f.Field, f.Value, f.Reason)
}

// Count says what became of the records of a file: Read = Kept + NoWay + Bad.
type Count struct {
	File  string `json:"file"`
	Read  int    `json:"read"`
	Kept  int    `json:"kept"`
	NoWay int    `json:"no_way"` // pairs said to have no way
	Bad   int    `json:"bad"`    // left out, each told to File.Fault
}

const (
	longestLine = 1 << 16 // bytes
	plainCSV    = "want CSV in UTF-8 with commas or semicolons"
)

// rows reads a file line by line: what it holds does not grow with the file.
type rows struct {
	File
	Count
	in     *bufio.Reader
	comma  byte
	header []string
	line   int
	fields [][]byte // of the record last read
	quoted []byte   // holds the fields that were quoted
}

// open reads the header and finds the columns, each of which may have several
// names: at are their positions in a record.
func (f File) open(columns ...[]string) (r *rows, at []int, err error) {
	r = &rows{File: f, Count: Count{File: f.Name}, in: bufio.NewReaderSize(f.In, longestLine)}
	fail := func(format string, args ...any) (*rows, []int, error) {
		return nil, nil, fmt.Errorf("%s: "+format, append([]any{f.Name}, args...)...)
	}
	line, err := r.next()
	switch {
	case errors.Is(err, io.EOF):
		return fail("an empty file: %s, beginning with %s", plainCSV, wanted(columns))
	case err != nil:
		return fail("%w", err)
	}
	line = bytes.TrimPrefix(line, []byte("\ufeff"))
	if !utf8.Valid(line) || bytes.ContainsFunc(line, func(c rune) bool { return c < ' ' && c != '\t' }) {
		return fail("line %d, the header, is not plain text: %s", r.line, plainCSV)
	}
	if r.comma = ','; bytes.Count(line, []byte{';'}) > bytes.Count(line, []byte{','}) {
		r.comma = ';'
	}
	if reason := r.split(line); reason != "" {
		return fail("line %d, the header: %s", r.line, reason)
	}
	for _, name := range r.fields {
		r.header = append(r.header, string(name))
	}
	for _, names := range columns {
		k, err := r.column(names)
		if err != nil {
			return fail("line %d, the header: %w", r.line, err)
		}
		at = append(at, k)
	}
	return r, at, nil
}

// column finds the first of the names that is there.
func (r *rows) column(names []string) (int, error) {
	for _, name := range names {
		found := -1
		for k, h := range r.header {
			if !strings.EqualFold(h, name) {
				continue
			}
			if found >= 0 {
				return 0, fmt.Errorf("the column %s appears twice", name)
			}
			found = k
		}
		if found >= 0 {
			return found, nil
		}
	}
	return 0, fmt.Errorf("no column %s; there is %s", strings.Join(names, " or "), strings.Join(r.header, ", "))
}

// optional is column, or -1 where none of the names is there.
func (r *rows) optional(names []string) (int, error) {
	for _, name := range names {
		if slices.ContainsFunc(r.header, func(h string) bool { return strings.EqualFold(h, name) }) {
			return r.column(names)
		}
	}
	return -1, nil
}

func wanted(columns [][]string) string {
	var first []string
	for _, names := range columns {
		first = append(first, names[0])
	}
	return strings.Join(first, ",")
}

// next returns the next line that is not empty, without its end, then io.EOF. It
// is valid until the next call; one that is too long is cut, and is too long still.
func (r *rows) next() ([]byte, error) {
	for {
		line, err := r.in.ReadSlice('\n')
		if len(line) == 0 && err != nil {
			return nil, err
		}
		r.line++
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = r.in.ReadSlice('\n')
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte{'\n'}), []byte{'\r'})
		if len(line) > 0 {
			return line, nil
		}
	}
}

// each calls take with the fields of every record that has as many as the header.
func (r *rows) each(take func()) error {
	for {
		line, err := r.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s, after line %d: %w", r.Name, r.line, err)
		}
		r.Read++
		switch reason := r.split(line); {
		case reason != "":
			r.fault(-1, reason)
		case len(r.fields) != len(r.header):
			r.fault(-1, fmt.Sprintf("%d fields instead of the header's %d (separator %q)", len(r.fields), len(r.header), r.comma))
		default:
			take()
		}
	}
}

// split cuts a line into fields without the blanks around them.
func (r *rows) split(line []byte) (reason string) {
	r.fields = r.fields[:0]
	if len(line) >= longestLine-2 {
		return fmt.Sprintf("longer than %d bytes: %s", longestLine-3, plainCSV)
	}
	if bytes.IndexByte(line, '"') >= 0 {
		return r.splitQuoted(line)
	}
	for {
		k := bytes.IndexByte(line, r.comma)
		if k < 0 {
			r.fields = append(r.fields, trim(line))
			return ""
		}
		r.fields = append(r.fields, trim(line[:k]))
		line = line[k+1:]
	}
}

// splitQuoted is split where a quote is somewhere: within quotes a separator is
// text, and two quotes are one. A quote inside a field that does not begin with
// one is text.
func (r *rows) splitQuoted(line []byte) (reason string) {
	r.quoted = r.quoted[:0]
	for {
		line = bytes.TrimLeft(line, " \t")
		var field []byte
		if len(line) > 0 && line[0] == '"' {
			start := len(r.quoted)
			end := 1
			for ; end < len(line); end++ {
				if line[end] == '"' {
					if end+1 == len(line) || line[end+1] != '"' {
						break
					}
					end++
				}
				r.quoted = append(r.quoted, line[end])
			}
			if end == len(line) {
				return "a quote is opened and not closed on the line"
			}
			field, line = r.quoted[start:], bytes.TrimLeft(line[end+1:], " \t")
			if len(line) > 0 && line[0] != r.comma {
				return "text follows a closing quote: write a quote inside quotes twice"
			}
		} else {
			k := bytes.IndexByte(line, r.comma)
			if k < 0 {
				k = len(line)
			}
			field, line = line[:k], line[k:]
		}
		r.fields = append(r.fields, trim(field))
		if len(line) == 0 {
			return ""
		}
		line = line[1:]
	}
}

// trim cuts blanks off both ends.
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// fault tells of the record last read; -1 is no field of it.
func (r *rows) fault(field int, reason string) {
	f := Fault{File: r.Name, Line: r.line, Reason: reason}
	if field >= 0 {
		f.Field, f.Value = r.header[field], shortened(r.fields[field])
	}
	r.tell(f)
}

func (r *rows) tell(f Fault) {
	r.Bad++
	if r.Fault != nil {
		r.Fault(f)
	}
}

func shortened(value []byte) string {
	if text := []rune(string(value)); len(text) > 80 {
		return string(text[:79]) + "…"
	}
	return string(value)
}
