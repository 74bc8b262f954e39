// Package access answers: how much of a service is there for those who live here,
// shared with everybody else who reaches the same sites?
//
// With P_i the demand of home i, S_j the capacity of site j, t_ij the travel time
// from home to site and W a weight that falls in steps:
//
//	2sfca   R_j = S_j / Σ_k P_k·W(t_kj),   A_i = Σ_j R_j·W(t_ij),   W = 1 up to 30 min
//	e2sfca  the same, W = 1, 0.68, 0.22 up to 10, 20, 30 min
//	apl     the same, W = 1, 0.3, 0.1 up to 10, 15, 20 min
//	3sfca   the same with W·G instead of W, G_ij = W_ij / Σ_j W_ij over the sites in reach
//
// A_i is in units of capacity per person (places per child); the bound of a step is
// inclusive, and beyond the last step a site is out of reach. The four are one
// computation with other parameters (Steps, and whether there is a G). Sources: Luo
// & Wang 2003 (2SFCA), Luo & Qi 2009 with the weights of PySAL's access (E2SFCA),
// Wan, Zou & Sternberg 2012 (3SFCA, here with the steps of E2SFCA unless others are
// asked for), Barlet et al. 2012 (DREES and IRDES, APL as first published; its
// standardising of demand by age is that of the demand that is passed).
//
//	raam    everybody goes where c_ij = D_j/(ρ·S_j) + t_ij/τ is least, D_j being how
//	        many go to j, ρ = ΣP/ΣS, τ = 60 min; A_i = min_j c_ij
//
// (Saxon & Snow 2020). Here a low score is a good one: 1 is a site as busy as all
// are on average next door, or an empty one an hour away. People of a home may go
// to several sites. The equilibrium minimises the convex Σ_j D_j²/(2ρS_j) + Σ x_ij
// t_ij/τ. It is found by its dual: prices π_j of the sites such that, when everybody
// goes where π_j + t_ij/τ is least, D_j/(ρS_j) = π_j. The choice is blurred, a home's
// people going to its sites by e^(−cost/β), which makes the prices the maximum of a
// smooth concave function, found by Newton's method; β falls by quarters from 1/16
// to 2·10⁻⁸, after which nobody goes where it costs more than 36 β = 7·10⁻⁷ above
// the least. How much anybody who goes somewhere could do better elsewhere, by the
// true loads, is in the result as Residual: at 10⁻⁶ (3.6 ms of travel) or less it has
// converged, and the result says so.
//
// Every member shares out the supply, no more and no less: Σ_i P_i·A_i = Σ_j S_j over
// the sites with demand in reach. Every result says by how much the two differ. (Of
// RAAM, A_i is there Σ_j x_ij/P_i·S_j/D_j, over the sites where anybody goes.)
//
// A home that reaches no site has the score 0, and no score by RAAM; a site that
// nobody reaches has no ratio and gives nothing to anybody. A site of capacity 0
// has the ratio 0; by RAAM nobody goes there. Sums of floats run in the order of
// homes and sites, so that they are the same each time.
package access
