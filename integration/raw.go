package integration

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// JSON11 is the content type of the service's main protocol.
const JSON11 = "application/x-amz-json-1.1"

// CBOR11 is the content type of its binary twin.
const CBOR11 = "application/x-amz-cbor-1.1"

// signature has the form of a signed request; its value is nobody's, as with every emulator's clients.
const signature = "AWS4-HMAC-SHA256 Credential=test/20261125/us-east-1/kinesis/aws4_request, " +
	"SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=0000000000000000000000000000000000000000000000000000000000000000"

// Answer is what came back for a call without an SDK.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Call makes the request of one operation, for what no SDK would send.
func (s *Server) Call(operation, contentType string, body io.Reader) (*http.Request, error) {
	request, err := http.NewRequest(http.MethodPost, s.URL+"/", body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("X-Amz-Target", "Kinesis_20131202."+operation)
	request.Header.Set("X-Amz-Date", "20261125T120000Z")
	request.Header.Set("Authorization", signature)
	return request, nil
}

// Send gives the answer to one request; only a broken connection is an error.
func Send(client *http.Client, request *http.Request) (Answer, error) {
	answer, err := client.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return Answer{Status: answer.StatusCode, Header: answer.Header, Body: body}, err
}

// Post sends one JSON body, as it is, and gives the answer.
func (s *Server) Post(t testing.TB, operation, body string) Answer {
	t.Helper()
	return s.PostBytes(t, operation, JSON11, []byte(body))
}

// PostBytes sends one body of any content type, as it is, and gives the answer.
func (s *Server) PostBytes(t testing.TB, operation, contentType string, body []byte) Answer {
	t.Helper()
	request, err := s.Call(operation, contentType, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := Send(http.DefaultClient, request)
	if err != nil {
		t.Fatalf("%s: %v", operation, err)
	}
	return answer
}

// Must sends one call that has to succeed and decodes its answer into T.
func Must[T any](t testing.TB, s *Server, operation string, input any) T {
	t.Helper()
	body, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	answer := s.PostBytes(t, operation, JSON11, body)
	if answer.Status != http.StatusOK {
		t.Fatalf("%s: %d %s", operation, answer.Status, answer.Body)
	}
	var out T
	if len(answer.Body) > 0 {
		if err := json.Unmarshal(answer.Body, &out); err != nil {
			t.Fatalf("%s: %v in %s", operation, err, answer.Body)
		}
	}
	return out
}

// Error gives the name and text of a JSON error answer, empty ones when it is none.
func (a Answer) Error() (name, text string) {
	if a.Status == http.StatusOK {
		return "", ""
	}
	var body struct {
		Type    string `json:"__type"`
		Message string `json:"message"` // matches "Message" as well
	}
	if json.Unmarshal(a.Body, &body) != nil {
		return "", ""
	}
	return body.Type[strings.LastIndexByte(body.Type, '#')+1:], body.Message
}
