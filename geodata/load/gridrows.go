package load

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/crs"
)

// gridRows reads the rows of a CSV grid of squares on all processors. It reads
// only what is plainly right: a row with anything else in it, one that will be
// rejected or noted in the report, is left to gridReader.add.
type gridRows struct {
	*gridReader
	table                *csvTable
	id, commune, imputed int   // which field of a row; -1 if there is none
	counts               []int // by column
}

func newGridRows(r *gridReader) *gridRows {
	g := &gridRows{gridReader: r, table: r.recs.csv}
	at := func(name string) int {
		if name == "" {
			return -1
		}
		return slices.Index(g.table.header, name)
	}
	g.id, g.commune, g.imputed = at(r.id), at(r.commune), at(r.imputed)
	for _, c := range r.columns {
		g.counts = append(g.counts, at(c.field))
	}
	return g
}

// rowsOf is what was read of a part: its plain rows in columns, and where the others are.
type rowsOf struct {
	plain   []plainRow
	counts  [][]geodata.Amount // by column, in parallel with plain
	others  []otherRow
	outside int
	renamed int
	fields  [][]byte // of the row being read
	id      []byte   // its id, in the long spelling
	record  record   // of take
}

// plainRow is a cell without its counts.
type plainRow struct {
	line    int32 // in the part
	square  crs.GridID
	centre  orb.Point
	commune [5]byte // zeros if the row names none
	imputed bool
}

// otherRow is a row for gridReader.add.
type otherRow struct {
	line, at int // in the part
	before   int // how many plain rows come before it
}

// notAvailable stands for a count that is missing or confidential.
const notAvailable geodata.Amount = -1

// read reads the rows of a part as far as they end in it.
func (g *gridRows) read(p *csvPart[rowsOf]) {
	out := &p.out
	out.plain, out.others, out.outside, out.renamed = out.plain[:0], out.others[:0], 0, 0
	if out.counts == nil {
		out.counts = make([][]geodata.Amount, len(g.counts))
	}
	for k := range out.counts {
		out.counts[k] = out.counts[k][:0]
	}
	p.read, p.lines = 0, 0
	for p.read < len(p.text) {
		end := p.read + bytes.IndexByte(p.text[p.read:], '\n') + 1
		if g.plain(bytes.TrimSuffix(p.text[p.read:end-1], []byte{'\r'}), p.lines, out) {
			p.read, p.lines = end, p.lines+1
			continue
		}
		row := csvParser{b: p.text[p.read:], comma: g.table.scan.comma}
		if !row.record() {
			break
		}
		out.others = append(out.others, otherRow{p.lines, p.read, len(out.plain)})
		p.read, p.lines = p.read+row.at, p.lines+row.breaks
	}
}

// plain reads a row if it is plainly right.
func (g *gridRows) plain(line []byte, number int, out *rowsOf) bool {
	var ok bool
	if out.fields, ok = plainFields(line, g.table.scan.comma, out.fields[:0]); !ok || len(out.fields) != len(g.table.header) || !utf8.Valid(line) {
		return false
	}
	square, err := crs.ParseGridID(out.fields[g.id])
	if err != nil {
		return false
	}
	row := plainRow{line: int32(number), square: square}
	if row.centre, err = square.Centre(); err != nil {
		return false
	}
	if g.opt.Keep != nil && !g.opt.Keep(row.centre) {
		out.outside++
	} else if g.values(&row, out) {
		out.plain = append(out.plain, row)
	} else {
		return false
	}
	if out.id = square.Append(out.id[:0]); !bytes.Equal(out.id, out.fields[g.id]) {
		out.renamed++
	}
	return true
}

// values reads the rest of a row that is wanted, the counts into out; false
// leaves out as it was.
func (g *gridRows) values(row *plainRow, out *rowsOf) bool {
	if !wellInside(row.square, row.centre) || !g.flagAndCommune(row, out.fields) {
		return false
	}
	n := len(out.plain)
	whole := geodata.Amount(0)
	if s := out.fields[g.counts[g.total]]; len(s) > 0 {
		whole, _ = plainAmount(s)
	}
	for k, at := range g.counts {
		v, ok := g.count(out.fields[at])
		if !ok || v == notAvailable && k == g.total || g.persons[k] && v > whole+geodata.Unit {
			for j := range k {
				out.counts[j] = out.counts[j][:n]
			}
			return false
		}
		out.counts[k] = append(out.counts[k], v)
	}
	return true
}

func (g *gridRows) flagAndCommune(row *plainRow, fields [][]byte) bool {
	if g.imputed >= 0 {
		switch string(fields[g.imputed]) {
		case "", "0":
		case "1":
			row.imputed = true
		default:
			return false
		}
	}
	if g.commune >= 0 {
		code := fields[g.commune]
		if copy(row.commune[:], code); len(code) > 0 && !isCommuneCode(string(row.commune[:])) {
			return false
		}
	}
	return true
}

// count reads a count or notAvailable.
func (g *gridRows) count(s []byte) (geodata.Amount, bool) {
	if len(s) == 0 || g.eurostat && (string(s) == "-9999" || string(s) == "-9999.0") {
		return notAvailable, true
	}
	return plainAmount(s)
}

// plainAmount reads up to 12 digits and, behind a point or a comma, up to 6 more.
func plainAmount(s []byte) (v geodata.Amount, ok bool) {
	i := 0
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		v = v*10 + geodata.Amount(s[i]-'0')
	}
	if i == 0 || i > 12 {
		return 0, false
	}
	unit := geodata.Unit
	if i < len(s) && (s[i] == '.' || s[i] == ',') {
		for i++; i < len(s) && s[i]-'0' <= 9 && unit > 1; i++ {
			v, unit = v*10+geodata.Amount(s[i]-'0'), unit/10
		}
	}
	return v * unit, i == len(s)
}

// plainFields splits a line at its commas. It is false where a row may end, or a
// field begin, elsewhere: at quotes that enclose less or more than one field, and
// blanks before a field, which may precede a quote.
func plainFields(line []byte, comma byte, fields [][]byte) ([][]byte, bool) {
	if bytes.IndexByte(line, '\r') >= 0 {
		return fields, false
	}
	for {
		end := 0
		switch {
		case len(line) > 0 && line[0] == '"':
			closing := bytes.IndexByte(line[1:], '"') + 1
			if closing == 0 {
				return fields, false
			}
			if end = closing + 1; end < len(line) && line[end] != comma {
				return fields, false
			}
			fields = append(fields, line[1:closing])
		case len(line) > 0 && line[0] <= ' ' && line[0] != comma:
			return fields, false
		default:
			for end < len(line) && line[end] != comma {
				end++
			}
			fields = append(fields, line[:end])
		}
		if end == len(line) {
			return fields, true
		}
		line = line[end+1:]
	}
}

// take puts the rows of a part behind those of the parts before it.
func (g *gridRows) take(p *csvPart[rowsOf]) error {
	out, line := &p.out, g.table.scan.line
	g.reserve(len(out.plain)+len(out.others), p.share)
	g.rep.Read += out.outside
	g.rep.Outside += out.outside
	g.renamed += out.renamed
	done := 0
	for _, other := range out.others {
		if err := g.takePlain(out, done, other.before, line); err != nil {
			return err
		}
		done = other.before
		if err := g.takeOther(p, other, line); err != nil {
			return err
		}
	}
	return g.takePlain(out, done, len(out.plain), line)
}

// takeOther hands a row to add as csvTable.each would.
func (g *gridRows) takeOther(p *csvPart[rowsOf], other otherRow, line int) error {
	if p.out.record.values == nil {
		p.out.record = g.table.newRecord()
	}
	parser := csvParser{b: p.text[other.at:], comma: g.table.scan.comma, fields: make([]string, 0, len(g.table.header))}
	parser.record()
	row := parser.row(line + other.line)
	if row.blank() || !g.table.fill(&p.out.record, row) {
		return nil
	}
	return g.add(&p.out.record)
}

// takePlain appends some of the plain rows; a square that came before is rejected.
func (g *gridRows) takePlain(out *rowsOf, from, to, line int) error {
	g.rep.Read += to - from
	first := from
	for i := from; i < to; i++ {
		row := &out.plain[i]
		if g.taken.add(row.square) {
			continue
		}
		if err := g.append(out, first, i, line); err != nil {
			return err
		}
		first = i + 1
		id := row.square.String()
		where, _ := g.seen(id, row.square)
		g.rep.reject(csvRow{line: line + int(row.line)}.where(), g.gridReader.id, id, "duplicate cell: already on %s", where)
	}
	return g.append(out, first, to, line)
}

// append appends plain rows that are new.
func (g *gridRows) append(out *rowsOf, from, to, line int) error {
	for i := from; i < to; i++ {
		row := &out.plain[i]
		if err := g.gridCells.add(geodata.Cell{Centre: row.centre, Commune: g.code(row.commune), Imputed: row.imputed}, row.square); err != nil {
			return err
		}
		g.places.addLine(line + int(row.line))
		g.sizes[row.square.Size]++
	}
	for k := range out.counts {
		values := out.counts[k][from:to]
		for i, v := range values {
			if v == notAvailable {
				values[i] = 0
				g.absent[k]++
			}
		}
		g.pop.Columns[k].Values = append(g.pop.Columns[k].Values, values...)
	}
	g.rep.Loaded += to - from
	return nil
}

// code is the text of a commune's code, one for all cells of the commune.
func (g *gridRows) code(code [5]byte) string {
	if code[0] == 0 {
		return ""
	}
	text, ok := g.codes[code]
	if !ok {
		text = string(code[:])
		g.codes[code] = text
	}
	return text
}
