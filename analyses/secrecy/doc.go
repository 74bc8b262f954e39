// Package secrecy answers: what may be told of counts that are confidential?
//
// A set of counts carries a rule (geodata.Rule): public, because its publisher
// has protected it (INSEE's grids), or confidential, with the fewest households
// or people that anything told may be about. Public counts are told as they are.
//
// Confidential ones are protected once, at the door, before anything is computed.
// Protect puts other counts in their place, in two steps:
//
// It merges the cells of a commune that are under the minimum with those beside
// them, along a Z-order curve, until each group has the minimum; a group's counts
// are spread evenly over its cells, which are marked as imputed. (INSEE does likewise
// with cells of under 11 households.) A commune under the minimum is not told at all.
//
// It perturbs by the cell-key method (Fraser & Wooton 2005, "A proposed method for
// confidentialising tabular output to protect against differencing"): each cell has a
// key, made of its id with the owner's secret, and so has each column of a year; the
// keys of the cells that make up a sum, added to the column's, choose the
// perturbation, at most two people, and no part of a person is told. The sums that
// are told so are those of a commune's groups from the beginning of the curve to the
// end of each group; a group is told as the difference of two. So a group is off by
// at most MaxNoise, and the noise of neighbours cancels: their commune is off by half
// of that at most, and a zone by what its edges cut. A kind of people is told to be
// no more than the people of the cell, which may take a little from its sum. For
// euros one person's place is taken by the mean of what the minimum counts.
//
// All that is ever computed is computed from these counts, and nothing else is told:
//
//   - Sums by zone, threshold or age, in answers, live sessions, and the draws of
//     package uncertainty are sums of them. They add up: communes to their territory,
//     the steps of a session to the answer about the same sites.
//   - Means, percentiles, Gini indices, scores, ratios, rates, intervals, verdicts,
//     places given to people and the figures of single cells come from them likewise.
//     None needs a rule of its own: whoever has all answers there are can work out
//     these counts, and nothing finer.
//   - The same cells have the same figures each time, whatever the threshold, site,
//     zoning or analysis that chose them.
//
// Guard does the rest: a sum about fewer than the minimum is told as 0, and there is
// no mean of people of whom that is so. The times of a cell tell of the map, not of
// who lives there.
//
// The snapshot's id is a hash with the owner's secret in it, so that nobody can try
// which counts have it.
package secrecy
