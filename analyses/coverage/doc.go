// Package coverage answers: who lives within the threshold of a service?
//
//	C(T) = Σ_i P_i · [min_j t_ij ≤ T] / Σ_i P_i
//
// where P_i is the demand of populated cell i (the people the service is for, or
// whom else one asks about: see package demand), t_ij the travel time from home to
// facility j (see package traveltime) and T the threshold; the bound is inclusive,
// so ten minutes and no millisecond more is within ten minutes. j goes over the
// facilities that count (package supply), those for residents only over theirs.
// (Source: METHODS, "Coverage"; France Services commits to C(30 min) by road.)
//
// It is computed for the territory, each commune and each age band of the grid,
// over the cells of the study area; facilities beyond its border count, because
// people cross it. Unreachable and off-network demand is shown apart and counts
// as not covered. Amounts are exact: communes add up to the territory to the
// last digit. Itinerant services are left out, and said to be. Of confidential counts,
// which package secrecy has merged and perturbed, no figure is about fewer than
// their minimum: such a sum is 0, and a mean, percentile or index is absent.
//
// More is told when it is asked for:
//
//   - Nth: t is the time to the n-th nearest facility; who reaches fewer is
//     unreachable.
//   - WithinKm: C by the length of the shortest way along roads, in directions
//     that are legal for the mode, in whole millimetres, with the straight ways to
//     the road and from it; a ferry counts by its length. The nearest facility by
//     road need not be the nearest in time.
//   - Detailed: of each row, over the demand that is reached, the 90th percentile
//     (the least time within which at least nine tenths of it lie) and the Gini
//     index Σ_i Σ_j P_i P_j |t_i - t_j| / (2 (Σ P_i)² t̄), 0 where all times are 0.
//     The worst-served tenth is the tenth of all demand with the longest times, who
//     is not reached before anybody else; where it ends among people of one time,
//     it takes of each of them the same part. Its figure is the mean of its times;
//     when somebody is not reached there is none, and the share of the tenth that
//     is not reached is told (100 % when more than a tenth is not).
//   - Detailed also adds rows. By living standard: cells are ranked by ind_snv /
//     ind and cut into fifths of their people (ind, whomever the demand counts);
//     cells of one living standard stay together, in the fifth that the middle one
//     of their people belongs to, so each fifth is right to half such a group. By
//     need: poor households, single-parent families, people alone, over-79s, each
//     in its own unit. By intercommunality of the cell's commune, where there are
//     several.
//   - Zones: by the zones of a layer. A cell belongs to the zone its centre lies
//     in, border included: to each of them where they overlap, and to a row of its
//     own where there is none. A note tells how much that is.
//   - CompareBorder: the answer with facilities on both sides of the border, and
//     with those inside only (supply.Inside).
//
// Means and Gini indices are of floating-point numbers, added in one order: the
// mean in that of the cells' ids, the others in that of rising or falling times, in
// which those of one time are one number.
//
// By EPCI (RunPart, Merge) Nth, WithinKm, CompareBorder, other counts, facilities
// inside only and facilities for residents are refused.
package coverage
