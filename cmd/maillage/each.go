package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"

	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/api/export"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/ledger"
)

// each asks for one run per EPCI of a region, on all workers, and puts the answer
// about the region together.
func (c *runCmd) each(s *session) error {
	a, params, err := c.question()
	if err != nil {
		return err
	}
	shared, err := a.Shared(params)
	if err != nil {
		return err
	}
	if !c.Wait {
		return fmt.Errorf("%w: --each waits for its runs; --detach does not go with it", errUsage)
	}
	buffer, err := parseMetres(c.Buffer)
	if err != nil {
		return fmt.Errorf("%w: --buffer: %w", errUsage, err)
	}
	if err := c.checkOut(); err != nil {
		return err
	}
	return withQueue(s.ctx, c.On, func(st store.Store, q *jobs.Queue) error {
		v, err := c.about(s.ctx, st)
		if err != nil {
			return err
		}
		snap, err := readShown(s.ctx, st, store.Ref{Territory: v.Territory.ID, Vintage: v.Name})
		if err != nil {
			return err
		}
		epcis, err := studiedEPCIs(snap)
		if err != nil {
			return err
		}
		runs := make([]ledger.Run, len(epcis))
		for i, epci := range epcis {
			part, err := json.Marshal(geodata.Part{EPCI: epci, Buffer: buffer})
			if err != nil {
				return err
			}
			runs[i], _, err = q.Submit(s.ctx, ledger.Request{By: user(), Priority: c.Priority, Timeout: c.Timeout, Question: ledger.Question{
				Analysis: a.Name, Territory: v.Territory.ID, Vintage: v.Name, Snapshot: v.Snapshot, Part: part, Params: params, Version: programVersion()}})
			if err != nil {
				return err
			}
		}
		shares, err := c.shares(s, q, runs)
		if err != nil {
			return err
		}
		answer, err := shared.Merge(s.ctx, snap, params, shares)
		if err != nil {
			return err
		}
		return c.giveMerged(s, a, answer, len(runs))
	})
}

// studiedEPCIs lists the EPCIs of the study area. A studied commune without one is an error.
func studiedEPCIs(s *geodata.Snapshot) (epcis []string, err error) {
	for _, m := range s.Communes() {
		if m.Study && m.EPCI == "" {
			return nil, fmt.Errorf("commune %s (%s) of the study area belongs to no EPCI: --each epci would leave it out", m.Code, m.Name)
		}
		if m.Study {
			epcis = append(epcis, m.EPCI)
		}
	}
	slices.Sort(epcis)
	if epcis = slices.Compact(epcis); len(epcis) == 0 {
		return nil, fmt.Errorf("the territory has no communes: import it with --communes to go through its EPCIs")
	}
	return epcis, nil
}

// shares waits for all runs, and works them here while no worker is around.
func (c *runCmd) shares(s *session, q *jobs.Queue, runs []ledger.Run) (bodies [][]byte, err error) {
	workers, err := q.Ledger().Workers(s.ctx, jobs.Silence)
	if err != nil {
		return nil, err
	}
	if len(workers) == 0 {
		ctx, stop := context.WithCancel(s.ctx)
		var here sync.WaitGroup
		defer here.Wait()
		defer stop()
		quiet := *s
		quiet.quiet = true
		o := c.options(&quiet, c.On, c.Slots)
		here.Go(func() {
			if workErr := jobs.Work(ctx, q, o); workErr != nil {
				fmt.Fprintln(s.err, "maillage:", workErr)
			}
		})
	}
	bar := s.progress()
	defer bar.end()
	for i, run := range runs {
		if run, err = q.Wait(s.ctx, run.ID, nil); err != nil {
			return nil, err
		}
		if run.State != ledger.Done {
			return nil, fail(run)
		}
		body, _, err := q.Ledger().Result(s.ctx, run.Key)
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, body)
		bar.step(run.Analysis, int64(i+1), int64(len(runs)))
	}
	return bodies, nil
}

// giveMerged writes and shows the answer about the region.
func (c *runCmd) giveMerged(s *session, a registry.Analysis, answer registry.Answer, parts int) error {
	switch {
	case c.Out == "":
	case filepath.Ext(c.Out) == ".json":
		body, err := answer.JSON()
		if err == nil {
			err = writeFile(c.Out, c.Overwrite, func(w io.Writer) error {
				_, err := w.Write(body)
				return err
			})
		}
		if err != nil {
			return err
		}
	default:
		if err := export.ToFile(s.ctx, c.Out, answer.Layers(), c.Overwrite); err != nil {
			return err
		}
	}
	switch {
	case c.JSON:
		return printJSON(s.out, answer.Result)
	case !s.quiet:
		fmt.Fprintf(s.out, s.say("%s : réponse assemblée de %d EPCI\n", "%s: answer put together from %d EPCIs\n"), a.Title.In(s.lang), parts)
		if c.Out != "" {
			fmt.Fprintf(s.out, "→ %s\n", filepath.Clean(c.Out))
		}
	}
	return nil
}

// executePart answers for one EPCI, reading as much around it as that takes.
func executePart(ctx context.Context, a registry.Analysis, st store.Store, task jobs.Task) ([]byte, error) {
	q := task.Question
	shared, err := a.Shared(q.Params)
	if err != nil {
		return nil, jobs.Final(err)
	}
	var part geodata.Part
	if err := json.Unmarshal(q.Part, &part); err != nil {
		return nil, jobs.Final(fmt.Errorf("part: %w", err))
	}
	read, err := partsOf(ctx, st, task)
	if err != nil {
		return nil, err
	}
	return shared.Share(ctx, read, q.Params, part)
}

// partsOf reads parts of the snapshot a question is about. Those of a file are cut
// out of the whole, since its layers may have been edited.
func partsOf(ctx context.Context, st store.Store, task jobs.Task) (registry.ReadPart, error) {
	q := task.Question
	ref := store.Ref{Territory: q.Territory, Vintage: q.Vintage}
	if !isDatabase(task.Target) {
		whole, _, err := asked(ctx, st, task)
		return func(_ context.Context, part geodata.Part) (*geodata.Snapshot, error) { return geodata.Cut(whole, part) }, err
	}
	all, err := st.Vintages(ctx)
	if err != nil {
		return nil, err
	}
	v, err := vintage(all, ref)
	if err != nil {
		return nil, jobs.Final(err)
	}
	if v.Snapshot != q.Snapshot {
		return nil, errChanged(q)
	}
	return func(ctx context.Context, part geodata.Part) (*geodata.Snapshot, error) {
		s, err := st.ReadPart(ctx, ref, part)
		if err != nil {
			return nil, err
		}
		return secrecy.Protect(s), nil // communes are merged one by one: in a part as in the whole
	}, nil
}
