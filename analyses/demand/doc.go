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
//
// With a census (Options.Census) the ages of each commune's cells are fitted to the
// commune's totals by age, by iterative proportional fitting (Deming & Stephan 1940):
//
//   - The bands of the grid are split into the census's ranges by equal single ages;
//     80 and over goes to 100, or to the oldest age that the census names. People of
//     no band (ind_inc) are as old as the commune's census.
//   - The census's totals are scaled to the people of the commune's cells, by largest
//     remainder at a millionth of a person, so that they add up. A note tells both totals.
//   - Ranges and cells are scaled in turn until each has its total to a quarter of a
//     millionth. Then all is rounded to whole millionths, the largest remainders up,
//     so that cells keep their people and communes have the scaled census exactly.
//   - An age that the census counts and no cell has is spread over all of them. Where
//     cells and census contradict each other, so that no table has both totals, a
//     hundredth of the commune's profile is mixed into each cell (again, until it
//     settles), and a note tells in how many communes.
//   - A commune whose census leaves out an age, tells one twice or counts nobody keeps
//     the grid's ages, and a note tells so.
//
// The people of the service's ages are then counted from there: whole ranges as they
// are, of a range that is cut the part that the cell's own bands have. The ages are
// told from the shares of the service's first alternative: of a band that is counted
// in part those beside the next band, or the youngest. Columns of ages can be fitted
// as well, and Demand.Column returns them so.
package demand
