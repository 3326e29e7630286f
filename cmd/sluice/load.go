package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"sluice/cmd/sluice/streams"
	"sluice/internal/clock"
)

// loadCommand replays JSON lines into a stream.
func (p *program) loadCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "load STREAM [FILE]", Short: "Replay JSON lines of a dump into a stream", GroupID: groupStreams,
		Long: "Replay JSON lines as `sluice dump` writes them, from a file or standard input: flat out, at the pace at which\n" +
			"they once arrived, or faster or slower than that. Anywhere but on this machine it asks first.\n\n" +
			"The load of a file that was interrupted goes on with --resume. A killed process may leave the last tenth of a\n" +
			"second of records twice.",
		Example: `  sluice load clicks orders.jsonl
  sluice load clicks orders.jsonl --speed x1000
  sluice dump orders | sluice load clicks`,
		Args: cobra.RangeArgs(1, 2),
		// A stream, then a file.
	}
	c := p.addClient(cmd)
	o := &loadOptions{}
	flags := cmd.Flags()
	flags.StringVar(&o.speed, "speed", "max", "max, original, or a factor such as x10")
	flags.BoolVar(&o.resume, "resume", false, "go on where an interrupted load of the file ended")
	flags.BoolVar(&o.restart, "restart", false, "begin anew although a load of the file was interrupted")
	flags.StringVar(&o.journal, "journal", "", "file that remembers how far the load is (default FILE.progress)")
	flags.BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	o.writes.flags(cmd)
	cmd.MarkFlagsMutuallyExclusive("resume", "restart")
	cmd.RunE = c.runs(func(ctx context.Context, args []string) error {
		path := "-"
		if len(args) == 2 {
			path = args[1]
		}
		return c.load(ctx, args[0], path, o)
	})
	return cmd
}

type loadOptions struct {
	writes
	speed, journal       string
	resume, restart, yes bool
}

func (c *client) load(ctx context.Context, name, path string, o *loadOptions) error {
	speed, err := streams.ParseSpeed(o.speed)
	if err != nil {
		return misuse("speed", err)
	}
	if path == "-" && o.resume {
		return misuse("resume", errors.New("standard input cannot be resumed; give a file"))
	}
	if err := c.consent(o.yes, "load records into "+name); err != nil {
		return err
	}
	l := &loading{client: c, name: name, input: c.stdin, pace: &streams.Pace{Clock: clock.Host(), Speed: speed}}
	total := int64(-1)
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		l.input = file
		if total = size(file); total >= 0 {
			if err := l.remember(file, path, o); err != nil {
				return err
			}
		}
	}
	return l.run(ctx, c.writer(name, &o.writes, c.progress("load", total)))
}

// loading is one load under way.
type loading struct {
	*client
	name    string
	input   io.Reader
	pace    *streams.Pace
	journal *streams.Journal // nil for an input that cannot be resumed
	// offset and records are what a former load did.
	offset, records int64
}

// remember opens the journal and moves the input to where the load begins.
func (l *loading) remember(file *os.File, path string, o *loadOptions) error {
	l.journal = &streams.Journal{Path: o.journal, Clock: clock.Host()}
	if o.journal == "" {
		l.journal.Path = path + ".progress"
	}
	target := streams.Target{Endpoint: l.endpoint.String(), Stream: l.name}
	if o.restart {
		if err := l.journal.Done(); err != nil {
			return err
		}
	}
	var found bool
	var err error
	if l.offset, l.records, found, err = l.journal.Open(file, target); err != nil {
		return err
	}
	if found && !o.resume {
		return &streams.Error{Text: fmt.Sprintf("a load of %s was interrupted after %s", path, count(l.records, "record")),
			Advice: "--resume goes on from there, --restart begins anew"}
	}
	if o.resume && !found {
		l.say("there is nothing to resume: the load begins at the beginning")
	}
	_, err = file.Seek(l.offset, io.SeekStart)
	return err
}

func (l *loading) run(ctx context.Context, w *writer) error {
	if l.journal != nil {
		w.Settled = func(end int64) error { return l.journal.Settle(end, l.records+int64(w.tally.Records)) }
	}
	err := w.run(ctx, l.read)
	if l.journal != nil {
		if err == nil {
			err = l.journal.Done()
		} else {
			err = errors.Join(err, l.journal.Keep())
		}
	}
	if err != nil {
		l.say("taken before that: %s", count(int64(w.tally.Records), "record"))
		if l.journal != nil && interrupted(ctx, err) {
			return &streams.Error{Text: "interrupted", Advice: "the same command with --resume goes on"}
		}
		return err
	}
	return l.report(w.tally, l.name)
}

// read makes entries of the lines, each when it is due.
func (l *loading) read(ctx context.Context, out chan<- streams.Entry) error {
	// Lines that a former load took were counted by it as records: one each.
	return streams.Lines(l.input, l.offset, l.records, func(line streams.Line) error {
		if len(bytes.TrimSpace(line.Text)) == 0 {
			return nil
		}
		r, err := streams.ParseRecord(line.Text)
		if err == nil && r.PartitionKey == "" {
			err = errors.New("the partitionKey is missing")
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", line.Number, err)
		}
		if err := l.pace.Wait(ctx, r.Arrival); err != nil {
			return err
		}
		return send(ctx, out, streams.Entry{PartitionKey: r.PartitionKey, ExplicitHashKey: r.ExplicitHashKey, Data: r.Data,
			Line: line.Number, Start: line.Start, End: line.End})
	})
}
