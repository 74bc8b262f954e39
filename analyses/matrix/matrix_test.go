package matrix

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/analyses/traveltime"
)

func TestPairsAreSeenFromBothSides(t *testing.T) {
	m, err := New([]string{"a", "b", "c"}, []string{"x", "y"}, []Pair{{2, 1, 30}, {0, 0, 10}, {2, 0, 20}, {1, 1, traveltime.Unreachable}})
	if err != nil {
		t.Fatal(err)
	}
	if m.Pairs() != 3 {
		t.Errorf("%d pairs, want 3: who does not reach a site has no pair", m.Pairs())
	}
	type row struct {
		Other []int32
		Times []traveltime.Time
	}
	var got []row
	for i := range m.Homes {
		o, ts := m.From(i)
		got = append(got, row{o, ts})
	}
	for j := range m.Sites {
		o, ts := m.To(j)
		got = append(got, row{o, ts})
	}
	want := []row{{[]int32{0}, []traveltime.Time{10}}, {[]int32{}, []traveltime.Time{}}, {[]int32{0, 1}, []traveltime.Time{20, 30}},
		{[]int32{0, 2}, []traveltime.Time{10, 20}}, {[]int32{2}, []traveltime.Time{30}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPairsThatCannotBe(t *testing.T) {
	for want, pairs := range map[string][]Pair{
		"home a and site x appear twice":       {{0, 0, 1}, {0, 0, 2}},
		"a pair of home 0 and site 1: there":   {{0, 1, 1}},
		"a pair of home -1 and site 0: there ": {{-1, 0, 1}},
	} {
		if _, err := New([]string{"a"}, []string{"x"}, pairs); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", pairs, err, want)
		}
	}
}
