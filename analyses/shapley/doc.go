// Package shapley answers: what is each new site worth in a set of them?
//
// v(S) is what today's facilities and the sites S give people beyond what today's
// facilities give alone, and the worth of a site is its Shapley value (Shapley 1953):
// what it adds to the sites before it, averaged over all orders in which N sites may open,
//
//	φ_j = Σ_{S ∌ j} |S|! (n - |S| - 1)! / n! · (v(S ∪ {j}) - v(S))
//
// The values of all sites add up to v(N), two sites that add the same to every set have
// the same, and one that adds nothing has none. Two games are known, with P_i the
// demand of cell i and t_i(S) its time to the nearest of today's facilities and S:
//
//	covered  v(S) = Σ_i P_i · [t_i(S) ≤ T < t_i(∅)]        people newly within T
//	travel   v(S) = Σ_i P_i · (min(t_i(∅), M) - min(t_i(S), M))   person-minutes saved
//
// where M is Params.AtMost: farther, or not reached at all, counts as that far. Both
// are sums over homes of games in which the best of the present sites decides, and
// such a game has its value in closed form (Littlechild & Owen 1973, the airport
// game): put the sites in the order of what they are worth to the home, and share each
// step from one to the next equally among all that reach it. A cell newly covered by k
// sites gives each the k-th part. So values are exact for any number of sites, without
// sampling and without an error; tests hold them against the formula above.
//
// They are added up as fractions and rounded once, to a millionth, so that they sum to
// the gain of all sites to the last digit (largest remainder; sites that are worth the
// same may differ by that millionth).
//
// Beside its value, Alone is what a site gains when it is the only one, and Last what
// it adds to all the others: Last ≤ Value ≤ Alone. Of confidential counts figures are
// told as sums are (package secrecy): 0 where they are about fewer people than the
// minimum, and then values do not add up.
//
// A site that is a facility of today is valued as if it were not there yet. Capacities
// are not looked at: see package capacity.
package shapley
