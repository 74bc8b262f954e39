package itinerant

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// TourStop is the source of facilities that are stops of a scenario's tour: they stand
// where the service stops, while other itinerant facilities stand at its base.
const TourStop = "scenario, tour"

// Stop is a place where the service is offered at some hours of the week.
type Stop struct {
	At    orb.Point
	Hours geodata.WeeklyHours
}

// ParseStop reads longitude, latitude and hours, such as "-0.3908 47.5589 Tu 09:00-12:00".
func ParseStop(s string) (Stop, error) {
	bad := func(err error) (Stop, error) {
		return Stop{}, fmt.Errorf("stop %q: %w: want longitude, latitude and hours, such as -0.3908 47.5589 Tu 09:00-12:00", s, err)
	}
	parts := strings.SplitN(strings.TrimSpace(s), " ", 3)
	if len(parts) < 3 {
		return bad(fmt.Errorf("%d words", len(parts)))
	}
	lon, errX := strconv.ParseFloat(parts[0], 64)
	lat, errY := strconv.ParseFloat(parts[1], 64)
	if errX != nil || errY != nil {
		return bad(fmt.Errorf("%s, %s are not degrees", parts[0], parts[1]))
	}
	at := orb.Point{lon, lat}
	if err := geodata.CheckPoint(at); err != nil {
		return bad(err)
	}
	hours, err := geodata.ParseWeeklyHours(parts[2])
	if err != nil {
		return bad(err)
	}
	if hours.Minutes() == 0 {
		return bad(fmt.Errorf("%q is never open", parts[2]))
	}
	return Stop{at, *hours}, nil
}

// String is what ParseStop reads.
func (s Stop) String() string {
	degrees := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	return degrees(s.At[0]) + " " + degrees(s.At[1]) + " " + s.Hours.String()
}

// MarshalText writes what ParseStop reads.
func (s Stop) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what ParseStop reads.
func (s *Stop) UnmarshalText(b []byte) error {
	v, err := ParseStop(string(b))
	*s = v
	return err
}
