package shards

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/internal/arn"
	"sluice/internal/clock"
)

// channelPrefix begins the keys of channels in the catalog.
const channelPrefix = "channel/"

// statusFailed is the end of a channel that could not be provisioned.
const statusFailed = "FAILED"

// channelKey is the identity of a channel. Its name is unique too, but all
// operations use the id, which its ARN ends with.
type channelKey struct{ account, region, id string }

func (k channelKey) entity() string { return channelPrefix + k.account + "/" + k.region + "/" + k.id }

func (k channelKey) arn() string { return arn.ForChannel(k.region, k.account, k.id).String() }

// channel is a channel that exists. Like a stream it shows all about itself in
// a view; what is under way is in its pump.
type channel struct {
	key    channelKey
	stream *stream
	view   atomic.Pointer[channelView]

	// mu serialises changes.
	mu    sync.Mutex
	timer clock.Timer // guarded by mu; the next landing
	due   int64       // guarded by mu; when timer fires, 0 when there is none

	pump pump
}

// channelView is everything about a channel at one moment, immutable.
type channelView struct {
	version uint64
	state   *channelState
	// gone is set in the last view of a channel that was removed.
	gone bool
}

// channelState is everything stored of one channel, in Sluice's own form.
// Times are milliseconds since 1970.
type channelState struct {
	Format  int    `json:"v"`
	ID      string `json:"id"` // empty: removed
	Name    string `json:"name"`
	Created int64  `json:"created"`
	Status  string `json:"status"`
	Due     int64  `json:"due,omitempty"`    // when CREATING, UPDATING or DELETING ends
	Reason  string `json:"reason,omitempty"` // of FAILED

	Stream   string `json:"stream"`
	StreamID uint64 `json:"streamId"`

	Role      string            `json:"role"`
	Records   string            `json:"records"` // the record format
	Bucket    channelBucket     `json:"bucket"`
	Dead      channelBucket     `json:"dead"`
	Packing   string            `json:"packing"` // the compression
	Class     string            `json:"class"`
	Keys      string            `json:"keys"`   // the output key template
	Errors    string            `json:"errors"` // the prefix of dead letters
	Freshness int               `json:"freshnessSeconds"`
	Logging   *channelLogging   `json:"logging,omitempty"`
	KeyID     string            `json:"keyId,omitempty"`
	Tags      map[string]string `json:"tags,omitempty"`

	// Active is since when records are delivered, 0 before. Positions is how
	// far, by shard: the first position that is not delivered. A shard without
	// one is delivered from its beginning, for it was opened later. Batches
	// counts the checkpoints.
	Active    int64            `json:"active,omitempty"`
	Positions map[uint32]int64 `json:"positions,omitempty"`
	Batches   uint64           `json:"batches,omitempty"`
}

// channelBucket is a bucket and who must own it.
type channelBucket struct {
	ARN   string `json:"arn"`
	Owner string `json:"owner"`
}

// channelLogging is where AWS would write of a delivery; Sluice keeps it.
type channelLogging struct {
	Enabled bool   `json:"enabled"`
	Group   string `json:"group,omitempty"`
	Stream  string `json:"stream,omitempty"`
}

// delivers reports whether records are delivered in the channel's status.
func (st *channelState) delivers() bool {
	return st.Status == statusActive || st.Status == statusUpdating
}

func decodeChannel(raw []byte) (*channelState, error) {
	st := new(channelState)
	if err := decodeStored(raw, st); err != nil {
		return nil, err
	}
	if st.Format > stateFormat {
		return nil, fmt.Errorf("the stored channel has format %d, this version of Sluice reads up to %d; use a newer one", st.Format, stateFormat)
	}
	return st, nil
}

// status is what descriptions show besides the stored state: while a delivery
// does not get through, why.
func (c *channel) reason(st *channelState) *string {
	if st.Reason != "" {
		return aws.String(st.Reason)
	}
	if trouble := c.pump.trouble.Load(); trouble != nil && st.delivers() {
		return aws.String(*trouble)
	}
	return nil
}

// summary is the channel as listings show it.
func (c *channel) summary(st *channelState) types.ChannelSummary {
	return types.ChannelSummary{
		ChannelName: aws.String(st.Name), ChannelARN: aws.String(c.key.arn()), ChannelId: aws.String(st.ID),
		ChannelStatus: types.ChannelStatus(st.Status), ChannelStatusReason: c.reason(st),
		ChannelCreationTimestamp: aws.Time(timeOf(st.Created)), ChannelDestinationType: types.ChannelDestinationTypeS3,
		Streams: []types.ChannelStreamIdentifier{{
			StreamARN:               aws.String(c.stream.key.arn().String()),
			StreamCreationTimestamp: aws.Time(timeOf(c.stream.view.Load().state.Created)),
		}},
	}
}

// description is the channel as DescribeChannel shows it.
func (c *channel) description(st *channelState) *types.ChannelDescription {
	short := c.summary(st)
	out := &types.ChannelDescription{
		ChannelName: short.ChannelName, ChannelARN: short.ChannelARN, ChannelId: short.ChannelId,
		ChannelStatus: short.ChannelStatus, ChannelStatusReason: short.ChannelStatusReason,
		ChannelCreationTimestamp: short.ChannelCreationTimestamp, ServiceExecutionRoleARN: aws.String(st.Role),
		StreamConfigurationList: []types.ChannelStreamDescription{{
			StreamARN: short.Streams[0].StreamARN, StreamCreationTimestamp: short.Streams[0].StreamCreationTimestamp,
			RecordConfiguration: &types.RecordConfiguration{RecordFormatType: types.RecordFormatType(st.Records)},
		}},
		LoggingConfiguration: &types.ChannelLoggingConfiguration{CloudWatchLogs: st.Logging.shape()},
		S3DestinationConfiguration: &types.S3DestinationDescription{
			DataFreshnessInSeconds: aws.Int32(int32(st.Freshness)),
			DeadLetterQueueS3Configuration: &types.DeadLetterQueueS3Configuration{
				BucketARN: aws.String(st.Dead.ARN), ExpectedBucketOwner: aws.String(st.Dead.Owner), ErrorOutputPrefix: aws.String(st.Errors),
			},
			StorageConfiguration: &types.S3StorageConfiguration{
				BucketARN: aws.String(st.Bucket.ARN), ExpectedBucketOwner: aws.String(st.Bucket.Owner),
				CompressionType: types.S3CompressionType(st.Packing), StorageClass: types.S3StorageClass(st.Class),
				OutputKeyTemplate: aws.String(st.Keys),
			},
		},
	}
	if st.KeyID != "" {
		out.EncryptionConfiguration = &types.ChannelEncryptionConfiguration{
			EncryptionType: types.ChannelEncryptionTypeKms, KeyId: aws.String(st.KeyID)}
	}
	return out
}

func (l *channelLogging) shape() *types.CloudWatchLogs {
	if l == nil || !l.Enabled {
		return &types.CloudWatchLogs{Enabled: aws.Bool(false)}
	}
	return &types.CloudWatchLogs{Enabled: aws.Bool(true), LogGroupName: aws.String(l.Group), LogStreamName: aws.String(l.Stream)}
}
