package wire

import (
	"math"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

func jsonOutput(t *testing.T, operation string, out any) string {
	t.Helper()
	r, err := CodecFor(JSON11).EncodeOutput(compile(t, "kinesis", operation), out)
	require.NoError(t, err)
	require.Equal(t, 200, r.Status)
	require.Equal(t, "application/x-amz-json-1.1", r.Header.Get("Content-Type"))
	return string(r.Body)
}

func TestJSONOutput(t *testing.T) {
	at := time.UnixMilli(1545084650987)
	// Members in model order, nil left out, empty lists kept, nothing escaped for HTML.
	require.Equal(t, `{"Records":[],"MillisBehindLatest":0}`,
		jsonOutput(t, "GetRecords", &kinesis.GetRecordsOutput{Records: []types.Record{}, MillisBehindLatest: aws.Int64(0)}))
	require.Equal(t, `{"Records":[{"SequenceNumber":"4","ApproximateArrivalTimestamp":1545084650.987,"Data":"YQ==","PartitionKey":"<&>'\u0001\"\\\n\r\t`+
		"\u2028\ufffd"+`"}],"NextShardIterator":"i"}`,
		jsonOutput(t, "GetRecords", &kinesis.GetRecordsOutput{NextShardIterator: aws.String("i"), Records: []types.Record{{
			Data: []byte("a"), SequenceNumber: aws.String("4"), ApproximateArrivalTimestamp: &at,
			PartitionKey: aws.String("<&>'\x01\"\\\n\r\t\u2028\xff")}}}))
	require.Equal(t, "{}", jsonOutput(t, "GetRecords", &kinesis.GetRecordsOutput{}))
	require.Equal(t, "{}", jsonOutput(t, "GetRecords", nil))
	require.Equal(t, `{"EnhancedMonitoring":[{"ShardLevelMetrics":[]}]}`, innerJSON(t, &kinesis.DescribeStreamOutput{
		StreamDescription: &types.StreamDescription{EnhancedMonitoring: []types.EnhancedMetrics{{ShardLevelMetrics: []types.MetricsName{}}}}}))
	t.Run("case 20 no encryption type", func(t *testing.T) {
		require.Equal(t, `{"ShardId":"s","SequenceNumber":"1"}`,
			jsonOutput(t, "PutRecord", &kinesis.PutRecordOutput{ShardId: aws.String("s"), SequenceNumber: aws.String("1")}))
	})
	t.Run("case 21 zero failed records", func(t *testing.T) {
		require.Equal(t, `{"FailedRecordCount":0,"Records":[]}`,
			jsonOutput(t, "PutRecords", &kinesis.PutRecordsOutput{FailedRecordCount: aws.Int32(0), Records: []types.PutRecordsResultEntry{}}))
	})
	t.Run("case 73 an empty body", func(t *testing.T) {
		require.Empty(t, jsonOutput(t, "AddTagsToStream", &kinesis.AddTagsToStreamOutput{}))
		require.Empty(t, jsonOutput(t, "AddTagsToStream", nil))
	})
}

func innerJSON(t *testing.T, out *kinesis.DescribeStreamOutput) string {
	body := jsonOutput(t, "DescribeStream", out)
	return body[len(`{"StreamDescription":`) : len(body)-1]
}

func TestWrongOutput(t *testing.T) {
	p := compile(t, "kinesis", "GetRecords")
	for _, protocol := range []Protocol{JSON11, CBOR11, RestJSON1, Query} {
		for _, out := range []any{&kinesis.PutRecordOutput{}, kinesis.GetRecordsOutput{}, 5} {
			_, err := CodecFor(protocol).EncodeOutput(p, out)
			require.ErrorContains(t, err, "GetRecords answers with *kinesis.GetRecordsOutput")
		}
		require.Equal(t, protocol, CodecFor(protocol).Protocol())
	}
	require.Nil(t, CodecFor("smoke-signals"))
	require.Nil(t, CheckBody(Query, nil))
}

func TestSeconds(t *testing.T) {
	for ms, want := range map[int64]string{0: "0", 1000: "1", 1: "0.001", 10: "0.01", 100: "0.1", 120: "0.12", 1545084650987: "1545084650.987",
		1545084650007: "1545084650.007", -1: "-0.001", -1500: "-1.5"} {
		require.Equal(t, want, string(appendSeconds(nil, time.UnixMilli(ms))))
	}
}

func TestFloats(t *testing.T) {
	for f, want := range map[float64]string{0.5: "0.5", math.Inf(1): `"Infinity"`, math.Inf(-1): `"-Infinity"`} {
		w := jsonWriter{}
		w.float(f)
		require.Equal(t, want, string(w.b))
	}
	w := jsonWriter{}
	w.float(math.NaN())
	require.Equal(t, `"NaN"`, string(w.b))
}
