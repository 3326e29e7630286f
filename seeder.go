package sluice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/internal/caller"
	"sluice/internal/clock"
	"sluice/server"
	"sluice/shards"
)

// seeder makes seeded streams by the calls any client would make, through the
// door's in-process client.
type seeder struct {
	mounts          *server.Mounts
	host            clock.Clock
	log             *slog.Logger
	region, account string
	streams         *shards.Streams
	// idle is called before each wait for service time; nil: nobody asks.
	idle func()
}

// seedPoll is the pause between looks at a stream that is not ACTIVE yet, in
// host time: with the default transition a start waits for few of them.
const seedPoll = 10 * time.Millisecond

// apply makes the streams one after the other and logs what it could not do;
// a server with a stream too few is more use than no server.
func (s seeder) apply(ctx context.Context, seeds []StreamSeed) {
	ctx = server.Unharmed(shards.Free(ctx))
	for _, seed := range seeds {
		seed.Region = or(seed.Region, s.region)
		seed.Account = or(seed.Account, s.account)
		who := caller.With(ctx, caller.Caller{Account: seed.Account, Region: seed.Region})
		if err := s.one(who, seed); err != nil && ctx.Err() == nil {
			s.log.Error("a seeded stream is not as it should be", "stream", seed.String(), "error", err)
		}
	}
}

func (s seeder) one(ctx context.Context, seed StreamSeed) error {
	now, err := s.describe(ctx, seed.Name)
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) {
		err = s.create(ctx, seed)
	}
	for err == nil && (now == nil || now.StreamStatus != types.StreamStatusActive) {
		if now != nil { // it was looked at, and needs time
			err = s.sleep(ctx)
		}
		if err == nil {
			now, err = s.describe(ctx, seed.Name)
		}
	}
	if err != nil {
		return err
	}
	if shards := int(aws.ToInt32(now.OpenShardCount)); seed.Shards > 0 && shards != seed.Shards {
		s.log.Info("a seeded stream exists with another number of shards and keeps it", "stream", seed.String(), "shards", shards)
	}
	if err := s.tag(ctx, seed); err != nil {
		return err
	}
	if seed.Scaling != nil {
		if err := s.streams.SetScaling(ctx, seed.Name, *seed.Scaling); err != nil {
			return wrap("set the scaling policy", err)
		}
	}
	return s.retain(ctx, seed, now)
}

// sleep waits a moment for service time to have moved on.
func (s seeder) sleep(ctx context.Context) error {
	if s.idle != nil {
		s.idle()
	}
	return s.host.Sleep(ctx, seedPoll)
}

func (s seeder) describe(ctx context.Context, name string) (*types.StreamDescriptionSummary, error) {
	out, err := server.Call[*kinesis.DescribeStreamSummaryOutput](ctx, s.mounts, kinesisID, "DescribeStreamSummary",
		&kinesis.DescribeStreamSummaryInput{StreamName: &name})
	if err != nil {
		return nil, fmt.Errorf("describe: %w", err)
	}
	return out.StreamDescriptionSummary, nil
}

// create makes the stream, waiting its turn when too many are CREATING.
func (s seeder) create(ctx context.Context, seed StreamSeed) error {
	in := &kinesis.CreateStreamInput{StreamName: &seed.Name, Tags: seed.Tags,
		StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeOnDemand}}
	if seed.Shards > 0 {
		in.StreamModeDetails.StreamMode = types.StreamModeProvisioned
		in.ShardCount = aws.Int32(int32(seed.Shards))
	}
	for {
		_, err := server.Call[*kinesis.CreateStreamOutput](ctx, s.mounts, kinesisID, "CreateStream", in)
		var busy *types.LimitExceededException
		if !errors.As(err, &busy) {
			return wrap("create", err)
		}
		if s.sleep(ctx) != nil {
			return wrap("create", err)
		}
	}
}

func (s seeder) tag(ctx context.Context, seed StreamSeed) error {
	if len(seed.Tags) == 0 {
		return nil
	}
	_, err := server.Call[*kinesis.AddTagsToStreamOutput](ctx, s.mounts, kinesisID, "AddTagsToStream",
		&kinesis.AddTagsToStreamInput{StreamName: &seed.Name, Tags: seed.Tags})
	return wrap("tag", err)
}

// retain brings the retention to what the seed asks for; the service has one
// call for more and another for less.
func (s seeder) retain(ctx context.Context, seed StreamSeed, now *types.StreamDescriptionSummary) error {
	want, have := int32(seed.Retention/time.Hour), aws.ToInt32(now.RetentionPeriodHours)
	var err error
	switch {
	case want > have:
		_, err = server.Call[*kinesis.IncreaseStreamRetentionPeriodOutput](ctx, s.mounts, kinesisID, "IncreaseStreamRetentionPeriod",
			&kinesis.IncreaseStreamRetentionPeriodInput{StreamName: &seed.Name, RetentionPeriodHours: &want})
	case want > 0 && want < have:
		_, err = server.Call[*kinesis.DecreaseStreamRetentionPeriodOutput](ctx, s.mounts, kinesisID, "DecreaseStreamRetentionPeriod",
			&kinesis.DecreaseStreamRetentionPeriodInput{StreamName: &seed.Name, RetentionPeriodHours: &want})
	}
	return wrap("set the retention", err)
}
