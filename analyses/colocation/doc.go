// Package colocation answers: which services share which places, and what would a
// shared site change?
//
// Two facilities are together when one walks from either door to the other within
// a threshold (5 minutes when none is asked for), both ways; a place is facilities
// that are together directly or through others (connected components). For each
// pair of services it counts the facilities of the one that have the other within
// the walk.
//
// A shared site offers several services at one point. For each of them it tells
// who lives within T of the service before and after, and how many people live
// within T of a place that offers all of them, so that one journey does: the time
// to a place is that to its nearest door that offers one of them. The bounds are
// inclusive. (Source: METHODS, "Coverage"; the Projet Social plans a social centre
// beside the leisure centre.)
//
// OfMatrix tells the same of anybody's own sites, by the walks between them and the
// times from homes, without a territory. A pair of sites whose walk is not told, or told one
// way only, is not together, and a note says how many are near one way only.
package colocation
