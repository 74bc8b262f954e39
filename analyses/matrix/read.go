package matrix

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// The columns of the files, by their names; the second are those of `maillage times`.
var (
	demandColumn  = []string{"demand_id", "cell_id"}
	siteColumn    = []string{"site_id", "facility_id"}
	otherColumn   = []string{"other_id"}
	secondsColumn = []string{"seconds"}
)

// Values is what a file of demand or supply says: an id and a number each, in the
// order of the file.
type Values struct {
	IDs     []string
	Amounts []geodata.Amount // parallel to IDs
	at      map[string]int32
}

// Named are ids without amounts, as those of a file would be.
func Named(ids []string) *Values {
	v := &Values{IDs: ids, Amounts: make([]geodata.Amount, len(ids)), at: map[string]int32{}}
	for k, id := range ids {
		v.at[id] = int32(k)
	}
	return v
}

// ReadDemand reads demand_id, value: how many people (or households, or whatever is
// counted) live where. A value is a decimal number of at least 0, exact to the
// millionth and rounded half away from zero beyond it. A file without any usable
// record is an error.
func ReadDemand(f File) (*Values, Count, error) {
	return f.values(demandColumn, []string{"value"}, "a number of people, 0 or more, such as 12.5")
}

// ReadSupply reads site_id, capacity: how much there is where (places, doctors,
// hours), as ReadDemand reads values.
func ReadSupply(f File) (*Values, Count, error) {
	return f.values(siteColumn, []string{"capacity"}, "a capacity, 0 or more, such as 24")
}

func (f File) values(ids, numbers []string, want string) (*Values, Count, error) {
	r, at, err := f.open(ids, numbers)
	if err != nil {
		return nil, Count{File: f.Name}, err
	}
	v := &Values{at: map[string]int32{}}
	var lines []int
	err = r.each(func() {
		id, text := r.fields[at[0]], r.fields[at[1]]
		if reason := notAnID(id); reason != "" {
			r.fault(at[0], reason)
			return
		}
		if k, ok := v.at[string(id)]; ok {
			r.fault(at[0], fmt.Sprintf("appears twice: first on line %d, which counts", lines[k]))
			return
		}
		a, err := geodata.ParseAmount(string(text))
		if err != nil || a < 0 {
			r.fault(at[1], "want "+want)
			return
		}
		v.at[string(id)] = int32(len(v.IDs))
		v.IDs, v.Amounts, lines = append(v.IDs, string(id)), append(v.Amounts, a), append(lines, r.line)
	})
	if r.Kept = len(v.IDs); err == nil && r.Kept == 0 {
		err = fmt.Errorf("%s: no record can be used: of %d, %d are at fault; want %s", f.Name, r.Read, r.Bad, want)
	}
	return v, r.Count, err
}

func notAnID(id []byte) string {
	switch {
	case len(id) == 0:
		return "want an id"
	case !utf8.Valid(id):
		return "want UTF-8: save the file as CSV UTF-8"
	}
	return ""
}

// ReadTimes reads demand_id, site_id, seconds: the travel times from homes to
// sites. Seconds are a decimal number, read exactly to the millisecond and rounded
// half up beyond it, or empty where there is no way. Homes and Sites of the matrix
// are the ids of demand and supply in their order; without a supply the sites are
// those of the file, in the order of their ids. A pair not in the file, like one
// without a way, is not within reach; of a pair that appears twice the first
// counts. While reading it holds 16 bytes a record, and as much again for the result. A file without any usable
// record is an error.
func ReadTimes(f File, demand, supply *Values) (*Matrix, Count, error) {
	return f.times(demandColumn, siteColumn, demand, supply, "not a demand_id of the demand", "demand_id,site_id,seconds with the ids of demand and supply")
}

// ReadWalks reads site_id, other_id, seconds: the times on foot from sites to
// others, as ReadTimes reads those from homes.
func ReadWalks(f File, sites *Values) (*Matrix, Count, error) {
	return f.times(siteColumn, otherColumn, sites, sites, "not a site_id of the supply", "site_id,other_id,seconds with the ids of the supply")
}

func (f File) times(from, to []string, demand, supply *Values, unknown, want string) (*Matrix, Count, error) {
	r, at, err := f.open(from, to, secondsColumn)
	if err != nil {
		return nil, Count{File: f.Name}, err
	}
	t := &timesReader{rows: r, at: at, grow: supply == nil, homes: finder{ids: demand.IDs, known: demand.at, unknown: unknown}}
	if t.grow {
		t.sites.known = map[string]int32{}
	} else {
		t.sites = finder{ids: supply.IDs, known: supply.at, unknown: "not a site_id of the supply"}
	}
	if err := r.each(t.take); err != nil {
		return nil, r.Count, err
	}
	if t.grow {
		t.sortSites()
	}
	m := t.matrix(demand.IDs, t.sites.ids)
	if r.Kept = m.Pairs(); r.Kept+r.NoWay == 0 {
		return nil, r.Count, fmt.Errorf("%s: no record can be used: of %d, %d are at fault; want %s", f.Name, r.Read, r.Bad, want)
	}
	return m, r.Count, nil
}

// finder finds positions by id. Times are mostly in the order of the other files, so
// it tries the last position and the next before it looks everywhere.
type finder struct {
	ids     []string
	known   map[string]int32
	unknown string
	at      int32
}

func (f *finder) find(id []byte) (int32, bool) {
	for k := f.at; k <= f.at+1 && int(k) < len(f.ids); k++ {
		if string(id) == f.ids[k] {
			f.at = k
			return k, true
		}
	}
	k, ok := f.known[string(id)]
	if ok {
		f.at = k
	}
	return k, ok
}

// timedRow is a pair with its line.
type timedRow struct {
	Pair
	line uint32
}

// timesReader gathers the pairs of a file, in chunks so that none is copied.
type timesReader struct {
	*rows
	at           []int
	homes, sites finder
	grow         bool // sites that are not known yet are taken
	pairs        [][]timedRow
}

const chunk = 1 << 16

func (t *timesReader) take() {
	home, ok := t.homes.find(t.fields[t.at[0]])
	if !ok {
		t.fault(t.at[0], t.homes.unknown)
		return
	}
	time, reason := parseSeconds(t.fields[t.at[2]])
	if reason != "" {
		t.fault(t.at[2], reason)
		return
	}
	site, ok := t.site(t.fields[t.at[1]])
	if !ok {
		return
	}
	if n := len(t.pairs); n == 0 || len(t.pairs[n-1]) == chunk {
		t.pairs = append(t.pairs, make([]timedRow, 0, chunk))
	}
	last := &t.pairs[len(t.pairs)-1]
	*last = append(*last, timedRow{Pair{home, site, time}, uint32(t.line)})
}

func (t *timesReader) site(id []byte) (int32, bool) {
	if k, ok := t.sites.find(id); ok {
		return k, true
	}
	if !t.grow {
		t.fault(t.at[1], t.sites.unknown)
		return 0, false
	}
	if reason := notAnID(id); reason != "" {
		t.fault(t.at[1], reason)
		return 0, false
	}
	k := int32(len(t.sites.ids))
	t.sites.ids, t.sites.known[string(id)] = append(t.sites.ids, string(id)), k
	return k, true
}

// sortSites puts the sites that were found in the order of their ids.
func (t *timesReader) sortSites() {
	sorted := slices.Sorted(slices.Values(t.sites.ids))
	to := make([]int32, len(sorted))
	for k, id := range sorted {
		to[t.sites.known[id]] = int32(k)
	}
	for _, pairs := range t.pairs {
		for i := range pairs {
			pairs[i].Site = to[pairs[i].Site]
		}
	}
	t.sites.ids = sorted
}

// matrix makes the matrix of what was read, telling of pairs that appear twice.
func (t *timesReader) matrix(homes, sites []string) *Matrix {
	m := &Matrix{Homes: homes, Sites: sites}
	m.byHome = t.gather(len(homes)).transposed(len(sites)).transposed(len(homes))
	if m.byHome.doubled() {
		t.dropDoubles()
		m.byHome = t.gather(len(homes)).transposed(len(sites)).transposed(len(homes))
	}
	m.byHome, t.NoWay = m.byHome.reached()
	m.bySite = m.byHome.transposed(len(sites))
	return m
}

// gather is the pairs by home, each home's in the order of the file.
func (t *timesReader) gather(homes int) half {
	n := 0
	for _, pairs := range t.pairs {
		n += len(pairs)
	}
	h := half{start: make([]int, homes+1), other: make([]int32, n), times: make([]traveltime.Time, n)}
	for _, pairs := range t.pairs {
		for _, p := range pairs {
			h.start[p.Home+1]++
		}
	}
	for i := range homes {
		h.start[i+1] += h.start[i]
	}
	next := slices.Clone(h.start)
	for _, pairs := range t.pairs {
		for _, p := range pairs {
			k := next[p.Home]
			next[p.Home]++
			h.other[k], h.times[k] = p.Site, p.Time
		}
	}
	return h
}

// doubled says whether a row names something twice. Its rows rise.
func (h half) doubled() bool {
	for i := range len(h.start) - 1 {
		for k := h.start[i] + 1; k < h.start[i+1]; k++ {
			if h.other[k] == h.other[k-1] {
				return true
			}
		}
	}
	return false
}

// reached leaves out the pairs without a way, and counts them.
func (h half) reached() (half, int) {
	if !slices.ContainsFunc(h.times, func(t traveltime.Time) bool { return !t.Reached() }) {
		return h, 0
	}
	out := half{start: make([]int, 1, len(h.start))}
	for i := range len(h.start) - 1 {
		for k := h.start[i]; k < h.start[i+1]; k++ {
			if h.times[k].Reached() {
				out.other, out.times = append(out.other, h.other[k]), append(out.times, h.times[k])
			}
		}
		out.start = append(out.start, len(out.other))
	}
	return out, len(h.other) - len(out.other)
}

// dropDoubles keeps the first of the pairs that appear more than once, and tells
// of the others.
func (t *timesReader) dropDoubles() {
	first := map[[2]int32]uint32{}
	for c, pairs := range t.pairs {
		kept := pairs[:0]
		for _, p := range pairs {
			key := [2]int32{p.Home, p.Site}
			if line, twice := first[key]; twice {
				t.tell(Fault{File: t.Name, Line: int(p.line), Reason: fmt.Sprintf("the pair appears twice: first on line %d, which counts", line)})
				continue
			}
			first[key] = p.line
			kept = append(kept, p)
		}
		t.pairs[c] = kept
	}
}

// parseSeconds reads seconds as milliseconds, or says what would be right.
func parseSeconds(b []byte) (t traveltime.Time, reason string) {
	if len(b) == 0 {
		return traveltime.Unreachable, ""
	}
	ms, digits, decimals := uint64(0), 0, -1
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			digits++
			if decimals >= 0 {
				decimals++
			}
			switch {
			case decimals <= 3 && ms < 1e12: // far beyond MaxTime
				ms = ms*10 + uint64(c-'0')
			case decimals == 4 && c >= '5':
				ms++
			}
		case (c == '.' || c == ',') && decimals < 0:
			decimals = 0
		default:
			return withExponent(b)
		}
	}
	if digits == 0 {
		return 0, notSeconds
	}
	for d := max(decimals, 0); d < 3; d++ {
		ms *= 10
	}
	if ms > uint64(traveltime.MaxTime) {
		return 0, tooLong
	}
	return traveltime.Time(ms), ""
}

const (
	notSeconds = "want seconds, 0 or more, such as 612.5, or nothing where there is no way"
	tooLong    = "want seconds up to 49 days, or nothing where there is no way"
)

// withExponent reads what some programs write, 1e-05 or +3: to the millionth first.
func withExponent(b []byte) (traveltime.Time, string) {
	a, err := geodata.ParseAmount(string(b))
	switch ms := (int64(a) + 500) / 1000; {
	case err != nil || a < 0:
		return 0, notSeconds
	case ms > int64(traveltime.MaxTime):
		return 0, tooLong
	default:
		return traveltime.Time(ms), ""
	}
}
