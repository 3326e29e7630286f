package torture

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	fh "github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lt "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Names of what every folder has.
const (
	streamName = "records"
	wideName   = "wide" // a stream of wideShards, for appends that scatter
	wideShards = 64
	tableName  = "leases"
	bucketName = "things"
	lakeName   = "lake"
	hoseName   = "hose"
)

// calls are clients of all services at one server. None of them tries twice.
type calls struct {
	url      string
	http     *http.Client
	kinesis  *kinesis.Client
	dynamodb *dynamodb.Client
	s3       *s3.Client
	firehose *firehose.Client
	lambda   *lambda.Client
	glue     *glue.Client
}

func newCalls(url string, lie *liar) *calls {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	c := &calls{url: url, http: &http.Client{Transport: transport}}
	if lie != nil {
		lie.RoundTripper = transport
		c.http.Transport = lie
	}
	config := aws.Config{
		Region: "us-east-1", BaseEndpoint: &url, HTTPClient: patient{c.http}, Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
	c.kinesis, c.dynamodb = kinesis.NewFromConfig(config), dynamodb.NewFromConfig(config)
	c.s3 = s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })
	c.firehose, c.lambda, c.glue = firehose.NewFromConfig(config), lambda.NewFromConfig(config), glue.NewFromConfig(config)
	return c
}

// patient hands bodies of requests over without their WriteTo, which the SDK
// ends as soon as it sees an answer: net/http takes that for a failed upload,
// and breaks off answers that come at once.
type patient struct{ *http.Client }

// Do sends a request.
func (p patient) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		whole := *r
		whole.Body = struct{ io.ReadCloser }{r.Body}
		r = &whole
	}
	return p.Client.Do(r)
}

// prepare makes what the writers write to.
func (c *calls) prepare(ctx context.Context) error {
	for name, shards := range map[string]int32{streamName: 3, wideName: wideShards, settledName: 1} {
		if _, err := c.kinesis.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: &name, ShardCount: &shards}); err != nil {
			return err
		}
	}
	for _, name := range []string{bucketName, lakeName} {
		if _, err := c.s3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name}); err != nil {
			return err
		}
	}
	for _, make := range []func(context.Context) error{c.makeTable, c.makeCatalog, c.makeChannel} {
		if err := make(ctx); err != nil {
			return err
		}
	}
	_, err := c.firehose.CreateDeliveryStream(ctx, &firehose.CreateDeliveryStreamInput{
		DeliveryStreamName: aws.String(hoseName),
		ExtendedS3DestinationConfiguration: &fh.ExtendedS3DestinationConfiguration{
			BucketARN: aws.String("arn:aws:s3:::" + lakeName), RoleARN: aws.String("arn:aws:iam::000000000000:role/delivery"),
			BufferingHints: &fh.BufferingHints{IntervalInSeconds: aws.Int32(900), SizeInMBs: aws.Int32(1)},
		},
	})
	if err != nil {
		return err
	}
	_, err = c.lambda.CreateEventSourceMapping(ctx, &lambda.CreateEventSourceMappingInput{
		FunctionName: aws.String("sink"), EventSourceArn: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/" + streamName),
		StartingPosition: lt.EventSourcePositionTrimHorizon, BatchSize: aws.Int32(50),
	})
	return err
}

func (c *calls) makeTable(ctx context.Context) error {
	_, err := c.dynamodb.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: aws.String(tableName), BillingMode: ddb.BillingModePayPerRequest,
		AttributeDefinitions: []ddb.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: ddb.ScalarAttributeTypeS}},
		KeySchema:            []ddb.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: ddb.KeyTypeHash}},
	})
	return err
}

// Lies of a connection.
const (
	lieDrop   = "a record is acknowledged and dropped"
	lieTwice  = "a record is written twice"
	lieNumber = "a number is told twice"
)

// liar stands between a writer and the server, and lies about PutRecord now
// and then.
type liar struct {
	http.RoundTripper
	what string

	mu   sync.Mutex
	n    int
	last []byte // an answer that was given
}

// RoundTrip implements http.RoundTripper.
func (l *liar) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".PutRecord") {
		return l.RoundTripper.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	l.n++
	lie, last := l.n%9 == 0 && l.last != nil, l.last
	l.mu.Unlock()
	send := func() (*http.Response, []byte, error) {
		again := r.Clone(r.Context())
		again.Body = io.NopCloser(bytes.NewReader(body))
		a, err := l.RoundTripper.RoundTrip(again)
		if err != nil {
			return nil, nil, err
		}
		text, err := io.ReadAll(a.Body)
		_ = a.Body.Close()
		a.Body = io.NopCloser(bytes.NewReader(text))
		return a, text, err
	}
	if lie && l.what == lieDrop {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}},
			ContentLength: int64(len(last)), Body: io.NopCloser(bytes.NewReader(last)), Request: r}, nil
	}
	if lie && l.what == lieTwice {
		if _, _, err := send(); err != nil {
			return nil, err
		}
	}
	a, text, err := send()
	if err != nil {
		return nil, err
	}
	if lie && l.what == lieNumber {
		a.Body, a.ContentLength = io.NopCloser(bytes.NewReader(last)), int64(len(last))
		a.Header.Del("Content-Length")
		return a, nil
	}
	l.mu.Lock()
	l.last = text
	l.mu.Unlock()
	return a, nil
}
