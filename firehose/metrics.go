package firehose

import "time"

// Datum is a value of a metric as CloudWatch names it, of one delivery stream.
type Datum struct {
	Name, Unit string
	Value      float64
}

// Meter takes the metrics of a delivery stream. Methods are called concurrently
// and must be quick.
type Meter interface {
	Record(account, region, stream string, data []Datum)
}

// The units of CloudWatch.
const (
	unitCount   = "Count"
	unitBytes   = "Bytes"
	unitSeconds = "Seconds"
	unitMillis  = "Milliseconds"
)

func (f *Firehose) record(s *stream, data ...Datum) {
	if f.config.Meter != nil {
		f.config.Meter.Record(s.key.account, s.key.region, s.key.name, data)
	}
}

// recordPut tells of a put, of which so many records were let pass.
func (f *Firehose) recordPut(s *stream, batch bool, records, bytes, throttled int) {
	call := "PutRecord"
	if batch {
		call = "PutRecordBatch"
	}
	data := []Datum{{"IncomingPutRequests", unitCount, 1}, {"IncomingRecords", unitCount, float64(records)}, {"IncomingBytes", unitBytes, float64(bytes)},
		{call + ".Requests", unitCount, 1}, {call + ".Bytes", unitBytes, float64(bytes)}, {"ThrottledRecords", unitCount, float64(throttled)}}
	if batch {
		data = append(data, Datum{"PutRecordBatch.Records", unitCount, float64(records)})
	}
	f.record(s, data...)
}

// recordRead tells of records read from a Kinesis stream.
func (f *Firehose) recordRead(s *stream, records, bytes int) {
	f.record(s, Datum{"DataReadFromKinesisStream.Records", unitCount, float64(records)}, Datum{"DataReadFromKinesisStream.Bytes", unitBytes, float64(bytes)})
}

// recordDelivery tells of an attempt on a way; oldest is the arrival of the
// first record.
func (f *Firehose) recordDelivery(w way, st *streamState, ok bool, records, bytes int, oldest time.Time) {
	prefix := "DeliveryToS3."
	switch {
	case w.backup:
		prefix = "BackupToS3."
	case w.deliversPosts(st):
		prefix = "DeliveryToHttpEndpoint."
	}
	if !ok {
		f.record(w.stream, Datum{prefix + "Success", unitCount, 0})
		return
	}
	data := []Datum{{prefix + "Success", unitCount, 1}, {prefix + "Records", unitCount, float64(records)}, {prefix + "Bytes", unitBytes, float64(bytes)}}
	if age := f.config.Clock.Now().Sub(oldest); records > 0 {
		data = append(data, Datum{prefix + "DataFreshness", unitSeconds, age.Seconds()})
	}
	f.record(w.stream, data...)
}

// recordCall tells of a call of a function.
func (f *Firehose) recordCall(s *stream, ok bool, took time.Duration) {
	success := 0.0
	if ok {
		success = 1
	}
	f.record(s, Datum{"ExecuteProcessing.Success", unitCount, success}, Datum{"ExecuteProcessing.Duration", unitMillis, float64(took.Milliseconds())})
}
