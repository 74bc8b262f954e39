// Package secrecy answers: what may be told of counts that are confidential?
//
// A set of counts carries a rule (geodata.Rule): public, because its publisher
// has protected it (INSEE's grids), or confidential, with the fewest households
// or people that anything told may be about. Public counts are told as they are.
// Confidential ones are protected twice:
//
// Protect merges, before anything is computed, the cells of a commune that are
// under the minimum with those beside them, along a Z-order curve, until each
// group has the minimum; a group's counts are then spread evenly over its cells,
// which are marked as imputed. (INSEE does likewise with cells of under 11
// households.) The sums of communes stay exact; a commune under the minimum is
// not told at all. So whoever subtracts, averages or solves for what was told
// finds groups, never homes.
//
// Guard then perturbs the sums over zones that are told by the cell-key method (Fraser &
// Wooton 2005, "A proposed method for confidentialising tabular output to protect
// against differencing"): each cell has a key, made of its id with the owner's
// secret; the keys of the cells that make up a sum, added, choose the
// perturbation, at most MaxNoise people. The same cells give the same sum each
// time it is asked, whatever the threshold, site or zoning that chose them. A sum
// about fewer than the minimum is told as 0.
//
// Perturbed sums do not add up exactly; answers about confidential counts say so.
// Means, medians, scores and the intervals of package uncertainty are computed from
// the merged counts, and not perturbed. A live session
// tells a new set of cells with every step of the pointer, and is refused.
package secrecy
