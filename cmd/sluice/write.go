package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"sluice/cmd/sluice/streams"
	"sluice/internal/clock"
	"sluice/internal/dice"
)

// writes is what the flags of put and load say about how to write.
type writes struct {
	ordered bool
	giveUp  time.Duration
}

func (o *writes) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.ordered, "ordered", false, "put one record of a key into a request at most, so that a partial refusal cannot change their order")
	cmd.Flags().DurationVar(&o.giveUp, "give-up", time.Minute, "end when no record was taken for so long")
}

// tally counts what was written.
type tally struct {
	Records int            `json:"records"`
	Bytes   int64          `json:"bytes"`
	Resent  int            `json:"resent"`
	Shards  map[string]int `json:"shards"`
}

func (t *tally) take(r streams.Receipt) {
	records, bytes := 1, len(r.Entry.Data)
	if r.Entry.Records > 0 {
		records, bytes = r.Entry.Records, r.Entry.Bytes
	}
	t.Records += records
	t.Bytes += int64(bytes)
	t.Shards[r.ShardID] += records
}

// writer is a producer and what there is to tell about it.
type writer struct {
	*streams.Producer
	tally tally
	bar   *bar
}

func (c *client) writer(stream string, o *writes, bar *bar) *writer {
	w := &writer{tally: tally{Shards: map[string]int{}}, bar: bar}
	told := false
	w.Producer = &streams.Producer{Sink: c.api, Clock: clock.Host(), Dice: dice.System(), Stream: stream, Ordered: o.ordered,
		Linger: linger, GiveUp: o.giveUp}
	w.Accepted = func(r streams.Receipt) error {
		w.tally.take(r)
		w.bar.reach(r.Entry.End, count(int64(w.tally.Records), "record"))
		return nil
	}
	w.Refused = func(records int, reason string, wait time.Duration) {
		w.tally.Resent += records
		if !told && w.bar.shown == nil {
			told = true
			c.say("refused, and sent again until it is taken: %s", reason)
		}
		w.bar.reach(-1, count(int64(w.tally.Records), "record")+", waiting "+wait.Round(time.Millisecond).String())
	}
	return w
}

const (
	// linger is how long a batch that is not full waits for more: below what a
	// person notices.
	linger = 20 * time.Millisecond
	// packLinger is what the producer library lets an aggregate wait by default.
	packLinger = 100 * time.Millisecond
)

// run lets source feed the producer. Whatever came before an error of the
// source is still written. A source that waits for input is left behind when
// the producer fails: nothing can wake it but the end of the process.
func (w *writer) run(ctx context.Context, source func(ctx context.Context, out chan<- streams.Entry) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	entries := make(chan streams.Entry, 100)
	read := make(chan error, 1)
	go func() {
		read <- source(ctx, entries)
		close(entries)
	}()
	err := w.Run(ctx, entries)
	w.bar.done()
	if err != nil {
		return err
	}
	return <-read
}

// send gives an entry to a channel, unless ctx ends first.
func send(ctx context.Context, out chan<- streams.Entry, e streams.Entry) error {
	select {
	case out <- e:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// report says what was written.
func (c *client) report(t tally, stream string) error {
	if c.asJSON {
		return c.object(t)
	}
	again := ""
	if t.Resent > 0 {
		again = fmt.Sprintf(", %d sent again", t.Resent)
	}
	c.say("put %s, %s, into %s%s", count(int64(t.Records), "record"), bytesText(t.Bytes), stream, again)
	return nil
}

// count is a number of things in words.
func count(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func bytesText(n int64) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return count(n, "byte")
}
