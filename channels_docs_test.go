package sluice_test

import (
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"sluice"
)

// Orders arrive in the lake five minutes later, without waiting for them.
func TestOrdersArriveInTheLake(t *testing.T) {
	s := sluice.RunT(t)
	streams := kinesis.NewFromConfig(s.AWSConfig())
	buckets := s3.NewFromConfig(s.AWSConfig(), func(o *s3.Options) { o.UsePathStyle = true })
	_, err := buckets.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("lake")})
	require.NoError(t, err)
	_, err = streams.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("orders")})
	require.NoError(t, err)
	_, err = streams.CreateChannel(t.Context(), &kinesis.CreateChannelInput{
		ChannelName:             aws.String("orders-to-lake"),
		ServiceExecutionRoleARN: aws.String("arn:aws:iam::000000000000:role/delivery"),
		StreamConfigurationList: []types.ChannelStreamConfiguration{{
			StreamARN:           aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/orders"),
			RecordConfiguration: &types.RecordConfiguration{RecordFormatType: types.RecordFormatTypeJson},
		}},
		S3DestinationConfiguration: &types.S3DestinationConfiguration{StorageConfiguration: &types.S3StorageConfiguration{
			BucketARN:           aws.String("arn:aws:s3:::lake"),
			ExpectedBucketOwner: aws.String("000000000000"),
			CompressionType:     types.S3CompressionTypeNone,
			OutputKeyTemplate:   aws.String("orders/!{yyyy}/!{MM}/!{dd}/!{HH}!{mm}!{extension:.json}"),
		}},
	})
	require.NoError(t, err)
	_, err = streams.PutRecord(t.Context(), &kinesis.PutRecordInput{
		StreamName: aws.String("orders"), PartitionKey: aws.String("k"), Data: []byte(`{"book":1}`),
	})
	require.NoError(t, err)

	_, err = s.Clock().Advance(t.Context(), 5*time.Minute+time.Second, time.Minute)
	require.NoError(t, err)

	list, err := buckets.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("lake")})
	require.NoError(t, err)
	require.Len(t, list.Contents, 1)
	object, err := buckets.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("lake"), Key: list.Contents[0].Key})
	require.NoError(t, err)
	body, err := io.ReadAll(object.Body)
	require.NoError(t, err)
	require.Equal(t, "{\"book\":1}\n", string(body))
}

// The page about channels holds what it says: its test is the one above, and
// its request makes a channel that becomes ACTIVE.
func TestPageAboutChannels(t *testing.T) {
	page, err := os.ReadFile("docs/channels.md")
	require.NoError(t, err)
	blocks := map[string][]string{}
	for _, block := range regexp.MustCompile("(?s)```(\\w+)\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		blocks[block[1]] = append(blocks[block[1]], block[2])
	}
	here, err := os.ReadFile("channels_docs_test.go")
	require.NoError(t, err)
	require.Len(t, blocks["go"], 1)
	require.Contains(t, string(here), blocks["go"][0])
	s := sluice.RunT(t)
	buckets := s3.NewFromConfig(s.AWSConfig(), func(o *s3.Options) { o.UsePathStyle = true })
	for _, name := range []string{"lake", "lake-errors"} {
		_, err = buckets.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name})
		require.NoError(t, err)
	}
	streams := kinesis.NewFromConfig(s.AWSConfig())
	_, err = streams.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("orders")})
	require.NoError(t, err)
	require.Len(t, blocks["json"], 1)
	r, err := http.NewRequest(http.MethodPost, s.Endpoint(), strings.NewReader(blocks["json"][0]))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "Kinesis_20131202.CreateChannel")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=000000000000/20261125/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0")
	r.Header.Set("X-Amz-Date", "20261125T000000Z")
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusOK, answer.StatusCode, string(text))
	list, err := streams.ListChannels(t.Context(), &kinesis.ListChannelsInput{})
	require.NoError(t, err)
	require.Len(t, list.ChannelSummaries, 1)
	require.Equal(t, types.ChannelStatusActive, list.ChannelSummaries[0].ChannelStatus, aws.ToString(list.ChannelSummaries[0].ChannelStatusReason))
}
