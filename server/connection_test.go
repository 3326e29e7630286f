package server

import (
	"bufio"
	"encoding/base64"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

const (
	deniedXML = "<AccessDeniedException>\n" +
		"  <Message>Unable to determine service/operation name to be authorized</Message>\n" +
		"</AccessDeniedException>\n"
	unknownXML = "<UnknownOperationException/>\n"
	// The service was seen to send these maps with indefinite length (bf … ff);
	// no decoder sees a difference.
	cborUnknown       = "\xa1\x66__type\x78\x19UnknownOperationException"
	cborSerialization = "\xa1\x66__type\x76SerializationException"
)

// oddity is a request that never reaches a room, with the answer that the
// service was seen to give.
type oddity struct {
	name    string
	method  string // POST when empty
	path    string
	headers []string
	body    string

	status      int
	contentType string // empty: there must be none
	answer      string
}

func TestOddRequests(t *testing.T) {
	s := open(t, &streamsRoom{})
	json := []string{"Content-Type", json11Type}
	list := append(json, "X-Amz-Target", listTarget)
	for _, c := range []oddity{
		{name: "case 76, GET / signed or not", method: "GET", status: 403, answer: deniedXML},
		{name: "GET signed", method: "GET", headers: []string{"Authorization", signed}, status: 403, answer: deniedXML},
		{name: "PUT", method: "PUT", body: "x", status: 403, answer: deniedXML},
		{name: "DELETE", method: "DELETE", status: 403, answer: deniedXML},
		{name: "OPTIONS without Origin", method: "OPTIONS", status: 403, answer: deniedXML},
		{name: "any path will do", method: "GET", path: "/some/where?x=y", status: 403, answer: deniedXML},

		{name: "case 74, no body, known target", headers: list, status: 400, contentType: json11Type, answer: `{"__type":"SerializationException"}`},
		{name: "no body, no target", headers: json, status: 400, contentType: json11Type, answer: `{"__type":"UnknownOperationException"}`},
		{name: "no body, unknown target", headers: append(json, "X-Amz-Target", "Kinesis_20131202.Foo"),
			status: 400, contentType: json11Type, answer: `{"__type":"UnknownOperationException"}`},
		{name: "no body, no type", status: 400, contentType: cbor11Type, answer: cborUnknown},
		{name: "no body, no type, known target", headers: []string{"X-Amz-Target", listTarget}, status: 400, contentType: cbor11Type, answer: cborSerialization},
		{name: "no body, CBOR, known target", headers: []string{"Content-Type", cbor11Type, "X-Amz-Target", listTarget},
			status: 400, contentType: cbor11Type, answer: cborSerialization},

		{name: "no type, body", body: "{}", status: 403, answer: deniedXML},
		{name: "unknown type, no target", headers: []string{"Content-Type", "text/plain"}, body: "{}", status: 403, answer: deniedXML},
		{name: "unknown type, target", headers: []string{"Content-Type", "text/plain", "X-Amz-Target", listTarget}, body: "{}", status: 404, answer: unknownXML},
		{name: "JSON 1.0, target", headers: []string{"Content-Type", json10Type, "X-Amz-Target", listTarget}, body: "{}", status: 404, answer: unknownXML},
		{name: "JSON 1.0, no target", headers: []string{"Content-Type", json10Type}, body: "{}", status: 403, answer: deniedXML},
		{name: "plain JSON, good body", headers: []string{"Content-Type", plainJSON, "X-Amz-Target", listTarget}, body: "{}", status: 404, contentType: plainJSON,
			answer: `{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}`},
		{name: "plain JSON, no target", headers: []string{"Content-Type", plainJSON}, body: "{}", status: 404, contentType: plainJSON,
			answer: `{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}`},
		{name: "plain JSON, bad body", headers: []string{"Content-Type", plainJSON}, body: "hello", status: 400, contentType: plainJSON,
			answer: `{"Output":{"__type":"com.amazon.coral.service#SerializationException"},"Version":"1.0"}`},
		{name: "plain JSON, a number", headers: []string{"Content-Type", plainJSON}, body: "1", status: 400, contentType: plainJSON,
			answer: `{"Output":{"__type":"com.amazon.coral.service#SerializationException"},"Version":"1.0"}`},

		{name: "bad JSON without authentication", headers: list, body: "hello", status: 400, contentType: json11Type, answer: `{"__type":"SerializationException"}`},
		{name: "bad JSON, unknown target", headers: json, body: "hello", status: 400, contentType: json11Type, answer: `{"__type":"SerializationException"}`},
		{name: "case 77, body []", headers: list, body: "[]", status: 400, contentType: json11Type, answer: `{"__type":"SerializationException"}`},
		{name: "body null", headers: list, body: "null", status: 400, contentType: json11Type, answer: `{"__type":"SerializationException"}`},
		{name: "case 75, unknown operation", headers: append(json, "X-Amz-Target", "Kinesis_20131202.Foo"), body: "{}",
			status: 400, contentType: json11Type, answer: `{"__type":"UnknownOperationException"}`},
		{name: "wrong prefix", headers: append(json, "X-Amz-Target", "Kinesis_19990101.ListStreams"), body: "{}",
			status: 400, contentType: json11Type, answer: `{"__type":"UnknownOperationException"}`},
		{name: "no target", headers: json, body: "{}", status: 400, contentType: json11Type, answer: `{"__type":"UnknownOperationException"}`},
		{name: "case 78, no Authorization", headers: list, body: "{}", status: 400, contentType: json11Type,
			answer: `{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}`},
		{name: "types are looked at after authentication", headers: list, body: `{"Limit":"x"}`, status: 400, contentType: json11Type,
			answer: `{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}`},
		{name: "a content type with parameters", headers: []string{"Content-Type", " application/x-amz-json-1.1 ; charset=utf-8", "X-Amz-Target", listTarget}, body: "hello",
			status: 400, contentType: json11Type, answer: `{"__type":"SerializationException"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			method := c.method
			if method == "" {
				method = http.MethodPost
			}
			if c.path == "" {
				c.path = "/"
			}
			a := ask(t, s, method, c.path, c.body, c.headers...)
			require.Equal(t, c.answer, a.body)
			require.Equal(t, c.status, a.status)
			require.Equal(t, c.contentType, a.header.Get("Content-Type"))
			require.Equal(t, c.contentType != "", len(a.header["Content-Type"]) == 1)
			checkIDs(t, a.header)
		})
	}
}

// checkIDs looks at what every answer carries.
func checkIDs(t *testing.T, h http.Header) {
	t.Helper()
	require.NoError(t, uuid.Validate(h.Get("x-amzn-RequestId")))
	long, err := base64.StdEncoding.DecodeString(h.Get("x-amz-id-2"))
	require.NoError(t, err)
	require.Len(t, long, 72)
	require.NotEmpty(t, h.Get("Date"))
	require.NotEmpty(t, h.Get("Content-Length"))
}

func TestTypeErrorsAndConstraints(t *testing.T) {
	s := open(t, &streamsRoom{})
	t.Run("case 79, StreamName: 23", func(t *testing.T) {
		a := callJSON(t, s, "PutRecord", `{"StreamName":23}`)
		require.Equal(t, 400, a.status)
		require.JSONEq(t, `{"__type":"SerializationException","Message":"class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String"}`, a.body)
	})
	t.Run("case 73, empty output", func(t *testing.T) {
		a := callJSON(t, s, "AddTagsToStream", `{"StreamName":"a","Tags":{"k":"v"}}`)
		require.Equal(t, 200, a.status)
		require.Empty(t, a.body)
		require.Equal(t, "0", a.header.Get("Content-Length"))
		require.Equal(t, json11Type, a.header.Get("Content-Type"))
		checkIDs(t, a.header)
	})
	t.Run("constraints come before the room", func(t *testing.T) {
		a := callJSON(t, s, "PutRecord", `{"StreamName":"a","PartitionKey":"k"}`)
		require.Equal(t, 400, a.status)
		require.JSONEq(t, `{"__type":"ValidationException","message":"1 validation error detected: Value null at 'data' failed to satisfy constraint: Member must not be null"}`, a.body)
	})
	t.Run("a known operation that no room has is unknown", func(t *testing.T) {
		a := callJSON(t, s, "CreateStream", `{}`)
		require.Equal(t, 400, a.status)
		require.JSONEq(t, `{"__type":"UnknownOperationException"}`, a.body)
	})
	t.Run("deep JSON", func(t *testing.T) {
		deep := strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)
		a := callJSON(t, s, "ListStreams", deep)
		require.Equal(t, 400, a.status)
		require.JSONEq(t, `{"__type":"SerializationException"}`, a.body)
	})
}

// The spelling of headers is part of the answer in HTTP/1.1, where some read
// them as they are.
func TestHeadersAreSpelledAsTheServiceDoes(t *testing.T) {
	s := open(t, &streamsRoom{})
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url(), "http://"))
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	_, err = c.Write([]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
	require.NoError(t, err)
	lines := bufio.NewScanner(c)
	names := map[string]bool{}
	for lines.Scan() && lines.Text() != "" {
		name, _, _ := strings.Cut(lines.Text(), ":")
		names[name] = true
	}
	require.Equal(t, map[string]bool{"HTTP/1.1 403 Forbidden": true, "Content-Length": true, "Date": true,
		"x-amzn-RequestId": true, "x-amz-id-2": true}, names)
}
