package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/lmittmann/tint"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/isochrone"
	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/analyses/route"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/analyses/uncertainty"
	"github.com/maillage/maillage/analyses/whatif"
	"github.com/maillage/maillage/api"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/store"
)

type serveCmd struct {
	onFlags   `embed:""`
	Addr      string `default:"127.0.0.1:8080" env:"MAILLAGE_ADDR" help:"Address to listen on."`
	Slots     int    `default:"1" placeholder:"N" env:"MAILLAGE_SLOTS" help:"Runs worked at once by this process; 0 leaves them to maillage worker."`
	workFlags `embed:""`
}

func (c *serveCmd) Run(s *session) error {
	if c.Slots < 0 {
		return fmt.Errorf("%w: --slots %d: want 0 or more", errUsage, c.Slots)
	}
	snap, nets, err := c.open(s)
	if err != nil {
		return err
	}
	listener, err := listen(c.Addr)
	if err != nil {
		return err
	}
	offered := false
	err = withQueue(s.ctx, c.On, func(st store.Store, q *jobs.Queue) error {
		runs, err := c.runs(s, st, q, snap)
		if err != nil {
			return err
		}
		offered = true
		return c.working(s, q, func(s *session) error { return s.serve(listener, snap, nets, runs) })
	})
	if err == nil || offered || s.ctx.Err() != nil {
		return errors.Join(err, closed(listener))
	}
	s.log().Warn("no runs are offered: there is nowhere to write them", "because", err)
	return s.serve(listener, snap, nets, nil)
}

// runs is what the API needs to offer runs about the snapshot that is served.
func (c *serveCmd) runs(s *session, st store.Store, q *jobs.Queue, snap *geodata.Snapshot) (*api.Runs, error) {
	all, err := st.Vintages(s.ctx)
	if err != nil {
		return nil, err
	}
	v, err := vintage(all, store.Ref{Territory: snap.Territory().ID, Vintage: c.Vintage})
	return &api.Runs{Queue: q, Vintage: v.Name, By: user() + " (serve)"}, err
}

// working works runs in this process while f serves, and ends both together.
func (c *serveCmd) working(s *session, q *jobs.Queue, f func(*session) error) error {
	if c.Slots == 0 {
		return f(s)
	}
	both := *s
	ctx, end := context.WithCancel(s.ctx)
	defer end()
	both.ctx = ctx
	worked := make(chan error, 1)
	go func() {
		defer end()
		o := c.options(s, c.On, c.Slots)
		o.Log = s.log()
		worked <- jobs.Work(ctx, q, o)
	}()
	err := f(&both)
	end()
	return errors.Join(err, <-worked)
}

// log tells the operator of a server what went wrong.
func (s *session) log() *slog.Logger {
	return slog.New(tint.NewTextHandler(s.err, &tint.Options{Level: slog.LevelWarn, TimeFormat: time.TimeOnly, NoColor: !s.progress().terminal}))
}

func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w; choose another address with --addr", addr, err)
	}
	return l, nil
}

// closed closes a listener, unless its server has.
func closed(l net.Listener) error {
	if err := l.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// prepareAll makes the networks fast while the first questions are answered
// without. A network that cannot be prepared is no reason not to serve.
func (s *session) prepareAll(snap *geodata.Snapshot, nets *traveltime.Networks) {
	p := s.progress()
	defer p.end()
	for _, mode := range profile.Modes() {
		if err := nets.Prepare(s.ctx, snap, mode, func(done, total int) { p.step(mode, int64(done), int64(total)) }); err != nil && s.ctx.Err() == nil {
			fmt.Fprintf(s.err, "maillage: %s: %v\n", mode, err)
		}
	}
}

// serve answers until the session is interrupted, then lets open requests end.
// Without runs none are offered.
func (s *session) serve(listener net.Listener, snap *geodata.Snapshot, nets *traveltime.Networks, runs *api.Runs) error {
	handler, err := api.New(api.Config{
		Snapshot: snap, Version: programVersion(), Logger: s.log(), Runs: runs,
		Coverage: func(ctx context.Context, snap *geodata.Snapshot, p coverage.Params) (*coverage.Result, error) {
			return coverage.Run(ctx, snap, nets, p)
		},
		WhatIf: func(ctx context.Context, snap *geodata.Snapshot, p coverage.Params) (*whatif.Session, error) {
			return whatif.Start(ctx, snap, nets, p)
		},
		Isochrone: func(ctx context.Context, snap *geodata.Snapshot, p isochrone.Params) (*isochrone.Result, error) {
			return isochrone.Run(ctx, snap, nets, p)
		},
		Route: func(ctx context.Context, snap *geodata.Snapshot, p route.Params) (*route.Result, error) {
			return route.Run(ctx, snap, nets, p)
		},
		Uncertainty: func(ctx context.Context, snap *geodata.Snapshot, p uncertainty.Params) (*uncertainty.Result, error) {
			return uncertainty.Run(ctx, snap, nets, p, nil)
		},
		Analyses: func(ctx context.Context, a registry.Analysis, snap *geodata.Snapshot, params []byte, tell func(registry.Progress)) (registry.Answer, error) {
			return a.Follow(ctx, snap, nets, params, tell)
		},
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, s.say("Carte et API : http://%s/ (Ctrl-C pour arrêter)\n", "Map and API: http://%s/ (Ctrl-C to stop)\n"), listener.Addr())
	go s.prepareAll(snap, nets)
	server := api.NewServer(listener.Addr().String(), handler)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	select {
	case err = <-done:
	case <-s.ctx.Done():
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err = server.Shutdown(ctx)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
