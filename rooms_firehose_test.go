package sluice

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"
)

// Records put by the SDK are read back from the bucket by the SDK, after their
// time or on order, over a restart.
func TestDeliveryStreamToBucket(t *testing.T) {
	s := RunT(t)
	ctx := t.Context()
	hose := firehose.NewFromConfig(s.AWSConfig())
	buckets := s3.NewFromConfig(s.AWSConfig(), func(o *s3.Options) { o.UsePathStyle = true })
	_, err := buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("lake")})
	require.NoError(t, err)
	_, err = hose.CreateDeliveryStream(ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("orders"),
		ExtendedS3DestinationConfiguration: &types.ExtendedS3DestinationConfiguration{
			RoleARN: aws.String("arn:aws:iam::000000000000:role/r"), BucketARN: aws.String("arn:aws:s3:::lake"), Prefix: aws.String("raw/")}})
	require.NoError(t, err)
	require.NoError(t, s.Clock().Freeze())
	put := func(text string) {
		_, err := hose.PutRecord(ctx, &firehose.PutRecordInput{DeliveryStreamName: aws.String("orders"), Record: &types.Record{Data: []byte(text)}})
		require.NoError(t, err)
	}
	read := func() (all []string) {
		out, err := buckets.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("lake"), Prefix: aws.String("raw/")})
		require.NoError(t, err)
		for _, o := range out.Contents {
			got, err := buckets.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("lake"), Key: o.Key})
			require.NoError(t, err)
			body, err := io.ReadAll(got.Body)
			require.NoError(t, err)
			require.Equal(t, "application/octet-stream", aws.ToString(got.ContentType))
			all = append(all, string(body))
		}
		return all
	}
	put("a")
	put("b")
	require.Empty(t, read())
	s.Clock().Step(5 * time.Minute)
	require.Equal(t, []string{"ab"}, read())

	put("c")
	res, err := http.Post(s.Endpoint()+"/_sluice/firehose/orders/flush", "application/json", nil)
	require.NoError(t, err)
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.JSONEq(t, `{"objects":1,"records":1,"bytes":1,"failed":0}`, string(body))
	require.ElementsMatch(t, []string{"ab", "c"}, read())

	res, err = http.Get(s.Endpoint() + "/_sluice/metrics")
	require.NoError(t, err)
	body, err = io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Contains(t, string(body), `sluice_firehose_delivered_records_total{account="000000000000",region="us-east-1",stream="orders"} 3`)

	removed, err := s.Reset(ctx, "firehose", "", "")
	require.NoError(t, err)
	require.Equal(t, map[string]int{"firehose": 1}, removed)
}

func TestDeliveryStreamsOverSnapshots(t *testing.T) {
	s := RunT(t)
	ctx := t.Context()
	hose := firehose.NewFromConfig(s.AWSConfig())
	_, err := hose.CreateDeliveryStream(ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("orders"),
		ExtendedS3DestinationConfiguration: &types.ExtendedS3DestinationConfiguration{
			RoleARN: aws.String("arn:aws:iam::000000000000:role/r"), BucketARN: aws.String("arn:aws:s3:::lake")}})
	require.NoError(t, err)
	require.NoError(t, s.Snapshot(ctx, "one"))
	_, err = hose.DeleteDeliveryStream(ctx, &firehose.DeleteDeliveryStreamInput{DeliveryStreamName: aws.String("orders")})
	require.NoError(t, err)
	require.NoError(t, s.Restore(ctx, "one"))
	out, err := hose.ListDeliveryStreams(ctx, &firehose.ListDeliveryStreamsInput{})
	require.NoError(t, err)
	require.Equal(t, "orders", strings.Join(out.DeliveryStreamNames, ","))
}
