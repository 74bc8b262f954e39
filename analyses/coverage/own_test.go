package coverage

import (
	"errors"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Homes of 1, 2, 4 and 8 people: 10 minutes from y and from z (the first counts), a
// millisecond more from z, 12 minutes from y, and with no way.
func TestCoverageOfAMatrix(t *testing.T) {
	const ten = traveltime.Time(600_000)
	m, err := matrix.New([]string{"a", "b", "c", "d"}, []string{"y", "z"}, []matrix.Pair{{Home: 0, Site: 1, Time: ten}, {Home: 0, Site: 0, Time: ten}, {Home: 1, Site: 1, Time: ten + 1}, {Home: 2, Site: 0, Time: 720_000}})
	if err != nil {
		t.Fatal(err)
	}
	people := []geodata.Amount{geodata.Whole(1), geodata.Whole(2), geodata.Whole(4), geodata.Whole(8)}
	o, err := OfMatrix(m, people, []Threshold{Minutes(10), Minutes(12)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]int32{0, 1, 0, -1}, o.Nearest); diff != "" {
		t.Error(diff)
	}
	if diff := gocmp.Diff([]geodata.Amount{geodata.Whole(1), geodata.Whole(7)}, o.Total.Covered); diff != "" {
		t.Error(diff)
	}
	if o.Total.Demand != geodata.Whole(15) || o.Total.Unreachable != geodata.Whole(8) || *o.Total.Median != 720 || *o.Total.Spread.P90 != 720 || o.Total.Spread.Worst != nil {
		t.Errorf("%+v, %+v", o.Total, o.Total.Spread)
	}
	if diff := gocmp.Diff(map[string]OwnShares{"y": {2, geodata.Whole(5)}, "z": {1, geodata.Whole(2)}}, o.Sites); diff != "" {
		t.Error(diff)
	}
	if _, err := OfMatrix(m, people, []Threshold{Minutes(10), Minutes(10)}); !errors.Is(err, analyses.ErrParams) {
		t.Error(err)
	}
}
