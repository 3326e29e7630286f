package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// scaledDown is what case 84 puts instead of two gigabytes, which would take most of the suite's time.
const scaledDown = 64 << 20

func TestSharpCasesOfTheStore(t *testing.T) {
	t.Run("case 84 records past retention are unreadable at once and their disk is freed, with 64 MiB instead of 2 GB", retentionFreesDisk)
	t.Run("case 87 kill -9 between answers loses nothing acknowledged", killBetweenAnswers)
}

func retentionFreesDisk(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	server := Start(t, "--transition", "0", "--data", data)
	server.CreateStream(t, "case84", 4)
	block := make([]byte, 1<<20-16)
	for sent := 0; sent < scaledDown; {
		var records []map[string]any
		for range 8 {
			block[0], block[1], block[2] = byte(sent>>20), byte(sent>>28), byte(len(records))
			for i := 3; i < len(block); i += 4096 { // no page like the last, so that nothing can fold it away
				block[i] = byte(sent>>20) ^ byte(i>>12) ^ byte(len(records))
			}
			records = append(records, map[string]any{"Data": append([]byte(nil), block...), "PartitionKey": fmt.Sprint(sent, len(records))})
			sent += len(block)
		}
		out := Must[struct{ FailedRecordCount int }](t, server, "PutRecords", map[string]any{"StreamName": "case84", "Records": records})
		require.Zero(t, out.FailedRecordCount)
	}
	full := folderSize(t, data)
	require.NoError(t, server.Advance(t.Context(), "25h"))
	for _, shard := range server.Shards(t, "case84") {
		records, _ := server.ReadAll(t, "case84", shard.ShardId)
		require.Empty(t, records, "%s is readable past its retention", shard.ShardId)
	}
	var left int64
	freed := func() bool {
		_ = server.Advance(context.WithoutCancel(t.Context()), "1h")
		left = folderSize(t, data)
		return left < scaledDown/2+1<<20 // what stays is the write-ahead log, which the store uses again, and some small tables
	}
	for deadline := time.Now().Add(3 * time.Minute); !freed(); time.Sleep(200 * time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "%d of %d bytes are left on disk", left, full)
	}
	t.Logf("%.1f MB on disk, %.1f MB after retention", float64(full)/1e6, float64(left)/1e6)
}

// folderSize adds up the files below a folder. A file that goes away meanwhile has no size.
func folderSize(t *testing.T, folder string) int64 {
	t.Helper()
	var size int64
	_ = filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil
		}
		if info, err := entry.Info(); err == nil {
			size += info.Size()
		}
		return nil
	})
	return size
}

// killBetweenAnswers kills the server right after an answer, again and again. An iterator from before each kill goes on
// where it stood, and every acknowledged record is there once, in order.
func killBetweenAnswers(t *testing.T) {
	server := Start(t, "--transition", "0")
	server.CreateStream(t, "case87", 1)
	var numbers []string
	var read []Record
	iterator := server.Iterator(t, "case87", "0", "TRIM_HORIZON")
	for round := range 6 {
		for i := range 5 {
			put := Must[PutEntry](t, server, "PutRecord", map[string]any{
				"StreamName": "case87", "Data": []byte(fmt.Sprint(round, i)), "PartitionKey": "k",
			})
			numbers = append(numbers, put.SequenceNumber)
		}
		if round%2 == 0 { // every other time the iterator of the round before is used only after the kill
			page := server.Page(t, iterator)
			read, iterator = append(read, page.Records...), page.NextShardIterator
		}
		server.Kill()
		server.Restart()
		page := server.Page(t, iterator)
		read, iterator = append(read, page.Records...), page.NextShardIterator
	}
	var got []string
	for _, record := range read {
		got = append(got, record.SequenceNumber)
	}
	require.Equal(t, numbers, got)
	all, _ := server.ReadAll(t, "case87", "0")
	want, _ := json.Marshal(all)
	have, _ := json.Marshal(read)
	require.JSONEq(t, string(want), string(have))
}
