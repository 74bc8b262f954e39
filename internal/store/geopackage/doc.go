// Package geopackage answers: how is a territory kept in one file that a GIS
// technician can open, read and correct?
//
// Write puts a geodata.Snapshot into a GeoPackage, Read takes it out again:
// Read(Write(s)) has the same ID as s. What people look at are layers with
// French names and default styles (package layers); what only programs need are
// plain tables:
//
//	communes, cells, facilities, roads   layers
//	territory                            one row: schema version, id, name, modelled, the grid's name, year and cell size
//	services                             the catalogue, one service a row, its definition as JSON
//	sources                              where the data came from
//	maillage_columns                     which field of cells holds which column of the population
//	maillage_exact                       counts that a REAL cannot hold
//	maillage_nodes, maillage_lines       road nodes, and the nodes each way goes through, as blobs of differences
//	maillage_node_tags                   barriers, traffic signals
//	maillage_restrictions                turn restrictions
//
// Edits. Everything shown in a layer is read from the layer: whoever moves a
// facility, corrects a count or deletes a road in QGIS gets another snapshot,
// with another ID, and an error that names row and field where an edit makes no
// sense. Two things are derived and not read: area of communes (study decides),
// and the outline of a cell does not move its centre (lon and lat decide; the
// point itself where a cell is a point). A road whose line was changed or
// drawn takes the nodes that lie exactly at its vertices, which QGIS's snapping
// provides, and new nodes elsewhere.
//
// Exactness. Counts are millionths in integers; in the layer they are REAL in
// whole units. The few that do not survive (possible from 2^51 millionths, two
// thousand million people, up) are also in maillage_exact with the REAL they
// are written as, which tells whether somebody has changed the layer since.
package geopackage
