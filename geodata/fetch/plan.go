package fetch

import (
	"os"
	"path/filepath"
)

// Plan says what Run would fetch, and what the cache has of it. It asks nobody
// and writes nothing: where the lists that say what to fetch are not at hand,
// names keep their placeholders, such as communes-departement-{department}.geojson.
// Files without From would come over the network; their Bytes are 0. The errors
// are ErrUnknownEPCI, where the list is at hand, and those of the cache.
func Plan(epci string, opt Options) (*Result, error) {
	r := &Result{}
	f, err := prepare(opt)
	if err != nil {
		return r, err
	}
	lock, err := readLock(f.opt.Cache)
	if err != nil {
		return r, err
	}
	f.cache = &cache{dir: f.opt.Cache, lock: lock}
	err = f.plan(epci, r)
	f.finish(r)
	return r, err
}

func (f *fetcher) plan(name string, r *Result) error {
	lists := [2]File{f.peek(job{id: "epcis"}), f.peek(job{id: "communes-index"})}
	if lists[0].Path != "" {
		epcis, err := read(lists[0], parseEPCIs)
		if err != nil {
			return err
		}
		if r.EPCI, err = findEPCI(epcis, name); err != nil {
			return err
		}
	}
	code := r.EPCI.Code
	if code == "" && siren.MatchString(name) {
		code = name
		r.EPCI.Code = name
	}
	own := job{id: "communes", values: unknown()}
	if code != "" {
		own.values["epci"] = code
	}
	outlines := f.peek(own)
	if p, ok := f.placeAtHand(code, outlines, lists[1]); ok {
		r.Departments = p.departments
		for _, j := range f.jobs(p) {
			f.peek(j)
		}
	} else {
		for _, s := range f.catalogue.Sources {
			if s.Use != Index && s.Use != Communes && s.Use != Timetables {
				f.peek(job{id: s.ID, values: unknown()})
			}
		}
	}
	f.peek(job{id: "timetables-index"})
	f.peek(job{id: "timetables", values: unknown()})
	return nil
}

// unknown leaves every placeholder as it is.
func unknown() map[string]string {
	values := map[string]string{}
	for _, name := range placeholders {
		values[name] = "{" + name + "}"
	}
	return values
}

func (f *fetcher) placeAtHand(code string, outlines, communes File) (place, bool) {
	if outlines.Path == "" || communes.Path == "" {
		return place{}, false
	}
	frame, err := read(outlines, frameOf)
	if err != nil {
		return place{}, false
	}
	all, err := read(communes, parseCommunes)
	if err != nil {
		return place{}, false
	}
	p, err := placeOf(code, frame, f.opt.Buffer, all)
	return p, err == nil
}

// peek says where a file is, without a look into it.
func (f *fetcher) peek(j job) File {
	if !f.wanted(j.id) {
		return File{}
	}
	file, err := f.locate(j)
	if err != nil {
		file.Err = err
		f.add(file)
		return file
	}
	kept, known := f.cache.entry(file.Name)
	switch {
	case !isAddress(file.URL):
		path := filepath.FromSlash(file.URL)
		if info, err := os.Stat(path); err == nil {
			file.From, file.Path, file.Bytes = FromMirror, path, info.Size()
		}
	case known && kept.URL == file.URL:
		if info, err := os.Stat(f.cache.path(file.Name)); err == nil && info.Size() == kept.Bytes {
			f.fromCache(&file, kept)
		}
	}
	f.add(file)
	return file
}
