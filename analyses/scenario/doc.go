// Package scenario answers: what would the territory be like if these sites were
// opened, closed, moved, or these roads slower?
//
// A Scenario is an ordered list of changes, written in YAML or JSON. Parse reads
// it and says all that is wrong with it, line by line. Apply makes them to a copy
// of a territory, one after the other, so that a later change may speak of what an
// earlier one made; nothing is changed unless all of them can be. The outcome is a
// World: a snapshot and networks. Every analysis runs in it as it runs in the
// territory itself, and says so in its provenance.
//
//	name: Une crèche à Durtal, le pont fermé
//	changes:
//	  - create: {id: creche-durtal, service: creche, commune: Durtal, capacity: 20}
//	  - move: {facility: creche-49347-existing, to: [-0.4688, 47.6160]}
//	  - close_road: {way: 123456}
//	  - speed: {class: secondary, percent: 90}
//	  - population: {year: 2035, variant: high}
//
// The id of a scenario is the hash of its changes as they are written: names and
// notes of the scenario, and what things cost, do not change any answer, so they
// are no part of it. The empty scenario is the territory itself, bit for bit.
//
// Changes of roads are of the roads as mapped: 90 per cent is of the mapped speed
// whatever was said of the class before, and the last word holds. They change the
// networks (traveltime.Networks.Under) and leave the snapshot's roads alone.
//
// The people of another year stand where those of the grid do. In a year of the
// census each commune's cells share its people in proportion to what they have, and
// every other count grows as the people do; in a later year they share, age by age,
// what package needs projects. Shares are exact: the largest remainders of a
// millionth get the rest, so communes have their totals.
//
// Counts that are confidential are protected first (package secrecy), so a
// scenario shows no more of them than the territory does.
package scenario
