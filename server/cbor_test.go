package server

import (
	"bytes"
	"context"
	"encoding/binary"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// What the Java SDK sends and reads.
func TestCBOR(t *testing.T) {
	var stored []byte
	s := open(t, &streamsRoom{
		put: func(_ context.Context, in *kinesis.PutRecordInput) (*kinesis.PutRecordOutput, error) {
			stored = bytes.Clone(in.Data) // the request's memory is used again
			return &kinesis.PutRecordOutput{ShardId: aws.String("s"), SequenceNumber: aws.String("1")}, nil
		},
		get: func(context.Context, *kinesis.GetRecordsInput) (*kinesis.GetRecordsOutput, error) {
			return &kinesis.GetRecordsOutput{Records: []types.Record{{Data: stored, ApproximateArrivalTimestamp: aws.Time(time.UnixMilli(1545084650987))}}}, nil
		},
	})
	post := func(operation, body string) answer {
		return ask(t, s, "POST", "/", body, "Content-Type", cbor11Type, "X-Amz-Target", "Kinesis_20131202."+operation,
			"Authorization", signed, "X-Amz-Date", "x")
	}
	t.Run("case 70, blobs are byte strings, times are milliseconds", func(t *testing.T) {
		// Maps of either length, as both come in requests.
		a := post("PutRecord", "\xbf\x6aStreamName\x61a\x6cPartitionKey\x61k\x64Data\x43\x00\xff\x07\xff")
		require.Equal(t, 200, a.status, a.body)
		require.Equal(t, cbor11Type, a.header.Get("Content-Type"))
		require.Equal(t, []byte{0, 255, 7}, stored)
		a = post("GetRecords", "\xa1\x6dShardIterator\x61x")
		require.Equal(t, 200, a.status, a.body)
		require.Contains(t, a.body, "\x64Data\x43\x00\xff\x07")
		require.Contains(t, a.body, "ApproximateArrivalTimestamp\xc1\x1b"+string(binary.BigEndian.AppendUint64(nil, 1545084650987)))
	})
	t.Run("errors come in the same form", func(t *testing.T) {
		a := post("PutRecord", "\xa1\x6aStreamName\x61a")
		require.Equal(t, 400, a.status)
		require.Equal(t, cbor11Type, a.header.Get("Content-Type"))
		require.Contains(t, a.body, "ValidationException")
	})
	for name, body := range map[string]string{"truncated": "\xa1\x6aStream", "no map": "\x80", "nothing but a break": "\xff"} {
		t.Run(name, func(t *testing.T) {
			a := post("PutRecord", body)
			require.Equal(t, 400, a.status)
			require.Equal(t, cborSerialization, a.body)
		})
	}
}
