package streams

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"sluice/internal/clock"
)

// still is a clock on which sleeping takes no time and timers never come.
type still struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
	// onSleep lets something happen while somebody sleeps.
	onSleep func()
}

func newStill() *still { return &still{now: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)} }

func (s *still) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *still) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	s.mu.Lock()
	s.now = s.now.Add(d)
	s.slept = append(s.slept, d)
	s.mu.Unlock()
	if s.onSleep != nil {
		s.onSleep()
	}
	return ctx.Err()
}

func (s *still) At(time.Time, func()) clock.Timer { return never{} }

type never struct{}

func (never) Stop() bool { return true }

// sink is a stream that refuses what refuse says.
type sink struct {
	refuse   func(call int, e types.PutRecordsRequestEntry) string
	fail     func(call int) error
	calls    int
	taken    []string // "key data"
	requests [][]string
}

func (s *sink) PutRecords(_ context.Context, in *kinesis.PutRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error) {
	s.calls++
	if s.fail != nil {
		if err := s.fail(s.calls); err != nil {
			return nil, err
		}
	}
	out := &kinesis.PutRecordsOutput{FailedRecordCount: aws.Int32(0)}
	var request []string
	for _, e := range in.Records {
		text := *e.PartitionKey + " " + string(e.Data)
		request = append(request, text)
		if s.refuse != nil {
			if code := s.refuse(s.calls, e); code != "" {
				out.Records = append(out.Records, types.PutRecordsResultEntry{ErrorCode: &code, ErrorMessage: aws.String("Rate exceeded for shard x.")})
				continue
			}
		}
		s.taken = append(s.taken, text)
		out.Records = append(out.Records, types.PutRecordsResultEntry{ShardId: aws.String("shardId-000000000000"), SequenceNumber: aws.String(strconv.Itoa(len(s.taken)))})
	}
	s.requests = append(s.requests, request)
	return out, nil
}

func apiError(code string, fault smithy.ErrorFault) error {
	return &smithy.GenericAPIError{Code: code, Message: "as it is", Fault: fault}
}

// source is a stream of shards as GetRecords shows them.
type source struct {
	mu     sync.Mutex
	shards []*sourceShard
	// interfere may answer a GetRecords instead.
	interfere func(shard string) error
	// silent keeps ChildShards to itself, as older endpoints do.
	silent bool
	opened []string // "shard type argument"
}

type sourceShard struct {
	id      string
	parents []string
	records []types.Record
	closed  bool
	page    int
}

func (s *source) shard(id string) *sourceShard {
	for _, x := range s.shards {
		if x.id == id {
			return x
		}
	}
	return nil
}

// add puts a record whose sequence number is its place in the shard.
func (s *source) add(shard string, at int, data string) {
	x := s.shard(shard)
	arrival := time.Date(2026, 11, 25, 8, 0, at, 0, time.UTC)
	x.records = append(x.records, types.Record{PartitionKey: aws.String("k"), Data: []byte(data), ApproximateArrivalTimestamp: &arrival,
		SequenceNumber: aws.String(strconv.Itoa(len(x.records) + 1))})
}

func (s *source) ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &kinesis.ListShardsOutput{}
	for _, x := range s.shards {
		shard := types.Shard{ShardId: aws.String(x.id), SequenceNumberRange: &types.SequenceNumberRange{}}
		if len(x.parents) > 0 {
			shard.ParentShardId = &x.parents[0]
		}
		if len(x.parents) > 1 {
			shard.AdjacentParentShardId = &x.parents[1]
		}
		if x.closed {
			shard.SequenceNumberRange.EndingSequenceNumber = aws.String("99")
		}
		out.Shards = append(out.Shards, shard)
	}
	rand.Shuffle(len(out.Shards), func(i, j int) { out.Shards[i], out.Shards[j] = out.Shards[j], out.Shards[i] })
	return out, nil
}

func (s *source) GetShardIterator(_ context.Context, in *kinesis.GetShardIteratorInput, _ ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := 0
	switch in.ShardIteratorType {
	case types.ShardIteratorTypeLatest:
		at = len(s.shard(*in.ShardId).records)
	case types.ShardIteratorTypeAfterSequenceNumber:
		at, _ = strconv.Atoi(*in.StartingSequenceNumber)
	}
	s.opened = append(s.opened, fmt.Sprintf("%s %s %s", *in.ShardId, in.ShardIteratorType, aws.ToString(in.StartingSequenceNumber)))
	return &kinesis.GetShardIteratorOutput{ShardIterator: aws.String(fmt.Sprint(*in.ShardId, "/", at))}, nil
}

func (s *source) GetRecords(_ context.Context, in *kinesis.GetRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, text, _ := strings.Cut(*in.ShardIterator, "/")
	if s.interfere != nil {
		if err := s.interfere(id); err != nil {
			return nil, err
		}
	}
	x := s.shard(id)
	at, _ := strconv.Atoi(text)
	page := x.page
	if page == 0 {
		page = 2
	}
	end := min(at+page, len(x.records))
	out := &kinesis.GetRecordsOutput{Records: x.records[at:end], MillisBehindLatest: aws.Int64(int64(len(x.records) - end))}
	if end < len(x.records) || !x.closed {
		out.NextShardIterator = aws.String(fmt.Sprint(id, "/", end))
		return out, nil
	}
	for _, child := range s.shards {
		for _, parent := range child.parents {
			if parent == id && !s.silent {
				out.ChildShards = append(out.ChildShards, types.ChildShard{ShardId: aws.String(child.id), ParentShards: child.parents})
			}
		}
	}
	return out, nil
}
