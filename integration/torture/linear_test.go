package torture

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"sluice/integration"
	"sluice/internal/torture"
)

// Histories are of so many clients, each with so many calls.
const (
	linearClients = 8
	linearCalls   = 14
)

// TestLinearizable lets clients put, get, split, merge, describe and move a
// checkpoint at the same time, and has Porcupine find an order of the calls, one
// after another, in which each answer is right. A seed is a history.
func TestLinearizable(t *testing.T) {
	sum := &linearTally{}
	plan := torture.Plan{Harness: "linearizability", Test: "TestLinearizable ./integration/torture", Seeds: 12, Limit: 6 * time.Second}
	calls := linearServer(t)
	plan.Play(t, func(seed uint64) error {
		history, err := record(t.Context(), calls, seed)
		if err != nil {
			return err
		}
		sum.histories++
		sum.calls += len(history)
		switch porcupine.CheckOperationsTimeout(model(isWide(seed)), history, patience) {
		case porcupine.Illegal:
			return errors.New("there is no order in which the answers are right:\n" + told(history))
		case porcupine.Unknown:
			sum.unknown++
		case porcupine.Ok:
		}
		return nil
	}, sum.String)
}

// told writes a history down, for those who look for what is wrong with it.
func told(history []porcupine.Operation) string {
	slices.SortFunc(history, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
	var b strings.Builder
	for _, op := range history {
		fmt.Fprintf(&b, "%d to %d µs, client %d: %+v -> %+v\n", op.Call/1000, op.Return/1000, op.ClientId, op.Input, op.Output)
	}
	return b.String()
}

type linearTally struct{ histories, calls, unknown int }

func (s *linearTally) String() string {
	return fmt.Sprintf("%d calls by %d clients at once; %d histories without a verdict in time", s.calls, linearClients, s.unknown)
}

func linearServer(t *testing.T) *calls {
	s := integration.Start(t, "--transition", "0")
	c := newCalls(s.URL, nil)
	require.NoError(t, c.makeTable(t.Context()))
	return c
}

// TestPlantedLinearizable falsifies answers of real histories, each of which
// must be found.
func TestPlantedLinearizable(t *testing.T) {
	calls := linearServer(t)
	for name, falsify := range falsifications() {
		t.Run(name, func(t *testing.T) {
			for n := range uint64(60) {
				seed := uint64(time.Now().UnixNano()) + n
				history, err := record(t.Context(), calls, seed)
				require.NoError(t, err)
				if !falsify(history) {
					continue // nothing in it to falsify
				}
				require.Equal(t, porcupine.Illegal, porcupine.CheckOperationsTimeout(model(isWide(seed)), history, patience))
				return
			}
			t.Fatal("nothing to falsify in sixty histories")
		})
	}
}

// falsifications change an answer of a history, if it has one that lends itself.
func falsifications() map[string]func([]porcupine.Operation) bool {
	gets := func(history []porcupine.Operation, change func(op *porcupine.Operation, a *answer) bool) bool {
		for i := len(history) - 1; i >= 0; i-- {
			a, _ := history[i].Output.(answer)
			if q, _ := history[i].Input.(question); q.what == get && len(a.names) > 1 && change(&history[i], &a) {
				history[i].Output = a
				return true
			}
		}
		return false
	}
	all := staleDescriptions()
	maps.Copy(all, map[string]func([]porcupine.Operation) bool{
		"a record is dropped": func(h []porcupine.Operation) bool {
			return gets(h, func(_ *porcupine.Operation, a *answer) bool { a.names = a.names[1:]; return true })
		},
		"a record comes twice": func(h []porcupine.Operation) bool {
			return gets(h, func(_ *porcupine.Operation, a *answer) bool { a.names = append(a.names, a.names[0]); return true })
		},
		"records change places": func(h []porcupine.Operation) bool {
			return gets(h, func(_ *porcupine.Operation, a *answer) bool {
				a.names = append([]string{a.names[1], a.names[0]}, a.names[2:]...)
				return true
			})
		},
		"a record is seen early": func(h []porcupine.Operation) bool {
			return gets(h, func(op *porcupine.Operation, a *answer) bool {
				for _, before := range h {
					if q := before.Input.(question); q.what == put && q.name == a.names[len(a.names)-1] {
						op.Call, op.Return = before.Call-2, before.Call-1
						return true
					}
				}
				return false
			})
		},
		"a number is given twice": func(h []porcupine.Operation) bool {
			last := map[string]string{}
			for i, op := range h {
				a, _ := op.Output.(answer)
				if q, _ := op.Input.(question); q.what != put || a.refused {
					continue
				}
				if number := last[a.shard]; number != "" {
					a.number = number
					h[i].Output = a
					return true
				}
				last[a.shard] = a.number
			}
			return false
		},
		"two clients hold the same checkpoint": func(h []porcupine.Operation) bool {
			for i, op := range h {
				a, _ := op.Output.(answer)
				if q, _ := op.Input.(question); q.what == checkpoint && a.refused {
					a.refused = false
					h[i].Output = a
					return true
				}
			}
			return false
		},
	})
	return all
}

// record lets clients call, and notes what they ask and what is answered.
func record(ctx context.Context, c *calls, seed uint64) ([]porcupine.Operation, error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	l := &linear{calls: c, stream: fmt.Sprint("linear-", seed), wide: isWide(seed), begin: time.Now()}
	if _, err := c.kinesis.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: &l.stream, ShardCount: aws.Int32(shardsOf(l.wide))}); err != nil {
		return nil, err
	}
	defer func() { _, _ = c.kinesis.DeleteStream(ctx, &kinesis.DeleteStreamInput{StreamName: &l.stream}) }()
	var calling sync.WaitGroup
	for n := range linearClients {
		calling.Go(func() { l.client(ctx, n, rand.New(rand.NewPCG(seed, uint64(n)))) })
	}
	calling.Wait()
	return l.history, l.err
}

// linear is a history in the making.
type linear struct {
	calls  *calls
	stream string
	wide   bool
	begin  time.Time

	mu      sync.Mutex
	history []porcupine.Operation
	err     error
}

func (l *linear) client(ctx context.Context, n int, dice *rand.Rand) {
	known := []string{shardName(0)}
	for i := 1; i < int(shardsOf(l.wide)); i++ {
		known = append(known, shardName(i))
	}
	value := 0 // the checkpoint as this client knows it
	for i := range linearCalls {
		q := l.draw(dice, known, value, n, i)
		call := time.Since(l.begin).Nanoseconds()
		if q.what == batch {
			questions, answers, err := l.askBatch(ctx, q)
			until := time.Since(l.begin).Nanoseconds()
			for i, q := range questions {
				l.note(porcupine.Operation{ClientId: n, Input: q, Call: call, Output: answers[i], Return: until}, nil)
			}
			if err != nil {
				l.note(porcupine.Operation{ClientId: n, Input: q, Call: call, Output: answer{refused: true}, Return: until}, err)
				return
			}
			continue
		}
		a, err := l.ask(ctx, q)
		l.note(porcupine.Operation{ClientId: n, Input: q, Call: call, Output: a, Return: time.Since(l.begin).Nanoseconds()}, err)
		switch {
		case err != nil:
			return
		case len(a.shards) > 0:
			known = nil
			for _, s := range a.shards {
				known = append(known, s.id)
			}
		case q.what == readpoint:
			value = a.value
		case q.what == checkpoint && !a.refused:
			value = q.next
		}
	}
}

// draw chooses what to ask. In a wide stream nothing but records changes.
func (l *linear) draw(dice *rand.Rand, known []string, value, n, i int) question {
	q := question{what: put, key: byte(dice.IntN(256)), name: fmt.Sprintf("%d.%d", n, i)}
	switch p := dice.IntN(22); {
	case p < 5 || l.wide && p < 10:
		q = question{what: get, shard: known[dice.IntN(len(known))]}
	case p >= 19:
		q.what, q.scattered = batch, l.wide && dice.IntN(3) > 0
	case l.wide:
	case p < 9:
		q = question{what: descriptions()[dice.IntN(len(descriptions()))]}
	case p < 10:
		q = question{what: split, shard: known[dice.IntN(len(known))], key: byte(1 + dice.IntN(255))}
	case p < 11 && len(known) > 1:
		q = question{what: merge, shard: known[dice.IntN(len(known))], other: known[dice.IntN(len(known))]}
	case p < 14:
		q = question{what: checkpoint, value: value, next: n*1000 + i + 1}
	case p < 15:
		q = question{what: readpoint}
	}
	return q
}

func (l *linear) note(op porcupine.Operation, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.history = append(l.history, op)
	if err != nil && l.err == nil {
		l.err = fmt.Errorf("%+v: %w", op.Input, err)
	}
}

// hashOf is the hash key that begins with a byte.
func hashOf(b byte) *string { return aws.String(bigByte(b).String()) }

// refusal reports whether an error is one that a client has to expect.
func refusal(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	switch api.ErrorCode() {
	case "ResourceInUseException", "InvalidArgumentException", "ResourceNotFoundException", "ConditionalCheckFailedException":
		return true
	}
	return strings.HasPrefix(api.ErrorCode(), "Validation")
}

// ask does a call.
func (l *linear) ask(ctx context.Context, q question) (a answer, err error) {
	k := l.calls.kinesis
	switch q.what {
	case put:
		out, e := k.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: &l.stream, PartitionKey: aws.String("k"), ExplicitHashKey: hashOf(q.key), Data: []byte(q.name)})
		if err = e; err == nil {
			a.shard, a.number = *out.ShardId, *out.SequenceNumber
		}
	case get:
		return l.get(ctx, q)
	case describe, describeStream, summary:
		return l.describe(ctx, q)
	case split:
		_, err = k.SplitShard(ctx, &kinesis.SplitShardInput{StreamName: &l.stream, ShardToSplit: &q.shard, NewStartingHashKey: hashOf(q.key)})
	case merge:
		_, err = k.MergeShards(ctx, &kinesis.MergeShardsInput{StreamName: &l.stream, ShardToMerge: &q.shard, AdjacentShardToMerge: &q.other})
	case checkpoint:
		_, err = l.calls.dynamodb.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: aws.String(tableName), Key: l.item(), UpdateExpression: aws.String("SET v = :n"),
			ConditionExpression:       aws.String(map[bool]string{true: "attribute_not_exists(v)", false: "v = :o"}[q.value == 0]),
			ExpressionAttributeValues: l.values(q),
		})
	case readpoint:
		out, e := l.calls.dynamodb.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(tableName), Key: l.item(), ConsistentRead: aws.Bool(true)})
		if e != nil {
			return a, e
		}
		if n, ok := out.Item["v"].(*ddb.AttributeValueMemberN); ok {
			_, err = fmt.Sscan(n.Value, &a.value)
		}
	}
	if refusal(err) {
		return answer{refused: true}, nil
	}
	return a, err
}

func (l *linear) item() map[string]ddb.AttributeValue {
	return map[string]ddb.AttributeValue{"id": &ddb.AttributeValueMemberS{Value: l.stream}}
}

func (l *linear) values(q question) map[string]ddb.AttributeValue {
	all := map[string]ddb.AttributeValue{":n": &ddb.AttributeValueMemberN{Value: fmt.Sprint(q.next)}}
	if q.value != 0 {
		all[":o"] = &ddb.AttributeValueMemberN{Value: fmt.Sprint(q.value)}
	}
	return all
}

// get reads a shard from its beginning.
func (l *linear) get(ctx context.Context, q question) (a answer, err error) {
	begin, err := l.calls.kinesis.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{StreamName: &l.stream, ShardId: &q.shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
	if err != nil {
		return a, err
	}
	page, err := l.calls.kinesis.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: begin.ShardIterator})
	if err != nil {
		return a, err
	}
	for _, r := range page.Records {
		a.names = append(a.names, nameIn(r.Data))
	}
	a.ended = page.NextShardIterator == nil
	return a, nil
}
