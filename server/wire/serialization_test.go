package wire

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

// refusal decodes a JSON body and returns the body of the error answer, "" when
// there is none.
func refusal(t *testing.T, service, operation, body string) string {
	t.Helper()
	p := compile(t, service, operation)
	c := CodecFor(p.op.Service.Protocols[0])
	in, notes, err := c.DecodeInput(p, &Request{Body: []byte(body)})
	if err != nil {
		require.IsType(t, &Fault{}, err)
		return string(c.EncodeFault(p.op.Service, err.(*Fault), "id").Body)
	}
	if f := p.Validate(in, notes); f != nil {
		return string(c.EncodeFault(p.op.Service, f, "id").Body)
	}
	return ""
}

const notParsable = `{"__type":"SerializationException"}`

func TestSerializationTexts(t *testing.T) {
	message := func(text string) string { return `{"__type":"SerializationException","Message":"` + text + `"}` }
	const number = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to "
	for _, c := range []struct{ operation, body, want string }{
		// String
		{"DescribeStream", `{"StreamName":true}`, message("class java.lang.Boolean can not be converted to an String")},
		{"DescribeStream", `{"StreamName":[]}`, message("Start of list found where not expected")},
		{"DescribeStream", `{"StreamName":{"a":1}}`, message("Start of structure or map found where not expected.")},
		// Integer
		{"DescribeStream", `{"Limit":"5"}`, message("class java.lang.String can not be converted to an Integer")},
		{"DescribeStream", `{"Limit":false}`, message("class java.lang.Boolean can not be converted to an Integer")},
		{"DescribeStream", `{"Limit":[1]}`, message("Start of list found where not expected")},
		{"DescribeStream", `{"Limit":{}}`, message("Start of structure or map found where not expected.")},
		// Boolean
		{"DeleteStream", `{"EnforceConsumerDeletion":"yes"}`, message("'YES' can not be converted to an Boolean")},
		{"DeleteStream", `{"EnforceConsumerDeletion":1}`, message(number + "an Boolean")},
		{"DeleteStream", `{"EnforceConsumerDeletion":[]}`, message("Start of list found where not expected")},
		// Blob
		{"PutRecord", `{"Data":true}`, message("class java.lang.Boolean can not be converted to a Blob")},
		{"PutRecord", `{"Data":1}`, message(number + "a Blob")},
		{"PutRecord", `{"Data":{}}`, message("Start of structure or map found where not expected.")},
		{"PutRecord", `{"Data":"YWJj="}`, message("'YWJj=' can not be converted to a Blob: " +
			"Base64 encoded length is expected a multiple of 4 bytes but found: 5")},
		{"PutRecord", `{"Data":"=234"}`, message("'=234' can not be converted to a Blob: Invalid Base64 character: '='")},
		{"PutRecord", `{"Data":"ab=="}`, message("'ab==' can not be converted to a Blob: " +
			"Invalid last non-pad Base64 character dectected")},
		{"PutRecord", `{"Data":"a-_d"}`, message("'a-_d' can not be converted to a Blob: Invalid Base64 character: '-'")},
		{"PutRecord", `{"Data":"YW\nj"}`, message(`'YW\nj' can not be converted to a Blob: Invalid Base64 character: '\n'`)},
		{"PutRecord", `{"Data":"é2345678"}`, message("'é2345678' can not be converted to a Blob: Invalid Base64 character: 'é'")},
		// Timestamp
		{"GetShardIterator", `{"Timestamp":"2026-01-01"}`,
			message("class java.lang.String can not be converted to milliseconds since epoch")},
		{"GetShardIterator", `{"Timestamp":true}`,
			message("class java.lang.Boolean can not be converted to milliseconds since epoch")},
		{"GetShardIterator", `{"Timestamp":[]}`, message("Start of list found where not expected")},
		// List, map, structure
		{"PutRecords", `{"Records":"a"}`, message("Expected list or null")},
		{"PutRecords", `{"Records":5}`, message("Expected list or null")},
		{"PutRecords", `{"Records":true}`, message("Expected list or null")},
		{"PutRecords", `{"Records":{}}`, message("Start of structure or map found where not expected.")},
		{"AddTagsToStream", `{"Tags":"a"}`, message("Expected map or null")},
		{"AddTagsToStream", `{"Tags":1.5}`, message("Expected map or null")},
		{"AddTagsToStream", `{"Tags":[]}`, message("Start of list found where not expected")},
		{"ListShards", `{"ShardFilter":"a"}`, message("Expected null")},
		{"ListShards", `{"ShardFilter":7}`, message("Expected null")},
		{"ListShards", `{"ShardFilter":[]}`, message("Start of list found where not expected")},
		// Inside of containers, and the first of several
		{"PutRecords", `{"Records":[{"Data":"YQ==","PartitionKey":5}]}`, message(number + "an String")},
		{"PutRecords", `{"Records":["a"]}`, message("Expected null")},
		{"RemoveTagsFromStream", `{"TagKeys":[1]}`, message(number + "an String")},
		{"AddTagsToStream", `{"Tags":{"a":1}}`, message(number + "an String")},
		{"GetShardIterator", `{"ShardIteratorType":5}`, message(number + "an String")},
		{"DescribeStream", `{"Limit":"5","StreamName":5}`,
			message("class java.lang.String can not be converted to an Integer")},
		// Types come before constraints, grammar before types
		{"DescribeStream", `{"StreamName":"","Limit":"5"}`,
			message("class java.lang.String can not be converted to an Integer")},
		{"DescribeStream", `{"Limit":"5",}`, notParsable},
	} {
		require.Equal(t, c.want, refusal(t, "kinesis", c.operation, c.body), c.body)
	}
	require.Equal(t, "class java.lang.String can not be converted to an Long", mismatchText(kindInt64, givenString, ""))
	require.Equal(t, "class java.lang.Boolean can not be converted to an Double", mismatchText(kindFloat64, givenBool, ""))
}

func TestSharpCasesOfBodies(t *testing.T) {
	t.Run("case 19 data that is not base64", func(t *testing.T) {
		require.Equal(t, `{"__type":"SerializationException","Message":"'23456' can not be converted to a Blob: `+
			`Base64 encoded length is expected a multiple of 4 bytes but found: 5"}`,
			refusal(t, "kinesis", "PutRecord", `{"StreamName":"T","PartitionKey":"a","Data":"23456"}`))
	})
	t.Run("case 74 no body", func(t *testing.T) {
		require.Equal(t, notParsable, refusal(t, "kinesis", "ListStreams", ""))
		for _, p := range []Protocol{JSON11, CBOR11} {
			f := CheckBody(p, nil)
			require.NotNil(t, f)
			require.Equal(t, 400, f.Status)
			require.True(t, f.NoMessage)
		}
	})
	t.Run("case 75 unknown target with a good body", func(t *testing.T) {
		// The door answers UnknownOperationException; the body gives it no reason not to.
		require.Nil(t, CheckBody(JSON11, []byte(` {"a":[1,{"b":null}]} `)))
		_, ok := kinesisService().Operations["Foo"]
		require.False(t, ok)
	})
	t.Run("case 77 body is a list", func(t *testing.T) {
		require.Equal(t, notParsable, refusal(t, "kinesis", "ListStreams", "[]"))
		require.NotNil(t, CheckBody(JSON11, []byte("[]")))
	})
	t.Run("case 79 number for a name", func(t *testing.T) {
		require.Equal(t, `{"__type":"SerializationException","Message":"class com.amazon.coral.value.json.numbers.`+
			`TruncatingBigNumber can not be converted to an String"}`,
			refusal(t, "kinesis", "DescribeStream", `{"StreamName":23}`))
	})
}

func TestNotParsable(t *testing.T) {
	deep := strings.Repeat("[", 200) + strings.Repeat("]", 200)
	for _, body := range []string{
		"", " ", "null", "5", `"a"`, "[]", "{", "}", "{}x", "{}{}", "{}\x00", `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{"a":1 "b":2}`,
		`{a:1}`, `{'a':1}`, `{"a":01}`, `{"a":-}`, `{"a":+1}`, `{"a":1.}`, `{"a":.5}`, `{"a":1e}`, `{"a":0x1}`, `{"a":NaN}`,
		`{"a":Infinity}`, `{"a":tru}`, `{"a":nul`, `{"a":[1,]}`, `{"a":[,1]}`, `{"a":[1 2]}`, `{"a":"` + "\n" + `"}`,
		`{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"\u12g4"}`, `{"a":"\`, `{"a":"b`, "{\"a\":\"\xff\"}", "{\"a\xff\":1}",
		"\ufeff{}", `{"a":` + deep + `}`, `{"StreamName":"` + "\xc3" + `"}`, `{"Limit":1e}`, `{"Data":"YWJj`,
		`{"Tags":{"a":"b",}}`, `{"Tags":{"a"}}`, `{"Tags":{1:"b"}}`, `{"TagKeys":["a"`, `{"ShardFilter":{"Type":"AT_LATEST"`,
	} {
		for _, operation := range []string{"DescribeStream", "PutRecord", "AddTagsToStream", "RemoveTagsFromStream", "ListShards"} {
			require.Equal(t, notParsable, refusal(t, "kinesis", operation, body), "%s %q", operation, body)
		}
		require.NotNil(t, CheckBody(JSON11, []byte(body)), "%q", body)
	}
}

// decoded reads a good body.
func decoded[T any](t *testing.T, operation, body string) *T {
	t.Helper()
	p := compile(t, "kinesis", operation)
	in, _, err := CodecFor(JSON11).DecodeInput(p, &Request{Body: []byte(body)})
	require.NoError(t, err, "%s", body)
	return in.(*T)
}

func TestStrings(t *testing.T) {
	for body, want := range map[string]string{
		`{"StreamName":"plain"}`:                                "plain",
		`{"StreamName":""}`:                                     "",
		`{"StreamName":"\"\\\/\b\f\n\r\tA\u00e9"}`:              "\"\\/\b\f\n\r\tAé",
		`{"StreamName":"\ud83d\ude00!"}`:                        "😀!",
		`{"StreamName":"\ud83d!"}`:                              "\ufffd!",
		`{"StreamName":"\ude00\ud83d"}`:                         "\ufffd\ufffd",
		`{"StreamName":"\ud83d\u0041"}`:                         "\ufffdA",
		`{"StreamName":"é漢😀"}`:                                  "é漢😀",
		`{"StreamName":"a","StreamName":"b"}`:                   "b",
		`{"Other":[{"StreamName":"x"}],"StreamName":"b"}`:       "b",
		`{"Stream\u004eame":"escaped name"}`:                    "escaped name",
		"\t{ \"StreamName\" :\r\n\"b\" , \"Limit\":null } \n":   "b",
		`{"StreamName":"0123456789abcdef\u0000ghijklmnopqrst"}`: "0123456789abcdef\x00ghijklmnopqrst",
	} {
		require.Equal(t, want, *decoded[kinesis.DescribeStreamInput](t, "DescribeStream", body).StreamName, body)
	}
	// Names match exactly, null is absent, also after a value.
	for _, body := range []string{`{"streamName":"a"}`, `{"StreamName":null}`, `{"StreamName":"a","StreamName":null}`} {
		require.Nil(t, decoded[kinesis.DescribeStreamInput](t, "DescribeStream", body).StreamName, body)
	}
}

func TestNumbers(t *testing.T) {
	for text, want := range map[string]int32{
		"0": 0, "-0": 0, "7": 7, "1.9": 1, "-1.9": -1, "1e3": 1000, "1E+2": 100, "1.25e1": 12, "125e-1": 12, "1e-3": 0,
		"2147483647": 2147483647, "2147483648": 2147483647, "-2147483648": -2147483648, "-2147483649": -2147483648,
		"1e999999999999": 2147483647, "-1e400": -2147483648, "0e999999999999": 0, "1e-999999999999": 0,
		"0.00000000000000000000123e23": 123, "99999999999999999999999999": 2147483647,
		"1" + strings.Repeat("0", 5000): 2147483647,
	} {
		require.Equal(t, want, *decoded[kinesis.DescribeStreamInput](t, "DescribeStream", `{"Limit":`+text+`}`).Limit, text)
	}
}

func TestTimestamps(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1545084650": 1545084650000, "1545084650.987": 1545084650987, "1545084650.9879": 1545084650987,
		"1.545084650987E9": 1545084650987, "1545084650987e-3": 1545084650987, "-1.5": -1500,
		"1e300": 253402300799999, "-1e300": -62135596800000,
	} {
		in := decoded[kinesis.GetShardIteratorInput](t, "GetShardIterator", `{"Timestamp":`+text+`}`)
		require.Equal(t, want, in.Timestamp.UnixMilli(), text)
	}
}

func TestBlobs(t *testing.T) {
	for body, want := range map[string]string{
		`{"Data":""}`:         "",
		`{"Data":"YQ=="}`:     "a",
		`{"Data":"YWI="}`:     "ab",
		`{"Data":"YWJj"}`:     "abc",
		`{"Data":"\/\/\/\/"}`: "\xff\xff\xff",
		`{"Data":"` + strings.Repeat("c2x1aWNl", 100) + `"}`: strings.Repeat("sluice", 100),
	} {
		in := decoded[kinesis.PutRecordInput](t, "PutRecord", body)
		require.NotNil(t, in.Data)
		require.Equal(t, want, string(in.Data), body)
	}
	require.Nil(t, decoded[kinesis.PutRecordInput](t, "PutRecord", `{"Data":null}`).Data)
}

func TestContainers(t *testing.T) {
	in := decoded[kinesis.PutRecordsInput](t, "PutRecords", `{"Records":[{"Data":"YQ=="},{},null,{"PartitionKey":"k","X":{}}]}`)
	require.Len(t, in.Records, 4)
	require.Equal(t, "a", string(in.Records[0].Data))
	require.Nil(t, in.Records[1].Data)
	require.Nil(t, in.Records[2].Data)
	require.Equal(t, "k", *in.Records[3].PartitionKey)
	in = decoded[kinesis.PutRecordsInput](t, "PutRecords", `{"Records":[{},{}],"Records":[{}]}`)
	require.Len(t, in.Records, 1)
	in = decoded[kinesis.PutRecordsInput](t, "PutRecords", `{"Records":[]}`)
	require.NotNil(t, in.Records)
	tags := decoded[kinesis.AddTagsToStreamInput](t, "AddTagsToStream", `{"Tags":{"a":"1","b":null,"a":"2","":""}}`)
	require.Equal(t, map[string]string{"a": "2", "": ""}, tags.Tags)
}
