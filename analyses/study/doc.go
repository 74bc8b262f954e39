// Package study answers: which of the scenarios of a question wins, how surely, and
// what does it cost against the best there is?
//
// A Study is a file: a question in words, the scenarios (package scenario) that could
// answer it, the analyses to ask in each of them, and the rule of the verdict.
//
//	title: Où ouvrir un accueil de loisirs ?
//	question: Seiches, comme prévu, ou Durtal ?
//	scenarios:
//	  - id: seiches
//	    name: Seiches
//	    changes: [{create: {id: alsh-seiches, service: alsh, commune: Seiches-sur-le-Loir}}]
//	  - {id: durtal, file: scenarios/alsh-durtal.yaml}
//	questions:
//	  - {id: choix, analysis: compare, in: [today, seiches, durtal], params: {service: alsh, within: [10m, 20m]}}
//	  - {id: meilleur, analysis: site, params: {service: alsh, within: 20m, losses: true}}
//	verdict: {of: choix, within: 20m, sure: 90, best: meilleur}
//
// Parse reads it and says all that is wrong with it, line by line; Tasks are the
// questions to ask, one answer each. Who asks them is no matter of this package: a
// Report holds the answers, Decide draws the verdict from them, and Page writes all of
// it as one page that needs nothing else, with the run of every number.
//
// The verdict is of a comparison (package compare) at one threshold T. With C_s(T) the
// people whom scenario s covers, the one with the largest is first; it is certain where
// it is alone first in at least `sure` per cent of the draws of speeds, and otherwise
// there is no conclusion, and the verdict says what it depends on: the draws that another
// leads, and the thresholds at which another does. Its distance from the best is
//
//	cost(s) = C*(T) - C_s(T)
//
// with C* the objective of a maximal covering question (package siting, mclp), which is
// proven to be the most there is among its candidates where its status is optimal.
package study
