package glue

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestGetPartitions(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.table("t", "Year:int", "region:string")
	for year := range 4 {
		w.partition("t", fmt.Sprint(2020+year), "eu")
		w.partition("t", fmt.Sprint(2020+year), "us")
	}
	list := func(in *api.GetPartitionsInput) (all []string, pages int) {
		in.DatabaseName, in.TableName = aws.String("lake"), aws.String("t")
		for {
			out, err := w.room.GetPartitions(t.Context(), in)
			require.NoError(t, err)
			pages++
			for _, p := range out.Partitions {
				all = append(all, p.Values[0]+p.Values[1])
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				return all, pages
			}
		}
	}
	all, pages := list(&api.GetPartitionsInput{})
	require.Equal(t, []string{"2020eu", "2020us", "2021eu", "2021us", "2022eu", "2022us", "2023eu", "2023us"}, all)
	require.Equal(t, 1, pages)
	paged, pages := list(&api.GetPartitionsInput{MaxResults: aws.Int32(3)})
	require.Equal(t, all, paged)
	require.Equal(t, 3, pages)
	some, pages := list(&api.GetPartitionsInput{Expression: aws.String("year >= 2021 and region = 'us'"), MaxResults: aws.Int32(1)})
	require.Equal(t, []string{"2021us", "2022us", "2023us"}, some)
	require.Equal(t, 3, pages)
	some, _ = list(&api.GetPartitionsInput{Expression: aws.String("  ")})
	require.Equal(t, all, some)
	var union []string
	for i := range 3 {
		part, _ := list(&api.GetPartitionsInput{Segment: &api.Segment{SegmentNumber: int32(i), TotalSegments: aws.Int32(3)}, MaxResults: aws.Int32(2)})
		union = append(union, part...)
	}
	slices.Sort(union)
	require.Equal(t, all, union)

	ask := func(in *api.GetPartitionsInput) (*api.GetPartitionsOutput, error) {
		in.DatabaseName, in.TableName = aws.String("lake"), aws.String("t")
		return w.room.GetPartitions(t.Context(), in)
	}
	_, err := ask(&api.GetPartitionsInput{Expression: aws.String("n = 1")})
	says(t, err, "InvalidInputException", "Invalid partition expression!")
	_, err = ask(&api.GetPartitionsInput{Expression: aws.String("year = ")})
	says(t, err, "InvalidInputException", "Unsupported expression 'year = '")
	_, err = ask(&api.GetPartitionsInput{Segment: &api.Segment{SegmentNumber: -1, TotalSegments: aws.Int32(3)}})
	says(t, err, "ValidationException", "1 validation error detected: Value '-1' at 'segment.segmentNumber' failed to satisfy constraint: Member must have value greater than or equal to 0")
	_, err = ask(&api.GetPartitionsInput{Segment: &api.Segment{SegmentNumber: 3, TotalSegments: aws.Int32(3)}})
	says(t, err, "InvalidInputException", "Segment number 3 is not below the 3 segments there are.")
	first, err := ask(&api.GetPartitionsInput{MaxResults: aws.Int32(1)})
	require.NoError(t, err)
	_, err = ask(&api.GetPartitionsInput{NextToken: first.NextToken, Expression: aws.String("year = 2020")})
	says(t, err, "InvalidInputException", "The NextToken is not valid for this request.")
	w.partition("t", "null", "eu")
	_, err = ask(&api.GetPartitionsInput{Expression: aws.String("year > 0")})
	says(t, err, "InvalidStateException", `For input string: "null" is not an integer.`)
}

// TestExcludeColumnSchema leaves out what every partition repeats.
func TestExcludeColumnSchema(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.table("t", "year:int")
	for _, s := range []*api.StorageDescriptor{nil, {Location: aws.String("s3://b/"), Columns: columns("n:int")}} {
		_, err := w.room.CreatePartition(t.Context(), &api.CreatePartitionInput{DatabaseName: aws.String("lake"), TableName: aws.String("t"),
			PartitionInput: &api.PartitionInput{Values: []string{fmt.Sprint(s != nil)}, StorageDescriptor: s}})
		require.NoError(t, err)
	}
	out, err := w.room.GetPartitions(t.Context(), &api.GetPartitionsInput{DatabaseName: aws.String("lake"), TableName: aws.String("t"), ExcludeColumnSchema: aws.Bool(true)})
	require.NoError(t, err)
	require.Nil(t, out.Partitions[0].StorageDescriptor)
	require.Equal(t, &api.StorageDescriptor{Location: aws.String("s3://b/")}, out.Partitions[1].StorageDescriptor)
}
