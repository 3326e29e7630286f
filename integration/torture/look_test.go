package torture

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3t "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// patience is how long what comes by itself may take on a busy machine.
const patience = 60 * time.Second

// look holds what is there after a kill to what was acknowledged.
func (k *killing) look(sum *killTally) error {
	ctx, stop := context.WithTimeout(k.t.Context(), 3*patience)
	defer stop()
	all, err := k.reads.readStream(ctx, streamName)
	if err != nil {
		return fmt.Errorf("read the stream: %w", err)
	}
	acked, unanswered, kept, err := k.records.check(all)
	if err != nil {
		return fmt.Errorf("records: %w", err)
	}
	sum.records, sum.unanswered, sum.kept = sum.records+acked, sum.unanswered+unanswered, sum.kept+kept
	wide, err := k.reads.readStream(ctx, wideName)
	if err != nil {
		return fmt.Errorf("read the stream of many shards: %w", err)
	}
	if acked, unanswered, kept, err = k.wide.check(wide); err != nil {
		return fmt.Errorf("records of many shards: %w", err)
	}
	sum.records, sum.unanswered, sum.kept = sum.records+acked, sum.unanswered+unanswered, sum.kept+kept
	n, err := k.values.check(func(key string) (string, error) { return k.reads.value(ctx, key) })
	if err != nil {
		return err
	}
	sum.values += n
	if n, err = k.objects.check(func(key string) (string, error) { return k.reads.objectOf(ctx, key) }); err != nil {
		return fmt.Errorf("objects: %w", err)
	}
	sum.objects += n
	if err := k.lookAtEvents(ctx, all); err != nil {
		return fmt.Errorf("events of the mapping: %w", err)
	}
	if err := k.lookAtDelivery(ctx, sum); err != nil {
		return fmt.Errorf("delivered records: %w", err)
	}
	if err := k.lookAtInvocations(ctx); err != nil {
		return fmt.Errorf("events without an answer: %w", err)
	}
	if err := k.lookAtTime(ctx); err != nil {
		return fmt.Errorf("the time: %w", err)
	}
	if err := k.lookAtChannel(ctx); err != nil {
		return fmt.Errorf("records of the channel: %w", err)
	}
	return nil
}

func middle(s types.Shard) *string {
	from, _ := new(big.Int).SetString(*s.HashKeyRange.StartingHashKey, 10)
	to, _ := new(big.Int).SetString(*s.HashKeyRange.EndingHashKey, 10)
	m := from.Add(from, to)
	return aws.String(m.Rsh(m, 1).String())
}

func (c *calls) shards(ctx context.Context, stream string) ([]types.Shard, error) {
	out, err := c.kinesis.ListShards(ctx, &kinesis.ListShardsInput{StreamName: &stream, MaxResults: aws.Int32(10000)})
	if err != nil {
		return nil, err
	}
	return out.Shards, nil
}

// openShards are in the order of their hash keys.
func (c *calls) openShards(ctx context.Context) ([]types.Shard, error) {
	all, err := c.shards(ctx, streamName)
	all = slices.DeleteFunc(all, func(s types.Shard) bool { return s.SequenceNumberRange.EndingSequenceNumber != nil })
	slices.SortFunc(all, func(a, b types.Shard) int {
		return compareNumbers(*a.HashKeyRange.StartingHashKey, *b.HashKeyRange.StartingHashKey)
	})
	return all, err
}

// readStream reads all shards from the beginning.
func (c *calls) readStream(ctx context.Context, stream string) (all []found, err error) {
	list, err := c.shards(ctx, stream)
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		begin, err := c.kinesis.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{StreamName: &stream, ShardId: s.ShardId, ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
		if err != nil {
			return nil, err
		}
		for next := begin.ShardIterator; next != nil; {
			page, err := c.kinesis.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: next})
			if err != nil {
				return nil, err
			}
			for _, r := range page.Records {
				name := nameIn(r.Data)
				if !bytes.Equal(r.Data, pad(name)) {
					return nil, fmt.Errorf("the data of %q is not as it was written", name)
				}
				all = append(all, found{name: name, shard: *s.ShardId, number: *r.SequenceNumber})
			}
			if next = page.NextShardIterator; len(page.Records) == 0 && aws.ToInt64(page.MillisBehindLatest) == 0 {
				break
			}
		}
	}
	return all, nil
}

// kindOf tells what is under a key of a register, and its name.
func kindOf(key string) (kind, name string) {
	kind, name, _ = strings.Cut(key, "/")
	return kind, name
}

// value reads what a register has under a key.
func (c *calls) value(ctx context.Context, key string) (string, error) {
	kind, name := kindOf(key)
	switch kind {
	case "database", "table", "partition":
		return c.catalogValue(ctx, kind, name)
	case "policy", "retention", "consumer":
		return c.settingValue(ctx, kind, name)
	case "pipe", "label":
		return c.pipeValue(ctx, kind, name)
	case "function":
		return c.functionValue(ctx, name)
	case "item":
		out, err := c.dynamodb.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(tableName), ConsistentRead: aws.Bool(true),
			Key: map[string]ddb.AttributeValue{"id": &ddb.AttributeValueMemberS{Value: name}}})
		if err != nil {
			return "", err
		}
		n, ok := out.Item["checkpoint"].(*ddb.AttributeValueMemberN)
		if !ok {
			return absent, nil
		}
		return n.Value, nil
	case "tag":
		out, err := c.kinesis.ListTagsForStream(ctx, &kinesis.ListTagsForStreamInput{StreamName: aws.String(streamName)})
		if err != nil {
			return "", err
		}
		for _, t := range out.Tags {
			if *t.Key == name {
				return *t.Value, nil
			}
		}
		return absent, nil
	}
	_, err := c.kinesis.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &name})
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) {
		return absent, nil
	}
	return "there", err
}

// objectOf reads an object whole.
func (c *calls) objectOf(ctx context.Context, key string) (string, error) {
	out, err := c.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucketName), Key: &key})
	var missing *s3t.NoSuchKey
	if errors.As(err, &missing) {
		return absent, nil
	}
	if err != nil {
		return "", err
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		return "", err
	}
	value, _, _ := strings.Cut(string(body), " ")
	if strings.Repeat(value+" ", len(body)/(len(value)+1)) != string(body) {
		return "", errors.New("it is not as it was written")
	}
	return value, nil
}

// lookAtEvents waits until the mapping has brought all that is in the stream,
// and asks for the order of each writer: what came again, came again in order.
func (k *killing) lookAtEvents(ctx context.Context, all []found) (err error) {
	waiting, stop := context.WithTimeout(ctx, patience)
	defer stop()
	if err = k.sink.wait(waiting, all); err != nil {
		return err
	}
	k.invoked, k.again, err = k.sink.check()
	return err
}

// lookAtDelivery flushes the delivery stream and reads what it has delivered.
func (k *killing) lookAtDelivery(ctx context.Context, sum *killTally) error {
	flush, err := http.NewRequestWithContext(ctx, http.MethodPost, k.server.URL+"/_sluice/firehose/"+hoseName+"/flush", nil)
	if err != nil {
		return err
	}
	answer, err := k.reads.http.Do(flush)
	if err != nil {
		return err
	}
	text, _ := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("flush: %s %s", answer.Status, text)
	}
	all, twice, err := k.reads.lake(ctx)
	if err != nil {
		return err
	}
	n, _, _, err := k.hose.check(all)
	sum.delivered, sum.twice = sum.delivered+n, sum.twice+twice
	return err
}

// lake reads all delivered objects. What was delivered twice counts once.
func (c *calls) lake(ctx context.Context) (all []found, twice int, err error) {
	seen := map[string]bool{}
	pages := s3.NewListObjectsV2Paginator(c.s3, &s3.ListObjectsV2Input{Bucket: aws.String(lakeName)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, 0, err
		}
		for _, o := range page.Contents {
			out, err := c.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(lakeName), Key: o.Key})
			if err != nil {
				return nil, 0, err
			}
			body, err := io.ReadAll(out.Body)
			_ = out.Body.Close()
			if err != nil {
				return nil, 0, err
			}
			for line := range strings.Lines(string(body)) {
				name := nameIn([]byte(line))
				if seen[name] {
					twice++
					continue
				}
				seen[name] = true
				all = append(all, found{name: name, number: fmt.Sprint(len(all))})
			}
		}
	}
	return all, twice, nil
}

// sink is the function of the mapping. It lives in this process, so that it
// outlives the server.
type sink struct {
	server *httptest.Server

	mu      sync.Mutex
	events  []string // names, as they came
	seen    map[string]bool
	changed chan struct{}
}

func newSink() *sink {
	s := &sink{seen: map[string]bool{}, changed: make(chan struct{}, 1)}
	s.server = httptest.NewServer(http.HandlerFunc(s.serve))
	return s
}

// recordsOf is what the records of an event source mapping's event hold.
func recordsOf(r *http.Request) (sent [][]byte, err error) {
	var event struct {
		Records []struct {
			Kinesis struct {
				Data []byte `json:"data"`
			} `json:"kinesis"`
		}
	}
	err = json.NewDecoder(r.Body).Decode(&event)
	for _, e := range event.Records {
		sent = append(sent, e.Kinesis.Data)
	}
	return sent, err
}

func (s *sink) serve(w http.ResponseWriter, r *http.Request) {
	sent, err := recordsOf(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	for _, data := range sent {
		name := nameIn(data)
		s.events = append(s.events, name)
		s.seen[name] = true
	}
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
	_, _ = io.WriteString(w, "{}")
}

// wait returns when all have come.
func (s *sink) wait(ctx context.Context, all []found) error {
	for {
		s.mu.Lock()
		missing := ""
		for _, f := range all {
			if !s.seen[f.name] {
				missing = f.name
				break
			}
		}
		s.mu.Unlock()
		if missing == "" {
			return nil
		}
		select {
		case <-s.changed:
		case <-ctx.Done():
			return fmt.Errorf("%q has not come", missing)
		}
	}
}

// check holds the events to their order: a record whose predecessor of the same
// writer has not come yet is out of order, whatever was repeated before.
func (s *sink) check() (events, again int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen, highest := map[string]bool{}, map[string]int{}
	for _, name := range s.events {
		writer, n := partsOf(name)
		if seen[name] {
			again++
			continue
		}
		if n < highest[writer] {
			return 0, 0, fmt.Errorf("%q came first after record %d of that writer", name, highest[writer])
		}
		seen[name], highest[writer] = true, n
	}
	return len(s.events), again, nil
}

func partsOf(name string) (writer string, n int) {
	_, _ = fmt.Sscanf(name, "%s %d", &writer, &n)
	return writer, n
}
