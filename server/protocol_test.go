package server

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
)

func TestKinesisByItsSDK(t *testing.T) {
	var got []byte
	room := &streamsRoom{
		put: func(_ context.Context, in *kinesis.PutRecordInput) (*kinesis.PutRecordOutput, error) {
			if *in.StreamName == "gone" {
				return nil, &types.ResourceNotFoundException{Message: aws.String("Stream gone under account 000000000000 not found.")}
			}
			got = slices.Clone(in.Data) // the input is lent
			return &kinesis.PutRecordOutput{ShardId: aws.String("shardId-000000000001"), SequenceNumber: aws.String("49")}, nil
		},
		get: func(context.Context, *kinesis.GetRecordsInput) (*kinesis.GetRecordsOutput, error) {
			return &kinesis.GetRecordsOutput{MillisBehindLatest: aws.Int64(0), Records: []types.Record{{
				Data: []byte{0, 1, 255}, PartitionKey: aws.String("k"), SequenceNumber: aws.String("49"),
				ApproximateArrivalTimestamp: aws.Time(time.UnixMilli(1545084650987))}}}, nil
		},
	}
	s := open(t, room)
	for name, transport := range transports(t, s) {
		t.Run("case 69, "+name, func(t *testing.T) {
			scheme, _, _ := strings.Cut(name, " ")
			c := client(s, func(o *kinesis.Options) {
				o.HTTPClient = &http.Client{Transport: transport}
				o.BaseEndpoint = aws.String(scheme + strings.TrimPrefix(s.url(), "http"))
			})
			in := &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String("k"), Data: []byte{0, 255, 10}}
			put, err := c.PutRecord(t.Context(), in)
			require.NoError(t, err)
			require.Equal(t, in.Data, got)
			require.Equal(t, "shardId-000000000001", *put.ShardId)
			read, err := c.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: aws.String("x")})
			require.NoError(t, err)
			require.Equal(t, []byte{0, 1, 255}, read.Records[0].Data)
			require.Equal(t, time.UnixMilli(1545084650987).UTC(), read.Records[0].ApproximateArrivalTimestamp.UTC())
			_, err = c.AddTagsToStream(t.Context(), &kinesis.AddTagsToStreamInput{StreamName: aws.String("a"), Tags: map[string]string{"k": "v"}})
			require.NoError(t, err)
			list, err := c.ListStreams(t.Context(), nil)
			require.NoError(t, err)
			require.Equal(t, []string{"000000000000", "eu-central-1"}, list.StreamNames)
			_, err = c.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("gone"), PartitionKey: aws.String("k"), Data: []byte{1}})
			var gone *types.ResourceNotFoundException
			require.ErrorAs(t, err, &gone)
			require.Equal(t, "Stream gone under account 000000000000 not found.", gone.ErrorMessage())
		})
	}
}

type lambdaOpt = func(*lambda.Options)

const mappingID = "14e0db71-5d35-4eb5-b481-8945cf9d10c2"

// mappingsRoom keeps one event source mapping.
type mappingsRoom struct{ tags map[string]string }

func (*mappingsRoom) mapping(state string) lambda.GetEventSourceMappingOutput {
	return lambda.GetEventSourceMappingOutput{
		UUID: aws.String(mappingID), State: aws.String(state), BatchSize: aws.Int32(100),
		EventSourceArn: aws.String("arn:aws:kinesis:eu-central-1:000000000000:stream/a"),
		LastModified:   aws.Time(time.UnixMilli(1700000000123)),
	}
}

func (r *mappingsRoom) CreateEventSourceMapping(_ context.Context, in *lambda.CreateEventSourceMappingInput, _ ...lambdaOpt) (*lambda.CreateEventSourceMappingOutput, error) {
	if aws.ToString(in.FunctionName) == "taken" {
		return nil, &lambdatypes.ResourceConflictException{Message: aws.String("already exists"), Type: aws.String("User")}
	}
	m := r.mapping("Creating")
	return &lambda.CreateEventSourceMappingOutput{UUID: m.UUID, State: m.State, BatchSize: in.BatchSize,
		StartingPosition: in.StartingPosition, StartingPositionTimestamp: in.StartingPositionTimestamp, LastModified: m.LastModified,
		FilterCriteria: in.FilterCriteria, FunctionResponseTypes: in.FunctionResponseTypes}, nil
}

func (r *mappingsRoom) GetEventSourceMapping(_ context.Context, in *lambda.GetEventSourceMappingInput, _ ...lambdaOpt) (*lambda.GetEventSourceMappingOutput, error) {
	if *in.UUID != mappingID {
		return nil, &lambdatypes.ResourceNotFoundException{Message: aws.String("The resource you requested does not exist."), Type: aws.String("User")}
	}
	m := r.mapping("Enabled")
	return &m, nil
}

func (r *mappingsRoom) UpdateEventSourceMapping(_ context.Context, in *lambda.UpdateEventSourceMappingInput, _ ...lambdaOpt) (*lambda.UpdateEventSourceMappingOutput, error) {
	return &lambda.UpdateEventSourceMappingOutput{UUID: in.UUID, State: aws.String("Updating"), BatchSize: in.BatchSize}, nil
}

func (r *mappingsRoom) DeleteEventSourceMapping(_ context.Context, in *lambda.DeleteEventSourceMappingInput, _ ...lambdaOpt) (*lambda.DeleteEventSourceMappingOutput, error) {
	return &lambda.DeleteEventSourceMappingOutput{UUID: in.UUID, State: aws.String("Deleting")}, nil
}

func (r *mappingsRoom) ListEventSourceMappings(_ context.Context, in *lambda.ListEventSourceMappingsInput, _ ...lambdaOpt) (*lambda.ListEventSourceMappingsOutput, error) {
	m := r.mapping("Enabled")
	return &lambda.ListEventSourceMappingsOutput{NextMarker: aws.String(*in.EventSourceArn + "|" + aws.ToString(in.Marker)),
		EventSourceMappings: []lambdatypes.EventSourceMappingConfiguration{{UUID: m.UUID, BatchSize: in.MaxItems, LastModified: m.LastModified}}}, nil
}

func (r *mappingsRoom) TagResource(_ context.Context, in *lambda.TagResourceInput, _ ...lambdaOpt) (*lambda.TagResourceOutput, error) {
	r.tags = in.Tags
	r.tags["resource"] = *in.Resource
	return &lambda.TagResourceOutput{}, nil
}

func (r *mappingsRoom) ListTags(context.Context, *lambda.ListTagsInput, ...lambdaOpt) (*lambda.ListTagsOutput, error) {
	return &lambda.ListTagsOutput{Tags: r.tags}, nil
}

func (r *mappingsRoom) UntagResource(_ context.Context, in *lambda.UntagResourceInput, _ ...lambdaOpt) (*lambda.UntagResourceOutput, error) {
	for _, k := range in.TagKeys {
		delete(r.tags, k)
	}
	return &lambda.UntagResourceOutput{}, nil
}

func TestLambdaMappingsByTheirSDK(t *testing.T) {
	s := openBare(t)
	install(t, s, "lambda", &mappingsRoom{})
	c := lambda.NewFromConfig(awsConfig(s, "000000000000"), func(o *lambda.Options) { o.RetryMaxAttempts = 1 })
	at := time.UnixMilli(1699999999500).UTC()
	created, err := c.CreateEventSourceMapping(t.Context(), &lambda.CreateEventSourceMappingInput{
		FunctionName: aws.String("f"), BatchSize: aws.Int32(7), StartingPosition: lambdatypes.EventSourcePositionAtTimestamp,
		StartingPositionTimestamp: &at, EventSourceArn: aws.String("arn:aws:kinesis:eu-central-1:000000000000:stream/a"),
		FilterCriteria:        &lambdatypes.FilterCriteria{Filters: []lambdatypes.Filter{{Pattern: aws.String(`{"data":{"x":[1]}}`)}}},
		FunctionResponseTypes: []lambdatypes.FunctionResponseType{lambdatypes.FunctionResponseTypeReportBatchItemFailures},
	})
	require.NoError(t, err)
	require.Equal(t, "Creating", *created.State)
	require.EqualValues(t, 7, *created.BatchSize)
	require.Equal(t, at, created.StartingPositionTimestamp.UTC())
	require.Equal(t, `{"data":{"x":[1]}}`, *created.FilterCriteria.Filters[0].Pattern)
	require.Len(t, created.FunctionResponseTypes, 1)

	got, err := c.GetEventSourceMapping(t.Context(), &lambda.GetEventSourceMappingInput{UUID: aws.String(mappingID)})
	require.NoError(t, err)
	require.Equal(t, time.UnixMilli(1700000000123).UTC(), got.LastModified.UTC())
	_, err = c.GetEventSourceMapping(t.Context(), &lambda.GetEventSourceMappingInput{UUID: aws.String(strings.Repeat("ü /", 12))})
	var gone *lambdatypes.ResourceNotFoundException
	require.ErrorAs(t, err, &gone)
	require.Equal(t, "The resource you requested does not exist.", gone.ErrorMessage())
	require.Equal(t, "User", *gone.Type)

	updated, err := c.UpdateEventSourceMapping(t.Context(), &lambda.UpdateEventSourceMappingInput{UUID: aws.String(strings.Repeat("/ü ", 12)), BatchSize: aws.Int32(9)})
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("/ü ", 12), *updated.UUID)
	require.EqualValues(t, 9, *updated.BatchSize)
	deleted, err := c.DeleteEventSourceMapping(t.Context(), &lambda.DeleteEventSourceMappingInput{UUID: aws.String(mappingID)})
	require.NoError(t, err)
	require.Equal(t, "Deleting", *deleted.State)
	list, err := c.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{
		EventSourceArn: aws.String("arn:aws:kinesis:eu-central-1:000000000000:stream/a"), Marker: aws.String("m&m"), MaxItems: aws.Int32(5)})
	require.NoError(t, err)
	require.Equal(t, "arn:aws:kinesis:eu-central-1:000000000000:stream/a|m&m", *list.NextMarker)
	require.EqualValues(t, 5, *list.EventSourceMappings[0].BatchSize)

	arn := aws.String("arn:aws:lambda:eu-central-1:000000000000:event-source-mapping:" + mappingID)
	_, err = c.TagResource(t.Context(), &lambda.TagResourceInput{Resource: arn, Tags: map[string]string{"a": "1", "b": "2"}})
	require.NoError(t, err)
	_, err = c.UntagResource(t.Context(), &lambda.UntagResourceInput{Resource: arn, TagKeys: []string{"a", "c"}})
	require.NoError(t, err)
	tags, err := c.ListTags(t.Context(), &lambda.ListTagsInput{Resource: arn})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"b": "2", "resource": *arn}, tags.Tags)

	_, err = c.CreateEventSourceMapping(t.Context(), &lambda.CreateEventSourceMappingInput{FunctionName: aws.String("taken")})
	var conflict *lambdatypes.ResourceConflictException
	require.ErrorAs(t, err, &conflict)
}

func TestRESTWithoutItsSDK(t *testing.T) {
	s := openBare(t)
	install(t, s, "lambda", &mappingsRoom{})
	auth := []string{"Authorization", strings.Replace(signed, "kinesis", "lambda", 1), "X-Amz-Date", "x"}
	for _, path := range []string{"/2015-03-31/event-source-mappings", "/2015-03-31/event-source-mappings/"} {
		a := ask(t, s, "POST", path, `{"FunctionName":"f"}`, auth...)
		require.Equal(t, 202, a.status, a.body)
		require.Equal(t, "application/json", a.header.Get("Content-Type"))
		require.Empty(t, a.header.Get("x-amz-id-2"))
	}
	a := ask(t, s, "POST", "/2015-03-31/event-source-mappings", `{"FunctionName":"f"}`)
	require.Equal(t, 403, a.status)
	require.Equal(t, "MissingAuthenticationTokenException", a.header.Get("x-amzn-ErrorType"))
	a = ask(t, s, "GET", "/2015-03-31/nothing", "", auth...)
	require.Equal(t, 404, a.status)
	a = ask(t, s, "POST", "/2015-03-31/event-source-mappings", `{`, auth...)
	require.Equal(t, 400, a.status)
	require.Equal(t, "SerializationException", a.header.Get("x-amzn-ErrorType"))
}

// identityRoom answers the one call that every tool makes first.
type identityRoom struct{}

func (identityRoom) GetCallerIdentity(ctx context.Context, _ *sts.GetCallerIdentityInput, _ ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error) {
	who, _ := caller.From(ctx)
	return &sts.GetCallerIdentityOutput{Account: &who.Account, UserId: &who.AccessKeyID, Arn: aws.String("arn:aws:iam::" + who.Account + ":user/<&>")}, nil
}

func TestSTSByItsSDK(t *testing.T) {
	s := openBare(t)
	install(t, s, "sts", identityRoom{})
	cfg := awsConfig(s, "111122223333")
	out, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, "111122223333", *out.Account)
	require.Equal(t, "arn:aws:iam::111122223333:user/<&>", *out.Arn)

	const form = "Action=GetCallerIdentity&Version=2011-06-15"
	typed := []string{"Content-Type", formType + "; charset=utf-8"}
	a := ask(t, s, "POST", "/", form, append(typed, "Authorization", "AWS4- Credential=a,Signature=b,SignedHeaders=c", "Date", "x")...)
	require.Equal(t, 200, a.status, "the action alone names the service")
	require.Contains(t, a.body, "<RequestId>"+a.header.Get("x-amzn-RequestId")+"</RequestId>")
	require.Contains(t, a.body, `xmlns="https://sts.amazonaws.com/doc/2011-06-15/"`)
	a = ask(t, s, "POST", "/", form, typed...)
	require.Equal(t, 403, a.status)
	require.Contains(t, a.body, "<Code>MissingAuthenticationToken</Code>")
	a = ask(t, s, "POST", "/", "Action=Nothing&Version=2011-06-15", append(typed, "Authorization", strings.Replace(signed, "kinesis", "sts", 1), "X-Amz-Date", "x")...)
	require.Equal(t, 400, a.status)
	require.Contains(t, a.body, "<Code>InvalidAction</Code>")
	require.Contains(t, a.body, "Could not find operation Nothing for version 2011-06-15")
	require.Equal(t, "sts: Nothing", get(t, s, "/_sluice/requests?limit=1")["items"].([]any)[0].(map[string]any)["resource"])

	r, err := http.NewRequest(http.MethodGet, s.url()+"/?"+form, nil)
	require.NoError(t, err)
	creds, err := credentials.NewStaticCredentialsProvider("111122223333", "x", "").Retrieve(t.Context())
	require.NoError(t, err)
	presigned, _, err := v4.NewSigner().PresignHTTP(t.Context(), creds, r, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "sts", "eu-west-1", time.Unix(1700000000, 0))
	require.NoError(t, err)
	a = ask(t, s, "GET", strings.TrimPrefix(presigned, s.url()), "")
	require.Equal(t, 200, a.status, a.body)
	require.Contains(t, a.body, "<Account>111122223333</Account>")
}

func TestRPCv2CBOR(t *testing.T) {
	s := open(t, &streamsRoom{})
	headers := []string{"Content-Type", "application/cbor", "Smithy-Protocol", "rpc-v2-cbor", "Authorization", signed, "X-Amz-Date", "x"}
	a := ask(t, s, "POST", "/service/Kinesis_20131202/operation/ListStreams", "\xa0", headers...)
	require.Equal(t, 200, a.status, a.body)
	require.Equal(t, "rpc-v2-cbor", a.header.Get("Smithy-Protocol"))
	require.Contains(t, a.body, "eu-west-3")
	a = ask(t, s, "POST", "/service/Kinesis_20131202/operation/Nothing", "\xa0", headers...)
	require.Equal(t, 404, a.status)
	require.Contains(t, a.body, "UnknownOperationException")
	a = ask(t, s, "POST", "/service/Kinesis_20131202/operation/ListStreams", "\xa0", headers[4:]...)
	require.Equal(t, 403, a.status)
}

func TestErrorsOfRooms(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		status int
		body   string
	}{
		"modelled":           {&types.ProvisionedThroughputExceededException{Message: aws.String("slow")}, 400, `{"__type":"ProvisionedThroughputExceededException","message":"slow"}`},
		"modelled, 500":      {&types.InternalFailureException{Message: aws.String("oh")}, 500, `{"__type":"InternalFailureException","message":"oh"}`},
		"not in the model":   {&smithy.GenericAPIError{Code: "AccessDenied", Message: "no", Fault: smithy.FaultClient}, 400, `{"__type":"AccessDenied","message":"no"}`},
		"anything":           {errBoom, 500, `{"__type":"InternalFailure"}`},
		"neither out or err": {nil, 500, `{"__type":"InternalFailure"}`},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, &streamsRoom{list: func(context.Context) (*kinesis.ListStreamsOutput, error) { return nil, c.err }})
			a := callJSON(t, s, "ListStreams", "{}")
			require.Equal(t, c.status, a.status)
			require.JSONEq(t, c.body, a.body)
		})
	}
}
