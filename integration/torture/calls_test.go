package torture

import (
	"context"
	"io"
	"net/http"

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
	answers  *answers // to all calls
}

func newCalls(url string, lie *liar) *calls {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	c := &calls{url: url, http: &http.Client{Transport: transport}, answers: newAnswers()}
	if lie != nil {
		lie.RoundTripper = transport
		c.http.Transport = lie
	}
	config := aws.Config{
		Region: "us-east-1", BaseEndpoint: &url, HTTPClient: patient{c.http}, Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
	config.APIOptions = append(config.APIOptions, c.answers.listen)
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
