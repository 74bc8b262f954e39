// Package coverage answers: who lives within the threshold of a service?
//
//	C(T) = Σ_i P_i · [min_j t_ij ≤ T] / Σ_i P_i
//
// where P_i is the demand of populated cell i (the people the service is for:
// see geodata.Service.Count), t_ij the travel time from home to facility j (see
// package traveltime) and T the threshold; the bound is inclusive, so ten
// minutes and no millisecond more is within ten minutes. (Source: METHODS,
// "Coverage"; France Services commits to C(30 min) by road.)
//
// It is computed for the territory, each commune and each age band of the grid,
// over the cells of the study area; facilities beyond its border count, because
// people cross it. Unreachable and off-network demand is shown apart and counts
// as not covered. Amounts are exact: communes add up to the territory to the
// last digit. Itinerant services are left out, and said to be.
package coverage
