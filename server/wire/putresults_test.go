package wire

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// TestResultsByHand: results that are written by hand are what the plan writes.
func TestResultsByHand(t *testing.T) {
	var list []types.PutRecordsResultEntry
	texts := []*string{nil, aws.String(""), aws.String("4959"), aws.String("12345678"), aws.String(strings.Repeat("7", 56)),
		aws.String("shardId-000000000001"), aws.String("quote\"s beyond"), aws.String("back\\slash"), aws.String("too short\n"), aws.String("ключ-ключ-ключ")}
	for _, number := range texts {
		for _, shard := range texts {
			for _, code := range []*string{nil, aws.String("InternalFailure")} {
				list = append(list, types.PutRecordsResultEntry{SequenceNumber: number, ShardId: shard, ErrorCode: code, ErrorMessage: code},
					types.PutRecordsResultEntry{SequenceNumber: number, ShardId: shard, ErrorMessage: code})
			}
		}
	}
	node := compile(t, "kinesis", "PutRecords").out.member("Records")
	require.Equal(t, resultsType, node.typ)
	json, cbor := jsonWriter{}, cborWriter{}
	cbor.head(cborList, uint64(len(list)))
	for i := range list {
		json.b = append(json.b, "[,"[min(i, 1)])
		json.object(node.elem, pointerTo(&list[i]))
		cbor.object(node.elem, pointerTo(&list[i]))
	}
	for _, e := range []encoding{{n: node, p: pointerTo(&list)}, {n: node, p: pointerTo(&list), cbor: true}} {
		want := append(json.b, ']')
		if e.cbor {
			want = cbor.b
		}
		require.Equal(t, string(want), string(e.append(nil, nil)))
		count := &outlet{}
		count.flush(e.append(count, nil))
		require.Equal(t, len(want), count.done)
		var got bytes.Buffer
		o := &outlet{to: &got}
		o.flush(e.append(o, nil))
		require.Equal(t, string(want), got.String())
	}
}
