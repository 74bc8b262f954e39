package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/maillage/maillage/geodata"
)

// Options say how to fetch. The zero value fetches with patience into the
// default cache.
type Options struct {
	Cache string // folder; empty for DefaultCache
	// Mirror is a folder or an address that has all files under their names in
	// the catalogue.
	Mirror string
	// URLs are other addresses (or paths) of sources, by id, with the
	// placeholders of the catalogue.
	URLs    map[string]string
	Skip    []string // ids of sources to leave out
	Offline bool     // take what the cache has
	Refresh bool     // ask the publishers whether what the cache has is still current
	Buffer  float64  // metres around the EPCI
	Agent   string   // User-Agent

	Stall time.Duration // how long a transfer may stand still; 0 for a minute
	Wait  time.Duration // before the second try; 0 for two seconds
	Tries int           // without a new byte in between; 0 for six
	// Progress is told how much of all the files begun so far has come.
	Progress func(done, total int64)
}

// From says where a file came from.
type From string

// Where files come from.
const (
	FromNetwork From = "network"
	FromCache   From = "cache"
	FromMirror  From = "mirror" // a folder, read in place
)

// File is one file of a territory: where it is, or why it is not.
type File struct {
	Source Source
	Name   string // in the cache
	URL    string // where it comes from, an address or a path
	Path   string // where it is; empty if it is missing
	Member string // the file inside a zip archive that is read
	Key    string // the department, extract or network it is of; empty if there is one only
	Other  bool   // the user gave another address: it may be another edition, in another form
	From   From
	Bytes  int64
	SHA256 string
	// Vintage is the source's, or the day the file is dated by the publisher;
	// empty where neither is known.
	Vintage string
	Notes   []string // what is worth knowing: no checksum, changed since the last time
	Err     error
}

// Table is the path as readers take it: "file.zip#member" inside an archive.
func (f File) Table() string {
	if f.Member != "" && f.Source.Use != Timetables {
		return f.Path + "#" + f.Member
	}
	return f.Path
}

// Origin is what travels with the data into every output.
func (f File) Origin() geodata.Source {
	return geodata.Source{Name: f.Source.What.Fr, Publisher: f.Source.Publisher, Licence: f.Source.Licence, Vintage: f.Vintage}
}

// Problem says in one line which source is missing, from where, why, and what to do.
func (f File) Problem() string {
	hint := ""
	if errors.Is(f.Err, errNotFound) || errors.Is(f.Err, errHTML) {
		hint = fmt.Sprintf("; the entry %q of the catalogue may be out of date: see %s, and give another address with --url %s=ADDRESS", f.Source.ID, f.Source.Page, f.Source.ID)
	}
	return fmt.Sprintf("%s (%s): %s: %v%s", f.Source.ID, f.Source.What.Fr, f.URL, f.Err, hint)
}

// Result is what was fetched.
type Result struct {
	EPCI        EPCI
	Departments []string // of the EPCI
	Files       []File   // in the order of the catalogue
}

// ErrRequired is the failure of a source without which nothing can be imported.
var ErrRequired = errors.New("a source that is needed is missing")

// ErrOptions are options that cannot be meant: a source that does not exist, an
// address with a placeholder that it has no value for.
var ErrOptions = errors.New("options of fetching")

// Missing are the files that could not be had.
func (r *Result) Missing() []File {
	return slices.DeleteFunc(slices.Clone(r.Files), func(f File) bool { return f.Err == nil })
}

// Run fetches the sources of an EPCI, named by its SIREN or a name that only it
// has, and of its surroundings. Sources fail one by one: the others go on, and
// each File tells. The error is ErrUnknownEPCI, ErrRequired (both say more),
// one of the context or of the cache. The result is never nil.
func Run(ctx context.Context, epci string, opt Options) (*Result, error) {
	r := &Result{}
	f, err := newFetcher(opt)
	if err != nil {
		return r, err
	}
	defer f.close()
	if err := f.territory(ctx, epci, r); err != nil {
		f.finish(r)
		return r, err
	}
	f.finish(r)
	if err := ctx.Err(); err != nil {
		return r, err
	}
	return r, required(r.Files)
}

func required(files []File) error {
	var failed []error
	for _, f := range files {
		if f.Err != nil && f.Source.Required {
			failed = append(failed, errors.New(f.Problem()))
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("%w: %w", ErrRequired, errors.Join(failed...))
	}
	return nil
}

// fetcher works for one call of Run.
type fetcher struct {
	opt       Options
	catalogue Catalogue
	cache     *cache
	client    *client

	mu    sync.Mutex
	files []File
	parts map[string][2]int64 // bytes come and expected, by file
}

func newFetcher(opt Options) (*fetcher, error) {
	f, err := prepare(opt)
	if err != nil {
		return nil, err
	}
	if f.cache, err = openCache(f.opt.Cache); err != nil {
		return nil, err
	}
	f.client = newClient(cmp.Or(opt.Agent, "maillage"), cmp.Or(opt.Stall, time.Minute), cmp.Or(opt.Wait, 2*time.Second), cmp.Or(opt.Tries, 6))
	return f, nil
}

// prepare checks the options; it touches neither network nor cache.
func prepare(opt Options) (*fetcher, error) {
	f := &fetcher{opt: opt, catalogue: DefaultCatalogue(), parts: map[string][2]int64{}}
	for _, id := range slices.Concat(opt.Skip, slices.Sorted(maps.Keys(opt.URLs))) {
		s, err := f.catalogue.Source(id)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrOptions, err)
		}
		template, other := opt.URLs[id]
		if !other {
			if s.Required && (s.Use == Index || s.Use == Communes) {
				return nil, fmt.Errorf("%w: %s says what to fetch: it cannot be left out", ErrOptions, id)
			}
			continue
		}
		if err := s.fits(template); err != nil {
			return nil, fmt.Errorf("%w: another address for %s: %w", ErrOptions, id, err)
		}
	}
	if f.opt.Cache == "" {
		dir, err := DefaultCache()
		if err != nil {
			return nil, err
		}
		f.opt.Cache = dir
	}
	return f, nil
}

// fits refuses an address whose placeholders the source has no values for.
func (s *Source) fits(address string) error {
	values := map[string]string{}
	for _, m := range placeholder.FindAllString(s.URL+s.File+s.Member, -1) {
		values[m[1:len(m)-1]] = "x"
	}
	_, err := expand(address, values)
	return err
}

func (f *fetcher) close() {
	f.client.close()
	f.cache.close()
}

// finish puts the files in the catalogue's order, whatever came first.
func (f *fetcher) finish(r *Result) {
	rank := map[string]int{}
	for i, s := range f.catalogue.Sources {
		rank[s.ID] = i
	}
	slices.SortFunc(f.files, func(a, b File) int {
		return cmp.Or(cmp.Compare(rank[a.Source.ID], rank[b.Source.ID]), cmp.Compare(a.Name, b.Name))
	})
	r.Files = f.files
}

// territory fetches in three steps: the lists that say what to fetch, the
// EPCI's outlines that say where, everything else.
func (f *fetcher) territory(ctx context.Context, name string, r *Result) error {
	lists := f.all(ctx, []job{{id: "epcis"}, {id: "communes-index"}})
	if err := f.stop(ctx, lists); err != nil {
		return err
	}
	epcis, err := read(lists[0], parseEPCIs)
	if err != nil {
		return err
	}
	if r.EPCI, err = findEPCI(epcis, name); err != nil {
		return err
	}
	communes, err := read(lists[1], parseCommunes)
	if err != nil {
		return err
	}
	own := f.all(ctx, []job{{id: "communes", values: map[string]string{"epci": r.EPCI.Code}}})
	if err := f.stop(ctx, own); err != nil {
		return err
	}
	frame, err := read(own[0], frameOf)
	if err != nil {
		return err
	}
	p, err := placeOf(r.EPCI.Code, frame, f.opt.Buffer, communes)
	if err != nil {
		return err
	}
	r.Departments = p.departments
	f.surroundings(ctx, r.EPCI.Code, p)
	return nil
}

// stop ends the work when one of the files that lead to the others is missing.
func (f *fetcher) stop(ctx context.Context, files []File) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return required(files)
}

func read[T any](f File, parse func([]byte) (T, error)) (T, error) {
	text, err := os.ReadFile(f.Path)
	if err != nil {
		var none T
		return none, err
	}
	v, err := parse(text)
	if err != nil {
		return v, fmt.Errorf("%s: %s: %w", f.Source.ID, f.URL, err)
	}
	return v, nil
}

// surroundings fetches all that depends on where the EPCI is, at once; of each
// publisher two files at a time.
func (f *fetcher) surroundings(ctx context.Context, epci string, p place) {
	jobs, chained := f.jobs(p), make(chan struct{})
	go func() {
		defer close(chained)
		if f.wanted("timetables") && f.wanted("timetables-index") {
			f.timetables(ctx, epci, p)
		}
	}()
	f.all(ctx, jobs)
	<-chained
}

func (f *fetcher) jobs(p place) (jobs []job) {
	extracts, uncovered := f.catalogue.extractsOf(p.roads)
	for _, s := range f.catalogue.Sources {
		switch {
		case s.Use == Index || s.Use == Communes || s.Use == Timetables:
		case s.Use == Neighbours:
			for _, d := range p.around {
				jobs = append(jobs, job{id: s.ID, key: d, values: map[string]string{"department": d}})
			}
		case s.Use == Roads:
			for _, e := range extracts {
				jobs = append(jobs, job{id: s.ID, key: e, values: map[string]string{"extract": e}})
			}
			for _, d := range uncovered {
				jobs = append(jobs, job{id: s.ID, key: d, impossible: fmt.Errorf("no extract covers department %s", d)})
			}
		case strings.Contains(s.Member, "{zone}"):
			zone, ok := f.catalogue.zoneOf(p.departments[0])
			j := job{id: s.ID, values: map[string]string{"zone": zone}}
			if !ok {
				j.impossible = fmt.Errorf("%s publishes none for department %s", s.Publisher, p.departments[0])
			}
			jobs = append(jobs, j)
		default:
			jobs = append(jobs, job{id: s.ID})
		}
	}
	return jobs
}

func (f *fetcher) timetables(ctx context.Context, epci string, p place) {
	index := f.all(ctx, []job{{id: "timetables-index"}})
	if len(index) == 0 || index[0].Err != nil {
		return
	}
	s, err := f.catalogue.Source("timetables")
	if err != nil {
		return // the catalogue has none
	}
	found, err := read(index[0], func(text []byte) ([]timetable, error) { return timetablesAt(text, epci, p, s) })
	if err != nil {
		f.add(File{Source: *s, Name: s.File, URL: index[0].URL, Err: err})
		return
	}
	var jobs []job
	for _, t := range found {
		jobs = append(jobs, job{id: s.ID, key: t.Name, source: &t.Source, values: map[string]string{"resource": t.Name, "address": t.URL}})
	}
	f.all(ctx, jobs)
}

// job is one file to get.
type job struct {
	id, key    string
	source     *Source // with more than the catalogue knows; nil for the catalogue's
	values     map[string]string
	impossible error
}

func (f *fetcher) wanted(id string) bool { return !slices.Contains(f.opt.Skip, id) }

// all gets files at the same time; those to skip are left out of the answer.
func (f *fetcher) all(ctx context.Context, jobs []job) []File {
	jobs = slices.DeleteFunc(jobs, func(j job) bool { return !f.wanted(j.id) })
	files := make([]File, len(jobs))
	var group sync.WaitGroup
	for i, j := range jobs {
		group.Go(func() {
			files[i] = f.get(ctx, j)
			f.add(files[i])
		})
	}
	group.Wait()
	return files
}

func (f *fetcher) add(file File) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files = append(f.files, file)
}

// get gets one file; what goes wrong stands in its Err.
func (f *fetcher) get(ctx context.Context, j job) File {
	file, err := f.locate(j)
	if err == nil {
		err = f.obtain(ctx, &file)
	}
	if file.Err = err; err != nil {
		file.Path = ""
	}
	return file
}

// locate says where a file comes from and what it is called.
func (f *fetcher) locate(j job) (File, error) {
	source := j.source
	if source == nil {
		var err error
		if source, err = f.catalogue.Source(j.id); err != nil {
			return File{}, err
		}
	}
	file := File{Source: *source, Key: j.key, Vintage: source.Vintage}
	template, other := f.opt.URLs[source.ID]
	switch {
	case other:
		file.Other, file.Vintage = true, ""
	case f.opt.Mirror != "":
		template = strings.TrimSuffix(f.opt.Mirror, "/") + "/" + source.File
	default:
		template = source.URL
	}
	if j.impossible != nil {
		file.URL, file.Name = template, source.File
		return file, j.impossible
	}
	var err error
	if file.Name, err = expand(source.File, j.values); err != nil {
		return file, err
	}
	if file.Member, err = expand(source.Member, j.values); err != nil {
		return file, err
	}
	if file.URL, err = expand(template, j.values); err == nil && other {
		file.Name = otherName(source.ID, j.key, file.URL)
	}
	return file, err
}

// otherName keeps a file from another address apart from the publisher's, under
// its own name: readers take the year from it.
func otherName(id, key, address string) string {
	base := path.Base(strings.SplitN(address, "?", 2)[0])
	if base = notInNames.ReplaceAllString(base, "_"); !isAddress(address) {
		return base
	}
	return strings.Join(slices.DeleteFunc([]string{id, key, base}, func(s string) bool { return s == "" }), "-")
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9._-]`)

// isAddress tells an address from a path.
func isAddress(s string) bool {
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
}

func (f *fetcher) obtain(ctx context.Context, file *File) error {
	if !isAddress(file.URL) {
		return f.local(file)
	}
	kept, err := f.cache.verify(file.Name)
	usable := err == nil && (kept.URL == file.URL || f.opt.Offline && !file.Other)
	switch {
	case usable && !f.opt.Refresh:
		f.fromCache(file, kept)
		return file.check(file.Path)
	case f.opt.Offline && errors.Is(err, errChanged):
		return err
	case f.opt.Offline:
		return fmt.Errorf("it is not in the cache %s, and nothing is fetched offline", f.opt.Cache)
	case errors.Is(err, errChanged):
		file.Notes = append(file.Notes, err.Error()+": fetched again")
	}
	if !usable {
		kept = Fetched{}
	}
	return f.download(ctx, file, kept)
}

// check looks at what came; of another file than the catalogue's it finds out
// what is inside.
func (f *File) check(path string) (err error) {
	if !f.Other {
		return check(path, &f.Source, f.Member)
	}
	f.Member, err = checkOther(path, f.Member)
	return err
}

func (f *fetcher) fromCache(file *File, kept Fetched) {
	file.From, file.Path = FromCache, f.cache.path(file.Name)
	f.describe(file, kept)
}

func (f *fetcher) describe(file *File, kept Fetched) {
	file.Bytes, file.SHA256 = kept.Bytes, kept.SHA256
	if file.Vintage != "dated" {
		return
	}
	file.Vintage = kept.At.Format(time.DateOnly)
	if at, err := time.Parse(time.RFC1123, kept.LastModified); err == nil {
		file.Vintage = at.Format(time.DateOnly)
	}
}

// local takes a file where it lies: in a folder that mirrors the publishers, or
// where the user says.
func (f *fetcher) local(file *File) error {
	where := filepath.FromSlash(file.URL)
	if err := file.check(where); err != nil {
		if isMissing(err) {
			return fmt.Errorf("there is no such file")
		}
		return err
	}
	s, err := sumFile(where)
	if err != nil {
		return err
	}
	if file.Source.Checksum == "md5" && !file.Other {
		text, err := os.ReadFile(where + ".md5")
		switch {
		case isMissing(err):
			file.Notes = append(file.Notes, "no checksum beside it (.md5)")
		case err != nil:
			return err
		default:
			if err := sameMD5(text, s.md5); err != nil {
				return err
			}
		}
	}
	file.From, file.Path, file.Bytes, file.SHA256 = FromMirror, where, s.bytes, s.sha256
	if file.Vintage == "dated" {
		file.Vintage = ""
	}
	return nil
}

// download fetches into a part, checks it, and moves it into the cache. old is
// the version at hand, if any.
func (f *fetcher) download(ctx context.Context, file *File, old Fetched) error {
	t := f.transfer(file, file.Name, int64(file.Source.Limit))
	t.since = old.stamp
	for try := 1; ; try++ {
		want, err := f.publishedMD5(ctx, file)
		if err != nil {
			return err
		}
		s, err := t.run(ctx)
		if errors.Is(err, errNotModified) {
			f.fromCache(file, old)
			return file.check(file.Path)
		}
		if err != nil {
			return err
		}
		if err := file.check(t.part); err != nil {
			t.drop()
			return err
		}
		sum, err := sumFile(t.part)
		if err != nil {
			return err
		}
		if err := sameMD5(want, sum.md5); err != nil {
			t.drop()
			if try == 1 { // the publisher may have replaced the file between its sum and itself
				continue
			}
			return err
		}
		if old.SHA256 != "" && old.SHA256 != sum.sha256 {
			file.Notes = append(file.Notes, "the publisher has changed it since "+old.At.Format(time.DateOnly))
		}
		kept := Fetched{URL: file.URL, SHA256: sum.sha256, Bytes: sum.bytes, At: time.Now().UTC().Truncate(time.Second), stamp: s}
		if err := f.cache.keep(file.Name, t.part, kept); err != nil {
			return err
		}
		file.From, file.Path = FromNetwork, f.cache.path(file.Name)
		f.describe(file, kept)
		return nil
	}
}

func (f *fetcher) transfer(file *File, name string, limit int64) *transfer {
	return &transfer{client: f.client, url: file.URL, part: f.cache.path(name + ".part"), limit: limit,
		progress: func(done, total int64) { f.progress(name, done, total) }}
}

// progress adds up all files. One whose size the server has not said counts
// with what has come.
func (f *fetcher) progress(name string, done, total int64) {
	if f.opt.Progress == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.parts[name] = [2]int64{done, total}
	var sum [2]int64
	for _, p := range f.parts {
		sum[0], sum[1] = sum[0]+p[0], sum[1]+p[1]
	}
	f.opt.Progress(sum[0], sum[1])
}

// publishedMD5 fetches the sum that stands beside a file; empty if there is none.
func (f *fetcher) publishedMD5(ctx context.Context, file *File) ([]byte, error) {
	if file.Source.Checksum != "md5" || file.Other {
		return nil, nil
	}
	beside := *file
	beside.URL += ".md5"
	t := f.transfer(&beside, file.Name+".md5", 4096)
	t.progress = func(int64, int64) {}
	defer t.drop()
	t.drop() // never half of an old one
	_, err := t.run(ctx)
	if errors.Is(err, errNotFound) {
		if note := "no checksum beside it (.md5)"; !slices.Contains(file.Notes, note) {
			file.Notes = append(file.Notes, note)
		}
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("its checksum %s: %w", beside.URL, err)
	}
	in, err := os.Open(t.part)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(in)
}

// sameMD5 compares a sum with the file the publisher keeps beside: "sum  name".
// Without one everything is the same.
func sameMD5(published []byte, sum string) error {
	if len(published) == 0 {
		return nil
	}
	want, err := parseMD5(published)
	if err != nil {
		return err
	}
	if want != sum {
		return fmt.Errorf("its checksum is wrong: MD5 %s, the publisher says %s", sum, want)
	}
	return nil
}

func parseMD5(text []byte) (string, error) {
	fields := strings.Fields(string(text))
	if len(fields) == 0 || len(fields) > 2 || len(fields[0]) != 32 || strings.Trim(strings.ToLower(fields[0]), "0123456789abcdef") != "" {
		return "", fmt.Errorf("its checksum file is none: expected 32 hexadecimal digits and a name, it begins with %s", beginning(text))
	}
	return strings.ToLower(fields[0]), nil
}
