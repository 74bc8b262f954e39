// Package siting answers: where should the service open, and how is that proven?
//
// With a_i the demand of home i, t_ij the travel time from home to site and
// N_i = {j: t_ij ≤ T} the sites within reach (METHODS, "Siting"):
//
//	p-median  min Σ_i a_i·t_i          over p sites, t_i the time to the nearest   (Hakimi 1964)
//	mclp      max Σ_i a_i·[N_i open]   over p sites                                (Church & ReVelle 1974)
//	lscp      min number of sites      such that N_i has an open one for all i     (Toregas et al. 1971)
//	p-center  min max_i t_i            over p sites                                (Hakimi 1964)
//
// Package optimise solves the first three; the p-centre is the least time within
// which p sites cover everybody, found by halving the times there are, each step
// a covering problem that is solved or proven not to have an answer.
//
// Where sites have capacities C_j, people have places: x_ij of home i at site j,
//
//	Σ_j x_ij ≤ a_i,   Σ_i x_ij ≤ C_j   over the open sites
//
// p-median minimises Σ x_ij·t_ij with a place for everybody, mclp maximises Σ x_ij within
// T, lscp and p-center have a place for everybody within T. People of one home may go
// to several sites. Package optimise/capacitated solves these. Of all ways to give
// people places at the sites it finds, the one with the least travel is told: how full
// each site is, and who is left over.
//
// Homes without demand do not count. Homes that no site reaches at all (for mclp and
// lscp: within T) are the same in every plan: they are left out of objective and
// constraints, and told of. Of the other homes p-median and p-centre serve each.
//
// Objectives: p-median in person-seconds, mclp in people, lscp in sites, p-center in
// seconds. Costs are whole numbers; where their sum would overflow they are
// rounded to a part in 10¹², which is then the meaning of optimal.
package siting
