package sluice

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
)

// TestScalingPage runs the examples of docs/scaling.md: the commands, and the
// traffic that its hidden lines tell of. An answer must have what the page
// shows; a question mark, or an empty object, stands for whatever there is.
func TestScalingPage(t *testing.T) {
	text, err := os.ReadFile("docs/scaling.md")
	require.NoError(t, err)
	log := new(shared)
	p := &scalingPage{T: t, s: RunT(t, FrozenAt(noon), WithStreams(StreamSeed{Name: "clicks"}), func(c *Config) { c.LogOutput = log })}
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, "<!-- traffic: "):
			p.traffic(line)
		case strings.HasPrefix(line, "$ "):
			p.run(strings.Fields(line)[1:], lines[i+1])
		}
	}
	require.Equal(t, 10, p.ran)

	// The same decisions stand in the heat report, the metrics and the log.
	var heat struct{ Decisions []map[string]any }
	require.NoError(t, json.Unmarshal(p.call("GET", "/_sluice/streams/orders/heat", ""), &heat))
	require.Len(t, heat.Decisions, 3)
	require.Equal(t, "hot-key", heat.Decisions[1]["action"])
	metrics := string(p.call("GET", "/_sluice/metrics", ""))
	require.Contains(t, metrics, `sluice_scaling_decisions_total{account="000000000000",region="us-east-1",stream="orders",action="merge"} 1`)
	require.Contains(t, metrics, `sluice_scaling_decisions_total{account="000000000000",region="us-east-1",stream="clicks",action="split"} 4`)
	require.Contains(t, log.String(), `msg=scaling stream=orders account=000000000000 region=us-east-1 action=hot-key shards=[shardId-000000000001] reason=`)
}

// TestScalingFromTheFile sets policies where streams are seeded.
func TestScalingFromTheFile(t *testing.T) {
	load := func(scaling string) ([]StreamSeed, error) {
		path := filepath.Join(t.TempDir(), "sluice.yaml")
		text := "version: 1\nkinesis:\n  streams:\n    - name: orders\n      shards: 2\n      scaling: " + scaling + "\n"
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		c, err := LoadConfig(Sources{File: path})
		return c.Streams, err
	}
	seeds, err := load("{min: 2, max: 16, target: 0.5, cooldown: 90s}")
	require.NoError(t, err)
	require.Equal(t, &ScalingPolicy{Min: 2, Max: 16, Target: 0.5, CoolDown: 90 * time.Second}, seeds[0].Scaling)
	for scaling, problem := range map[string]string{
		"{min: 3, max: 2}":  "max is 2, less than min, which is 3",
		"{most: 3}":         `"most" is unknown; there are min, max, target and cooldown`,
		"max":               "keys and values are expected here",
		"{max: {of: this}}": "max takes one plain value",
	} {
		_, err := load(scaling)
		require.ErrorContains(t, err, problem, scaling)
	}
	require.Error(t, Config{Memory: true, Streams: []StreamSeed{{Name: "a", Scaling: &ScalingPolicy{Max: 2}}}}.withDefaults().Validate())

	s := RunT(t, WithStreams(seeds...))
	require.JSONEq(t, `{"stream":"orders","openShards":2,"source":"set","policy":{"min":2,"max":16,"target":0.5,"cooldown":"1m30s"},"next":null,"decisions":[]}`,
		string((&scalingPage{T: t, s: s}).call("GET", "/_sluice/streams/orders/scaling", "")))
	seeds[0].Scaling = &ScalingPolicy{Min: 3, Max: 16}
	done, err := s.Reload(t.Context(), Config{Memory: true, Listen: []string{"localhost:0"}, Transition: TransitionOf(0), Streams: seeds})
	require.NoError(t, err)
	require.Contains(t, done.Applied, "kinesis.streams")
	require.Eventually(t, func() bool {
		return strings.Contains(string((&scalingPage{T: t, s: s}).call("GET", "/_sluice/streams/orders/scaling", "")), `"openShards":3`)
	}, time.Minute, 5*time.Millisecond)
}

type scalingPage struct {
	*testing.T
	s   *Sluice
	ran int
}

// traffic reads "<!-- traffic: STREAM, N records a second, N seconds, half of
// them KEY -->", or "all of them KEY", or "of N customers".
func (p *scalingPage) traffic(line string) {
	parts := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "<!-- traffic: "), " -->"), ", ")
	require.Len(p, parts, 4, line)
	var rate, seconds int
	_, err := fmt.Sscanf(parts[1]+" "+parts[2], "%d records a second %d seconds", &rate, &seconds)
	require.NoError(p, err, line)
	share, busy, _ := strings.Cut(parts[3], " of them ")
	room, err := p.s.room()
	require.NoError(p, err)
	ctx := caller.With(p.Context(), caller.Caller{Account: DefaultAccount, Region: DefaultRegion})
	n := 0
	for range seconds {
		for left := rate; left > 0; left -= 450 {
			in := &kinesis.PutRecordsInput{StreamName: aws.String(parts[0])}
			for range min(left, 450) {
				n++
				key := busy
				if share != "all" && (n%2 == 0 || share != "half") {
					key = fmt.Sprint("customer-", 100+n%1000)
				}
				in.Records = append(in.Records, types.PutRecordsRequestEntry{Data: []byte("x"), PartitionKey: aws.String(key)})
			}
			_, err := room.PutRecords(ctx, in)
			require.NoError(p, err)
		}
		p.s.Clock().Step(time.Second)
	}
}

// run does what a command of the page would do.
func (p *scalingPage) run(words []string, answer string) {
	p.ran++
	switch words[0] {
	case "aws":
		_, err := kinesis.NewFromConfig(p.s.AWSConfig()).CreateStream(p.Context(),
			&kinesis.CreateStreamInput{StreamName: aws.String(words[4]), ShardCount: aws.Int32(1)})
		require.NoError(p, err)
	case "sluice":
		d, err := time.ParseDuration(words[3])
		require.NoError(p, err)
		p.s.Clock().Step(d)
	case "curl":
		method, body := "GET", ""
		if words[1] == "-X" {
			method, words = words[2], words[2:]
			body = strings.Trim(words[3], "'")
		}
		var want, got any
		require.NoError(p, json.Unmarshal([]byte(answer), &want), answer)
		said := p.call(method, strings.TrimPrefix(words[1], "localhost:4566"), body)
		require.NoError(p, json.Unmarshal(said, &got))
		p.fits(want, got, string(said))
	default:
		require.Fail(p, "cannot run", "%v", words)
	}
}

func (p *scalingPage) call(method, path, body string) []byte {
	req, err := http.NewRequestWithContext(context.WithoutCancel(p.Context()), method, p.s.Endpoint()+path, strings.NewReader(body))
	require.NoError(p, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(p, err)
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	require.NoError(p, err)
	return said
}

func (p *scalingPage) fits(want, got any, all string) {
	switch want := want.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		require.True(p, ok, all)
		for name := range want {
			p.fits(want[name], have[name], all)
		}
	case []any:
		have, ok := got.([]any)
		require.True(p, ok && len(have) == len(want), all)
		for i := range want {
			p.fits(want[i], have[i], all)
		}
	default:
		require.True(p, want == "?" || want == got, "%v is not %v in %s", got, want, all)
	}
}
