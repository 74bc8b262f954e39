// Package supply answers: which facilities count, for whom and when?
//
// Those of the service with a status that is asked for (the existing ones), not
// itinerant, open when people can come, accessible to them, on this side of the
// border or also beyond it. A facility for residents only serves those of its
// commune or intercommunality (geodata.Catchment).
//
// What is not known is not taken for a yes: a facility of unknown hours is not
// open in the evening, one of unknown accessibility not accessible. It is left
// out, and counted apart from those that are known to be closed or inaccessible.
//
// A day ("We") asks for some time of it; a day with hours ("We 14:00-17:00") for
// all of them, without a break; "evening" for some time from 18:00 on from Monday
// to Friday (closing at 18:00 is not open then); "holidays" for some time in the
// weeks of school holidays, by the hours that are stated for these.
//
// Inside the border is who lies in a commune of the study area, or in another one
// of an intercommunality that has communes there.
package supply
