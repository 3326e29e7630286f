package integration

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	gluetypes "github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"
)

// TestConversionOverKills converts records to Parquet while the server is killed in the middle of it and started again.
// Every row that was acknowledged is in a file, and every record that fits no table in an error object.
func TestConversionOverKills(t *testing.T) {
	t.Parallel()
	server := Start(t, "--transition", "0", "--limits", "off")
	ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
	defer cancel()
	keys := credentials.NewStaticCredentialsProvider("test", "test", "")
	hose := firehose.New(firehose.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: keys})
	buckets := s3.New(s3.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: keys, UsePathStyle: true})
	catalog := glue.New(glue.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: keys})
	_, err := buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("lake")})
	require.NoError(t, err)
	_, err = catalog.CreateDatabase(ctx, &glue.CreateDatabaseInput{DatabaseInput: &gluetypes.DatabaseInput{Name: aws.String("d")}})
	require.NoError(t, err)
	_, err = catalog.CreateTable(ctx, &glue.CreateTableInput{DatabaseName: aws.String("d"), TableInput: &gluetypes.TableInput{Name: aws.String("rows"),
		StorageDescriptor: &gluetypes.StorageDescriptor{Columns: []gluetypes.Column{{Name: aws.String("n"), Type: aws.String("int")}, {Name: aws.String("text"), Type: aws.String("string")}}}}})
	require.NoError(t, err)
	const role = "arn:aws:iam::000000000000:role/r"
	_, err = hose.CreateDeliveryStream(ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("rows"), ExtendedS3DestinationConfiguration: &types.ExtendedS3DestinationConfiguration{
		RoleARN: aws.String(role), BucketARN: aws.String("arn:aws:s3:::lake"), BufferingHints: &types.BufferingHints{SizeInMBs: aws.Int32(64), IntervalInSeconds: aws.Int32(0)},
		DataFormatConversionConfiguration: &types.DataFormatConversionConfiguration{
			InputFormatConfiguration: &types.InputFormatConfiguration{Deserializer: &types.Deserializer{HiveJsonSerDe: &types.HiveJsonSerDe{}}},
			// Texts can be read in the file then.
			OutputFormatConfiguration: &types.OutputFormatConfiguration{Serializer: &types.Serializer{ParquetSerDe: &types.ParquetSerDe{Compression: types.ParquetCompressionUncompressed}}},
			SchemaConfiguration:       &types.SchemaConfiguration{RoleARN: aws.String(role), DatabaseName: aws.String("d"), TableName: aws.String("rows")},
		}}})
	require.NoError(t, err)
	written, misfits := 0, 0
	for round := range 4 {
		for range 10 {
			in := &firehose.PutRecordBatchInput{DeliveryStreamName: aws.String("rows")}
			for range 50 {
				in.Records = append(in.Records, types.Record{Data: fmt.Appendf(nil, `{"n":%d,"text":"row-%06d."}`, written, written)})
				written++
			}
			in.Records = append(in.Records, types.Record{Data: []byte(`{"n":"none"}`)})
			misfits++
			out, err := hose.PutRecordBatch(ctx, in)
			require.NoError(t, err)
			require.Zero(t, *out.FailedPutCount)
		}
		go func() { // cut off by the kill, or not
			if r, err := http.Post(server.URL+"/_sluice/firehose/rows/flush", "", nil); err == nil {
				r.Body.Close()
			}
		}()
		time.Sleep(time.Duration(round) * 3 * time.Millisecond)
		server.Kill()
		server.Restart()
	}
	server.eventually(t, func() bool {
		rows, failed := rowsOf(ctx, t, buckets)
		return rows == written && failed >= misfits
	}, 300*time.Millisecond, "%d rows and %d misfits are there", written, misfits)
}

var rowText = regexp.MustCompile(`row-\d{6}\.`)

// rowsOf counts the rows that are in files, each once, and the lines about records that are not.
func rowsOf(ctx context.Context, t *testing.T, buckets *s3.Client) (rows, failed int) {
	t.Helper()
	seen := map[string]bool{}
	eachObject(ctx, t, buckets, "2", func(body []byte) {
		require.Equal(t, "PAR1", string(body[:4]))
		for _, text := range rowText.FindAll(body, -1) {
			seen[string(text)] = true
		}
	})
	eachObject(ctx, t, buckets, "format-conversion-failed/", func(body []byte) {
		failed += len(regexp.MustCompile(`"lastErrorCode":"DataFormatConversion.MalformedData"`).FindAll(body, -1))
	})
	return len(seen), failed
}
