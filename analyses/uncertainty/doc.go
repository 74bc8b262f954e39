// Package uncertainty answers: how sure is it? Speeds are not known to the
// minute, so nearest times and coverage are computed again and again with speeds
// drawn anew, by class of road:
//
//	speed = profile's speed · exp(σ_day·z_day + σ_class·z_class),  z ~ N(0, 1)
//
// with the σ of speeds.yaml. Of N draws it gives, per cell, per commune and for
// the territory, the interval that holds the central 90 %; per cell the share of
// the draws in which it is covered; and between two choices of sites the share of
// the draws in which each covers more people: the robust verdict (METHODS,
// "Scenarios and their comparison").
//
// A quantile q is the least drawn value with at least q·N of the draws at or
// below it, so every bound is a value that was drawn, and amounts stay exact. Of
// confidential counts each draw is told as any answer is, before quantiles are taken
// and choices compared: one about fewer than their minimum counts as 0 (package secrecy).
//
// A draw is a customisation of the prepared network. Draw k depends on the seed
// and k alone, so the result is the same on any number of threads.
package uncertainty
