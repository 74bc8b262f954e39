// Package pgtest gives tests a real PostGIS, on the server that
// MAILLAGE_DATABASE_URL names: `make test` runs one, `make db` another to play with.
package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Server returns the URL of the server's maintenance database, whose role is a
// superuser. Without MAILLAGE_DATABASE_URL the test is skipped.
func Server(tb testing.TB) string {
	tb.Helper()
	server := os.Getenv("MAILLAGE_DATABASE_URL")
	if server == "" {
		tb.Skip("NO POSTGIS: run the tests with `make test`, or set MAILLAGE_DATABASE_URL to one where the role is a superuser (`make db` runs one)")
	}
	return server
}

// URL returns the URL of a new database that has PostGIS and nothing else; it is
// dropped when the test ends.
func URL(tb testing.TB) string {
	tb.Helper()
	return create(tb, template(tb))
}

// Plain is URL without PostGIS.
func Plain(tb testing.TB) string {
	tb.Helper()
	return create(tb, "template1")
}

// Connect returns a connection to the database of a URL, closed when the test ends.
func Connect(tb testing.TB, at string) *pgx.Conn {
	tb.Helper()
	c, err := pgx.Connect(tb.Context(), at)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close(context.Background()) }) //nolint:errcheck // nothing is left to lose
	return c
}

// Exec runs statements in the database of a URL, one after the other.
func Exec(tb testing.TB, at string, statements ...string) {
	tb.Helper()
	// Not tb.Context(), which has ended where a test cleans up.
	c, err := pgx.Connect(context.Background(), at)
	if err != nil {
		tb.Fatal(err)
	}
	defer c.Close(context.Background()) //nolint:errcheck // nothing is left to lose
	for _, s := range statements {
		if _, err := c.Exec(context.Background(), s); err != nil {
			tb.Fatalf("%s: %v", s, err)
		}
	}
}

// Role makes a role that may log in and nothing else, gone when the test ends,
// and returns its name and the URL by which it reaches the database of a URL.
func Role(tb testing.TB, at string) (name, roleURL string) {
	tb.Helper()
	name = "test_" + strings.ToLower(rand.Text())
	Exec(tb, Server(tb), "CREATE ROLE "+name+" LOGIN PASSWORD 'secret'")
	tb.Cleanup(func() {
		Exec(tb, at, "DROP OWNED BY "+name)
		Exec(tb, Server(tb), "DROP ROLE "+name)
	})
	u := parse(tb, at)
	u.User = url.UserPassword(name, "secret")
	return name, u.String()
}

func create(tb testing.TB, template string) string {
	tb.Helper()
	name := "test_" + strings.ToLower(rand.Text())
	Exec(tb, Server(tb), fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, template))
	tb.Cleanup(func() { Exec(tb, Server(tb), "DROP DATABASE "+name+" WITH (FORCE)") })
	u := parse(tb, Server(tb))
	u.Path = "/" + name
	return u.String()
}

// template returns the name of a database with PostGIS that others are copied
// from, which takes a tenth of the time of installing PostGIS. It is made once on
// a server, whichever of the processes that test at the same time comes first.
func template(tb testing.TB) string {
	tb.Helper()
	const name = "maillage_postgis"
	ctx := context.Background()
	c, err := pgx.Connect(ctx, Server(tb))
	if err != nil {
		tb.Fatalf("MAILLAGE_DATABASE_URL: %v", err)
	}
	defer c.Close(ctx)                                                            //nolint:errcheck // gives the lock back
	if _, err := c.Exec(ctx, "SELECT pg_advisory_lock(7624011927)"); err != nil { // any number of ours
		tb.Fatal(err)
	}
	var there bool
	if err := c.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil {
		tb.Fatal(err)
	}
	if there {
		return name
	}
	u := parse(tb, Server(tb))
	u.Path = "/" + name + "_unfinished"
	Exec(tb, Server(tb), "DROP DATABASE IF EXISTS "+name+"_unfinished", "CREATE DATABASE "+name+"_unfinished TEMPLATE template0")
	Exec(tb, u.String(), "CREATE EXTENSION postgis")
	Exec(tb, Server(tb), "ALTER DATABASE "+name+"_unfinished RENAME TO "+name, "ALTER DATABASE "+name+" ALLOW_CONNECTIONS false")
	return name
}

func parse(tb testing.TB, text string) *url.URL {
	tb.Helper()
	u, err := url.Parse(text)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		tb.Fatalf("MAILLAGE_DATABASE_URL: want postgres://user@host:port/database, got %v", err)
	}
	return u
}
