// Package optimise answers: which sites should be open so that everybody is served
// best, and how is it proven? It knows numbers only.
//
// A Problem has demands, each served by the best of the open sites at some cost,
// or at another cost by none of them:
//
//	min Σ_i min( else_i, min_{j open} c_ij )   over sets of p open sites
//
// or, where any number of sites may be open, at the least cost with that of opening
// them (f_j):
//
//	min Σ_{j open} f_j + Σ_i min( else_i, min_{j open} c_ij )
//
// Covering everybody with the fewest sites is this with f_j = 1, c_ij = 0 within reach
// and no else (Toregas et al. 1971). The p-median is the former with c_ij = a_i·t_ij
// (Hakimi 1964); maximal covering with c_ij = 0 for the sites within reach and
// else_i = a_i, what is not covered (Church & ReVelle 1974).
//
// A demand may need several sites, n_i: it then costs what the n_i cheapest of the
// open ones do together, or else_i, whichever is less. With c_ij = 0 that is backup
// coverage (Hogan & ReVelle 1986); with two services at each place for its sites, a
// bonus for having both there is a demand that needs both, with the bonus for its
// else_i. Groups of sites bound how many of each are open, besides p: one for each
// service, or of the existing sites so that at most so many of them close.
//
// The bound is Lagrangian: with a price u_i on each demand,
//
//	L(u) = Σ_i n_i·u_i + min over sets of Σ_j ρ_j,   ρ_j = f_j + Σ_i min(0, c_ij - u_i),   u_i ≤ else_i/n_i
//
// is at most the optimum, for any u (Cornuéjols, Fisher & Nemhauser 1977);
// subgradient steps raise it. The minimum is over the sets that keep to p and to the
// groups, which greed finds; a budget is met by a price on it, at the bound of sets
// and parts of sets; a demand that needs every site it has deals out what they save
// together among them. Sites whose ρ shows that opening or closing them would cost more
// than the best set known are fixed (reduced costs), and forgotten. Good sets
// come from the sites that the bound opens, improved by exchanging one site at a
// time (Teitz & Bart 1968, with the bookkeeping of Resende & Werneck 2007). What
// remains is branched on, depth first.
//
// Imposed tells by the same prices what it would cost to have any other site.
//
// All is deterministic: the same problem and options, with their limits of nodes and
// steps, give the same answer on any number of threads. Costs are whole numbers; a set
// is said to be optimal when no other can be lower, by the bound less the rounding of
// its floats.
package optimise
