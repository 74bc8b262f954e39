// Package capacity answers: are there enough places, who gets one where, and who is
// left over?
//
// The rate of places, as the CNAF defines it for formal childcare of children under 3:
//
//	rate = 100 · places / people the service is for
//
// for the study area and each commune, from the capacities of the facilities in the
// commune and the demand of the grid. Numerators and denominators are exact and add
// up to those of the territory. The CNAF publishes the rate of a commune above 10,000
// inhabitants only; below it is an estimate here, and says so.
//
// Then everybody is given a place, as far as there are any within reach: with P_i the
// demand of cell i, S_j the capacity of facility j and t_ij ≤ T the travel time,
//
//	x_ij ≥ 0,  Σ_j x_ij ≤ P_i,  Σ_i x_ij ≤ S_j,
//
// such that first Σ x_ij is greatest, then Σ x_ij·t_ij is least. People of a cell may
// go to several facilities and in millionths of a person, so this is a linear
// programme, solved exactly in whole numbers by internal/optimise/flow, and every
// answer is proven optimal by its prices before it is given. Where several plans are
// equally good, that of placing cells in the order of their ids is told.
//
// Whoever lives around the study area takes places too, where the grid knows of them.
// A facility for residents only takes residents. Who gets a place is the best that
// could be done for all together: no family is bound to choose so.
package capacity
