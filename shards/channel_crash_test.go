package shards

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"sluice/delivery"
)

// TestDeliveryCrash lets the power fail before and after every write of a
// story of puts, deliveries and a reshard. Whatever is left of the disk, every
// record that was acknowledged is in the bucket in the end, in the order of its
// key, and once: a batch that is delivered again replaces its first attempt.
func TestDeliveryCrash(t *testing.T) {
	var d *disk
	r := onDisk(t, vfs.NewCrashableMem(), func(made *disk) { d = made })
	b := newBuckets("lake")
	var lakes []*buckets // as they were at each picture of the disk
	align := func() {
		for len(lakes) < len(d.pictures) {
			lakes = append(lakes, b.clone())
		}
	}
	b.before = func(delivery.Object) {
		d.snap("before an object is put")
		align()
	}
	r.delivers(b)
	n := 0
	put := func() {
		in := &kinesis.PutRecordsInput{StreamName: aws.String("a")}
		for range 7 {
			in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: aws.String(fmt.Sprint("key", n%5)), Data: fmt.Appendf(nil, `["key%d",%d]`, n%5, n)})
			n++
		}
		out, err := r.PutRecords(r.ctx, in)
		require.NoError(t, err)
		for i := range out.Records {
			d.acked[string(in.Records[i].Data)] = *out.Records[i].SequenceNumber
		}
	}
	r.createOnDemand("a")
	r.channel("c", "a", format(types.RecordFormatTypeJson))
	for range 3 {
		put()
		r.clock.Step(freshness)
	}
	put()
	require.NoError(t, r.change(r.ctx, r.streams[streamKey{testAccount, testRegion, "a"}], func(v *view, now time.Time) (command, error) {
		p := planner{next: v.state.NextShard}
		p.scale(openRecords(v.state), 8)
		return r.Streams.updating(now, nil, &reshard{Plan: p.plan})
	}))
	put()
	r.clock.Step(freshness)
	put()
	d.snap("at the end")
	align()
	require.Greater(t, len(d.pictures), 30)
	for i, p := range d.pictures {
		t.Run(fmt.Sprintf("%02d %s", i, p.what), func(t *testing.T) { p.checkDelivery(t, lakes[i]) })
	}
}

func (p picture) checkDelivery(t *testing.T, lake *buckets) {
	r := onDisk(t, p.fs, nil).delivers(lake)
	r.clock.Step(time.Hour)
	found := map[string]int{}
	last := map[string]int{}
	for _, o := range lake.in("lake") {
		for line := range strings.Lines(string(o.Body)) {
			found[strings.TrimSpace(line)]++
			var key string
			var number int
			_, err := fmt.Sscanf(line, `["key%1s",%d]`, &key, &number)
			require.NoError(t, err)
			if before, ok := last[key]; ok {
				require.Less(t, before, number, "order of key %s", key)
			}
			last[key] = number
		}
	}
	for data := range p.acked {
		require.Equal(t, 1, found[data], "record %s", data)
	}
	for data, times := range found {
		require.Equal(t, 1, times, "record %s", data)
	}
}

// What waits over a restart is delivered when it would have been without one.
func TestDeliveryRestart(t *testing.T) {
	b := newBuckets("lake")
	r := open(t).delivers(b)
	r.createOnDemand("a")
	r.channel("c", "a")
	r.say("a", "1")
	r.clock.Step(minute)
	r.restart()
	r.say("a", "2") // nobody delivers yet
	r.clock.Step(minute)
	r.delivers(b)
	r.clock.Step(3*minute - 1)
	require.Empty(t, b.in("lake"))
	r.clock.Step(1)
	require.ElementsMatch(t, []string{"1", "2"}, strings.Fields(b.text("lake")))
	r.say("a", "3")
	r.clock.Step(freshness)
	require.ElementsMatch(t, []string{"1", "2", "3"}, strings.Fields(b.text("lake")))
}
