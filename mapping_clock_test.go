package sluice

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/quick"
)

// Whoever moves the clock finds that the function was called when the move is over.
func TestMappingsByTheClock(t *testing.T) {
	c := newConsumer(t, FrozenAt(time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)))
	uuid := c.create(func(in *lambda.CreateEventSourceMappingInput) {
		in.MaximumBatchingWindowInSeconds, in.MaximumRetryAttempts = aws.Int32(300), aws.Int32(2)
	})
	step := func(d time.Duration) {
		t.Helper()
		report := c.s.Clock().Step(d)
		require.True(t, report.Settled, "waiting on %v", report.WaitingOn)
	}
	step(0)
	c.put(2)
	step(5*time.Minute - time.Second)
	require.Empty(t, c.events)
	step(time.Second)
	require.Len(t, c.events, 1)
	require.Equal(t, numbers(1, 2), c.seen(2))

	fail := func([]byte) ([]byte, error) { return nil, errors.New("no") }
	c.answer.Store(&fail)
	c.put(1)
	step(time.Hour)
	require.Len(t, c.events, 3, "an attempt and two retries")
	require.Equal(t, "PROBLEM: Function call failed", *c.get(uuid).LastProcessingResult)
	var list struct {
		Items []struct {
			Document struct{ RequestContext struct{ Condition string } }
		}
	}
	c.admin("/_sluice/failures", &list)
	require.Len(t, list.Items, 1)
	require.Equal(t, "RetryAttemptsExhausted", list.Items[0].Document.RequestContext.Condition)

	quick.Within(t, 2*time.Second, func() { step(365 * 24 * time.Hour) })
	c.answer.Store(nil)
	c.seen(3)
	c.put(1)
	step(5 * time.Minute)
	require.Equal(t, numbers(4, 4), c.seen(1), "iterators and all else have outlived the year")
}

// A week of record age passes in no time.
func TestRecordAgeByTheClock(t *testing.T) {
	c := newConsumer(t, FrozenAt(time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)), func(c *Config) {
		c.Streams[0].Retention = 30 * 24 * time.Hour
	})
	fail := func([]byte) ([]byte, error) { return nil, errors.New("no") }
	c.answer.Store(&fail)
	uuid := c.create(func(in *lambda.CreateEventSourceMappingInput) {
		in.MaximumRecordAgeInSeconds = aws.Int32(604800)
		in.DestinationConfig = &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: aws.String("arn:aws:sqs:us-east-1:000000000000:dead")}}
	})
	c.s.Clock().Step(0)
	c.put(1)
	c.s.Clock().Step(6 * 24 * time.Hour)
	require.NotEqual(t, "PROBLEM: Records too old", *c.get(uuid).LastProcessingResult)
	c.s.Clock().Step(25 * time.Hour)
	require.Equal(t, "PROBLEM: Records too old", *c.get(uuid).LastProcessingResult)
}
