package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"sluice/store/log"
)

// PutRecord writes one record and answers when it is as durable as promised.
// SequenceNumberForOrdering is checked; the order it asks for holds anyway,
// because numbers of a shard always grow.
//
// State: real
// Notes: 1 MiB and 1,000 records a second and shard
// Test: TestPutRecord
func (s *Streams) PutRecord(ctx context.Context, in *kinesis.PutRecordInput, _ ...opt) (*kinesis.PutRecordOutput, error) {
	st, v, err := s.writable(ctx, in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	p := s.newPut(st, 1)
	defer s.donePut(p)
	if err := p.take(v, record{data: in.Data, key: in.PartitionKey, explicit: in.ExplicitHashKey, single: true}); err != nil {
		return nil, err
	}
	if in.SequenceNumberForOrdering != nil {
		if err := s.checkOrdering(ctx, st, v, *in.SequenceNumberForOrdering, p.hashes[0]); err != nil {
			return nil, err
		}
	}
	if aws.ToBool(in.DryRun) {
		return nil, errDryRun()
	}
	if err := s.write(ctx, p, v); err != nil {
		return nil, err
	}
	r := &p.results[0]
	if r.err != nil {
		return nil, r.err
	}
	a := s.newPutAnswer(ctx)
	a.one = kinesis.PutRecordOutput{ShardId: &r.shard.id, SequenceNumber: a.number(r), EncryptionType: v.state.recordEncryption()}
	return &a.one, nil
}

// checkOrdering refuses a SequenceNumberForOrdering that is none, that comes
// from the future, or that the next number of its shard could not exceed.
func (s *Streams) checkOrdering(ctx context.Context, st *stream, v *view, number string, h hash) error {
	if v.state.Strategy == strategyAuto {
		return errOrderingAuto(st.key)
	}
	q, err := parseSequence(number)
	if err != nil || q.time > s.clock.Now().Unix() {
		return errOrdering(st.key, number)
	}
	sh := v.layout.route(h)
	if q.version != 2 || q.shard != int64(sh.index) || q.created != sh.createdSec {
		return nil
	}
	if err := sh.tail.load(ctx, s.log, log.ID{Stream: st.id, Shard: sh.index}); err != nil {
		return s.logError(st, err)
	}
	if q.counter > uint64(sh.tail.tip.Load()) {
		return errOrdering(st.key, number)
	}
	return nil
}
