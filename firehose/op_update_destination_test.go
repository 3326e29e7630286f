package firehose

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"
)

func (r *rig) update(name, version string, u *types.ExtendedS3DestinationUpdate) error {
	_, err := r.UpdateDestination(r.ctx, &firehose.UpdateDestinationInput{DeliveryStreamName: &name, CurrentDeliveryStreamVersionId: &version,
		DestinationId: aws.String(destinationID), ExtendedS3DestinationUpdate: u})
	return err
}

func TestUpdateDestination(t *testing.T) {
	t.Run("5 identical", func(t *testing.T) {
		r := newRig(t)
		r.create("s", nil)
		require.NoError(t, r.update("s", "1", &types.ExtendedS3DestinationUpdate{BucketARN: aws.String(bucket), BufferingHints: hints(5, 300)}))
		d := r.describe("s")
		require.Equal(t, "1", *d.VersionId)
		require.Nil(t, d.LastUpdateTimestamp)
	})
	t.Run("6 stale version", func(t *testing.T) {
		r := newRig(t)
		r.create("s", nil)
		requireFault(t, r.update("s", "2", &types.ExtendedS3DestinationUpdate{Prefix: aws.String("p")}), "ConcurrentModificationException",
			"Cannot update firehose: s since the current version id: 1 and specified version id: 2 do not match")
		require.Nil(t, r.describe("s").Destinations[0].ExtendedS3DestinationDescription.Prefix)
	})
	t.Run("8 processing is replaced whole", func(t *testing.T) {
		r := newRig(t)
		r.create("s", func(c *types.ExtendedS3DestinationConfiguration) {
			c.ProcessingConfiguration = &types.ProcessingConfiguration{Enabled: aws.Bool(true), Processors: []types.Processor{{Type: types.ProcessorTypeAppendDelimiterToRecord}}}
		})
		require.NoError(t, r.update("s", "1", &types.ExtendedS3DestinationUpdate{ProcessingConfiguration: &types.ProcessingConfiguration{Enabled: aws.Bool(false)}}))
		require.Empty(t, r.describe("s").Destinations[0].ExtendedS3DestinationDescription.ProcessingConfiguration.Processors)
	})
	t.Run("27 extension, and back", func(t *testing.T) {
		r := newRig(t)
		r.create("s", func(c *types.ExtendedS3DestinationConfiguration) {
			c.CompressionFormat, c.FileExtension = types.CompressionFormatGzip, aws.String(".custom.log")
		})
		r.put("s", "a")
		r.clock.Step(5 * time.Minute)
		require.Regexp(t, `\.custom\.log$`, r.bucket.taken()[0].Key)
		require.NoError(t, r.update("s", "1", &types.ExtendedS3DestinationUpdate{FileExtension: aws.String("")}))
		r.put("s", "a")
		r.clock.Step(5 * time.Minute)
		require.Regexp(t, `s-2-.*[0-9a-f]\.gz$`, r.bucket.taken()[0].Key)
	})
	t.Run("hints merge member by member, records buffered follow", func(t *testing.T) {
		r := newRig(t)
		r.create("s", nil)
		r.put("s", "a")
		require.NoError(t, r.update("s", "1", &types.ExtendedS3DestinationUpdate{Prefix: aws.String("new/"), BufferingHints: &types.BufferingHints{IntervalInSeconds: aws.Int32(60)}}))
		d := r.describe("s")
		require.Equal(t, hints(5, 60), d.Destinations[0].S3DestinationDescription.BufferingHints)
		require.Equal(t, noon, *d.LastUpdateTimestamp)
		r.clock.Step(time.Minute)
		require.Regexp(t, `^new/2026/07/13/12/s-2-`, r.bucket.taken()[0].Key)
	})
	t.Run("backup goes on, never off", func(t *testing.T) {
		r := newRig(t)
		r.create("s", nil)
		r.put("s", "before")
		backup := &types.S3DestinationUpdate{RoleARN: aws.String(role), BucketARN: aws.String("arn:aws:s3:::copy"), BufferingHints: hints(5, 60)}
		require.NoError(t, r.update("s", "1", &types.ExtendedS3DestinationUpdate{S3BackupMode: types.S3BackupModeEnabled, S3BackupUpdate: backup}))
		r.put("s", "after")
		r.clock.Step(time.Minute)
		require.Equal(t, "after", string(r.bucket.taken()[0].Body), "what came before is not copied")
		requireFault(t, r.update("s", "2", &types.ExtendedS3DestinationUpdate{S3BackupMode: types.S3BackupModeDisabled}), "InvalidArgumentException",
			"Disabling S3 backup is not currently supported.")
	})
	t.Run("order of checks", func(t *testing.T) {
		r := newRig(t, lasting(time.Second))
		r.create("s", nil)
		in := &firehose.UpdateDestinationInput{DeliveryStreamName: aws.String("none"), CurrentDeliveryStreamVersionId: aws.String("7"), DestinationId: aws.String("d")}
		call := func() error { _, err := r.UpdateDestination(r.ctx, in); return err }
		requireFault(t, call(), "ResourceNotFoundException", "Firehose none under account 111111111111 not found.")
		in.DeliveryStreamName = aws.String("s")
		requireFault(t, call(), "ResourceInUseException", "Cannot update firehose: s when it is in CREATING status")
		r.clock.Step(time.Second)
		requireFault(t, call(), "ConcurrentModificationException", "Cannot update firehose: s since the current version id: 1 and specified version id: 7 do not match")
		in.CurrentDeliveryStreamVersionId = aws.String("1")
		requireFault(t, call(), "InvalidArgumentException", "Destination Id d not found")
		in.DestinationId = aws.String(destinationID)
		requireFault(t, call(), "InvalidArgumentException", "At least one destination or source configuration update must be provided")
		in.SplunkDestinationUpdate = &types.SplunkDestinationUpdate{}
		requireFault(t, call(), "InvalidArgumentException", "Sluice cannot do this yet: change the destination to another kind than S3. docs/firehose.md lists what works.")
	})
}
