// Package geopackage answers: how are territories kept in one file that a GIS
// technician can open, read and correct?
//
// A Store is a GeoPackage that holds territories, each in one or more vintages,
// and a ledger (store.Store). Read takes the territory that a file shows without
// opening a store; Write makes a file of one territory, to be given away.
//
// What was written last is in layers with French names and default styles
// (package layers), which people may edit:
//
//	communes, cells, facilities, roads   layers
//	zones, counts_…, census              where there are any: zones of all divisions, a layer for
//	                                     each set of counts, and a table of people by age
//	stops, lines, on_demand              public transport, where there is any: the stops and the courses of a
//	                                     timetable, and a table of transport on demand
//	territory                            one row: schema version, id, name, modelled, the grid's name, year and cell size
//	services                             the catalogue, one service a row, its definition as JSON
//	sources                              where the data came from
//
// Other layers in the file are the technician's own and left alone; so are styles
// saved in QGIS, also when a layer is replaced. A layer that is replaced begins with
// row numbers that were never used, so that nobody who has the old one open changes
// another feature than he sees. What only programs need are
// plain tables, which GIS software does not list:
//
//	maillage_vintages   what there is, and which of it is shown
//	maillage_packed     each vintage packed in chunks, for programs (pack.go); the keys of
//	                    counts under statistical secrecy are here and in no layer, so that
//	                    the file is for their owner only
//	maillage_edits      how often people changed each table they see
//	maillage_…          the ledger's
//
// # Edits
//
// Triggers count the changes of each table that people see. An untouched table
// is not read at all: its content is taken packed. Of a table that was edited,
// everything shown is read from the table: whoever moves a facility, corrects a
// count or deletes a road in QGIS gets another snapshot, with another ID, and an
// error that names row and field where an edit makes no sense. When another
// vintage is written, the one that was shown is packed anew with its edits.
//
// Three things are derived and not read: area of communes (study decides), lines
// (the timetable decides), and the
// outline of a cell does not move its centre (lon and lat decide; the point itself
// where a cell is a point). Of a timetable people may edit where its stops are, their
// names and accessibility; trips come with an import. A road whose line was changed or drawn takes the nodes
// that lie exactly at its vertices, which QGIS's snapping provides, and new nodes
// elsewhere.
//
// # Exactness
//
// Counts are millionths in integers; in the layer they are REAL in whole units.
// The few that do not survive (possible from 2^51 millionths, two thousand million
// people, up) are taken from the packed form as long as the layer has the REAL
// that was written for them.
//
// # Many at once
//
// While a Store is open the file has a write-ahead log: it is changed in one
// transaction at a time, and whoever reads sees what it was before or after. A
// process that is killed leaves the file as it was before its transaction; the
// next to open it clears up. QGIS may have the file open meanwhile, and shows what
// it has read until its layers are loaded anew. Do not copy the file while it is
// open: use SQLite's VACUUM INTO. When the last Store closes, the log is gone.
//
// While a territory is being written (some 35,000 cells a second), other writers
// wait, those of the ledger included, for OpenOptions.Wait at most.
package geopackage
