package firehose

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// Source is where Kinesis streams are read, with the answers, errors and limits
// of the service. The context carries the account and region of the stream.
// Answers own their memory. Methods are called concurrently.
type Source interface {
	DescribeStreamSummary(ctx context.Context, in *kinesis.DescribeStreamSummaryInput) (*kinesis.DescribeStreamSummaryOutput, error)
	ListShards(ctx context.Context, in *kinesis.ListShardsInput) (*kinesis.ListShardsOutput, error)
	GetShardIterator(ctx context.Context, in *kinesis.GetShardIteratorInput) (*kinesis.GetShardIteratorOutput, error)
	GetRecords(ctx context.Context, in *kinesis.GetRecordsInput) (*kinesis.GetRecordsOutput, error)
}

// Tips tells readers in this process when a Kinesis stream has something new,
// which the service has no call for. *shards.Streams is one. The context
// carries account and region. Methods are called concurrently.
type Tips interface {
	// Tip returns a sequence number after every record of a shard that can be
	// read now, and before every later one.
	Tip(ctx context.Context, stream, shard string) (sequence string, err error)
	// Reached reports whether no record that can be read now is beyond a
	// sequence number.
	Reached(ctx context.Context, stream, shard, sequence string) bool
	// ReadRate is how many GetRecords calls a second a shard lets pass, 0 for
	// any number.
	ReadRate() float64
	// Mark is another when the shard can be read further, was closed or is
	// gone; with an empty shard it is that of the stream, 0 when there is none.
	Mark(ctx context.Context, stream, shard string) uint64
	// Watch calls wake once after the mark has become another, or reports
	// false when it is another already. wake must be short and not call Tips.
	Watch(ctx context.Context, stream, shard string, mark uint64, wake func()) (stop func(), waiting bool)
}

// kinesisSourceState is what is stored of a source.
type kinesisSourceState struct {
	ARN  string `json:"arn"`
	Role string `json:"role"`
	// Made is when the Kinesis stream was created, in milliseconds since 1970:
	// another stream of the same name is not read, as measured.
	Made int64 `json:"made"`
}

// place is how far a shard was copied.
type place struct {
	Format int `json:"v"`
	// After is the last sequence number copied, empty at the beginning.
	After string `json:"after,omitempty"`
	// Done is set once the shard was closed and all of it is copied.
	Done bool `json:"done,omitempty"`
}
