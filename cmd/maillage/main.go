// Command maillage tells where a public service should open next, and whom it
// reaches. See README.md for a tour, `maillage --help` for the commands.
//
// This package reads flags and wires the others together; it decides nothing.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/registry"
)

// version is set by the linker; a plain `go build` takes it from the build information.
var version = ""

// cli is every command and flag.
type cli struct {
	Version kong.VersionFlag `help:"Print the version and exit."`
	Lang    string           `help:"Language of tables and reports." enum:"fr,en" default:"fr" env:"MAILLAGE_LANG"`
	Quiet   bool             `short:"q" help:"No progress, no summary."`

	Demo        demoCmd        `cmd:"" help:"Show the embedded territory: coverage of every service, files, and the map."`
	Fetch       fetchCmd       `cmd:"" help:"Fetch the official data of an intercommunality, and import them."`
	Import      importCmd      `cmd:"" help:"Read open data into a territory file."`
	Coverage    coverageCmd    `cmd:"" help:"Tell who lives within the thresholds of a service."`
	Times       timesCmd       `cmd:"" help:"Write the travel time from every cell to every facility."`
	Isochrone   isochroneCmd   `cmd:"" help:"Draw from where a point is reached in time, or where one gets from it."`
	Route       routeCmd       `cmd:"" help:"Show the way from a home to a facility, road by road."`
	Uncertainty uncertaintyCmd `cmd:"" help:"Tell how sure coverage is when speeds vary, and which of two choices of sites wins how often."`
	Compare     compareCmd     `cmd:"" help:"Compare 2 to 10 scenarios: which is best, for whom, and how surely."`
	Prepare     prepareCmd     `cmd:"" help:"Make travel times fast: build each mode's network once and save it beside the territory."`
	Serve       serveCmd       `cmd:"" help:"Serve a territory: HTTP API and map."`
	runCommands `embed:""`
	Territories territoriesCmd `cmd:"" help:"List the territories of a file or database, with their vintages."`
	Remove      removeCmd      `cmd:"" help:"Forget a territory, or a vintage of it."`
	Backup      backupCmd      `cmd:"" help:"Copy everything a store holds into one file."`
	Restore     restoreCmd     `cmd:"" help:"Put a backup into an empty database or a new file."`
	Migrate     migrateCmd     `cmd:"" help:"Bring a file or database of an older Maillage up to date."`
	Grant       grantCmd       `cmd:"" help:"Let a database role see a territory."`
	Revoke      revokeCmd      `cmd:"" help:"Take that back."`
}

// Exit codes.
const (
	exitOK    = 0
	exitError = 1 // it could not be done
	exitUsage = 2 // what was asked is not right
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main without the process: it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return runWith(ctx, registry.All(), args, stdout, stderr)
}

// runWith is run with a command for each of the analyses.
func runWith(ctx context.Context, all []registry.Analysis, args []string, stdout, stderr io.Writer) int {
	var c cli
	exit := -1
	parser, err := kong.New(&c, append(askCommands(all),
		kong.Name("maillage"),
		kong.Description("Where should a public service open next, and whom does it reach?"),
		kong.Vars{"version": programVersion(), "analyses": listOf(all)},
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exit = code }),
		kong.UsageOnError())...)
	if err != nil {
		fmt.Fprintln(stderr, "maillage:", err)
		return exitError
	}
	k, err := parser.Parse(args)
	if exit >= 0 { // --help, --version
		return exit
	}
	if err != nil {
		fmt.Fprintf(stderr, "maillage: %v\nTry: maillage --help\n", err)
		return exitUsage
	}
	err = k.Run(&session{ctx: ctx, out: stdout, err: stderr, lang: c.Lang, quiet: c.Quiet})
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(stderr, "maillage: interrupted; nothing was left half written")
		return exitError
	case errors.Is(err, analyses.ErrParams), errors.Is(err, errUsage):
		fmt.Fprintln(stderr, "maillage:", strings.TrimPrefix(err.Error(), errUsage.Error()+": "))
		return exitUsage
	}
	fmt.Fprintln(stderr, "maillage:", err)
	return exitError
}

// listOf names the analyses for people.
func listOf(all []registry.Analysis) string {
	var list []string
	for _, a := range all {
		list = append(list, a.Name)
	}
	return strings.Join(list, ", ")
}

// errUsage marks what the user asked for and cannot mean.
var errUsage = errors.New("usage")

// session is what a command works with.
type session struct {
	ctx      context.Context
	out, err io.Writer
	lang     string
	quiet    bool
}

func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}
