package wire

import (
	"bytes"
	"fmt"
	"io"
	"runtime/debug"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// kib is one record's data.
func kib() []byte { return bytes.Repeat([]byte("sluice: "), 128) }

// benchInput returns the request body of PutRecords or, for one record, PutRecord.
func benchInput(p *Plan, c Codec, records int) []byte {
	var in any = &kinesis.PutRecordInput{StreamName: aws.String("orders"), Data: kib(), PartitionKey: aws.String("customer-4711")}
	if records > 1 {
		many := &kinesis.PutRecordsInput{StreamName: aws.String("orders")}
		for i := range records {
			many.Records = append(many.Records, types.PutRecordsRequestEntry{
				Data: kib(), PartitionKey: aws.String(fmt.Sprintf("customer-%d", i))})
		}
		in = many
	}
	if c.Protocol() == JSON11 {
		w := jsonWriter{}
		w.value(p.in, pointerTo(in))
		return w.b
	}
	w := cborWriter{}
	w.value(p.in, pointerTo(in))
	return w.b
}

// roomyHeap lets the collector run as rarely as in a server whose heap holds
// records; on the tiny heap of a test it would be most of what is measured.
func roomyHeap(b *testing.B) {
	before := debug.SetGCPercent(2000)
	b.Cleanup(func() { debug.SetGCPercent(before) })
}

func BenchmarkDecode(b *testing.B) {
	roomyHeap(b)
	for _, protocol := range []Protocol{JSON11, CBOR11} {
		for operation, records := range map[string]int{"PutRecord": 1, "PutRecords": 500} {
			b.Run(fmt.Sprintf("%s/%s", protocol, operation), func(b *testing.B) {
				p, c := compile(b, "kinesis", operation), CodecFor(protocol)
				r := &Request{Body: benchInput(p, c, records)}
				b.SetBytes(int64(len(r.Body)))
				b.ReportAllocs()
				for b.Loop() {
					in, notes, err := c.DecodeInput(p, r)
					if err != nil {
						b.Fatal(err)
					}
					if f := p.Validate(in, notes); f != nil {
						b.Fatal(f)
					}
				}
			})
		}
	}
}

// BenchmarkPuts reads 500 small records: with the plan, and by hand.
func BenchmarkPuts(b *testing.B) {
	roomyHeap(b)
	p := compile(b, "kinesis", "PutRecords")
	in := &kinesis.PutRecordsInput{StreamName: aws.String("orders")}
	for i := range 500 {
		in.Records = append(in.Records, types.PutRecordsRequestEntry{Data: kib()[:100], PartitionKey: aws.String(fmt.Sprintf("%08d", i))})
	}
	for _, protocol := range []Protocol{JSON11, CBOR11} {
		e := encoding{n: p.in, p: pointerTo(in), cbor: protocol == CBOR11}
		body := e.append(nil, nil)
		for name, memory := range map[string]*PutMemory{"plan": nil, "hand": {}} {
			b.Run(fmt.Sprintf("%s/%s", protocol, name), func(b *testing.B) {
				r := &Request{Body: body, Blobs: make([]byte, len(body)), Memory: memory}
				b.ReportAllocs()
				for b.Loop() {
					in, notes, err := CodecFor(protocol).DecodeInput(p, r)
					if err != nil || p.Validate(in, notes) != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(500*b.N), "ns/record")
			})
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	roomyHeap(b)
	records := &kinesis.GetRecordsOutput{MillisBehindLatest: aws.Int64(0), NextShardIterator: aws.String("AAAA")}
	at := time.UnixMilli(1545084650987)
	for i := range 10000 {
		records.Records = append(records.Records, types.Record{
			Data: kib(), PartitionKey: aws.String("customer-4711"), ApproximateArrivalTimestamp: &at,
			SequenceNumber: aws.String(fmt.Sprintf("4959%052d", i))})
	}
	put := &kinesis.PutRecordsOutput{FailedRecordCount: aws.Int32(0)}
	for i := range 500 {
		put.Records = append(put.Records, types.PutRecordsResultEntry{
			ShardId: aws.String("shardId-000000000000"), SequenceNumber: aws.String(fmt.Sprintf("4959%052d", i))})
	}
	one := &kinesis.PutRecordOutput{ShardId: aws.String("shardId-000000000000"), SequenceNumber: aws.String(fmt.Sprintf("4959%052d", 1))}
	for _, protocol := range []Protocol{JSON11, CBOR11} {
		for operation, out := range map[string]any{"GetRecords": records, "PutRecords": put, "PutRecord": one} {
			b.Run(fmt.Sprintf("%s/%s", protocol, operation), func(b *testing.B) {
				p, c := compile(b, "kinesis", operation), CodecFor(protocol)
				room := make([]byte, 0, PieceRoom)
				b.ReportAllocs()
				for b.Loop() {
					r, err := c.EncodeOutput(p, out)
					if err == nil && r.Large() {
						err = r.WritePieces(io.Discard, room)
					} else if r.Gathers() {
						r.Gather(room)
					}
					if err != nil {
						b.Fatal(err)
					}
					b.SetBytes(int64(r.Length()))
				}
			})
		}
	}
}

// BenchmarkStart is what a start pays for the tables and plans of Kinesis.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		if _, err := readModel(kinesisModel); err != nil {
			b.Fatal(err)
		}
		for name := range kinesisService().Operations {
			compile(b, "kinesis", name)
		}
	}
}
