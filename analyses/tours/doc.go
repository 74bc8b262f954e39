// Package tours answers: where should a service that comes to people stop, on which
// days and at what hours?
//
// A week, or a fortnight, is cut into steps of some minutes. Each vehicle has shifts,
// leaves its depot and is back within them; between two stays it packs up, drives
// along the network, and sets up; its crew has a break. A plan is worth
//
//	V = Σ_i P_i · (F(b_i + x_i) − F(b_i)) + Σ_visits preferred hours
//
// where P_i is the demand of cell i, b_i the minutes of the plan's weeks in which a
// site that stays is open within reach of i, x_i those in which only the tour is
// (hours at once count once), and F what so many minutes are worth to somebody: a
// concave, piecewise linear function (Params.Returns), so that an hour is worth less
// to who has had some. V is in person-hours at their full worth. (Person-hours:
// METHODS, "Coverage", itinerant service; the tours are a team orienteering problem
// with time windows and shared profits: Vansteenwegen, Souffriau and Van Oudheusden,
// The orienteering problem: a survey, 2011.)
//
// Package internal/tours/week searches and proves. Nothing is rounded: times are
// milliseconds of the network, people millionths.
package tours
