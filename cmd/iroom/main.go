// Command iroom runs an operations room and is its command line: for duty
// officers (watch, incident), for engineers (serve, connector, rules, dead,
// list, replay) and for everybody who wants to see it work (demo).
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// cli is the whole command line.
type cli struct {
	Demo       demoCmd       `cmd:"" help:"A simulated city with a live board: see a room at work, everything embedded."`
	Serve      serveCmd      `cmd:"" help:"Run a room."`
	Watch      watchCmd      `cmd:"" help:"Follow incidents live, one line for each alert."`
	Incident   incidentCmd   `cmd:"" help:"List incidents, or read one like a page."`
	Entity     entityCmd     `cmd:"" help:"The incidents that name a plate, a phone, a vessel, …, and what is around it."`
	Counts     countsCmd     `cmd:"" help:"How many incidents there are by area, kind, severity and status."`
	Report     reportCmd     `cmd:"" help:"Reports for people: the hand-over of a shift."`
	Audit      auditCmd      `cmd:"" help:"Who read or changed what: list, or check that nothing was changed afterwards."`
	Connector  connectorCmd  `cmd:"" help:"See how connectors are doing, or what one makes of a file."`
	Dead       deadCmd       `cmd:"" help:"Inputs that could not be understood: list, show, replay."`
	List       listCmd       `cmd:"" help:"Watchlists: list, import from CSV, add, remove."`
	Rules      rulesCmd      `cmd:"" help:"Rules: check, test, explain, run over history, draw, register, activate."`
	Notify     notifyCmd     `cmd:"" help:"Who is told of what: test a receiver, explain routes, silences."`
	Quarantine quarantineCmd `cmd:"" help:"Take a rule out of use that keeps a stopped room from going on."`
	Backup     backupCmd     `cmd:"" help:"Copy a whole room, also while it runs, into one file; verify such a file."`
	Restore    restoreCmd    `cmd:"" help:"Make a room of a backup, in a new folder."`
	Replay     replayCmd     `cmd:"" help:"Compute the state of a stopped room again from its log."`
	Bench      benchCmd      `cmd:"" help:"What work costs on this machine."`
	Simulate   simulateCmd   `cmd:"" help:"Events whose truth is known: make some, and score what the room makes of them."`

	LogLevel string `default:"info" enum:"debug,info,warn,error" help:"Least level of log lines on standard error: debug, info, warn, error."`
}

var logLevels = map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}

// streams are where a command reads and writes; tests give their own.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// exitCode is an error that only sets the exit code; everything was said.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// run parses and runs one command line and returns the exit code: 0 for done,
// 1 for a command that failed, 2 for a wrong command line.
func run(ctx context.Context, args []string, std streams) int {
	var c cli
	code := -1
	parser, err := kong.New(&c, kong.Name("iroom"),
		kong.Description("A real-time operations room: what sensors, the open web and police systems report, fused into incident pictures that explain themselves."),
		kong.Writers(std.out, std.err), kong.Exit(func(n int) { code = n }), kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(std.err, "iroom:", err)
		return 2
	}
	parsed, err := parser.Parse(args)
	if code >= 0 {
		return code
	}
	if err != nil {
		fmt.Fprintf(std.err, "iroom: %v; `iroom --help` lists the commands\n", err)
		return 2
	}
	log := slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: logLevels[c.LogLevel]}))
	parsed.BindTo(ctx, (*context.Context)(nil))
	return exitWith(parsed.Run(std, log), std)
}

func exitWith(err error, std streams) int {
	if err == nil || errors.Is(err, context.Canceled) {
		return 0
	}
	if code, ok := errors.AsType[exitCode](err); ok {
		return int(code)
	}
	fmt.Fprintln(std.err, "iroom:", err)
	return 1
}
