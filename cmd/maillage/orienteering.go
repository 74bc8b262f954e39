package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/tours"
)

// toured is the answer for JSON. Points are numbered from 0 in the order of the file.
type toured struct {
	File       string       `json:"file"`
	Score      int64        `json:"score"`
	Bound      int64        `json:"bound"` // no plan scores more
	Status     tours.Status `json:"status"`
	Gap        float64      `json:"gap"` // share of the bound
	Routes     [][]int32    `json:"routes"`
	Lengths    []float64    `json:"lengths"` // per route, in the file's unit
	Tmax       float64      `json:"tmax"`
	Iterations int          `json:"iterations"`
	Labels     int          `json:"labels"`
	Seconds    float64      `json:"seconds"`
}

// orienteer solves a problem of the literature.
func (c *toursCmd) orienteer(s *session) error {
	limit := time.Minute
	if c.TimeLimit != nil {
		limit = *c.TimeLimit
	}
	if c.Iterations < 0 || c.Labels < 0 {
		return fmt.Errorf("%w: --iterations=%d --labels=%d: want limits of 0 (none) or more", errUsage, c.Iterations, c.Labels)
	}
	f, err := os.Open(c.Orienteering)
	if err != nil {
		return err
	}
	defer f.Close()
	p, err := tours.ReadChao(f, c.Orienteering)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(s.ctx, limit)
	defer stop()
	began := time.Now()
	found, err := tours.Solve(ctx, p, tours.Options{Iterations: c.Iterations, Labels: c.Labels, Seed: c.Seed})
	if err != nil {
		return err
	}
	if err := s.ctx.Err(); err != nil {
		return err
	}
	r := toured{File: c.Orienteering, Score: found.Score, Bound: found.Bound, Status: found.Status, Gap: found.Gap(), Routes: [][]int32{}, Lengths: []float64{},
		Tmax: float64(p.Budget) / tours.Unit, Iterations: found.Iterations, Labels: found.Labels, Seconds: time.Since(began).Seconds()}
	for _, route := range found.Routes {
		r.Routes = append(r.Routes, route)
		r.Lengths = append(r.Lengths, lengthOf(p, route))
	}
	return s.give(outcome{json: c.JSON, result: r, print: func() { s.printToured(p, r) }})
}

// lengthOf is the length of a route in the unit of its file.
func lengthOf(p *tours.Problem, route []int32) float64 {
	sum := int64(0)
	for k := 1; k < len(route); k++ {
		sum += p.Length[route[k-1]][route[k]]
	}
	return float64(sum) / tours.Unit
}

func (s *session) printToured(p *tours.Problem, r toured) {
	verdict := s.say("optimal, prouvé", "optimal, proven")
	if r.Status != tours.Optimal {
		verdict = fmt.Sprintf(s.say("borne %s, écart %s", "bound %s, gap %s"), s.thousands(fmt.Sprint(r.Bound)), s.percent(r.Gap, true))
	}
	fmt.Fprintf(s.out, s.say("Score : %s (%s)\n", "Score: %s (%s)\n"), s.thousands(fmt.Sprint(r.Score)), verdict)
	if len(r.Routes) == 0 {
		fmt.Fprintln(s.out, s.say("Aucun point ne peut être visité dans la limite de longueur.", "No point can be visited within the length allowed."))
	}
	for k, route := range r.Routes {
		stops := make([]string, len(route))
		score := int64(0)
		for at, i := range route {
			stops[at] = fmt.Sprint(i)
			score += p.Score[i]
		}
		fmt.Fprintf(s.out, s.say("Véhicule %d : %s (score %d, longueur %s sur %s)\n", "Vehicle %d: %s (score %d, length %s of %s)\n"),
			k+1, strings.Join(stops, " → "), score, s.number(r.Lengths[k], 3), s.number(r.Tmax, 3))
	}
	fmt.Fprintf(s.out, s.say("Points numérotés à partir de 0, dans l'ordre du fichier ; %s.\n", "Points are numbered from 0, in the order of the file; %s.\n"),
		s.seconds(time.Duration(r.Seconds*float64(time.Second))))
}
