package postgis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/maillage/maillage/internal/store"
)

// explain says in words of this program what the server or the network said.
func (s *Store) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if gone := ctx.Err(); gone != nil {
		return fmt.Errorf("%s: %w", s.target, gone) // whatever else a closed connection is said to be
	}
	for _, ours := range []error{store.ErrNotFound, store.ErrBusy, store.ErrReadOnly, store.ErrOlderSchema, store.ErrNewerSchema} {
		if errors.Is(err, ours) {
			return err
		}
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return s.explainCode(pg, err)
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return fmt.Errorf("%s: there is no host %q: %w", s.target, dns.Name, err)
	}
	var connecting *pgconn.ConnectError
	if errors.As(err, &connecting) {
		return fmt.Errorf("%s: no database server answers there: %w", s.target, err)
	}
	if isLost(err) {
		return fmt.Errorf("%s: the connection was lost; nothing of what was under way is stored, try again: %w", s.target, err)
	}
	return fmt.Errorf("%s: %w", s.target, err)
}

func (s *Store) explainCode(pg *pgconn.PgError, err error) error {
	detail := ""
	if pg.Detail != "" {
		detail = " (" + pg.Detail + ")"
	}
	switch {
	case pg.Code == "25006": // read_only_sql_transaction
		return fmt.Errorf("%s: %w: the database, or the role, may only be read (a standby, or default_transaction_read_only)", s.target, store.ErrReadOnly)
	case pg.Code == "42501": // insufficient_privilege
		return fmt.Errorf("%s: this role may not do that: %w", s.target, err)
	case pg.Code == "53100": // disk_full
		return fmt.Errorf("%s: the disk of the server is full; nothing is stored: %w", s.target, err)
	case pg.Code == "28P01" || pg.Code == "28000": // invalid_password, invalid_authorization_specification
		return fmt.Errorf("%s: the server refuses this role or its password: %w", s.target, err)
	case pg.Code == "25P03": // idle_in_transaction_session_timeout
		return fmt.Errorf("%s: the server gave up waiting because this program stood still for too long; nothing of what was under way is stored, try again: %w", s.target, err)
	case pg.Code == "3D000": // invalid_catalog_name
		return fmt.Errorf("%s: the server has no such database: %w", s.target, err)
	case isLost(err):
		return fmt.Errorf("%s: the connection was lost; nothing of what was under way is stored, try again: %w", s.target, err)
	}
	return fmt.Errorf("%s: %w%s", s.target, err, detail)
}

// explainWrite is explain for what changes something: a role that may not is one
// to which the database is read-only.
func (s *Store) explainWrite(ctx context.Context, err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42501" && ctx.Err() == nil {
		return fmt.Errorf("%s: %w for this role: %w", s.target, store.ErrReadOnly, err)
	}
	return s.explain(ctx, err)
}

// isLost says that the connection ended, by the network or the server.
func isLost(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) { // shutdown, crash, starting up, connection
		return pg.Code == "57P01" || pg.Code == "57P02" || pg.Code == "57P03" || strings.HasPrefix(pg.Code, "08")
	}
	var op *net.OpError
	return errors.As(err, &op) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || pgconn.Timeout(err) || pgconn.SafeToRetry(err)
}
