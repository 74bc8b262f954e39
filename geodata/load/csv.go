package load

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// csvWindow bounds one CSV record in bytes.
const csvWindow = 1 << 20

// csvDelimiters in the order they are preferred when two fit equally well.
const csvDelimiters = ",;\t|"

// openCSV reads the header of delimited text and checks that a row follows.
func openCSV(in *bufio.Reader, rep *FileReport) (*records, error) {
	if bom, _ := in.Peek(len(utf8BOM)); bytes.Equal(bom, utf8BOM) {
		_, _ = in.Discard(len(utf8BOM))
	}
	sample, err := in.Peek(64 << 10)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	t := &csvTable{scan: csvScanner{in: in, comma: csvDelimiter(sample), line: 1}, rep: rep, partSize: csvPartSize}
	row, err := t.scan.next()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("empty file: %s", wanted)
	}
	if err != nil {
		return nil, err
	}
	if row.broken != "" {
		return nil, fmt.Errorf("line %d, the header: %s", row.line, row.broken)
	}
	if err := t.setHeader(row); err != nil {
		return nil, err
	}
	if t.first, err = t.scan.next(); errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("only a header (%s): no row follows", strings.Join(t.header, ", "))
	} else if err != nil {
		return nil, err
	}
	return &records{format: "CSV", fields: t.fields, each: t.each, csv: t}, nil
}

// csvTable turns the rows of a file into records.
type csvTable struct {
	scan    csvScanner
	rep     *FileReport
	header  []string // as in the file, "" for columns without a name
	fields  []string // the named ones
	first   csvRow   // read ahead to see that there is one
	legacy  bool     // a field in Windows-1252 was noted
	skipped int      // rows without any value

	partSize int            // of eachPart
	share    func() float64 // of the file that was read; nil if unknown
}

func (t *csvTable) setHeader(row csvRow) error {
	seen := map[string]bool{}
	for _, name := range row.fields {
		name = t.text(name, row.line)
		if !printable(name) {
			return fmt.Errorf("line %d, the header, holds control characters: binary data? %s", row.line, wanted)
		}
		t.header = append(t.header, name)
		if name == "" {
			continue
		}
		if seen[name] {
			return fmt.Errorf("line %d, the header: the column %q appears twice", row.line, name)
		}
		seen[name] = true
		t.fields = append(t.fields, name)
	}
	if n := len(t.header) - len(t.fields); n > 0 {
		t.rep.note("line %d: columns without a name were ignored: %d", row.line, n)
	}
	if len(t.fields) == 0 {
		return fmt.Errorf("line %d, the header, names no column", row.line)
	}
	return nil
}

func printable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' }) < 0
}

func (t *csvTable) newRecord() record {
	return record{values: make(map[string]string, len(t.fields))}
}

func (t *csvTable) each(yield func(*record) error) error {
	rec := t.newRecord()
	row, err := t.first, error(nil)
	for ; err == nil; row, err = t.scan.next() {
		if !t.fill(&rec, row) {
			continue
		}
		if err := yield(&rec); err != nil {
			return err
		}
	}
	return t.end(err)
}

// end is what reading the rows ends with, by what the scanner ended with.
func (t *csvTable) end(err error) error {
	if t.skipped > 0 {
		t.rep.note("rows without any value were skipped: %d", t.skipped)
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("after line %d: %w", t.scan.line-1, err)
}

// fill makes a record of a row, or says in the report why it is none.
func (t *csvTable) fill(rec *record, row csvRow) bool {
	rec.where = row.where()
	clear(rec.values)
	if row.broken == "" && !slices.ContainsFunc(row.fields, func(v string) bool { return v != "" }) {
		t.skipped++
		return false
	}
	t.rep.Read++
	if row.broken != "" {
		t.rep.reject(rec.where, "", "", "%s", row.broken)
		return false
	}
	if len(row.fields) != len(t.header) {
		t.rep.reject(rec.where, "", "", "%d fields instead of the header's %d (separator %q)",
			len(row.fields), len(t.header), t.scan.comma)
		return false
	}
	for i, name := range t.header {
		if v := row.fields[i]; v != "" && name != "" {
			rec.values[name] = t.text(v, row.line)
		}
	}
	return true
}

// text decodes a field. Each field is judged by itself, so that a file joined
// from parts in both encodings reads right: what is not valid UTF-8 is Windows-1252.
func (t *csvTable) text(s string, line int) string {
	if utf8.ValidString(s) {
		return s
	}
	if !t.legacy {
		t.legacy = true
		t.rep.note("line %d: not UTF-8; this field and others like it were read as Windows-1252", line)
	}
	out, _ := charmap.Windows1252.NewDecoder().String(s) // a total function: unassigned bytes become U+FFFD
	return strings.TrimSpace(out)
}

// csvRow is one row: its fields without surrounding blanks, or why it has none.
type csvRow struct {
	line, last int // lines it stands on
	fields     []string
	broken     string
}

// blank says that the row is an empty line.
func (r csvRow) blank() bool { return r.broken == "" && len(r.fields) == 1 && r.fields[0] == "" }

func (r csvRow) where() string {
	if r.last > r.line {
		return fmt.Sprintf("lines %d to %d", r.line, r.last)
	}
	return fmt.Sprintf("line %d", r.line)
}

// csvScanner splits delimited text into rows. Beyond RFC 4180 it allows any
// line end, blanks around quoted fields and stray quotes inside fields.
//
// A quote that is opened and not closed would swallow the rows after it. Its
// line alone is reported; if the file ends or csvWindow is full before that is
// plain, rows end at the end of their line from then on.
type csvScanner struct {
	in     *bufio.Reader
	comma  byte
	line   int  // of the next row
	passed int  // bytes of the rows before it
	width  int  // fields of the last row
	flat   bool // fields span no lines
}

// next returns the next row that is not an empty line, then io.EOF.
func (s *csvScanner) next() (csvRow, error) {
	for {
		row, err := s.row()
		if err != nil || !row.blank() {
			return row, err
		}
	}
}

func (s *csvScanner) row() (csvRow, error) {
	if _, err := s.in.Peek(1); err != nil {
		return csvRow{}, err
	}
	for {
		window, _ := s.in.Peek(s.in.Buffered())
		p := csvParser{b: window, comma: s.comma, flat: s.flat, fields: make([]string, 0, s.width)}
		if p.record() {
			return s.take(&p), nil
		}
		_, err := s.in.Peek(len(window) + 1)
		switch {
		case err == nil: // parse again with more
		case p.unclosed && !s.flat && (errors.Is(err, io.EOF) || errors.Is(err, bufio.ErrBufferFull)):
			s.flat = true
		case err == io.EOF: // the last line has no end
			p.at = len(window)
			return s.take(&p), nil
		case errors.Is(err, bufio.ErrBufferFull):
			return csvRow{}, fmt.Errorf("line %d is longer than %d bytes: is this CSV? %s", s.line, csvWindow, wanted)
		default:
			return csvRow{}, err
		}
	}
}

// take consumes the row that p parsed.
func (s *csvScanner) take(p *csvParser) csvRow {
	_, _ = s.in.Discard(p.at)
	row := p.row(s.line)
	s.passed += p.at
	s.line += p.breaks
	s.width = len(p.fields)
	return row
}

// csvParser parses one row at the beginning of b.
type csvParser struct {
	b        []byte
	comma    byte
	flat     bool
	at       int
	breaks   int  // line breaks passed
	unclosed bool // a quote is opened and not closed: in b, or, if flat, on its line
	fields   []string
}

// row is what was parsed, of a row that begins on the line.
func (p *csvParser) row(line int) csvRow {
	row := csvRow{line: line, last: line + max(p.breaks-1, 0), fields: p.fields}
	if p.unclosed {
		row.broken = "a quote is opened and not closed"
	}
	return row
}

// record parses a row with its line end. It is false if b ends first: then
// fields holds what a last line without an end would have, unless unclosed.
func (p *csvParser) record() bool {
	for {
		more, ended := p.field()
		if !more {
			return ended
		}
	}
}

// field parses a field and what ends it: a comma (more), the line's end (ended) or that of b.
func (p *csvParser) field() (more, ended bool) {
	start := p.at
	for p.at < len(p.b) && (p.b[p.at] == ' ' || p.b[p.at] == '\t') && p.b[p.at] != p.comma {
		p.at++
	}
	if p.at < len(p.b) && p.b[p.at] == '"' {
		end, closed := p.quotedField()
		if closed {
			p.at = end
			return p.terminator()
		}
		p.unclosed = true
		if end == len(p.b) && !p.flat {
			return false, false
		}
		p.at = start
	}
	for ; p.at < len(p.b); p.at++ {
		switch c := p.b[p.at]; c {
		case p.comma, '\n', '\r':
			p.add(string(p.b[start:p.at]))
			return p.terminator()
		}
	}
	p.add(string(p.b[start:]))
	return false, false
}

// quotedField parses from the opening quote and returns where it stopped: after
// the closing quote, which is the first, not doubled, that a separator or line
// end follows; or where it saw that the field is not closed, the end of b if
// more text might still close it. Other single quotes are text, but only in a
// field on one line: after a line break they are taken to open another field.
func (p *csvParser) quotedField() (end int, closed bool) {
	var text []byte
	breaks := 0
	i := p.at + 1
	for ; i < len(p.b); i++ {
		c := p.b[i]
		switch {
		case c == '"' && i+1 < len(p.b) && p.b[i+1] == '"':
			i++
		case c == '"':
			if end := p.afterQuote(i + 1); end >= 0 {
				p.breaks += breaks
				p.add(string(text))
				return end, true
			}
			if breaks > 0 {
				return i, false
			}
		case c == '\r' && i+1 < len(p.b) && p.b[i+1] == '\n':
			continue
		case c == '\n', c == '\r':
			if p.flat {
				return i, false
			}
			breaks++
		}
		text = append(text, c)
	}
	return i, false
}

// afterQuote passes the blanks at i and returns where a separator, a line end
// or the end of b follows; -1 if something else does.
func (p *csvParser) afterQuote(i int) int {
	for i < len(p.b) && (p.b[i] == ' ' || p.b[i] == '\t') && p.b[i] != p.comma {
		i++
	}
	if i == len(p.b) || p.b[i] == p.comma || p.b[i] == '\n' || p.b[i] == '\r' {
		return i
	}
	return -1
}

func (p *csvParser) add(field string) { p.fields = append(p.fields, strings.TrimSpace(field)) }

// terminator passes the comma or line end at p.at. A carriage return at the
// very end of b is left for when the byte after it is known.
func (p *csvParser) terminator() (more, ended bool) {
	rest := p.b[p.at:]
	switch {
	case len(rest) == 0:
		return false, false
	case rest[0] == p.comma:
		p.at++
		return true, false
	case rest[0] == '\n':
		p.at++
	case len(rest) == 1:
		return false, false
	case rest[1] == '\n':
		p.at += 2
	default:
		p.at++
	}
	p.breaks++
	return false, true
}

// csvDelimiter chooses the separator under which the header has most fields,
// among those that give most of the sampled rows as many fields as the header.
func csvDelimiter(sample []byte) byte {
	best, most := csvDelimiters[0], 1
	for _, c := range []byte(csvDelimiters) {
		if n := csvColumns(sample, c); n > most {
			best, most = c, n
		}
	}
	return best
}

// csvColumns counts the header's fields, 0 if fewer than half of the rows have as many.
func csvColumns(sample []byte, comma byte) int {
	columns, rows, same := 0, 0, 0
	for s := (csvParser{b: sample, comma: comma}); rows < 100; rows++ {
		s.fields = nil
		if !s.record() {
			break
		}
		if columns == 0 {
			columns = len(s.fields)
		} else if len(s.fields) == columns {
			same++
		}
	}
	if same*2 < rows-1 {
		return 0
	}
	return columns
}
