package wire

import (
	"encoding/hex"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/stretchr/testify/require"
)

// unhex reads a vector; blanks are for people.
func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	require.NoError(t, err)
	return b
}

// name is a text item, in hex.
func name(s string) string { w := cborWriter{}; w.text(s); return hex.EncodeToString(w.b) }

// The law for CBOR, which no Go client speaks: what is written is what is
// read, in both flavours, and an independent reader understands it.
func TestCBORLaw(t *testing.T) {
	for _, protocol := range []Protocol{CBOR11, RPCv2CBOR} {
		for operation, op := range kinesisService().Operations {
			p := compile(t, "kinesis", operation)
			for seed := range uint64(20) {
				r := filler{Rand: rand.New(rand.NewPCG(seed, 2))}
				in := p.NewInput()
				r.fill(op.Input, reflect.ValueOf(in).Elem())
				w := cborWriter{seconds: protocol == RPCv2CBOR}
				w.value(p.in, pointerTo(in))
				_, err := cbor.Decode(w.b)
				require.NoError(t, err)
				got, _, err := CodecFor(protocol).DecodeInput(p, &Request{Body: w.b})
				require.NoError(t, err)
				require.Equal(t, in, got)
				require.Nil(t, CheckBody(protocol, w.b))
				for cut := range len(w.b) {
					_, _, err := CodecFor(protocol).DecodeInput(p, &Request{Body: w.b[:cut]})
					if cut > 0 || protocol != RPCv2CBOR {
						require.Equal(t, malformed(), err)
					}
				}
			}
		}
	}
}

func TestCBORVectors(t *testing.T) {
	at := time.UnixMilli(1545084650987).UTC()
	put := compile(t, "kinesis", "PutRecord")
	seek := compile(t, "kinesis", "GetShardIterator")
	tags := compile(t, "kinesis", "AddTagsToStream")
	untag := compile(t, "kinesis", "RemoveTagsFromStream")
	data, stamp := name("Data"), name("Timestamp")
	for _, c := range []struct {
		name string
		p    *Plan
		hex  string
		want any
	}{
		{"definite", put, "a1" + data + "43 000102", &kinesis.PutRecordInput{Data: []byte{0, 1, 2}}},
		{"indefinite map", put, "bf" + data + "43 000102 ff", &kinesis.PutRecordInput{Data: []byte{0, 1, 2}}},
		{"self-described", put, "d9d9f7 a1" + data + "43 000102", &kinesis.PutRecordInput{Data: []byte{0, 1, 2}}},
		{"indefinite bytes", put, "a1" + data + "5f 41 00 42 0102 ff", &kinesis.PutRecordInput{Data: []byte{0, 1, 2}}},
		{"empty bytes", put, "a1" + data + "40", &kinesis.PutRecordInput{Data: []byte{}}},
		{"text for bytes", put, "a1" + data + "63 616263", &kinesis.PutRecordInput{Data: []byte("abc")}},
		{"indefinite key", put, "bf 7f 62 4461 62 7461 ff 41 07 ff", &kinesis.PutRecordInput{Data: []byte{7}}},
		{"key that is no text", put, "a2 01 02" + data + "41 07", &kinesis.PutRecordInput{Data: []byte{7}}},
		{"unknown members", put, "bf 61 78 9f bf ff 80 f5 fb0000000000000000 f97c00 5f ff ff 61 79 c1 1a00000000" + data + "41 07 ff",
			&kinesis.PutRecordInput{Data: []byte{7}}},
		{"null and undefined", put, "a2" + data + "f6" + name("PartitionKey") + "f7", &kinesis.PutRecordInput{}},
		{"last wins", put, "a2" + data + "41 01" + data + "41 02", &kinesis.PutRecordInput{Data: []byte{2}}},
		{"tag 1 milliseconds", seek, "a1" + stamp + "c1 1b 00000167be38c5eb", &kinesis.GetShardIteratorInput{Timestamp: &at}},
		{"untagged integer", seek, "a1" + stamp + "1b 00000167be38c5eb", &kinesis.GetShardIteratorInput{Timestamp: &at}},
		{"double of milliseconds", seek, "a1" + stamp + "c1 fb" + doubleHex(1545084650987), &kinesis.GetShardIteratorInput{Timestamp: &at}},
		{"negative", seek, "a1" + stamp + "c1 39 03e7", &kinesis.GetShardIteratorInput{Timestamp: aws.Time(time.UnixMilli(-1000).UTC())}},
		{"far away", seek, "a1" + stamp + "c1 1b ffffffffffffffff", &kinesis.GetShardIteratorInput{Timestamp: aws.Time(time.UnixMilli(maxMillis).UTC())}},
		{"map", tags, "a1" + name("Tags") + "bf 61 61 61 62 61 63 f6 ff", &kinesis.AddTagsToStreamInput{Tags: map[string]string{"a": "b"}}},
		{"indefinite list", untag, "a1" + name("TagKeys") + "9f 61 61 60 ff", &kinesis.RemoveTagsFromStreamInput{TagKeys: []string{"a", ""}}},
		{"empty list", untag, "a1" + name("TagKeys") + "80", &kinesis.RemoveTagsFromStreamInput{TagKeys: []string{}}},
	} {
		got, _, err := CodecFor(CBOR11).DecodeInput(c.p, &Request{Body: unhex(t, c.hex)})
		require.NoError(t, err, c.name)
		require.Equal(t, c.want, got, c.name)
	}
}

func doubleHex(f float64) string {
	w := cborWriter{}
	w.float(f)
	return hex.EncodeToString(w.b[1:])
}

func TestRPCv2Times(t *testing.T) {
	seek := compile(t, "kinesis", "GetShardIterator")
	for text, want := range map[string]int64{
		"c1 1a 5c181d2a":                    1545084202000,
		"c1 fb" + doubleHex(1545084650.987): 1545084650987,
		"c1 fa 4e6e6b28":                    1000000000000,
		"c1 f9 3e00":                        1500,
		"c1 f9 8001":                        0,
		"c1 1b ffffffffffffffff":            maxMillis,
		"c1 3b ffffffffffffffff":            minMillis,
		"c1 fb" + doubleHex(1e300):          maxMillis,
		"c1 c1 c1 1a 5c181d2a":              1545084202000,
	} {
		got, _, err := CodecFor(RPCv2CBOR).DecodeInput(seek, &Request{Body: unhex(t, "a1"+name("Timestamp")+text)})
		require.NoError(t, err)
		require.Equal(t, want, got.(*kinesis.GetShardIteratorInput).Timestamp.UnixMilli(), text)
	}
}

func TestCBORWrongTypes(t *testing.T) {
	const number = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to "
	for _, c := range []struct{ operation, hex, want string }{
		{"DescribeStream", name("StreamName") + "17", number + "an String"},
		{"DescribeStream", name("StreamName") + "f5", "class java.lang.Boolean can not be converted to an String"},
		{"DescribeStream", name("StreamName") + "41 61", "class java.nio.HeapByteBuffer can not be converted to an String"},
		{"DescribeStream", name("StreamName") + "80", "Start of list found where not expected"},
		{"DescribeStream", name("StreamName") + "a0", "Start of structure or map found where not expected."},
		{"DescribeStream", name("Limit") + "61 31", "class java.lang.String can not be converted to an Integer"},
		{"DescribeStream", name("Limit") + "f97e00", number + "an Integer"},
		{"DeleteStream", name("EnforceConsumerDeletion") + "63 796573", "'YES' can not be converted to an Boolean"},
		{"DeleteStream", name("EnforceConsumerDeletion") + "01", number + "an Boolean"},
		{"GetShardIterator", name("Timestamp") + "c0 61 61", "class java.lang.String can not be converted to milliseconds since epoch"},
		{"GetShardIterator", name("Timestamp") + "c1 f97e00", number + "milliseconds since epoch"},
		{"GetShardIterator", name("Timestamp") + "c1 f97c00", number + "milliseconds since epoch"},
		{"GetShardIterator", name("Timestamp") + "c1 fb fff0000000000000", number + "milliseconds since epoch"},
		{"PutRecords", name("Records") + "05", "Expected list or null"},
		{"AddTagsToStream", name("Tags") + "05", "Expected map or null"},
		{"ListShards", name("ShardFilter") + "05", "Expected null"},
		{"ListShards", name("ShardFilter") + "e0", "Expected null"},
	} {
		_, _, err := CodecFor(CBOR11).DecodeInput(compile(t, "kinesis", c.operation), &Request{Body: unhex(t, "a1"+c.hex)})
		require.Equal(t, wrongType(c.want), err, c.hex)
	}
}

func TestCBORNumbers(t *testing.T) {
	p := compile(t, "kinesis", "DescribeStream")
	for text, want := range map[string]int32{
		"05": 5, "24": -5, "1b ffffffffffffffff": 2147483647, "3b ffffffffffffffff": -2147483648,
		"fb" + doubleHex(1.9): 1, "fb" + doubleHex(-1.9): -1, "fb" + doubleHex(1e300): 2147483647, "f9 fc00": -2147483648,
	} {
		got, _, err := CodecFor(CBOR11).DecodeInput(p, &Request{Body: unhex(t, "a1"+name("Limit")+text)})
		require.NoError(t, err)
		require.Equal(t, want, *got.(*kinesis.DescribeStreamInput).Limit, text)
	}
}

func TestCBORNotParsable(t *testing.T) {
	for _, text := range []string{
		"", "80", "01", "60", "f6", "ff", "a1", "bf", "bf ff ff", "a0 00", "a1 01", "bf 01 ff", "1c", "a1 61 78 1c", "a1 61 78 f8 05",
		"bb ffffffffffffffff", "a1 61 78 5b ffffffffffffffff 00", "a1 61 78 9b 7fffffffffffffff 00", "a1 61 78 5f 61 61 ff",
		"a1 61 78 5f 5f ff ff", "a1 61 78 5f 41", "a1 61 78 61 ff", "a1 61 78 c1", "a1 61 78 df", "df a0", "a1 61 78 ff",
		"a1 61 78" + strings.Repeat("81", 200) + "00", "a1 61 78" + strings.Repeat("9f", 200),
		"a1" + name("Data") + "5a 7fffffff 00", "a1" + name("TagKeys") + "9b 7fffffffffffffff", "a1" + name("Tags") + "a1 61",
		"a1" + name("Records") + "81 a1", "a1" + name("StreamName") + "61 ff", "a1" + name("TagKeys") + "61 ff",
	} {
		for _, operation := range []string{"PutRecords", "PutRecord", "AddTagsToStream", "RemoveTagsFromStream"} {
			_, _, err := CodecFor(CBOR11).DecodeInput(compile(t, "kinesis", operation), &Request{Body: unhex(t, text)})
			require.Equal(t, malformed(), err, "%s %s", operation, text)
		}
		require.Equal(t, malformed(), CheckBody(CBOR11, unhex(t, text)), text)
	}
	// Many tags are no nesting.
	require.Nil(t, CheckBody(CBOR11, unhex(t, "a1 61 78"+strings.Repeat("c1", 100000)+"00")))
}

func TestCBOROutput(t *testing.T) {
	at := time.UnixMilli(1545084650987)
	out := &kinesis.GetRecordsOutput{Records: []types.Record{{
		ApproximateArrivalTimestamp: &at, Data: []byte{0xff}, PartitionKey: aws.String("k"), SequenceNumber: aws.String("4"),
	}}, MillisBehindLatest: aws.Int64(0)}
	p := compile(t, "kinesis", "GetRecords")
	r, err := CodecFor(CBOR11).EncodeOutput(p, out)
	require.NoError(t, err)
	require.Equal(t, "application/x-amz-cbor-1.1", r.Header.Get("Content-Type"))
	// In the order of the model; the time is tag 1 and an integer of milliseconds.
	require.Equal(t, hex.EncodeToString(unhex(t, "a2"+name("Records")+"81 a4"+name("SequenceNumber")+"61 34"+
		name("ApproximateArrivalTimestamp")+"c1 1b 00000167be38c5eb"+name("Data")+"41 ff"+name("PartitionKey")+"61 6b"+
		name("MillisBehindLatest")+"00")), hex.EncodeToString(r.Body))
}

func TestCBORFaults(t *testing.T) {
	f := &Fault{Code: "ResourceNotFoundException", Message: "no", Status: 400, Sender: true}
	r := CodecFor(CBOR11).EncodeFault(kinesisService(), f, "id")
	require.Equal(t, unhex(t, "a2"+name("__type")+name("ResourceNotFoundException")+name("message")+name("no")), r.Body)
	require.Equal(t, "application/x-amz-cbor-1.1", r.Header.Get("Content-Type"))
	require.Equal(t, 400, r.Status)
	r = CodecFor(RPCv2CBOR).EncodeFault(kinesisService(), f, "id")
	require.Equal(t, unhex(t, "a2"+name("__type")+name("com.amazonaws.kinesis#ResourceNotFoundException")+name("message")+name("no")), r.Body)
	require.Equal(t, "application/cbor", r.Header.Get("Content-Type"))
	require.Equal(t, "rpc-v2-cbor", r.Header.Get("Smithy-Protocol"))
	r = CodecFor(CBOR11).EncodeFault(nil, malformed(), "id")
	require.Equal(t, unhex(t, "a1"+name("__type")+name("SerializationException")), r.Body)
}

func TestCBOREmpty(t *testing.T) {
	none := compile(t, "kinesis", "AddTagsToStream")
	for _, out := range []any{nil, &kinesis.AddTagsToStreamOutput{}} {
		r, err := CodecFor(CBOR11).EncodeOutput(none, out)
		require.NoError(t, err)
		require.Empty(t, r.Body)
		require.Equal(t, "application/x-amz-cbor-1.1", r.Header.Get("Content-Type"))
		r, err = CodecFor(RPCv2CBOR).EncodeOutput(none, out)
		require.NoError(t, err)
		require.Empty(t, r.Body)
		require.Empty(t, r.Header.Get("Content-Type"))
	}
	r, err := CodecFor(CBOR11).EncodeOutput(compile(t, "kinesis", "DescribeLimits"), nil)
	require.NoError(t, err)
	require.Equal(t, []byte{0xa0}, r.Body)
	in, _, err := CodecFor(RPCv2CBOR).DecodeInput(compile(t, "kinesis", "DescribeLimits"), &Request{})
	require.NoError(t, err)
	require.Equal(t, &kinesis.DescribeLimitsInput{}, in)
}
