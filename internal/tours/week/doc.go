// Package week answers: when should vehicles stop where, so that what they are open
// for is worth most to the people around? It knows stops, cells, shifts and minutes,
// nothing of maps and calendars.
//
// # Plans
//
// A day is cut into slots. On a shift a vehicle leaves its depot, opens at stops for
// whole slots, and is back in time; between two stays it packs up, drives and sets
// up. It may wait anywhere. A break, if the shift has one, lies within its window
// where the crew neither drives nor works; the vehicle may stay where it is for it,
// and what follows is part of the same visit.
//
// A plan is worth
//
//	V = Σ_i w_i · (F(b_i + x_i) − F(b_i)) + Σ_stays bonus
//
// where x_i are the minutes in which some vehicle is open within reach of cell i and
// nothing else is, b_i the minutes that others are, and F is concave and piecewise
// linear: F' is the worth of Bands in turn. V is in units of weight × minute × per cent.
//
// # Proof
//
// With prices λ_i of a covered minute, μ_l ≥ 0 of limits on visits,
//
//	L(λ, μ) = Σ_i max_x (w_i (F(b_i+x) − F(b_i)) − λ_i x) + Σ_shifts max_stays (prices of what they cover) + Σ_l μ_l · limit
//
// is no less than the worth of any plan that keeps the limits (Lagrangian relaxation;
// Fisher, The Lagrangian relaxation method for solving integer programming problems,
// 1981). The best stays of a shift at given prices are found exactly, by dynamic
// programming over stops and slots. Prices are whole numbers and so is L: the bound
// is rounded nowhere. What the prices leave open is decided by branching on whether
// a vehicle is open at a stop in a slot.
//
// # Search
//
// Plans are found by forgetting some shifts and filling each again with the best stays
// by what they would add to the rest, with some chance (large neighbourhood search:
// Pisinger and Ropke, A general heuristic for vehicle routing problems, 2007).
//
// Given the same limits of work the answer is the same, on any machine and with any
// number of threads.
package week
