package wire

import (
	"bytes"
	"io"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// Records that are written by hand are what the plan writes, member by member.
func TestRecordsByHand(t *testing.T) {
	at, later := time.UnixMilli(1545084650987), time.Unix(1545084651, 0)
	list := []types.Record{{}}
	for _, text := range []*string{nil, aws.String(""), aws.String("4959"), aws.String("a\"\n\xffключ" + string(make([]byte, 300)))} {
		for _, when := range []*time.Time{nil, &at, &later} {
			for _, data := range [][]byte{nil, {}, {1}, bytes.Repeat([]byte{7}, 70000)} {
				for _, encryption := range []types.EncryptionType{"", types.EncryptionTypeKms} {
					list = append(list, types.Record{SequenceNumber: text, PartitionKey: text, ApproximateArrivalTimestamp: when, Data: data, EncryptionType: encryption})
				}
			}
		}
	}
	node := compile(t, "kinesis", "GetRecords").out.fields[0].node
	require.Equal(t, reflect.TypeFor[[]types.Record](), node.typ)
	for i := range list {
		p := pointerTo(&list[i])
		planned, byHand, counted := jsonWriter{}, jsonWriter{}, jsonWriter{out: &outlet{}}
		planned.object(node.elem, p)
		byHand.record(&list[i], new(arrival))
		require.Equal(t, string(planned.b), string(byHand.b))
		require.Equal(t, len(planned.b), counted.recordSize(&list[i], new(arrival)))
		require.Empty(t, counted.b)
		for _, seconds := range []bool{false, true} {
			planned, byHand := cborWriter{seconds: seconds}, cborWriter{seconds: seconds}
			planned.object(node.elem, p)
			byHand.record(&list[i], new(arrival))
			require.Equal(t, planned.b, byHand.b)
			require.Equal(t, len(planned.b), byHand.recordSize(&list[i], new(arrival)))
		}
	}
	// Neighbours that do not share a time, and all together, counted and written.
	for _, seconds := range []bool{false, true} {
		for _, e := range []encoding{{n: node, p: pointerTo(&list)}, {n: node, p: pointerTo(&list), cbor: true, seconds: seconds}} {
			count := &outlet{}
			count.flush(e.append(count, nil))
			whole := e.append(nil, nil)
			require.Len(t, whole, count.done)
			var got bytes.Buffer
			o := &outlet{to: io.Writer(&got)}
			o.flush(e.append(o, nil))
			require.Equal(t, whole, got.Bytes())
		}
	}
}

// Texts that were found to need no escapes while they were counted are copied.
func TestRecordsOnceCounted(t *testing.T) {
	for _, text := range []string{"4959", "a\"b"} {
		list := []types.Record{{SequenceNumber: aws.String("4959"), PartitionKey: aws.String("4959")}, {SequenceNumber: &text, PartitionKey: &text}}
		e := encoding{n: compile(t, "kinesis", "GetRecords").out.fields[0].node, p: pointerTo(&list)}
		before := e.append(nil, nil)
		count := &outlet{}
		count.flush(e.append(count, nil))
		require.Equal(t, text == "4959", e.plain)
		require.Len(t, before, count.done)
		require.Equal(t, string(before), string(e.append(nil, nil)))
	}
}
