package streams

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/internal/clock"
	"sluice/internal/dice"
)

// What one PutRecords takes.
const (
	maxBatch      = 500
	maxBatchBytes = 10 << 20
)

// window bounds what an ordered producer looks ahead for other keys.
const window = 10 * maxBatch

// Sink is the part of the API that writing takes.
type Sink interface {
	PutRecords(context.Context, *kinesis.PutRecordsInput, ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error)
}

// Entry is a record on its way into a stream.
type Entry struct {
	PartitionKey, ExplicitHashKey string
	Data                          []byte
	// Records and Bytes are what an aggregate holds; zero for a plain record.
	Records, Bytes int
	// Line is where it came from, End the place in the input behind it.
	Line, End int64
	// Start is the place in the input where it begins.
	Start int64
}

func (e Entry) size() int { return len(e.Data) + len(e.PartitionKey) }

// Receipt is what the service says of a record it has taken.
type Receipt struct {
	Entry                   Entry
	ShardID, SequenceNumber string
}

// Producer writes records in batches, one request at a time. What is refused
// goes first into the next request, so a later record overtakes an earlier one
// of its key only when a single request is refused in part. With Ordered not
// even then: a request holds one record of a key at most. A connection that
// breaks after a request was sent may leave records twice, as with every
// producer.
type Producer struct {
	Sink   Sink
	Clock  clock.Clock
	Dice   *dice.Dice
	Stream string
	// Ordered keeps a key's order through partial refusals, at the price of
	// small requests where keys are few.
	Ordered bool
	// Linger is how long an unfilled batch waits for more.
	Linger time.Duration
	// GiveUp ends a run in which no record was taken for so long.
	GiveUp time.Duration
	// Accepted is called for every record that is taken, or is nil.
	Accepted func(Receipt) error
	// Settled is told the place in the input up to which all records are taken;
	// it may be nil.
	Settled func(end int64) error
	// Refused is told how many records will be sent again, and why; it may be nil.
	Refused func(records int, code string, wait time.Duration)

	pending []Entry // oldest first; what was refused stays where it was
	bytes   int
	ended   bool
}

// Run writes what comes until the channel is closed and everything is taken.
func (p *Producer) Run(ctx context.Context, in <-chan Entry) error {
	since, attempt := p.Clock.Now(), 0
	for {
		if err := p.fill(ctx, in); err != nil {
			return err
		}
		if len(p.pending) == 0 {
			return nil
		}
		batch := p.batch()
		refused, reason, err := p.send(ctx, batch)
		if err != nil {
			return p.place(batch, err)
		}
		if taken := len(batch) - refused; taken > 0 || attempt == 0 {
			since = p.Clock.Now()
		}
		if refused == 0 {
			attempt = 0
			continue
		}
		if p.GiveUp > 0 && p.Clock.Now().Sub(since) >= p.GiveUp {
			return &Error{Text: fmt.Sprintf("gave up after %s in which no record was taken; the last refusal: %s", p.GiveUp, reason), Advice: advice(reasonCode(reason), Endpoint{})}
		}
		var wait time.Duration
		wait, attempt = p.wait(refused, len(batch), attempt)
		if p.Refused != nil {
			p.Refused(refused, reason, wait)
		}
		if err := p.Clock.Sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// wait says how long to pause after a refusal. While most of a request is
// refused the pauses double, else they halve: they settle where a pause lets
// through what a request holds, and little is sent for nothing.
func (p *Producer) wait(refused, sent, attempt int) (pause time.Duration, next int) {
	if 2*refused > sent {
		return backoff(attempt, p.Dice), attempt + 1
	}
	next = max(attempt-1, 0)
	return backoff(next, p.Dice), next
}

// fill takes entries until a batch is full, the channel is closed, or Linger
// has passed since the first.
func (p *Producer) fill(ctx context.Context, in <-chan Entry) error {
	most := maxBatch
	if p.Ordered {
		most = window
	}
	var late chan struct{}
	for !p.ended && len(p.pending) < most && p.bytes < maxBatchBytes {
		if len(p.pending) > 0 && late == nil {
			waited := make(chan struct{})
			late = waited
			timer := p.Clock.At(p.Clock.Now().Add(p.Linger), func() { close(waited) })
			defer timer.Stop()
		}
		select {
		case e, more := <-in:
			if !more {
				p.ended = true
				return nil
			}
			p.pending = append(p.pending, e)
			p.bytes += e.size()
		case <-late:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// batch picks the places of the entries for the next request.
func (p *Producer) batch() []int {
	var places []int
	size := 0
	seen := map[string]bool{}
	for i, e := range p.pending {
		if p.Ordered && seen[e.PartitionKey] {
			continue
		}
		seen[e.PartitionKey] = true
		if len(places) == maxBatch || len(places) > 0 && size+e.size() > maxBatchBytes {
			break
		}
		places = append(places, i)
		size += e.size()
	}
	return places
}

// send makes one request and removes from pending what was taken.
func (p *Producer) send(ctx context.Context, batch []int) (refused int, reason string, err error) {
	in := &kinesis.PutRecordsInput{Records: make([]types.PutRecordsRequestEntry, len(batch))}
	in.StreamName, in.StreamARN = Reference(p.Stream)
	for i, at := range batch {
		e := p.pending[at]
		in.Records[i] = types.PutRecordsRequestEntry{Data: e.Data, PartitionKey: aws.String(e.PartitionKey)}
		if in.Records[i].Data == nil {
			in.Records[i].Data = []byte{}
		}
		if e.ExplicitHashKey != "" {
			in.Records[i].ExplicitHashKey = aws.String(e.ExplicitHashKey)
		}
	}
	out, err := p.Sink.PutRecords(ctx, in, once)
	if err != nil {
		if transient(err) {
			return len(batch), describe(err), nil
		}
		return 0, "", err
	}
	if len(out.Records) != len(batch) {
		return 0, "", fmt.Errorf("the server answered %d records for %d", len(out.Records), len(batch))
	}
	return p.settle(batch, out.Records)
}

// settle reads the answer to a request.
func (p *Producer) settle(batch []int, answers []types.PutRecordsResultEntry) (refused int, reason string, err error) {
	taken := make(map[int]bool, len(batch))
	for i, at := range batch {
		if c := aws.ToString(answers[i].ErrorCode); c != "" {
			refused++
			reason = c + ": " + aws.ToString(answers[i].ErrorMessage)
			if !throttled(c) && c != "InternalFailure" {
				return 0, "", errors.New(reason)
			}
			continue
		}
		taken[at] = true
		if p.Accepted != nil {
			r := Receipt{Entry: p.pending[at], ShardID: aws.ToString(answers[i].ShardId), SequenceNumber: aws.ToString(answers[i].SequenceNumber)}
			if err := p.Accepted(r); err != nil {
				return 0, "", err
			}
		}
	}
	end := p.pending[len(p.pending)-1].End
	kept := p.pending[:0]
	for at, e := range p.pending {
		if taken[at] {
			p.bytes -= e.size()
		} else {
			kept = append(kept, e)
		}
	}
	clear(p.pending[len(kept):])
	p.pending = kept
	if len(kept) > 0 {
		end = kept[0].Start
	}
	if p.Settled != nil {
		return refused, reason, p.Settled(end)
	}
	return refused, reason, nil
}

// place says which lines an error is about.
func (p *Producer) place(batch []int, err error) error {
	if errors.Is(err, context.Canceled) || len(p.pending) == 0 || batch[len(batch)-1] >= len(p.pending) {
		return err
	}
	first, last := p.pending[batch[0]].Line, p.pending[batch[len(batch)-1]].Line
	switch {
	case first == 0:
		return err
	case first == last:
		return located{fmt.Sprintf("line %d", first), err}
	}
	return located{fmt.Sprintf("lines %d to %d", first, last), err}
}

func describe(err error) string {
	var api interface{ ErrorMessage() string }
	if errors.As(err, &api) && api.ErrorMessage() != "" {
		return code(err) + ": " + api.ErrorMessage()
	}
	return code(err)
}

func reasonCode(reason string) string {
	for i := range reason {
		if reason[i] == ':' {
			return reason[:i]
		}
	}
	return reason
}
