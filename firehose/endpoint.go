package firehose

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"

	"sluice/delivery"
	"sluice/firehose/http"
	"sluice/store/log"
)

// Endpoint sends requests to HTTP endpoints. *http.Client is one. It keeps
// nothing of a request. A *http.Failure is what the endpoint did. Methods are
// called concurrently.
type Endpoint interface {
	Send(ctx context.Context, r *http.Request) error
}

// endpointFailed is the type of records that an endpoint did not take.
const endpointFailed = "http-endpoint-failed"

// endpointRetry is the pause between attempts, before its jitter.
func endpointRetry() delivery.Retry {
	return delivery.Retry{First: time.Second, Most: 120 * time.Second}
}

// post is the request in the making.
type post struct {
	records []posted
	encoded int
}

// posted is a record of a request.
type posted struct {
	data    []byte
	arrival time.Time
	id      string
	sub     int
}

// room tells whether a record fits into the request.
func (p *post) room(size int) bool {
	return len(p.records) < http.MaxRecords && p.encoded+encodedSize(size) <= http.MaxBody-1024
}

func encodedSize(size int) int { return base64.StdEncoding.EncodedLen(size) + 12 }

// add takes a record, and keeps nothing of its memory.
func (p *post) add(st *streamState, r *record, part int, data []byte) {
	p.records = append(p.records, posted{bytes.Clone(data), r.arrival, st.recordID(r.position, part), r.envelope.Sub})
	p.encoded += encodedSize(len(data))
}

// deliversPosts tells whether a way ends at an HTTP endpoint.
func (w way) deliversPosts(st *streamState) bool {
	return st.Destination.HTTP != nil && !w.backup && !w.transform
}

// resend has the buffer end where the attempt ended that is to be repeated.
func (b *batches) resend(st *streamState, from int64) bool {
	c := b.way.cursor
	if !b.way.deliversPosts(st) || c.endIn != b.id.Shard || c.end <= from {
		return false
	}
	b.until = min(b.until, c.end)
	return true
}

// send makes an attempt for the records up to a position. An error asks for
// another one; when it is time to give up, the records become error records.
func (set *objects) send(ctx context.Context, next int64) error {
	b := set.owner
	c := b.way.cursor
	again := c.end == next && c.endIn == b.id.Shard
	if !again {
		c.end, c.endIn, c.tries, c.began, c.settled = next, b.id.Shard, 0, time.Time{}, false
	}
	if c.settled || len(set.post.records) == 0 {
		return set.giveUp(ctx, c.verdict)
	}
	err := b.room.config.Endpoint.Send(ctx, set.request(next))
	var failed *http.Failure
	if err != nil && !errors.As(err, &failed) {
		return err
	}
	now := b.ended()
	c.tries++
	switch {
	case failed == nil:
	case failed.Final:
		b.room.config.Logger.Error("an endpoint refuses records for good; they are dropped", "stream", b.way.stream.key.name,
			"records", len(set.post.records), "error", failed)
		b.way.stream.pump.counts.Dropped.Add(uint64(len(set.post.records)))
		failed = nil
	default:
		if c.began.IsZero() {
			c.began = now
		}
		if end := c.began.Add(time.Duration(set.state.Destination.HTTP.Retry) * time.Second); now.Before(end) {
			return &laterError{b.room.nextAttempt(now, end, c.tries), failed.Error()}
		}
	}
	c.settled, c.verdict = true, failed
	return set.giveUp(ctx, failed)
}

// nextAttempt is when to try again, with a jitter of 15 %, at the end of the
// duration at the latest.
func (f *Firehose) nextAttempt(now, end time.Time, tries int) time.Time {
	pause := endpointRetry().Pause(tries)
	jitter := (float64(f.config.Dice.Uint64()>>11)/(1<<53)*2 - 1) * 0.15
	at := now.Add(pause + time.Duration(float64(pause)*jitter))
	if at.After(end) {
		return end
	}
	return at
}

// giveUp makes error records of a request; of one that was taken, none.
func (set *objects) giveUp(_ context.Context, failed *http.Failure) error {
	if failed == nil {
		return nil
	}
	now := set.owner.room.config.Clock.Now()
	for i := range set.post.records {
		r := &set.post.records[i]
		bad := misfit{failure: failure{Kind: endpointFailed, Code: failed.Code, Text: failed.Message, Attempts: set.owner.way.cursor.tries, Ended: millis(now)},
			original: r.data, sub: &r.sub, id: r.id + ".0"}
		if err := set.reject(bad, r.arrival); err != nil {
			return err
		}
	}
	return nil
}

// request is what is sent for the records up to a position.
func (set *objects) request(next int64) *http.Request {
	h := set.state.Destination.HTTP
	var end [8]byte
	binary.BigEndian.PutUint64(end[:], uint64(next))
	r := &http.Request{URL: h.URL, AccessKey: h.Key, Source: set.owner.way.stream.key.arn(), ID: set.id("request/" + string(end[:])),
		Timestamp: millis(set.owner.room.config.Clock.Now()), Gzip: h.Encoding == "GZIP"}
	for _, a := range h.Attributes {
		r.Attributes = append(r.Attributes, http.Attribute{Name: a.Name, Value: a.Value})
	}
	for i := range set.post.records {
		r.Records = append(r.Records, set.post.records[i].data)
	}
	return r
}

// reject makes an error record.
func (set *objects) reject(bad misfit, arrival time.Time) error {
	line, err := bad.line(arrival, set.owner.room.config.Clock.Now())
	if err != nil {
		return err
	}
	o, err := set.object(set.failed, bad.Kind, &fit{}, true)
	if err == nil {
		err = o.add(line, arrival)
	}
	if err != nil {
		return err
	}
	set.owner.way.stream.pump.counts.Failed.Add(1)
	set.owner.done.Failed++
	return nil
}

// overfull tells whether a record would make the request too large.
func (set *objects) overfull(r *log.Record) bool {
	return set.post != nil && !set.post.room(len(r.Data))
}
