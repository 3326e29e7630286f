package shards

import (
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// The record formats of a channel to a bucket, as they are stored.
const (
	formatJSON  = "JSON"
	formatText  = "STRING"
	formatBytes = "BYTE_ARRAY"
)

// How long records may wait, in seconds.
const (
	freshnessLeast   = 300
	freshnessMost    = 900
	freshnessDefault = 300
)

// Counts of channels. A stream can have one to a bucket and one to a table; as
// many streams as an account may have, with both, is all it can have.
const (
	channelsPerStream = 1 // to a bucket
	channelsOfAccount = 2 * onDemandStreams
)

// newChannelFrom turns a request into what is stored, or refuses what does not
// go together.
func newChannelFrom(in *kinesis.CreateChannelInput, id string) (*channelState, error) {
	if err := checkDestination(in); err != nil {
		return nil, err
	}
	st := &channelState{
		ID: id, Name: *in.ChannelName, Role: *in.ServiceExecutionRoleARN,
		Freshness: freshnessDefault, Class: string(types.S3StorageClassStandard), Keys: defaultKeys, Tags: maps.Clone(in.Tags),
	}
	st.Errors = "kinesis-channel/errors/" + st.Name + "/" + id + "/"
	if err := st.takeRecords(in.StreamConfigurationList[0].RecordConfiguration); err != nil {
		return nil, err
	}
	if err := st.takeBucket(in.S3DestinationConfiguration); err != nil {
		return nil, err
	}
	if e := in.EncryptionConfiguration; e != nil {
		st.KeyID = aws.ToString(e.KeyId)
		if serviceKey(st.KeyID) {
			return nil, errChannelKey()
		}
	}
	if l := in.LoggingConfiguration; l != nil && l.CloudWatchLogs != nil {
		st.Logging = st.logging(l.CloudWatchLogs.Enabled, l.CloudWatchLogs.LogGroupName, l.CloudWatchLogs.LogStreamName)
	}
	return st, nil
}

// checkDestination finds out where a channel leads.
func checkDestination(in *kinesis.CreateChannelInput) error {
	switch {
	case in.ChannelName == nil:
		return errMissing("channelName")
	case in.ServiceExecutionRoleARN == nil:
		return errMissing("serviceExecutionRoleARN")
	case len(in.StreamConfigurationList) == 0:
		return errMissing("streamConfigurationList")
	case len(in.StreamConfigurationList) > 1:
		return errChannelStreams()
	case (in.S3DestinationConfiguration == nil) == (in.S3TablesDestinationConfiguration == nil):
		return errOneDestination()
	case in.S3TablesDestinationConfiguration != nil:
		return errTables("CreateChannel")
	}
	return nil
}

func (st *channelState) takeRecords(r *types.RecordConfiguration) error {
	switch {
	case r == nil:
		return errMissing("streamConfigurationList.1.member.recordConfiguration")
	case r.RecordFormatType == types.RecordFormatTypeGsrJson:
		return errRecordFormat(r.RecordFormatType)
	case r.GSRSchemaARN != nil:
		return errSchemaUnwanted()
	}
	st.Records = string(r.RecordFormatType)
	return nil
}

func (st *channelState) takeBucket(d *types.S3DestinationConfiguration) error {
	storage := d.StorageConfiguration
	if storage == nil {
		return errMissing("s3DestinationConfiguration.storageConfiguration")
	}
	st.Bucket = channelBucket{ARN: aws.ToString(storage.BucketARN), Owner: aws.ToString(storage.ExpectedBucketOwner)}
	st.Dead = st.Bucket
	st.Packing = string(storage.CompressionType)
	if storage.StorageClass != "" {
		st.Class = string(storage.StorageClass)
	}
	if storage.OutputKeyTemplate != nil {
		st.Keys = *storage.OutputKeyTemplate
	}
	if q := d.DeadLetterQueueS3Configuration; q != nil {
		st.Dead = channelBucket{ARN: aws.ToString(q.BucketARN), Owner: aws.ToString(q.ExpectedBucketOwner)}
		if q.ErrorOutputPrefix != nil {
			st.Errors = *q.ErrorOutputPrefix
		}
	}
	if d.DataFreshnessInSeconds != nil {
		st.Freshness = int(*d.DataFreshnessInSeconds)
	}
	return checkFreshness(st.Freshness)
}

func checkFreshness(seconds int) error {
	if seconds < freshnessLeast || seconds > freshnessMost {
		return errFreshness(seconds)
	}
	return nil
}

// logging fills in what is not given.
func (st *channelState) logging(enabled *bool, group, stream *string) *channelLogging {
	l := &channelLogging{Enabled: aws.ToBool(enabled), Group: "/aws/kinesis/" + st.Name + "/" + st.ID, Stream: "DestinationDelivery"}
	if group != nil {
		l.Group = *group
	}
	if stream != nil {
		l.Stream = *stream
	}
	return l
}

// serviceKey reports whether a key is the service's own, which cannot be used
// for what leaves it.
func serviceKey(id string) bool { return strings.HasSuffix(id, "alias/aws/kinesis") }

// admitChannel holds a new channel to its stream and to what exists already.
// s.creating and the stream's lock are held, so neither changes meanwhile.
func (s *Streams) admitChannel(st *stream, v *view, c *channelState) error {
	k := st.key
	if s.channelNamed(k, c.Name) != nil {
		return errChannelExists(k, c.Name)
	}
	if err := v.ready(k); err != nil {
		return err
	}
	switch {
	case v.state.Mode != modeOnDemand:
		return errProvisioned(k)
	case serviceKey(v.state.KeyID):
		return errStreamKey(k)
	case len(st.channels()) >= channelsPerStream:
		return errTooManyChannels(k, channelsPerStream)
	}
	if err := checkTags(k, c.Tags); err != nil {
		return err
	}
	return checkKeys(c)
}
