// Package transit answers: how long does it take by bus and train, whenever one
// leaves within an hour or two? It knows stops, trips, footpaths and
// milliseconds, nothing of calendars or maps, and needs the standard library only.
//
// # Journeys
//
// A journey leaves its origin at a departure time, walks (or cycles, or is
// driven) to a stop, waits, rides, and either changes at the stop where it got
// off, or takes one footpath to another stop and rides on from there; after its
// last ride it walks to the destination. It rides at least once and at most
// Transfers+1 times. Waiting costs nothing but time, boarding is possible up to the
// very millisecond of departure, and a change at a stop takes the stop's Change,
// which may be none.
//
// Between two rides there is one footpath, never two in a row: who wants walks
// over several of them closes the footpaths under transitivity beforehand. There
// is no footpath between the way to the first stop and the first ride, nor
// between the last ride and the way to the destination: the caller's access and
// egress times lead everywhere that can be walked to.
//
// # Times
//
// Clock times are milliseconds in int32, counted from any moment that suits all
// trips, in practice the beginning of a service day (noon less twelve hours).
// They may be negative: the trips of the day before that run past midnight are
// given with their times less the length of that day, and those of the day after
// with times past 24 hours, so that a day of 23 or 25 hours is the caller's
// subtraction and no concern of the search. Durations are milliseconds in uint32,
// and Infinity says that no journey leads there, as in package roadgraph. Nothing
// is rounded.
//
// # Method
//
// RAPTOR in ranges (Delling, Pająk and Werneck, Round-Based Public Transit
// Routing, 2012): trips that call at the same stops in the same order, none
// overtaking another, form a pattern; each round rides every pattern that was
// reached once from its first reached stop on. The departures are looked at from
// the latest to the earliest and keep what was found: who leaves earlier can
// still wait for it. At an origin's stops only the departures count that could
// not be caught by leaving later.
//
// Many origins share few stops. Profiles search from every departure of each stop
// once, and an origin takes the least over the stops it reaches: the same durations,
// at a cost that grows with stops and trips, not with origins and minutes. Journey
// tells the rides of one departure.
//
// Results are durations only, each the least of a set of integers, so that they
// are the same for any number of threads.
package transit
