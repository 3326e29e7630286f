package shards

import (
	"context"
	"errors"
	"slices"
	"unsafe"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/internal/page"
)

// numberRoom is the most digits that a sequence number has.
const numberRoom = 58

// totalLimit is what the records of one request may weigh, keys included.
const totalLimit = 10 << 20

// PutRecords writes up to 500 records with one append, in request order within
// each shard. A record that is no good fails the whole request before anything
// is written; a shard that is too busy, or fails, fails its records only.
//
// State: real
// Notes: 1 MiB and 1,000 records a second and shard
// Test: TestPutRecords
func (s *Streams) PutRecords(ctx context.Context, in *kinesis.PutRecordsInput, _ ...opt) (*kinesis.PutRecordsOutput, error) {
	st, v, err := s.writable(ctx, in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	p := s.newPut(st, len(in.Records))
	defer s.donePut(p)
	if err := p.takeAll(v, in.Records); err != nil {
		return nil, err
	}
	if aws.ToBool(in.DryRun) {
		return nil, errDryRun()
	}
	if err := s.write(ctx, p, v); err != nil {
		return nil, err
	}
	a := s.newPutAnswer(ctx)
	a.fill(s, p, v)
	return &a.out, nil
}

// putAnswer is the memory of an answer to PutRecord or PutRecords: 500 numbers of 56 digits
// and as many pointers to them made a third of all garbage.
type putAnswer struct {
	one     kinesis.PutRecordOutput
	out     kinesis.PutRecordsOutput
	failed  int32
	entries []types.PutRecordsResultEntry
	digits  []byte // of all numbers
	numbers []string
	runs    [runsKept]run
	release func() // gives it back
}

// runsKept is how many shards get their numbers by counting on. Where there are more,
// few records follow each other anyway.
const runsKept = 8

// newPutAnswer returns memory for an answer: pooled where somebody tells when it
// has been used, else of its own.
func (s *Streams) newPutAnswer(ctx context.Context) *putAnswer {
	lease := page.From(ctx)
	if lease == nil {
		return new(putAnswer)
	}
	a, _ := s.answers.Get().(*putAnswer)
	if a == nil {
		a = new(putAnswer)
		a.release = func() { s.recycle(a) }
	}
	lease.Keep(a.release)
	return a
}

// recycle takes an answer back that has been used.
func (s *Streams) recycle(a *putAnswer) {
	if len(a.entries) > 0 {
		clear(a.entries)
		a.entries, a.runs = a.entries[:0], [runsKept]run{}
	}
	a.one, a.out = kinesis.PutRecordOutput{}, kinesis.PutRecordsOutput{}
	s.answers.Put(a)
}

// number makes the one number of a PutRecord.
func (a *putAnswer) number(r *written) *string {
	a.digits = r.shard.appendNumber(slices.Grow(a.digits[:0], numberRoom), r.position, r.second)
	a.numbers = append(a.numbers[:0], unsafe.String(unsafe.SliceData(a.digits), len(a.digits)))
	return &a.numbers[0]
}

// fill makes one entry per record. All numbers share one text and all pointers
// one slice.
func (a *putAnswer) fill(s *Streams, p *put, v *view) {
	n := len(p.results)
	a.failed = 0
	a.entries, a.numbers = slices.Grow(a.entries[:0], n)[:n], slices.Grow(a.numbers[:0], n)[:n]
	a.digits = slices.Grow(a.digits[:0], numberRoom*n)
	for i := range p.results {
		r := &p.results[i]
		if r.err != nil {
			a.failed++
			a.entries[i] = s.failedEntry(p.stream, r)
			continue
		}
		from := len(a.digits) // which has room, so the numbers before stay where they are
		a.digits = a.runs[r.shard.index%runsKept].append(a.digits, r.shard, r.position, r.second)
		number := a.digits[from:]
		a.numbers[i] = unsafe.String(unsafe.SliceData(number), len(number))
		a.entries[i] = types.PutRecordsResultEntry{ShardId: &r.shard.id, SequenceNumber: &a.numbers[i]}
	}
	a.out = kinesis.PutRecordsOutput{Records: a.entries, FailedRecordCount: &a.failed, EncryptionType: v.state.recordEncryption()}
}

// failedEntry tells the client that one record was not written. Whatever is
// not a refusal of the service is its internal failure, and logged.
func (s *Streams) failedEntry(st *stream, r *written) types.PutRecordsResultEntry {
	var busy *types.ProvisionedThroughputExceededException
	if errors.As(r.err, &busy) {
		return types.PutRecordsResultEntry{ErrorCode: aws.String(busy.ErrorCode()), ErrorMessage: busy.Message}
	}
	s.config.Logger.Error("a record was not written", "stream", st.key.name, "shard", r.shard.id, "error", r.err)
	return types.PutRecordsResultEntry{ErrorCode: aws.String("InternalFailure"), ErrorMessage: aws.String("Internal service failure.")}
}
