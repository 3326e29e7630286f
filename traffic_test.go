package sluice

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// once is a client that does not try again.
func once(s *Sluice) *kinesis.Client {
	return kinesis.NewFromConfig(s.AWSConfig(), func(o *kinesis.Options) { o.RetryMaxAttempts = 1 })
}

// fetch asks the admin API and returns the answer.
func fetch(t *testing.T, method, url, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	got, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer got.Body.Close()
	all, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	return got.StatusCode, string(all)
}

func frozen() Option { return FrozenAt(time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)) }

// failures puts n small records of one key at once and counts those refused.
func failures(t *testing.T, s *Sluice, n int) int {
	t.Helper()
	records := make([]types.PutRecordsRequestEntry, n)
	for i := range records {
		records[i] = types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), Data: []byte("x")}
	}
	out, err := once(s).PutRecords(t.Context(), &kinesis.PutRecordsInput{StreamName: aws.String("orders"), Records: records})
	require.NoError(t, err)
	return int(*out.FailedRecordCount)
}

func TestLimitsChangeWhileRunning(t *testing.T) {
	next := Config{Memory: true, Listen: []string{"localhost:0"}, Transition: TransitionOf(0), Limits: LimitsAWS,
		Streams: []StreamSeed{{Name: "orders", Shards: 1}}}
	s := RunT(t, frozen(), func(c *Config) {
		c.Limits, c.Streams = LimitsOff, next.Streams
		c.Reloaded = func() (Config, error) { return next, nil }
	})
	require.Equal(t, LimitsOff, s.Limits())
	for range 4 {
		require.Zero(t, failures(t, s, 500))
	}
	out, err := s.Reload(t.Context(), next)
	require.NoError(t, err)
	require.Contains(t, out.Applied, "limits")
	require.Zero(t, failures(t, s, 500))
	require.Equal(t, 0, failures(t, s, 500))
	require.Equal(t, 500, failures(t, s, 500), "1,000 a second and no more, at a moment that stands still")

	status, answer := fetch(t, "POST", s.Endpoint()+"/_sluice/limits", `{"limits":"off"}`)
	require.Equal(t, 200, status)
	require.JSONEq(t, `{"limits":"off"}`, answer)
	require.Zero(t, failures(t, s, 500))
	out, err = s.Reload(t.Context(), next)
	require.NoError(t, err)
	require.Contains(t, out.Applied, "limits", "the file is in force again")
	require.Equal(t, 500, failures(t, s, 500), "what was used stays used")

	status, answer = fetch(t, "POST", s.Endpoint()+"/_sluice/limits", `{"limits":"x"}`)
	require.Equal(t, 400, status)
	require.Contains(t, answer, "is not a factor such as x10")
	require.Error(t, s.SetLimits("some"))

	require.NoError(t, s.SetLimits("x2"))
	s.Clock().Step(time.Second)
	require.Equal(t, 0, failures(t, s, 500)+failures(t, s, 500)+failures(t, s, 500)+failures(t, s, 500))
	require.Equal(t, 500, failures(t, s, 500))
	require.NoError(t, s.Replace(t.Context()))
	require.Equal(t, Limits("x2"), s.Limits(), "a new instance has the limits in force")
}

func TestSeedsAreNotLimited(t *testing.T) {
	s := RunT(t, frozen(), func(c *Config) {
		c.Limits = LimitsAWS
		for i := range 300 { // which takes longer than streams are waited for that need time
			c.Streams = append(c.Streams, StreamSeed{Name: fmt.Sprint("s", i), Shards: 1, Tags: map[string]string{"a": "b"}})
		}
	})
	out, err := once(s).ListStreams(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, out.StreamNames, 100)
	require.True(t, *out.HasMoreStreams)
	_, err = once(s).DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("s299")})
	require.NoError(t, err, "the last one")
}

func TestRefusalsAreExplained(t *testing.T) {
	s := RunT(t, frozen(), WithStreams(StreamSeed{Name: "orders", Shards: 1}), func(c *Config) { c.Limits = LimitsAWS })
	require.Equal(t, 500, failures(t, s, 500)+failures(t, s, 500)+failures(t, s, 500))
	_, answer := fetch(t, "GET", s.Endpoint()+"/_sluice/streams/orders/heat?window=60s", "")
	require.JSONEq(t, `{"stream":"orders","window":"1m0s","shards":[{"shardId":"shardId-000000000000",
		"in":{"bytesPerSecond":2000,"recordsPerSecond":1000,"limitFraction":1},
		"out":{"bytesPerSecond":0,"recordsPerSecond":0,"limitFraction":0},
		"refused":[{"reason":"write-records","count":500}],
		"keys":[{"key":"k","fraction":1}],"split":null}],"decisions":[]}`, answer)
	for range 2 {
		_, _ = once(s).DescribeLimits(t.Context(), nil)
	}
	_, answer = fetch(t, "GET", s.Endpoint()+"/_sluice/metrics", "")
	const stream = `{account="000000000000",region="us-east-1",stream="orders",shard="shardId-000000000000"`
	for _, line := range []string{
		"sluice_shard_records_in_total" + stream + "} 1000",
		"sluice_shard_bytes_in_total" + stream + "} 2000",
		"sluice_shard_refused_total" + stream + `,reason="write-records"} 500`,
		`sluice_calls_refused_total{account="000000000000",region="us-east-1",operation="DescribeLimits"} 1`,
	} {
		require.Contains(t, answer, "\n"+line+"\n")
	}
	status, answer := fetch(t, "GET", s.Endpoint()+"/_sluice/streams/orders/heat?account=999999999999", "")
	require.Equal(t, 404, status)
	require.True(t, json.Valid([]byte(answer)))
}
