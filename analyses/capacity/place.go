package capacity

import (
	"fmt"

	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/optimise/flow"
)

// Placing is who has a place where, by the homes and sites of a matrix.
type Placing struct {
	Times *matrix.Matrix
	// Goes is per pair of Times, by home, how many of the home go to the site.
	Goes     []geodata.Amount
	Placed   []geodata.Amount // per home
	LeftOver []geodata.Amount // per home
	Used     []geodata.Amount // per site
	// Worth is per site by how much one more place would bring down the sum of ways, in
	// milliseconds; Scarce where it would give somebody a place who has none.
	Worth  []int64
	Scarce []bool
	start  []int // of each home in Goes
}

// Place gives people places, by the pairs of the matrix: as many people as can be, by
// the shortest ways in sum. The plan is proven optimal before it is returned; amounts
// below 0, or that add up to more than 2⁶³ millionths, are errors.
func Place(m *matrix.Matrix, demand, capacity []geodata.Amount) (*Placing, error) {
	if len(demand) != len(m.Homes) || len(capacity) != len(m.Sites) {
		return nil, fmt.Errorf("%d amounts of demand and %d of capacity: the times have %d homes and %d sites", len(demand), len(capacity), len(m.Homes), len(m.Sites))
	}
	p := flow.Problem{People: millionths(demand), Room: millionths(capacity), Start: make([]int, 1, len(demand)+1)}
	longest := traveltime.Time(0)
	for i := range m.Homes {
		sites, times := m.From(i)
		for k, j := range sites {
			p.Site, p.Cost = append(p.Site, j), append(p.Cost, int64(times[k]))
			longest = max(longest, times[k])
		}
		p.Start = append(p.Start, len(p.Site))
	}
	plan, err := flow.Solve(p)
	if err == nil {
		err = p.Verify(plan)
	}
	if err != nil {
		return nil, err
	}
	out := &Placing{Times: m, Goes: amounts(plan.Goes), LeftOver: amounts(plan.Left), Used: amounts(plan.Used), Worth: plan.Worth, start: p.Start,
		Placed: make([]geodata.Amount, len(demand)), Scarce: make([]bool, len(capacity))}
	for i := range demand {
		out.Placed[i] = demand[i] - out.LeftOver[i]
	}
	enough := int64(longest) * int64(len(capacity)) // no chain of moves saves more
	for j, worth := range plan.Worth {
		out.Scarce[j] = worth > enough
	}
	return out, nil
}

// From lists where the people of a home go, in the order of Times.From.
func (p *Placing) From(home int) []geodata.Amount { return p.Goes[p.start[home]:p.start[home+1]] }

func millionths(amounts []geodata.Amount) []int64 {
	out := make([]int64, len(amounts))
	for i, a := range amounts {
		out[i] = int64(a)
	}
	return out
}

func amounts(millionths []int64) []geodata.Amount {
	out := make([]geodata.Amount, len(millionths))
	for i, n := range millionths {
		out[i] = geodata.Amount(n)
	}
	return out
}
