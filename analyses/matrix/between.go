package matrix

import (
	"context"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Between computes the times, at most limit, from the cells of a demand to the
// facilities of a supply that serve them: Homes are the demand's cells, Sites the
// facilities, in their order. A mode that the
// snapshot cannot tell is an analyses.ParamError (traveltime.CheckMode).
func Between(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, mode string, d *demand.Demand, f *supply.Supply, limit traveltime.Time) (*Matrix, error) {
	return ToPlaces(ctx, s, nets, mode, d, Places{f.IDs(), f.Locations(), f.Serves}, limit)
}

// Places are anywhere that the cells of a demand may go to.
type Places struct {
	IDs    []string
	Points []orb.Point                      // parallel to IDs
	Serves func(j int, commune string) bool // whether the j-th takes people of a commune
}

// ToPlaces is Between for any places.
func ToPlaces(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, mode string, d *demand.Demand, to Places, limit traveltime.Time) (*Matrix, error) {
	homes, at, net, err := homesOf(ctx, s, nets, mode, d)
	if err != nil {
		return nil, err
	}
	m := &Matrix{Homes: d.IDs(), Sites: to.IDs, Off: make([]bool, len(d.Cells)), bySite: half{start: make([]int, 1, len(to.IDs)+1)}}
	for k := range m.Off {
		m.Off[k] = !homes.Place(at(k)).On
	}
	err = homes.Matrix(ctx, net.Places(to.Points), func(j int, times []traveltime.Time) error {
		for k, i := range d.Cells {
			if t := times[at(k)]; t.Reached() && t <= limit && to.Serves(j, d.Population.Cells[i].Commune) {
				m.bySite.other, m.bySite.times = append(m.bySite.other, int32(k)), append(m.bySite.times, t)
			}
		}
		m.bySite.start = append(m.bySite.start, len(m.bySite.other))
		return nil
	})
	m.byHome = m.bySite.transposed(len(m.Homes))
	return m, err
}

// homesOf are the demand's cells on the network, the k-th being number at(k). Those
// of the grid are joined to it once.
func homesOf(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, mode string, d *demand.Demand) (homes *traveltime.Homes, at func(k int) int, net *traveltime.Network, err error) {
	if d.Population == s.Population() {
		homes, net, err = nets.Cells(ctx, s, mode)
		return homes, func(k int) int { return d.Cells[k] }, net, err
	}
	if net, err = nets.Get(ctx, s, mode); err != nil {
		return nil, nil, nil, err
	}
	return net.Homes(net.Places(d.Centres())), func(k int) int { return k }, net, nil
}
