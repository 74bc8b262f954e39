package main

import "time"

type toursCmd struct {
	Orienteering string        `required:"" placeholder:"FILE" help:"A team orienteering problem in the format of Chao, Golden and Wasil: n, m, tmax, then x, y and score of each point, the start first and the end last."`
	TimeLimit    time.Duration `default:"60s" help:"Stop then, with the best plan and its bound. The routes may differ from one machine to another, unless they are proven best."`
	Iterations   int           `placeholder:"N" help:"Stop the search for plans after so many changes: with --labels, the same answer anywhere, given the time."`
	Labels       int           `placeholder:"N" help:"Stop the proof after so many labels."`
	Seed         uint64        `help:"Of what the search draws."`
	JSON         bool          `name:"json" help:"Print the answer as JSON."`
}

// Run solves a problem of the literature.
func (c *toursCmd) Run(s *session) error { return c.orienteer(s) }
