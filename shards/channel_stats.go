package shards

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
