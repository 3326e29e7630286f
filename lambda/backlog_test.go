package lambda

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"

	"sluice/lambda/function"
	"sluice/store/kv"
)

// payloads are the events that the runtime was given so far.
func (h *recorder) payloads() (all [][]byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.calls {
		all = append(all, c.Payload)
	}
	return all
}

// outcome sets what becomes of every invocation.
func (h *recorder) outcome(kind string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = func(function.Invocation) (function.Result, error) { return function.Result{Error: kind}, err }
}

// passes moves service time and waits for what comes of it.
func (r *room) passes(d time.Duration) {
	r.t.Helper()
	_, err := r.clock.Advance(r.t.Context(), d, time.Minute)
	require.NoError(r.t, err)
}

func (r *room) event(payload string) error {
	_, err := r.Invoke(r.ctx, &lambda.InvokeInput{FunctionName: aws.String("ingest"), InvocationType: types.InvocationTypeEvent, Payload: []byte(payload)})
	return err
}

// waitingKeys counts the keys of the backlog in the space.
func (r *room) waitingKeys() (n int) {
	r.t.Helper()
	for _, prefix := range []string{eventPrefix, payloadPrefix} {
		from, to := rangeOf(prefix)
		require.NoError(r.t, r.space.Scan(r.ctx, from, to, false, func(_, _ []byte) (bool, error) { n++; return true, nil }))
	}
	return n
}

// AWS tries again after one minute, and after two more.
func TestEventsAreTriedThrice(t *testing.T) {
	r := open(t)
	r.function("ingest")
	r.runtime.outcome(function.Unhandled, nil)
	require.NoError(t, r.event(`{"a":1}`))
	for _, step := range []struct {
		pass  time.Duration
		tries int
	}{{0, 1}, {59 * time.Second, 1}, {time.Second, 2}, {119 * time.Second, 2}, {time.Second, 3}, {time.Hour, 3}} {
		r.passes(step.pass)
		require.Len(t, r.runtime.payloads(), step.tries)
		require.Equal(t, step.tries < eventTries, r.waitingKeys() > 0)
	}
	require.Equal(t, "request", r.runtime.calls[2].RequestID, "the same all along")
}

// An event that was taken survives a restart: what it is, how often it was
// tried, and when it is due.
func TestEventsSurviveRestarts(t *testing.T) {
	r := open(t)
	r.function("ingest")
	r.runtime.outcome(function.Unhandled, nil)
	require.NoError(t, r.event(`{"a":1}`))
	r.passes(0)
	for _, tries := range []int{2, 3} {
		r.restart()
		r.passes(time.Duration(tries-1)*time.Minute - time.Second)
		require.Len(t, r.runtime.payloads(), tries-1)
		r.passes(time.Second)
		require.Len(t, r.runtime.payloads(), tries)
		require.JSONEq(t, `{"a":1}`, string(r.runtime.payloads()[tries-1]))
	}
	require.Zero(t, r.waitingKeys())
	r.restart()
	r.passes(time.Hour)
	require.Len(t, r.runtime.payloads(), 3)
}

// An event that is with its function when the server ends is given to it
// again: it was never answered.
func TestEventsThatWereRunning(t *testing.T) {
	r := open(t)
	r.function("ingest")
	began, room := make(chan bool), r.Room
	r.runtime.answer = func(function.Invocation) (function.Result, error) {
		began <- true
		<-room.life.Done()
		return function.Result{}, room.life.Err()
	}
	require.NoError(t, r.event(`"once"`))
	<-began
	require.NoError(t, r.Close())
	r.runtime.outcome("", nil)
	r.Room = r.reopened()
	r.passes(0)
	require.Len(t, r.runtime.payloads(), 2)
	require.Zero(t, r.waitingKeys())
}

func TestEventsGrowTooOld(t *testing.T) {
	r := open(t)
	r.function("ingest")
	r.runtime.outcome("", &function.NotInvoked{Code: "TooManyRequestsException", Throttled: true})
	require.NoError(t, r.event(`1`))
	r.passes(0)
	for _, second := range []int{1, 2, 4, 8} {
		before := len(r.runtime.payloads())
		r.passes(time.Duration(second)*time.Second - time.Millisecond)
		require.Len(t, r.runtime.payloads(), before)
		r.passes(time.Millisecond)
		require.Len(t, r.runtime.payloads(), before+1)
	}
	r.passes(eventAge)
	require.Zero(t, r.waitingKeys())
	require.Len(t, r.runtime.payloads(), 9+71, "after 511 seconds every five minutes")
}

// A function that has gone ends the trying; one that a program registers after
// the start is waited for.
func TestEventsWithoutFunction(t *testing.T) {
	r := open(t)
	r.runtime.known["ingest"] = true
	r.runtime.outcome("", &function.NotInvoked{Code: "ServiceException"})
	require.NoError(t, r.event(`1`))
	r.passes(0)
	r.runtime.known = map[string]bool{}
	r.passes(time.Second)
	require.Zero(t, r.waitingKeys(), "it is gone")

	r.runtime.known["ingest"] = true
	require.NoError(t, r.event(`2`))
	r.passes(0)
	r.passes(time.Millisecond)
	r.runtime.known = map[string]bool{}
	r.restart()
	r.passes(time.Minute)
	require.NotZero(t, r.waitingKeys(), "not yet there")
	r.runtime.known["ingest"] = true
	r.runtime.outcome("", nil)
	r.passes(5 * time.Minute)
	require.Zero(t, r.waitingKeys())
}

func TestBacklogIsBounded(t *testing.T) {
	r := open(t, func(c *Config) { c.Memory = 4 << 20 })
	r.function("ingest")
	r.runtime.outcome(function.Unhandled, nil)
	large := `"` + strings.Repeat("x", asyncPayloadMax-2) + `"`
	for range 4 {
		require.NoError(t, r.event(large))
	}
	require.Equal(t, "TooManyRequestsException", codeOf(r.event(large)))
	require.Equal(t, 8, r.waitingKeys())
	removed, err := r.Reset(r.ctx, "", "")
	require.NoError(t, err)
	require.Equal(t, 1, removed)
	require.Zero(t, r.waitingKeys())
	r.function("ingest")
	for i := range backlogMax {
		require.NoError(t, r.event(fmt.Sprint(i)))
	}
	require.Equal(t, "TooManyRequestsException", codeOf(r.event(`1`)))
}

// An event is taken though all places of its function are, since it may wait.
func TestEventsOfABusyFunction(t *testing.T) {
	r := open(t)
	r.function("ingest")
	_, err := r.PutFunctionConcurrency(r.ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: aws.String("ingest"), ReservedConcurrentExecutions: aws.Int32(0)})
	require.NoError(t, err)
	require.NoError(t, r.event(`1`))
	r.passes(0)
	require.Empty(t, r.runtime.payloads())
	_, err = r.DeleteFunctionConcurrency(r.ctx, &lambda.DeleteFunctionConcurrencyInput{FunctionName: aws.String("ingest")})
	require.NoError(t, err)
	r.passes(time.Second)
	require.Len(t, r.runtime.payloads(), 1)
}

// full is a space whose disk is full.
type full struct{ kv.Space }

func (full) Commit(context.Context, *kv.Batch) error { return errors.New("no space left on device") }

// An event that cannot be stored is not taken.
func TestEventsThatCannotBeStored(t *testing.T) {
	r := open(t)
	r.function("ingest")
	r.Room.space = full{r.space}
	require.ErrorContains(t, r.event(`1`), "no space left on device")
	require.Empty(t, r.backlog.events)
	require.Zero(t, r.backlog.bytes)
	r.Room.space = r.space
}
