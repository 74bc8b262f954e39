package fetch

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
)

// check says what is wrong with a file that came: of another kind, cut short,
// or without the columns that are read. Zip archives, JSON and PBF tell when
// their end is missing, whatever the server said of their length.
func check(file string, s *Source, member string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return fmt.Errorf("nothing came: 0 bytes instead of %s", kinds[s.Format])
	}
	head := make([]byte, 4096)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	head = head[:n]
	switch {
	case isHTML(head):
		err = fmt.Errorf("%w%s; expected %s", errHTML, titled(head), kinds[s.Format])
	case s.Format == "json":
		err = checkJSON(f, "")
	case s.Format == "geojson":
		err = checkJSON(f, "FeatureCollection")
	case s.Format == "csv":
		err = checkColumns(f, s.Columns)
	case s.Format == "zip":
		err = checkZip(f, info.Size(), head, s, member)
	case s.Format == "pbf":
		err = checkPBF(f, info.Size())
	}
	return err
}

// checkOther looks at a file that the user gives in place of a source: it may
// be of any form that readers know, but whole, and not a page. The member is that
// of the catalogue's archive if this one has it.
func checkOther(file, member string) (inside string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return "", err
	case info.IsDir():
		return "", errors.New("this is a folder, not a file")
	case info.Size() == 0:
		return "", errors.New("an empty file")
	}
	head := make([]byte, 4096)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	switch head = head[:n]; {
	case isHTML(head):
		return "", fmt.Errorf("%w%s", errHTML, titled(head))
	case bytes.Contains(head[:min(n, 64)], []byte("OSMHeader")):
		return "", checkPBF(f, info.Size())
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		archive, err := zip.NewReader(f, info.Size())
		if err != nil {
			return "", fmt.Errorf("cut short or damaged: the zip archive has no end after %d bytes (%w)", info.Size(), err)
		}
		if member != "" && slices.ContainsFunc(archive.File, func(m *zip.File) bool { return strings.EqualFold(path.Base(m.Name), member) }) {
			return member, nil
		}
	}
	return "", nil
}

// kinds names the formats for people.
var kinds = map[string]string{"json": "a JSON list", "geojson": "a GeoJSON FeatureCollection", "csv": "CSV", "zip": "a zip archive", "pbf": "OpenStreetMap PBF"}

// isHTML recognises a page by its beginning.
func isHTML(head []byte) bool {
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body"} {
		if bytes.HasPrefix(text, []byte(tag)) {
			return true
		}
	}
	return false
}

var title = regexp.MustCompile(`(?is)<(?:title|h1)[^>]*>\s*([^<]{1,120})`)

// titled is ` ("Page introuvable")`, empty if the page has no title here.
func titled(head []byte) string {
	if m := title.FindSubmatch(head); m != nil {
		return fmt.Sprintf(" (%q)", bytes.TrimSpace(m[1]))
	}
	return ""
}

// beginning shows what came instead of what was expected.
func beginning(head []byte) string { return fmt.Sprintf("%.40q", head) }

func checkJSON(f io.Reader, kind string) error {
	b, err := io.ReadAll(f) // the catalogue's limit bounds it
	if err != nil {
		return err
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	var syntax *json.SyntaxError
	if err := json.Unmarshal(b, new(json.RawMessage)); errors.As(err, &syntax) {
		if int(syntax.Offset) >= len(bytes.TrimRight(b, " \r\n\t")) {
			return fmt.Errorf("cut short: the JSON ends in the middle, after %d bytes", len(b))
		}
		return fmt.Errorf("not JSON: %w at byte %d; it begins with %s", err, syntax.Offset, beginning(b))
	}
	if kind == "" {
		var list []json.RawMessage
		if json.Unmarshal(b, &list) != nil {
			return fmt.Errorf("expected a JSON list; it begins with %s", beginning(b))
		}
		return nil
	}
	var c struct {
		Type     string
		Features []json.RawMessage
	}
	if err := json.Unmarshal(b, &c); err != nil || c.Type != kind {
		return fmt.Errorf("expected a GeoJSON %s; it begins with %s", kind, beginning(b))
	}
	if len(c.Features) == 0 {
		return errors.New("a FeatureCollection without any feature")
	}
	return nil
}

// checkColumns reads a header line. Separators and quotes do not matter here.
func checkColumns(r io.Reader, want []string) error {
	line, err := bufio.NewReaderSize(r, 1<<20).ReadSlice('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("no header line: %w", err)
	}
	line = bytes.TrimPrefix(bytes.TrimRight(line, "\r\n"), []byte("\xef\xbb\xbf"))
	if bytes.IndexByte(line, 0) >= 0 {
		return fmt.Errorf("expected CSV; it begins with %s", beginning(line))
	}
	names := strings.FieldsFunc(string(line), func(r rune) bool { return strings.ContainsRune(",;\t|", r) })
	for i := range names {
		names[i] = strings.Trim(names[i], ` "`)
	}
	var missing []string
	for _, w := range want {
		if !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, w) }) {
			missing = append(missing, w)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("columns that are read are missing: %s; the file has %s", strings.Join(missing, ", "), some(names, 60))
}

// some lists the first max names.
func some(names []string, max int) string {
	if len(names) > max {
		return strings.Join(names[:max], ", ") + fmt.Sprintf(" and %d more", len(names)-max)
	}
	return strings.Join(names, ", ")
}

func checkZip(f io.ReaderAt, size int64, head []byte, s *Source, member string) error {
	if !bytes.HasPrefix(head, []byte("PK")) {
		return fmt.Errorf("expected a zip archive; it begins with %s", beginning(head))
	}
	archive, err := zip.NewReader(f, size)
	if err != nil {
		return fmt.Errorf("cut short or damaged: the zip archive has no end after %d bytes (%w)", size, err)
	}
	if member == "" {
		return nil
	}
	var names []string
	for _, m := range archive.File {
		names = append(names, m.Name)
		if !strings.EqualFold(path.Base(m.Name), member) {
			continue
		}
		in, err := m.Open()
		if err != nil {
			return fmt.Errorf("%s in the archive: %w", m.Name, err)
		}
		defer in.Close()
		if err := checkColumns(in, s.Columns); err != nil {
			return fmt.Errorf("%s in the archive: %w", m.Name, err)
		}
		return nil
	}
	if i := slices.IndexFunc(names, func(n string) bool { return strings.HasSuffix(strings.ToLower(n), ".7z") }); i >= 0 {
		return fmt.Errorf("the archive holds a 7z archive, %s, which is not read: unpack it, and name the file inside with --url %s=FILE", names[i], s.ID)
	}
	return fmt.Errorf("no file %s in the archive, which has %s", member, some(names, 20))
}

// checkPBF goes from block to block without decoding any: the last must end
// where the file ends.
func checkPBF(f io.ReaderAt, size int64) error {
	for at, n := int64(0), 0; at < size; n++ {
		var length [4]byte
		if _, err := f.ReadAt(length[:], at); err != nil {
			return fmt.Errorf("cut short: the PBF ends in the middle, after %d bytes", size)
		}
		long := binary.BigEndian.Uint32(length[:])
		if long == 0 || long > 64<<10 {
			return fmt.Errorf("expected OpenStreetMap PBF; block %d at byte %d is none", n+1, at)
		}
		header := make([]byte, long)
		if _, err := f.ReadAt(header, at+4); err != nil {
			return fmt.Errorf("cut short: the PBF ends in the middle, after %d bytes", size)
		}
		kind, data, ok := blobHeader(header)
		if !ok || n == 0 && kind != "OSMHeader" || data < 0 || data > 64<<20 {
			return fmt.Errorf("expected OpenStreetMap PBF; block %d at byte %d is none", n+1, at)
		}
		if at += 4 + int64(len(header)) + data; at > size {
			return fmt.Errorf("cut short: the PBF ends in the middle of block %d, %d bytes before its end", n+1, at-size)
		}
	}
	return nil
}

// blobHeader reads the type, field 1, and datasize, field 3, of a BlobHeader.
func blobHeader(b []byte) (kind string, data int64, ok bool) {
	data = -1
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return "", 0, false
		}
		v, m := binary.Uvarint(b[n:])
		if m <= 0 {
			return "", 0, false
		}
		b = b[n+m:]
		switch tag & 7 {
		case 0:
			if tag>>3 == 3 && v < 1<<40 {
				data = int64(v)
			}
		case 2:
			if v > uint64(len(b)) {
				return "", 0, false
			}
			if tag>>3 == 1 {
				kind = string(b[:v])
			}
			b = b[v:]
		default:
			return "", 0, false
		}
	}
	return kind, data, data >= 0
}
