package sluice

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/server"
)

// TestSnapshotSpeed measures saving and restoring with much on disk:
// SLUICE_SNAPSHOT_GB=10 go test . -run TestSnapshotSpeed -v
func TestSnapshotSpeed(t *testing.T) {
	gigabytes, _ := strconv.Atoi(os.Getenv("SLUICE_SNAPSHOT_GB"))
	if gigabytes == 0 {
		t.Skip("SLUICE_SNAPSHOT_GB is not set")
	}
	s := RunT(t, OnDisk(filepath.Join(t.TempDir(), "data")), func(c *Config) { c.Limits = LimitsOff }, WithStreams(StreamSeed{Name: "orders", Shards: 16}))
	data := make([]byte, 512<<10)
	for i := range data {
		data[i] = byte(rand.Uint32())
	}
	begun := time.Now()
	for i := range gigabytes << 30 / (8 << 20) {
		in := &kinesis.PutRecordsInput{StreamName: aws.String("orders")}
		for j := range 16 {
			in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: aws.String(fmt.Sprint(i, j)), Data: data})
		}
		_, err := server.Call[*kinesis.PutRecordsOutput](t.Context(), s.current.Load().mounts, kinesisID, "PutRecords", in)
		require.NoError(t, err)
	}
	t.Logf("wrote %d GiB in %v", gigabytes, time.Since(begun))
	timed := func(what string, f func() error) {
		begun := time.Now()
		require.NoError(t, f())
		t.Logf("%s: %v", what, time.Since(begun))
	}
	timed("save", func() error { return s.Snapshot(t.Context(), "all") })
	docs, err := s.Snapshots(t.Context())
	require.NoError(t, err)
	t.Logf("%+v", docs[0])
	putText(t, s, "more")
	timed("restore", func() error { return s.Restore(t.Context(), "all") })
	timed("restore again", func() error { return s.Restore(t.Context(), "all") })
	timed("save again", func() error { return s.Snapshot(t.Context(), "second") })
	timed("reset", func() error { _, err := s.Reset(t.Context(), "", "", ""); return err })
	timed("restore after a reset", func() error { return s.Restore(t.Context(), "all") })
	timed("delete", func() error { return s.DeleteSnapshot(t.Context(), "second") })
}
