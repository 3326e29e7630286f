package glue

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestBatchGetPartition(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.table("t", "year:int")
	w.partition("t", "2025")
	w.partition("t", "2026")
	get := func(values ...string) (*api.BatchGetPartitionOutput, error) {
		in := &api.BatchGetPartitionInput{DatabaseName: aws.String("lake"), TableName: aws.String("t")}
		for _, v := range values {
			in.PartitionsToGet = append(in.PartitionsToGet, api.PartitionValueList{Values: strings.Split(v, "/")})
		}
		return w.room.BatchGetPartition(t.Context(), in)
	}
	out, err := get("2026", "2027", "2025")
	require.NoError(t, err)
	require.Len(t, out.Partitions, 2)
	require.Equal(t, []string{"2026"}, out.Partitions[0].Values)
	require.Equal(t, []string{"2025"}, out.Partitions[1].Values)
	require.Empty(t, out.UnprocessedKeys)
	_, err = get("2026", "2027/eu")
	says(t, err, "InvalidInputException", "The number of partition keys do not match the number of partition values")

	var names []string
	for i := range 3 { // two of them are above what one answer weighs
		names = append(names, fmt.Sprint(i))
		_, err := w.room.CreatePartition(t.Context(), &api.CreatePartitionInput{DatabaseName: aws.String("lake"), TableName: aws.String("t"),
			PartitionInput: &api.PartitionInput{Values: names[i:], Parameters: map[string]string{"x": strings.Repeat("x", 3<<20)}}})
		require.NoError(t, err)
	}
	out, err = get(names...)
	require.NoError(t, err)
	require.Len(t, out.Partitions, 1)
	require.Equal(t, []api.PartitionValueList{{Values: []string{"1"}}, {Values: []string{"2"}}}, out.UnprocessedKeys)
}
