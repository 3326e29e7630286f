package metamorphic

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/internal/caller"
	"sluice/shards"
)

// neighbour is another account. Its stream is called as one of ours is.
type neighbour struct {
	there   bool
	written map[string]time.Time // when, by payload
}

const (
	otherAccount = "999999999999"
	otherRegion  = "eu-west-1"
)

func (n neighbour) copied() neighbour { return neighbour{n.there, maps.Clone(n.written)} }

func (w *world) elsewhere() context.Context {
	return caller.With(context.Background(), caller.Caller{Account: otherAccount, Region: region})
}

// visit has the neighbour do something.
func (w *world) visit() {
	name, ctx := "s0", w.elsewhere()
	if !w.neighbour.there {
		_, err := w.room.CreateStream(shards.Free(ctx), &kinesis.CreateStreamInput{StreamName: &name, ShardCount: aws.Int32(1)})
		w.must(err)
		w.neighbour = neighbour{true, map[string]time.Time{}}
		w.note("the neighbour creates %s", name)
		return
	}
	if w.dice.IntN(3) == 0 {
		w.reset()
		return
	}
	payload := fmt.Sprint("neighbour/", w.next)
	w.next++
	_, err := w.room.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: &name, PartitionKey: aws.String("k0"), Data: []byte(payload)})
	if w.answered("the neighbour's PutRecord", err) {
		w.neighbour.written[payload] = w.clock.Now()
	}
}

// reset removes what the neighbour has. Nobody else notices.
func (w *world) reset() {
	w.checkNeighbour()
	w.note("reset the neighbour")
	w.sum.resets++
	for _, scope := range []struct {
		account, region string
		removed         int
	}{{account, otherRegion, 0}, {otherAccount, otherRegion, 0}, {otherAccount, pick(w.dice, "", region), 1}} {
		removed, err := w.room.Reset(w.ctx, scope.account, scope.region)
		w.must(err)
		if removed != scope.removed {
			w.broken(lawWorlds, "a reset of %+v removes %d streams", scope, removed)
		}
	}
	w.neighbour = neighbour{}
}

// checkNeighbour reads what the neighbour has: its own records, all of them.
func (w *world) checkNeighbour() {
	if !w.neighbour.there {
		return
	}
	theirs := &stream{world: w, name: "s0", parents: map[string][]string{}}
	here := w.ctx
	w.ctx = w.elsewhere()
	defer func() { w.ctx = here }()
	out, err := w.room.DescribeStreamSummary(shards.Free(w.ctx), &kinesis.DescribeStreamSummaryInput{StreamName: &theirs.name})
	w.must(err)
	if out.StreamDescriptionSummary.StreamStatus != types.StreamStatusActive {
		return
	}
	found := w.audit(theirs)
	for payload := range found {
		if _, ok := w.neighbour.written[payload]; !ok {
			w.broken(lawWorlds, "the neighbour reads %s", payload)
		}
	}
	for payload, at := range w.neighbour.written {
		if found[payload] == "" && w.clock.Now().Sub(at) < 23*time.Hour {
			w.broken(lawOnce, "%s, written %v, is gone", payload, at)
		}
	}
}
