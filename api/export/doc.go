// Package export answers: how does a result leave Maillage as a file that other
// programs read without a question? It writes any layer, whatever the analysis:
//
//   - GeoJSON (RFC 7946), for the web;
//   - GeoPackage with QGIS styles, for GIS, exact and complete;
//   - CSV (RFC 4180) with its description as CSV on the Web metadata (W3C
//     2015), for spreadsheets and statistics.
//
// Every file says where it comes from, and that data are modelled where they
// are. The same result gives the same bytes.
package export
