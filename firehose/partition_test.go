package firehose

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// partitionsTaken are the objects so far, by what their keys begin with.
func (r *rig) partitionsTaken() map[string]string {
	out := map[string]string{}
	for _, o := range r.bucket.taken() {
		out[o.Key[:strings.Index(o.Key, "/")]] += string(o.Body) + ";"
	}
	return out
}

// Every partition has a buffer of its own: its age is that of its own oldest
// record, its size that of its own records.
func TestBuffersOfPartitions(t *testing.T) {
	t.Run("age", func(t *testing.T) {
		r := newRig(t)
		r.create("s", partitioned("{c:.c}"))
		r.put("s", `{"c":1}`)
		r.clock.Step(30 * time.Second)
		r.put("s", `{"c":2}`, `{"c":1}`)
		r.clock.Step(29 * time.Second)
		require.Empty(t, r.partitionsTaken())
		r.clock.Step(time.Second)
		require.Equal(t, map[string]string{"c=1": `{"c":1}{"c":1};`}, r.partitionsTaken())
		r.put("s", `{"c":1}`)
		r.clock.Step(30 * time.Second)
		require.Equal(t, map[string]string{"c=2": `{"c":2};`}, r.partitionsTaken())
		r.clock.Step(30 * time.Second)
		require.Equal(t, map[string]string{"c=1": `{"c":1};`}, r.partitionsTaken())
	})
	t.Run("size", func(t *testing.T) {
		r := newRig(t)
		r.create("s", partitioned("{c:.c}"))
		s := r.known("s")
		small := s.state.Load().clone() // a full buffer of 64 MiB would take long
		small.Destination.S3.SizeMB = 1
		s.state.Store(small)
		big := strings.Repeat("x", 600_000)
		r.put("s", `{"c":1,"x":"`+big+`"}`, `{"c":2,"x":"`+big+`"}`)
		r.clock.Step(time.Second)
		require.Empty(t, r.bucket.taken(), "neither is full")
		r.put("s", `{"c":2,"x":"`+big+`"}`)
		r.clock.Step(time.Second)
		got := r.bucket.taken()
		require.Len(t, got, 1)
		require.True(t, strings.HasPrefix(got[0].Key, "c=2/"))
		r.clock.Step(time.Minute)
		require.Len(t, r.bucket.taken(), 1)
	})
}

// The 501st partition is one too many for its records; once others have been
// delivered there is room for it.
func TestActivePartitions(t *testing.T) {
	r := newRig(t)
	r.create("s", partitioned("{c:.c}"))
	var records []string
	for i := range 500 {
		records = append(records, fmt.Sprintf(`{"c":%d}`, i))
	}
	r.put("s", records...)
	r.put("s", `{"c":500}`, `{"c":499}`)
	r.clock.Step(time.Minute)
	got := r.bucket.taken()
	require.Len(t, got, 501)
	failed := ""
	for _, o := range got {
		if strings.HasPrefix(o.Key, "e/processing-failed/") {
			failed += string(o.Body)
		}
		if strings.HasPrefix(o.Key, "c=499/") {
			require.Equal(t, `{"c":499}{"c":499}`, string(o.Body))
		}
	}
	line := errorLines(t, failed)[0]
	require.Equal(t, "DynamicPartitioning.ActivePartitionsLimitExceeded", line.Code)
	require.Equal(t, `{"c":500}`, string(line.Raw))
	r.put("s", `{"c":500}`)
	r.clock.Step(time.Minute)
	require.Equal(t, map[string]string{"c=500": `{"c":500};`}, r.partitionsTaken())
	require.Empty(t, r.known("s").pump.each())
}

// Partitions and what they hold outlive a restart, and a number that is free is
// given out again.
func TestPartitionsOverRestarts(t *testing.T) {
	r := newRig(t)
	r.create("s", partitioned("{c:.c}"))
	r.put("s", `{"c":"a"}`, `{"c":"b"}`, "bad")
	r.clock.Step(20 * time.Second)
	r.reopen()
	require.Len(t, r.known("s").pump.each(), 3)
	r.put("s", `{"c":"b","n":2}`)
	r.clock.Step(40 * time.Second)
	got := r.partitionsTaken()
	require.Equal(t, `{"c":"a"};`, got["c=a"])
	require.Equal(t, `{"c":"b"}{"c":"b","n":2};`, got["c=b"])
	require.Contains(t, got["e"], `"rawData":"YmFk"`)
	r.put("s", `{"c":"c"}`)
	r.reopen()
	r.clock.Step(time.Minute)
	require.Equal(t, map[string]string{"c=c": `{"c":"c"};`}, r.partitionsTaken())
	r.put("s", `{"c":"d"}`)
	done, err := r.Flush(r.ctx, "s")
	require.NoError(t, err)
	require.Equal(t, Delivered{Objects: 1, Records: 1, Bytes: 9}, done)
	require.Equal(t, map[string]string{"c=d": `{"c":"d"};`}, r.partitionsTaken())
}
