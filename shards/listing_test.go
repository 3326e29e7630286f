package shards

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A reshard that lands while a list is made, between its first look at the
// stream and the page, shows as a whole or not at all: not as a shard that has
// ended and has no children.
func TestListingAmidReshard(t *testing.T) {
	r := open(t)
	r.create("a", 1)
	st, now := r.only("a"), r.clock.Now()
	list, err := newListing(st, st.view.Load(), nil, now)
	require.NoError(t, err)
	r.split("a", "0", "77")
	shards, more := list.page(st.view.Load(), 10, now)
	require.False(t, more)
	require.Equal(t, []string{shard0}, ids(shards))
	require.Nil(t, shards[0].SequenceNumberRange.EndingSequenceNumber)
	require.NotNil(t, r.list("a", nil)[0].SequenceNumberRange.EndingSequenceNumber)
}
