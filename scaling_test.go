package sluice

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
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
	p := &scalingPage{T: t, s: RunT(t, FrozenAt(noon), WithStreams(StreamSeed{Name: "clicks"}))}
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
