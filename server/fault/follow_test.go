package fault

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// follow begins a call that goes on; struck is told of what meets it later.
func follow(s *Set, operation string, about Subject, struck *[]string) (*Call, *Following) {
	var target Target
	for _, t := range service() {
		if t.Operation == operation {
			target = t
		}
	}
	c := &Call{Target: &target, Subject: func() Subject { return about }}
	return c, s.Follow(c, func(v *Verdict) { *struck = append(*struck, v.Fired...) })
}

// A rule meets the calls that run when it comes, each once, in the order in
// which they began; rules that were there before meet them as they begin.
func TestFollow(t *testing.T) {
	s := newSet(t)
	early := add(t, s, `{"effect":{"latency":"1s"}}`)
	var first, second, other []string
	a, following := follow(s, "SubscribeToShard", Subject{Consumer: "c"}, &first)
	between := add(t, s, `{"when":{"first":1},"match":{"consumer":"c"},"effect":{"endSubscription":"clean"}}`)
	_, _ = follow(s, "SubscribeToShard", Subject{Consumer: "c"}, &second)
	_, _ = follow(s, "SubscribeToShard", Subject{Consumer: "d"}, &other)
	require.Equal(t, []string{between.ID}, first)
	require.Equal(t, []string{early.ID}, s.Judge(a).Fired, "what came after it began has met it already")

	late := add(t, s, `{"when":{"after":1},"match":{"consumer":"c"},"effect":{"reset":"after"}}`)
	require.Equal(t, []string{between.ID}, first)
	require.Equal(t, []string{late.ID}, second)
	got, _ := s.Get(late.ID)
	require.Equal(t, [2]int64{2, 1}, [2]int64{got.Seen, got.Fired})
	require.Empty(t, other)

	// What answers in a call's stead is too late for one that was answered.
	add(t, s, `{"effect":{"error":{"code":"InternalFailure"}}}`)
	add(t, s, `{"effect":{"throttle":true}}`)
	require.Equal(t, []string{late.ID}, second)

	following.Stop()
	following.Stop()
	changed, err := s.Configure([]Rule{{ID: "file", Effect: Effect{BytesPerSecond: 7}}})
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, []string{between.ID}, first, "it has ended")
	require.Equal(t, []string{late.ID, "file"}, second)
	require.Equal(t, []string{"file"}, other)
	_, err = s.Configure([]Rule{{ID: "file", Effect: Effect{BytesPerSecond: 7}}})
	require.NoError(t, err)
	require.Equal(t, []string{"file"}, other, "it is the same rule")
}
