package server

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
)

// load is a Traffic whose answers tests choose.
type load struct {
	setting string
	heat    func(who caller.Caller, stream string, window time.Duration) (any, error)
}

func (l *load) Limits() string { return l.setting }

func (l *load) SetLimits(setting string) error {
	if setting == "some" {
		return errors.New("\"some\" is none")
	}
	l.setting = setting
	return nil
}

func (l *load) Heat(ctx context.Context, stream string, window time.Duration) (any, error) {
	who, _ := caller.From(ctx)
	return l.heat(who, stream, window)
}

func (l *load) Measure(m Metrics) {
	m.Family("sluice_shard_refused_total", "counter", "Refused.")
	m.Sample("sluice_shard_refused_total", 3, "stream", "a", "reason", "write-bytes")
}

func withLoad(l *load) func(*Config) { return func(c *Config) { c.Admin.Traffic = l } }

func TestLimitsAreShownAndChanged(t *testing.T) {
	l := &load{setting: "aws"}
	s := open(t, &streamsRoom{}, withLoad(l))
	require.Equal(t, map[string]any{"limits": "aws"}, get(t, s, "/_sluice/limits"))
	a := ask(t, s, "POST", "/_sluice/limits", `{"limits":"x10"}`)
	require.Equal(t, 200, a.status)
	require.JSONEq(t, `{"limits":"x10"}`, string(a.body))
	require.Equal(t, map[string]any{"limits": "x10"}, get(t, s, "/_sluice/limits"))
	for _, bad := range []string{`{"limits":"some"}`, `{}`, `{"limits":1}`, `{"limits":"aws","more":1}`, ``} {
		requireProblem(t, ask(t, s, "POST", "/_sluice/limits", bad), 400, "BadRequest")
	}
	require.Equal(t, "x10", l.setting)
	without := open(t, &streamsRoom{})
	requireProblem(t, ask(t, without, "GET", "/_sluice/limits", ""), 400, "NotAvailable")
	requireProblem(t, ask(t, without, "POST", "/_sluice/limits", `{"limits":"aws"}`), 400, "NotAvailable")
	requireProblem(t, ask(t, without, "GET", "/_sluice/streams/a/heat", ""), 400, "NotAvailable")
}

func TestHeat(t *testing.T) {
	type call struct {
		who    caller.Caller
		stream string
		window time.Duration
	}
	var last call
	l := &load{heat: func(who caller.Caller, stream string, window time.Duration) (any, error) {
		last = call{who, stream, window}
		switch stream {
		case "missing":
			return nil, &types.ResourceNotFoundException{Message: aws.String("Stream missing under account 000000000000 not found.")}
		case "broken":
			return nil, errors.New("no instance is open")
		}
		return map[string]string{"stream": stream}, nil
	}}
	s := open(t, &streamsRoom{}, withLoad(l))
	require.Equal(t, map[string]any{"stream": "a.b"}, get(t, s, "/_sluice/streams/a.b/heat"))
	require.Equal(t, call{caller.Caller{Account: "000000000000", Region: "us-east-1"}, "a.b", time.Minute}, last)
	get(t, s, "/_sluice/streams/a/heat?window=15m&account=123456789012&region=eu-west-1")
	require.Equal(t, call{caller.Caller{Account: "123456789012", Region: "eu-west-1"}, "a", 15 * time.Minute}, last)
	for _, bad := range []string{"window=0s", "window=16m", "window=x", "account=1", "region=_", "windows=1m"} {
		requireProblem(t, ask(t, s, "GET", "/_sluice/streams/a/heat?"+bad, ""), 400, "BadRequest")
	}
	requireProblem(t, ask(t, s, "GET", "/_sluice/streams/missing/heat", ""), 404, "NotFound")
	requireProblem(t, ask(t, s, "GET", "/_sluice/streams/broken/heat", ""), 500, "InternalFailure")
	requireProblem(t, ask(t, s, "POST", "/_sluice/streams/a/heat", ""), 405, "MethodNotAllowed")
}

func TestMetricsOfTraffic(t *testing.T) {
	s := open(t, &streamsRoom{}, withLoad(&load{}))
	body := string(ask(t, s, "GET", "/_sluice/metrics", "").body)
	require.Contains(t, body, "# HELP sluice_shard_refused_total Refused.\n# TYPE sluice_shard_refused_total counter\n"+
		"sluice_shard_refused_total{stream=\"a\",reason=\"write-bytes\"} 3\n")
}
