package coverage

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/maillage/maillage/analyses/traveltime"
)

// Asked again on its own network a question has the times it had, and with every
// class slower those of a territory under that roadwork.
func TestPropertyAskedAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, p := sealed(t, land(t)), everything(t)
		p.WithinKm, p.Zones, p.CompareBorder, p.Detailed = nil, "", false, false
		nets := traveltime.NewNetworks("")
		again, err := AskAgain(t.Context(), s, nets, p)
		if err != nil {
			t.Fatal(err)
		}
		work := traveltime.Roadwork{PerMille: map[string]int{}}
		for _, class := range again.Network().Classes() {
			work.PerMille[class] = 700
		}
		slow, err := again.Network().Change(work)
		if err != nil {
			t.Fatal(err)
		}
		for _, on := range []struct {
			net  *traveltime.Network
			nets *traveltime.Networks
		}{{again.Network(), nets}, {slow, nets.Under(work)}} {
			want, err := Run(t.Context(), s, on.nets, p)
			if err != nil {
				t.Fatal(err)
			}
			got, err := again.Times(t.Context(), on.net)
			if diff := gocmp.Diff(want.Cells.Times, got); err != nil || diff != "" {
				t.Fatal(err, diff)
			}
		}
	})
}
