package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"sluice/cmd/sluice/streams"
	"sluice/internal/clock"
	"sluice/internal/dice"
)

// reads is what the flags of get, tail and dump say about what to read.
type reads struct {
	from, shard string
	deaggregate bool
	limit       int64
	poll        time.Duration
	parallel    int
}

func (o *reads) flags(cmd *cobra.Command, from string) {
	flags := cmd.Flags()
	flags.StringVar(&o.from, "from", from, "where to start: trim-horizon, latest, a time such as 2027-01-31T12:00:00Z, an age such as 15m, a sequence number, after:SEQUENCE")
	flags.StringVar(&o.shard, "shard", "", "read this shard only, given by its id or number")
	flags.BoolVar(&o.deaggregate, "deaggregate", false, "take aggregated records of the producer library apart")
	flags.Int64VarP(&o.limit, "limit", "n", 0, "end after so many records")
	flags.IntVar(&o.parallel, "parallel", 8, "how many shards are read at a time")
	_ = cmd.RegisterFlagCompletionFunc("from", cobra.FixedCompletions([]string{"trim-horizon", "latest"}, cobra.ShellCompDirectiveNoFileComp))
}

// follower makes a reader of the stream.
func (c *client) follower(ctx context.Context, stream string, o *reads) (*streams.Follower, error) {
	from, err := streams.ParsePosition(o.from, func() time.Time { return c.serviceNow(ctx) })
	switch {
	case err != nil:
		return nil, misuse("from", err)
	case from.InShard() && o.shard == "":
		return nil, misuse("from", errors.New("a sequence number belongs to a shard; say which with --shard"))
	case o.limit < 0:
		return nil, misuse("limit", errors.New("it cannot be negative"))
	case o.parallel < 1:
		return nil, misuse("parallel", errors.New("it must be at least 1"))
	}
	f := &streams.Follower{Source: c.api, Clock: clock.Host(), Dice: dice.System(), Stream: stream, From: from,
		Deaggregate: o.deaggregate, Poll: o.poll, Parallel: o.parallel}
	if o.shard != "" {
		shard, _, err := c.find(ctx, stream, o.shard)
		if err != nil {
			return nil, err
		}
		f.Shard = *shard.ShardId
	}
	return f, nil
}

// serviceNow is the time that arrival stamps go by: that of Sluice's movable
// clock, or else this machine's.
func (c *client) serviceNow(ctx context.Context) time.Time {
	if !c.endpoint.AWS {
		a := &admin{endpoint: c.endpoint.URL, env: c.env}
		var doc struct{ Now time.Time }
		status, answer, err := a.call(ctx, http.MethodGet, "/_sluice/clock", nil, 0)
		if err == nil && status == http.StatusOK && json.Unmarshal(answer, &doc) == nil && !doc.Now.IsZero() {
			return doc.Now
		}
	}
	return clock.Host().Now()
}

// read prints records until the end, the limit, or a person has seen enough.
func (c *client) read(ctx context.Context, f *streams.Follower, o *reads, p *printer) error {
	taken, last := int64(0), streams.Record{}
	err := f.Run(ctx, func(r streams.Record) error {
		if err := p.print(ctx, r); err != nil {
			return err
		}
		if f.Follow {
			if err := p.out.Flush(); err != nil {
				return err
			}
		}
		last = r
		if taken++; o.limit > 0 && taken >= o.limit {
			return streams.ErrEnough
		}
		return nil
	})
	if flushed := p.out.Flush(); err == nil {
		err = flushed
	}
	if f.Follow && interrupted(ctx, err) {
		c.say("%s", goOn(taken, last, o.shard))
		return nil // that is how following ends
	}
	return err
}

// goOn says how to follow a stream from where a person has stopped. Of one
// shard that is a sequence number; of several only a time is common to all.
func goOn(taken int64, last streams.Record, shard string) string {
	switch {
	case taken == 0:
		return "stopped before the first record"
	case shard != "":
		return fmt.Sprintf("stopped after %s; --shard %s --from after:%s goes on", count(taken, "record"), last.ShardID, last.SequenceNumber)
	}
	return fmt.Sprintf("stopped after %s; --from %s goes on, with the records of that millisecond once more",
		count(taken, "record"), last.Arrival.UTC().Format("2006-01-02T15:04:05.000Z07:00"))
}
