package wire

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"
)

// clients are the SDK clients whose methods tell the Go types of each operation.
func clients() map[string]any {
	return map[string]any{"kinesis": &kinesis.Client{}, "lambda": &lambda.Client{}, "sts": &sts.Client{},
		"dynamodb": &dynamodb.Client{}, "cloudwatch": &cloudwatch.Client{}, "firehose": &firehose.Client{}, "glue": &glue.Client{}}
}

// compile makes the plan of an operation from the SDK's own method.
func compile(t testing.TB, service, operation string) *Plan {
	t.Helper()
	svc, ok := Find(service)
	require.True(t, ok)
	op := svc.Operations[operation]
	require.NotNil(t, op, operation)
	m, ok := reflect.TypeOf(clients()[service]).MethodByName(operation)
	require.True(t, ok, operation)
	p, err := Compile(op, m.Type.In(2).Elem(), m.Type.Out(0).Elem())
	if op.Stream {
		p, err = Compile(op, m.Type.In(2).Elem(), nil)
	}
	require.NoError(t, err)
	return p
}

func TestCompileEveryOperation(t *testing.T) {
	want := map[string]int{"kinesis": 45, "lambda": 30, "sts": 3, "dynamodb": 22, "cloudwatch": 4, "firehose": 12, "glue": 30}
	for _, svc := range Models() {
		require.Len(t, svc.Operations, want[svc.ID])
		for name := range svc.Operations {
			compile(t, svc.ID, name)
		}
	}
}
