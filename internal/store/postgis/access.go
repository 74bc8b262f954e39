package postgis

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/ledger"
)

// Grant lets a database role, and the roles that are members of it, read a
// territory in all its vintages, in the tables, the views and with Open; nothing
// else, and without changing anything.
func (s *Store) Grant(ctx context.Context, territory, role string) error {
	if _, err := s.find(ctx, s.pool, store.Ref{Territory: territory}); err != nil {
		return s.explain(ctx, err)
	}
	return s.changeAccess(ctx, territory, role, "grant", func(tx pgx.Tx, schema string) error {
		if there, err := hasRole(ctx, tx, role); err != nil {
			return err
		} else if !there {
			return fmt.Errorf("%s: the server has no role %q: an administrator makes one with CREATE ROLE: %w", s.target, role, store.ErrNotFound)
		}
		_, err := tx.Exec(ctx, "INSERT INTO maillage.access (territory, role) VALUES ($1, $2) ON CONFLICT DO NOTHING", territory, role)
		if err != nil {
			return err
		}
		name := pgx.Identifier{role}.Sanitize()
		_, err = tx.Exec(ctx, fmt.Sprintf("GRANT USAGE ON SCHEMA maillage TO %s; GRANT SELECT ON %s TO %s; %s", name, readable(), name, grantViews(schema, role)))
		return err
	})
}

// Revoke takes back what Grant gave.
func (s *Store) Revoke(ctx context.Context, territory, role string) error {
	return s.changeAccess(ctx, territory, role, "revoke", func(tx pgx.Tx, schema string) error {
		gone, err := tx.Exec(ctx, "DELETE FROM maillage.access WHERE territory = $1 AND role = $2", territory, role)
		if err != nil {
			return err
		}
		if gone.RowsAffected() == 0 {
			return fmt.Errorf("%s: territory %q is not granted to role %q: %w", s.target, territory, role, store.ErrNotFound)
		}
		if there, err := hasRole(ctx, tx, role); err != nil || !there { // it was dropped, and its rights with it
			return err
		}
		var views, others bool
		err = tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1), EXISTS (SELECT FROM maillage.access WHERE role = $2)",
			SchemaOf(territory), role).Scan(&views, &others)
		if err != nil {
			return err
		}
		name := pgx.Identifier{role}.Sanitize()
		var statements []string
		if views {
			statements = append(statements, fmt.Sprintf("REVOKE ALL ON ALL TABLES IN SCHEMA %s FROM %s; REVOKE ALL ON SCHEMA %s FROM %s", schema, name, schema, name))
		}
		if !others {
			statements = append(statements, fmt.Sprintf("REVOKE ALL ON %s FROM %s; REVOKE ALL ON SCHEMA maillage FROM %s", readable(), name, name))
		}
		_, err = tx.Exec(ctx, strings.Join(statements, "; "))
		return err
	})
}

// changeAccess runs f with the schema of the territory's views, nobody else
// changing the rights on the same tables at the moment.
func (s *Store) changeAccess(ctx context.Context, territory, role, action string, f func(tx pgx.Tx, schema string) error) error {
	return s.change(ctx, territory, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", accessLock); err != nil {
			return err
		}
		if err := f(tx, pgx.Identifier{SchemaOf(territory)}.Sanitize()); err != nil {
			return err
		}
		return record(ctx, tx, ledger.Entry{By: s.pool.Config().ConnConfig.User, Action: action, What: territory, Detail: role})
	})
}

func hasRole(ctx context.Context, tx pgx.Tx, role string) (there bool, err error) {
	err = tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", role).Scan(&there)
	return there, err
}

// readable lists the tables a reader needs; row-level security decides about the rows.
func readable() string {
	names := []string{"maillage.snapshot", "maillage.access", "public.layer_styles"}
	for _, t := range tables {
		names = append(names, "maillage."+t.name)
	}
	for _, h := range histories() {
		names = append(names, "maillage."+h.table)
	}
	return strings.Join(names, ", ")
}

func grantViews(schema, role string) string {
	name := pgx.Identifier{role}.Sanitize()
	return fmt.Sprintf("GRANT USAGE ON SCHEMA %s TO %s; GRANT SELECT ON ALL TABLES IN SCHEMA %s TO %s", schema, name, schema, name)
}
