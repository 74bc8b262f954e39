// Package route answers: by which roads does one get there, and how long does
// each take?
//
// It explains one entry of the travel-time matrix: a quickest way from a home (a
// cell's centre or a point) to a facility (or a point), road by road, with the
// walks at both ends. The milliseconds of its legs add up to the matrix's time.
// (Shortest path: Dijkstra 1959, from home until the facility is reached.)
//
// Where there is no way, the error is ErrNoRoute and says which state of package
// traveltime it is: off_network or unreachable.
package route
