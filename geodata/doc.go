// Package geodata holds what Maillage knows about a territory, as plain values:
// communes, a population grid, facilities, the service catalogue and roads.
//
// It answers one question: what is there? It knows no file format, no database
// and no algorithm; those live in the packages that import it. A Snapshot puts
// all of it together, is immutable, and is named by the hash of its content.
//
// Units. Coordinates are WGS 84 longitude and latitude in degrees. Counts of
// people, households and euros are Amounts (millionths, so that sums are exact
// in any order). Road coordinates are integers of 1e-7 degree, the precision of
// OpenStreetMap. Lengths are millimetres or metres, as the name says.
package geodata
