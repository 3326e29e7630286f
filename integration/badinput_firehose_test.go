package integration

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// hoseBases holds a request per operation of Firehose, with members of every kind. What they are about does not exist,
// and the creation has two destinations, so that nothing changes even when a request gets through.
var hoseBases = map[string]string{
	"CreateDeliveryStream": `{"DeliveryStreamName":"nowhere","DeliveryStreamType":"DirectPut","DirectPutSourceConfiguration":{"ThroughputHintInMBs":1},` +
		`"DeliveryStreamEncryptionConfigurationInput":{"KeyType":"AWS_OWNED_CMK"},"Tags":[{"Key":"k","Value":"v"}],` +
		`"S3DestinationConfiguration":{"RoleARN":"arn:aws:iam::000000000000:role/r","BucketARN":"arn:aws:s3:::b"},"ExtendedS3DestinationConfiguration":` + hoseTarget + `,` +
		`"HttpEndpointDestinationConfiguration":{"EndpointConfiguration":{"Url":"https://x","Name":"n","AccessKey":"k"},"BufferingHints":{"SizeInMBs":1,"IntervalInSeconds":60},` +
		`"RequestConfiguration":{"ContentEncoding":"GZIP","CommonAttributes":[{"AttributeName":"a","AttributeValue":"b"}]},"RetryOptions":{"DurationInSeconds":1},"S3BackupMode":"AllData",` +
		`"S3Configuration":{"RoleARN":"arn:aws:iam::000000000000:role/r","BucketARN":"arn:aws:s3:::b"}}}`,
	"DeleteDeliveryStream":          `{"DeliveryStreamName":"nowhere","AllowForceDelete":true}`,
	"DescribeDeliveryStream":        `{"DeliveryStreamName":"nowhere","Limit":1,"ExclusiveStartDestinationId":"d"}`,
	"ListDeliveryStreams":           `{"Limit":1,"DeliveryStreamType":"DirectPut","ExclusiveStartDeliveryStreamName":"a"}`,
	"ListTagsForDeliveryStream":     `{"DeliveryStreamName":"nowhere","ExclusiveStartTagKey":"k","Limit":1}`,
	"PutRecord":                     `{"DeliveryStreamName":"nowhere","Record":{"Data":"AAAA"}}`,
	"PutRecordBatch":                `{"DeliveryStreamName":"nowhere","Records":[{"Data":"AAAA"},{"Data":""}]}`,
	"StartDeliveryStreamEncryption": `{"DeliveryStreamName":"nowhere","DeliveryStreamEncryptionConfigurationInput":{"KeyType":"AWS_OWNED_CMK"}}`,
	"StopDeliveryStreamEncryption":  `{"DeliveryStreamName":"nowhere"}`,
	"TagDeliveryStream":             `{"DeliveryStreamName":"nowhere","Tags":[{"Key":"k","Value":"v"}]}`,
	"UntagDeliveryStream":           `{"DeliveryStreamName":"nowhere","TagKeys":["k"]}`,
	"UpdateDestination": `{"DeliveryStreamName":"nowhere","CurrentDeliveryStreamVersionId":"1","DestinationId":"destinationId-000000000001",` +
		`"ExtendedS3DestinationUpdate":` + hoseTarget + `}`,
}

const hoseTarget = `{"RoleARN":"arn:aws:iam::000000000000:role/r","BucketARN":"arn:aws:s3:::b","Prefix":"p/!{partitionKeyFromQuery:c}/","ErrorOutputPrefix":"e/!{firehose:error-output-type}/",` +
	`"BufferingHints":{"SizeInMBs":64,"IntervalInSeconds":60},"CompressionFormat":"GZIP","EncryptionConfiguration":{"KMSEncryptionConfig":{"AWSKMSKeyARN":"arn:aws:kms:us-east-1:000000000000:key/k"}},` +
	`"CloudWatchLoggingOptions":{"Enabled":true,"LogGroupName":"g","LogStreamName":"s"},"DynamicPartitioningConfiguration":{"Enabled":true,"RetryOptions":{"DurationInSeconds":1}},` +
	`"ProcessingConfiguration":{"Enabled":true,"Processors":[{"Type":"MetadataExtraction","Parameters":[{"ParameterName":"MetadataExtractionQuery","ParameterValue":"{c:.c}"},{"ParameterName":"JsonParsingEngine","ParameterValue":"JQ-1.6"}]}]},` +
	`"FileExtension":".json","CustomTimeZone":"UTC"}`

// callHose calls an operation of Firehose with any body.
func (s *Server) callHose(t testing.TB, operation string, body []byte) Answer {
	t.Helper()
	request, err := s.Call(operation, JSON11, bytes.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("X-Amz-Target", "Firehose_20150804."+operation)
	request.Header.Set("Authorization", strings.Replace(signature, "/kinesis/", "/firehose/", 1))
	answer, err := Send(http.DefaultClient, request)
	require.NoError(t, err, "%s %.300q", operation, body)
	return answer
}

// everyHose is all that the server tells of delivery streams.
func (s *Server) everyHose(t testing.TB) string {
	out := ""
	for _, ask := range [][2]string{{"ListDeliveryStreams", `{"Limit":100}`}, {"DescribeDeliveryStream", `{"DeliveryStreamName":"kept"}`}, {"ListTagsForDeliveryStream", `{"DeliveryStreamName":"kept"}`}} {
		answer := s.callHose(t, ask[0], []byte(ask[1]))
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
		out += string(answer.Body)
	}
	return out
}

// keepingHose starts a server with a delivery stream in which a change would show.
func keepingHose(t *testing.T) *Server {
	server := Start(t, "--memory", "--transition", "0", "--limits", "off")
	answer := server.callHose(t, "CreateDeliveryStream", []byte(`{"DeliveryStreamName":"kept","Tags":[{"Key":"k","Value":"v"}],"ExtendedS3DestinationConfiguration":`+hoseTarget+`}`))
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	return server
}

// The first constraints of the reference's list, and those of the puts, word for word.
func TestDeliveryStreamConstraints(t *testing.T) {
	t.Parallel()
	server := keepingHose(t)
	before := server.everyHose(t)
	long := strings.Repeat("x", 65)
	for _, c := range []struct{ name, operation, body, text string }{
		{"3 compression in other letters", "CreateDeliveryStream", `{"DeliveryStreamName":"s","ExtendedS3DestinationConfiguration":{"RoleARN":"arn:aws:iam::000000000000:role/r","BucketARN":"arn:aws:s3:::b","CompressionFormat":"SNAPPY"}}`,
			"1 validation error detected: Value at 'extendedS3DestinationConfiguration.compressionFormat' failed to satisfy constraint: Member must satisfy enum value set: [ZIP, HADOOP_SNAPPY, Snappy, GZIP, UNCOMPRESSED]"},
		{"4 and in the old shape", "CreateDeliveryStream", `{"DeliveryStreamName":"s","S3DestinationConfiguration":{"RoleARN":"arn:aws:iam::000000000000:role/r","BucketARN":"arn:aws:s3:::b","CompressionFormat":"SNAPPY"}}`,
			"1 validation error detected: Value at 's3DestinationConfiguration.compressionFormat' failed to satisfy constraint: Member must satisfy enum value set: [ZIP, HADOOP_SNAPPY, Snappy, GZIP, UNCOMPRESSED]"},
		{"no name", "PutRecord", `{"Record":{"Data":""}}`, "1 validation error detected: Value at 'deliveryStreamName' failed to satisfy constraint: Member must not be null"},
		{"a long name", "DeleteDeliveryStream", `{"DeliveryStreamName":"` + long + `"}`, "1 validation error detected: Value at 'deliveryStreamName' failed to satisfy constraint: Member must have length less than or equal to 64"},
		{"a name with a space", "DescribeDeliveryStream", `{"DeliveryStreamName":"a b"}`, "1 validation error detected: Value at 'deliveryStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"},
		{"two at once", "DescribeDeliveryStream", `{"DeliveryStreamName":"a","Limit":0,"ExclusiveStartDestinationId":"a b"}`,
			"2 validation errors detected: Value at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1; Value at 'exclusiveStartDestinationId' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9-]+"},
		{"501 records", "PutRecordBatch", `{"DeliveryStreamName":"kept","Records":[` + strings.Repeat(`{"Data":""},`, 500) + `{"Data":""}]}`,
			"1 validation error detected: Value at 'records' failed to satisfy constraint: Member must have length less than or equal to 500"},
		{"no records", "PutRecordBatch", `{"DeliveryStreamName":"kept","Records":[]}`, "1 validation error detected: Value at 'records' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"11 a byte too many", "PutRecord", `{"DeliveryStreamName":"kept","Record":{"Data":"` + strings.Repeat("AAAA", 341333) + `AAA="}}`,
			"1 validation error detected: Value at 'record.data' failed to satisfy constraint: Member must have length less than or equal to 1024000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer := server.callHose(t, c.operation, []byte(c.body))
			name, text := answer.Error()
			require.Equal(t, http.StatusBadRequest, answer.Status)
			require.Equal(t, "ValidationException", name)
			require.Equal(t, c.text, text)
		})
	}
	t.Run("11 as many bytes as may be", func(t *testing.T) {
		answer := server.callHose(t, "PutRecord", []byte(`{"DeliveryStreamName":"kept","Record":{"Data":"`+strings.Repeat("AAAA", 341333)+`AA=="}}`))
		require.Equal(t, http.StatusOK, answer.Status, "%.300s", answer.Body)
	})
	require.Equal(t, before, server.everyHose(t), "bad input changed something")
}

// TestDeliveryStreamsTakeNoNonsense gives every member of every request values of other types, nulls, absurd sizes and
// texts, and then bodies with bytes changed, cut out and doubled. The server refuses or ignores them: it never fails,
// nothing changes, and it answers as before in the end.
func TestDeliveryStreamsTakeNoNonsense(t *testing.T) {
	t.Parallel()
	server := keepingHose(t)
	before := server.everyHose(t)
	nonsense := []any{nil, "", "x", " ", strings.Repeat("x", 5000), "../../x", "\u0000", "!{", "arn:aws:s3:::", -1, 0, 1e18, 0.5, true, []any{}, map[string]any{}, []any{nil}, map[string]any{"x": []any{}}, slices.Repeat([]any{map[string]any{}}, 600)}
	sent := 0
	send := func(operation string, body []byte) {
		answer := server.callHose(t, operation, body)
		if answer.Status != http.StatusOK && (answer.Status < 400 || answer.Status >= 500) {
			t.Errorf("%s %.500q: %d %.300s", operation, body, answer.Status, answer.Body)
		}
		sent++
	}
	luck := rand.New(rand.NewPCG(7, 7))
	for _, operation := range slices.Sorted(maps.Keys(hoseBases)) {
		var base any
		require.NoError(t, json.Unmarshal([]byte(hoseBases[operation]), &base))
		for _, path := range pathsIn(base, nil) {
			for _, value := range nonsense {
				send(operation, mustJSON(t, replaced(base, path, value)))
			}
		}
		for range 100 {
			send(operation, mutated(luck, []byte(hoseBases[operation])))
		}
	}
	t.Logf("%d requests", sent)
	require.Equal(t, before, server.everyHose(t), "bad input changed something")
}

// pathsIn lists the ways to every value inside a document, with its own.
func pathsIn(value any, path []any) [][]any {
	out := [][]any{slices.Clone(path)}
	switch v := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			out = append(out, pathsIn(v[name], append(slices.Clone(path), name))...)
		}
	case []any:
		for i := range v {
			out = append(out, pathsIn(v[i], append(slices.Clone(path), i))...)
		}
	}
	return out
}

// replaced is a document with another value at a path.
func replaced(value any, path []any, by any) any {
	if len(path) == 0 {
		return by
	}
	switch v := value.(type) {
	case map[string]any:
		out := maps.Clone(v)
		name := fmt.Sprint(path[0])
		out[name] = replaced(v[name], path[1:], by)
		return out
	case []any:
		out := slices.Clone(v)
		i, _ := path[0].(int)
		out[i] = replaced(v[i], path[1:], by)
		return out
	}
	return value
}

// mutated is a text with some bytes changed, cut out or doubled.
func mutated(luck *rand.Rand, text []byte) []byte {
	for range 1 + luck.IntN(4) {
		at := luck.IntN(len(text))
		to := min(len(text), at+1+luck.IntN(20))
		switch luck.IntN(4) {
		case 0:
			text = slices.Clone(text)
			text[at] ^= byte(1 << luck.IntN(8))
		case 1:
			text = slices.Concat(text[:at], text[to:])
		case 2:
			text = slices.Concat(text[:to], text[at:])
		case 3:
			text = slices.Insert(slices.Clone(text), at, []byte(`{"[]}:,\`)[luck.IntN(8)])
		}
		if len(text) == 0 {
			return []byte("{")
		}
	}
	return text
}
