package sluice

import (
	"context"
	"slices"
	"strconv"
	"time"

	"sluice/firehose"
	"sluice/server"
	"sluice/shards"
)

// Limits is which of the service's rates are enforced now.
func (s *Sluice) Limits() Limits { return *s.limits.Load() }

// SetLimits changes which of the service's rates are enforced, from the next
// call on. A reload of settings that say otherwise changes it again.
func (s *Sluice) SetLimits(l Limits) error {
	if err := new(Limits).UnmarshalText([]byte(l)); err != nil {
		return &UsageError{Setting: "limits", Problem: err.Error()}
	}
	s.reloading.Lock()
	defer s.reloading.Unlock()
	s.setLimits(l)
	return nil
}

// setLimits is SetLimits for a good value; s.reloading is held. A new instance
// that is being opened meanwhile looks at s.limits once more when it is there.
func (s *Sluice) setLimits(l Limits) {
	s.live.Limits = l
	s.limits.Store(&l)
	if inst := s.current.Load(); inst != nil {
		inst.limit(l)
	}
}

// room is the setting as the room of streams takes it.
func (l Limits) room() shards.Limits {
	if len(l) > 0 && l[0] == 'x' {
		factor, _ := strconv.ParseFloat(string(l[1:]), 64) // UnmarshalText has seen it
		return shards.Limits{Enforced: true, Factor: factor}
	}
	return shards.Limits{Enforced: l == LimitsAWS}
}

// limit hands limits to the rooms that there are.
func (inst *instance) limit(l Limits) {
	if room := inst.streams.Load(); room != nil {
		room.SetLimits(l.room())
	}
	if room := inst.firehose.Load(); room != nil {
		room.SetLimits(firehose.Limits{Enforced: l.room().Enforced, Factor: l.room().Factor})
	}
}

// traffic answers the admin paths about limits and load.
type traffic struct{ *Sluice }

// Limits implements server.Traffic.
func (t traffic) Limits() string { return string(t.Sluice.Limits()) }

// SetLimits implements server.Traffic.
func (t traffic) SetLimits(setting string) error { return t.Sluice.SetLimits(Limits(setting)) }

// Heat implements server.Traffic.
func (t traffic) Heat(ctx context.Context, stream string, window time.Duration) (any, error) {
	room, err := t.room()
	if err != nil {
		return nil, err
	}
	return room.Heat(ctx, stream, window)
}

func (s *Sluice) room() (*shards.Streams, error) {
	if inst := s.current.Load(); inst != nil {
		if room := inst.streams.Load(); room != nil {
			return room, nil
		}
	}
	return nil, errNoInstance
}

// Measure implements server.Traffic: a family for each kind of count.
func (t traffic) Measure(m server.Metrics) {
	t.measureReported(m)
	room, err := t.room()
	if err != nil {
		return
	}
	kinds := []struct{ name, help string }{
		{shards.CountRecordsIn, "Records written, by shard."},
		{shards.CountBytesIn, "Bytes of data and keys written, by shard."},
		{shards.CountRecordsOut, "Records read and pushed, by shard."},
		{shards.CountBytesOut, "Bytes read by GetRecords, by shard."},
		{shards.CountFanoutBytes, "Bytes pushed to subscriptions, by shard."},
		{shards.CountFanoutPauses, "Times a subscription was slowed down to its rate, by shard."},
		{shards.CountRefused, "Records and calls refused for a limit, by shard and reason."},
		{shards.CountCallsRefused, "Calls refused for the rate of their operation."},
		{shards.CountChannelRecords, "Records delivered, by channel."},
		{shards.CountChannelBytes, "Bytes of records delivered, by channel."},
		{shards.CountChannelObjects, "Objects put, by channel."},
		{shards.CountChannelStored, "Bytes of objects put, by channel."},
		{shards.CountChannelDead, "Records written to the dead letters, by channel."},
		{shards.CountChannelFailures, "Deliveries that failed and are tried again, by channel."},
		{shards.CountChannelExpired, "Records that passed retention undelivered, by channel."},
	}
	samples := map[string][]shards.Sample{}
	room.Samples(func(s shards.Sample) { samples[s.Name] = append(samples[s.Name], s) })
	for _, kind := range kinds {
		name := "sluice_" + kind.name + "_total"
		m.Family(name, "counter", kind.help)
		for _, s := range samples[kind.name] {
			m.Sample(name, float64(s.Value), labels(s)...)
		}
	}
	m.Family("sluice_channel_oldest_waiting_seconds", "gauge", "Age of the oldest record that is not delivered, by channel.")
	room.Waiting(func(account, region, stream, channel string, age time.Duration) {
		m.Sample("sluice_channel_oldest_waiting_seconds", age.Seconds(), "account", account, "region", region, "stream", stream, "channel", channel)
	})
	measureScaling(room, m)
}

// measureScaling writes what was decided about streams that scale.
func measureScaling(room *shards.Streams, m server.Metrics) {
	m.Family("sluice_scaling_decisions_total", "counter", "Decisions of the scaler, by stream and action.")
	room.DecisionCounts(func(account, region, stream, action string, n int64) {
		m.Sample("sluice_scaling_decisions_total", float64(n), "account", account, "region", region, "stream", stream, "action", action)
	})
}

func labels(s shards.Sample) []string {
	out := []string{"account", s.Account, "region", s.Region}
	for _, l := range [][2]string{{"stream", s.Stream}, {"channel", s.Channel}, {"shard", s.Shard}, {"operation", s.Operation}, {"reason", s.Reason}} {
		if l[1] != "" {
			out = append(out, l[0], l[1])
		}
	}
	return slices.Clip(out)
}
