// Package referral answers: who has the first place to ask at hand, and how far is
// it from there to the one that can help?
//
// The plan's first contact is the town hall, which sends people on to France
// Services. For first-level sites f and second-level sites g, homes i with demand
// P_i and thresholds T₁, T₂ (inclusive), each person is in one of four classes:
//
//	both        min_f t_if ≤ T₁ and min_g t_ig ≤ T₂
//	first only  min_f t_if ≤ T₁ only
//	second only min_g t_ig ≤ T₂ only
//	neither
//
// The referral distance of a first-level site is the travel time from its door to
// the nearest second-level site, min_g t_fg; that of a group of people is its mean
// over those who reach a first-level site at all, each by the site nearest to home.
// Whoever cannot be sent on, because no way leads from that site to a second, is
// told of apart. (Source: METHODS, "Coverage", and the Projet Social's "accueil
// informé, orienté, accompagné".)
package referral
