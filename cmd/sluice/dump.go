package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"sluice/cmd/sluice/streams"
)

// dumpCommand writes a stream as JSON lines.
func (p *program) dumpCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "dump STREAM", Short: "Write the records of a stream as JSON lines", GroupID: groupStreams,
		Long: "Write the records of a stream as JSON lines, the oldest first, for `sluice load` and other programs. It ends\n" +
			"where the stream does.",
		Example: `  sluice dump orders >orders-today.jsonl
  sluice dump orders --output saved.jsonl --from 1h
  sluice dump orders --output saved.jsonl --resume
  sluice dump orders --readable --limit 10`,
		Args: cobra.ExactArgs(1),
	}
	c := p.addClient(cmd)
	var o reads
	o.flags(cmd, "trim-horizon")
	d := &dumpOptions{}
	cmd.Flags().StringVarP(&d.path, "output", "o", "", "file to write instead of standard output")
	cmd.Flags().BoolVar(&d.resume, "resume", false, "go on behind what the file holds")
	cmd.Flags().BoolVar(&d.readable, "readable", false, `write the data as "text" where it is UTF-8`)
	cmd.RunE = c.runs(func(ctx context.Context, args []string) error { return c.dump(ctx, args[0], &o, d) })
	return cmd
}

type dumpOptions struct {
	path             string
	resume, readable bool
}

func (c *client) dump(ctx context.Context, name string, o *reads, d *dumpOptions) (err error) {
	f, err := c.follower(ctx, name, o)
	if err != nil {
		return err
	}
	if d.resume && d.path == "" {
		return misuse("resume", errors.New("it needs --output FILE"))
	}
	out := c.stdout
	if d.path != "" {
		file, after, err := d.open()
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out, f.After = file, after
	}
	w := bufio.NewWriterSize(out, 1<<16)
	bar := &bar{}
	if !terminal(out) {
		bar = c.progress("dump", -1)
	}
	records, written := int64(0), int64(0)
	err = f.Run(ctx, func(r streams.Record) error {
		line, err := d.line(r)
		if err != nil {
			return err
		}
		n, err := w.Write(append(line, '\n'))
		if err != nil {
			return err
		}
		records, written = records+1, written+int64(n)
		bar.reach(written, count(records, "record"))
		if o.limit > 0 && records >= o.limit {
			return streams.ErrEnough
		}
		return nil
	})
	bar.done()
	err = errors.Join(err, w.Flush())
	switch {
	case err == nil:
		c.say("dumped %s of %s", count(records, "record"), name)
	case d.path != "":
		c.say("dumped %s of %s before it ended; --resume goes on", count(records, "record"), name)
	}
	return err
}

func (d *dumpOptions) line(r streams.Record) ([]byte, error) {
	if d.readable {
		return r.Readable()
	}
	return json.Marshal(r)
}

// open opens the file to write. One that is there is only written to when the
// dump is to go on behind it.
func (d *dumpOptions) open() (*os.File, map[string]string, error) {
	flags := os.O_RDWR | os.O_CREATE
	if !d.resume {
		flags |= os.O_EXCL
	}
	file, err := os.OpenFile(d.path, flags, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil, nil, &streams.Error{Text: d.path + " is there already", Advice: "--resume goes on behind what it holds; or write to another file"}
	}
	if err != nil || !d.resume {
		return file, nil, err
	}
	after, end, err := dumped(file)
	if err == nil {
		err = file.Truncate(end)
	}
	if err == nil {
		_, err = file.Seek(end, 0)
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", d.path, err), file.Close())
	}
	return file, after, nil
}

// dumped finds the last sequence number of each shard in a dump, and where the
// dump goes on. A line that was cut off does not count, nor do the user records
// at the end that came out of an aggregate which may have more.
func dumped(file *os.File) (after map[string]string, end int64, err error) {
	after = map[string]string{}
	var last streams.Record
	var lastStart int64
	var before string
	err = streams.Lines(file, 0, 0, func(l streams.Line) error {
		if !l.Whole {
			return nil
		}
		r, err := streams.ParseRecord(l.Text)
		if err == nil && (r.ShardID == "" || r.SequenceNumber == "") {
			err = errors.New("not a dump: shardId or sequenceNumber is missing")
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", l.Number, err)
		}
		if r.ShardID != last.ShardID || r.SequenceNumber != last.SequenceNumber {
			lastStart, before = l.Start, after[r.ShardID]
		}
		last, end = r, l.End
		after[r.ShardID] = r.SequenceNumber
		return nil
	})
	if err == nil && last.SubSequenceNumber != nil {
		end = lastStart
		after[last.ShardID] = before
	}
	return after, end, err
}
