package server

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
	"sluice/internal/clock"
	"sluice/internal/dice"
)

type opt = func(*kinesis.Options)

// streamsRoom is a room of a few operations, whose answers tests choose.
type streamsRoom struct {
	list      func(ctx context.Context) (*kinesis.ListStreamsOutput, error)
	put       func(ctx context.Context, in *kinesis.PutRecordInput) (*kinesis.PutRecordOutput, error)
	get       func(ctx context.Context, in *kinesis.GetRecordsInput) (*kinesis.GetRecordsOutput, error)
	subscribe func(ctx context.Context, in *kinesis.SubscribeToShardInput) (iter.Seq2[types.SubscribeToShardEventStream, error], error)
}

func (r *streamsRoom) ListStreams(ctx context.Context, _ *kinesis.ListStreamsInput, _ ...opt) (*kinesis.ListStreamsOutput, error) {
	if r.list != nil {
		return r.list(ctx)
	}
	// Who asks is what a test wants to know.
	who, _ := caller.From(ctx)
	return &kinesis.ListStreamsOutput{StreamNames: []string{who.Account, who.Region}, HasMoreStreams: aws.Bool(false)}, nil
}

func (r *streamsRoom) AddTagsToStream(context.Context, *kinesis.AddTagsToStreamInput, ...opt) (*kinesis.AddTagsToStreamOutput, error) {
	return &kinesis.AddTagsToStreamOutput{}, nil
}

func (r *streamsRoom) PutRecord(ctx context.Context, in *kinesis.PutRecordInput, _ ...opt) (*kinesis.PutRecordOutput, error) {
	if r.put == nil {
		return &kinesis.PutRecordOutput{ShardId: aws.String("shardId-000000000000"), SequenceNumber: aws.String("1")}, nil
	}
	return r.put(ctx, in)
}

func (r *streamsRoom) GetRecords(ctx context.Context, in *kinesis.GetRecordsInput, _ ...opt) (*kinesis.GetRecordsOutput, error) {
	return r.get(ctx, in)
}

func (r *streamsRoom) SubscribeToShard(ctx context.Context, in *kinesis.SubscribeToShardInput, _ ...opt) (iter.Seq2[types.SubscribeToShardEventStream, error], error) {
	return r.subscribe(ctx, in)
}

// Close is no operation.
func (r *streamsRoom) Close() error { return nil }

// openBare opens a server without an instance.
func openBare(t testing.TB, adjust ...func(*Config)) *Server {
	t.Helper()
	c := Config{Listen: []string{"127.0.0.1:0"}, Dice: dice.Seeded(1)}
	for _, f := range adjust {
		f(&c)
	}
	s, err := Open(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close(context.Background())) })
	return s
}

// still is a host clock that only the test moves: what waits does so however
// long the machine takes.
func still() *clock.Service { return clock.NewManual(time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)) }

// open opens a server with a room for kinesis.
func open(t testing.TB, room any, adjust ...func(*Config)) *Server {
	t.Helper()
	s := openBare(t, adjust...)
	install(t, s, "kinesis", room)
	return s
}

func install(t testing.TB, s *Server, service string, room any) *Mounts {
	t.Helper()
	m := NewMounts()
	require.NoError(t, m.Mount(service, room))
	require.NoError(t, s.Install(t.Context(), m))
	return m
}

func (s *Server) url() string { return s.Addresses()[0] }

// client is a client of the real SDK with default settings but no patience.
func client(s *Server, adjust ...func(*kinesis.Options)) *kinesis.Client {
	return kinesis.NewFromConfig(awsConfig(s, "000000000000"), append(adjust, func(o *kinesis.Options) { o.RetryMaxAttempts = 1 })...)
}

func awsConfig(s *Server, key string) aws.Config {
	return aws.Config{
		Region:       "eu-central-1",
		BaseEndpoint: aws.String(s.url()),
		Credentials:  credentials.NewStaticCredentialsProvider(key, "secret", ""),
	}
}

// answer is a whole answer.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request and reads the answer. headers are names and values in
// turn; Host is understood.
func ask(t testing.TB, s *Server, method, path, body string, headers ...string) answer {
	t.Helper()
	a, err := tryAsk(t.Context(), http.DefaultClient, s.url(), method, path, strings.NewReader(body), headers...)
	require.NoError(t, err)
	return a
}

func tryAsk(ctx context.Context, c *http.Client, url, method, path string, body io.Reader, headers ...string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, url+path, body)
	if err != nil {
		return answer{}, err
	}
	if z, ok := body.(*zeros); ok {
		r.ContentLength = z.n
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	got, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(got)}, err
}

const (
	listTarget = "Kinesis_20131202.ListStreams"
	signed     = "AWS4-HMAC-SHA256 Credential=123456789012/20261125/eu-west-3/kinesis/aws4_request, SignedHeaders=host;x-amz-date, Signature=0"
)

// call sends a signed JSON call.
func callJSON(t testing.TB, s *Server, operation, body string, more ...string) answer {
	t.Helper()
	return ask(t, s, http.MethodPost, "/", body, append([]string{
		"Content-Type", json11Type, "X-Amz-Target", "Kinesis_20131202." + operation,
		"Authorization", signed, "X-Amz-Date", "20261125T000000Z"}, more...)...)
}

// eventually waits for something that other goroutines are about to do.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	require.Eventually(t, is, time.Minute, time.Millisecond, what)
}

var errBoom = errors.New("boom")
