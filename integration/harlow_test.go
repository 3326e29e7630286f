package integration

import (
	"bufio"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestHarlowConsumer reads a stream that is split, merged and scaled with harlow/kinesis-consumer v0.3.5. It looks for
// new shards every thirty seconds and reads children beside their parents, so every record must come once, in whatever
// order of shards.
func TestHarlowConsumer(t *testing.T) {
	t.Parallel() // it mostly waits
	const records = 300
	server := Start(t, "--memory")
	server.CreateStream(t, "harlow", 2)
	program, err := server.Program(t.Context(), "harlow", "", server.URL, "SLUICE_STREAM=harlow")
	require.NoError(t, err)
	stdin, err := program.StdinPipe()
	require.NoError(t, err)
	stdout, err := program.StdoutPipe()
	require.NoError(t, err)
	said := &talk{}
	program.Stderr = said
	require.NoError(t, program.Start())
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = program.Wait()
	})
	type line struct {
		Shard, Key string
		Data       []byte
		Closed     bool
	}
	lines := make(chan line, 2*records) // room for all, so that the reader never waits for the writing below
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
			var l line
			if json.Unmarshal(scanner.Bytes(), &l) == nil {
				lines <- l
			}
		}
	}()
	writeWhileResharding(t, server, records)
	seen, closed := map[string]int{}, map[string]bool{}
	// Two of its looks at the shards, and what the machine adds.
	for limit := time.After(5 * time.Minute); len(seen) < records || len(closed) < 5; {
		select {
		case l, ok := <-lines:
			require.True(t, ok, "the reader ended early: %s", said)
			if l.Closed {
				closed[l.Shard] = true
				continue
			}
			seen[string(l.Data)]++
			require.Equal(t, 1, seen[string(l.Data)], "record %s came twice", l.Data)
			require.Equal(t, string(l.Data), l.Key)
		case <-limit:
			t.Fatalf("%d of %d records, %d of 5 shards closed: %s", len(seen), records, len(closed), said)
		}
	}
	require.Len(t, server.Shards(t, "harlow"), 9)
}

// writeWhileResharding writes numbered records; on the way it splits, merges and scales the stream "harlow".
func writeWhileResharding(t *testing.T, server *Server, records int) {
	t.Helper()
	for i := range records {
		Must[PutEntry](t, server, "PutRecord", map[string]any{"StreamName": "harlow", "Data": fmt.Append(nil, i), "PartitionKey": fmt.Sprint(i)})
		switch i {
		case records / 4:
			Must[struct{}](t, server, "SplitShard", map[string]any{"StreamName": "harlow", "ShardToSplit": "0", "NewStartingHashKey": "85070591730234615865843651857942052864"})
		case records / 2:
			server.WaitActive(t, "harlow")
			Must[struct{}](t, server, "MergeShards", map[string]any{"StreamName": "harlow", "ShardToMerge": "2", "AdjacentShardToMerge": "3"})
		case records * 3 / 4:
			server.WaitActive(t, "harlow")
			scale(t, server, "harlow", 4)
		}
	}
}
