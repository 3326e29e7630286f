package server

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
)

// mapped is a Mappings that remembers what it was asked.
type mapped struct{ last string }

func (m *mapped) note(ctx context.Context, words ...any) {
	who, _ := caller.From(ctx)
	m.last = fmt.Sprint(who.Account, " ", who.Region, " ", words)
}

func (m *mapped) Mapping(ctx context.Context, uuid string) (any, error) {
	m.note(ctx, "mapping", uuid)
	if uuid == "missing" {
		return nil, &types.ResourceNotFoundException{Message: aws.String("The resource you requested does not exist.")}
	}
	return map[string]string{"uuid": uuid}, nil
}

func (m *mapped) Mappings(ctx context.Context, after string, limit int) ([]any, string, error) {
	m.note(ctx, "mappings", after, limit)
	if after == "broken" {
		return nil, "", errors.New("no instance is open")
	}
	if after == "end" {
		return nil, "", nil
	}
	return []any{1, 2}, "2", nil
}

func (m *mapped) Failures(ctx context.Context, mapping, after string, limit int) ([]any, string, error) {
	m.note(ctx, "failures", mapping, after, limit)
	return []any{map[string]int{"n": 1}}, "", nil
}

func (m *mapped) Measure(to Metrics) {
	to.Family("sluice_mappings", "gauge", "Mappings.")
	to.Sample("sluice_mappings", 3)
}

func TestMappingPaths(t *testing.T) {
	m := new(mapped)
	s := open(t, &streamsRoom{}, func(c *Config) { c.Admin.Mappings = m })
	require.Equal(t, map[string]any{"uuid": "u"}, get(t, s, "/_sluice/mappings/u?region=eu-west-1"))
	require.Equal(t, "000000000000 eu-west-1 [mapping u]", m.last)
	require.Equal(t, map[string]any{"items": []any{1.0, 2.0}, "next": "2"}, get(t, s, "/_sluice/mappings"))
	require.Equal(t, "000000000000 us-east-1 [mappings  100]", m.last)
	require.Equal(t, map[string]any{"items": []any{}, "next": nil}, get(t, s, "/_sluice/mappings?after=end&limit=1000&account=111111111111"))
	require.Equal(t, "111111111111 us-east-1 [mappings end 1000]", m.last)
	require.Equal(t, map[string]any{"items": []any{map[string]any{"n": 1.0}}, "next": nil}, get(t, s, "/_sluice/failures?mapping=u&limit=5&after=7"))
	require.Equal(t, "000000000000 us-east-1 [failures u 7 5]", m.last)
	require.Contains(t, ask(t, s, "GET", "/_sluice/metrics", "").body, "# TYPE sluice_mappings gauge\nsluice_mappings 3\n")
	for path, status := range map[string]int{
		"/_sluice/mappings/missing": 404, "/_sluice/mappings?limit=0": 400, "/_sluice/mappings?limit=1001": 400, "/_sluice/mappings?limit=x": 400,
		"/_sluice/mappings?mapping=u": 400, "/_sluice/failures?x=1": 400, "/_sluice/mappings/u?limit=1": 400, "/_sluice/mappings?account=1": 400,
		"/_sluice/mappings?after=broken": 500,
	} {
		require.Equal(t, status, ask(t, s, "GET", path, "").status, path)
	}
	none := open(t, &streamsRoom{})
	require.Equal(t, 400, ask(t, none, "GET", "/_sluice/mappings", "").status)
}
