// Package secrecy answers: what may be told of counts that are confidential?
//
// A set of counts carries a rule (geodata.Rule): public, or a minimum that
// anything told must be about. What is told of public counts is what is counted.
package secrecy
