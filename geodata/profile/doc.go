// Package profile answers, for one mode of travel: may it go along this way,
// in which direction, how fast; may it pass this node; does this turn
// restriction bind it? It reads OpenStreetMap tags (geodata.Tags) and knows no
// graph.
//
// A profile is data: car.yaml, bike.yaml and foot.yaml hold every speed, every
// access rule and every barrier with its source, and a territory can Parse its
// own. The rules that apply them are few:
//
//   - The class is the highway value, or "ferry" for route=ferry. A class the
//     profile does not list is closed to the mode.
//   - Access: of the mode's access keys, the most specific with a known value
//     decides. A class that is closed by default opens only by one of the
//     mode's own keys (bicycle=yes opens a bridleway, access=yes does not).
//   - Speed: without a posted limit, the class's average speed; with one,
//     min(top of the class, limit × factor). Surface, tracktype, smoothness and
//     service then cap it. These are average speeds to be met over a whole
//     journey, not what the law allows: junctions, bends and queues are in them.
//   - One-ways bind vehicles; the exceptions of cyclists are honoured.
//
// An unknown value of any tag is as if the tag were absent. What the tags cannot
// tell: outside a posted limit, a class alone does not say whether a road is
// built-up (50 km/h in France) or rural (80), so the default speeds lie between.
// Roads open to those who live there (destination, customers) are open
// throughout: people travel from home.
//
// Sources: French Code de la route R413-2 and R413-3 (general limits), R110-2
// and R411-4 (zones); OpenStreetMap wiki, "Key:access", "OSM tags for
// routing/Access restrictions", "Key:maxspeed", "Default speed limits",
// "Relation:restriction"; the speeds the OSRM and Valhalla projects publish with
// their profiles.
package profile
