package wire

import (
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// fuzzed are operations whose inputs together have every kind of member.
func fuzzed(t testing.TB) []*Plan {
	var plans []*Plan
	for _, name := range []string{"PutRecords", "PutRecord", "GetShardIterator", "AddTagsToStream", "RemoveTagsFromStream",
		"ListShards", "DeleteStream", "CreateChannel", "EnableEnhancedMonitoring"} {
		plans = append(plans, compile(t, "kinesis", name))
	}
	return append(plans, compile(t, "lambda", "CreateEventSourceMapping"))
}

// FuzzJSON holds the decoder to encoding/json on what is well formed, and to
// its own encoder on what is read.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`{"StreamName":"T","Records":[{"Data":"YQ==","PartitionKey":"a\u00e9\ud83d\ude00"},{},null]}`,
		`{"Tags":{"a":"b","c":null},"Limit":-1.5e3,"Timestamp":1545084650.987}`,
		`{"TagKeys":["a",""],"ShardFilter":{"Type":"","Timestamp":1e999}}`,
		`{"Data":"YW=="}`, `{"Data":"\/\/\/\/"}`, `[]`, `{"a":[[[[]]]],"b":{"c":{}}}`,
		`{"Endpoints":{"KAFKA_BOOTSTRAP_SERVERS":["a:1"]},"FunctionName":"f","Enabled":true}`,
	} {
		f.Add([]byte(seed))
	}
	plans := fuzzed(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		well := CheckBody(JSON11, body) == nil
		var object map[string]json.RawMessage
		if well {
			require.True(t, utf8.Valid(body))
			require.NoError(t, json.Unmarshal(body, &object))
		} else if utf8.Valid(body) && json.Unmarshal(body, &object) == nil && object != nil {
			// Only depth sets the two apart.
			require.Greater(t, depthOf(body), maxDepth)
		}
		for _, p := range plans {
			in, notes, err := jsonCodec{JSON11}.DecodeInput(p, &Request{Body: body})
			if err != nil {
				require.Equal(t, well, !err.(*Fault).NoMessage, "%s", body)
				continue
			}
			require.True(t, well)
			p.Validate(in, notes)
			w := jsonWriter{}
			w.value(p.in, pointerTo(in))
			again, _, err := jsonCodec{JSON11}.DecodeInput(p, &Request{Body: w.b})
			require.NoError(t, err, "%s", w.b)
			require.Equal(t, in, again)
			checkCBORTwin(t, p, in)
		}
	})
}

func depthOf(body []byte) (deepest int) {
	depth := 0
	for _, c := range body {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		}
		deepest = max(deepest, depth)
	}
	return deepest
}

// checkCBORTwin sends a shape through CBOR and back.
func checkCBORTwin(t *testing.T, p *Plan, in any) {
	w := cborWriter{}
	w.value(p.in, pointerTo(in))
	again, _, err := cborCodec{CBOR11}.DecodeInput(p, &Request{Body: w.b})
	require.NoError(t, err)
	require.Equal(t, in, again)
}

// FuzzCBOR holds the decoder to its own encoder and to its own grammar.
func FuzzCBOR(f *testing.F) {
	for _, seed := range []string{
		"a1" + name("Data") + "43 000102", "bf" + name("Records") + "9f bf" + name("Data") + "5f 41 00 ff ff ff ff",
		"a1" + name("Timestamp") + "c1 1b 00000167be38c5eb", "a1" + name("Timestamp") + "c1 f97e00", "a1" + name("Tags") + "a1 61 61 61 62",
		"a1" + name("TagKeys") + "9b ffffffffffffffff", "80", "a1" + name("ShardFilter") + "a1" + name("Type") + "60",
	} {
		f.Add(unhex(f, seed))
	}
	plans := fuzzed(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, protocol := range []Protocol{CBOR11, RPCv2CBOR} {
			well := CheckBody(protocol, body) == nil || len(body) == 0 && protocol == RPCv2CBOR
			for _, p := range plans {
				in, notes, err := cborCodec{protocol}.DecodeInput(p, &Request{Body: body})
				if err != nil {
					require.Equal(t, well, !err.(*Fault).NoMessage)
					continue
				}
				require.True(t, well)
				p.Validate(in, notes)
				checkCBORTwin(t, p, in)
			}
		}
	})
}

// FuzzEventStream holds the reader to the writer.
func FuzzEventStream(f *testing.F) {
	f.Add(AppendEventFrame(nil, "SubscribeToShardEvent", "application/json", []byte(`{"Records":[]}`)))
	f.Add(AppendErrorFrame(nil, "InternalFailure", ""))
	f.Add(sealed(unhex(f, "01 61 00 01 62 09 000102030405060708090a0b0c0d0e0f")))
	f.Fuzz(func(t *testing.T, b []byte) {
		headers, payload, n, err := ParseFrame(b)
		if err != nil {
			require.Nil(t, headers)
		} else {
			require.LessOrEqual(t, n, len(b))
			require.LessOrEqual(t, len(payload), n)
		}
		// The same bytes as headers with good checksums reach the header reader.
		if len(b) < 1<<12 {
			_, _, _, _ = ParseFrame(sealed(b))
		}
		headers, got, n, err := ParseFrame(AppendEventFrame(b, "E", "c", payload)[len(b):])
		require.NoError(t, err)
		require.Equal(t, "E", headers[":event-type"])
		require.True(t, reflect.DeepEqual(append([]byte{}, payload...), append([]byte{}, got...)))
		require.Positive(t, n)
	})
}
