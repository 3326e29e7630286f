package metamorphic

import (
	"fmt"
	"math/big"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/shards"
	"sluice/store"
	"sluice/store/log/logtest"
)

// step does one thing. What is frequent comes first.
func (w *world) step() {
	s := w.streams[w.dice.IntN(len(w.streams))]
	switch n := w.dice.IntN(100); {
	case n < 30:
		w.produce(s)
	case n < 50:
		w.consume(s)
	case n < 58:
		w.pass(time.Duration(w.dice.IntN(5000)) * time.Millisecond)
	case n < 63:
		w.rush(s)
	case n < 67:
		w.pass(time.Duration(w.dice.IntN(20)) * time.Minute)
	case n < 72:
		w.split(s)
	case n < 77:
		w.merge(s)
	case n < 79:
		w.scale(s)
	case n < 82:
		w.mode(s)
	case n < 84:
		w.policy(s)
	case n < 86:
		w.retention(s)
	case n < 89:
		w.visit()
	case n < 90:
		w.config.Limits = w.limits()
		w.note("limits %+v", w.config.Limits)
		w.room.SetLimits(w.config.Limits)
	case n < 92:
		w.checkTiling(s)
	default:
		w.rare()
	}
}

// rare does what changes everything.
func (w *world) rare() {
	switch n := w.dice.IntN(100); {
	case n < 25:
		w.restart()
	case n < 40:
		w.powerFails()
	case n < 55:
		w.leap()
	case n < 75:
		w.save()
	default:
		w.restore()
	}
}

func (w *world) create() {
	s := &stream{world: w, name: fmt.Sprint("s", len(w.streams)), acked: map[string]*record{}, numbers: map[string]bool{},
		newest: map[string]string{}, parents: map[string][]string{}, byShard: map[string][]*record{}}
	in := &kinesis.CreateStreamInput{StreamName: &s.name}
	if w.dice.IntN(3) > 0 {
		in.ShardCount = aws.Int32(int32(1 + w.dice.IntN(4)))
	}
	w.note("create %s with %d shards", s.name, aws.ToInt32(in.ShardCount))
	_, err := w.room.CreateStream(shards.Free(w.ctx), in)
	w.must(err)
	w.streams = append(w.streams, s)
	for i := range 3 {
		s.consumers = append(s.consumers, newConsumer(fmt.Sprint(s.name, "/c", i)))
	}
	w.clock.Step(w.config.Transition.Duration)
	w.register(s, s.consumers[2])
}

// entries makes records for a put, and what is to be remembered of them.
func (w *world) entries(s *stream, prefix string) (list []types.PutRecordsRequestEntry, all []*record) {
	auto := w.auto(s)
	for range 1 + w.dice.IntN(25) {
		r := &record{key: fmt.Sprint(prefix, w.dice.IntN(20)), n: w.next}
		w.next++
		e := types.PutRecordsRequestEntry{}
		if w.dice.IntN(4) == 0 { // a key with a place of its own, always the same
			at := w.dice.IntN(7)
			r.key = fmt.Sprint(prefix, "e", at)
			e.ExplicitHashKey = aws.String(new(big.Int).Rsh(new(big.Int).Lsh(big.NewInt(int64(at*at+1)), 128), 6).String())
		}
		if auto { // its place says nothing about its key
			r.free, r.key = true, pick(w.dice, "", "free-"+r.key)
		}
		r.payload = fmt.Sprint(s.name, "/", r.key, "/", r.n)
		if e.Data = []byte(r.payload); r.key != "" {
			e.PartitionKey = &r.key
		}
		if w.dice.IntN(40) == 0 {
			e.Data = append(e.Data, make([]byte, w.dice.IntN(3000))...)
		}
		list, all = append(list, e), append(all, r)
	}
	return list, all
}

func (w *world) produce(s *stream) {
	list, all := w.entries(s, "k")
	if len(list) == 1 {
		out, err := w.room.PutRecord(w.ctx, &kinesis.PutRecordInput{StreamName: &s.name, PartitionKey: list[0].PartitionKey,
			ExplicitHashKey: list[0].ExplicitHashKey, Data: list[0].Data})
		if w.answered("PutRecord", err) {
			s.acknowledge(all[0], *out.ShardId, *out.SequenceNumber)
		}
		return
	}
	out, err := w.room.PutRecords(w.ctx, &kinesis.PutRecordsInput{StreamName: &s.name, Records: list})
	if w.answered("PutRecords", err) {
		s.acknowledgeAll(all, out)
	}
	w.note("put %d records to %s", len(list), s.name)
}

// rush has several producers put and consumers read while a change of the
// shard map lands.
func (w *world) rush(s *stream) {
	w.note("rush on %s", s.name)
	if w.dice.IntN(2) == 0 {
		w.split(s)
	} else {
		w.merge(s)
	}
	producers := make([][]*batch, 3)
	for i := range producers {
		for range 6 {
			b := new(batch)
			b.list, b.all = w.entries(s, fmt.Sprint("p", i, "-"))
			producers[i] = append(producers[i], b)
		}
	}
	var at *saved
	if w.dice.IntN(4) == 0 {
		at = w.promise()
		at.under, at.rush = s, producers
	}
	pages, err := w.crowd(s, producers, at)
	w.gather(s, producers)
	for i, c := range s.consumers {
		for _, p := range pages[i] {
			w.digest(s, c, p)
		}
	}
	if at != nil {
		w.keep(at, err)
	}
}

// crowd does it all at once: puts, reads, pushes, the change, a snapshot.
func (w *world) crowd(s *stream, producers [][]*batch, at *saved) (pages [][]page, err error) {
	var puts, work sync.WaitGroup
	pages = make([][]page, len(s.consumers))
	pushed := make([]func() []page, len(s.consumers))
	for i, c := range s.consumers {
		if c.arn != "" {
			pushed[i] = w.listen(s, c)
		} else if places := w.places(s, c); len(places) > 0 {
			work.Go(func() { pages[i] = w.race(places) })
		}
	}
	for _, batches := range producers {
		puts.Go(func() {
			for _, b := range batches {
				b.out, b.err = w.room.PutRecords(w.ctx, &kinesis.PutRecordsInput{StreamName: &s.name, Records: b.list})
			}
		})
	}
	if at != nil {
		work.Go(func() { err = w.shoot(at.name) })
	}
	w.clock.Step(w.config.Transition.Duration)
	puts.Wait()
	work.Wait()
	for i, end := range pushed {
		if end != nil {
			pages[i] = end()
		}
	}
	return pages, err
}

// gather remembers what several producers were told. The answers of one shard
// are mixed; its numbers tell their order.
func (w *world) gather(s *stream, producers [][]*batch) {
	var done []ack
	for _, batches := range producers {
		for _, b := range batches {
			if w.answered("PutRecords", b.err) {
				done = append(done, s.acks(b.all, b.out)...)
			}
		}
	}
	slices.SortStableFunc(done, func(a, b ack) int { return compareNumbers(a.number, b.number) })
	for _, a := range done {
		s.acknowledge(a.record, a.shard, a.number)
	}
}

func (w *world) consume(s *stream) {
	c := s.consumers[w.dice.IntN(len(s.consumers))]
	if c.arn != "" {
		if !w.config.Limits.Enforced { // else it could be slowed down, and this clock stands still
			w.subscribe(s, c)
		}
		return
	}
	for range 1 + w.dice.IntN(6) {
		w.poll(s, c, int32(1+w.dice.IntN(30)))
	}
}

// pass lets time go by, unless consumers have to read before records expire.
func (w *world) pass(d time.Duration) {
	if w.clock.Now().Add(d).Sub(w.drained) > 12*time.Hour {
		w.settle()
	}
	w.note("clock %v", d)
	w.clock.Step(d)
}

// leap passes retention, or weeks.
func (w *world) leap() {
	w.settle()
	d := pick(w.dice, 10*time.Hour, 30*time.Hour, 40*24*time.Hour)
	w.note("leap %v", d)
	w.sum.jumps++
	w.clock.Step(d)
	for _, s := range w.streams {
		s.forget()
	}
	w.settle()
}

func (w *world) open(s *stream) []types.Shard {
	return w.list(s, &types.ShardFilter{Type: types.ShardFilterTypeAtLatest})
}

func (w *world) split(s *stream) {
	open := w.open(s)
	if len(open) == 0 || len(open) > 40 {
		return
	}
	sh := open[w.dice.IntN(len(open))]
	from, to := number(*sh.HashKeyRange.StartingHashKey), number(*sh.HashKeyRange.EndingHashKey)
	width := new(big.Int).Sub(to, from)
	part := new(big.Int).Mul(width, big.NewInt(int64(1+w.dice.IntN(998))))
	at := from.Add(from, part.Div(part, big.NewInt(1000))).String()
	_, err := w.room.SplitShard(w.ctx, &kinesis.SplitShardInput{StreamName: &s.name, ShardToSplit: sh.ShardId, NewStartingHashKey: &at})
	w.reshard("split "+*sh.ShardId+" of "+s.name, err)
}

func (w *world) reshard(what string, err error) {
	if w.answered(what, err) {
		w.note("%s", what)
		w.sum.reshards++
	}
}

func (w *world) merge(s *stream) {
	open := w.open(s)
	if len(open) < 2 {
		return
	}
	sortByKey(open)
	i := w.dice.IntN(len(open) - 1)
	_, err := w.room.MergeShards(w.ctx, &kinesis.MergeShardsInput{StreamName: &s.name, ShardToMerge: open[i].ShardId, AdjacentShardToMerge: open[i+1].ShardId})
	w.reshard("merge "+*open[i].ShardId+" and "+*open[i+1].ShardId+" of "+s.name, err)
}

func (w *world) scale(s *stream) {
	_, open := w.status(s)
	target := int32(max(1, min(24, open/2+w.dice.IntN(open*2+1))))
	_, err := w.room.UpdateShardCount(w.ctx, &kinesis.UpdateShardCountInput{StreamName: &s.name, TargetShardCount: &target, ScalingType: types.ScalingTypeUniformScaling})
	w.reshard(fmt.Sprintf("scale %s from %d to %d", s.name, open, target), err)
}

func (w *world) mode(s *stream) {
	if w.dice.IntN(3) == 0 {
		_, err := w.room.UpdateStreamWarmThroughput(w.ctx, &kinesis.UpdateStreamWarmThroughputInput{StreamName: &s.name, WarmThroughputMiBps: aws.Int32(int32(w.dice.IntN(12)))})
		w.reshard("warm up "+s.name, err)
		return
	}
	arn := aws.String("arn:aws:kinesis:" + region + ":" + account + ":stream/" + s.name)
	if w.dice.IntN(2) == 0 {
		strategy := pick(w.dice, types.RecordDistributionStrategyAuto, types.RecordDistributionStrategyUserPartitionKey)
		_, err := w.room.UpdateStreamRecordDistributionStrategy(w.ctx, &kinesis.UpdateStreamRecordDistributionStrategyInput{StreamARN: arn, RecordDistributionStrategy: strategy})
		w.answered(s.name+" to "+string(strategy), err)
		return
	}
	mode := pick(w.dice, types.StreamModeOnDemand, types.StreamModeProvisioned)
	_, err := w.room.UpdateStreamMode(w.ctx, &kinesis.UpdateStreamModeInput{
		StreamARN: arn, StreamModeDetails: &types.StreamModeDetails{StreamMode: mode}})
	w.reshard(s.name+" to "+string(mode), err)
}

// policy has a provisioned stream scale by itself, or stop it.
func (w *world) policy(s *stream) {
	if w.dice.IntN(4) == 0 {
		_, err := w.room.RemoveTagsFromStream(w.ctx, &kinesis.RemoveTagsFromStreamInput{StreamName: &s.name, TagKeys: []string{shards.ScalingTag}})
		w.answered("untag", err)
		return
	}
	least := 1 + w.dice.IntN(3)
	text := fmt.Sprintf("min=%d max=%d target=%v cooldown=%v", least, least+w.dice.IntN(12), pick(w.dice, 0.3, 0.7, 1), pick(w.dice, 10*time.Second, 5*time.Minute))
	_, err := w.room.AddTagsToStream(w.ctx, &kinesis.AddTagsToStreamInput{StreamName: &s.name, Tags: map[string]string{shards.ScalingTag: text}})
	w.answered("tag "+text, err)
	w.note("%s scales by %s", s.name, text)
}

func (w *world) retention(s *stream) {
	if w.dice.IntN(2) == 0 {
		_, err := w.room.IncreaseStreamRetentionPeriod(w.ctx, &kinesis.IncreaseStreamRetentionPeriodInput{StreamName: &s.name, RetentionPeriodHours: aws.Int32(int32(24 + w.dice.IntN(100)))})
		w.answered("more retention", err)
		return
	}
	_, err := w.room.DecreaseStreamRetentionPeriod(w.ctx, &kinesis.DecreaseStreamRetentionPeriodInput{StreamName: &s.name, RetentionPeriodHours: aws.Int32(24)})
	w.answered("less retention", err)
}

// restart closes the room, and what keeps its data where that is a disk.
func (w *world) restart() {
	w.note("restart")
	w.sum.restarts++
	w.countDecisions()
	w.must(w.room.Close())
	w.room = nil
	if w.disk != nil {
		w.must(w.kept.Close())
		w.openStore()
		w.openShelf()
	}
	w.openRoom()
}

// powerFails goes on with what a disk holds after a loss of power.
func (w *world) powerFails() {
	if w.disk == nil {
		return
	}
	w.note("the power fails")
	w.sum.power++
	w.countDecisions()
	clone := logtest.AfterPowerLoss(w.disk, pick(w.dice, 0, 50, 100), w.dice)
	w.must(w.room.Close())
	w.room = nil
	w.must(w.kept.Close())
	w.disk = clone
	w.openStore()
	w.openShelf()
	w.openRoom()
	w.must(store.DropReplaced(w.disk, "data"))
}

func (w *world) countDecisions() {
	w.room.DecisionCounts(func(_, _, _, _ string, n int64) { w.sum.scaled += int(n) })
}
