package load

import "github.com/paulmach/orb"

// Options are common to all readers. The zero value reads everything, silently.
type Options struct {
	// Keep says whether a point (longitude, latitude) lies in the area wanted;
	// nil keeps all. Records outside are counted as Outside, not rejected. It may
	// be called from several goroutines at once.
	Keep func(orb.Point) bool
	// Progress is told, now and then, how many bytes of the file were read.
	Progress func(file string, read, size int64)
}
