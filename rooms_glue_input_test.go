package sluice

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// glueCall sends a body to an operation of Glue as it is.
func glueCall(t *testing.T, s *Sluice, operation, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Endpoint(), strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("X-Amz-Target", "AWSGlue."+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Date", "20260101T000000Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/glue/aws4_request, SignedHeaders=host, Signature=0")
	out, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer out.Body.Close()
	raw, err := io.ReadAll(out.Body)
	require.NoError(t, err)
	return out.StatusCode, string(raw)
}

// TestGlueBadInput sends what no client sends. The texts are written by hand.
func TestGlueBadInput(t *testing.T) {
	s := RunT(t)
	for _, setUp := range [][2]string{{"CreateDatabase", `{"DatabaseInput":{"Name":"d"}}`}, {"CreateTable", `{"DatabaseName":"d","TableInput":{"Name":"t","PartitionKeys":[{"Name":"n","Type":"int"}]}}`}} {
		status, answer := glueCall(t, s, setUp[0], setUp[1])
		require.Equal(t, http.StatusOK, status, answer)
		require.Equal(t, "{}", answer)
	}
	const (
		text = `Member must satisfy regular expression pattern: [\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*`
		one  = "1 validation error detected: "
	)
	long := strings.Repeat("x", 256)
	deep := strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200)
	for name, c := range map[string]struct{ operation, body, code, message string }{
		"no name":        {"CreateDatabase", `{"DatabaseInput":{}}`, "ValidationException", one + "Value null at 'databaseInput.name' failed to satisfy constraint: Member must not be null"},
		"nothing":        {"GetTable", `{}`, "ValidationException", "2 validation errors detected: Value null at 'databaseName' failed to satisfy constraint: Member must not be null; Value null at 'name' failed to satisfy constraint: Member must not be null"},
		"empty name":     {"GetDatabase", `{"Name":""}`, "ValidationException", one + "Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		"long name":      {"GetDatabase", `{"Name":"` + long + `"}`, "ValidationException", one + "Value '" + long + "' at 'name' failed to satisfy constraint: Member must have length less than or equal to 255"},
		"line in a name": {"GetDatabase", `{"Name":"a\nb"}`, "ValidationException", one + "Value 'a\nb' at 'name' failed to satisfy constraint: " + text},
		"zero in a name": {"GetDatabase", `{"Name":"a\u0000b"}`, "ValidationException", one + "Value 'a\x00b' at 'name' failed to satisfy constraint: " + text},
		"wide name":      {"GetDatabase", `{"Name":"a😀"}`, "EntityNotFoundException", "Database a😀 not found."},
		"page of none":   {"GetTables", `{"DatabaseName":"d","MaxResults":0}`, "ValidationException", one + "Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		"large page":     {"GetPartitions", `{"DatabaseName":"d","TableName":"t","MaxResults":1001}`, "ValidationException", one + "Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000"},
		"long expression": {"GetPartitions", `{"DatabaseName":"d","TableName":"t","Expression":"` + strings.Repeat("x", 2049) + `"}`, "ValidationException",
			one + "Value '" + strings.Repeat("x", 2049) + "' at 'expression' failed to satisfy constraint: Member must have length less than or equal to 2048"},
		"deep expression": {"GetPartitions", `{"DatabaseName":"d","TableName":"t","Expression":"` + strings.Repeat("(", 1000) + `"}`, "InvalidInputException", "Unsupported expression '" + strings.Repeat("(", 1000) + "'"},
		"huge number":     {"GetPartitions", `{"DatabaseName":"d","TableName":"t","Expression":"n = 1e999999999"}`, "InvalidInputException", `For input string: "1e999999999" is not an integer.`},
		"segments": {"GetPartitions", `{"DatabaseName":"d","TableName":"t","Segment":{"SegmentNumber":0,"TotalSegments":11}}`, "ValidationException",
			one + "Value '11' at 'segment.totalSegments' failed to satisfy constraint: Member must have value less than or equal to 10"},
		"no segments": {"GetPartitions", `{"DatabaseName":"d","TableName":"t","Segment":{"SegmentNumber":0}}`, "ValidationException",
			one + "Value null at 'segment.totalSegments' failed to satisfy constraint: Member must not be null"},
		"attributes": {"GetTable", `{"DatabaseName":"d","Name":"t","AttributesToGet":["ALL"]}`, "ValidationException",
			one + "Value '[ALL]' at 'attributesToGet' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [NAME, TABLE_TYPE, DEFAULT, LATEST_ICEBERG_METADATA]]"},
		"token":        {"GetPartitions", `{"DatabaseName":"d","TableName":"t","NextToken":"////"}`, "InvalidInputException", "The NextToken is not valid for this request."},
		"resource":     {"GetTags", `{"ResourceArn":"arn:aws:s3:::b"}`, "ValidationException", one + "Value 'arn:aws:s3:::b' at 'resourceArn' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:aws(-(cn|us-gov|iso(-[bef])?))?:glue:.*"},
		"version":      {"UpdateTable", `{"DatabaseName":"d","TableInput":{"Name":"t"},"VersionId":"99999999999999999999"}`, "InvalidInputException", "99999999999999999999 is not a version of a table."},
		"number":       {"CreateDatabase", `{"DatabaseInput":{"Name":7}}`, "SerializationException", ""},
		"list":         {"CreateDatabase", `{"DatabaseInput":[]}`, "SerializationException", ""},
		"text":         {"GetTables", `{"DatabaseName":"d","MaxResults":"1"}`, "SerializationException", ""},
		"no JSON":      {"GetTable", `{"DatabaseName":`, "SerializationException", ""},
		"deep":         {"GetTable", `{"Unknown":` + deep + `}`, "SerializationException", ""},
		"half a pair":  {"GetDatabase", `{"Name":"\ud800"}`, "", ""},
		"a time":       {"CreateTable", `{"DatabaseName":"d","TableInput":{"Name":"u","LastAccessTime":1e300}}`, "", ""},
		"another time": {"CreateTable", `{"DatabaseName":"d","TableInput":{"Name":"u","LastAccessTime":-62135596800}}`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			status, answer := glueCall(t, s, c.operation, c.body)
			require.Less(t, status, http.StatusInternalServerError, answer)
			if c.code == "" {
				return // it is enough that nothing breaks
			}
			require.Equal(t, http.StatusBadRequest, status, answer)
			var said struct {
				Type    string `json:"__type"`
				Message string
			}
			require.NoError(t, json.Unmarshal([]byte(answer), &said))
			require.Equal(t, c.code, said.Type, said.Message)
			if c.message != "" {
				require.Equal(t, c.message, said.Message)
			}
		})
	}
	status, answer := glueCall(t, s, "GetTables", `{"DatabaseName":"d"}`)
	require.Equal(t, http.StatusOK, status, answer)
}
