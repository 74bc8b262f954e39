package shapley

import (
	"math/big"
	"math/bits"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/maillage/maillage/geodata"
)

// worth is what a set of sites, by the bits of its number, is worth: the definition.
func (g *game) worth(set uint) *big.Int {
	sum := new(big.Int)
	for i, gains := range g.gains {
		best := uint32(0)
		for _, x := range gains {
			if set>>x.site&1 == 1 {
				best = max(best, x.worth)
			}
		}
		sum.Add(sum, new(big.Int).Mul(big.NewInt(int64(g.amount[i])), big.NewInt(int64(best))))
	}
	return sum
}

// bySubsets is Shapley's formula, set by set.
func (g *game) bySubsets() []*big.Rat {
	worth := make([]*big.Int, 1<<g.sites)
	for set := range worth {
		worth[set] = g.worth(uint(set))
	}
	factorial := func(n int) *big.Int { return new(big.Int).MulRange(1, int64(n)) }
	values := make([]*big.Rat, g.sites)
	for j := range values {
		values[j] = new(big.Rat)
		for set := range worth {
			if set>>j&1 == 1 {
				continue
			}
			size := bits.OnesCount(uint(set))
			weight := new(big.Rat).SetFrac(new(big.Int).Mul(factorial(size), factorial(g.sites-size-1)), factorial(g.sites))
			adds := new(big.Int).Sub(worth[set|1<<j], worth[set])
			values[j].Add(values[j], weight.Mul(weight, new(big.Rat).SetInt(adds)))
		}
	}
	return values
}

// random is a game of sites whose worths are often the same.
func random(t *rapid.T, most int) *game {
	g := &game{sites: rapid.IntRange(1, most).Draw(t, "sites")}
	top := rapid.SampledFrom([]uint32{1, 3, 3_600_000}).Draw(t, "most worth")
	for range rapid.IntRange(0, 12).Draw(t, "homes") {
		g.amount = append(g.amount, geodata.Amount(rapid.Int64Range(0, 1e10).Draw(t, "people")))
		var gains []gain
		for j := range g.sites {
			if w := rapid.Uint32Range(0, top).Draw(t, "worth"); w > 0 {
				gains = append(gains, gain{int32(j), w})
			}
		}
		g.gains = append(g.gains, gains)
	}
	return g
}

func TestPropertyTheClosedFormIsTheFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := random(t, 6)
		f := g.solve()
		everybody := uint(1)<<g.sites - 1
		if f.gain.Cmp(new(big.Rat).SetInt(g.worth(everybody))) != 0 {
			t.Fatalf("all sites gain %s, want %s", f.gain, g.worth(everybody))
		}
		for j, want := range g.bySubsets() {
			if f.value[j].Cmp(want) != 0 {
				t.Fatalf("site %d: %s, want %s", j, f.value[j], want)
			}
			if alone := g.worth(1 << j); f.alone[j].Cmp(new(big.Rat).SetInt(alone)) != 0 {
				t.Fatalf("site %d alone: %s, want %s", j, f.alone[j], alone)
			}
			last := new(big.Int).Sub(g.worth(everybody), g.worth(everybody&^(1<<j)))
			if f.last[j].Cmp(new(big.Rat).SetInt(last)) != 0 {
				t.Fatalf("site %d last: %s, want %s", j, f.last[j], last)
			}
			if f.last[j].Cmp(want) > 0 || want.Cmp(f.alone[j]) > 0 {
				t.Fatalf("site %d: last %s, value %s, alone %s do not rise", j, f.last[j], want, f.alone[j])
			}
		}
	})
}

// Efficiency, to the millionth and whatever the unit; the same for two sites that are
// the same, but for that millionth; nothing for one that adds nothing.
func TestPropertyValuesAreFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := random(t, 20)
		twin, dummy := g.sites, g.sites+1
		g.sites += 2
		for i := range g.gains {
			for _, x := range g.gains[i] {
				if x.site == 0 {
					g.gains[i] = append(g.gains[i], gain{int32(twin), x.worth})
				}
			}
		}
		unit := rapid.SampledFrom([]int64{1, 60_000}).Draw(t, "unit")
		f := g.solve()
		total := rounded(f.gain, unit)
		values := apportion(f.value, unit, total)
		var sum geodata.Amount
		for _, v := range values {
			sum += v
		}
		if sum != total {
			t.Fatalf("%v sum to %s, not %s", values, sum, total)
		}
		if f.value[0].Cmp(f.value[twin]) != 0 || values[0] < values[twin] || values[0] > values[twin]+1 {
			t.Fatalf("twins have %s and %s, told as %s and %s", f.value[0], f.value[twin], values[0], values[twin])
		}
		if values[dummy] != 0 {
			t.Fatalf("a site that adds nothing has %s", values[dummy])
		}
	})
}

// The largest game that the formula is good for.
func TestFifteenSitesByTheFormula(t *testing.T) {
	g := &game{sites: 15}
	for i := range 20 {
		g.amount = append(g.amount, geodata.Whole(1<<i)+geodata.Amount(i))
		var gains []gain
		for j := range 15 {
			if w := uint32((7*i + 11*j) % 5); w > 0 {
				gains = append(gains, gain{int32(j), w * 60_000})
			}
		}
		g.gains = append(g.gains, gains)
	}
	f := g.solve()
	for j, want := range g.bySubsets() {
		if f.value[j].Cmp(want) != 0 {
			t.Errorf("site %d: %s, want %s", j, f.value[j], want)
		}
	}
}

// Three sites share one person; three share two thirds of the millionths of another.
func TestRoundingLosesNobody(t *testing.T) {
	third := func(n int64) *big.Rat { return big.NewRat(n, 3) }
	if got := apportion([]*big.Rat{third(1e6), third(1e6), third(1e6)}, 1, 1e6); !slices.Equal(got, []geodata.Amount{333334, 333333, 333333}) {
		t.Error(got)
	}
	if got := apportion([]*big.Rat{third(1), third(5), third(0)}, 1, 2); !slices.Equal(got, []geodata.Amount{0, 2, 0}) {
		t.Error(got)
	}
	if got := rounded(big.NewRat(90_000, 1), 60_000); got != 2 {
		t.Error(got)
	}
}

// The sum of a country's people, saved an hour each, does not fit 64 bits.
func TestSumsDoNotOverflow(t *testing.T) {
	g := &game{sites: 1}
	for range 1000 {
		g.amount, g.gains = append(g.amount, geodata.Whole(70_000)), append(g.gains, []gain{{0, 3_600_000}})
	}
	f := g.solve()
	if got := apportion(f.value, 60_000, rounded(f.gain, 60_000)); got[0] != geodata.Whole(70_000*1000*60) {
		t.Error(got)
	}
}

func BenchmarkTravelGame(b *testing.B) {
	const homes, sites = 10_000, 20
	g := &game{sites: sites}
	for i := range homes {
		g.amount = append(g.amount, geodata.Whole(int64(i%50)))
		var gains []gain
		for j := range sites {
			gains = append(gains, gain{int32(j), uint32(1 + (i*7919+j*104729)%3_600_000)})
		}
		g.gains = append(g.gains, gains)
	}
	for b.Loop() {
		g.solve()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/homes/sites, "ns/pair")
}
