package firehose

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"

	"sluice/firehose/http"
)

const receiverURL = "http://127.0.0.1:9/in"

// post makes a stream to an HTTP endpoint.
func (r *rig) post(name string, edit func(*types.HttpEndpointDestinationConfiguration)) {
	r.t.Helper()
	require.NoError(r.t, r.tryPost(name, edit))
}

func (r *rig) tryPost(name string, edit func(*types.HttpEndpointDestinationConfiguration)) error {
	c := &types.HttpEndpointDestinationConfiguration{EndpointConfiguration: &types.HttpEndpointConfiguration{Url: aws.String(receiverURL), AccessKey: aws.String("secret")},
		BufferingHints:  &types.HttpEndpointBufferingHints{SizeInMBs: aws.Int32(1), IntervalInSeconds: aws.Int32(60)},
		RetryOptions:    &types.HttpEndpointRetryOptions{DurationInSeconds: aws.Int32(30)},
		S3Configuration: &types.S3DestinationConfiguration{RoleARN: aws.String(role), BucketARN: aws.String(bucket), Prefix: aws.String("failed/")}}
	if edit != nil {
		edit(c)
	}
	_, err := r.CreateDeliveryStream(r.ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: &name, HttpEndpointDestinationConfiguration: c})
	return err
}

func texts(in *http.Request) string {
	out := ""
	for _, data := range in.Records {
		out += string(data)
	}
	return out
}

func TestHTTPEndpoint(t *testing.T) {
	refused := &http.Failure{Code: "HttpEndpoint.DestinationException", Message: "busy"}
	t.Run("delivered", func(t *testing.T) {
		r := newRig(t)
		var seen []*http.Request
		r.send = func(in *http.Request) error { seen = append(seen, in); return nil }
		r.post("s", func(c *types.HttpEndpointDestinationConfiguration) {
			c.RequestConfiguration = &types.HttpEndpointRequestConfiguration{ContentEncoding: types.ContentEncodingGzip,
				CommonAttributes: []types.HttpEndpointCommonAttribute{{AttributeName: aws.String("a"), AttributeValue: aws.String("b")}}}
		})
		r.put("s", "a", "b")
		r.pass(time.Minute)
		require.Len(t, seen, 1)
		require.Equal(t, "ab", texts(seen[0]))
		require.Equal(t, receiverURL, seen[0].URL)
		require.Equal(t, "secret", seen[0].AccessKey)
		require.Equal(t, []http.Attribute{{Name: "a", Value: "b"}}, seen[0].Attributes)
		require.True(t, seen[0].Gzip)
		require.Equal(t, "arn:aws:firehose:eu-west-1:111111111111:deliverystream/s", seen[0].Source)
		require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, seen[0].ID)
		r.put("s", "c")
		r.pass(time.Minute)
		require.Equal(t, "c", texts(seen[1]))
		require.NotEqual(t, seen[0].ID, seen[1].ID)
		require.Empty(t, r.bucket.taken())
	})
	t.Run("46 the same request until it is taken", func(t *testing.T) {
		r := newRig(t)
		var seen []*http.Request
		r.send = func(in *http.Request) error {
			seen = append(seen, in)
			if len(seen) < 4 {
				return refused
			}
			return nil
		}
		r.post("s", nil)
		r.put("s", "a")
		r.clock.Step(time.Minute)
		require.Len(t, seen, 1)
		r.put("s", "later")
		for _, c := range []struct {
			after time.Duration
			seen  int
		}{{800 * time.Millisecond, 1}, {400 * time.Millisecond, 2}, {1600 * time.Millisecond, 2}, {800 * time.Millisecond, 3}, {5 * time.Second, 4}} {
			r.clock.Step(c.after)
			require.Len(t, seen, c.seen)
		}
		for _, one := range seen {
			require.Equal(t, seen[0].ID, one.ID)
			require.Equal(t, "a", texts(one))
		}
		r.pass(2 * time.Minute)
		require.Equal(t, "later", texts(seen[4]))
		require.Empty(t, r.bucket.taken())
	})
	t.Run("given up", func(t *testing.T) {
		r := newRig(t)
		calls := 0
		r.send = func(*http.Request) error { calls++; return refused }
		r.post("s", nil)
		r.put("s", "a", "b")
		r.clock.Step(time.Minute)
		r.bucket.failing(errors.New("down"))
		r.pass(time.Minute)
		r.bucket.failing(nil)
		was := calls
		r.pass(10 * time.Minute)
		require.Equal(t, was, calls, "the last word is said")
		objects := r.bucket.taken()
		require.Len(t, objects, 1)
		require.True(t, strings.HasPrefix(objects[0].Key, "failed/http-endpoint-failed/2026/07/13/12/s-1-"), objects[0].Key)
		line := errorLines(t, string(objects[0].Body))[1]
		require.Equal(t, "HttpEndpoint.DestinationException", line.Code)
		require.Equal(t, "busy", line.Message)
		require.Equal(t, "b", string(line.Raw))
		require.Equal(t, was, line.Attempts)
		require.Equal(t, 0, *line.Sub)
		require.NotEmpty(t, line.ID)
	})
	t.Run("45 413", func(t *testing.T) {
		r := newRig(t)
		r.send = func(*http.Request) error { return &http.Failure{Code: refused.Code, Final: true} }
		r.post("s", nil)
		r.put("s", "a")
		r.pass(10 * time.Minute)
		require.Empty(t, r.bucket.taken(), "dropped without an error object")
	})
	t.Run("AllData", func(t *testing.T) {
		r := newRig(t)
		r.send = func(*http.Request) error { return nil }
		r.post("s", func(c *types.HttpEndpointDestinationConfiguration) {
			c.S3BackupMode = types.HttpEndpointS3BackupModeAllData
		})
		r.put("s", "a", "b")
		r.pass(10 * time.Minute)
		require.Equal(t, "ab", r.bodies("failed/2026/"))
	})
	t.Run("a function before", func(t *testing.T) {
		r := newRig(t)
		got := ""
		r.send = func(in *http.Request) error { got += texts(in); return nil }
		r.function = func(in call) (any, error) { return echo(in), nil }
		r.post("s", func(c *types.HttpEndpointDestinationConfiguration) { c.ProcessingConfiguration = lambda(nil) })
		r.put("s", "a", "b")
		r.pass(10 * time.Minute)
		require.Equal(t, "ab", got)
	})
	t.Run("describe and update", func(t *testing.T) {
		r := newRig(t)
		r.post("s", func(c *types.HttpEndpointDestinationConfiguration) { c.BufferingHints, c.RetryOptions = nil, nil })
		d := r.describe("s").Destinations[0]
		require.Nil(t, d.ExtendedS3DestinationDescription)
		h := d.HttpEndpointDestinationDescription
		require.Equal(t, &types.HttpEndpointDescription{Url: aws.String(receiverURL)}, h.EndpointConfiguration, "the key is not shown")
		require.EqualValues(t, 300, *h.RetryOptions.DurationInSeconds)
		require.Equal(t, &types.HttpEndpointBufferingHints{SizeInMBs: aws.Int32(5), IntervalInSeconds: aws.Int32(300)}, h.BufferingHints)
		update := func(version string, u *types.HttpEndpointDestinationUpdate) error {
			_, err := r.UpdateDestination(r.ctx, &firehose.UpdateDestinationInput{DeliveryStreamName: aws.String("s"), CurrentDeliveryStreamVersionId: &version,
				DestinationId: aws.String(destinationID), HttpEndpointDestinationUpdate: u})
			return err
		}
		require.NoError(t, update("1", &types.HttpEndpointDestinationUpdate{S3BackupMode: types.HttpEndpointS3BackupModeAllData,
			EndpointConfiguration: &types.HttpEndpointConfiguration{Url: aws.String("https://example.com/x"), Name: aws.String("n")}}))
		requireFault(t, update("2", &types.HttpEndpointDestinationUpdate{S3BackupMode: types.HttpEndpointS3BackupModeFailedDataOnly}),
			"InvalidArgumentException", "S3BackupMode cannot be changed from AllData to FailedDataOnly.")
		require.Equal(t, "secret", r.known("s").state.Load().Destination.HTTP.Key)
		require.Equal(t, "2", *r.describe("s").VersionId)
	})
	t.Run("addresses", func(t *testing.T) {
		r := newRig(t, func(r *rig) { r.strict = true })
		at := func(text string) error {
			return r.tryPost("s", func(c *types.HttpEndpointDestinationConfiguration) { c.EndpointConfiguration.Url = &text })
		}
		requireFault(t, at(receiverURL), "ValidationException", "1 validation error detected: Value at 'httpEndpointDestinationConfiguration.endpointConfiguration.url' "+
			"failed to satisfy constraint: Member must satisfy regular expression pattern: https://.*")
		requireFault(t, at("https://localhost/"), "InvalidArgumentException", "The HTTP endpoint has to be reached at port 443 of a public host.")
		requireFault(t, at("https://example.com:8443/"), "InvalidArgumentException", "The HTTP endpoint has to be reached at port 443 of a public host.")
		require.NoError(t, at("https://example.com/"))
	})
}

func (r *rig) known(name string) *stream {
	s, err := r.find(r.ctx, &name)
	require.NoError(r.t, err)
	return s
}
