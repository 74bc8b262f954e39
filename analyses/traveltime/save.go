package traveltime

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
	"github.com/maillage/maillage/internal/roadgraph"
	"github.com/maillage/maillage/internal/store/atomicfile"
)

// key names what a prepared network is computed from: the roads, by the
// snapshot's hash, and the profile's rules.
func key(roadsID string, p *profile.Profile) [32]byte {
	id := p.ID()
	return sha256.Sum256(append([]byte("network 1 "+roadsID+" "), id[:]...))
}

// Save writes a prepared network to a file, to be opened by OpenNetwork; the
// file appears complete or not at all.
func (n *Network) Save(path, roadsID string) error {
	e := n.engine.Load()
	if e == nil {
		return errors.New("the network is not prepared: nothing to save")
	}
	f, err := atomicfile.Create(path, true)
	if err != nil {
		return err
	}
	defer f.Abort()
	p := roadgraph.Prepare(n.graph, e.hierarchy, e.metric)
	stats := []Stats{n.Stats}
	if err := roadgraph.WriteImage(f, key(roadsID, n.profile), append(p.Arrays(), roadgraph.ArrayOf(&n.edges), roadgraph.ArrayOf(&stats))); err != nil {
		return atomicfile.Explain(path, err)
	}
	return f.Commit()
}

// OpenNetwork maps a saved network of the roads and the profile into memory.
// The error is roadgraph.ErrStale when the file was computed from other roads or
// another profile, roadgraph.ErrDamaged when its bytes are not what was written,
// and fs.ErrNotExist when there is none: in each case build the network instead.
func OpenNetwork(path string, roads *geodata.Roads, roadsID string, p *profile.Profile) (*Network, error) {
	data, err := roadgraph.MapFile(path)
	if err != nil {
		return nil, err
	}
	n := newNetwork(roads, p)
	prepared := roadgraph.NewPrepared()
	var stats []Stats
	if err := roadgraph.ReadImage(data, key(roadsID, p), append(prepared.Arrays(), roadgraph.ArrayOf(&n.edges), roadgraph.ArrayOf(&stats))); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	prepared.Restore()
	n.graph, n.Stats = prepared.Graph, stats[0]
	n.engine.Store(&engine{hierarchy: prepared.Hierarchy, metric: prepared.Metric})
	return n, nil
}

// Missing says that an error of OpenNetwork means "build it".
func Missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, roadgraph.ErrStale) || errors.Is(err, roadgraph.ErrDamaged)
}
