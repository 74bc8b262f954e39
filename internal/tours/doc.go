// Package tours answers: which stops should vehicles serve, and in what order, when
// their time does not suffice for all? It is the team orienteering problem (Butt &
// Cavalier 1994; Chao, Golden & Wasil 1996): every vehicle goes from a start to an end
// within a budget, what a point scores is collected once, and the sum is to be as high
// as can be. It knows numbers only.
//
// Good plans come from a large-neighbourhood search (Pisinger & Ropke 2007; for this
// problem Vansteenwegen et al. 2009): points are taken out, others put in where they
// score most for their detour, routes straightened by moving pieces; or points that are
// near each other are put in, full as routes are, and the poorest taken out instead. A
// worse plan is now and then accepted. The routes met on the way are recombined, as many as there are
// vehicles without a point in common.
//
// The bound is Lagrangian: with a price u_i ≥ 0 on each point,
//
//	L(u) = Σ_i u_i + m · max over routes r of Σ_{i in r} (p_i - u_i)
//
// is no less than the optimum, for any u. The prices are those of the linear program
// over the routes met so far (Boussier, Feillet & Gendreau 2007); the best route at
// these prices comes from labels that remember which of the points near by they have
// been to (ng-routes: Baldacci, Mingozzi & Roberti 2011), in the order of what they may
// still come to. Prices are rounded to whole numbers of a 2¹⁶th before the maximum is
// taken, so that no rounding of floats is in the bound.
//
// What is left between plan and bound is settled by listing every route that could be
// part of a better plan, and choosing among these; where there are too many, points are
// branched on, visited or not.
//
// Lengths and scores are whole numbers. All is deterministic: the same problem and
// options, with their limits of iterations and labels, give the same answer.
package tours
