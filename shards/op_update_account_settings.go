package shards

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/store/kv"
)

// UpdateAccountSettings makes or ends the account's minimum throughput billing
// commitment in this region, which lasts 24 hours at least. Ended earlier, it
// goes on until then and ends by itself; made again meanwhile, it goes on.
// On-demand streams of a committed account take warm throughput and up to 50
// consumers.
//
// State: real
// Notes: unlocks warm throughput and 50 consumers
// Test: TestAccountSettings
func (s *Streams) UpdateAccountSettings(ctx context.Context, in *kinesis.UpdateAccountSettingsInput, _ ...opt) (*kinesis.UpdateAccountSettingsOutput, error) {
	if err := s.admitCall(ctx, "UpdateAccountSettings", commonCalls, nil, nil); err != nil {
		return nil, err
	}
	if in.MinimumThroughputBillingCommitment == nil {
		return nil, errMissing("minimumThroughputBillingCommitment")
	}
	change := commitment.ended
	if in.MinimumThroughputBillingCommitment.Status == types.MinimumThroughputBillingCommitmentInputStatusEnabled {
		change = commitment.made
	}
	c, now, err := s.commitTo(ctx, s.caller(ctx), change)
	if err != nil {
		return nil, err
	}
	return &kinesis.UpdateAccountSettingsOutput{MinimumThroughputBillingCommitment: c.shape(now)}, nil
}

// commitTo changes the commitment of an account and returns what it is now.
func (s *Streams) commitTo(ctx context.Context, k streamKey, change func(commitment, time.Time) commitment) (commitment, time.Time, error) {
	k = k.scope()
	s.mu.RLock()
	known := s.account[k]
	s.mu.RUnlock()
	for {
		now := s.clock.Now()
		body, err := encodeStored(change(known.state.Commitment, now))
		if err != nil {
			return commitment{}, now, err
		}
		value, err := s.catalog.Propose(ctx, kv.Command{
			Key: k.accountEntity(), Expect: known.version, Kind: kindTerms, Body: body, At: now,
		})
		conflict := errors.Is(err, kv.ErrConflict)
		if conflict {
			value, err = s.catalog.Get(ctx, k.accountEntity())
		}
		if err != nil {
			return commitment{}, now, fmt.Errorf("change the settings of account %s: %w", k.account, err)
		}
		if known, err = s.learnAccount(k, value); err != nil || !conflict {
			return known.state.Commitment, now, err
		}
	}
}

// learnAccount keeps a stored account unless a newer one is known.
func (s *Streams) learnAccount(k streamKey, value kv.Value) (accounts, error) {
	loaded := accounts{version: value.Version}
	if value.Version == 0 { // a reset came between
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.account, k)
		return loaded, nil
	}
	if err := decodeStored(value.State, &loaded.state); err != nil {
		return accounts{}, fmt.Errorf("account %s: %w", k.account, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.account[k].version < loaded.version {
		s.account[k] = loaded
	}
	return loaded, nil
}
