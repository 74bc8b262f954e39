package load

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
)

// zipMagic begins an archive that holds something.
const zipMagic = "PK\x03\x04"

// maxUnpacked bounds what is unpacked to disk, a GeoPackage: text is read where it is.
const maxUnpacked = 16 << 30

// openZip opens a table inside a zip archive: the member named after the # of
// "file.zip#member", else the only one that is CSV, GeoJSON or GeoPackage by its
// name. Descriptions of the columns ("meta_…") are not tables. Text is unpacked
// while it is read; a GeoPackage goes to a temporary file, removed on close.
func openZip(ctx context.Context, file, member string, opt Options, rep *FileReport) (*records, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	archive, err := zip.NewReader(f, info.Size())
	if err != nil {
		f.Close()
		return nil, zipError(err)
	}
	m, err := chooseMember(archive.File, member)
	if err != nil {
		f.Close()
		return nil, err
	}
	if len(archive.File) > 1 {
		rep.note("%s was read of the archive's %d files", m.Name, len(archive.File))
	}
	recs, err := openMember(ctx, file, m, opt, rep)
	if err != nil {
		f.Close()
		return nil, err
	}
	recs.closer = bothClosers{recs.closer, f}
	return recs, nil
}

func chooseMember(members []*zip.File, name string) (*zip.File, error) {
	var all []string
	var tables []*zip.File
	for _, m := range members {
		if strings.HasSuffix(m.Name, "/") {
			continue
		}
		all = append(all, m.Name)
		if name != "" && (m.Name == name || path.Base(m.Name) == name) {
			return m, nil
		}
		if isTableName(m.Name) {
			tables = append(tables, m)
		}
	}
	list := strings.Join(all[:min(len(all), 20)], ", ")
	if name != "" {
		return nil, fmt.Errorf("no file %q in the archive: expected one of %s", name, list)
	}
	switch len(tables) {
	case 1:
		return tables[0], nil
	case 0:
		if i := slices.IndexFunc(all, func(n string) bool { return strings.HasSuffix(strings.ToLower(n), ".7z") }); i >= 0 {
			return nil, fmt.Errorf("the archive holds a 7z archive, %s, which is not read: unpack it, and give the file inside", all[i])
		}
		return nil, fmt.Errorf("a zip archive (or .xlsx, .ods, .kmz) without a table; it holds %s; %s", list, wanted)
	}
	var names []string
	for _, m := range tables {
		names = append(names, m.Name)
	}
	return nil, fmt.Errorf("several tables in the archive: write FILE.zip#NAME with one of %s", strings.Join(names, ", "))
}

func isTableName(name string) bool {
	base := strings.ToLower(path.Base(name))
	if strings.HasPrefix(base, "meta") || strings.Contains(base, "varmod") || strings.HasPrefix(name, "__MACOSX/") {
		return false
	}
	return slices.Contains([]string{".csv", ".tsv", ".geojson", ".json", ".gpkg"}, path.Ext(base))
}

func openMember(ctx context.Context, file string, m *zip.File, opt Options, rep *FileReport) (*records, error) {
	data, err := m.Open()
	if err != nil {
		return nil, zipError(err)
	}
	src := &memberReader{ctx: ctx, data: data, file: file, size: int64(m.UncompressedSize64), progress: opt.Progress}
	in := bufio.NewReaderSize(src, csvWindow)
	head, err := in.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) {
		data.Close()
		return nil, err
	}
	kind, err := recognise(head)
	var recs *records
	switch {
	case err != nil:
	case kind == "GeoPackage":
		recs, err = openUnpacked(ctx, in, opt, rep)
		data.Close()
		return recs, err
	case kind == "GeoJSON":
		recs, err = openGeoJSON(in, rep)
	default:
		recs, err = openCSV(in, rep)
	}
	if err != nil {
		data.Close()
		return nil, fmt.Errorf("%s: %w", m.Name, err)
	}
	if recs.csv != nil {
		recs.csv.share = func() float64 { return float64(src.read-int64(in.Buffered())) / float64(max(1, src.size)) }
	}
	recs.closer = data
	return recs, nil
}

// openUnpacked copies a GeoPackage out of the archive, since SQLite reads here and there.
func openUnpacked(ctx context.Context, in io.Reader, opt Options, rep *FileReport) (*records, error) {
	tmp, err := os.CreateTemp("", "maillage-*.gpkg")
	if err != nil {
		return nil, err
	}
	n, err := io.Copy(tmp, io.LimitReader(in, maxUnpacked+1))
	if closing := tmp.Close(); err == nil {
		err = closing
	}
	if err == nil && n > maxUnpacked {
		err = fmt.Errorf("more than %d GiB unpacked", maxUnpacked>>30)
	}
	var recs *records
	if err == nil {
		recs, err = openGeoPackage(ctx, tmp.Name(), "", opt, rep)
	}
	if err != nil {
		os.Remove(tmp.Name()) //nolint:errcheck // a temporary file
		return nil, err
	}
	recs.closer = bothClosers{recs.closer, removal(tmp.Name())}
	return recs, nil
}

// memberReader reads a member of an archive, tells the progress and heeds the context.
type memberReader struct {
	ctx      context.Context
	data     io.ReadCloser
	file     string
	read     int64
	size     int64
	progress func(file string, read, size int64)
}

func (r *memberReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.data.Read(p)
	r.read += int64(n)
	if r.progress != nil && n > 0 {
		r.progress(r.file, r.read, r.size)
	}
	return n, zipError(err)
}

func zipError(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case err == nil || err == io.EOF: //nolint:errorlint // the plain end of a reader
		return err
	case errors.Is(err, zip.ErrFormat), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, zip.ErrChecksum), errors.As(err, &corrupt):
		return fmt.Errorf("the zip archive is cut off or damaged: download it again (%w)", err)
	case errors.Is(err, zip.ErrAlgorithm):
		return fmt.Errorf("the zip archive uses a compression that is not read: unpack it (%w)", err)
	}
	return err
}

// bothClosers closes an inner source, then what it is read from.
type bothClosers struct{ inner, outer io.Closer }

func (c bothClosers) Close() error { return errors.Join(c.inner.Close(), c.outer.Close()) }

// removal is a file that goes when it is closed.
type removal string

func (r removal) Close() error { return os.Remove(string(r)) }
