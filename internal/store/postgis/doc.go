// Package postgis answers: how do many people keep and read many territories at
// once, from their programs, psql and QGIS?
//
// It is a store.Store in a PostgreSQL database (15 or later, with PostGIS 3).
// All its tables are in the schema maillage:
//
//	snapshot          one row per vintage: who, which, when, the catalogue, the grid's columns
//	commune, cell, facility, way, road_node, restriction, zone, counted, census,
//	stop, route, calendar, trip, transfer, on_demand
//	                  what a vintage says, by the snapshot's number and fid, its place in
//	                  the order of ids from 1; geometries in EPSG:4326
//	secret            keys of statistical secrecy, for the owner of the tables only
//	access            which database role may read which territory
//	maillage_…        the ledger (package ledger)
//
// and people find the current vintage of each territory in a schema of its own
// (SchemaOf), as the views communes, carreaux, equipements and routes, and where
// there are any zones, recensement, one denombrement_… for each set of counts, arrets and
// lignes of a timetable and transport_demande,
// with the same fields as the layers of a GeoPackage and their styles for QGIS.
//
// One import is one transaction. The tables are partitioned by snapshot, so that
// an import copies into tables of its own and indexes them afterwards, which is
// more than twice as fast as inserting into a spatial index. The partitions of a
// vintage that was replaced or removed are out of sight at once; they are dropped
// when nobody reads, at the latest by the next import.
//
// Exactness. Coordinates are doubles and counts are millionths in bigint, so that
// a snapshot comes back with its ID; Read compares. What PostGIS takes for no
// polygon (a ring that is not closed, a cell whose centre is not in its box) is
// kept as WKB in the column exact instead.
//
// Who may read. The role that imports owns the tables and sees all. Other roles
// see the territories granted to them (Grant) and no others, by row-level
// security, and can change nothing. The keys of counts under statistical secrecy
// they do not see: such a territory they look at in QGIS, but cannot Read.
package postgis
