// Package demand answers: who needs a service, and where do they live?
//
//	P_i = Σ_b share_b · n_ib
//
// where n_ib is how many people of age band b the grid counts in cell i, and the
// shares are the service's (geodata.Service, METHODS "Demand"): three of the four
// single ages of 0-3 for a nursery. Instead of the service's ages any column can
// count (men_pauv, households in poverty), and instead of the grid any other set
// of counts that is loaded (the pupils of schools).
//
// The cells that count are those of the study area where somebody lives.
package demand
