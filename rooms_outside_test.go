package sluice

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/delivery"
)

// Deliveries to some buckets go to another endpoint, here another Sluice that
// checks signatures.
func TestOutsideBuckets(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDOUTSIDE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	other := RunT(t, func(c *Config) {
		c.Auth, c.Keys = AuthVerify, []Key{{ID: "AKIDOUTSIDE", Secret: "secret", Account: DefaultAccount}}
	})
	require.NoError(t, other.CreateBucket(t.Context(), "lake"))
	s := RunT(t, func(c *Config) {
		c.BucketEndpoints = map[string]string{"lake": other.Endpoint(), "none": other.Endpoint()}
	})
	require.NoError(t, s.CreateBucket(t.Context(), "here"))
	sink := s.sink(s.current.Load())
	put := func(bucket string) error {
		return sink.PutObject(t.Context(), delivery.Object{
			Place: delivery.Place{Account: DefaultAccount, Region: DefaultRegion, Bucket: bucket}, Key: "a b/ü+c", Body: []byte(bucket), ContentType: "a/b"})
	}
	require.NoError(t, put("lake"))
	require.NoError(t, put("here"))
	require.ErrorIs(t, put("none"), delivery.ErrNoBucket)
	require.ErrorIs(t, sink.HeadBucket(t.Context(), delivery.Place{Bucket: "none"}), delivery.ErrNoBucket)
	require.ErrorIs(t, sink.HeadBucket(t.Context(), delivery.Place{Bucket: "lake", Owner: "999999999999"}), delivery.ErrDenied)
	require.NoError(t, sink.HeadBucket(t.Context(), delivery.Place{Bucket: "lake", Owner: DefaultAccount}))

	for instance, bucket := range map[*Sluice]string{other: "lake", s: "here"} {
		body, head, err := instance.current.Load().buckets.Load().Get(t.Context(), bucket, "a b/ü+c")
		require.NoError(t, err)
		text, err := io.ReadAll(body)
		require.NoError(t, err)
		require.NoError(t, body.Close())
		require.Equal(t, []string{bucket, "a/b"}, []string{string(text), head.Get("Content-Type")})
	}
	_, _, err := s.current.Load().buckets.Load().Get(t.Context(), "lake", "a b/ü+c")
	require.Error(t, err, "it is elsewhere")
}

func TestBucketEndpointSettings(t *testing.T) {
	var c Config
	require.NoError(t, setBucketEndpoints(&c, []string{"lake=http://127.0.0.1:9000", "*=https://s3.example.com"}))
	require.Equal(t, []string{"*=https://s3.example.com", "lake=http://127.0.0.1:9000"}, getBucketEndpoints(&c))
	for _, bad := range []string{"lake", "=http://x", "lake=x", "lake=http://u:p@x"} {
		require.Error(t, setBucketEndpoints(&c, []string{bad}), bad)
	}
	err := Config{Memory: true, BucketEndpoints: map[string]string{"lake": "nowhere"}}.withDefaults().Validate()
	require.Error(t, err)
	require.True(t, strings.Contains(err.Error(), "bucket-endpoint"), err)
}
