package shards

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"
	"unicode/utf8"

	"sluice/delivery"
	"sluice/store/log"
)

// channelSource makes the batches of one delivery. It ends where the shards
// ended when it was made, so that a busy stream does not keep it from ending.
// Shards are read one after the other by index: parents come before their
// children, and the records of a key in their order.
type channelSource struct {
	streams *Streams
	channel *channel
	view    *view
	keys    *keyTemplate
	until   map[uint32]int64 // the end of each shard at the start
	// position is how far the batch that is being made has come.
	position map[uint32]int64
}

// How much of a shard is in memory at once, besides the object.
const (
	sourceBytes   = 1 << 20
	sourceRecords = 10000
)

func (s *Streams) newChannelSource(ctx context.Context, c *channel) (*channelSource, error) {
	v := c.stream.view.Load()
	src := &channelSource{streams: s, channel: c, view: v, until: map[uint32]int64{}}
	keys, err := parseKeys(c.view.Load().state.Keys)
	if err != nil {
		return nil, err
	}
	src.keys = keys
	for i := range v.layout.shards {
		sh := &v.layout.shards[i]
		if sh.open() {
			if err := sh.tail.load(ctx, s.log, c.stream.logID(sh)); err != nil {
				return nil, s.logError(c.stream, err)
			}
		}
		src.until[sh.index] = sh.limit()
	}
	return src, nil
}

// Next implements delivery.Source.
func (src *channelSource) Next(ctx context.Context) (*delivery.Batch, error) {
	st := src.channel.view.Load().state
	if src.channel.view.Load().gone || !st.delivers() || src.view.gone || src.streams.bucket() == nil {
		return nil, nil // what is left is for a later delivery, or for nobody
	}
	b, err := src.newBatch(st)
	if err != nil {
		return nil, err
	}
	src.position = map[uint32]int64{}
	moved := false
	for i := range src.view.layout.shards {
		sh := &src.view.layout.shards[i]
		from := st.Positions[sh.index]
		next, err := src.readShard(ctx, b, sh, from)
		if err != nil {
			return nil, err
		}
		moved = moved || next > from
		if next > 0 {
			src.position[sh.index] = next
		}
	}
	if !moved {
		return nil, nil
	}
	return b.close(src)
}

// readShard adds what a shard has to a batch, until the batch is full, and
// returns the position after it.
func (src *channelSource) readShard(ctx context.Context, b *channelBatch, sh *shard, from int64) (next int64, err error) {
	s, st, to := src.streams, src.channel.stream, src.until[sh.index]
	for next = from; next < to && !b.hints.Full(b.buffer); {
		horizon := src.view.state.horizon(s.clock.Now())
		page, err := s.log.Read(ctx, st.logID(sh), next, log.Limit{Records: sourceRecords, Bytes: sourceBytes, Before: to, NotBefore: horizon})
		if errors.Is(err, log.ErrNotFound) {
			src.expired(next, to)
			return to, nil
		}
		if err != nil {
			return next, s.logError(st, err)
		}
		if err := src.lookForExpired(ctx, sh, next, page, horizon); err != nil {
			page.Release()
			return next, err
		}
		after := page.Next
		if len(page.Records) == 0 {
			after = to
		}
		for i := range page.Records {
			if b.hints.Full(b.buffer) {
				after = page.Records[i].Position
				break
			}
			if err := b.add(sh, &page.Records[i]); err != nil {
				page.Release()
				return next, err
			}
		}
		page.Release()
		next = after
	}
	return next, nil
}

// lookForExpired counts records that retention took before they could be
// delivered. Only a gap before the page can be one.
func (src *channelSource) lookForExpired(ctx context.Context, sh *shard, from int64, page log.Page, horizon time.Time) error {
	first := src.until[sh.index]
	if len(page.Records) > 0 {
		first = page.Records[0].Position
	}
	if first == from {
		return nil
	}
	kept, err := src.streams.log.Seek(ctx, src.channel.stream.logID(sh), log.AtTime, horizon)
	if errors.Is(err, log.ErrNotFound) {
		kept, err = first, nil
	}
	if err != nil {
		return src.streams.logError(src.channel.stream, err)
	}
	if kept = min(kept, first); kept > from {
		src.expired(from, kept)
	}
	return nil
}

// expired tells of records that can be delivered no more.
func (src *channelSource) expired(from, to int64) {
	st := src.channel.view.Load().state
	src.channel.pump.counts.expired.Add(uint64(to - from))
	src.streams.config.Logger.Error("records passed retention before their channel could deliver them",
		"channel", st.Name, "stream", st.Stream, "records", to-from)
}

// channelBatch is one object of records, and one of dead letters, in the making.
type channelBatch struct {
	state   *channelState
	channel *channel
	hints   delivery.Hints
	buffer  delivery.Buffer // of both objects
	records *delivery.Body
	dead    *delivery.Body
}

func (src *channelSource) newBatch(st *channelState) (*channelBatch, error) {
	b := &channelBatch{state: st, channel: src.channel, hints: st.hints()}
	framing := delivery.Lines
	if st.Records == formatBytes {
		framing = delivery.Joined
	}
	var err error
	if b.records, err = delivery.NewBody(delivery.Compression(st.Packing), framing); err != nil {
		return nil, err
	}
	b.dead, err = delivery.NewBody(delivery.None, delivery.Lines)
	return b, err
}

// add puts a record where it belongs.
func (b *channelBatch) add(sh *shard, r *log.Record) error {
	b.buffer.Add(r.Arrival, len(r.Data)+recordWeight)
	code, text := misfit(b.state.Records, r.Data)
	if code == "" {
		return b.records.Add(r.Data)
	}
	letter, err := json.Marshal(deadLetter{
		ChannelName: b.state.Name, ChannelID: b.state.ID, StreamARN: b.channel.stream.key.arn().String(),
		ShardID: sh.id, SequenceNumber: sh.number(r.Position, r.Arrival).String(), PartitionKey: r.PartitionKey,
		Arrival: millis(r.Arrival), Bytes: len(r.Data), ErrorCode: code, ErrorMessage: text,
	})
	if err != nil {
		return fmt.Errorf("write a dead letter: %w", err)
	}
	b.buffer.Bytes += int64(len(letter))
	return b.dead.Add(letter)
}

// deadLetter is a line about a record that could not be delivered. As in the
// service it tells where the record is, not what is in it.
type deadLetter struct {
	ChannelName    string `json:"channelName"`
	ChannelID      string `json:"channelId"`
	StreamARN      string `json:"streamARN"`
	ShardID        string `json:"shardId"`
	SequenceNumber string `json:"sequenceNumber"`
	PartitionKey   string `json:"partitionKey,omitempty"`
	Arrival        int64  `json:"approximateArrivalTimestamp"` // milliseconds since 1970
	Bytes          int    `json:"sizeInBytes"`
	ErrorCode      string `json:"errorCode"`
	ErrorMessage   string `json:"errorMessage"`
}

// misfit says why a record does not have the format of its channel, if so.
func misfit(format string, data []byte) (code, text string) {
	switch {
	case format == formatText && !utf8.Valid(data):
		return "InvalidString", "The record is not valid UTF-8."
	case format == formatJSON && !(utf8.Valid(data) && json.Valid(data)):
		return "InvalidJson", "The record is not valid JSON."
	}
	return "", ""
}

// close turns what was gathered into objects and a checkpoint.
func (b *channelBatch) close(src *channelSource) (*delivery.Batch, error) {
	number, at := b.state.Batches, b.buffer.Opened
	out := &delivery.Batch{}
	if b.records.Records() > 0 {
		body, err := b.records.Close()
		if err != nil {
			return nil, err
		}
		o := delivery.Object{Place: b.channel.place(b.state.Bucket), Key: src.keys.key(b.state, at, number), Body: body, Class: b.state.Class}
		o.ContentType = contentTypeOf(b.state.Records)
		out.Objects = append(out.Objects, o)
	}
	if b.dead.Records() > 0 {
		body, err := b.dead.Close()
		if err != nil {
			return nil, err
		}
		out.Objects = append(out.Objects, delivery.Object{Place: b.channel.place(b.state.Dead), Key: errorKey(b.state, at, number),
			Body: body, Class: "STANDARD", ContentType: contentTypeOf(formatJSON)})
	}
	positions := maps.Clone(src.position)
	out.Commit = func(ctx context.Context) error {
		err := src.streams.changeChannel(context.WithoutCancel(ctx), b.channel, func(st *channelState, _ time.Time) (channelCommand, error) {
			if !st.delivers() {
				return nil, nil
			}
			return &checkpoint{Positions: positions, Batches: number + 1}, nil
		})
		if err == nil {
			b.count(out)
		}
		return err
	}
	return out, nil
}

// count adds a batch that was delivered to the channel's counts.
func (b *channelBatch) count(done *delivery.Batch) {
	c := &b.channel.pump.counts
	c.records.Add(uint64(b.records.Records()))
	c.bytes.Add(uint64(b.records.Size()))
	c.dead.Add(uint64(b.dead.Records()))
	c.objects.Add(uint64(len(done.Objects)))
	for i := range done.Objects {
		c.stored.Add(uint64(len(done.Objects[i].Body)))
	}
}

// oldestWaiting looks for the oldest record that is not delivered.
func (s *Streams) oldestWaiting(ctx context.Context, c *channel, st *channelState) (oldest delivery.Buffer, ok bool, err error) {
	v := c.stream.view.Load()
	for i := range v.layout.shards {
		sh := &v.layout.shards[i]
		if sh.open() {
			if err := sh.tail.load(ctx, s.log, c.stream.logID(sh)); err != nil {
				return oldest, false, s.logError(c.stream, err)
			}
		}
		from, to := st.Positions[sh.index], sh.limit()
		if from >= to {
			continue
		}
		page, err := s.log.Read(ctx, c.stream.logID(sh), from, log.Limit{Records: 1, Bytes: 1, Before: to})
		if errors.Is(err, log.ErrNotFound) {
			continue
		}
		if err != nil {
			return oldest, false, s.logError(c.stream, err)
		}
		if len(page.Records) > 0 {
			oldest.Add(page.Records[0].Arrival, 0)
		}
		page.Release()
	}
	return oldest, oldest.Records > 0, nil
}
