// Package fragility answers: where do people live who add up several
// difficulties, and where are isolated people whom nobody sees?
//
// # The score
//
// Each cell of the study area where somebody lives has up to six components, as the grid has columns:
//
//	poverty         men_pauv / men      households in poverty
//	single_parents  men_fmp / men       single-parent families
//	alone           men_1ind / men      people who live alone
//	aged            ind_80p / ind       people of 80 and over (y_ge65, 65 and over, where the grid has no 80)
//	far             mean over the chosen services of the travel time to the
//	                nearest site, an hour (FarLimit) where it is longer or there is no way
//	no_car          men_voit0 / men     households without a car
//
// A component without its column is left out, and said to be. Each is turned
// into its rank among the people or households concerned: the share, in per cent, of those that live in
// cells of a lower value, and half of those of the same value (the ridit of
// I. D. J. Bross 1958, Biometrics 14). The score is their weighted mean,
//
//	score_i = Σ_k w_k · rank_k(i) / Σ_k w_k,   0 (least fragile) to 100
//
// over the components that the cell has. All weights are 1 unless the asker says
// otherwise (Params). That of a commune, and of the territory, is the mean of its cells weighted by inhabitants.
//
// Ranks rather than values, because the components have different spreads and
// a few cells of a handful of households have extreme shares: so does the English Index of Multiple
// Deprivation before it adds its domains up. Ranks count people, not cells,
// as the quintiles of the French deprivation index FDep do (G. Rey et al. 2009, BMC Public Health
// 9:33); so a large cell cut in two changes nothing. FDep itself weighs its four variables by a principal
// component analysis, which needs a country; here the weights stand in the open. The score compares places
// within the territory: 60 here is not 60 elsewhere.
//
// # The places
//
// Isolated are, in a cell farther than Params.Beyond from the services (the
// component far), all; in another, the share of its households that has no car,
// where that is known. Two lists tell where most of them live:
//
//	unseen  households of one person that are isolated («publics invisibles»)
//	visits  people of 80 and over who are isolated («visiteurs à domicile»)
//
// A place is never a household. The cells of a commune are joined until each
// place has Params.Minimum households (11, INSEE's own threshold, or more): the place with the
// fewest, the first by id of equals, joins the one of the commune whose middle is nearest. What
// is told of a commune below the minimum is nothing. Where the grid has no
// households, three inhabitants stand for one. Sums go through the guard of
// package secrecy. Shares of cells whose values INSEE imputed (those under 11
// households) are those of the group INSEE imputed them from; the imputed share of each figure is told.
//
// # One's own files
//
// OfMatrix scores anybody's own homes by their own times to the services, without a territory. Homes have
// the columns above, or others' names for them (Columns). Where it is not said where homes are there are no lists of places,
// since those that lie together cannot be told.
//
// Left out: whether those alone are those without a car (taken to be independent),
// and anybody the census does not find.
package fragility
