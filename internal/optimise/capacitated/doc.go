// Package capacitated answers: which sites should be open where each has room for so
// many people only, who goes where then, and how is it proven? It knows numbers only.
//
// A Problem has demands of a_i people, whom sites with room for C_j serve at a cost
// c_ij each, or who are left over at a cost e_i each. People of one demand may go to
// several sites:
//
//	min Σ_{j open} f_j + Σ_i ( Σ_j c_ij·x_ij + e_i·z_i )   over sets of p open sites, or of any number
//	Σ_j x_ij + z_i = a_i,   Σ_i x_ij ≤ C_j,   x_ij = 0 where j is closed,   z_i = 0 where i has to be served
//
// The capacitated p-median is this with c_ij the travel time and everybody to be served;
// maximal covering (Current & Storbeck 1988) with c_ij = 0 within reach and e_i = 1; the
// fewest sites that serve all with f_j = 1 and c_ij = 0. A radius that p sites can keep
// is the question whether covering can leave nobody over: a limit Below of 1.
//
// What a set costs is a transport problem, solved and proven by internal/optimise/flow:
// it is whole people, as all numbers are whole. The bound is Lagrangian: with a price
// u_i ≤ e_i on each person,
//
//	L(u) = Σ_i a_i·u_i + min over the sets of Σ_{j open} ρ_j
//	ρ_j  = f_j + min { Σ_i (c_ij - u_i)·x_ij : 0 ≤ x_ij ≤ a_i, Σ_i x_ij ≤ C_j }
//
// is at most the optimum for any u (Geoffrion & McBride 1978; Beasley 1993); ρ_j fills a
// site with those who gain most. A Budget has a price of its own. Subgradient steps
// raise the bound. The same ρ, with the prices that the transport problem of a set
// proves itself by, say how much opening another site beside the set can save at most:
// by them sites are exchanged. Sites that the bound shows to be open or closed in all
// better sets are fixed; where few sets are left all are tried; what remains is branched
// on, downwards first and then where the bound is least.
//
// All is deterministic. Costs of sets are whole numbers; bounds are floats, less the
// most that rounding can have added to them, so that no set is ever lost.
package capacitated
