package integration

import (
	"bufio"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

// TestHarlowCheckpoints stops a reader of harlow/kinesis-consumer and starts it again: its checkpoints lie in a table of
// Sluice, so that it goes on behind the last record it has seen. (Its groups of readers that share a stream came after
// version 0.3.5.)
func TestHarlowCheckpoints(t *testing.T) {
	t.Parallel()
	server := Start(t, "--memory", "--transition", "0")
	server.CreateStream(t, "kept", 2)
	answer := callTable(t, server.URL, tableStep{"", "CreateTable", `{"TableName":"checkpoints","BillingMode":"PAY_PER_REQUEST",` +
		`"KeySchema":[{"AttributeName":"namespace","KeyType":"HASH"},{"AttributeName":"shard_id","KeyType":"RANGE"}],` +
		`"AttributeDefinitions":[{"AttributeName":"namespace","AttributeType":"S"},{"AttributeName":"shard_id","AttributeType":"S"}]}`})
	require.Contains(t, answer, "200 ")
	const each = 40
	for round := range 3 {
		for i := range each {
			text := fmt.Sprint(round*each + i)
			_, err := server.SDK().PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("kept"), PartitionKey: &text, Data: []byte(text)})
			require.NoError(t, err)
		}
		seen := readKept(t, server, each)
		for i := range each {
			require.Equal(t, 1, seen[fmt.Sprint(round*each+i)], "round %d, record %d", round, i)
		}
	}
	require.Contains(t, callTable(t, server.URL, tableStep{"", "Scan", `{"TableName":"checkpoints","Select":"COUNT"}`}), `"Count":2`)
}

// readKept runs the reader until it has seen some records, and lets it end.
func readKept(t *testing.T, server *Server, records int) map[string]int {
	t.Helper()
	program, err := server.Program(t.Context(), "harlow", "", server.URL, "SLUICE_STREAM=kept", "SLUICE_TABLE=checkpoints")
	require.NoError(t, err)
	stdin, err := program.StdinPipe()
	require.NoError(t, err)
	stdout, err := program.StdoutPipe()
	require.NoError(t, err)
	said := &talk{}
	program.Stderr = said
	require.NoError(t, program.Start())
	limit := time.AfterFunc(5*time.Minute, func() { _ = program.Process.Kill() })
	defer limit.Stop()
	seen := map[string]int{}
	for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
		var l struct{ Data []byte }
		require.NoError(t, json.Unmarshal(scanner.Bytes(), &l))
		if seen[string(l.Data)]++; len(seen) == records {
			require.NoError(t, stdin.Close())
		}
	}
	require.NoError(t, program.Wait(), "%d of %d records seen: %s", len(seen), records, said)
	require.Len(t, seen, records)
	return seen
}
