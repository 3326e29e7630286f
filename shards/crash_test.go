package shards

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/kv"
	"sluice/store/log"
	"sluice/store/log/logtest"
)

// disk is a data folder on a disk that can crash. A picture of what a power
// failure would leave is taken before and after every write of the room.
type disk struct {
	Log
	Catalog
	fs       *vfs.MemFS
	dice     *rand.Rand
	acked    map[string]string // payload -> sequence number, of records acknowledged so far
	iterator string            // of shard 0, from its start
	pictures []picture
}

// picture is a disk after a crash, and what clients had been promised.
type picture struct {
	what     string
	fs       *vfs.MemFS
	acked    map[string]string
	iterator string
}

func (d *disk) snap(what string) {
	d.pictures = append(d.pictures, picture{what: what, acked: maps.Clone(d.acked), iterator: d.iterator,
		fs: logtest.AfterPowerLoss(d.fs, []int{0, 50, 100}[len(d.pictures)%3], d.dice)})
}

func (d *disk) Append(ctx context.Context, batch []log.Entry) (log.Commit, error) {
	defer d.snap("after an append")
	return d.Log.Append(ctx, batch)
}

func (d *disk) Create(ctx context.Context, ids []log.ID) error {
	d.snap("before logs are made")
	defer d.snap("after logs were made")
	return d.Log.Create(ctx, ids)
}

func (d *disk) Seal(ctx context.Context, ids []log.ID) ([]int64, error) {
	defer d.snap("after a seal")
	return d.Log.Seal(ctx, ids)
}

func (d *disk) Propose(ctx context.Context, c kv.Command) (kv.Value, error) {
	d.snap("before " + c.Kind)
	defer d.snap("after " + c.Kind)
	return d.Catalog.Propose(ctx, c)
}

// onDisk opens a room over a data folder on fs.
func onDisk(t *testing.T, fs *vfs.MemFS, clean func(*disk)) *room {
	t.Helper()
	d := &disk{fs: fs, dice: rand.New(rand.NewPCG(1, 2)), acked: map[string]string{}}
	var kept *store.Store
	r := open(t, func(c *Config) {
		var err error
		kept, err = store.Open(store.Options{Dir: "data", FS: fs, Durability: store.Disk, Now: c.Clock.Now})
		require.NoError(t, err)
		d.Log, d.Catalog = kept.Log("kinesis"), kept.Catalog("kinesis", Apply)
		if clean != nil {
			clean(d)
			c.Log, c.Catalog = d, d
			return
		}
		c.Log, c.Catalog = d.Log, d.Catalog
	})
	t.Cleanup(func() {
		require.NoError(t, r.Close())
		require.NoError(t, kept.Close())
	})
	return r
}

// TestCrash plays a story of puts and reshards and lets the power fail before
// and after every write in it. Whatever is left, everything acknowledged is
// there once and in order, a reshard that had begun comes to its end, old
// iterators work and numbers go on growing.
func TestCrash(t *testing.T) {
	var d *disk
	r := onDisk(t, vfs.NewCrashableMem(), func(made *disk) { d = made })
	n := 0
	put := func(keys int) {
		var records []types.PutRecordsRequestEntry
		for range keys {
			records = append(records, types.PutRecordsRequestEntry{PartitionKey: aws.String(fmt.Sprint("key", n%7)), Data: fmt.Append(nil, n)})
			n++
		}
		out, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: aws.String("a"), Records: records})
		require.NoError(t, err)
		require.Zero(t, *out.FailedRecordCount)
		for i := range records {
			d.acked[string(records[i].Data)] = *out.Records[i].SequenceNumber
		}
	}
	r.create("a", 2)
	d.iterator = r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)
	put(20)
	r.split("a", "0", "77777777777777777777777777777777777777")
	put(20)
	r.merge("a", "3", "1")
	put(20)
	_, err := r.UpdateShardCount(r.ctx, &kinesis.UpdateShardCountInput{StreamName: aws.String("a"), TargetShardCount: aws.Int32(3)})
	require.NoError(t, err)
	put(20)
	d.snap("at the end")
	require.Greater(t, len(d.pictures), 30)
	for i, p := range d.pictures {
		t.Run(fmt.Sprintf("%02d %s", i, p.what), func(t *testing.T) { p.check(t) })
	}
}

func (p picture) check(t *testing.T) {
	r := onDisk(t, p.fs, nil)
	if p.iterator == "" && r.status("a") == "ResourceNotFoundException" {
		r.create("a", 2)
	}
	require.Eventually(t, func() bool { return r.status("a") == "ACTIVE" }, time.Minute, time.Millisecond)
	latest := r.list("a", &types.ShardFilter{Type: types.ShardFilterTypeAtLatest})
	requireCover(t, latest)
	requireLineage(t, r.list("a", nil))

	found := r.everything("a")
	for data, number := range p.acked {
		require.Equal(t, number, found[data], "record %s", data)
	}
	if p.iterator != "" {
		r.get(p.iterator)
	}
	numbers := map[string]bool{}
	for _, number := range found {
		numbers[number] = true
	}
	require.Len(t, numbers, len(found))
	for _, sh := range latest {
		number := *r.putAt("a", *sh.HashKeyRange.StartingHashKey, "new "+*sh.ShardId).SequenceNumber
		require.False(t, numbers[number])
		for _, old := range found {
			q, err := parseSequence(old)
			require.NoError(t, err)
			if shardID(q.shard) == *sh.ShardId {
				require.Less(t, old, number)
			}
		}
	}
	require.Len(t, r.everything("a"), len(found)+len(latest))
}

// everything reads all shards: the number of each payload. Within a shard
// payloads of one key must be in the order in which they were put.
func (r *room) everything(stream string) map[string]string {
	r.t.Helper()
	found := map[string]string{}
	for _, sh := range r.list(stream, nil) {
		it := aws.String(r.iterator(stream, *sh.ShardId, types.ShardIteratorTypeTrimHorizon))
		for it != nil {
			got := r.get(*it)
			for _, rec := range got.Records {
				require.NotContains(r.t, found, string(rec.Data))
				found[string(rec.Data)] = *rec.SequenceNumber
			}
			if len(got.Records) == 0 {
				break
			}
			it = got.NextShardIterator
		}
	}
	return found
}

// TestOnDisk runs over a real folder: a stream, its records, iterators and a
// reshard under way outlive a restart of everything.
func TestOnDisk(t *testing.T) {
	dir := t.TempDir()
	begin := func() (*room, func()) {
		var kept *store.Store
		r := open(t, lasting(10*time.Second), func(c *Config) {
			var err error
			kept, err = store.Open(store.Options{Dir: dir, Now: c.Clock.Now})
			require.NoError(t, err)
			c.Log, c.Catalog = kept.Log("kinesis"), kept.Catalog("kinesis", Apply)
		})
		return r, func() { require.NoError(t, r.Close()); require.NoError(t, kept.Close()) }
	}
	r, end := begin()
	r.create("a", 1)
	r.clock.Step(10 * time.Second)
	first := *r.put("a", "k", "one").SequenceNumber
	it := r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)
	r.split("a", "0", half)
	at := r.clock.Now()
	end()

	r, end = begin()
	defer end()
	r.clock.Step(at.Sub(r.clock.Now()))
	require.Equal(t, "UPDATING", r.status("a"))
	require.Equal(t, []string{"one"}, payloads(r.get(it).Records))
	require.Less(t, first, *r.put("a", "k", "two").SequenceNumber)
	r.clock.Step(10 * time.Second)
	require.Equal(t, "ACTIVE", r.status("a"))
	got := r.get(it)
	require.Equal(t, []string{"one", "two"}, payloads(got.Records))
	require.Len(t, got.ChildShards, 2)
}
