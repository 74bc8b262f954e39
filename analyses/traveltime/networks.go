package traveltime

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
)

// Networks keeps the networks already built, by roads and mode, so that a
// server builds each once. It is safe for concurrent use.
type Networks struct {
	beside string
	mu     sync.Mutex
	built  map[networkKey]*Network
	busy   map[networkKey]*sync.Mutex
	cells  map[cellsKey]*Homes
	rides  rides

	mapped *Networks // those of the roads as mapped, if work changes them
	work   Roadwork
}

type networkKey struct{ roads, mode string }

// cellsKey is a grid by where its cells are in memory: snapshots that differ in
// their facilities or counts share them.
type cellsKey struct {
	first *geodata.Cell
	count int
	roads networkKey
}

// NewNetworks returns an empty cache. When beside is not empty, prepared
// networks are looked for in the files beside.car.network and the like, and
// Prepare writes them there.
func NewNetworks(beside string) *Networks {
	return &Networks{beside: beside, built: map[networkKey]*Network{}, busy: map[networkKey]*sync.Mutex{}, cells: map[cellsKey]*Homes{}}
}

// Get returns the network of the snapshot's roads for a mode: a saved one that
// fits, else one built now. Others who ask for the same wait and share it. That of a
// timed mode is the network for walking, whose questions are answered with rides; the
// ones used last are kept. The errors of CheckMode are Get's.
func (n *Networks) Get(ctx context.Context, s *geodata.Snapshot, mode string) (*Network, error) {
	m, err := checkMode(s, mode)
	if err != nil {
		return nil, err
	}
	if m.IsTimed() {
		return n.timed(ctx, s, m)
	}
	p, err := profile.For(m.Name)
	if err != nil {
		return nil, err
	}
	return n.get(ctx, s, p, m.Name)
}

// Lengths is Get for the shortest ways in place of the fastest: the network on
// which a way takes as many milliseconds as it has millimetres (profile.Lengths).
// It is never saved. Timed modes have no lengths: an analyses.ParamError.
func (n *Networks) Lengths(ctx context.Context, s *geodata.Snapshot, mode string) (*Network, error) {
	mode, err := RoadMode(s, mode, "there are no lengths by road")
	if err != nil {
		return nil, err
	}
	p, err := profile.For(mode)
	if err != nil {
		return nil, err
	}
	return n.get(ctx, s, p.Lengths(), mode+"-lengths")
}

func (n *Networks) get(ctx context.Context, s *geodata.Snapshot, p *profile.Profile, name string) (*Network, error) {
	key := networkKey{s.RoadsID(), name}
	n.mu.Lock()
	turn := n.busy[key]
	if turn == nil {
		turn = new(sync.Mutex)
		n.busy[key] = turn
	}
	n.mu.Unlock()
	turn.Lock()
	defer turn.Unlock()
	if n.mapped != nil {
		return n.changed(ctx, s, p, name, key)
	}
	n.mu.Lock()
	net := n.built[key]
	n.mu.Unlock()
	if net != nil {
		return net, nil
	}
	net, err := n.open(ctx, s, p, name)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	n.built[key] = net
	n.mu.Unlock()
	return net, nil
}

func (n *Networks) open(ctx context.Context, s *geodata.Snapshot, p *profile.Profile, name string) (*Network, error) {
	if n.beside != "" {
		net, err := OpenNetwork(n.file(name), s.Roads(), s.RoadsID(), p)
		if err == nil || !Missing(err) {
			return net, err
		}
	}
	return NewNetwork(ctx, s.Roads(), p)
}

func (n *Networks) file(mode string) string { return n.beside + "." + mode + ".network" }

// Prepare makes many questions about the snapshot's roads fast: it builds the
// mode's hierarchy and saves it beside the territory, unless a saved one fits.
// For a timed mode these are the roads on foot and to the first stop. Progress, if not
// nil, is told how far the work is.
func (n *Networks) Prepare(ctx context.Context, s *geodata.Snapshot, mode string, progress func(done, total int)) error {
	if n.mapped != nil { // changed networks are as fast as those they change
		return n.mapped.Prepare(ctx, s, mode, progress)
	}
	m, err := checkMode(s, mode)
	if err != nil {
		return err
	}
	if m.IsTimed() {
		return errors.Join(n.Prepare(ctx, s, "foot", progress), n.Prepare(ctx, s, m.Access(), progress))
	}
	net, err := n.Get(ctx, s, mode)
	if err != nil || net.Prepared() {
		return err
	}
	if err := net.Prepare(ctx, progress); err != nil || n.beside == "" {
		return err
	}
	return net.Save(n.file(mode), s.RoadsID())
}

// Cells returns the snapshot's population cells, in their order, as homes of a
// mode's network; they are joined to it once.
func (n *Networks) Cells(ctx context.Context, s *geodata.Snapshot, mode string) (*Homes, *Network, error) {
	m, err := checkMode(s, mode)
	if err != nil {
		return nil, nil, err
	}
	if m.IsTimed() {
		return n.timedCells(ctx, s, m)
	}
	mode = m.Name
	net, err := n.Get(ctx, s, mode)
	if err != nil {
		return nil, nil, err
	}
	cells := s.Population().Cells
	key := cellsKey{count: len(cells), roads: networkKey{s.RoadsID(), mode}}
	if len(cells) > 0 {
		key.first = &cells[0]
	}
	n.mu.Lock()
	homes := n.cells[key]
	n.mu.Unlock()
	if homes != nil && homes.n == net && homes.engine == net.engine.Load() {
		return homes, net, nil
	}
	if n.mapped != nil {
		mapped, _, err := n.mapped.Cells(ctx, s, mode)
		if err != nil {
			return nil, nil, err
		}
		homes = mapped.On(net)
	} else {
		points := make([]orb.Point, len(cells))
		for i, c := range cells {
			points[i] = c.Centre
		}
		homes = net.Homes(net.Places(points))
	}
	n.mu.Lock()
	n.cells[key] = homes
	n.mu.Unlock()
	return homes, net, nil
}

// Under returns the networks as they are with the roadwork done, for all questions
// alike: a way is closed to every mode that uses it, a class slower for all. It is
// of the roads as mapped: under other roadwork already, what is said last of a
// class holds, and what was closed stays closed. Networks of lengths know of the
// closings only. Each is made once, from that of the roads as mapped, and never
// saved. Without any roadwork it is n itself.
func (n *Networks) Under(w Roadwork) *Networks {
	if len(w.Close) == 0 && len(w.PerMille) == 0 {
		return n
	}
	view := NewNetworks("")
	view.mapped = n
	if n.mapped != nil {
		view.mapped = n.mapped
		w.Close = append(slices.Clone(n.work.Close), w.Close...)
		speeds := maps.Clone(n.work.PerMille)
		if speeds == nil {
			speeds = map[string]int{}
		}
		maps.Copy(speeds, w.PerMille)
		w.PerMille = speeds
	}
	view.work = Roadwork{Close: slices.Compact(slices.Sorted(slices.Values(w.Close))), PerMille: maps.Clone(w.PerMille)}
	return view
}

// changed is the network of the roads as mapped with the roadwork done. One that
// was changed before it was prepared is changed again.
func (n *Networks) changed(ctx context.Context, s *geodata.Snapshot, p *profile.Profile, name string, key networkKey) (*Network, error) {
	mapped, err := n.mapped.get(ctx, s, p, name)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	net := n.built[key]
	n.mu.Unlock()
	if net != nil && net.Prepared() == mapped.Prepared() {
		return net, nil
	}
	var w Roadwork
	for _, id := range n.work.Close {
		if _, used := mapped.wayNumber(id); used {
			w.Close = append(w.Close, id)
		}
	}
	if name == p.Mode() { // not of lengths
		w.PerMille = n.work.PerMille
	}
	if net, err = mapped.Change(w); err != nil {
		return nil, err
	}
	n.mu.Lock()
	n.built[key] = net
	n.mu.Unlock()
	return net, nil
}
