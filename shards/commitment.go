package shards

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// commitmentLeast is how long a commitment lasts at least.
const commitmentLeast = 24 * time.Hour

// accountEntity is the account's key in the catalog.
func (k streamKey) accountEntity() string { return accountPrefix + k.account + "/" + k.region }

// made begins a commitment, or lets one go on that was about to end.
func (c commitment) made(now time.Time) commitment {
	if c.active(now) {
		c.Ends = 0
		return c
	}
	return commitment{Started: millis(now), EarliestEnd: millis(now.Add(commitmentLeast))}
}

// ended ends a commitment, now or as soon as it may.
func (c commitment) ended(now time.Time) commitment {
	if c.active(now) && c.Ends == 0 {
		c.Ends = max(c.EarliestEnd, millis(now))
	}
	return c
}

// shape is the commitment as answers show it.
func (c commitment) shape(now time.Time) *types.MinimumThroughputBillingCommitmentOutput {
	out := &types.MinimumThroughputBillingCommitmentOutput{Status: types.MinimumThroughputBillingCommitmentOutputStatusDisabled}
	if c.Started == 0 {
		return out
	}
	out.StartedAt = aws.Time(timeOf(c.Started))
	if !c.active(now) {
		out.EndedAt = aws.Time(timeOf(c.Ends))
		return out
	}
	out.EarliestAllowedEndAt = aws.Time(timeOf(c.EarliestEnd))
	out.Status = types.MinimumThroughputBillingCommitmentOutputStatusEnabled
	if c.Ends != 0 {
		out.Status = types.MinimumThroughputBillingCommitmentOutputStatusEnabledUntilEarliestAllowedEnd
	}
	return out
}
