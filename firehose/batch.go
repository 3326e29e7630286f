package firehose

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sluice/delivery"
	"sluice/firehose/parquet"
	"sluice/store/log"
)

// largestRecord is by how much a buffer can be more than full.
const largestRecord = 1 << 20

// How much of the log is in memory at once, besides the objects.
const (
	readBytes   = 1 << 20
	readRecords = 10000
)

// Delivered is what a delivery came to.
type Delivered struct{ Objects, Records, Bytes, Failed int }

// batches makes the batches of one delivery. It ends where the log ended when
// it was made, so that a busy stream does not keep it from ending.
type batches struct {
	room   *Firehose
	way    way
	forced bool
	// due is when the delivery was due, zero when somebody asked for it; started
	// is when it began, in host time.
	due, started time.Time
	done         Delivered
	// good is how many objects of the last batch are of good records; they come first.
	good int
	// impatient tells that the retries of a partition ran out with this delivery.
	impatient bool
	// next is when the buffer that was left open is due, zero when there is none.
	next time.Time

	ends map[uint32]int64 // of the logs
	// id is the log that is read, up to until.
	id    log.ID
	until int64
}

func (b *batches) open(ctx context.Context) (err error) {
	st := b.way.stream.state.Load()
	b.ends = map[uint32]int64{}
	for _, shard := range b.way.reads(st) {
		if b.ends[shard], err = b.room.config.Log.Seek(ctx, log.ID{Stream: st.ID, Shard: shard}, log.Latest, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// stage turns to a log.
func (b *batches) stage(shard uint32) {
	b.id, b.until = log.ID{Stream: b.way.stream.state.Load().ID, Shard: shard}, b.ends[shard]
}

// turn turns to the first log of the way that has something, and returns from
// where on.
func (b *batches) turn(st *streamState) (from int64, ok bool) {
	for _, shard := range b.way.reads(st) {
		b.stage(shard)
		if from = b.way.position(shard); from < b.until {
			return from, true
		}
	}
	return from, false
}

// Next implements delivery.Source. It reads one buffer: until it is full, or
// until a record comes that arrived after the buffer was due.
func (b *batches) Next(ctx context.Context) (*delivery.Batch, error) {
	st := b.way.stream.state.Load()
	target := b.way.target(st)
	if !st.active() || target == nil {
		return nil, nil
	}
	from, ok := b.turn(st)
	if !ok {
		return nil, nil
	}
	set, err := newObjects(b, st, target, from)
	if err != nil {
		return nil, err
	}
	again := b.resend(st, from)
	next, closed, err := b.fill(ctx, set, from)
	if err != nil || next == from {
		return nil, err
	}
	now := b.room.config.Clock.Now()
	if set.buffer.Records > 0 && next >= b.until && !b.forced && !closed && !again && !set.hints.Closes(set.buffer, now) {
		b.next, _ = set.hints.Due(set.buffer)
		return nil, nil
	}
	if set.post != nil {
		if err := set.send(ctx, next); err != nil {
			return nil, err
		}
	}
	return set.close(next)
}

// filling takes the records of one buffer.
type filling interface {
	// full tells whether a record belongs to the next buffer.
	full(r *log.Record) bool
	// take takes a record, and keeps nothing of its memory.
	take(ctx context.Context, r *log.Record) error
}

// fill reads records into a buffer and returns the position after them. closed
// tells that the buffer took no more.
func (b *batches) fill(ctx context.Context, set filling, from int64) (next int64, closed bool, err error) {
	horizon := b.way.stream.state.Load().horizon(b.room.config.Clock.Now())
	for next = from; next < b.until && !closed; {
		page, err := b.room.config.Log.Read(ctx, b.id, next, log.Limit{Records: readRecords, Bytes: readBytes, Before: b.until, NotBefore: horizon})
		if errors.Is(err, log.ErrNotFound) {
			return from, false, nil // the stream is being removed
		}
		if err != nil {
			return next, closed, err
		}
		after, first := page.Next, page.Next
		if len(page.Records) > 0 {
			first = page.Records[0].Position
		}
		if err := b.lookForExpired(ctx, next, first, horizon); err != nil {
			page.Release()
			return next, closed, err
		}
		for i := range page.Records {
			r := &page.Records[i]
			if set.full(r) {
				closed, after = true, r.Position
				break
			}
			if err := set.take(ctx, r); err != nil {
				page.Release()
				return next, closed, err
			}
		}
		page.Release()
		if after == next {
			// What follows is being put. Its put plans its delivery once it is durable.
			b.until = next
		}
		next = after
	}
	return next, closed, nil
}

// repairGap is no number of records that anybody puts in a day: a repair of the
// data folder has the log go on that far behind, see store/doctor.
const repairGap = 1 << 31

// lookForExpired tells of records that were stored too long. Only a gap before
// the first record of a page can be one.
func (b *batches) lookForExpired(ctx context.Context, from, first int64, horizon time.Time) error {
	if first == from || horizon.IsZero() {
		return nil
	}
	kept, err := b.room.config.Log.Seek(ctx, b.id, log.AtTime, horizon)
	if err != nil {
		return err
	}
	switch kept = min(kept, first); {
	case kept-from >= repairGap:
		b.room.config.Logger.Warn("a repair of the data folder has left a gap in a delivery stream: what was lost in it, or was before it and stored for a day, is not delivered", "stream", b.way.stream.key.name)
	case kept > from:
		b.way.stream.pump.counts.Expired.Add(uint64(kept - from))
		b.room.config.Logger.Error("records were stored for a day and could not be delivered", "stream", b.way.stream.key.name, "records", kept-from)
	}
	return nil
}

// objects are the objects of one buffer in the making: one of good records for
// each evaluated prefix, and one of failed records for each type of error.
type objects struct {
	from   int64
	owner  *batches
	state  *streamState
	target *s3Target
	hints  delivery.Hints
	buffer delivery.Buffer
	made   int64 // bytes of good records, which may be more than came
	steps  *steps
	zone   *time.Location
	paths  prefixes
	good   map[string]*object // by what partitions them
	failed map[string]*object // by type of error
	post   *post              // of good records, nil for S3
	spent  *failure           // that makes error records of good ones; nil while a partition may be tried
	// converting makes rows of good records; nil before the first one, and
	// where nothing is converted.
	converting *converting
}

// object is one object in the making.
type object struct {
	body *delivery.Body
	// file takes rows in place of the body; nil where nothing is converted.
	file   *parquet.Writer
	filled bool
	oldest time.Time
	// keys are from the query, lambda from the function.
	keys, lambda map[string]string
	lines        bool // a newline between records
}

func newObjects(b *batches, st *streamState, t *s3Target, from int64) (*objects, error) {
	set := &objects{owner: b, state: st, target: t, from: from, hints: b.way.hints(st), good: map[string]*object{}, failed: map[string]*object{}}
	var err error
	partitioned := !b.way.backup && st.Destination.partitioned()
	if set.paths, err = compilePrefixes(t.Prefix, t.ErrorPrefix, partitioned); err != nil {
		return nil, err
	}
	if b.way.deliversPosts(st) {
		set.post = &post{}
	}
	set.spent = b.way.cursor.refused
	set.zone = time.UTC
	set.steps = &steps{}
	if !b.way.backup {
		if set.zone, err = st.Destination.zone(); err != nil {
			return nil, err
		}
		set.steps, err = newSteps(&st.Destination, b.id.Shard == rawLog, true)
	}
	if b.way.part != nil && err == nil {
		set.steps.sorted(b.way.part.state.Query)
	}
	return set, err
}

// full implements filling.
func (set *objects) full(r *log.Record) bool {
	stored := r.Arrival
	if set.owner.way.part != nil {
		if rec, err := unseal(r, true); err == nil {
			stored = rec.stored
		}
	}
	if set.hints.Full(set.buffer) || set.made >= set.hints.Bytes || set.overfull(r) {
		return true
	}
	return !set.owner.forced && late(set.hints, set.buffer, stored)
}

// unbuffered is how much of what arrives goes together where nothing is to wait:
// what is behind, because the destination was down, must not go one by one.
const unbuffered = time.Second

// late tells whether a record came too late for a buffer.
func late(h delivery.Hints, b delivery.Buffer, at time.Time) bool {
	h.Age = max(h.Age, unbuffered)
	due, ok := h.Due(b)
	return ok && at.After(due)
}

// take implements filling. It puts a record through the steps and into its
// objects.
func (set *objects) take(ctx context.Context, r *log.Record) error {
	rec, err := unseal(r, set.state.sealed(set.owner.id.Shard))
	if err != nil {
		return err
	}
	set.buffer.Add(rec.stored, len(rec.data))
	outcome := set.steps.apply(ctx, &rec)
	if err := ctx.Err(); err != nil {
		return err // which may be what failed the record
	}
	for i, fit := range outcome.good {
		set.made += int64(len(fit.data))
		if set.post != nil {
			set.post.add(set.state, &rec, i, fit.data)
			continue
		}
		if set.spent != nil {
			outcome.failed = append(outcome.failed, misfit{failure: *set.spent, original: fit.original})
			continue
		}
		bad, err := set.add(ctx, &rec, i, &fit)
		if err != nil {
			return err
		}
		if bad != nil {
			outcome.failed = append(outcome.failed, *bad)
		}
	}
	for _, bad := range outcome.failed {
		if err := set.reject(bad, rec.arrival); err != nil {
			return err
		}
	}
	return nil
}

// add puts a record that is fit into its object. A record that cannot be
// converted is returned.
func (set *objects) add(ctx context.Context, rec *record, part int, fit *fit) (*misfit, error) {
	name := joined(fit.keys) + "/" + joined(fit.lambda)
	if set.converts() {
		return set.addRows(ctx, name, rec, part, fit)
	}
	o, err := set.object(set.good, name, fit, set.steps.delimiter)
	if err != nil {
		return nil, err
	}
	return nil, o.add(fit.data, rec.arrival)
}

// converts tells whether good records become rows.
func (set *objects) converts() bool {
	return set.state.Destination.converts() && !set.owner.way.backup
}

// joined makes one text of partition keys. They are as many as the query has,
// so a separator that values may hold does not confuse two sets in practice;
// the length of each value makes sure of it.
func joined(keys map[string]string) string {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		out.WriteString(name + "=" + hex.EncodeToString([]byte(keys[name])) + ";")
	}
	return out.String()
}

func (set *objects) object(in map[string]*object, name string, of *fit, lines bool) (*object, error) {
	if o := in[name]; o != nil {
		return o, nil
	}
	o := &object{keys: of.keys, lambda: of.lambda, lines: lines}
	var err error
	switch c := set.target.compression(); c {
	case delivery.Zip:
		o.body, err = delivery.NewArchive(set.id("entry/"+name), delivery.Joined)
	default:
		if o.body, err = delivery.NewBody(c, delivery.Joined); err == nil && len(in) == 0 && of.data != nil {
			o.body.Expect(min(set.hints.Bytes+largestRecord, set.owner.way.cursor.backlog.Load()))
		}
	}
	in[name] = o
	return o, err
}

// note takes down when a record came.
func (o *object) note(arrival time.Time) {
	if !o.filled || arrival.Before(o.oldest) {
		o.oldest = arrival
	}
	o.filled = true
}

func (o *object) add(data []byte, arrival time.Time) error {
	o.note(arrival)
	if o.lines && o.body.Records() > 0 {
		data = append([]byte("\n"), data...)
	}
	return o.body.Add(data)
}

// id makes the id of an object out of where its buffer began, so that a buffer
// that is delivered again replaces what it left.
func (set *objects) id(what string) string {
	return uuidOf(set.seed(what))
}

func (set *objects) seed(what string) [sha256.Size]byte {
	var b []byte
	b = binary.BigEndian.AppendUint64(b, set.state.ID)
	b = binary.BigEndian.AppendUint64(b, uint64(set.state.Created))
	b = binary.BigEndian.AppendUint64(b, uint64(set.from))
	switch {
	case set.owner.way.backup:
		what = "backup/" + what
	case set.owner.id.Shard == cookedLog:
		what = "cooked/" + what
	case set.owner.way.part != nil:
		what = fmt.Sprintf("partition/%d/%s", set.owner.way.part.shard, what)
	}
	return sha256.Sum256(append(b, what...))
}

// uuidOf spells 16 bytes as a version 4 UUID.
func uuidOf(seed [sha256.Size]byte) string {
	b := seed[:16]
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// close turns the objects into a batch that ends at a position.
func (set *objects) close(next int64) (*delivery.Batch, error) {
	batch := &delivery.Batch{}
	for _, name := range slices.Sorted(maps.Keys(set.good)) {
		if err := set.finish(batch, set.good[name], "good/"+name, ""); err != nil {
			return nil, err
		}
	}
	set.owner.good = len(batch.Objects)
	for _, kind := range slices.Sorted(maps.Keys(set.failed)) {
		if err := set.finish(batch, set.failed[kind], "failed/"+kind, kind); err != nil {
			return nil, err
		}
	}
	b, shard := set.owner, set.owner.id.Shard
	records, size := int(set.buffer.Records), int(set.buffer.Bytes)
	batch.Commit = func(ctx context.Context) error {
		if err := b.room.advance(ctx, b.way, shard, next); err != nil {
			return err
		}
		b.way.cursor.attempt = attempt{}
		b.way.passed(int64(size))
		b.done.Objects += len(batch.Objects)
		b.done.Records += records
		b.done.Bytes += size
		counts := &b.way.stream.pump.counts
		b.room.recordDelivery(b.way, set.state, true, records, size, set.buffer.Opened)
		counts.Objects.Add(uint64(len(batch.Objects)))
		if set.converting != nil {
			b.room.record(b.way.stream, set.converting.data()...)
		}
		if !b.way.backup {
			counts.Records.Add(uint64(records))
			counts.Bytes.Add(uint64(size))
		}
		return nil
	}
	return batch, nil
}

// finish closes an object and adds it to a batch.
func (set *objects) finish(batch *delivery.Batch, o *object, name, errorType string) error {
	body, err := o.close()
	if err != nil {
		return err
	}
	path := set.paths.good
	if errorType != "" {
		path = set.paths.failed
	}
	at := o.oldest.In(set.zone)
	draws := 0
	prefix, err := path.expand(moment{at: at, errorType: errorType, query: o.keys, lambda: o.lambda, random: func() string {
		draws++
		return set.random(name, draws)
	}})
	if err != nil {
		return err
	}
	extension, encoding := set.packing(o, errorType)
	k := set.owner.way.stream.key
	batch.Objects = append(batch.Objects, delivery.Object{
		Place: delivery.Place{Account: k.account, Region: k.region, Bucket: set.target.bucket()},
		Key:   objectKey(prefix, k.name, set.state.Version, at, set.id(name), extension), Body: body,
		ContentType: "application/octet-stream", ContentEncoding: encoding,
	})
	return nil
}

// random is the text of the nth random-string in a key: hexadecimal digits and
// a dash, as in the examples of the guide.
func (set *objects) random(name string, n int) string {
	return uuidOf(set.seed(name + "/random/" + string(rune('0'+n%10)) + strings.Repeat("+", n/10)))[:randomLength]
}

// packing is what keys of an object end with, and how it is said to be packed:
// the configured extension, or that of the compression. What could not be
// converted has none, and rows packed with Snappy are said to be what Hadoop
// makes of it, as measured.
func (set *objects) packing(o *object, errorType string) (extension, encoding string) {
	c := set.target.compression()
	extension, encoding = c.Extension(), c.Encoding()
	if o.file != nil {
		extension = ".parquet"
		if set.converting.form.Codec == parquet.Snappy {
			encoding = delivery.HadoopSnappy.Encoding()
		}
	}
	if e := set.state.Destination.Extension; e != nil && *e != "" && !set.owner.way.backup && errorType != conversionFailed {
		extension = *e
	}
	return extension, encoding
}
