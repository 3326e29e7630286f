package lambda

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/lambda/poller"
)

func failureOf(n int, payload string) poller.Failure {
	return poller.Failure{Mapping: fmt.Sprintf("m%d", n%2), Account: testAccount, Region: testRegion, ShardID: "shardId-000000000000",
		At: testStart(), Document: fmt.Appendf(nil, `{"n":%d}`, n), Payload: []byte(payload)}
}

// kept lists the documents that the sink has, a page at a time.
func (r *room) kept(mapping string, limit int) (documents []string, pages int) {
	r.t.Helper()
	var after uint64
	for {
		list, more, err := r.Failures(r.ctx, testAccount, testRegion, mapping, after, limit)
		require.NoError(r.t, err)
		pages++
		for _, f := range list {
			documents = append(documents, string(f.Document))
			after = f.Number
		}
		if !more {
			return documents, pages
		}
	}
}

func TestSink(t *testing.T) {
	r := open(t)
	to := failures{r.Room}
	for n := range 5 {
		require.NoError(t, to.Deliver(r.ctx, failureOf(n, `{"Records":[]}`)))
	}
	documents, pages := r.kept("", 2)
	require.Equal(t, []string{`{"n":0}`, `{"n":1}`, `{"n":2}`, `{"n":3}`, `{"n":4}`}, documents)
	require.Equal(t, 3, pages)
	documents, _ = r.kept("m1", 100)
	require.Equal(t, []string{`{"n":1}`, `{"n":3}`}, documents)
	r.restart()
	require.NoError(t, failures{r.Room}.Deliver(r.ctx, failureOf(5, `{"Records":[]}`)))
	documents, _ = r.kept("", 100)
	require.Len(t, documents, 6)
	other, _, err := r.Failures(r.ctx, "111111111111", testRegion, "", 0, 100)
	require.NoError(t, err)
	require.Empty(t, other)
	list, _, err := r.Failures(r.ctx, testAccount, testRegion, "", 0, 1)
	require.NoError(t, err)
	require.Regexp(t, `^aws/lambda/m0/shardId-000000000000/2026/11/20/2026-11-20T10\.00\.00-[0-9a-f-]{36}$`, list[0].Name)
	removed, err := r.Reset(r.ctx, "111111111111", "")
	require.NoError(t, err)
	require.Zero(t, removed)
	documents, _ = r.kept("", 100)
	require.Len(t, documents, 6)
	_, err = r.Reset(r.ctx, "", testRegion)
	require.NoError(t, err)
	documents, _ = r.kept("", 100)
	require.Empty(t, documents)
	require.Zero(t, r.sink.bytes)
}

func TestSinkIsBounded(t *testing.T) {
	r := open(t)
	large := `{"Records":["` + strings.Repeat("x", 4<<20) + `"]}`
	for n := range 20 {
		require.NoError(t, failures{r.Room}.Deliver(r.ctx, failureOf(n, large)))
	}
	documents, pages := r.kept("", 1000)
	require.Less(t, len(documents), 15)
	require.Greater(t, pages, 2, "a page is bounded too")
	require.Equal(t, `{"n":19}`, documents[len(documents)-1], "the oldest make room")
	require.Equal(t, int64(20-len(documents)), r.Measure().Lost)
	require.LessOrEqual(t, r.sink.bytes, int64(sinkBytesMax))
}

// way is a destination that is known, unknown or down.
type way struct {
	known bool
	err   error
	names []string
}

func (w *way) Deliver(_ context.Context, _ poller.Failure, name string) (bool, error) {
	w.names = append(w.names, name)
	return w.known, w.err
}

func TestDestinations(t *testing.T) {
	w := &way{}
	r := open(t, func(c *Config) { c.Destinations = w })
	f := failureOf(0, "{}")
	require.NoError(t, failures{r.Room}.Deliver(r.ctx, f))
	require.Empty(t, w.names, "there is no destination")
	f.Destination = "arn:aws:sqs:eu-west-1:000000000000:dead"
	require.NoError(t, failures{r.Room}.Deliver(r.ctx, f))
	require.Len(t, w.names, 1)
	documents, _ := r.kept("", 100)
	require.Len(t, documents, 2, "what has no way goes to the sink")
	w.known = true
	require.NoError(t, failures{r.Room}.Deliver(r.ctx, f))
	w.err = errors.New("down")
	require.EqualError(t, failures{r.Room}.Deliver(r.ctx, f), "deliver to arn:aws:sqs:eu-west-1:000000000000:dead: down")
	documents, _ = r.kept("", 100)
	require.Len(t, documents, 2)
}
