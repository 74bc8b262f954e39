package postgis

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/maillage/maillage/internal/store/ledger"
)

// Options of Open.
type Options struct {
	// Migrate makes the tables, or brings those of an older program up to date, and
	// installs PostGIS where the role may.
	Migrate bool
}

// Store keeps territories in a PostGIS database. It may be used by many goroutines.
type Store struct {
	pool   *pgxpool.Pool
	db     *sql.DB
	ledger *ledger.Ledger
	target string
}

const (
	oldestServer   = 150000 // security_invoker views
	connectTimeout = 10 * time.Second
)

// Open connects to the database of a URL such as
// postgres://maillage@127.0.0.1:5432/maillage (or of libpq keywords).
//
// The server ends a transaction in which nothing was said for a minute, or for
// the milliseconds of ?idle_in_transaction_session_timeout= in the URL.
//
// Errors name the database and what to do: nothing answers there, the password
// is wrong, PostGIS is missing, or the tables are of an older program
// (store.ErrOlderSchema: migrate) or a newer one (store.ErrNewerSchema).
func Open(ctx context.Context, target string, o Options) (*Store, error) {
	cfg, err := pgxpool.ParseConfig(target)
	if err != nil {
		// The error of ParseConfig has the address without its password.
		return nil, fmt.Errorf("not the address of a database such as postgres://user@host:5432/name: %w", err)
	}
	s := &Store{target: withoutPassword(target, cfg.ConnConfig)}
	cfg.ConnConfig.ConnectTimeout = cmp.Or(cfg.ConnConfig.ConnectTimeout, connectTimeout)
	if err := s.prepare(ctx, cfg.ConnConfig, o.Migrate); err != nil {
		return nil, s.explain(ctx, err)
	}
	cfg.MaxConns = max(cfg.MaxConns, 4) // migrating takes two
	if s.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return nil, s.explain(ctx, err)
	}
	s.db = stdlib.OpenDBFromPool(s.pool)
	s.ledger = ledger.New(s.db, ledger.Postgres)
	if err := s.checkSchema(ctx, o.Migrate); err != nil {
		s.Close() //nolint:errcheck // the first error counts
		return nil, s.explain(ctx, err)
	}
	return s, nil
}

// prepare looks at the server before the pool connects: it must be new enough and
// have PostGIS. cfg gets the settings of our sessions; the search path is ours, then PostGIS's.
func (s *Store) prepare(ctx context.Context, cfg *pgx.ConnConfig, migrate bool) error {
	c, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to lose
	var version int
	if err := c.QueryRow(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return err
	}
	if version < oldestServer {
		return fmt.Errorf("PostgreSQL %d is too old: want 15 or newer", version/10000)
	}
	schema, err := postGIS(ctx, c)
	if errors.Is(err, pgx.ErrNoRows) && migrate {
		if _, err := c.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS postgis"); err != nil {
			return s.noPostGIS(err)
		}
		schema, err = postGIS(ctx, c)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return s.noPostGIS(nil)
	}
	if err != nil {
		return err
	}
	path := "maillage, public"
	if schema != "public" {
		path = "maillage, " + pgx.Identifier{schema}.Sanitize() + ", public"
	}
	cfg.RuntimeParams["search_path"] = path
	cfg.RuntimeParams["client_encoding"] = "UTF8"
	cfg.RuntimeParams["standard_conforming_strings"] = "on" // as literal writes them
	for name, value := range patience {
		if cfg.RuntimeParams[name] == "" { // else the URL says otherwise
			cfg.RuntimeParams[name] = value
		}
	}
	return nil
}

// pauseSetting is the server's name for the longest pause within a transaction.
const pauseSetting = "idle_in_transaction_session_timeout"

// patience is how long the server waits for us, so that nobody holds locks for
// ever. A client that stops within a transaction (a process that hangs) loses it
// after a minute. While rows are copied they may come as slowly as they like, but a
// machine that has gone without a word is missed after two minutes instead of two hours.
var patience = map[string]string{
	pauseSetting:              "60s",
	"tcp_keepalives_idle":     "60s",
	"tcp_keepalives_interval": "10s",
	"tcp_keepalives_count":    "6",
}

// postGIS returns the schema PostGIS is installed in; pgx.ErrNoRows if it is not.
func postGIS(ctx context.Context, c *pgx.Conn) (schema string, err error) {
	err = c.QueryRow(ctx, "SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'postgis'").Scan(&schema)
	return schema, err
}

func (s *Store) noPostGIS(err error) error {
	what := fmt.Errorf("PostGIS is not installed in %s: an administrator must run CREATE EXTENSION postgis there", s.target)
	var pg *pgconn.PgError
	switch {
	case err == nil:
		return what
	case errors.As(err, &pg) && pg.Code == "0A000": // feature_not_supported: no such extension on the server
		return fmt.Errorf("PostGIS is not installed on the server of %s (Debian: postgresql-15-postgis-3): %s", s.target, pg.Message)
	case errors.As(err, &pg):
		return fmt.Errorf("%w (%s)", what, pg.Message)
	}
	return err
}

// withoutPassword names the database as it was named, without any password.
func withoutPassword(target string, cfg *pgx.ConnConfig) string {
	u, err := url.Parse(target)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		u = &url.URL{Scheme: "postgres", User: url.User(cfg.User), Host: fmt.Sprintf("%s:%d", cfg.Host, cfg.Port), Path: "/" + cfg.Database}
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	q := u.Query()
	for _, secret := range []string{"password", "passfile", "sslpassword", "sslkey"} {
		q.Del(secret)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// Target is how the database was named, without a password.
func (s *Store) Target() string { return s.target }

// Ledger is where scenarios, runs, results and the audit log are.
func (s *Store) Ledger() *ledger.Ledger { return s.ledger }

// DB is the database for those who speak database/sql; the tables of the ledger
// need no schema in their names.
func (s *Store) DB() *sql.DB { return s.db }

// Close gives back all connections.
func (s *Store) Close() error {
	err := s.db.Close()
	s.pool.Close()
	return err
}
