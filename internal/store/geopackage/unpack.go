package geopackage

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/paulmach/orb"
	"golang.org/x/sync/errgroup"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/gpkg"
)

// packed reads a packed vintage, all of it or what may lie in a frame.
type packed struct {
	ctx     context.Context
	file    *gpkg.Reader
	vintage int64
	frame   *orb.Bound // nil for all
}

// whole reads the same vintage without a frame.
func (p *packed) whole() *packed { return &packed{ctx: p.ctx, file: p.file, vintage: p.vintage} }

// chunk is a row of maillage_packed.
type chunk struct {
	number  int
	content []byte
}

// chunks reads the chunks of a kind that meet the frame, or that fulfil the condition instead.
func (p *packed) chunks(kind, condition string, args ...any) (out []chunk, err error) {
	if condition == "" {
		condition, args = p.inFrame()
	}
	return p.where(kind, condition, args)
}

// labelled reads the chunks of a kind that have the label and meet the frame.
func (p *packed) labelled(kind, label string) (out []chunk, err error) {
	condition, args := p.inFrame()
	return p.where(kind, "label = ? AND "+condition, append([]any{label}, args...))
}

func (p *packed) inFrame() (condition string, args []any) {
	f := p.frame
	if f == nil {
		return "true", nil
	}
	return "max_x >= ? AND min_x <= ? AND max_y >= ? AND min_y <= ?", []any{f.Min[0], f.Max[0], f.Min[1], f.Max[1]}
}

func (p *packed) where(kind, condition string, args []any) (out []chunk, err error) {
	where := "vintage = ? AND kind = ? AND " + condition
	args = append([]any{p.vintage, kind}, args...)
	err = p.file.RowsWhere(p.ctx, packedTable, []string{"chunk", "content"}, where, args, func(_ int64, values []any) error {
		number, ok := values[0].(int64)
		content, isBlob := values[1].([]byte)
		if !ok || !isBlob {
			return fmt.Errorf("%s: %s: %w", packedTable, kind, errPacked)
		}
		out = append(out, chunk{int(number), content})
		return nil
	})
	return out, err
}

// unpackAll unpacks chunks on all processors; the order is kept.
func unpackAll[T any](ctx context.Context, kind string, chunks []chunk, unpack func([]byte) (T, error)) ([]T, error) {
	out := make([]T, len(chunks))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range chunks {
		group.Go(func() (err error) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if out[i], err = unpack(chunks[i].content); err != nil {
				return fmt.Errorf("%s: chunk %d of %s: %w", packedTable, chunks[i].number, kind, err)
			}
			return nil
		})
	}
	return out, group.Wait()
}

func (p *packed) head() (h head, err error) {
	chunks, err := p.chunks(kindHead, "chunk = 0")
	if err != nil {
		return h, err
	}
	if len(chunks) != 1 {
		return h, fmt.Errorf("%s: vintage %d is missing", packedTable, p.vintage)
	}
	if err := json.Unmarshal(chunks[0].content, &h); err != nil {
		return h, fmt.Errorf("%s: %s: %w", packedTable, kindHead, err)
	}
	return h, nil
}

func (p *packed) communes(condition string, args ...any) ([]geodata.Commune, error) {
	chunks, err := p.chunks(kindCommune, condition, args...)
	if err != nil {
		return nil, err
	}
	return unpackAll(p.ctx, kindCommune, chunks, unpackCommune)
}

// places says where records go that were packed at positions below n: to their
// position when all are there, else one after the other.
type places struct{ rising []int32 } // nil when all are there

func newPlaces(n int, parts [][]int32) (places, int, error) {
	length := 0
	for _, part := range parts {
		length += len(part)
	}
	all := slices.Concat(parts...)
	if length != n {
		slices.Sort(all)
		for i, v := range all {
			if v < 0 || int(v) >= n || i > 0 && v == all[i-1] {
				return places{}, 0, errPacked
			}
		}
		return places{all}, length, nil
	}
	taken := make([]bool, n)
	for _, v := range all {
		if v < 0 || int(v) >= n || taken[v] {
			return places{}, 0, errPacked
		}
		taken[v] = true
	}
	return places{}, n, nil
}

// of is the place of a position; -1 when it is not there.
func (p places) of(position int32) int32 {
	if p.rising == nil {
		return position
	}
	i, ok := slices.BinarySearch(p.rising, position)
	if !ok {
		return -1
	}
	return int32(i)
}

// gather puts records of chunks in the order of their positions.
func gather[C, T any](n int, chunks []C, of func(*C) ([]int32, []T)) ([]T, places, error) {
	positions := make([][]int32, len(chunks))
	for i := range chunks {
		positions[i], _ = of(&chunks[i])
	}
	where, length, err := newPlaces(n, positions)
	if err != nil || length == 0 {
		return nil, where, err
	}
	out := make([]T, length)
	for i := range chunks {
		at, records := of(&chunks[i])
		for k, position := range at {
			out[where.of(position)] = records[k]
		}
	}
	return out, where, nil
}

func (p *packed) facilities(h *head) ([]geodata.Facility, error) {
	chunks, err := p.chunks(kindFacilities, "")
	if err != nil {
		return nil, err
	}
	parts, err := unpackAll(p.ctx, kindFacilities, chunks, unpackFacilities)
	if err != nil {
		return nil, err
	}
	all, _, err := gather(h.Facilities, parts, func(c *facilityChunk) ([]int32, []geodata.Facility) { return c.At, c.Facilities })
	return all, p.complete(err, kindFacilities, len(all), h.Facilities)
}

// complete is an error when not all records are there though all were asked for.
func (p *packed) complete(err error, kind string, got, want int) error {
	if err == nil && p.frame == nil && got != want {
		err = fmt.Errorf("%d of %d are there: %w", got, want, errPacked)
	}
	if err != nil {
		return fmt.Errorf("%s: %s: %w", packedTable, kind, err)
	}
	return nil
}

func (p *packed) cells(h *head, to *geodata.Population) error {
	chunks, err := p.chunks(kindCells, "")
	if err != nil {
		return err
	}
	return p.placesIn(chunks, kindCells, h.Columns, h.Cells, to)
}

// counts reads a set of counts, the i-th.
func (p *packed) counts(h *head, i int) (geodata.Population, error) {
	set := &h.Counts[i]
	to := set.population()
	chunks, err := p.labelled(kindCounts, strconv.Itoa(i))
	if err != nil {
		return to, err
	}
	return to, p.placesIn(chunks, kindCounts, set.Columns, set.Places, &to)
}

// placesIn unpacks what is all of n places with counts, or those of it in the frame.
func (p *packed) placesIn(chunks []chunk, kind string, columns []string, n int, to *geodata.Population) error {
	parts, err := unpackAll(p.ctx, kind, chunks, func(b []byte) (cellChunk, error) { return unpackCells(b, len(columns)) })
	if err != nil {
		return err
	}
	var where places
	to.Cells, where, err = gather(n, parts, func(c *cellChunk) ([]int32, []geodata.Cell) { return c.at, c.cells })
	if err := p.complete(err, kind, len(to.Cells), n); err != nil {
		return err
	}
	for k, name := range columns {
		values := make([]geodata.Amount, len(to.Cells))
		for _, c := range parts {
			for i, position := range c.at {
				values[where.of(position)] = c.values[k][i]
			}
		}
		to.Columns = append(to.Columns, geodata.Column{Name: name, Values: values})
	}
	return nil
}

func (p *packed) zones(h *head) ([]geodata.Zone, error) {
	if h.Zones == 0 {
		return nil, nil
	}
	chunks, err := p.chunks(kindZone, "")
	if err != nil {
		return nil, err
	}
	zones, err := unpackAll(p.ctx, kindZone, chunks, unpackZone)
	return zones, p.complete(err, kindZone, len(zones), h.Zones)
}

// census reads that of the communes, in a part; else all.
func (p *packed) census(h *head, communes []geodata.Commune) ([]geodata.CensusRow, error) {
	if h.Census == 0 {
		return nil, nil
	}
	condition, args := "", []any(nil)
	if p.frame != nil {
		codes := make([]string, len(communes))
		for i := range codes {
			codes[i] = communes[i].Code
		}
		list, err := json.Marshal(codes)
		if err != nil {
			return nil, err
		}
		condition, args = "label IN (SELECT value FROM json_each(?))", []any{string(list)}
	}
	chunks, err := p.chunks(kindCensus, condition, args...)
	if err != nil {
		return nil, err
	}
	parts, err := unpackAll(p.ctx, kindCensus, chunks, unpackCensus)
	rows := slices.Concat(parts...)
	return rows, p.complete(err, kindCensus, len(rows), h.Census)
}

func (p *packed) roads(h *head) (r geodata.Roads, err error) {
	chunks, err := p.chunks(kindRoads, "")
	if err != nil {
		return r, err
	}
	known := &sharedTags{}
	parts, err := unpackAll(p.ctx, kindRoads, chunks, func(b []byte) (roadChunk, error) { return unpackRoads(b, false, known) })
	if err != nil {
		return r, err
	}
	if p.frame != nil {
		others, err := p.needed(chunks, parts, known)
		if err != nil {
			return r, err
		}
		parts = append(parts, others...)
	}
	return p.assemble(h, parts)
}

// needed reads the nodes of the chunks that the ways of others go through.
func (p *packed) needed(have []chunk, parts []roadChunk, known *sharedTags) ([]roadChunk, error) {
	there := map[int]bool{}
	for _, c := range have {
		there[c.number] = true
	}
	var missing []int
	for _, part := range parts {
		for _, number := range part.needs {
			if !there[number] {
				there[number] = true
				missing = append(missing, number)
			}
		}
	}
	var chunks []chunk
	for some := range slices.Chunk(missing, 500) {
		marks, args := strings.TrimSuffix(strings.Repeat("?,", len(some)), ","), make([]any, len(some))
		for i := range some {
			args[i] = some[i]
		}
		more, err := p.chunks(kindRoads, "chunk IN ("+marks+")", args...)
		if err != nil {
			return nil, err
		}
		chunks = append(chunks, more...)
	}
	return unpackAll(p.ctx, kindRoads, chunks, func(b []byte) (roadChunk, error) { return unpackRoads(b, true, known) })
}

func (p *packed) assemble(h *head, parts []roadChunk) (r geodata.Roads, err error) {
	var where places
	r.Nodes, where, err = gather(h.Nodes, parts, func(c *roadChunk) ([]int32, []geodata.RoadNode) { return c.nodeAt, c.nodes })
	if err := p.complete(err, "road nodes", len(r.Nodes), h.Nodes); err != nil {
		return r, err
	}
	r.Tagged, _, err = gather(h.Tagged, parts, func(c *roadChunk) ([]int32, []geodata.TaggedNode) { return c.taggedAt, c.tagged })
	if err := p.complete(err, "tagged nodes", len(r.Tagged), h.Tagged); err != nil {
		return r, err
	}
	r.Ways, _, err = gather(h.Ways, parts, func(c *roadChunk) ([]int32, []geodata.Way) { return c.wayAt, c.ways })
	if err := p.complete(err, "ways", len(r.Ways), h.Ways); err != nil {
		return r, err
	}
	r.Restrictions, _, err = gather(h.Restrictions, parts, func(c *roadChunk) ([]int32, []geodata.Restriction) { return c.restrictionsAt, c.restrictions })
	if err := p.complete(err, "restrictions", len(r.Restrictions), h.Restrictions); err != nil {
		return r, err
	}
	if where.rising == nil {
		return r, nil // NewSnapshot looks whether the nodes are there
	}
	for i := range r.Tagged {
		r.Tagged[i].Node = where.of(r.Tagged[i].Node)
	}
	for _, w := range r.Ways {
		for k, n := range w.Nodes {
			w.Nodes[k] = where.of(n)
		}
	}
	return r, nil
}

// sharedTags gives equal tags the same slice, whichever chunk they are from.
type sharedTags struct {
	mu   sync.Mutex
	tags map[string]geodata.Tags
}

func (s *sharedTags) share(sets []geodata.Tags) {
	keys := make([]string, len(sets))
	for i, set := range sets {
		var w packer
		for _, t := range set {
			w.text(t.Key)
			w.text(t.Value)
		}
		keys[i] = string(w.b)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tags == nil {
		s.tags = map[string]geodata.Tags{}
	}
	for i, key := range keys {
		if known, ok := s.tags[key]; ok {
			sets[i] = known
		} else {
			s.tags[key] = sets[i]
		}
	}
}
