// Package traveltime answers: how long does it take from home to a facility?
//
//	time = access + network + egress
//
// access is the walk from a cell's centre to the nearest point of the network
// that the mode may use, egress the walk from the network to the facility, both
// straight, at the profile's walking speed; network is the least time along
// roads in legal directions, minding one-ways, barriers and turn restrictions.
// The direction is always from home to the facility, which matters on one-ways.
// (Definition: METHODS, "travel time"; shortest paths: Dijkstra 1959.)
//
// A point joins the network on an edge, not at a junction, and only on edges
// from which one can get away and back: those of the largest strongly connected
// part of the network, or of another part with at least IslandKilometres of
// road (an island has its own). Motorways and ferries cannot be joined. Beyond
// the profile's stated distance a point is OffNetwork; where no path leads it is
// Unreachable. Both are states, never large numbers.
//
// # Timed modes
//
// By public transport and by transport on demand (profile.Timed) the time depends on
// when one leaves: it is the percentile, by nearest rank, of the times of a departure
// at every minute of the window, waiting included, each the least of riding and of
// walking all the way. By a timetable one walks or cycles half an hour at most to the
// first stop, or is driven 20 minutes, rides on the day with so many changes at most,
// each at a stop or over at most a quarter of an hour's walk (or in the time that the
// timetable states), and walks half an hour at most from the last stop. On demand a
// service fetches people in its communes during its hours, so long after it is asked
// for, and takes so many per cent of the time by car. A ride that takes more than six
// hours with its waits is none. Everything else is as on foot: where a home is
// joined, and that it is OffNetwork.
//
// All times are whole milliseconds. The result depends on the roads and the
// points alone, not on their order or on the number of threads.
package traveltime
