package torture

import (
	"context"
	"errors"
	"math/rand/v2"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	fh "github.com/aws/aws-sdk-go-v2/service/firehose/types"
)

// pipe makes, changes and removes delivery streams, and the tags of one that
// stays.
func (k *killing) pipe(ctx context.Context, dice *rand.Rand) {
	k.cycle(ctx, dice, []string{"pipe/a", "label/a", "pipe/b", "label/b"}, func(key, was, next string) (err error) {
		kind, name := kindOf(key)
		switch {
		case kind == "pipe":
			return k.calls.changePipe(ctx, "pipe-"+name, was, next)
		case next == absent:
			_, err = k.calls.firehose.UntagDeliveryStream(ctx, &firehose.UntagDeliveryStreamInput{DeliveryStreamName: aws.String(hoseName), TagKeys: []string{name}})
		default:
			_, err = k.calls.firehose.TagDeliveryStream(ctx, &firehose.TagDeliveryStreamInput{DeliveryStreamName: aws.String(hoseName), Tags: []fh.Tag{{Key: &name, Value: &next}}})
		}
		return err
	})
}

// changePipe has what it delivers to say its value.
func (c *calls) changePipe(ctx context.Context, name, was, next string) (err error) {
	bucket, role := aws.String("arn:aws:s3:::"+lakeName), aws.String("arn:aws:iam::000000000000:role/delivery")
	switch {
	case next == absent:
		_, err = c.firehose.DeleteDeliveryStream(ctx, &firehose.DeleteDeliveryStreamInput{DeliveryStreamName: &name})
	case was == absent:
		_, err = c.firehose.CreateDeliveryStream(ctx, &firehose.CreateDeliveryStreamInput{
			DeliveryStreamName:                 &name,
			ExtendedS3DestinationConfiguration: &fh.ExtendedS3DestinationConfiguration{BucketARN: bucket, RoleARN: role, Prefix: &next},
		})
	default:
		out, e := c.firehose.DescribeDeliveryStream(ctx, &firehose.DescribeDeliveryStreamInput{DeliveryStreamName: &name})
		if e != nil {
			return e
		}
		_, err = c.firehose.UpdateDestination(ctx, &firehose.UpdateDestinationInput{
			DeliveryStreamName: &name, CurrentDeliveryStreamVersionId: out.DeliveryStreamDescription.VersionId,
			DestinationId:               out.DeliveryStreamDescription.Destinations[0].DestinationId,
			ExtendedS3DestinationUpdate: &fh.ExtendedS3DestinationUpdate{Prefix: &next},
		})
	}
	return err
}

// pipeValue reads what pipe has changed.
func (c *calls) pipeValue(ctx context.Context, kind, name string) (string, error) {
	if kind == "label" {
		out, err := c.firehose.ListTagsForDeliveryStream(ctx, &firehose.ListTagsForDeliveryStreamInput{DeliveryStreamName: aws.String(hoseName)})
		if err != nil {
			return "", err
		}
		for _, t := range out.Tags {
			if *t.Key == name {
				return *t.Value, nil
			}
		}
		return absent, nil
	}
	out, err := c.firehose.DescribeDeliveryStream(ctx, &firehose.DescribeDeliveryStreamInput{DeliveryStreamName: aws.String("pipe-" + name)})
	var missing *fh.ResourceNotFoundException
	if errors.As(err, &missing) {
		return absent, nil
	}
	if err != nil {
		return "", err
	}
	return aws.ToString(out.DeliveryStreamDescription.Destinations[0].ExtendedS3DestinationDescription.Prefix), nil
}
