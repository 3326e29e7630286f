package server

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
)

// policies is a Scaling that remembers what it was asked.
type policies struct{ last []string }

type badPolicy struct{}

func (badPolicy) Error() string { return "max is missing" }
func (badPolicy) Hint() string  { return "give max" }

func (p *policies) note(ctx context.Context, what, stream string) (any, error) {
	who, _ := caller.From(ctx)
	p.last = []string{what, stream, who.Account, who.Region}
	switch stream {
	case "missing":
		return nil, &types.ResourceNotFoundException{Message: aws.String("Stream missing under account 000000000000 not found.")}
	case "broken":
		return nil, errors.New("no instance is open")
	}
	return map[string]string{"stream": stream}, nil
}

func (p *policies) Scaling(ctx context.Context, stream string) (any, error) {
	return p.note(ctx, "get", stream)
}

func (p *policies) SetScaling(ctx context.Context, stream string, policy json.RawMessage) (any, error) {
	if string(policy) == "{}" {
		return nil, badPolicy{}
	}
	return p.note(ctx, "set "+string(policy), stream)
}

func (p *policies) ClearScaling(ctx context.Context, stream string) (any, error) {
	return p.note(ctx, "clear", stream)
}

func TestScalingPaths(t *testing.T) {
	p := new(policies)
	s := open(t, &streamsRoom{}, func(c *Config) { c.Admin.Scaling = p })
	const path = "/_sluice/streams/a.b/scaling"
	require.Equal(t, map[string]any{"stream": "a.b"}, get(t, s, path))
	require.Equal(t, []string{"get", "a.b", "000000000000", "us-east-1"}, p.last)

	a := ask(t, s, "PUT", path+"?account=123456789012&region=eu-west-1", `{"max":4}`)
	require.Equal(t, 200, a.status)
	require.Equal(t, []string{`set {"max":4}`, "a.b", "123456789012", "eu-west-1"}, p.last)
	require.Equal(t, 200, ask(t, s, "DELETE", path, "").status)
	require.Equal(t, "clear", p.last[0])

	require.Contains(t, string(ask(t, s, "PUT", path, `{}`).body), "give max")
	requireProblem(t, ask(t, s, "PUT", path, `{}`), 400, "BadPolicy")
	requireProblem(t, ask(t, s, "PUT", path, `{"max":4`), 400, "BadRequest")
	requireProblem(t, ask(t, s, "PUT", path, `{"max":4} more`), 400, "BadRequest")
	requireProblem(t, ask(t, s, "DELETE", path, `{"max":4}`), 400, "BadRequest")
	for _, query := range []string{"?window=60s", "?account=1", "?region=/"} {
		requireProblem(t, ask(t, s, "GET", path+query, ""), 400, "BadRequest")
	}
	requireProblem(t, ask(t, s, "GET", "/_sluice/streams/missing/scaling", ""), 404, "NotFound")
	requireProblem(t, ask(t, s, "PUT", "/_sluice/streams/broken/scaling", `{"max":4}`), 500, "InternalFailure")
	requireProblem(t, ask(t, s, "POST", path, ""), 405, "MethodNotAllowed")
	without := open(t, &streamsRoom{})
	requireProblem(t, ask(t, without, "GET", path, ""), 400, "NotAvailable")
}
