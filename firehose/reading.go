package firehose

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/internal/arn"
	"sluice/internal/caller"
	"sluice/store/kv"
)

const sourcePrefix = "source\x00"

// sourceKey is where the place of a shard is stored.
func (k streamKey) sourceKey(shard string) []byte {
	return append(k.under(sourcePrefix), "\x00"+shard...)
}

// sourceRange is all places of a stream's source.
func (k streamKey) sourceRange() kv.Range {
	return kv.Range{From: append(k.under(sourcePrefix), 0), To: append(k.under(sourcePrefix), 1)}
}

// beginReading finds out where a new delivery stream begins to read: behind
// what its source holds now. Records that come while it is CREATING are behind
// that too, as measured.
func (f *Firehose) beginReading(ctx context.Context, st *streamState) (map[string]place, error) {
	if st.Source == nil {
		return nil, nil
	}
	name, err := arn.Parse(st.Source.ARN)
	if err != nil || name.Kind != arn.Stream {
		return nil, errInvalid("KinesisStreamARN " + st.Source.ARN + " is not the ARN of a Kinesis stream.")
	}
	// The reader acts for the account of its source, so that must be the own one:
	// the service does not read from other accounts and regions either.
	if own := f.keyOf(ctx, name.Stream); own.account != name.Account || own.region != name.Region {
		return nil, errNoSource(name)
	}
	if f.config.Source == nil || f.config.Tips == nil {
		return nil, errNotThere("read from a Kinesis stream")
	}
	ctx = caller.With(ctx, caller.Caller{Account: name.Account, Region: name.Region})
	if st.Source.Made, err = f.sourceMade(ctx, st.Source.ARN); err != nil {
		return nil, sourceError(name, err)
	}
	shards, err := f.listShards(ctx, st.Source.ARN)
	if err != nil {
		return nil, sourceError(name, err)
	}
	places := map[string]place{}
	for i := range shards {
		id := aws.ToString(shards[i].ShardId)
		tip, err := f.config.Tips.Tip(ctx, st.Source.ARN, id)
		if err != nil {
			return nil, sourceError(name, err)
		}
		places[id] = place{Format: stateFormat, After: tip}
	}
	return places, nil
}

func sourceError(name arn.ARN, err error) error {
	if errors.Is(err, errSourceGone) || isCode(err, "ResourceNotFoundException") {
		return errNoSource(name)
	}
	return err
}

// follow starts the reader of a stream that has a source and is active. s.mu
// is held.
func (f *Firehose) follow(s *stream) {
	if s.reader != nil && s.state.Load().active() {
		s.reader.wake()
	}
}

// loadPlaces reads how far every source was copied.
func (f *Firehose) loadPlaces(ctx context.Context) (map[streamKey]map[string]place, error) {
	all := map[streamKey]map[string]place{}
	err := f.config.Space.Scan(ctx, []byte(sourcePrefix), after(sourcePrefix), false, func(key, value []byte) (bool, error) {
		parts := strings.Split(strings.TrimPrefix(string(key), sourcePrefix), "\x00")
		if len(parts) != 4 {
			return false, fmt.Errorf("%q is not the key of a shard of a source", key)
		}
		k := streamKey{parts[0], parts[1], parts[2]}
		var at place
		if err := decode(value, &at); err != nil {
			return false, fmt.Errorf("%s: %w", k.name, err)
		}
		if all[k] == nil {
			all[k] = map[string]place{}
		}
		all[k][parts[3]] = at
		return true, nil
	})
	return all, err
}
