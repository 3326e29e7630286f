package torture

import (
	"context"
	"fmt"
	"strings"

	"github.com/anishathalye/porcupine"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// batch is a PutRecords: a large one of one key, or one that is scattered over
// all shards of a wide stream. In the history it is a put of several records to
// each shard that it reached.
const batch = "batch"

// A wide history is of a stream of so many shards, which are not resharded, so
// that its shards can be looked at one by one.
const wideLinear = 16

// isWide tells which histories are.
func isWide(seed uint64) bool { return seed%3 == 0 }

func shardsOf(wide bool) int32 {
	if wide {
		return wideLinear
	}
	return 1
}

// askBatch puts records at once, and returns a put for each shard.
func (l *linear) askBatch(ctx context.Context, q question) (questions []question, answers []answer, err error) {
	in := &kinesis.PutRecordsInput{StreamName: &l.stream}
	records, size, step := 3, 12<<10, 0
	if q.scattered {
		records, size, step = wideLinear+4, 300, 256/wideLinear
	}
	var names []string
	for i := range records {
		names = append(names, fmt.Sprint(q.name, ".", i))
		in.Records = append(in.Records, types.PutRecordsRequestEntry{
			PartitionKey: aws.String("k"), ExplicitHashKey: hashOf(q.key + byte(i*step)), Data: []byte(names[i] + "|" + strings.Repeat("x", size)),
		})
	}
	out, err := l.calls.kinesis.PutRecords(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	at := map[string]int{} // of a shard
	for i, r := range out.Records {
		if r.ErrorCode != nil {
			continue // it is not there, which a get tells
		}
		n, ok := at[*r.ShardId]
		if !ok {
			n = len(questions)
			at[*r.ShardId] = n
			questions = append(questions, question{what: put, key: q.key + byte(i*step)})
			answers = append(answers, answer{shard: *r.ShardId, first: *r.SequenceNumber})
		}
		questions[n].name = names[i]
		questions[n].before, answers[n].number = append(questions[n].before, names[i]), *r.SequenceNumber
	}
	for i := range questions {
		b := questions[i].before
		questions[i].before = b[:len(b)-1]
	}
	return questions, answers, nil
}

// apart are the calls of a wide history, by shard.
func apart(history []porcupine.Operation) [][]porcupine.Operation {
	by := map[string][]porcupine.Operation{}
	for _, op := range history {
		shard := op.Input.(question).shard
		if shard == "" {
			shard = op.Output.(answer).shard
		}
		by[shard] = append(by[shard], op)
	}
	var parts [][]porcupine.Operation
	for _, part := range by {
		parts = append(parts, part)
	}
	return parts
}
