package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"sluice"
	"sluice/cmd/sluice/streams"
)

// Exit codes.
const (
	exitFine    = 0
	exitFailed  = 1
	exitUsage   = 2
	exitBlocked = 3 // unreachable, busy or locked
)

// Groups of commands in the help.
const (
	groupServer    = "server"
	groupStreams   = "streams"
	groupFunctions = "functions"
)

// program is what the commands share. stdout is data, stderr is talk.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	env            func(string) (string, bool)
	// started is set once a command runs; an error before that is a misuse.
	started bool
}

// run is the whole program without the process around it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, env func(string) (string, bool)) int {
	p := &program{stdin: stdin, stdout: stdout, stderr: stderr, env: env}
	root := p.root()
	refuseOtherHelp(root)
	root.SetArgs(append([]string{}, args...)) // none of them must not mean those of the process
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitFine
	}
	if interrupted(ctx, err) {
		err = &interruption{cause: err}
	}
	p.tell(err, cmd)
	return p.exitCode(err)
}

func (p *program) root() *cobra.Command {
	root := p.serveCommand()
	root.Use = "sluice"
	root.Short = "Amazon Kinesis on this machine"
	root.Long = "Sluice serves the API of Amazon Kinesis from one binary, for development and tests.\nWithout a command it serves: sluice is sluice serve."
	root.SilenceErrors, root.SilenceUsage = true, true
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		err := cmd.ValidateFlagGroups() // cobra does this later, but it is misuse
		p.started = err == nil
		return err
	}
	serve := p.serveCommand()
	root.AddGroup(&cobra.Group{ID: groupServer, Title: "The server:"}, &cobra.Group{ID: groupStreams, Title: "Streams, here or on any Kinesis endpoint:"})
	for _, cmd := range []*cobra.Command{serve, p.healthCommand(), p.versionCommand(), p.opsCommand(), p.clockCommand(), p.limitsCommand(), p.snapshotCommand(), p.resetCommand(), p.firehoseCommand(), p.s3Command(), p.doctorCommand()} {
		cmd.GroupID = groupServer
		root.AddCommand(cmd)
	}
	fault := p.faultCommand()
	fault.GroupID = groupServer
	root.AddCommand(fault)
	root.AddGroup(&cobra.Group{ID: groupFunctions, Title: "Functions:"})
	for _, cmd := range []*cobra.Command{p.functionsCommand(), p.invokeCommand(), p.logsCommand(), p.importCommand()} {
		cmd.GroupID = groupFunctions
		root.AddCommand(cmd)
	}
	root.AddCommand(p.streamsCommand())
	root.AddCommand(p.streamCommands()...)
	nameArguments(root)
	return root
}

// interruption is how a command ends that a person has stopped. What it had done
// by then it has said itself.
type interruption struct{ cause error }

// Error implements error.
func (i *interruption) Error() string { return "interrupted" }

// Hint says what to do next.
func (i *interruption) Hint() string {
	var h hinted
	if errors.As(i.cause, &h) {
		return h.Hint()
	}
	return ""
}

// Unwrap returns what the interruption looked like to the command.
func (i *interruption) Unwrap() error { return i.cause }

// hinted is an error that knows what to do next.
type hinted interface{ Hint() string }

// tell writes an error for people, each problem on a line of its own.
func (p *program) tell(err error, cmd *cobra.Command) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintln(p.stderr, "sluice:", line)
	}
	var h hinted
	switch {
	case errors.As(err, &h) && h.Hint() != "":
		fmt.Fprintln(p.stderr, "hint:", h.Hint())
	case p.exitCode(err) == exitUsage && cmd.HasParent():
		fmt.Fprintf(p.stderr, "hint: `%s --help` shows how it is used\n", cmd.CommandPath())
	case p.exitCode(err) == exitUsage:
		fmt.Fprintln(p.stderr, "hint: sluice --help lists commands and flags")
	}
}

func (p *program) exitCode(err error) int {
	var usage *sluice.UsageError
	var blocked *sluice.BlockedError
	var unreachable *unreachableError
	var call *streams.Error
	var refused *refusal
	switch {
	case !p.started, errors.As(err, &usage), errors.As(err, &refused) && refused.misuse():
		return exitUsage
	case errors.As(err, &blocked), errors.As(err, &unreachable), errors.As(err, &call) && call.Unreachable:
		return exitBlocked
	}
	return exitFailed
}
