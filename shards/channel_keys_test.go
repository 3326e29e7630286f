package shards

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzChannelKeys: whatever template a channel is allowed to have, its keys are
// ones that a bucket takes and tools can follow, and those of two batches differ.
func FuzzChannelKeys(f *testing.F) {
	for _, template := range []string{defaultKeys, "x", "!{channel-name}!{extension:.json.gz}", "a/.", "!{extension:..}", "!{yyyy:}", "a/!{stream-name}/", "..!{mm}"} {
		f.Add(template, "c", true)
		f.Add(template, "..", false)
	}
	f.Fuzz(func(t *testing.T, template, name string, pack bool) {
		if name == "" || len(name) > 128 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_.-") != "" {
			return // the door lets no such name in
		}
		st := &channelState{ID: "0cd87274-d670-44ca-af0e-0d36c8496db7", Name: name, Stream: "a", Keys: template, Packing: "NONE", Created: millis(testStart())}
		if pack {
			st.Packing = "GZIP"
		}
		if checkKeys(st) != nil {
			return
		}
		keys, err := parseKeys(template)
		require.NoError(t, err)
		at := time.Date(9999, 12, 31, 23, 59, 0, 0, time.UTC)
		key := keys.key(st, at, 1)
		require.NotEqual(t, key, keys.key(st, at, 2))
		require.Equal(t, key, keys.key(st, at, 1))
		require.LessOrEqual(t, len(key), 1024)
		require.NotContains(t, key, "//")
		require.NotContains(t, key, "..")
		require.NotContains(t, key, "!{")
		require.False(t, strings.HasPrefix(key, "/") || strings.HasSuffix(key, "/"))
		require.Equal(t, -1, strings.IndexFunc(key, notInKeys))
		if pack {
			require.Contains(t, key[strings.LastIndex(key, "-"):], ".")
		}
	})
}
