package firehose

// Sample is one count of one delivery stream.
type Sample struct {
	// Name is that of a Kind.
	Name, Account, Region, Stream string
	Value                         uint64
}

// Kind is something that is counted.
type Kind struct{ Name, Help string }

// Kinds lists what is counted, since the room was opened.
func Kinds() []Kind {
	return []Kind{
		{"incoming_records", "Records taken, by delivery stream."},
		{"incoming_bytes", "Bytes of records taken, by delivery stream."},
		{"read_records", "Records read from the source, aggregates opened, by delivery stream."},
		{"read_bytes", "Bytes of records read from the source, by delivery stream."},
		{"invocations", "Calls of the Lambda function, by delivery stream."},
		{"invocation_failures", "Calls of the Lambda function that failed, by delivery stream."},
		{"throttled_records", "Records refused by the throughput quota, by delivery stream."},
		{"dropped_records", "Records that an endpoint refused for good, by delivery stream."},
		{"relaxed_urls", "Addresses accepted that AWS refuses, by delivery stream."},
		{"delivered_records", "Records delivered, by delivery stream."},
		{"delivered_bytes", "Bytes of records delivered, by delivery stream."},
		{"objects", "Objects put, those of backups and of failed records included, by delivery stream."},
		{"failed_records", "Records that became error records, by delivery stream."},
		{"failures", "Deliveries that failed and are tried again, by delivery stream."},
		{"expired_records", "Records that were stored for a day and could not be delivered, by delivery stream."},
	}
}

// Samples calls f with every count.
func (f *Firehose) Samples(see func(Sample)) {
	for _, s := range f.all() {
		c := &s.pump.counts
		for name, value := range map[string]uint64{
			"incoming_records": c.IncomingRecords.Load(), "incoming_bytes": c.IncomingBytes.Load(),
			"read_records": c.ReadRecords.Load(), "read_bytes": c.ReadBytes.Load(),
			"invocations": c.Invocations.Load(), "invocation_failures": c.InvocationFailures.Load(),
			"throttled_records": c.Throttled.Load(), "dropped_records": c.Dropped.Load(), "relaxed_urls": c.Relaxed.Load(),
			"delivered_records": c.Records.Load(), "delivered_bytes": c.Bytes.Load(), "objects": c.Objects.Load(),
			"failed_records": c.Failed.Load(), "failures": c.Failures.Load(), "expired_records": c.Expired.Load(),
		} {
			see(Sample{name, s.key.account, s.key.region, s.key.name, value})
		}
	}
}
