package server

import (
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	crowd = 10_000
	// crowdBytesMax is what one subscription that waits for records may cost,
	// both ends together: this test is client and server.
	crowdBytesMax = 40 << 10
)

// Ten thousand subscriptions over ten connections wait for records at a known
// price, others are served meanwhile, and each ends with its client.
func TestTenThousandSubscriptions(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector needs several times the memory; make test runs this without it")
	}
	f := newFanout()
	f.ended = make(chan error, crowd)
	s := open(t, f.room())
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	responses := subscribeCrowd(t, s)
	_, streams := s.gate.current.Load().calls.count()
	require.Equal(t, crowd, streams)
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := int64(after.HeapInuse+after.StackInuse-before.HeapInuse-before.StackInuse) / crowd
	t.Logf("%d bytes for each subscription, both ends", each)
	require.Less(t, each, int64(crowdBytesMax))
	require.Equal(t, 200, callJSON(t, s, "ListStreams", "{}").status)
	for range crowd {
		f.feed <- anEvent("x")
	}
	for _, r := range responses {
		_ = r.Body.Close()
	}
	for range crowd {
		<-f.ended // each notices that its client has gone
	}
}

// subscribeCrowd opens the subscriptions, a thousand over each connection.
func subscribeCrowd(t *testing.T, s *Server) []*http.Response {
	t.Helper()
	responses := make([]*http.Response, crowd)
	var opening sync.WaitGroup
	for c := range crowd / maxStreams {
		transport := &http.Transport{Protocols: new(http.Protocols)}
		transport.Protocols.SetUnencryptedHTTP2(true)
		t.Cleanup(transport.CloseIdleConnections)
		opening.Go(func() {
			for i := range maxStreams {
				r, err := http.NewRequest(http.MethodPost, s.url()+"/", strings.NewReader(subscribeJSON))
				if err != nil {
					return
				}
				r.Header = http.Header{"Content-Type": {json11Type}, "X-Amz-Target": {"Kinesis_20131202.SubscribeToShard"}, "Authorization": {signed}, "X-Amz-Date": {"x"}}
				if responses[c*maxStreams+i], err = transport.RoundTrip(r); err != nil {
					return
				}
			}
		})
	}
	opening.Wait()
	for _, r := range responses {
		require.NotNil(t, r)
		require.Equal(t, http.StatusOK, r.StatusCode)
	}
	return responses
}
