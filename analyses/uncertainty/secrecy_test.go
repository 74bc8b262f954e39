package uncertainty

import (
	"context"
	"testing"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Of the street's homes, were they confidential, with nothing to be told of fewer than
// eight people: in ten minutes by car the town hall is reached from about the ninth
// kilometre, so that some draws are told and others count as 0, which keeps their
// order. The bounds are those of open counts, or 0.
func TestDrawsAboutTooFewCountAsNobody(t *testing.T) {
	p := Params{Params: coverage.Params{Service: "town_hall", Within: []coverage.Threshold{coverage.Minutes(4), coverage.Minutes(8), coverage.Minutes(10)}},
		Draws: 100, Seed: 1, A: []string{"middle"}, B: []string{"west"}}
	open := ask(t, p)
	c := street(t).Content()
	c.Population.Rule = geodata.Rule{Minimum: 8, Of: "ind", Key: "known to the owner only"}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(context.Background(), s, traveltime.NewNetworks(""), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	told := func(a geodata.Amount) geodata.Amount {
		if a < geodata.Whole(8) {
			return 0
		}
		return a
	}
	hidden := 0
	same := func(row, open Row) {
		for w, in := range row.Covered {
			was := open.Covered[w]
			if want := (Interval[geodata.Amount]{told(was.Low), told(was.Median), told(was.High)}); in != want {
				t.Errorf("%s within %s: %v, want %v", row.Code, p.Within[w], in, want)
			}
			if was.Low > 0 && in.Low == 0 {
				hidden++
			}
		}
	}
	same(r.Territory, open.Territory)
	for k := range r.Communes {
		same(r.Communes[k], open.Communes[k])
	}
	if hidden < 3 {
		t.Errorf("%d intervals begin below the minimum: this shows nothing", hidden)
	}
	// The west alone covers five to seven in eight minutes, which is told as nobody: the
	// gain of the middle is then all that it covers.
	for w, v := range r.Verdict {
		if v.Gain.High > r.Territory.Covered[w].High || v.Gain.Low < 0 {
			t.Errorf("within %s: %+v of %+v", v.Within, v.Gain, r.Territory.Covered[w])
		}
	}
	if got, all := r.Verdict[0].Gain, r.Territory.Covered[0]; got != all {
		t.Errorf("in four minutes the middle gains %v, want all of %v", got, all)
	}
}
