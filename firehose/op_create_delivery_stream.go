package firehose

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"

	"sluice/store/kv"
)

// quota is how many delivery streams an account has in the largest regions.
const quota = 5000

// CreateDeliveryStream makes a delivery stream, which is CREATING until its
// transition is over and takes no records before. What it cannot deliver to,
// read from or do to records is refused.
//
// State: real
// Notes: S3, extended S3 (Parquet included) and HTTP endpoints, from direct puts and Kinesis streams; everything else is refused
// Test: TestCreateDeliveryStream
func (f *Firehose) CreateDeliveryStream(ctx context.Context, in *firehose.CreateDeliveryStreamInput, _ ...opt) (*firehose.CreateDeliveryStreamOutput, error) {
	k := f.keyOf(ctx, *in.DeliveryStreamName)
	st, err := f.compose(k, in)
	if err != nil {
		return nil, err
	}
	if err := f.checkSchema(ctx, k, &st.Destination); err != nil {
		return nil, err
	}
	places, err := f.beginReading(ctx, st)
	if err != nil {
		return nil, err
	}
	relaxed := false
	if h := st.Destination.HTTP; h != nil {
		if relaxed, err = f.admitURL(h.URL, "httpEndpointDestinationConfiguration"); err != nil {
			return nil, err
		}
	}
	s, err := f.add(context.WithoutCancel(ctx), k, st, places)
	if err != nil {
		return nil, err
	}
	if relaxed {
		f.noteURL(s, relaxed, st.Destination.HTTP.URL)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.gone {
		f.arm(s)
		f.follow(s)
	}
	return &firehose.CreateDeliveryStreamOutput{DeliveryStreamARN: aws.String(k.arn())}, nil
}

// add stores a new stream.
func (f *Firehose) add(ctx context.Context, k streamKey, st *streamState, places map[string]place) (*stream, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.streams[k] != nil {
		return nil, errExists(k)
	}
	if names := f.namesLocked(k); len(names) >= quota {
		return nil, errQuota(quota, names)
	}
	st.ID = f.next
	room, err := encode(&roomState{Format: stateFormat, Next: f.next + 1})
	if err != nil {
		return nil, err
	}
	raw, err := encode(st)
	if err != nil {
		return nil, err
	}
	if err := f.config.Log.Create(ctx, st.logs()); err != nil {
		return nil, err
	}
	var b kv.Batch
	b.Set([]byte(roomKey), room)
	b.Set(k.under(streamPrefix), raw)
	for shard, at := range places {
		raw, err := encode(&at)
		if err != nil {
			return nil, err
		}
		b.Set(k.sourceKey(shard), raw)
	}
	if err := f.config.Space.Commit(ctx, &b); err != nil {
		return nil, err
	}
	f.next++
	s := newStream(k, st)
	if st.Source != nil {
		s.reader = newReader(f, s, places)
	}
	f.streams[k] = s
	return s, nil
}

// namesLocked lists the streams of an account in a region. f.mu is held.
func (f *Firehose) namesLocked(k streamKey) (names []string) {
	for other := range f.streams {
		if other.account == k.account && other.region == k.region {
			names = append(names, other.name)
		}
	}
	slices.Sort(names)
	return names
}

// compose reads the state of a new stream out of a request.
func (f *Firehose) compose(k streamKey, in *firehose.CreateDeliveryStreamInput) (*streamState, error) {
	now := f.config.Clock.Now()
	st := &streamState{Format: stateFormat, Created: millis(now), Status: statusCreating,
		Due: millis(now.Add(f.config.Transition)), Version: 1, Type: string(in.DeliveryStreamType)}
	if st.Type == "" {
		st.Type = directPut
	}
	if err := checkSource(in, st.Type); err != nil {
		return nil, err
	}
	if c := in.KinesisStreamSourceConfiguration; c != nil {
		st.Source = &kinesisSourceState{ARN: aws.ToString(c.KinesisStreamARN), Role: aws.ToString(c.RoleARN)}
	}
	if c := in.DirectPutSourceConfiguration; c != nil {
		st.Hint = aws.ToInt32(c.ThroughputHintInMBs)
	}
	if e := in.DeliveryStreamEncryptionConfigurationInput; e != nil {
		if err := st.Encryption.enable(e, k.region, st.Created, f.config.Transition); err != nil {
			return nil, err
		}
	}
	var err error
	if st.Destination, err = configure(in); err != nil {
		return nil, err
	}
	if err := f.able(&st.Destination); err != nil {
		return nil, err
	}
	st.Tags, err = mergeTags(k, nil, in.Tags)
	if f.config.Transition <= 0 {
		st.Status, st.Due = statusActive, 0
	}
	return st, err
}

// able refuses what this room was not given the means for.
func (f *Firehose) able(d *destination) error {
	if d.transform() != nil && f.config.Function == nil {
		return errNotThere("call a Lambda function")
	}
	if d.converts() && f.config.Schemas == nil {
		return errNotThere("convert to Parquet without a catalog of tables")
	}
	if d.HTTP != nil && f.config.Endpoint == nil {
		return errNotThere("deliver to HttpEndpoint")
	}
	return nil
}

func checkSource(in *firehose.CreateDeliveryStreamInput, kind string) error {
	if in.DeliveryStreamEncryptionConfigurationInput != nil && kind != directPut && kind != string(types.DeliveryStreamTypeDatabaseAsSource) {
		return errInvalid("Server side encryption from firehose is only allowed for direct put delivery streams and database as a source delivery streams")
	}
	switch {
	case in.KinesisStreamSourceConfiguration != nil && kind != kinesisSource:
		return errInvalid("KinesisSourceStreamConfig is only applicable for KinesisStreamAsSource stream type")
	case in.MSKSourceConfiguration != nil && kind != string(types.DeliveryStreamTypeMSKAsSource):
		return errInvalid("MSKSourceConfig is only applicable for MSK as Source stream type.")
	case in.DatabaseSourceConfiguration != nil && kind != string(types.DeliveryStreamTypeDatabaseAsSource):
		return errInvalid("DatabaseSourceConfiguration is only applicable for Database as Source.")
	}
	switch kind {
	case directPut:
		return nil
	case kinesisSource:
		if in.KinesisStreamSourceConfiguration == nil {
			return errInvalid("KinesisSourceStreamConfig is mandatory for KinesisStreamAsSource stream type.")
		}
		return nil
	case string(types.DeliveryStreamTypeMSKAsSource):
		if in.MSKSourceConfiguration == nil {
			return errInvalid("MSKSourceConfig is mandatory for MSK as Source stream type.")
		}
	case string(types.DeliveryStreamTypeDatabaseAsSource):
		if in.IcebergDestinationConfiguration == nil {
			return errInvalid("IcebergDestinationConfiguration must be specified for Database as Source.")
		}
	}
	return errNotThere("read from a source of type " + kind)
}

// keyRegion is the region in the ARN of a key.
func keyRegion(name string) string {
	if parts := strings.Split(name, ":"); len(parts) > 3 {
		return parts[3]
	}
	return ""
}

// enable says that a stream of a region is to be encrypted from a time on.
func (e *encryption) enable(in *types.DeliveryStreamEncryptionConfigurationInput, region string, now int64, transition time.Duration) error {
	kind := string(in.KeyType)
	if kind == "" {
		kind = string(types.KeyTypeAwsOwnedCmk)
	}
	owned := kind == string(types.KeyTypeAwsOwnedCmk)
	switch {
	case owned && in.KeyARN != nil:
		return errInvalid("KeyARN cannot be specified when KeyType is AWS_OWNED_CMK")
	case !owned && in.KeyARN == nil:
		return errInvalid("KeyARN has to be specified when KeyType is CUSTOMER_MANAGED_CMK")
	case !owned && keyRegion(*in.KeyARN) != region:
		return errInvalid("Cross-region keys are not allowed for SSE. Please provide CMKs in the same region as firehose")
	}
	*e = encryption{Enabled: true, KeyType: kind, KeyARN: aws.ToString(in.KeyARN)}
	if transition > 0 {
		e.Changing = now + transition.Milliseconds()
	}
	return nil
}
