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
	mu    sync.Mutex
	built map[networkKey]*Network
	busy  map[networkKey]*sync.Mutex
	cells map[networkKey]*Homes // by snapshot
}

type networkKey struct{ roads, mode string }

// NewNetworks returns an empty cache.
func NewNetworks() *Networks {
	return &Networks{built: map[networkKey]*Network{}, busy: map[networkKey]*sync.Mutex{}, cells: map[networkKey]*Homes{}}
}

// Get returns the network of the snapshot's roads for a mode, building it when
// needed; others who ask for the same wait and share it. An unknown mode is an
// error that lists the modes.
func (n *Networks) Get(ctx context.Context, s *geodata.Snapshot, mode string) (*Network, error) {
	p, err := profile.For(mode)
	if err != nil {
		return nil, err
	}
	key := networkKey{s.RoadsID(), mode}
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
	if net, err = NewNetwork(ctx, s.Roads(), p); err != nil {
		return nil, err
	}
	n.mu.Lock()
	n.built[key] = net
	n.mu.Unlock()
	return net, nil
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
