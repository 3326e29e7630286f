package sluice

import (
	"context"
	"time"

	"sluice/firehose"
	"sluice/internal/caller"
	"sluice/server"
)

const firehoseID = "firehose"

// firehoseTransition is about how long a delivery stream is CREATING at AWS.
const firehoseTransition = 20 * time.Second

// openFirehose opens delivery streams over the store; they deliver to the
// bucket store and close before it.
func (s *Sluice) openFirehose(ctx context.Context, inst *instance) error {
	transition := s.config.Transition.after
	if s.config.Transition.kind == transitionLikeAWS {
		transition = firehoseTransition
	}
	room, err := firehose.Open(ctx, firehose.Config{
		Clock: s.clock, Hold: s.clock.Hold, Dice: s.dice, Space: inst.store.Space(firehoseID), Log: inst.store.Log(firehoseID),
		Bucket: channelBuckets{inst.buckets.Load()}, Transition: transition, Logger: s.log,
	})
	if err != nil {
		return err
	}
	inst.firehose.Store(room)
	inst.onClose("delivery streams", room.Close)
	inst.resets[firehoseID] = room.Reset
	return inst.mounts.Mount(firehoseID, room, server.Coverage(firehose.Coverage()))
}

// hoses is the delivery streams as the admin API sees them.
type hoses struct{ *Sluice }

// Flush implements server.Hoses.
func (h hoses) Flush(ctx context.Context, account, region, name string) (out server.Flushed, err error) {
	inst := h.current.Load()
	if inst == nil || inst.firehose.Load() == nil {
		return out, errNoInstance
	}
	done, err := inst.firehose.Load().Flush(caller.With(ctx, caller.Caller{Account: account, Region: region}), name)
	return server.Flushed{Objects: done.Objects, Records: done.Records, Bytes: done.Bytes, Failed: done.Failed}, err
}

// Measure implements server.Hoses.
func (h hoses) Measure(m server.Metrics) {
	inst := h.current.Load()
	if inst == nil || inst.firehose.Load() == nil {
		return
	}
	samples := map[string][]firehose.Sample{}
	inst.firehose.Load().Samples(func(s firehose.Sample) { samples[s.Name] = append(samples[s.Name], s) })
	for _, kind := range firehose.Kinds() {
		name := "sluice_firehose_" + kind.Name + "_total"
		m.Family(name, "counter", kind.Help)
		for _, one := range samples[kind.Name] {
			m.Sample(name, float64(one.Value), "account", one.Account, "region", one.Region, "stream", one.Stream)
		}
	}
}
