package integration

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"
)

// moto is a running imitation of queues, topics and buckets.
type moto struct {
	*testing.T
	server *Server
	url    string
}

func startMoto(t *testing.T, server *Server, port string) *moto {
	t.Helper()
	program, err := server.Program(t.Context(), "moto", "", server.URL, "MOTO_ACCOUNT_ID=000000000000")
	require.NoError(t, err)
	program.Args = append(program.Args, "-H", "127.0.0.1", "-p", port)
	said := &talk{}
	program.Stdout, program.Stderr = said, said
	require.NoError(t, program.Start())
	t.Cleanup(func() {
		_ = program.Process.Kill()
		_ = program.Wait()
		if t.Failed() {
			t.Log("moto: ", said)
		}
	})
	m := &moto{t, server, "http://127.0.0.1:" + port}
	server.eventually(t, func() bool {
		answer, err := http.Get(m.url + "/moto-api/")
		if err == nil {
			answer.Body.Close()
		}
		return err == nil
	}, 50*time.Millisecond, "moto listens: %s", said)
	return m
}

// call sends a request that is signed for a service and returns the answer's body.
func (m *moto) call(method, service, path string, form ...string) string {
	m.Helper()
	values := url.Values{}
	for i := 0; i < len(form); i += 2 {
		values.Set(form[i], form[i+1])
	}
	request, err := http.NewRequestWithContext(m.Context(), method, m.url+path, strings.NewReader(values.Encode()))
	require.NoError(m, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(request)
	require.NoError(m, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(m, err)
	require.Equal(m, http.StatusOK, answer.StatusCode, "%s", body)
	return string(body)
}

var messageBody = regexp.MustCompile(`(?s)<Body>(.*?)</Body>`)

// receive waits for a message of a queue.
func (m *moto) receive(queue string) string {
	m.Helper()
	var found []string
	m.server.eventually(m, func() bool {
		found = messageBody.FindStringSubmatch(m.call("POST", "sqs", "/000000000000/"+queue, "Action", "ReceiveMessage", "Version", "2012-11-05"))
		return found != nil
	}, 50*time.Millisecond, "there is a message in queue %s", queue) // attempts come seldom after a while
	return strings.NewReplacer("&quot;", `"`, "&amp;", "&", "&lt;", "<", "&gt;", ">").Replace(found[1])
}

// TestFailuresGoToMoto has mappings give up on records and looks for them in a queue, behind a topic and in a bucket.
// The queue is down at first.
func TestFailuresGoToMoto(t *testing.T) {
	t.Parallel()
	_, port, err := net.SplitHostPort(FreeAddress(t))
	require.NoError(t, err)
	server := Start(t, "--memory", "--transition", "0", "--fast-retries", "--allow-exec", "--failure-endpoint", "sqs=http://127.0.0.1:"+port,
		"--failure-endpoint", "sns=http://127.0.0.1:"+port, "--failure-endpoint", "s3=http://127.0.0.1:"+port)
	ctx := t.Context()
	streams, functions := copier(ctx, t, server)
	uuids := map[string]string{}
	// The function that does not find its stream fails; each version is another function to a mapping.
	_, err = functions.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: aws.String("copy"),
		Environment: &types.Environment{Variables: map[string]string{"OUT": "nowhere"}}})
	require.NoError(t, err)
	giveUpTo := func(alias, destination string) {
		_, err := functions.CreateAlias(ctx, &lambda.CreateAliasInput{FunctionName: aws.String("copy"), Name: &alias, FunctionVersion: aws.String("$LATEST")})
		require.NoError(t, err)
		made, err := functions.CreateEventSourceMapping(ctx, &lambda.CreateEventSourceMappingInput{FunctionName: aws.String("copy:" + alias),
			EventSourceArn: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/a"), StartingPosition: types.EventSourcePositionTrimHorizon,
			MaximumRetryAttempts: aws.Int32(1), DestinationConfig: &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: &destination}}})
		require.NoError(t, err)
		uuids[alias] = *made.UUID
	}
	giveUpTo("queue", "arn:aws:sqs:us-east-1:000000000000:dead")
	giveUpTo("bucket", "arn:aws:s3:::graves")
	_, err = streams.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String("k"), Data: []byte("x")})
	require.NoError(t, err)
	server.eventually(t, func() bool {
		return strings.Contains(server.adminText(t, "/_sluice/mappings/"+uuids["queue"]), "deliver")
	}, 50*time.Millisecond, "it tells that the queue is down: %s", lazily(func() any { return server.adminText(t, "/_sluice/mappings/"+uuids["queue"]) }))

	m := startMoto(t, server, port)
	m.call("POST", "sqs", "/", "Action", "CreateQueue", "QueueName", "dead", "Version", "2012-11-05")
	m.call("POST", "sqs", "/", "Action", "CreateQueue", "QueueName", "copies", "Version", "2012-11-05")
	m.call("POST", "sns", "/", "Action", "CreateTopic", "Name", "deaths", "Version", "2010-03-31")
	m.call("POST", "sns", "/", "Action", "Subscribe", "TopicArn", "arn:aws:sns:us-east-1:000000000000:deaths", "Protocol", "sqs",
		"Endpoint", "arn:aws:sqs:us-east-1:000000000000:copies", "Version", "2010-03-31")
	m.call("PUT", "s3", "/graves")
	// Only now: what is published before somebody has subscribed reaches nobody.
	giveUpTo("topic", "arn:aws:sns:us-east-1:000000000000:deaths")

	requireFailure(t, m.receive("dead"), "queue")
	var note struct{ Message string }
	require.NoError(t, json.Unmarshal([]byte(m.receive("copies")), &note))
	requireFailure(t, note.Message, "topic")
	key := regexp.MustCompile(`<Key>(aws/lambda/` + uuids["bucket"] + `/shardId-000000000000/[^<]+)</Key>`)
	var found []string
	server.eventually(t, func() bool {
		found = key.FindStringSubmatch(m.call("GET", "s3", "/graves?list-type=2"))
		return found != nil
	}, 50*time.Millisecond, "there is an object in the bucket")
	document := m.call("GET", "s3", "/graves/"+found[1])
	requireFailure(t, document, "bucket")
	require.Contains(t, document, `"payload":{"Records":[{`)
	require.Contains(t, server.adminText(t, "/_sluice/failures"), `"items":[]`, "nothing went to the built-in sink")
}

// requireFailure holds a document to reference 1.8.
func requireFailure(t *testing.T, text, alias string) {
	t.Helper()
	var doc struct {
		RequestContext struct {
			FunctionArn, Condition string
			ApproximateInvokeCount int
		}
		ResponseContext struct {
			StatusCode                     int
			ExecutedVersion, FunctionError string
		}
		Version string
		Info    struct {
			ShardID, StreamArn string
			BatchSize          int
		} `json:"KinesisBatchInfo"`
	}
	require.NoError(t, json.Unmarshal([]byte(text), &doc), text)
	require.Equal(t, "1.0", doc.Version)
	require.Equal(t, "arn:aws:lambda:us-east-1:000000000000:function:copy:"+alias, doc.RequestContext.FunctionArn)
	require.Equal(t, "RetryAttemptsExhausted", doc.RequestContext.Condition)
	require.Equal(t, 2, doc.RequestContext.ApproximateInvokeCount)
	require.Equal(t, 200, doc.ResponseContext.StatusCode)
	require.Equal(t, "Unhandled", doc.ResponseContext.FunctionError)
	require.Equal(t, 1, doc.Info.BatchSize)
}

// adminText reads an admin path, without the blanks between members.
func (s *Server) adminText(t *testing.T, path string) string {
	t.Helper()
	answer, err := http.Get(s.URL + path)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode, "%s", body)
	return strings.NewReplacer("\n", "", `": `, `":`, "  ", "").Replace(string(body))
}
