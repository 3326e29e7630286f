package memlog

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"sluice/store/log"
)

// Neither keys nor data are the caller's memory, which is used again.
func TestNothingOfTheCallerIsKept(t *testing.T) {
	memory := []byte("keydata")
	kept := copied([]log.Entry{{PartitionKey: unsafe.String(&memory[0], 3), Data: memory[3:]}, {}, {PartitionKey: "k"}})
	clear(memory)
	require.Equal(t, "key", kept[0].PartitionKey)
	require.Equal(t, "data", string(kept[0].Data))
	require.Empty(t, kept[1].PartitionKey)
	require.Equal(t, "k", kept[2].PartitionKey)
}
