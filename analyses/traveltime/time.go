package traveltime

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Time is a travel time in milliseconds, or the reason there is none. The two
// states sort after every time, and are asked for by name, never by value.
type Time uint32

// The states that are not times.
const (
	// Unreachable: the network does not lead from the cell to any facility.
	Unreachable Time = math.MaxUint32 - 1
	// OffNetwork: the cell (or facility) is farther from any road of the mode
	// than the stated distance.
	OffNetwork Time = math.MaxUint32
)

// MaxTime is the longest time, 49 days; longer ones saturate to it.
const MaxTime Time = math.MaxUint32 - 2

// Reached says whether it is a time.
func (t Time) Reached() bool { return t < Unreachable }

// Within says whether the place is reached within the bound, inclusive.
func (t Time) Within(d time.Duration) bool {
	return t.Reached() && time.Duration(t)*time.Millisecond <= d
}

// State is "reached", "unreachable" or "off_network".
func (t Time) State() string {
	switch t {
	case Unreachable:
		return "unreachable"
	case OffNetwork:
		return "off_network"
	}
	return "reached"
}

// Seconds returns the time in seconds; ok is false for the two states.
func (t Time) Seconds() (s float64, ok bool) { return float64(t) / 1000, t.Reached() }

// AppendSeconds writes the seconds exactly, as in 612.345, or nothing for the two states.
func (t Time) AppendSeconds(b []byte) []byte {
	if !t.Reached() {
		return b
	}
	b = strconv.AppendUint(b, uint64(t/1000), 10)
	if ms := uint64(t % 1000); ms > 0 {
		b = append(b, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	}
	return b
}

// MarshalJSON writes seconds, or null for the two states.
func (t Time) MarshalJSON() ([]byte, error) {
	if !t.Reached() {
		return []byte("null"), nil
	}
	return t.AppendSeconds(nil), nil
}

// UnmarshalJSON reads what MarshalJSON writes; null is Unreachable, since it does
// not say which of the two states was meant.
func (t *Time) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*t = Unreachable
		return nil
	}
	whole, part, _ := strings.Cut(string(b), ".")
	seconds, err := strconv.ParseUint(whole, 10, 32)
	ms := uint64(0)
	if err == nil && part != "" {
		ms, err = strconv.ParseUint((part + "00")[:3], 10, 16)
	}
	if all := seconds*1000 + ms; err != nil || len(part) > 3 || all > uint64(MaxTime) {
		return fmt.Errorf("travel time %s: want seconds with up to three decimals, or null", b)
	}
	*t = Time(seconds*1000 + ms)
	return nil
}
