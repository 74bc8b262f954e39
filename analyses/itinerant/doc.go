// Package itinerant answers: what does a service that comes to people, some hours
// a week, add to those that stay?
//
//	H(T) = Σ_i P_i · h_i(T)
//
// covered person-hours a week, where P_i is the demand of cell i and h_i(T) the
// hours of an ordinary week in which at least one site within T of i is open; the
// bound is inclusive. Hours that several sites offer at once count once. (Source:
// METHODS, "Coverage", itinerant service.) A site open H hours counts the same
// way whether it stays or comes for a day, so both add up: a stop that is always
// open gives 168 times the people it covers.
//
// H is computed for the sites that stay, for the stops, and for both; what the
// stops add is the difference. Stops are places with hours: those that are asked
// for, or where an itinerant facility's are not known, its base. Facilities whose
// hours are not known do not count, and are said.
package itinerant
