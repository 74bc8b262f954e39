package load

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/maillage/maillage/geodata"
)

// TimetableOptions say how a GTFS feed is read. The zero value reads everything.
type TimetableOptions struct {
	// On is a day on which the timetable is to be used: a feed whose services have
	// all expired before it is refused. Zero for any day.
	On geodata.Date
}

// Timetable reads public transport from GTFS Schedule, a zip archive or a folder.
//
// Read are agency, stops, routes, trips, stop_times, calendar, calendar_dates,
// frequencies and transfers. Shapes, pathways, fares and translations are left
// aside with a note, and so are the zones and bookings of GTFS-Flex, whose trips
// have no timetable. Files may begin with a byte order mark, be in Windows-1252,
// lack columns that are optional and have others.
//
// What is not right is rejected record by record, by file and line, and counted by
// the codes of the canonical validator (gtfs-validator.mobilitydata.org); the rest
// loads, and geodata.Timetable.Check holds for it. A trip of which a time goes
// back is left out whole, since nothing says which of its times is wrong. Times
// left out between two others are filled in by the straight distances.
//
// The report is never nil. An error means that nothing of the feed was usable: no
// archive or folder, a file that is required missing, no trip left, or every
// service expired before opt.On.
func Timetable(ctx context.Context, path string, opt TimetableOptions) (*geodata.Timetable, *FeedReport, error) {
	rep := &FeedReport{Feed: path}
	files, closer, err := openFeed(path)
	if err != nil {
		return nil, rep, inFile(path, err)
	}
	defer closer.Close()
	t, err := readFeed(ctx, files, opt, rep)
	return t, rep, inFile(path, err)
}

// openFeed opens a folder, or a zip archive.
func openFeed(file string) (fs.FS, io.Closer, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		root, err := os.OpenRoot(file)
		if err != nil {
			return nil, nil, err
		}
		return root.FS(), root, nil
	}
	archive, err := zip.OpenReader(file)
	if err != nil {
		if errors.Is(err, zip.ErrFormat) {
			err = fmt.Errorf("neither a folder nor a whole zip archive: want a GTFS feed, such as one with stops.txt and trips.txt (%w)", err)
		}
		return nil, nil, err
	}
	return archive, archive, nil
}

// The files of a feed that are not read.
var (
	// of no concern to when and where vehicles stop
	feedIgnored = []string{"shapes.txt", "pathways.txt", "levels.txt", "translations.txt", "attributions.txt", "feed_info.txt",
		"fare_attributes.txt", "fare_rules.txt", "fare_media.txt", "fare_products.txt", "fare_leg_rules.txt", "fare_leg_join_rules.txt",
		"fare_transfer_rules.txt", "timeframes.txt", "rider_categories.txt", "networks.txt", "route_networks.txt", "areas.txt"}
	// GTFS-Flex: transport on demand
	feedFlex = []string{"locations.geojson", "booking_rules.txt", "stop_areas.txt", "location_groups.txt", "location_group_stops.txt"}
)

// readFeed reads the files of a feed, which may lie in one folder of it.
func readFeed(ctx context.Context, files fs.FS, opt TimetableOptions, rep *FeedReport) (*geodata.Timetable, error) {
	names, err := feedFiles(files, rep)
	if err != nil {
		return nil, err
	}
	r := newFeedReader(ctx, files, names, rep)
	for _, step := range []struct {
		file     string
		required bool
		columns  []string // required
		row      func(row)
	}{
		{"agency.txt", true, []string{"agency_name", "agency_timezone"}, r.agency},
		{"calendar.txt", false, append([]string{"service_id", "start_date", "end_date"}, weekdays[:]...), r.calendar},
		{"calendar_dates.txt", false, []string{"service_id", "date", "exception_type"}, r.calendarDate},
		{"stops.txt", true, []string{"stop_id"}, r.stop},
		{"routes.txt", true, []string{"route_id", "route_type"}, r.route},
		{"trips.txt", true, []string{"route_id", "service_id", "trip_id"}, r.trip},
		{"frequencies.txt", false, []string{"trip_id", "start_time", "end_time", "headway_secs"}, r.frequency},
		{"stop_times.txt", true, []string{"trip_id", "stop_sequence"}, r.stopTime},
		{"transfers.txt", false, []string{"from_stop_id", "to_stop_id"}, r.transfer},
	} {
		if err := r.read(step.file, step.required, step.columns, step.row); err != nil {
			return nil, err
		}
	}
	return r.finish(opt)
}

// feedFiles lists the names of a feed's files, with the folder they lie in, by their plain names.
func feedFiles(files fs.FS, rep *FeedReport) (map[string]string, error) {
	folder, err := feedFolder(files, rep)
	if err != nil {
		return nil, err
	}
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return nil, zipError(err)
	}
	names := map[string]string{}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		plain := strings.ToLower(e.Name())
		if plain != e.Name() {
			rep.note("%s was read as %s", e.Name(), plain)
		}
		names[plain] = path.Join(folder, e.Name())
	}
	var ignored, flex []string
	for _, e := range entries {
		switch plain := strings.ToLower(e.Name()); {
		case slices.Contains(feedIgnored, plain):
			ignored = append(ignored, plain)
		case slices.Contains(feedFlex, plain):
			flex = append(flex, plain)
		}
	}
	if len(ignored) > 0 {
		rep.note("not needed for routing, and not read: %s", strings.Join(ignored, ", "))
	}
	if len(flex) > 0 {
		rep.note("transport on demand (GTFS-Flex) is not part of the timetable, and was not read: %s", strings.Join(flex, ", "))
		rep.Flex = flex
	}
	return names, nil
}

// feedFolder finds the folder with stops.txt: the feed itself, or the only folder in it.
func feedFolder(files fs.FS, rep *FeedReport) (string, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return "", zipError(err)
	}
	var folders, all []string
	for _, e := range entries {
		all = append(all, e.Name())
		switch {
		case strings.HasSuffix(strings.ToLower(e.Name()), ".txt"):
			return ".", nil
		case e.IsDir() && e.Name() != "__MACOSX" && !strings.HasPrefix(e.Name(), "."):
			folders = append(folders, e.Name())
		}
	}
	if len(folders) == 1 {
		rep.note("the files lie in the folder %s of the feed: they should lie in the feed itself", folders[0])
		return folders[0], nil
	}
	return "", fmt.Errorf("not a GTFS feed: want stops.txt, trips.txt, stop_times.txt …, found %s", cmp.Or(strings.Join(all[:min(len(all), 10)], ", "), "nothing"))
}

// row is one record of a file of a feed.
type row struct {
	file   *FileReport
	line   int
	where  string
	fields []string
	column map[string]int // of the file
}

// get is the value of a field, empty if the file has no such column.
func (w *row) get(field string) string {
	if i, ok := w.column[field]; ok {
		return w.fields[i]
	}
	return ""
}

// read reads one file row by row.
func (r *feedReader) read(file string, required bool, columns []string, each func(row)) error {
	rep := &FileReport{File: file, Layer: "timetable", Format: "GTFS"}
	name, there := r.names[file]
	if !there {
		if required {
			r.rep.notice("missing_required_file", Error, file, Rejection{Reason: "want it in the feed"})
			return fmt.Errorf("%s is missing: not a GTFS feed", file)
		}
		return nil
	}
	r.rep.Files = append(r.rep.Files, rep)
	f, err := r.files.Open(name)
	if err != nil {
		return fmt.Errorf("%s: %w", file, zipError(err))
	}
	defer f.Close() //nolint:errcheck // opened for reading
	in := r.in
	in.Reset(&feedFile{r.ctx, f})
	if bom, _ := in.Peek(len(utf8BOM)); bytes.Equal(bom, utf8BOM) {
		_, _ = in.Discard(len(utf8BOM))
	}
	if err := r.rows(in, rep, required, columns, each); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// feedFile reads a file of a feed, and heeds the context.
type feedFile struct {
	ctx context.Context
	f   fs.File
}

func (f *feedFile) Read(p []byte) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := f.f.Read(p)
	return n, zipError(err)
}

func (r *feedReader) rows(in *bufio.Reader, rep *FileReport, required bool, columns []string, each func(row)) error {
	t := &csvTable{scan: csvScanner{in: in, comma: ',', line: 1}, rep: rep}
	head, err := t.scan.next()
	if errors.Is(err, io.EOF) {
		r.rep.notice("empty_file", Error, rep.File, Rejection{Reason: "want a line with the names of the columns"})
		if required {
			return errors.New("empty: want a line with the names of the columns")
		}
		return nil
	}
	if err == nil && head.broken != "" {
		err = fmt.Errorf("line %d, the header: %s", head.line, head.broken)
	}
	if err == nil {
		err = t.setHeader(head)
	}
	if err != nil {
		return err
	}
	at := map[string]int{}
	for i, name := range t.header {
		if name != "" {
			at[strings.ToLower(name)] = i
		}
	}
	for _, c := range columns {
		if _, ok := at[c]; !ok {
			r.rep.notice("missing_required_column", Error, rep.File, Rejection{Record: fmt.Sprintf("line %d", head.line), Field: c, Reason: "want this column"})
			return fmt.Errorf("line %d, the header: no column %s; the file has %s", head.line, c, someFields(t.fields))
		}
	}
	for {
		line, err := t.scan.next()
		if err != nil {
			return t.end(err)
		}
		w := row{file: rep, line: line.line, where: line.where(), fields: line.fields, column: at}
		if r.whole(&w, line, t) {
			each(w)
		}
	}
}

// whole makes the fields of a line as many as the columns, or rejects it.
func (r *feedReader) whole(w *row, line csvRow, t *csvTable) bool {
	if line.broken == "" && !slices.ContainsFunc(line.fields, func(v string) bool { return v != "" }) {
		t.skipped++
		return false
	}
	w.file.Read++
	for len(w.fields) > len(t.header) && w.fields[len(w.fields)-1] == "" {
		w.fields = w.fields[:len(w.fields)-1] // commas at the end of a line
	}
	switch {
	case line.broken != "":
		r.reject(w, "csv_parsing_failed", "", "%s", line.broken)
		return false
	case len(w.fields) != len(t.header):
		r.reject(w, "invalid_row_length", "", "%d fields instead of the header's %d", len(w.fields), len(t.header))
		return false
	}
	for i, v := range w.fields {
		w.fields[i] = plainText(t.text(v, w.line))
	}
	return true
}

// plainText is text on one line.
func plainText(s string) string {
	if !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == '\ufeff' }) {
		return s
	}
	clean := func(c rune) rune {
		if c < ' ' || c == '\ufeff' {
			return ' '
		}
		return c
	}
	return strings.TrimSpace(strings.Map(clean, s))
}
