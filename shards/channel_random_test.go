package shards

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// TestDeliveryRandom plays random histories of puts, reshards, a bucket that
// comes and goes, restarts and changes. In the end the bucket holds every
// record once, and those of a key in their order.
func TestDeliveryRandom(t *testing.T) {
	for seed := range uint64(15) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			dice := rand.New(rand.NewPCG(seed, 7))
			b := newBuckets("lake")
			r := open(t).delivers(b)
			r.createOnDemand("a")
			arn := r.channel("c", "a")
			n := 0
			for range 60 {
				switch dice.IntN(8) {
				case 0, 1, 2:
					in := &kinesis.PutRecordsInput{StreamName: aws.String("a")}
					for range 1 + dice.IntN(20) {
						key := dice.IntN(6)
						in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: aws.String(fmt.Sprint(key)), Data: fmt.Append(nil, key, " ", n)})
						n++
					}
					out, err := r.PutRecords(r.ctx, in)
					require.NoError(t, err)
					require.Zero(t, *out.FailedRecordCount)
				case 3, 4:
					r.clock.Step(time.Duration(dice.IntN(600)) * time.Second)
				case 5:
					b.fail([]error{nil, nil, errors.New("no network")}[dice.IntN(3)])
				case 6:
					target := 1 + dice.IntN(6)
					require.NoError(t, r.change(r.ctx, r.streams[streamKey{testAccount, testRegion, "a"}], func(v *view, now time.Time) (command, error) {
						p := planner{next: v.state.NextShard}
						if p.scale(openRecords(v.state), target); len(p.plan) == 0 {
							return nil, nil
						}
						return r.Streams.updating(now, nil, &reshard{Plan: p.plan})
					}))
				case 7:
					if dice.IntN(2) == 0 {
						_, err := r.fresher(&arn, int32(300+dice.IntN(600)))
						require.NoError(t, err)
						continue
					}
					r.restart()
					r.delivers(b)
				}
			}
			b.fail(nil)
			r.clock.Step(time.Hour)
			requireOnceInOrder(t, b, n)
		})
	}
}

func requireOnceInOrder(t *testing.T, b *buckets, n int) {
	t.Helper()
	last, seen := map[int]int{}, map[int]bool{}
	for line := range strings.Lines(b.text("lake")) {
		var key, number int
		_, err := fmt.Sscan(line, &key, &number)
		require.NoError(t, err)
		require.False(t, seen[number], "record %d twice", number)
		seen[number] = true
		if before, ok := last[key]; ok {
			require.Less(t, before, number, "order of key %d", key)
		}
		last[key] = number
	}
	require.Len(t, seen, n)
}

// Producers and deliveries at the same time lose nothing.
func TestDeliveryUnderLoad(t *testing.T) {
	b := newBuckets("lake")
	r := open(t).delivers(b)
	r.createOnDemand("a")
	r.channel("c", "a")
	const producers, records = 4, 200
	var work sync.WaitGroup
	for key := range producers {
		work.Go(func() {
			for i := range records {
				_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String(fmt.Sprint(key)), Data: fmt.Append(nil, key, " ", key+producers*i)})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 20 {
		r.clock.Step(freshness)
	}
	work.Wait()
	r.clock.Step(freshness)
	requireOnceInOrder(t, b, producers*records)
}
