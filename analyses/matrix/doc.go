// Package matrix answers: which sites can each home reach, and in what time?
//
// A Matrix keeps the pairs within reach only, so what is computed from it grows
// with homes × sites within reach. It is made from a territory's network (Between) or
// from anybody's own times.
package matrix
