// Package needs answers: how many people will need each service, in each commune,
// in the years to come?
//
// It carries the people of each commune, by sex and single age, from one 1st of
// January to the next (the cohort-component method: S. H. Preston, P. Heuveline,
// M. Guillot 2001, Demography, chapter 6), in steps of a year:
//
//	n_s(x+1, t+1) = (n_s(x, t) - d) + m,   d = q_s(x)·n_s(x, t),   m = r_s(x)·(n_s(x, t) - d)
//	births(t)     = Σ_x f(x)·(n_F(x, t) + n_F(x, t+1))/2,  105 boys to 100 girls
//	people(t+1)   = people(t) + births - deaths + net migration, to the last millionth
//
// with f the births a year per woman of age x, q the probability to die within
// the year (that of the newborn before their first 1st of January), and r net
// migration as a share of those who survive. The age x is the one completed on
// the 1st of January; 100 stands for 100 and over.
//
// Three variants, low, central and high, say what f, q and r become. The files
// of tables/ hold them and say, line by line, what in them is a published fact
// and what is a model: hypotheses.csv (children per woman, life expectancy and net migration,
// INSEE's projections 2021-2070), schedules.csv (how births and moves spread
// over ages) and mortality.csv (how deaths do). Params.Fertility, Mortality
// and Migration replace any of them by the asker's own.
//
// Local migration. For each commune one number scales the migration schedule so
// that the model carries it exactly from its count in an earlier census to that
// of the base year: the growth that births and deaths do not explain. Params.Local
// of it goes on, the rest becomes the migration of France (what is drawn towards
// the mean errs less, as in all small-area estimates); the variants add and take the difference between the
// national hypotheses. The earlier census is the latest that lies at least MinSpan
// years back, since a few years tell mostly noise, or Params.Since.
//
// The base is the newest census, or the bands of the grid where no census is
// loaded (estimated, and said to be). Other vintages of a grid, loaded as counts with
// a year and a column ind, stand for the census of their years; they are added up
// by commune, so their cells need not be the same. A range of ages is shared out over its
// single ages with its sum kept: in equal parts up to 64, the rule of the
// service catalogue (METHODS, "Demand"), and as a stable population from 65 on:
// survivors of generations that were ever smaller. Where a census has no sex, both are given as their survivors
// stand; where it has no ages, it has those of the commune's nearest census that does,
// or of the grid.
//
// A snapshot that holds a census, communes and a catalogue is enough: one's own tables of a census are projected
// so, without a territory.
//
// The demand of a service is what its catalogue entry counts, on bands made of
// the single ages. Coverage of a later year takes today's travel times and scales
// the demand of each commune's cells to the projected one:
//
//	C_c(T, t) = D_c(t) · C_c(T) / D_c
//
// A backtest projects from a past census to the newest and compares, beside
// the guess that nothing changes. It knows the national figures of the years
// between, and where past censuses tell no ages those of the newest, scaled; so
// its error is that of the local part, and a true forecast errs more. Measured on
// the census grids (TestBacktestOnThePack), mean absolute percentage error of a
// commune and error of the total, with none, a quarter (the default) and all of
// the past migration going on:
//
//	                                        none          a quarter     all            unchanged
//	CC Anjou Loir et Sarthe, 2011 to 2021   5.7 %, -1.6   5.6 %, +0.5    9.7 %, +7.3   7.4 %, -4.7
//	(17 communes)            2018 to 2021   4.8 %, +0.6   5.0 %, +0.9    5.7 %, +1.6   4.7 %, -0.4
//	529 communes around      2011 to 2021   7.7 %, -0.5   8.5 %, +0.7   15.7 %, +5.2   7.4 %, -3.1
//	                         2018 to 2021   7.5 %, -0.0   7.8 %, +0.0    8.8 %, +0.2   7.3 %, -0.9
//
// So the total of a territory is met within one per cent over ten years, where
// "nothing changes" is three to five per cent off; a single commune is missed by 5
// to 9 %, about as by that guess. The past growth of a commune says little about its
// next: the default was chosen with these figures in view.
//
// Left out: building plans, which move a small commune more than any rate;
// students, who leave at 18 and are not in the schedule of moves; people in
// institutions, who do not move as others do.
package needs
