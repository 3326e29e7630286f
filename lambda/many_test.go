package lambda

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/quick"
)

// Ten thousand mappings cost memory in proportion, open quickly, and moving
// the clock by a year over them is quick.
func TestTenThousandMappings(t *testing.T) {
	const count = 10_000
	r := open(t)
	for i := range count {
		r.runtime.known[fmt.Sprintf("f%05d", i)] = true
	}
	before := heap()
	for i := range count {
		in := mappingOf(fmt.Sprintf("f%05d", i))
		in.Enabled = aws.Bool(i%2 == 0)
		in.FilterCriteria = &types.FilterCriteria{Filters: []types.Filter{{Pattern: aws.String(`{"data":{"a":[1]}}`)}}}
		_, err := r.CreateEventSourceMapping(r.ctx, in)
		require.NoError(t, err)
	}
	each := (heap() - before) / count
	t.Logf("%d bytes per mapping", each)
	require.Less(t, each, int64(20<<10))
	quick.Within(t, 10*time.Second, r.restart)
	quick.Within(t, 2*time.Second, func() { r.clock.Step(365 * 24 * time.Hour) })
	out, err := r.ListEventSourceMappings(r.ctx, &lambda.ListEventSourceMappingsInput{MaxItems: aws.Int32(10_000)})
	require.NoError(t, err)
	require.Len(t, out.EventSourceMappings, 100)
	measured := r.Measure()
	require.Equal(t, map[string]int{"Enabled": count / 2, "Disabled": count / 2}, measured.Mappings)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
