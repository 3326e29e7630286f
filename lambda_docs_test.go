package sluice

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLambdaPage runs the examples of docs/lambda.md. An answer must have what
// the page shows; a question mark, or an empty object, stands for whatever
// there is. Answers that show a later state are waited for.
func TestLambdaPage(t *testing.T) {
	text, err := os.ReadFile("docs/lambda.md")
	require.NoError(t, err)
	p := &lambdaPage{consumer: newConsumer(t, func(c *Config) { c.FastRetries = true })}
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, "<!-- put: 3"):
			p.put(3)
			p.seen(3)
		case strings.HasPrefix(line, "<!-- the function fails"):
			fail := func([]byte) ([]byte, error) { return nil, errors.New("no") }
			p.answer.Store(&fail)
			p.put(1)
		case strings.HasPrefix(line, "$ "):
			p.run(strings.Fields(line)[1:], lines[i+1])
		}
	}
	require.Equal(t, 7, p.ran)
}

type lambdaPage struct {
	*consumer
	uuid string
	ran  int
}

// run does what a command of the page would do until its answer is as shown.
func (p *lambdaPage) run(words []string, shown string) {
	p.ran++
	if words[0] == "sluice" {
		d, err := time.ParseDuration(words[3])
		require.NoError(p, err)
		p.s.Clock().Step(d)
		return
	}
	var want any
	require.NoError(p, json.Unmarshal([]byte(shown), &want), shown)
	var said []byte
	ok := assert.Eventually(p, func() bool {
		if words[0] == "curl" {
			said = p.call("GET", strings.TrimPrefix(words[1], "localhost:4566"), nil)
		} else {
			said = p.aws(words[2], words[3:])
		}
		var got any
		return json.Unmarshal(said, &got) == nil && shows(want, got)
	}, time.Minute, 5*time.Millisecond)
	require.True(p, ok, "%v says %s", words, said)
}

// aws makes a call of the command line: its flags are the members.
func (p *lambdaPage) aws(operation string, flags []string) []byte {
	if operation == "get-event-source-mapping" {
		return p.call("GET", "/2015-03-31/event-source-mappings/"+p.uuid, nil)
	}
	require.Equal(p, "create-event-source-mapping", operation)
	members := map[string]any{}
	for i := 0; i < len(flags); i += 2 {
		var name strings.Builder
		for part := range strings.SplitSeq(strings.TrimPrefix(flags[i], "--"), "-") {
			name.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
		members[name.String()] = flags[i+1]
		if n, err := strconv.Atoi(flags[i+1]); err == nil {
			members[name.String()] = n
		}
	}
	body, err := json.Marshal(members)
	require.NoError(p, err)
	said := p.call("POST", "/2015-03-31/event-source-mappings", body)
	var made struct{ UUID string }
	require.NoError(p, json.Unmarshal(said, &made))
	p.uuid = made.UUID
	return said
}

func (p *lambdaPage) call(method, path string, body []byte) []byte {
	request, err := http.NewRequestWithContext(p.Context(), method, p.s.Endpoint()+strings.ReplaceAll(path, "UUID", p.uuid), bytes.NewReader(body))
	require.NoError(p, err)
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0")
	request.Header.Set("X-Amz-Date", "20260101T000000Z")
	answer, err := http.DefaultClient.Do(request)
	require.NoError(p, err)
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	require.NoError(p, err)
	return said
}

// shows tells whether got has all that want shows.
func shows(want, got any) bool {
	switch want := want.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		for name := range want {
			ok = ok && shows(want[name], have[name])
		}
		return ok
	case []any:
		have, ok := got.([]any)
		if !ok || len(have) != len(want) {
			return false
		}
		for i := range want {
			if !shows(want[i], have[i]) {
				return false
			}
		}
		return true
	}
	return want == "?" || want == got
}
