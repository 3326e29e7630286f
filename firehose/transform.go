package firehose

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"sluice/delivery"
	"sluice/store/log"
)

// transformRetry is the pause between two calls of a function that fails, in
// service time. How often is NumberOfRetries.
func transformRetry() delivery.Retry { return delivery.Retry{First: time.Second, Most: time.Minute} }

// transform is what is known of a Lambda processor.
type transform struct {
	arn     string
	retries int
	hints   delivery.Hints
}

// transform reads the Lambda processor, nil when there is none.
func (d *destination) transform() *transform {
	p := d.find(lambdaTransform)
	if p == nil {
		return nil
	}
	t := &transform{arn: p.value(paramLambda)}
	t.retries, _ = strconv.Atoi(p.value(paramRetries))
	size, _ := strconv.ParseFloat(p.value(paramSize), 64)
	seconds, _ := strconv.Atoi(p.value(paramInterval))
	t.hints = delivery.Hints{Bytes: int64(size * (1 << 20)), Age: max(time.Duration(seconds)*time.Second, time.Nanosecond)}
	return t
}

// load is what one call of a function is about.
type load struct {
	from   int64
	state  *streamState
	hints  delivery.Hints
	steps  *steps
	forced bool
	buffer delivery.Buffer
	made   int64 // bytes for the function, which may be more than came
	came   int64 // bytes for the second log
	inputs []input
}

// input is a record for the function, or one that failed before.
type input struct {
	id       string
	data     []byte
	original []byte
	envelope envelope
}

// full implements filling.
func (l *load) full(r *log.Record) bool {
	return l.hints.Full(l.buffer) || l.made >= l.hints.Bytes || !l.forced && late(l.hints, l.buffer, r.Arrival)
}

// take implements filling.
func (l *load) take(ctx context.Context, r *log.Record) error {
	rec, err := unseal(r, l.state.sealed(rawLog))
	if err != nil {
		return err
	}
	l.buffer.Add(r.Arrival, len(rec.data))
	rec.data = bytes.Clone(rec.data) // the page goes before the call ends
	rec.envelope.Arrival = millis(rec.arrival)
	out := l.steps.apply(ctx, &rec)
	if err := ctx.Err(); err != nil {
		return err // which may be what failed the record
	}
	for i, fit := range out.good {
		l.made += int64(len(fit.data))
		l.inputs = append(l.inputs, input{id: l.state.recordID(r.Position, i), data: fit.data, original: fit.original, envelope: rec.envelope})
	}
	for _, bad := range out.failed {
		e := rec.envelope
		e.Failure = &bad.failure
		l.inputs = append(l.inputs, input{original: bad.original, envelope: e})
	}
	return nil
}

// recordID is the id of a record for functions and endpoints: the same however
// often it is sent.
func (st *streamState) recordID(position int64, part int) string {
	return fmt.Sprintf("49%018d%020d%014d", st.ID, position, part)
}

// cook calls the function for what is due and appends what it returns to the
// second log, until nothing is due.
func (f *Firehose) cook(ctx context.Context, b *batches) error {
	w := b.way
	for {
		st := w.stream.state.Load()
		t := st.Destination.transform()
		if !st.active() || t == nil {
			return nil
		}
		b.stage(rawLog)
		steps, err := newSteps(&st.Destination, true, false)
		if err != nil {
			return err
		}
		l := &load{from: w.position(rawLog), state: st, hints: t.hints, steps: steps, forced: b.forced}
		again := w.cursor.end > l.from // the same records as before
		if again {
			b.until = min(b.until, w.cursor.end)
		}
		next, closed, err := b.fill(ctx, l, l.from)
		if err != nil || next == l.from {
			return err
		}
		now := f.config.Clock.Now()
		if l.buffer.Records > 0 && !again && !b.forced && !closed && !l.hints.Closes(l.buffer, now) {
			b.next, _ = l.hints.Due(l.buffer)
			return nil
		}
		entries, err := f.call(ctx, b, t, l)
		if err != nil {
			w.cursor.end = next
			if b.forced && w.cursor.tries <= t.retries && ctx.Err() == nil {
				continue
			}
			return err
		}
		if err := f.settleLoad(ctx, w, l, entries, next); err != nil {
			return err
		}
		w.cursor.attempt = attempt{}
	}
}

// settleLoad stores what came of a load, and then that it is done.
func (f *Firehose) settleLoad(ctx context.Context, w way, l *load, entries []log.Entry, next int64) error {
	if len(entries) > 0 {
		commit, err := f.config.Log.Append(ctx, entries)
		if err == nil {
			err = commit.Wait()
		}
		if err != nil {
			return err
		}
		main := way{stream: w.stream, cursor: &w.stream.pump.main, sort: l.state.Destination.partitioned()}
		f.expect(main, commit.Placed()[0].Arrival, l.came)
	}
	if err := f.advance(ctx, w, rawLog, next); err != nil {
		return err
	}
	w.passed(l.buffer.Bytes)
	return nil
}

// call calls the function and returns what the second log is to hold. An error
// is a call that is to be made again.
func (f *Firehose) call(ctx context.Context, b *batches, t *transform, l *load) ([]log.Entry, error) {
	ids := make([]string, 0, len(l.inputs))
	event := call{Invocation: f.config.Dice.UUID().String(), Stream: b.way.stream.key.arn(), Region: b.way.stream.key.region, Records: []callRecord{}}
	if l.state.Source != nil {
		event.Source = l.state.Source.ARN
	}
	for i := range l.inputs {
		if in := &l.inputs[i]; in.envelope.Failure == nil {
			ids = append(ids, in.id)
			event.Records = append(event.Records, in.record(l.state))
		}
	}
	verdicts := map[string]verdict{}
	if len(ids) > 0 {
		var err error
		if verdicts, err = f.invoke(ctx, b, t, event, ids); err != nil {
			return nil, err
		}
	}
	return l.entries(verdicts, t.arn, millis(f.config.Clock.Now()))
}

// invoke makes one attempt. The last one that fails is the verdict.
func (f *Firehose) invoke(ctx context.Context, b *batches, t *transform, event call, ids []string) (map[string]verdict, error) {
	w := b.way
	payload, err := json.Marshal(&event)
	if err != nil {
		return nil, err
	}
	counts := &w.stream.pump.counts
	counts.Invocations.Add(1)
	var verdicts map[string]verdict
	var failed *failure
	began := f.config.Clock.Now()
	answer, err := f.config.Function.Invoke(ctx, t.arn, payload)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err() // it may have been the end of the room that failed it
		}
		failed = failureOf(err)
	} else {
		verdicts, failed = judge(answer, ids)
	}
	f.recordCall(w.stream, failed == nil, f.config.Clock.Now().Sub(began))
	if failed == nil {
		return verdicts, nil
	}
	counts.InvocationFailures.Add(1)
	w.cursor.tries++
	if w.cursor.tries <= t.retries {
		at, _ := transformRetry().Next(time.Time{}, b.ended(), w.cursor.tries)
		return nil, &laterError{at, failed.Code + ": " + failed.Text}
	}
	failed.Attempts = w.cursor.tries
	verdicts = map[string]verdict{}
	for _, id := range ids {
		verdicts[id] = verdict{failure: failed}
	}
	return verdicts, nil
}

func (in *input) record(st *streamState) callRecord {
	e := &in.envelope
	out := callRecord{ID: in.id, Arrival: e.Arrival, Data: in.data}
	if out.Data == nil {
		out.Data = []byte{}
	}
	if st.Source != nil {
		out.Kinesis = &callKinesis{Sequence: e.Sequence, Sub: e.Sub, Key: e.Key, Shard: e.Shard, Arrival: e.Arrival}
	}
	return out
}

// entries are what the second log is to hold of a load.
func (l *load) entries(verdicts map[string]verdict, function string, now int64) (out []log.Entry, err error) {
	for i := range l.inputs {
		in := &l.inputs[i]
		e, data := in.envelope, in.original
		if e.Failure == nil {
			v := verdicts[in.id]
			if v.dropped {
				continue
			}
			if v.failure == nil {
				e.Keys, data = v.keys, v.data
			} else {
				failed := *v.failure
				failed.Ended, failed.Function = now, function
				e.Failure = &failed
			}
		}
		raw, err := e.seal(data)
		if err != nil {
			return nil, err
		}
		l.came += int64(len(data))
		out = append(out, log.Entry{Log: log.ID{Stream: l.state.ID, Shard: cookedLog}, Data: raw})
	}
	return slices.Clip(out), nil
}

// laterError asks for another attempt at a time.
type laterError struct {
	at   time.Time
	text string
}

// Error implements error.
func (e *laterError) Error() string { return e.text }
