// Package anjou is the embedded territory: the 17 communes of the CC Anjou Loir
// et Sarthe and what lies round them, so that everything can be tried without
// network, files or database. Territory returns it, sealed.
//
// It answers: what does the territory look like, as far as published facts
// say? Facts (populations, ages, areas, bourgs, roads by kilometre, France
// Services, counts of facilities, the Projet Social) are typed into tables/, each
// table with its source. Between the facts stands a model, and the snapshot says
// so (Territory.Modelled): it shows how Maillage works, it is no base for decisions.
//
// The model, with its constants in model.go, works in the plane of EPSG:3035
// (equal-area, the plane of the population grid):
//
//   - Outlines (outline.go). A cell x of the 200 m lattice belongs to the commune
//     that minimises d(x, skeleton) - reach: an additively weighted Voronoi
//     diagram round the segments from the commune's centre to its bourgs. The
//     reaches are solved by Newton's method until each of the 17 has its
//     published area. The outlines run through the middles of the cells' sides.
//   - People (population.go). The census of each commune is shared between its
//     settlements, discs of constant density with a soft edge,
//     1/(1+exp((d-R)/w)), R = √(people/(π·density)), and scattered cells drawn with
//     odds 1 + pull·exp(-d(main road)/length); whole numbers by largest
//     remainders; ages dealt out so that every commune's total is exact.
//   - Roads (roads.go, lanes.go, network.go). Main roads pass the bourgs at their
//     published kilometres, bent as offset(t) = a·d/k·sin(πkt) with a solved for
//     the length. Bourgs they leave apart get a modelled road. Streets join
//     adjacent populous cells, and lanes grow to all other homes as a minimum
//     spanning tree. Roads that cross share a junction; motorways do not.
//   - Public transport (transit.go) is invented but for the stations and roads: ten lines
//     between bourgs, at 45 km/h by road and 90 km/h by train, and one service on demand.
//   - Facilities (facilities.go) stand at the bourg unless their place is published.
//
// README.md in this folder says how near the model comes to the real territory.
package anjou
