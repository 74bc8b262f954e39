// Package isochrone answers: from where does one reach a point in time, or
// where does one get from it?
//
//	I(T) = { p : t(p) ≤ T }
//
// where t(p) is the travel time between the point and a home at p, exactly as
// package traveltime has it for a cell whose centre is p: straight walk to the
// nearest road the mode may join, roads, straight walk at the other end. The
// default direction is from home to the point; the bound is inclusive. It is the
// sublevel set of the time that coverage compares with its thresholds, so that
// polygons and coverage tables agree.
//
// # Areas
//
// t is computed at the points of a regular lattice around the covered roads
// (25 m to 800 m apart: the finest that keeps to LatticePoints), and each area is
// traced through it by marching squares (Lorensen & Cline 1987 in the plane) with
// linear interpolation; ambiguous squares are decided by the mean of their
// corners. At every lattice point, area and time agree exactly; between them the
// border may be off by one spacing, and a strip narrower than the spacing, in
// which another road is the nearest, may be missing or be included.
//
// Areas are valid by construction: their borders cross each lattice line between
// two points once and never at a point, on whole 1e-7 degrees, so that no two
// rings touch. They are nested because a crossing moves one way only as the
// threshold rises. Holes are kept.
//
// # Roads
//
// The covered roads are exact: every stretch of every edge, cut at the 2^-24th
// of its length where the threshold is passed, in either direction of travel.
//
// By public transport and on demand there are areas only, computed at the lattice's
// points in the same way, of those from where the point is reached.
package isochrone
