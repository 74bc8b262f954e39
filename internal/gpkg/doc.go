// Package gpkg answers: how does a layer become a GeoPackage that GDAL and QGIS
// open without a question, and how is one read that others have changed?
//
// It writes OGC GeoPackage 1.3 (OGC 12-128r17): feature and attribute tables,
// the R-tree index (annex F.3), column descriptions (schema extension, F.9),
// metadata (F.8), and QGIS's layer_styles table, so that layers open coloured
// by class with French labels. Coordinates are WGS 84 longitude and latitude.
//
// Create makes a new file under a temporary name. The same data give the same
// bytes: there are no clock readings in it, all dates are the fixed LastChange.
// Edit changes a file that is there, in one transaction, while others read it;
// layers and tables that are not named in it stay as they are.
package gpkg
