package sluice_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	gluetypes "github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"sluice"
)

// A stream flows through a function into the lake, without waiting for it.
func TestStreamFlowsIntoTheLake(t *testing.T) {
	s := sluice.RunT(t, sluice.WithStreams(sluice.StreamSeed{Name: "orders", Shards: 2}))
	type record struct {
		ID     string `json:"recordId"`
		Result string `json:"result"`
		Data   []byte `json:"data"`
	}
	type records struct {
		Records []record `json:"records"`
	}
	require.NoError(t, s.RegisterFunction("shout", func(_ context.Context, event records) (records, error) {
		for i := range event.Records {
			event.Records[i].Result = "Ok"
			event.Records[i].Data = append(event.Records[i].Data, '!')
		}
		return event, nil
	}))
	buckets := s3.NewFromConfig(s.AWSConfig(), func(o *s3.Options) { o.UsePathStyle = true })
	_, err := buckets.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("lake")})
	require.NoError(t, err)

	hoses := firehose.NewFromConfig(s.AWSConfig())
	_, err = hoses.CreateDeliveryStream(t.Context(), &firehose.CreateDeliveryStreamInput{
		DeliveryStreamName: aws.String("orders-to-lake"),
		DeliveryStreamType: types.DeliveryStreamTypeKinesisStreamAsSource,
		KinesisStreamSourceConfiguration: &types.KinesisStreamSourceConfiguration{
			KinesisStreamARN: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/orders"),
			RoleARN:          aws.String("arn:aws:iam::000000000000:role/delivery"),
		},
		ExtendedS3DestinationConfiguration: &types.ExtendedS3DestinationConfiguration{
			BucketARN: aws.String("arn:aws:s3:::lake"),
			RoleARN:   aws.String("arn:aws:iam::000000000000:role/delivery"),
			Prefix:    aws.String("orders/"),
			ProcessingConfiguration: &types.ProcessingConfiguration{Enabled: aws.Bool(true), Processors: []types.Processor{{
				Type: types.ProcessorTypeLambda,
				Parameters: []types.ProcessorParameter{{
					ParameterName:  types.ProcessorParameterNameLambdaArn,
					ParameterValue: aws.String("arn:aws:lambda:us-east-1:000000000000:function:shout"),
				}},
			}}},
		},
	})
	require.NoError(t, err)

	streams := kinesis.NewFromConfig(s.AWSConfig())
	_, err = streams.PutRecord(t.Context(), &kinesis.PutRecordInput{
		StreamName: aws.String("orders"), PartitionKey: aws.String("k"), Data: []byte("a book"),
	})
	require.NoError(t, err)
	s.Clock().Step(time.Second)
	r, err := http.Post(s.Endpoint()+"/_sluice/firehose/orders-to-lake/flush", "", nil)
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	list, err := buckets.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("lake"), Prefix: aws.String("orders/")})
	require.NoError(t, err)
	require.Len(t, list.Contents, 1)
	object, err := buckets.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("lake"), Key: list.Contents[0].Key})
	require.NoError(t, err)
	body, err := io.ReadAll(object.Body)
	require.NoError(t, err)
	require.Equal(t, "a book!", string(body))
}

// Records become rows of a file, by the table that the catalog has.
func TestRecordsBecomeRows(t *testing.T) {
	s := sluice.RunT(t)
	require.NoError(t, s.CreateBucket(t.Context(), "lake"))
	catalog := glue.NewFromConfig(s.AWSConfig())
	_, err := catalog.CreateDatabase(t.Context(), &glue.CreateDatabaseInput{DatabaseInput: &gluetypes.DatabaseInput{Name: aws.String("web")}})
	require.NoError(t, err)
	_, err = catalog.CreateTable(t.Context(), &glue.CreateTableInput{DatabaseName: aws.String("web"), TableInput: &gluetypes.TableInput{
		Name: aws.String("hits"), StorageDescriptor: &gluetypes.StorageDescriptor{Columns: []gluetypes.Column{
			{Name: aws.String("at"), Type: aws.String("timestamp")},
			{Name: aws.String("path"), Type: aws.String("string")},
			{Name: aws.String("tags"), Type: aws.String("array<string>")},
		}}}})
	require.NoError(t, err)

	hoses := firehose.NewFromConfig(s.AWSConfig())
	_, err = hoses.CreateDeliveryStream(t.Context(), &firehose.CreateDeliveryStreamInput{
		DeliveryStreamName: aws.String("hits"),
		ExtendedS3DestinationConfiguration: &types.ExtendedS3DestinationConfiguration{
			BucketARN: aws.String("arn:aws:s3:::lake"),
			RoleARN:   aws.String("arn:aws:iam::000000000000:role/delivery"),
			DataFormatConversionConfiguration: &types.DataFormatConversionConfiguration{
				InputFormatConfiguration:  &types.InputFormatConfiguration{Deserializer: &types.Deserializer{OpenXJsonSerDe: &types.OpenXJsonSerDe{}}},
				OutputFormatConfiguration: &types.OutputFormatConfiguration{Serializer: &types.Serializer{ParquetSerDe: &types.ParquetSerDe{}}},
				SchemaConfiguration: &types.SchemaConfiguration{DatabaseName: aws.String("web"), TableName: aws.String("hits"),
					RoleARN: aws.String("arn:aws:iam::000000000000:role/delivery")},
			},
		},
	})
	require.NoError(t, err)
	for _, record := range []string{`{"at":"2026-07-13 12:00:00","path":"/","tags":["new"]}{"at":1783944001,"path":"/shop"}`, `{"at":"never"}`} {
		_, err = hoses.PutRecord(t.Context(), &firehose.PutRecordInput{DeliveryStreamName: aws.String("hits"), Record: &types.Record{Data: []byte(record)}})
		require.NoError(t, err)
	}
	r, err := http.Post(s.Endpoint()+"/_sluice/firehose/hits/flush", "", nil)
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())

	buckets := s3.NewFromConfig(s.AWSConfig(), func(o *s3.Options) { o.UsePathStyle = true })
	list, err := buckets.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("lake")})
	require.NoError(t, err)
	require.Len(t, list.Contents, 2)
	require.Regexp(t, `^\d{4}/\d\d/\d\d/\d\d/hits-1-.*\.parquet$`, *list.Contents[0].Key) // two rows
	require.Regexp(t, `^format-conversion-failed/.*/hits-1-.*$`, *list.Contents[1].Key)   // and what did not fit
}

// The pages about delivery streams hold what they say: their tests are the ones above.
func TestPageAboutDeliveryStreams(t *testing.T) {
	here, err := os.ReadFile("firehose_docs_test.go")
	require.NoError(t, err)
	for _, name := range []string{"docs/firehose.md", "docs/parquet.md"} {
		page, err := os.ReadFile(name)
		require.NoError(t, err)
		blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(page), -1)
		require.Len(t, blocks, 1)
		require.Contains(t, string(here), blocks[0][1])
	}
}

// Records come to an HTTP endpoint over a real connection, and CloudWatch tells of it.
func TestDeliveryStreamToEndpoint(t *testing.T) {
	s := sluice.RunT(t)
	got := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Records []struct{ Data []byte }
		}
		if json.NewDecoder(r.Body).Decode(&in) == nil {
			for _, one := range in.Records {
				got <- string(one.Data)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"requestId":%q,"timestamp":1}`, r.Header.Get("X-Amz-Firehose-Request-Id"))
	}))
	defer receiver.Close()
	hoses := firehose.NewFromConfig(s.AWSConfig())
	_, err := hoses.CreateDeliveryStream(t.Context(), &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("out"),
		HttpEndpointDestinationConfiguration: &types.HttpEndpointDestinationConfiguration{
			EndpointConfiguration: &types.HttpEndpointConfiguration{Url: aws.String(receiver.URL)},
			S3Configuration:       &types.S3DestinationConfiguration{RoleARN: aws.String("arn:aws:iam::000000000000:role/r"), BucketARN: aws.String("arn:aws:s3:::lake")}}})
	require.NoError(t, err)
	_, err = hoses.PutRecord(t.Context(), &firehose.PutRecordInput{DeliveryStreamName: aws.String("out"), Record: &types.Record{Data: []byte("hello")}})
	require.NoError(t, err)
	r, err := http.Post(s.Endpoint()+"/_sluice/firehose/out/flush", "", nil)
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	require.Equal(t, "hello", <-got)
	now := s.Clock().Now()
	for _, name := range []string{"IncomingRecords", "DeliveryToHttpEndpoint.Success", "DeliveryToHttpEndpoint.Records"} {
		out, err := cloudwatch.NewFromConfig(s.AWSConfig()).GetMetricStatistics(t.Context(), &cloudwatch.GetMetricStatisticsInput{Namespace: aws.String("AWS/Firehose"),
			MetricName: &name, StartTime: aws.Time(now.Add(-time.Hour)), EndTime: aws.Time(now.Add(time.Hour)), Period: aws.Int32(3600),
			Statistics: []cwtypes.Statistic{cwtypes.StatisticSum}, Dimensions: []cwtypes.Dimension{{Name: aws.String("DeliveryStreamName"), Value: aws.String("out")}}})
		require.NoError(t, err)
		sum := 0.0
		for _, p := range out.Datapoints {
			sum += *p.Sum
		}
		require.EqualValues(t, 1, sum, name)
	}
}
