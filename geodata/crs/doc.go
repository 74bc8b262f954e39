// Package crs answers two questions: where on Earth is a pair of projected
// coordinates, and which square does a grid cell's id name?
//
// It knows the coordinate systems in which French and European statistics are
// published: WGS 84 (EPSG:4326), Web Mercator (3857), Lambert-93 (2154),
// ETRS89-LAEA (3035) and the UTM zones of the French overseas territories
// (5490 and 32620, 2972, 2975, 4471). Coordinates are always in the order x, y:
// longitude or easting first, whatever the axis order of the definition.
//
// ETRS89, RGF93, RGAF09, RGFG95, RGR92 and RGM04 are taken as equal to WGS 84,
// as PROJ does without a grid of plate motion: the difference is the accuracy
// of WGS 84 itself, under a metre.
//
// The projections are written here because the small Go libraries for them were
// found wanting: wroge/wgs84 v1.1.7 errs by 0.9 m at the edge of a UTM zone
// (it takes e'² for another constant) and costs 15 µs a point; its version 2
// returns NaN for some codes. Formulas and sources stand in projections.go. Forward
// projection agrees with PROJ within a hundredth of a millimetre over each
// system's area of use, and inverse undoes forward within 1e-11 degree. Outside
// that area every function returns an error, never NaN.
package crs
