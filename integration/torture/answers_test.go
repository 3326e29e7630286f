package torture

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Kinds of change that are not operations of their own.
const (
	channelKind = "records of a channel"
	eventKind   = "events of a function"
	clockKind   = "the time"
)

// kinds are all that the writers of TestKills change. Each must be acknowledged,
// or nothing was looked at.
func kinds() []string {
	var all []string
	for service, operations := range map[string]string{
		"Kinesis": "PutRecord PutRecords SplitShard MergeShards AddTagsToStream CreateStream DeleteStream PutResourcePolicy DeleteResourcePolicy " +
			"RegisterStreamConsumer DeregisterStreamConsumer TagResource IncreaseStreamRetentionPeriod DecreaseStreamRetentionPeriod",
		"DynamoDB": "UpdateItem",
		"S3":       "PutObject DeleteObject",
		"Firehose": "PutRecordBatch CreateDeliveryStream UpdateDestination DeleteDeliveryStream TagDeliveryStream UntagDeliveryStream",
		"Glue": "CreateDatabase UpdateDatabase DeleteDatabase CreateTable UpdateTable DeleteTable " +
			"CreatePartition UpdatePartition DeletePartition",
		"Lambda": "CreateFunction UpdateFunctionConfiguration DeleteFunction",
	} {
		for o := range strings.FieldsSeq(operations) {
			all = append(all, service+" "+o)
		}
	}
	return append(all, channelKind, eventKind, clockKind)
}

// answers counts what writers were told: a change that was refused, whatever is
// done to the server, is one that nothing was tested with.
type answers struct {
	calm atomic.Bool // those who write much pause between calls

	mu      sync.Mutex
	acked   map[string]int // by kind; guarded by mu
	refused error          // the first; guarded by mu
}

func newAnswers() *answers { return &answers{acked: map[string]int{}} }

// hear counts an answer.
func (a *answers) hear(kind string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err == nil {
		a.acked[kind]++
		return
	}
	if a.refused == nil && isRefused(err) {
		a.refused = fmt.Errorf("%s: refused: %w", kind, err)
	}
}

// hearRecord counts the answer to a record of several that were put at once.
func (a *answers) hearRecord(kind string, code, message *string) bool {
	if code == nil {
		return true
	}
	a.hear(kind, refused(fmt.Sprintf("a record: %s %s", *code, aws.ToString(message))))
	return false
}

// refused is an answer that is not an error of the SDK.
type refused string

// Error implements error.
func (r refused) Error() string { return string(r) }

// isRefused tells whether the server was there and did not want to, or failed
// inside. A kill makes it do neither: it does not live to say so.
func isRefused(err error) bool {
	var answer *smithyhttp.ResponseError
	var other refused
	if errors.As(err, &other) {
		return true
	}
	// A kill leaves none, or the beginning of an answer that says it went well.
	return errors.As(err, &answer) && answer.HTTPStatusCode() >= 300
}

// take tells of the first refusal.
func (a *answers) take() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.refused
}

// missing names a kind that was never acknowledged. A refusal is an error, for
// a refused writer has gone.
func (a *answers) missing() (kind string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, kind := range kinds() {
		if a.acked[kind] == 0 {
			return kind, a.refused
		}
	}
	return "", a.refused
}

// addTo adds the counts to others.
func (a *answers) addTo(sum map[string]int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for kind, n := range a.acked {
		sum[kind] += n
	}
}

// rarest tells which kind was acknowledged how seldom.
func rarest(acked map[string]int) (kind string, n int) {
	all := kinds()
	kind = slices.MinFunc(all, func(a, b string) int { return acked[a] - acked[b] })
	return kind, acked[kind]
}

// writesMuch tells what is done as fast as the server answers.
func writesMuch(kind string) bool {
	switch kind {
	case "Kinesis PutRecord", "Kinesis PutRecords", "Firehose PutRecordBatch", "DynamoDB UpdateItem", "S3 PutObject":
		return true
	}
	return false
}

// listen has all calls of a client counted.
func (a *answers) listen(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("answers", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		kind := awsmiddleware.GetServiceID(ctx) + " " + awsmiddleware.GetOperationName(ctx)
		if a.calm.Load() && writesMuch(kind) {
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
			}
		}
		out, meta, err := next.HandleInitialize(ctx, in)
		a.hear(kind, err)
		return out, meta, err
	}), middleware.After)
}
