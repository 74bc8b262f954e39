// Package supply answers: which facilities count, for whom and when?
//
// Those of the service with a status that is asked for (the existing ones), not
// itinerant, open when people can come, accessible to them, on this side of the
// border or also beyond it. A facility for residents only serves those of its
// commune or intercommunality (geodata.Catchment).
package supply
