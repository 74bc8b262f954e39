package pgtest

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
)

func count(t *testing.T, at, query string) (n int) {
	t.Helper()
	c, err := pgx.Connect(context.Background(), at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	if err := c.QueryRow(context.Background(), query).Scan(&n); err != nil {
		t.Fatal(query, err)
	}
	return n
}

func TestDatabasesAreNewAndDoNotStay(t *testing.T) {
	const tables = "SELECT count(*) FROM pg_tables WHERE tablename = 'mine'"
	var name string
	t.Run("use", func(t *testing.T) {
		var first string
		for range 3 {
			at := URL(t)
			Exec(t, at, "CREATE TABLE mine (at geometry(Point,4326))")
			if n := count(t, at, tables); n != 1 {
				t.Errorf("%d tables of its own, want 1", n)
			}
			first = at
		}
		if n := count(t, Plain(t), "SELECT count(*) FROM pg_extension WHERE extname = 'postgis'"); n != 0 {
			t.Error("a plain database has PostGIS")
		}
		var role string
		name, role = Role(t, first)
		if n := count(t, role, "SELECT count(*) FROM pg_roles WHERE rolname = current_user AND rolname = '"+name+"' AND NOT rolsuper"); n != 1 {
			t.Error("the role is not whom it says, or a superuser")
		}
	})
	if n := count(t, Server(t), "SELECT count(*) FROM pg_roles WHERE rolname = '"+name+"'"); n != 0 || name == "" {
		t.Errorf("the role %q is still there", name)
	}
}
