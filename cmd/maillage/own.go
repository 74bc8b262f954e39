package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/load"
)

// anyOn is onFlags where a territory is one of two ways to ask.
type anyOn struct {
	On        string `placeholder:"FILE.gpkg|postgres://…" env:"MAILLAGE_ON" help:"Territory file, or database of territories."`
	Territory string `placeholder:"ID" help:"Which territory, where there are several."`
	Vintage   string `placeholder:"NAME" help:"Which vintage of it; the current one when absent."`
}

func (o anyOn) open(s *session) (*geodata.Snapshot, *traveltime.Networks, error) {
	if o.On == "" {
		return nil, nil, fmt.Errorf("%w: missing flags: --on=FILE.gpkg|postgres://…, or --times and --demand for one's own travel times", errUsage)
	}
	return onFlags(o).open(s)
}

// ownFlags are one's own travel times, in place of a territory.
type ownFlags struct {
	Times  string `placeholder:"T.csv" help:"Own travel times instead of a territory: demand_id, site_id, seconds (empty where there is no way). See also --demand."`
	Demand string `placeholder:"D.csv" help:"With --times: demand_id, value."`
	Report string `placeholder:"FILE" help:"With --times: write every record that cannot be used, a line each."`
}

// ownCSV reads one's own files, and tells of what in them cannot be used.
type ownCSV struct {
	s       *session
	Version string    `json:"version"` // of the methods
	Files   []ownFile `json:"files"`
	faults  int
	report  *bufio.Writer // nil for none
}

// ownFile is what became of a file, and which it was.
type ownFile struct {
	matrix.Count
	SHA256 string `json:"sha256"`
}

// mostFaults is how many faults are told of beside the report.
const mostFaults = 20

// read opens the files that flags name and reads them; all must be given.
func (f ownFlags) read(s *session, extra map[string]string, read func(*ownCSV) error) (*ownCSV, error) {
	o := &ownCSV{s: s, Version: analyses.Version}
	for flag, name := range extra {
		if name == "" {
			return nil, fmt.Errorf("%w: missing flags: --%s=FILE.csv, which one's own files need", errUsage, flag)
		}
	}
	if f.Report != "" {
		out, err := os.Create(f.Report)
		if err != nil {
			return nil, err
		}
		defer out.Close()
		o.report = bufio.NewWriter(out)
	}
	err := read(o)
	if o.report != nil {
		err = errors.Join(err, o.report.Flush())
	}
	if more := o.faults - mostFaults; more > 0 {
		fmt.Fprintf(s.err, s.say("… et %d autres (--report FICHIER les écrit)\n", "… and %d more (--report FILE writes them)\n"), more)
	}
	return o, err
}

// file reads one file.
func (o *ownCSV) file(name string, read func(matrix.File) (matrix.Count, error)) error {
	in, err := os.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	content := sha256.New()
	n, err := read(matrix.File{Name: name, In: io.TeeReader(in, content), Fault: o.fault})
	o.Files = append(o.Files, ownFile{n, hex.EncodeToString(content.Sum(nil))})
	return err
}

func (o *ownCSV) fault(f matrix.Fault) { o.tell(f.String()) }

func (o *ownCSV) tell(fault string) {
	if o.faults++; o.faults <= mostFaults {
		fmt.Fprintln(o.s.err, fault)
	}
	if o.report != nil {
		fmt.Fprintln(o.report, fault)
	}
}

func (o *ownCSV) demand(name string) (v *matrix.Values, err error) {
	return v, o.file(name, func(f matrix.File) (n matrix.Count, err error) {
		v, n, err = matrix.ReadDemand(f)
		return n, err
	})
}

func (o *ownCSV) supply(name string) (v *matrix.Values, err error) {
	return v, o.file(name, func(f matrix.File) (n matrix.Count, err error) {
		v, n, err = matrix.ReadSupply(f)
		return n, err
	})
}

func (o *ownCSV) times(name string, demand, supply *matrix.Values) (m *matrix.Matrix, err error) {
	return m, o.file(name, func(f matrix.File) (n matrix.Count, err error) {
		m, n, err = matrix.ReadTimes(f, demand, supply)
		return n, err
	})
}

func (o *ownCSV) homes(name string, counts [][]string) (h *matrix.Homes, err error) {
	return h, o.file(name, func(f matrix.File) (n matrix.Count, err error) {
		h, n, err = matrix.ReadHomes(f, counts)
		return n, err
	})
}

func (o *ownCSV) sites(name string) (v *matrix.Sites, err error) {
	return v, o.file(name, func(f matrix.File) (n matrix.Count, err error) {
		v, n, err = matrix.ReadSites(f)
		return n, err
	})
}

func (o *ownCSV) walks(name string, sites *matrix.Values) (m *matrix.Matrix, err error) {
	return m, o.file(name, func(f matrix.File) (n matrix.Count, err error) {
		m, n, err = matrix.ReadWalks(f, sites)
		return n, err
	})
}

// census reads people by commune, year, sex and age.
func (o *ownCSV) census(name string, year int) (rows []geodata.CensusRow, err error) {
	content, _, _ := strings.Cut(name, "#") // of an archive
	in, err := os.ReadFile(content)
	if err != nil {
		return nil, err
	}
	rows, report, err := load.Census(o.s.ctx, name, load.CensusOptions{Year: year})
	for _, x := range report.Rejected {
		o.tell(fmt.Sprintf("%s, %s", name, x))
	}
	hash := sha256.Sum256(in)
	o.Files = append(o.Files, ownFile{matrix.Count{File: name, Read: report.Read, Kept: report.Loaded, Bad: len(report.Rejected)}, hex.EncodeToString(hash[:])})
	return rows, err
}

// territory seals what was read as a territory, for which it is called as the file that it is about.
func (o *ownCSV) territory(c geodata.Content, called string) (*geodata.Snapshot, error) {
	c.Territory = geodata.Territory{ID: "own", Name: filepath.Base(called)}
	for _, f := range o.Files {
		c.Sources = append(c.Sources, geodata.Source{Layer: "own", Name: filepath.Base(f.File), Vintage: "SHA-256 " + f.SHA256})
	}
	return geodata.NewSnapshot(c)
}

// print says what became of the records.
func (o *ownCSV) print() {
	for _, n := range o.Files {
		fmt.Fprintf(o.s.out, o.s.say("%s : %s lignes, %s utilisées", "%s: %s records, %s used"), n.File, o.s.thousands(fmt.Sprint(n.Read)), o.s.thousands(fmt.Sprint(n.Kept)))
		if n.NoWay > 0 {
			fmt.Fprintf(o.s.out, o.s.say(", %s sans trajet", ", %s without a way"), o.s.thousands(fmt.Sprint(n.NoWay)))
		}
		if n.Bad > 0 {
			fmt.Fprintf(o.s.out, o.s.say(", %s écartées", ", %s left out"), o.s.thousands(fmt.Sprint(n.Bad)))
		}
		fmt.Fprintln(o.s.out)
	}
}

// writeCSV writes a table with a header, complete or not at all.
func writeCSV(path string, overwrite bool, head []string, rows int, row func(i int) []string) error {
	return writeFile(path, overwrite, func(w io.Writer) error {
		out := csv.NewWriter(w)
		if err := out.Write(head); err != nil {
			return err
		}
		for i := range rows {
			if err := out.Write(row(i)); err != nil {
				return err
			}
		}
		out.Flush()
		return out.Error()
	})
}

// exactly writes a number in full: it is read back as the same.
func exactly(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// runOwn is coverage by one's own travel times.
func (c *coverageCmd) runOwn(s *session) error {
	within, err := thresholds(c.Within)
	if err != nil {
		return err
	}
	if len(within) == 0 {
		within = []coverage.Threshold{coverage.Minutes(10), coverage.Minutes(15), coverage.Minutes(20), coverage.Minutes(30)}
	}
	if c.Out != "" {
		if err := absent(c.Out, c.Overwrite); err != nil {
			return err
		}
	}
	var people *matrix.Values
	var m *matrix.Matrix
	read, err := c.read(s, map[string]string{"demand": c.Demand}, func(o *ownCSV) (err error) {
		if people, err = o.demand(c.Demand); err == nil {
			m, err = o.times(c.Times, people, nil)
		}
		return err
	})
	if err != nil {
		return err
	}
	r, err := coverage.OfMatrix(m, people.Amounts, within)
	if err != nil {
		return err
	}
	if c.Out != "" {
		err := writeCSV(c.Out, c.Overwrite, []string{"demand_id", "seconds", "site_id", "state"}, len(m.Homes), func(i int) []string {
			site := ""
			if j := r.Nearest[i]; j >= 0 {
				site = m.Sites[j]
			}
			return []string{m.Homes[i], string(r.Times[i].AppendSeconds(nil)), site, r.Times[i].State()}
		})
		if err != nil {
			return err
		}
	}
	return s.give(outcome{json: c.JSON, result: struct {
		*coverage.Own
		*ownCSV
	}{r, read}, print: func() { s.printOwnCoverage(r, read, c.Out) }})
}

func (s *session) printOwnCoverage(r *coverage.Own, read *ownCSV, out string) {
	read.print()
	t := newTable("", s.say("public", "people"), s.say("part", "share"))
	for k, w := range r.Within {
		t.row("≤ "+minutes(w), s.people(r.Total.Covered[k]), s.percent(r.Total.Share(k)))
	}
	lost := 0.0
	if r.Total.Demand > 0 {
		lost = r.Total.Unreachable.Float() / r.Total.Demand.Float()
	}
	t.row(s.say("sans trajet", "not reached"), s.people(r.Total.Unreachable), s.percent(lost, r.Total.Demand > 0))
	t.row(s.say("en tout", "in all"), s.people(r.Total.Demand), "")
	t.write(s.out)
	gini := "–"
	if g := r.Total.Spread.Gini; g != nil {
		gini = s.number(*g, 3)
	}
	fmt.Fprintf(s.out, s.say("moyenne %s, médiane %s, 9 sur 10 en %s, dixième le plus loin %s, Gini %s\n", "mean %s, median %s, nine in ten within %s, worst tenth %s, Gini %s\n"),
		s.average(r.Total.Mean), s.average(r.Total.Median), s.average(r.Total.Spread.P90), s.average(r.Total.Spread.Worst), gini)
	if out != "" {
		fmt.Fprintf(s.out, "→ %s\n", out)
	}
}
