// Package whatif answers: who would be reached if a site were opened here, moved
// there, closed, or made larger; if this bridge were closed, or such roads slower?
//
// A Session begins with the coverage of a territory (package coverage: the same
// question, the same facilities, the same people) and changes it one step at a
// time. Each step says which cells it changed and keeps the totals of the
// territory, its communes and its age bands: only the people of changed cells
// are counted anew. After any steps, and after undoing any of them, times and
// totals are those coverage.Run gives for the same facilities on the same roads,
// to the last digit; sums of integers do not depend on the order of the steps. That
// holds of confidential counts too: a session tells of the same merged and perturbed
// homes as every other answer, and no sum about fewer than their minimum (package
// secrecy).
//
// Roadwork (traveltime.Roadwork) is always of the roads as mapped: declaring
// another replaces it. It shapes what follows, such as where a later site joins
// the network. Who lives on a closed road walks to the next; who lives where no
// open road leads from is unreachable.
//
// Places are those of the open sites whose capacity is known, and per person:
//
//	p = Σ_j capacity_j / Σ_i P_i · [min_j t_ij is finite]
//
// over open sites j and cells i of demand P_i, as a first measure of whether
// places are enough; it does not say who competes for them.
package whatif
