package uncertainty

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/maillage/maillage/analyses/traveltime"
)

// edgesAtOnce bounds the networks that are drawn at the same time, each of which
// takes a hundred bytes per edge and more.
const edgesAtOnce = 4_000_000

// Redraw draws the speeds of networks again and again, on all processors, and calls f
// with each draw's number from 0 and its networks, parallel to nets; f must write
// nothing that another draw reads or writes. In a draw, a class of road is as much
// faster or slower on all of the networks, so that what differs between their answers
// is no chance. Progress, if not nil, is told after each draw.
func Redraw(ctx context.Context, nets []*traveltime.Network, draws int, seed uint64, progress func(done, total int), f func(ctx context.Context, k int, drawn []*traveltime.Network) error) error {
	s, err := readSpeeds()
	if err != nil {
		return fmt.Errorf("speeds.yaml: %w", err)
	}
	var classes []string
	edges := 1
	for _, net := range nets {
		classes = append(classes, net.Classes()...)
		edges += net.Stats.Edges
	}
	slices.Sort(classes)
	classes = slices.Compact(classes) // a network whose only road of a class is closed has the same draws
	atOnce := max(1, min(runtime.GOMAXPROCS(0), edgesAtOnce/edges))
	var mu sync.Mutex
	done := 0
	return spread(ctx, draws, atOnce, func(ctx context.Context, k int) error {
		work := s.draw(seed, k, classes)
		drawn := make([]*traveltime.Network, len(nets))
		for i, net := range nets {
			var err error
			if drawn[i], err = net.Change(work); err != nil {
				return err
			}
		}
		if err := f(ctx, k, drawn); err != nil || progress == nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		done++
		progress(done, draws)
		return nil
	})
}
