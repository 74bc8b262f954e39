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
//	  - tour: {id: bus, service: france_services, stops: [{commune: Cheffes, hours: Tu 09:00-12:00}]}
//	  - line: {id: L9, stops: [{commune: Durtal}, {stop: gare-49347}], hours: Mo-Fr 07:00-19:00, every: 60}
//	  - stop: {line: ligne-1, id: zone-artisanale, at: [-0.36, 47.60]}
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
// A tour is a facility at each of its stops, itinerant and open at that stop's hours:
// package itinerant counts it with the fixed sites as one measure. The itinerant
// facilities there are stay; a change closes them.
//
// Lines and stops change a copy of the timetable, or begin one. A line runs on the days of
// the week that its hours name, from the first to the last day of the timetable, public
// holidays too. A bus takes as long as a car and a quarter more from stop to stop, in whole
// minutes, rounded up; or what is written. A stop that is added delays all calls after it by
//
//	(|a p| + |p b| − |a b|) / v + 30 s
//
// where p is the stop, a and b those before and after it, v the mean speed of the line
// from stop to stop, as the crow flies, and seconds are rounded up.
//
// Counts that are confidential are protected first (package secrecy), so a
// scenario shows no more of them than the territory does.
package scenario
