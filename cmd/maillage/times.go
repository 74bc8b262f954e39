package main

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"os"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
	"github.com/maillage/maillage/internal/store/atomicfile"
)

type timesCmd struct {
	onFlags   `embed:""`
	inFlags   `embed:""`
	Service   string   `required:"" help:"Service of the catalogue."`
	Mode      string   `default:"car" help:"car, bike, foot, transit, transit-bike, transit-car or on-demand; the last four may say when: \"transit Tu 07:00-09:00 p50 3-changes\"."`
	Status    []string `placeholder:"existing,planned" default:"existing" help:"Facilities to go to."`
	Out       string   `required:"" placeholder:"FILE.csv" help:"cell_id, facility_id, seconds: a row per pair, by facility then cell; seconds are empty where there is no way."`
	Overwrite bool     `help:"Replace the file if it exists."`
	JSON      bool     `name:"json" help:"Print the summary as JSON."`
}

func (c *timesCmd) Run(s *session) error {
	if _, err := profile.ParseMode(c.Mode); err != nil {
		return fmt.Errorf("%w: --mode: %w", errUsage, err)
	}
	if err := absent(c.Out, c.Overwrite); err != nil {
		return err
	}
	snap, nets, err := c.open(s)
	if snap, nets, err = c.in(s, snap, nets, err); err != nil {
		return err
	}
	facilities, err := c.facilities(snap)
	if err != nil {
		return err
	}
	net, err := nets.Get(s.ctx, snap, c.Mode)
	if err != nil {
		return err
	}
	var homes, doors []orb.Point
	cells := snap.Population().Cells
	for _, cell := range cells {
		homes = append(homes, cell.Centre)
	}
	for _, f := range facilities {
		doors = append(doors, f.Location)
	}
	sum := timesSummary{File: c.Out, Cells: len(cells), Facilities: len(facilities)}
	p := s.progress()
	defer p.end()
	err = writeFile(c.Out, c.Overwrite, func(w io.Writer) error {
		rows := newTimesWriter(w)
		err := net.Matrix(s.ctx, net.Places(homes), net.Places(doors), func(j int, times []traveltime.Time) error {
			p.step(c.Out, int64(j+1), int64(len(doors)))
			for i, t := range times {
				if t.Reached() {
					sum.Reached++
				}
				if err := rows.write(cells[i].ID, facilities[j].ID, t); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		return rows.flush()
	})
	if err != nil {
		return err
	}
	p.end()
	switch {
	case c.JSON:
		return printJSON(s.out, sum)
	case !s.quiet:
		fmt.Fprintf(s.out, s.say("%s : %d carreaux × %d équipements, %d trajets\n", "%s: %d cells × %d facilities, %d journeys\n"), sum.File, sum.Cells, sum.Facilities, sum.Reached)
	}
	return nil
}

type timesSummary struct {
	File       string `json:"file"`
	Cells      int    `json:"cells"`
	Facilities int    `json:"facilities"`
	Reached    int    `json:"reached"` // pairs with a time
}

func (c *timesCmd) facilities(snap *geodata.Snapshot) (out []geodata.Facility, err error) {
	if _, err := snap.Catalogue().Service(c.Service); err != nil {
		return nil, fmt.Errorf("%w: --service: %w", errUsage, err)
	}
	wanted := map[geodata.Status]bool{}
	for _, text := range c.Status {
		st, err := geodata.ParseStatus(text)
		if err != nil {
			return nil, fmt.Errorf("%w: --status: %w", errUsage, err)
		}
		wanted[st] = true
	}
	for _, f := range snap.Facilities() {
		if f.Service == c.Service && wanted[f.Status] && !f.Itinerant {
			out = append(out, f)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no facility of service %s with status %v in %s", c.Service, c.Status, named(c.On, snap))
	}
	return out, nil
}

// timesWriter writes rows of the matrix. Ids go through encoding/csv once each,
// not once a row: a matrix has millions of rows.
type timesWriter struct {
	w      *bufio.Writer
	quoted map[string]string
	buf    []byte
}

func newTimesWriter(w io.Writer) *timesWriter {
	t := &timesWriter{w: bufio.NewWriterSize(w, 1<<16), quoted: map[string]string{}}
	t.w.WriteString("cell_id,facility_id,seconds\n") //nolint:errcheck // flush reports it
	return t
}

func (t *timesWriter) write(cell, facility string, time traveltime.Time) error {
	t.buf = append(append(t.buf[:0], t.quote(cell)...), ',')
	t.buf = append(append(t.buf, t.quote(facility)...), ',')
	t.buf = append(time.AppendSeconds(t.buf), '\n')
	_, err := t.w.Write(t.buf)
	return err
}

func (t *timesWriter) quote(id string) string {
	q, ok := t.quoted[id]
	if !ok {
		var b bufferString
		w := csv.NewWriter(&b)
		w.Write([]string{id}) //nolint:errcheck // into memory
		w.Flush()
		q = string(b[:len(b)-1])
		t.quoted[id] = q
	}
	return q
}

type bufferString []byte

func (b *bufferString) Write(p []byte) (int, error) { *b = append(*b, p...); return len(p), nil }

func (t *timesWriter) flush() error { return t.w.Flush() }

// absent refuses a target that exists, before the long work rather than after it.
func absent(path string, overwrite bool) error {
	if _, err := os.Stat(path); err == nil && !overwrite {
		return fmt.Errorf("%s exists: choose another name, or --overwrite", path)
	}
	return nil
}

// writeFile writes a file that appears complete or not at all.
func writeFile(path string, overwrite bool, write func(w io.Writer) error) error {
	f, err := atomicfile.Create(path, overwrite)
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := write(f); err != nil {
		return atomicfile.Explain(path, err)
	}
	return f.Commit()
}
