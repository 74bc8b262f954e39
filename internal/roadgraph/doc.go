// Package roadgraph answers: what is the shortest time between places of a
// network? It knows vertices, edges, milliseconds and forbidden turns, nothing
// of maps or communes, and needs the standard library only.
//
// # Edges, directed edges, states
//
// An Edge joins two vertices and has a time in each direction, either of which
// may be Closed. Its two directions are DirectedEdges. A forbidden turn is a
// sequence of two or more directed edges that may not be travelled one after
// the other ("from this street into that one"; longer ones go through streets).
//
// Build turns them into a graph of states, where plain shortest paths are right.
// Without turns a state is a vertex. For forbidden sequences it follows Aho and
// Corasick (1975): the proper prefixes of the sequences form a trie with failure
// links, and a traveller who has just travelled a prefix is in a copy of the
// vertex that knows it. Only junctions that have a restriction get copies.
//
// # Positions
//
// People do not live at junctions. A Position is a point along an edge, in
// 2^-24 of its length; the time along a part of an edge is the same integer
// whichever way it is asked (Before, After), so that times add up exactly.
//
// # Times
//
// Milliseconds in uint32. Infinity (24.8 days) means that no path leads there;
// sums saturate at it and never wrap, so that every way of adding up the same
// path gives the same time.
package roadgraph
