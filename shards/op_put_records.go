package shards

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

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
	return s.putAnswer(p, v), nil
}

// putAnswer has one entry per record. All numbers share one text and all
// pointers one slice, so that 500 records cost a handful of allocations.
func (s *Streams) putAnswer(p *put, v *view) *kinesis.PutRecordsOutput {
	n := len(p.results)
	out := &kinesis.PutRecordsOutput{
		Records:        make([]types.PutRecordsResultEntry, n),
		EncryptionType: v.state.recordEncryption(),
	}
	digits, ends := make([]byte, 0, 58*n), make([]int, n)
	for i := range p.results {
		if r := &p.results[i]; r.err == nil {
			digits = r.shard.appendNumber(digits, r.position, r.arrival)
		}
		ends[i] = len(digits)
	}
	text, numbers := string(digits), make([]string, n)
	failed, start := int32(0), 0
	for i := range p.results {
		r := &p.results[i]
		if r.err != nil {
			failed++
			out.Records[i] = s.failedEntry(p.stream, r)
			continue
		}
		numbers[i] = text[start:ends[i]]
		start = ends[i]
		out.Records[i] = types.PutRecordsResultEntry{ShardId: &r.shard.id, SequenceNumber: &numbers[i]}
	}
	out.FailedRecordCount = &failed
	return out
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
