package wire

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// sameInput holds the reading by hand against the plan's. The memory may have
// served others before. It tells whether the body was read by hand at all.
func sameInput(t *testing.T, p *Plan, protocol Protocol, body []byte, m *PutMemory) bool {
	t.Helper()
	c := CodecFor(protocol)
	given := bytes.Clone(body)
	want, notes, err := c.DecodeInput(p, &Request{Body: body})
	in, quickNotes, quickErr := c.DecodeInput(p, &Request{Body: body, Memory: m, Blobs: make([]byte, len(body)/2)})
	require.Equal(t, given, body, "the body was written to")
	require.Equal(t, err, quickErr, "%q", body)
	if err != nil {
		return false
	}
	for i := range body {
		body[i] = 0xee // what was decoded must not alias it
	}
	require.Equal(t, want, in, "%q", given)
	require.Equal(t, p.Validate(want, notes), p.Validate(in, quickNotes), "%q", given)
	return quickNotes == &checked
}

// quickBodies are what SDKs send, and with that what has to be read by hand.
var quickBodies = map[string][]string{
	"PutRecords": {
		`{"Records":[{"Data":"YQ==","PartitionKey":"a"}],"StreamName":"orders"}`,
		`{"StreamName":"orders","Records":[{"Data":"YWI=","PartitionKey":"a"},{"Data":"YWJj","PartitionKey":"` + strings.Repeat("k", 256) + `"}]}`,
		"{\"StreamARN\": \"arn:aws:kinesis:eu-west-1:000000000000:stream/orders\", \"Records\": [\n{\"PartitionKey\": \"a b\", \"Data\": \"\", \"ExplicitHashKey\": \"0\"}\t,\r\n {\"Data\": \"AAAA\"}]} ",
		`{"Records":[{"Data":"AAAAAAAA","ExplicitHashKey":"340282366920938463463374607431768211455","PartitionKey":"}"},{"Data":"AAAA"},{"Data":"AAAA"},{"Data":""}]}`,
	},
	"PutRecord": {
		`{"Data":"YQ==","PartitionKey":"a","StreamName":"orders"}`,
		`{"StreamName": "orders", "PartitionKey": "k", "ExplicitHashKey": "12", "Data": "` + base64.StdEncoding.EncodeToString(kib()) + `"}`,
		`{"Data":"","StreamARN":"arn:aws:kinesis:eu-west-1:000000000000:stream/orders","StreamName":"orders","PartitionKey":"7"}`,
	},
}

// oddBodies are right or wrong, but none that is read by hand.
var oddBodies = map[string][]string{
	"PutRecords": {
		`{}`, `{"Records":[]}`, `{"Records":null,"StreamName":"a"}`, `{"Records":[{}]}`, `{"Records":[{"Data":null}]}`, `[]`, `{"Records":[{"Data":"AAAA"},]}`,
		`{"Records":[{"Data":"AAAA","Data":"AAAB"}]}`, `{"Records":[{"Data":"AAAA"}],"Records":[{"Data":"AAAB"}]}`,
		`{"Records":[{"Data":"AAAA","PartitionKey":""}]}`, `{"Records":[{"Data":"AAAA","PartitionKey":"` + strings.Repeat("k", 257) + `"}]}`,
		`{"Records":[{"Data":"AAAA","PartitionKey":"é"}]}`, `{"Records":[{"Data":"AAAA","PartitionKey":"a\u0041"}]}`, `{"Records":[{"Data":"AA\/A","PartitionKey":"a"}]}`,
		`{"Records":[{"Data":"AA=A","PartitionKey":"a"}]}`, `{"Records":[{"Data":"AAB=","PartitionKey":"a"}]}`, `{"Records":[{"Data":"AAA","PartitionKey":"a"}]}`,
		`{"Records":[{"Data":"=","PartitionKey":"a"}]}`, `{"Records":[{"Data":"====","PartitionKey":"a"}]}`,
		`{"Records":[{"Data":"AAAA","ExplicitHashKey":"01"}]}`, `{"Records":[{"Data":"AAAA","ExplicitHashKey":"1` + strings.Repeat("0", 39) + `"}]}`,
		`{"Records":[{"Data":"AAAA"}],"StreamName":"or ders"}`, `{"Records":[{"Data":"AAAA"}],"StreamName":""}`, `{"Records":[{"Data":"AAAA"}],"StreamARN":"orders"}`,
		`{"Records":[{"Data":"AAAA"}],"DryRun":true}`, `{"Records":[{"Data":"AAAA"}],"StreamId":"a"}`, `{"Records":[{"Data":"AAAA","Other":1}]}`,
		`{"Records":[{"Data":"AAAA"}]}x`, `{"Records":[{"Data":"AAAA"}]`, `{"Records":[{"Data":"AAAA"`, `{"Records":[{"Data":"AAAA","PartitionKey":"k`, `{"Records":[{"Data" "AAAA"}]}`,
		`{"Records":[` + strings.Repeat(`{"Data":"AAAA"},`, 500) + `{"Data":"AAAA"}]}`, "{\"Records\":[{\"Data\":\"AA\nA\"}]}", "{\"Records\":[{\"Data\":\"AAAA\n\n\n\n\"}]}",
	},
	"PutRecord": {
		`{}`, `{"StreamName":"orders","PartitionKey":"a"}`, `{"Data":"AAAA","PartitionKey":"a","SequenceNumberForOrdering":"0"}`, `{"Data":"AAAA","DryRun":false}`,
		`{"Data":"AAAA","StreamName":"a","StreamName":"b"}`, `{"Data":"AAAA","StreamARN":"a","StreamARN":"b"}`, `{"Data":5}`, `{"Data":"AAAA",}`, ` `,
	},
}

// TestPutsByHand: what is read by hand is what the plan reads, and what SDKs send
// is read by hand.
func TestPutsByHand(t *testing.T) {
	m := new(PutMemory)
	for operation, bodies := range quickBodies {
		p := compile(t, "kinesis", operation)
		for _, body := range bodies {
			require.True(t, sameInput(t, p, JSON11, []byte(body), m), body)
			in, _, err := jsonCodec{JSON11}.DecodeInput(p, &Request{Body: []byte(body)})
			require.NoError(t, err)
			w := cborWriter{}
			w.value(p.in, pointerTo(in))
			require.True(t, sameInput(t, p, CBOR11, w.b, m), body)
		}
		for _, body := range oddBodies[operation] {
			require.False(t, sameInput(t, p, JSON11, []byte(body), m), body)
		}
	}
}

// TestPutsByHandInCBOR: containers without a length, as the SDK for Java writes
// them, and what is left to the plan.
func TestPutsByHandInCBOR(t *testing.T) {
	m := new(PutMemory)
	for body, quick := range map[string]bool{
		"bf" + name("StreamName") + "6161" + name("Records") + "9f bf" + name("Data") + "4101" + name("PartitionKey") + "6162 ff ff ff": true,
		"a1" + name("Records") + "82 a1" + name("Data") + "40 a2" + name("Data") + "43010203" + name("ExplicitHashKey") + "6137":        true,
		"a1" + name("Records") + "81 a1" + name("Data") + "5f4101ff":                                                                    false, // in pieces
		"a1" + name("Records") + "81 a1" + name("Data") + "6161":                                                                        false, // text
		"a1" + name("Records") + "81 a2" + name("Data") + "4101" + name("PartitionKey") + "62c3a9":                                      false, // é
		"a1" + name("Records") + "81 a2" + name("Data") + "4101" + name("PartitionKey") + "60":                                          false, // empty
		"a1" + name("Records") + "81 a1" + name("Data") + "f6":                                                                          false, // null
		"a1" + name("Records") + "81 a1" + name("Data") + "5a00ffffff00":                                                                false, // too short
		"a1" + name("Records") + "80": false,
		"a1" + name("Records") + "9b ffffffffffffffff" + "a1" + name("Data") + "4101": false,
		"a1" + name("Records") + "81 c1 a1" + name("Data") + "4101":                   false, // a tag
		"a1" + name("Records") + "81 a1" + name("Data") + "410100":                    false, // more behind it
		"a0": false, "": false, "80": false,
	} {
		p := compile(t, "kinesis", "PutRecords")
		require.Equal(t, quick, sameInput(t, p, CBOR11, unhex(t, body), m), body)
	}
}

// TestPutMemory: large requests between small ones, and what may be kept of them.
func TestPutMemory(t *testing.T) {
	p, m := compile(t, "kinesis", "PutRecords"), new(PutMemory)
	var names []string
	for _, count := range []int{1, 500, 3, 500, 500, 1} {
		in := &kinesis.PutRecordsInput{StreamName: aws.String(fmt.Sprint("stream-", len(names)/2))}
		for i := range count {
			key := strings.Repeat(fmt.Sprint(i), 256)
			in.Records = append(in.Records, types.PutRecordsRequestEntry{
				Data: bytes.Repeat([]byte{byte(i)}, i), PartitionKey: aws.String(key[:1+i%255]), ExplicitHashKey: aws.String(fmt.Sprint(i)),
			})
		}
		w := jsonWriter{}
		w.value(p.in, pointerTo(in))
		got, notes, err := jsonCodec{JSON11}.DecodeInput(p, &Request{Body: w.b, Memory: m})
		require.NoError(t, err)
		require.True(t, notes.valid)
		require.Equal(t, in, got)
		names = append(names, *got.(*kinesis.PutRecordsInput).StreamName)
	}
	m.Forget()
	require.Equal(t, []string{"stream-0", "stream-0", "stream-1", "stream-1", "stream-2", "stream-2"}, names, "names may be kept")
	require.Zero(t, m.many)
}

// FuzzPuts holds the reading by hand against the plan's, error for error.
func FuzzPuts(f *testing.F) {
	for operation, bodies := range quickBodies {
		for _, body := range append(bodies, oddBodies[operation]...) {
			f.Add([]byte(body))
			p := compile(f, "kinesis", operation)
			if in, _, err := (jsonCodec{JSON11}).DecodeInput(p, &Request{Body: []byte(body)}); err == nil {
				w := cborWriter{}
				w.value(p.in, pointerTo(in))
				f.Add(w.b)
			}
		}
	}
	one, many := compile(f, "kinesis", "PutRecord"), compile(f, "kinesis", "PutRecords")
	f.Fuzz(func(t *testing.T, body []byte) {
		m := new(PutMemory)
		for _, p := range []*Plan{one, many} {
			for _, protocol := range []Protocol{JSON11, CBOR11} {
				sameInput(t, p, protocol, bytes.Clone(body), m)
			}
		}
	})
}
