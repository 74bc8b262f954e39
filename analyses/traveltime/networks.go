package traveltime

import (
	"context"
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
	cells  map[networkKey]*Homes // by snapshot
}

type networkKey struct{ roads, mode string }

// NewNetworks returns an empty cache. When beside is not empty, prepared
// networks are looked for in the files beside.car.network and the like, and
// Prepare writes them there.
func NewNetworks(beside string) *Networks {
	return &Networks{beside: beside, built: map[networkKey]*Network{}, busy: map[networkKey]*sync.Mutex{}, cells: map[networkKey]*Homes{}}
}

// Get returns the network of the snapshot's roads for a mode: a saved one that
// fits, else one built now. Others who ask for the same wait and share it. An
// unknown mode is an error that lists the modes.
func (n *Networks) Get(ctx context.Context, s *geodata.Snapshot, mode string) (*Network, error) {
	p, err := profile.For(mode)
	if err != nil {
		return nil, err
	}
	return n.get(ctx, s, p, mode)
}

// Lengths is Get for the shortest ways in place of the fastest: the network on
// which a way takes as many milliseconds as it has millimetres (profile.Lengths).
// It is never saved.
func (n *Networks) Lengths(ctx context.Context, s *geodata.Snapshot, mode string) (*Network, error) {
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
// Progress, if not nil, is told how far the work is.
func (n *Networks) Prepare(ctx context.Context, s *geodata.Snapshot, mode string, progress func(done, total int)) error {
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
	net, err := n.Get(ctx, s, mode)
	if err != nil {
		return nil, nil, err
	}
	key := networkKey{s.ID(), mode}
	n.mu.Lock()
	homes := n.cells[key]
	n.mu.Unlock()
	if homes != nil && homes.engine == net.engine.Load() {
		return homes, net, nil
	}
	cells := s.Population().Cells
	points := make([]orb.Point, len(cells))
	for i, c := range cells {
		points[i] = c.Centre
	}
	homes = net.Homes(net.Places(points))
	n.mu.Lock()
	n.cells[key] = homes
	n.mu.Unlock()
	return homes, net, nil
}
