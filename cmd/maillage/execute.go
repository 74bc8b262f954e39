package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/ledger"
)

// executeCmd is the process in which a worker has one run answered.
type executeCmd struct{}

func (c *executeCmd) Run(s *session) error {
	os.Exit(jobs.Child(s.ctx, execute))
	return nil
}

// execute answers a question about a territory as it is stored now, which must be
// as it was when the question was asked.
func execute(ctx context.Context, task jobs.Task, progress func(done, total int)) ([]byte, error) {
	q := task.Question
	if q.Version != programVersion() {
		return nil, fmt.Errorf("this worker is Maillage %s, and the run is for %s", programVersion(), q.Version)
	}
	a, err := registry.Get(q.Analysis)
	if err != nil {
		return nil, jobs.Final(err)
	}
	st, err := openStore(ctx, task.Target, false)
	if err != nil {
		return nil, err
	}
	defer st.Close() //nolint:errcheck // opened for reading
	return compute(ctx, a, st, task, progress)
}

// compute is execute on an open store, by whatever version of the program this is.
func compute(ctx context.Context, a registry.Analysis, st store.Store, task jobs.Task, progress func(done, total int)) ([]byte, error) {
	q := task.Question
	if q.Part != nil {
		return executePart(ctx, a, st, task)
	}
	snap, nets, err := asked(ctx, st, task)
	if err != nil {
		return nil, err
	}
	answer, err := a.Run(ctx, snap, nets, q.Params, progress)
	if err != nil {
		return nil, jobs.Final(err)
	}
	return answer.JSON()
}

// asked reads the snapshot a question is about.
func asked(ctx context.Context, st store.Store, task jobs.Task) (*geodata.Snapshot, *traveltime.Networks, error) {
	q := task.Question
	ref := store.Ref{Territory: q.Territory, Vintage: q.Vintage}
	all, err := st.Vintages(ctx)
	if err != nil {
		return nil, nil, err
	}
	v, err := vintage(all, ref)
	if err != nil {
		return nil, nil, jobs.Final(err)
	}
	snap, err := readShown(ctx, st, ref)
	if err != nil {
		return nil, nil, err
	}
	if snap.ID() != q.Snapshot {
		return nil, nil, errChanged(q)
	}
	if v.Current {
		ref.Vintage = ""
	}
	return snap, traveltime.NewNetworks(networksBeside(task.Target, ref.Vintage, snap)), nil
}

// errChanged says that a question is about what is no more.
func errChanged(q ledger.Question) error {
	return jobs.Final(fmt.Errorf("territory %s, vintage %s has changed since the run was asked for: ask again", q.Territory, q.Vintage))
}

// vintage finds the one that a reference means.
func vintage(all []store.Vintage, ref store.Ref) (store.Vintage, error) {
	var found []store.Vintage
	for _, v := range all {
		if (ref.Territory == "" || v.Territory.ID == ref.Territory) && (v.Name == ref.Vintage || ref.Vintage == "" && v.Current) {
			found = append(found, v)
		}
	}
	switch len(found) {
	case 0:
		return store.Vintage{}, fmt.Errorf("territory %q, vintage %q: %w: there is %s", ref.Territory, ref.Vintage, store.ErrNotFound, listed(all))
	case 1:
		return found[0], nil
	}
	return store.Vintage{}, fmt.Errorf("%w: there are several territories, name one with --territory: %s", errUsage, listed(found))
}

func listed(all []store.Vintage) (names []string) {
	for _, v := range all {
		names = append(names, v.Territory.ID+"/"+v.Name)
	}
	slices.Sort(names)
	return names
}

// fail is the error of a run that has no answer.
func fail(run ledger.Run) error {
	if run.State == ledger.Cancelled {
		return fmt.Errorf("run %s was cancelled", run.ID)
	}
	return fmt.Errorf("run %s failed: %w", run.ID, errors.New(run.Error))
}
