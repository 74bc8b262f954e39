package pgtest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Private runs a server of the test's own that asks for passwords, and returns
// the URL of its superuser and a folder on its machine that the server's user
// owns. Where PostgreSQL is not installed, as Debian does it, the test is skipped.
func Private(tb testing.TB) (at, dir string) {
	tb.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(found) == 0 {
		tb.Skip("SKIPPED, NOT CHECKED: PostgreSQL is not in /usr/lib/postgresql; install the package postgresql")
	}
	bin := found[len(found)-1]
	dir, err = os.MkdirTemp("", "maillage-pgtest-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { os.RemoveAll(dir) }) //nolint:errcheck // in the folder for temporary files
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte("secret\n"), 0o644); err != nil {
		tb.Fatal(err)
	}
	var as []string
	if os.Geteuid() == 0 { // PostgreSQL refuses to run as root
		as = []string{"runuser", "-u", "postgres", "--"}
		if out, err := exec.Command("chown", "postgres", dir, password).CombinedOutput(); err != nil {
			tb.Fatalf("%v %s", err, out)
		}
	}
	run := func(program string, args ...string) {
		command := append(append([]string{}, as...), append([]string{filepath.Join(bin, program)}, args...)...)
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			tb.Fatalf("%s: %v\n%s%s", program, err, out, log)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close() //nolint:errcheck // only to find a port that is free
	data := filepath.Join(dir, "data")
	run("initdb", "-D", data, "-U", "maillage", "-A", "scram-sha-256", "--pwfile", password, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	run("pg_ctl", "-D", data, "-w", "-l", filepath.Join(dir, "log"), "-o", fmt.Sprintf("-p %d -k %s -c listen_addresses=127.0.0.1 -c fsync=off", port, dir), "start")
	tb.Cleanup(func() { run("pg_ctl", "-D", data, "-m", "immediate", "stop") })
	return fmt.Sprintf("postgres://maillage:secret@127.0.0.1:%d/postgres", port), dir
}
