package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// overloadedKeys are written side by side, and more than two shards allow.
const overloadedKeys = 8

// followed is what the reader says at its end. Records go by their sequence number.
type followed struct {
	Version          string
	Read             map[string]string
	Finished, Active []string
	GaveUp           int // calls that the SDK gave up after its default retries
}

// follower is a parallel subtest: the JavaScript SDK follows the lineage of a stream that is split, merged and scaled
// while boto3 writes more than its shards allow. Both have their default retries, and the limits are those of AWS. What
// boto3 was told is stored must come out, each record once and each key's in order.
func (c *collector) follower(t *testing.T, client Client) {
	t.Helper()
	t.Run("js follows the lineage while boto3 writes too much", func(t *testing.T) {
		t.Parallel()
		wanted := client.steps()[0]
		server := Start(t, "--memory", "--limits", "aws")
		const stream = "overloaded"
		server.CreateStream(t, stream, 2)
		ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
		defer cancel()
		env := []string{"SLUICE_STREAM=" + stream, fmt.Sprint("SLUICE_KEYS=", overloadedKeys),
			fmt.Sprint("SLUICE_RECORDS=", wanted.Count/overloadedKeys)}
		writer, err := server.Program(ctx, "boto3", "", server.URL, append(env, "SLUICE_PROGRAM=overloading_client.py")...)
		require.NoError(t, err)
		reader, err := server.Program(ctx, client.Name, "", server.URL, append(env, "SLUICE_PROGRAM=following_client.cjs")...)
		require.NoError(t, err)

		resumed := server.freezeUntilRefused(t, stream)
		reading, writing := linesOf(t, reader, 1), linesOf(t, writer, wanted.Count+1)
		stored, gaveUp := map[string]string{}, 0
		reshardWhile(t, server.SDK(), stream, writing, changes(wanted.Count), func(text string) bool {
			var key, sequence string
			var number int
			if _, err := fmt.Sscanf(text, "ok %s %d %s", &key, &number, &sequence); err == nil {
				stored[sequence] = fmt.Sprint(key, " ", number)
				return true
			}
			_, err := fmt.Sscanf(text, "gave-up %d", &gaveUp)
			require.NoError(t, err, text)
			return false
		})
		resumed()
		text := <-reading.lines
		require.NoError(t, reading.ended())
		var got followed
		require.NoError(t, json.Unmarshal([]byte(text), &got))
		t.Logf("boto3 gave up %d calls, js %d; %.0f refusals in all", gaveUp, got.GaveUp, server.refused(t, stream))
		require.Len(t, stored, wanted.Count)
		require.Equal(t, stored, got.Read)
		require.Len(t, got.Finished, 5)
		require.Len(t, got.Active, 4)
		require.Positive(t, server.refused(t, stream), "it was not overloaded")
		c.add([]Row{{Client: client.Name, Version: got.Version, Transport: "http", Step: wanted.Number, Result: "ok", Count: len(got.Read)}})
	})
}
