package poller

import (
	"context"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/lambda/function"
)

// Source is where streams are read, with the answers and errors of the
// service. The context carries the account and region of the mapping. Answers
// must own their memory: they are kept. Methods are called concurrently.
type Source interface {
	ListShards(ctx context.Context, in *kinesis.ListShardsInput) (*kinesis.ListShardsOutput, error)
	GetShardIterator(ctx context.Context, in *kinesis.GetShardIteratorInput) (*kinesis.GetShardIteratorOutput, error)
	GetRecords(ctx context.Context, in *kinesis.GetRecordsInput) (*kinesis.GetRecordsOutput, error)
	SubscribeToShard(ctx context.Context, in *kinesis.SubscribeToShardInput) (iter.Seq2[types.SubscribeToShardEventStream, error], error)
}

// Tips tells readers in this process when there is something new, which the
// service has no call for. *shards.Streams is one. The context carries account
// and region; a stream is named by its ARN, a shard by its id.
type Tips interface {
	// Tip returns a sequence number that lies after every record of a shard
	// that can be read now, and before every later one.
	Tip(ctx context.Context, stream, shard string) (sequence string, err error)
	// Reached reports whether a shard is open and no record that can be read
	// now has a higher sequence number. The service's MillisBehindLatest does not tell:
	// it is 0 for a record of this millisecond.
	Reached(ctx context.Context, stream, shard, sequence string) bool
	// ReadRate is how many GetRecords calls a second a shard lets pass, 0 for
	// any number.
	ReadRate() float64
	// Mark is the state of a shard: it is another when the shard can be read
	// further, was closed or is gone. With an empty shard it is that of the
	// stream, 0 when there is none.
	Mark(ctx context.Context, stream, shard string) uint64
	// Watch calls wake once, soon after the mark has become another than mark.
	// It reports false when that is so already, and then never calls. wake must be
	// short and must not call Tips. After stop it is not called, unless it has been
	// called already.
	Watch(ctx context.Context, stream, shard string, mark uint64, wake func()) (stop func(), waiting bool)
}

// Invoker calls functions. An error means that nothing ran: it is no failure
// of the batch, which is tried again after a while. A *function.NotInvoked
// tells more. Methods are called concurrently.
type Invoker interface {
	Invoke(ctx context.Context, in function.Invocation) (function.Result, error)
}

// Failures takes what a mapping gives up. It must not lose a failure silently:
// after an error the same one is delivered again, and its shard waits. Methods
// are called concurrently.
type Failures interface {
	Deliver(ctx context.Context, f Failure) error
}

// Failure is a batch that was given up.
type Failure struct {
	// Mapping is the UUID; Account and Region are those of the mapping.
	Mapping, Account, Region string
	// Destination is the ARN of the mapping's destination, empty when it has none.
	Destination string
	// ShardID is where the records come from.
	ShardID string
	// At is when they were given up.
	At time.Time
	// Document is what queues and topics are sent.
	Document []byte
	// Payload is the event with all records, {"Records":[…]}.
	Payload []byte
	// Attributes go with the message of a dead letter.
	Attributes []Attribute
}

// Attribute is an attribute of a message, of a type that queues and topics know.
type Attribute struct{ Name, Type, Value string }

// WithPayload is the document with the event in it, as buckets are sent it.
func (f *Failure) WithPayload() []byte {
	const member = `,"payload":`
	out := make([]byte, 0, len(f.Document)+len(member)+len(f.Payload))
	out = append(out, f.Document[:len(f.Document)-1]...)
	out = append(out, member...)
	out = append(out, f.Payload...)
	return append(out, '}')
}

// Checkpoints stores how far mappings have come. Methods are called
// concurrently for different mappings, one at a time for the same one.
type Checkpoints interface {
	// Load returns the positions of a mapping by shard id; ok is false for a
	// mapping that has never stored any.
	Load(ctx context.Context, mapping string) (positions map[string]Position, ok bool, err error)
	// Save stores positions, all or none, and returns when they are durable.
	// Zero positions are removed.
	Save(ctx context.Context, mapping string, changed map[string]Position) error
	// Drop forgets a mapping.
	Drop(ctx context.Context, mapping string) error
}

// Position is how far a mapping has come in a shard.
type Position struct {
	// Shard is the sequence number the shard starts with. It tells the shard
	// from one of the same name in a stream that was deleted and made again.
	Shard string
	// After is the sequence number below and at which all is finished. It may
	// lie between two records. Empty: At counts.
	After string
	// At is where to begin a shard by time, in milliseconds of the epoch.
	At int64
	// Finished is set once the shard was closed and all of it is finished.
	Finished bool
}
