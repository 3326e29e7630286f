package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// UpdateStreamWarmThroughput scales an on-demand stream of an account with the
// billing commitment to a write throughput, at 1 MiB a second per shard: the
// widest shards are split until there are enough. The target shows at once,
// the current value follows when the UPDATING of its transition is over.
//
// A lower value merges nothing at once: it lowers what the scaler leaves, which
// merges neighbours that were cold for a day when the peak of the last 30 days
// does not need them.
//
// State: real
// Notes: splits shards to match; merges after a cold day
// Test: TestUpdateStreamWarmThroughput
func (s *Streams) UpdateStreamWarmThroughput(ctx context.Context, in *kinesis.UpdateStreamWarmThroughputInput, _ ...opt) (*kinesis.UpdateStreamWarmThroughputOutput, error) {
	if err := s.admitCall(ctx, "UpdateStreamWarmThroughput", commonCalls, in.StreamName, in.StreamARN); err != nil {
		return nil, err
	}
	st, err := s.resolve(ctx, in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	if in.WarmThroughputMiBps == nil {
		return nil, errMissing("warmThroughputMiBps")
	}
	target := int(*in.WarmThroughputMiBps)
	var aimed warmThroughput
	err = s.change(ctx, st, func(v *view, now time.Time) (command, error) {
		if err := v.ready(st.key); err != nil {
			return nil, err
		}
		if v.state.Mode != modeOnDemand {
			return nil, errProvisioned(st.key)
		}
		if err := s.checkWarm(st.key, target); err != nil {
			return nil, err
		}
		aimed = warmThroughput{Target: target, Current: v.state.Warm.Current}
		then, err := s.growing(st.key, v.state, target, &setWarm{Target: target, Current: target})
		if err != nil {
			return nil, err
		}
		return s.updating(now, &setWarm{Target: target, Current: aimed.Current}, then)
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.UpdateStreamWarmThroughputOutput{
		StreamName: aws.String(st.key.name), StreamARN: aws.String(st.key.arn().String()), WarmThroughput: aimed.shape(),
	}, nil
}
