// Package compare answers: which of 2 to 10 scenarios is best, for whom, and how sure
// is that?
//
// A scenario (package scenario) is a list of changes; one without any is the situation
// today. The first is the one that the others are held against. With P_i the demand
// of cell i, t_i(A) its time to the nearest facility in scenario A and T a threshold
// (package coverage: the same people, facilities and inclusive bound):
//
//	gained(A→B, T) = Σ_i P_i · [t_i(B) ≤ T < t_i(A)]
//	lost(A→B, T)   = Σ_i P_i · [t_i(A) ≤ T < t_i(B)]
//	net            = gained - lost = C(B, T) - C(A, T)
//
// and all demand falls into five parts: newly covered (past a threshold of the
// question, towards), no longer covered (past one, away), else nearer or farther by
// more than Params.Notable, else the same. Who is not reached is infinitely far. As
// times only become shorter or longer, nobody is in two parts. Where a scenario is about
// the people of another year, who is more in a covered cell is gained, who is fewer is
// lost, and the five parts are of its people. Amounts are exact, so
// cells add up to communes and communes to the territory to the last digit. Of
// confidential counts sums are told as coverage tells them (package secrecy): none about
// fewer than their minimum, and what is told as 0 is missing from a sum.
//
// Scenarios rank by whom they cover: 1 + the number of those that cover more, so that
// equals share a rank. That is told for each threshold and for each whole minute from 1
// to 60, with the minutes from which another leads, and from which one overtakes another.
//
// Equity is that of package coverage (worst-served tenth, Gini index, fifths by living
// standard), and how many communes gain or lose. What a scenario costs (or else what its
// created facilities cost together) is divided by the people it newly covers, against
// the situation today whatever the first scenario is, since costs are of the changes.
//
// The verdict draws speeds anew as package uncertainty does, in each draw alike in all
// scenarios, so that their differences are paired: the share of draws in which each is
// alone first, in which the ranking of all is the same as with the speeds of the
// profile, and the intervals that hold the central 90 % of the draws. (METHODS,
// "Scenarios and their comparison".) It knows the uncertainty of speeds only: not that
// of where people will live, or of what places will be full.
//
// Thresholds in kilometres, zones and the effect of the border are asked of package
// coverage, scenario by scenario.
package compare
