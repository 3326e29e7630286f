package sluice

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/companions/s3/outside"
	"sluice/delivery"
)

// sink is where deliveries go: the bucket store, or for the buckets that the
// settings name an endpoint elsewhere.
func (s *Sluice) sink(inst *instance) delivery.Bucket {
	here := channelBuckets{inst.buckets.Load()}
	if len(s.config.BucketEndpoints) == 0 {
		return here
	}
	out := outsideBuckets{here: here, endpoints: map[string]*outside.Endpoint{}}
	for bucket, address := range s.config.BucketEndpoints {
		e, err := outside.New(outside.Config{
			URL: address, Region: cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), s.config.Region), Host: s.host,
			Keys: aws.Credentials{
				AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: os.Getenv("AWS_SESSION_TOKEN"),
			},
		})
		if err != nil {
			s.log.Error("an endpoint of a bucket is passed by", "bucket", bucket, "error", err) // Validate has looked
			continue
		}
		out.endpoints[bucket] = e
	}
	return out
}

// outsideBuckets are those of the bucket store and of other endpoints.
type outsideBuckets struct {
	here      channelBuckets
	endpoints map[string]*outside.Endpoint
}

func (b outsideBuckets) find(bucket string) *outside.Endpoint {
	if e := b.endpoints[bucket]; e != nil {
		return e
	}
	return b.endpoints[everyBucket]
}

// HeadBucket implements delivery.Bucket.
func (b outsideBuckets) HeadBucket(ctx context.Context, at delivery.Place) error {
	e := b.find(at.Bucket)
	if e == nil {
		return b.here.HeadBucket(ctx, at)
	}
	return outsideError(at.Bucket, e.HeadBucket(ctx, at.Bucket, at.Owner))
}

// PutObject implements delivery.Bucket.
func (b outsideBuckets) PutObject(ctx context.Context, o delivery.Object) error {
	e := b.find(o.Bucket)
	if e == nil {
		return b.here.PutObject(ctx, o)
	}
	head := objectHead(o)
	if o.Owner != "" {
		head.Set("X-Amz-Expected-Bucket-Owner", o.Owner)
	}
	return outsideError(o.Bucket, e.Put(ctx, o.Bucket, o.Key, o.Body, head))
}

// outsideError tells what time alone does not cure.
func outsideError(bucket string, err error) error {
	var refused *outside.Error
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Status {
	case http.StatusNotFound:
		return fmt.Errorf("%s: %w: %w", bucket, delivery.ErrNoBucket, err)
	case http.StatusForbidden:
		return fmt.Errorf("%s: %w: %w", bucket, delivery.ErrDenied, err)
	}
	return err
}
