package shards

import "time"

// Waiting tells of every channel how old the oldest record is that it has not
// delivered; 0 when there is none.
func (s *Streams) Waiting(yield func(account, region, stream, channel string, age time.Duration)) {
	now := s.clock.Now()
	for _, c := range s.channelsOf(streamKey{}, nil) {
		age := time.Duration(0)
		if oldest := c.pump.oldest.Load(); oldest != 0 {
			age = max(0, now.Sub(timeOf(oldest)))
		}
		yield(c.key.account, c.key.region, c.stream.key.name, c.view.Load().state.Name, age)
	}
}

// samples tells what a channel did since the room was opened.
func (c *channel) samples(yield func(Sample)) {
	n := &c.pump.counts
	at := Sample{Channel: c.view.Load().state.Name, Stream: c.stream.key.name, Account: c.key.account, Region: c.key.region}
	for _, count := range []struct {
		name  string
		value uint64
	}{
		{CountChannelRecords, n.records.Load()}, {CountChannelBytes, n.bytes.Load()}, {CountChannelObjects, n.objects.Load()},
		{CountChannelStored, n.stored.Load()}, {CountChannelDead, n.dead.Load()}, {CountChannelFailures, n.failed.Load()},
		{CountChannelExpired, n.expired.Load()},
	} {
		if at.Name, at.Value = count.name, count.value; count.value > 0 {
			yield(at)
		}
	}
}
