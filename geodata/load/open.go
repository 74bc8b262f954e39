package load

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// openRecords opens a table, recognised by its content whatever its name: CSV,
// GeoJSON (both plain or gzip) or GeoPackage, each also inside a zip archive. A
// path such as "file.gpkg#layer" names a layer of a GeoPackage, "file.zip#name"
// a file of an archive.
//
// It fills rep.File and rep.Format; each counts in rep.Read every record seen,
// those it rejects included. The records can be streamed once, and must be
// closed. A file of another format, or with nothing in it, is an error that
// names the file and says what was expected.
func openRecords(ctx context.Context, path string, opt Options, rep *FileReport) (*records, error) {
	file, layer := splitLayer(path)
	rep.File = file
	recs, err := openFormat(ctx, file, layer, opt, rep)
	if err != nil {
		return nil, inFile(file, err)
	}
	switch recs.epsg {
	case 4258, 4171: // ETRS89 and RGF93 in degrees: see package crs
		recs.epsg = 4326
	}
	rep.Format = recs.format
	each := recs.each
	recs.each = func(yield func(*record) error) error {
		return inFile(file, each(yield))
	}
	return recs, nil
}

func openFormat(ctx context.Context, file, layer string, opt Options, rep *FileReport) (*records, error) {
	f, err := openFile(ctx, file, opt)
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(f, csvWindow)
	head, err := in.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) {
		f.Close()
		return nil, err
	}
	if bytes.HasPrefix(head, []byte(zipMagic)) {
		f.Close()
		return openZip(ctx, file, layer, opt, rep)
	}
	kind, err := recognise(head)
	if err == nil && layer != "" && kind != "GeoPackage" {
		err = fmt.Errorf("%s has no layers: leave out #%s", kind, layer)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	var recs *records
	switch kind {
	case "GeoPackage":
		f.Close()
		return openGeoPackage(ctx, file, layer, opt, rep)
	case "GeoJSON":
		recs, err = openGeoJSON(in, rep)
	default:
		recs, err = openCSV(in, rep)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	if recs.csv != nil {
		recs.csv.share = func() float64 { return f.share(in.Buffered()) }
	}
	recs.closer = f
	return recs, nil
}

// close releases the file.
func (r *records) close() error { return r.closer.Close() }

// splitLayer cuts "file#layer", unless a file of the whole name exists.
func splitLayer(path string) (file, layer string) {
	i := strings.LastIndexByte(path, '#')
	if i < 0 {
		return path, ""
	}
	if _, err := os.Stat(path); err == nil {
		return path, ""
	}
	return path[:i], path[i+1:]
}

const sqliteMagic = "SQLite format 3\x00"

const wanted = "expected CSV, GeoJSON (either may be gzipped) or GeoPackage"

// signatures are the first bytes of formats that are not read here.
var signatures = []struct{ magic, what string }{
	{zipMagic, "a zip archive inside another: unpack it"},
	{"\x00\x00\x27\x0a", "a shapefile: convert it with ogr2ogr or QGIS"},
	{"fgb", "FlatGeobuf: convert it with ogr2ogr or QGIS"},
	{"PAR1", "Parquet"},
	{"\xd0\xcf\x11\xe0", "an old Excel workbook: save it as CSV"},
	{"%PDF", "a PDF"},
	{"7z\xbc\xaf", "a 7z archive: unpack it"},
	{"\x1f\x8b", "gzip inside gzip"},
	{"\xff\xfe", "UTF-16 text: save it as UTF-8"},
	{"\xfe\xff", "UTF-16 text: save it as UTF-8"},
}

// recognise tells the format from the first bytes.
func recognise(head []byte) (string, error) {
	text := bytes.TrimLeft(bytes.TrimPrefix(head, utf8BOM), " \t\r\n\x1e")
	if len(text) == 0 {
		return "", fmt.Errorf("empty file: %s", wanted)
	}
	if bytes.HasPrefix(head, []byte(sqliteMagic)) {
		return "GeoPackage", nil
	}
	for _, s := range signatures {
		if bytes.HasPrefix(head, []byte(s.magic)) {
			return "", fmt.Errorf("this is %s; %s", s.what, wanted)
		}
	}
	if bytes.Contains(head[:min(len(head), 64)], []byte("OSMHeader")) {
		return "", fmt.Errorf("this is OpenStreetMap PBF, which is read for roads only; %s", wanted)
	}
	if bytes.IndexByte(head, 0) >= 0 {
		return "", fmt.Errorf("binary data of an unknown format; %s", wanted)
	}
	switch text[0] {
	case '{':
		return "GeoJSON", nil
	case '[':
		return "", errors.New("a JSON array: expected a GeoJSON FeatureCollection, which begins with {")
	case '<':
		return "", markup(text)
	}
	return "CSV", nil
}

func markup(text []byte) error {
	start := bytes.ToLower(text[:min(len(text), 1024)])
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body"} {
		if bytes.Contains(start, []byte(tag)) {
			return fmt.Errorf("an HTML page (an error page saved under this name?); %s", wanted)
		}
	}
	if bytes.Contains(start, []byte("<osm")) {
		return fmt.Errorf("this is OpenStreetMap XML, which is read for roads only; %s", wanted)
	}
	return fmt.Errorf("an XML file; %s", wanted)
}

var utf8BOM = []byte("\xef\xbb\xbf")

// openFile opens a file, unpacked if it is gzip, with buffered reading. It
// tells opt.Progress the bytes read of the file as it is stored, and its reads
// fail with the context's error once ctx is done. Errors name the file.
func openFile(ctx context.Context, path string, opt Options) (*source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, inFile(path, err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = errors.New("this is a folder, not a file")
	}
	if err != nil {
		f.Close()
		return nil, inFile(path, err)
	}
	s := &source{Closer: f, ctx: ctx, path: path, file: f, size: info.Size(), progress: opt.Progress}
	s.counted.source = s
	s.buffered = bufio.NewReaderSize(&s.counted, 256<<10)
	s.r = s.buffered
	if magic, _ := s.buffered.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		if s.r, err = gzip.NewReader(s.buffered); err != nil {
			f.Close()
			return nil, inFile(path, gzipError(err))
		}
	}
	return s, nil
}

// source is a file being read through counted, a buffer and perhaps gzip.
type source struct {
	io.Closer
	ctx        context.Context
	path       string
	file       *os.File
	read, size int64
	progress   func(file string, read, size int64)
	counted    counted
	buffered   *bufio.Reader // of counted
	r          io.Reader
}

// share is the part of the file that was used when so many bytes of what was
// read still wait in a buffer; of a gzip file a little less.
func (s *source) share(waiting int) float64 {
	return float64(max(0, s.read-int64(s.buffered.Buffered()+waiting))) / float64(max(1, s.size))
}

func (s *source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, inFile(s.path, err)
	}
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = inFile(s.path, gzipError(err))
	}
	return n, err
}

// counted reads the file itself, once per filling of the buffer.
type counted struct{ *source }

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.file.Read(p)
	c.read += int64(n)
	if c.progress != nil && n > 0 {
		c.progress(c.path, c.read, c.size)
	}
	return n, err
}

func gzipError(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("the gzip file ends in the middle: download it again (%w)", io.ErrUnexpectedEOF)
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return fmt.Errorf("the gzip file is damaged: download it again (%w)", err)
	}
	return err
}

// fileError is an error that names its file.
type fileError struct {
	file string
	err  error
}

func (e *fileError) Error() string { return e.file + ": " + e.err.Error() }
func (e *fileError) Unwrap() error { return e.err }

// inFile makes an error name the file, once.
func inFile(file string, err error) error {
	var named *fileError
	if err == nil || errors.As(err, &named) {
		return err
	}
	var path *os.PathError
	if errors.As(err, &path) && path.Path == file {
		err = path.Err
	}
	return &fileError{file, err}
}
