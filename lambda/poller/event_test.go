package poller

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/arn"
)

func goldenMapping() *Mapping {
	return &Mapping{UUID: "6f0f", Account: "000000000000", Region: "eu-west-1", Source: arn.ForStream("eu-west-1", "000000000000", "orders"),
		Function: "ingest", FunctionARN: "arn:aws:lambda:eu-west-1:000000000000:function:ingest",
		Role: "arn:aws:iam::000000000000:role/ingest-role"}
}

func goldenItems(t *template, records ...Record) []item {
	items := make([]item, len(records))
	for i := range records {
		items[i] = item{record: &records[i], size: t.recordSize(&records[i])}
	}
	return items
}

const goldenSequence = "49646437577108476416916876405825827138351405044649047359490"

func golden() Record {
	return Record{PartitionKey: "cust-7", SequenceNumber: goldenSequence, Data: []byte(`{"total":12}`), Arrival: time.UnixMilli(1764000000987)}
}

// goldenRecord is the record of 1.5 without its white space.
const goldenRecord = `{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"cust-7",` +
	`"sequenceNumber":"49646437577108476416916876405825827138351405044649047359490",` +
	`"data":"eyJ0b3RhbCI6MTJ9","approximateArrivalTimestamp":1764000000.987},` +
	`"eventSource":"aws:kinesis","eventVersion":"1.0",` +
	`"eventID":"shardId-000000000000:49646437577108476416916876405825827138351405044649047359490",` +
	`"eventName":"aws:kinesis:record",` +
	`"invokeIdentityArn":"arn:aws:iam::000000000000:role/ingest-role",` +
	`"awsRegion":"eu-west-1",` +
	`"eventSourceARN":"arn:aws:kinesis:eu-west-1:000000000000:stream/orders"}`

func TestEvent(t *testing.T) {
	m := goldenMapping()
	tpl := newTemplate(m, shard0)

	t.Run("1.5 the document", func(t *testing.T) {
		require.Equal(t, `{"Records":[`+goldenRecord+`]}`, string(tpl.event(goldenItems(tpl, golden()), nil)))
	})
	t.Run("1.5 two records", func(t *testing.T) {
		require.Equal(t, `{"Records":[`+goldenRecord+`,`+goldenRecord+`]}`, string(tpl.event(goldenItems(tpl, golden(), golden()), nil)))
	})
	t.Run("1.5 the stamp has three decimals", func(t *testing.T) {
		r := golden()
		r.Arrival = time.UnixMilli(1764000000000)
		require.Contains(t, string(tpl.event(goldenItems(tpl, r), nil)), `"approximateArrivalTimestamp":1764000000.000}`)
		r.Arrival = time.UnixMilli(1764000000050)
		require.Contains(t, string(tpl.event(goldenItems(tpl, r), nil)), `"approximateArrivalTimestamp":1764000000.050}`)
	})
	t.Run("1.5 an encrypted stream", func(t *testing.T) {
		r := golden()
		r.KMS = true
		require.Contains(t, string(tpl.event(goldenItems(tpl, r), nil)), `987,"encryptionType":"KMS"},"eventSource"`)
	})
	t.Run("1.5 a consumer is the source", func(t *testing.T) {
		m := goldenMapping()
		m.Source = m.Source.WithConsumer("fast", 1764000000)
		tpl := newTemplate(m, shard0)
		require.Contains(t, string(tpl.event(goldenItems(tpl, golden()), nil)),
			`"eventSourceARN":"arn:aws:kinesis:eu-west-1:000000000000:stream/orders/consumer/fast:1764000000"}]}`)
	})
	t.Run("1.10 a window", func(t *testing.T) {
		start := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
		w := &windowCall{start: start, end: start.Add(time.Minute), state: []byte(`{"n":1}`), final: true}
		require.Equal(t, `{"Records":[],"window":{"start":"2026-01-05T10:00:00Z","end":"2026-01-05T10:01:00Z"},"state":{"n":1},`+
			`"shardId":"shardId-000000000000","eventSourceARN":"arn:aws:kinesis:eu-west-1:000000000000:stream/orders",`+
			`"isFinalInvokeForWindow":true,"isWindowTerminatedEarly":false}`, string(tpl.event(nil, w)))
	})
}

// The cut of batches relies on sizes to the byte, and every key must come
// through as it was put.
func TestEventSizes(t *testing.T) {
	tpl := newTemplate(goldenMapping(), shard0)
	for _, key := range []string{"a", `"`, `\`, "\n\r\t\x01\x1f", "ключ", "日本", "😀", "\x7f", "<&>", "bad\xffutf8", strings.Repeat("é\"", 128)} {
		for _, data := range [][]byte{nil, {1}, {1, 2}, {1, 2, 3}, bytes.Repeat([]byte{0xff}, 1000)} {
			for _, kms := range []bool{false, true} {
				r := Record{PartitionKey: key, SequenceNumber: goldenSequence, Data: data, Arrival: testStart(), KMS: kms}
				require.Len(t, tpl.appendRecord(nil, &r), tpl.recordSize(&r), "%q", key)
				b := tpl.event(goldenItems(tpl, r, r), nil)
				require.LessOrEqual(t, len(b), cap(b))
				require.True(t, json.Valid(b))
				e := eventOf(t, b)
				require.Equal(t, strings.ToValidUTF8(key, "\uFFFD"), e.Records[1].Kinesis.PartitionKey)
				require.Equal(t, append([]byte{}, data...), e.Records[1].Kinesis.Data)
			}
		}
	}
}

func TestFailureDocument(t *testing.T) {
	at := func(text string) time.Time {
		ts, err := time.Parse(time.RFC3339Nano, text)
		require.NoError(t, err)
		return ts
	}
	f := failure{requestID: "9c1e", functionARN: "arn:aws:lambda:eu-west-1:000000000000:function:ingest", condition: retriesExhausted, invokes: 2,
		answered: true, version: "$LATEST", kind: "Unhandled", at: at("2026-01-05T10:11:12.345Z"), shardID: shard0, first: "49641", last: "49649",
		firstArrival: at("2026-01-05T10:10:00.1Z"), lastArrival: at("2026-01-05T10:10:01.2Z"), records: 9,
		streamARN: "arn:aws:kinesis:eu-west-1:000000000000:stream/orders"}
	const head = `{"requestContext":{"requestId":"9c1e","functionArn":"arn:aws:lambda:eu-west-1:000000000000:function:ingest",`
	const foot = `"version":"1.0","timestamp":"2026-01-05T10:11:12.345Z","KinesisBatchInfo":{"shardId":"shardId-000000000000",` +
		`"startSequenceNumber":"49641","endSequenceNumber":"49649","approximateArrivalOfFirstRecord":"2026-01-05T10:10:00.100Z",` +
		`"approximateArrivalOfLastRecord":"2026-01-05T10:10:01.200Z","batchSize":9,` +
		`"streamArn":"arn:aws:kinesis:eu-west-1:000000000000:stream/orders"}}`

	t.Run("1.8 a function error", func(t *testing.T) {
		require.Equal(t, head+`"condition":"RetryAttemptsExhausted","approximateInvokeCount":2},`+
			`"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},`+foot, string(f.document()))
	})
	t.Run("1.8 a partial answer", func(t *testing.T) {
		f := f
		f.kind = ""
		require.Equal(t, head+`"condition":"RetryAttemptsExhausted","approximateInvokeCount":2},`+
			`"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":null},`+foot, string(f.document()))
	})
	t.Run("1.8 too old", func(t *testing.T) {
		f := f
		f.condition, f.invokes, f.answered = tooOld, 1, false
		require.Equal(t, head+`"condition":"RecordAgeExceeded","approximateInvokeCount":1},`+foot, string(f.document()))
	})
	t.Run("1.8 with the records, for buckets", func(t *testing.T) {
		whole := Failure{Document: f.document(), Payload: []byte(`{"Records":[]}`)}
		doc := string(f.document())
		require.Equal(t, doc[:len(doc)-1]+`,"payload":{"Records":[]}}`, string(whole.WithPayload()))
	})
}

func BenchmarkEvent(b *testing.B) {
	tpl := newTemplate(goldenMapping(), shard0)
	records := make([]Record, 500)
	for i := range records {
		records[i] = golden()
		records[i].Data = make([]byte, 200)
	}
	items := goldenItems(tpl, records...)
	b.ReportAllocs()
	for b.Loop() {
		tpl.event(items, nil)
	}
	b.ReportMetric(float64(b.N)*500/b.Elapsed().Seconds(), "records/s")
}
