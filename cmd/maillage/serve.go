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
	"github.com/maillage/maillage/analyses/route"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/analyses/uncertainty"
	"github.com/maillage/maillage/analyses/whatif"
	"github.com/maillage/maillage/api"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
)

type serveCmd struct {
	onFlags `embed:""`
	Addr    string `default:"127.0.0.1:8080" env:"MAILLAGE_ADDR" help:"Address to listen on."`
}

func (c *serveCmd) Run(s *session) error {
	snap, nets, err := c.open(s)
	if err != nil {
		return err
	}
	return s.serve(snap, nets, c.Addr)
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
func (s *session) serve(snap *geodata.Snapshot, nets *traveltime.Networks, addr string) error {
	handler, err := api.New(api.Config{
		Snapshot: snap, Version: programVersion(),
		Logger: slog.New(tint.NewTextHandler(s.err, &tint.Options{Level: slog.LevelWarn, TimeFormat: time.TimeOnly})),
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
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w; choose another address with --addr", addr, err)
	}
	fmt.Fprintf(s.out, s.say("Carte et API : http://%s/ (Ctrl-C pour arrêter)\n", "Map and API: http://%s/ (Ctrl-C to stop)\n"), listener.Addr())
	go s.prepareAll(snap, nets)
	server := api.NewServer(addr, handler)
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
