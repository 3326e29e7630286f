package shards

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

func (r *room) increase(hours int32) error {
	_, err := r.IncreaseStreamRetentionPeriod(r.ctx, &kinesis.IncreaseStreamRetentionPeriodInput{StreamName: aws.String("a"), RetentionPeriodHours: &hours})
	return err
}

func (r *room) decrease(hours int32) error {
	_, err := r.DecreaseStreamRetentionPeriod(r.ctx, &kinesis.DecreaseStreamRetentionPeriodInput{StreamName: aws.String("a"), RetentionPeriodHours: &hours})
	return err
}

func TestRetentionPeriod(t *testing.T) {
	needsActive(t, func(r *room, name, arn *string) error {
		_, err := r.IncreaseStreamRetentionPeriod(r.ctx, &kinesis.IncreaseStreamRetentionPeriodInput{StreamName: name, StreamARN: arn, RetentionPeriodHours: aws.Int32(48)})
		return err
	})
	const short = "Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short."
	const long = "Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) is too long."
	t.Run("case 58 Increase retention to 23; to 8761; to equal; to less", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		requireError(t, r.increase(23), codeArgument, short)
		requireError(t, r.increase(8761), codeArgument, long)
		require.NoError(t, r.increase(25))
		require.NoError(t, r.increase(25))
		requireError(t, r.increase(24), codeArgument, "Requested retention period (24 hours) for stream a can not be shorter than existing retention period (25 hours). Use DecreaseRetentionPeriod API.")
		require.EqualValues(t, 25, *r.summary("a").RetentionPeriodHours)
		require.NoError(t, r.increase(8760))
	})
	t.Run("decrease to 23; to 8761; to equal; to more", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		requireError(t, r.decrease(23), codeArgument, short)
		requireError(t, r.decrease(8761), codeArgument, long)
		requireError(t, r.decrease(25), codeArgument, "Requested retention period (25 hours) for stream a can not be longer than existing retention period (24 hours). Use IncreaseRetentionPeriod API.")
		require.NoError(t, r.decrease(24))
		require.NoError(t, r.increase(100))
		require.NoError(t, r.decrease(99))
		require.EqualValues(t, 99, *r.summary("a").RetentionPeriodHours)
	})
	t.Run("extreme and missing hours", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		requireError(t, r.increase(-2147483648), codeArgument, "Minimum allowed retention period is 24 hours. Requested retention period (-2147483648 hours) is too short.")
		requireError(t, r.decrease(2147483647), codeArgument, "Maximum allowed retention period is 8760 hours. Requested retention period (2147483647 hours) is too long.")
		_, err := r.IncreaseStreamRetentionPeriod(r.ctx, &kinesis.IncreaseStreamRetentionPeriodInput{StreamName: aws.String("a")})
		requireError(t, err, codeArgument, "Minimum allowed retention period is 24 hours. Requested retention period (0 hours) is too short.")
	})
	t.Run("UPDATING, unless nothing changes", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.create("a", 1)
		r.clock.Step(minute)
		require.NoError(t, r.increase(24))
		require.Equal(t, "ACTIVE", r.status("a"))
		require.NoError(t, r.increase(48))
		require.Equal(t, "UPDATING", r.status("a"))
		require.EqualValues(t, 48, *r.summary("a").RetentionPeriodHours)
		r.clock.Step(minute)
		require.Equal(t, "ACTIVE", r.status("a"))
	})
	t.Run("records expire by service time", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.put("a", "k", "old")
		require.NoError(t, r.increase(48))
		r.clock.Step(30 * time.Hour)
		r.put("a", "k", "new")
		require.Equal(t, []string{"old", "new"}, r.read("a", "0"))
		require.NoError(t, r.decrease(24))
		require.Equal(t, []string{"new"}, r.read("a", "0"), "a decrease acts at once")
		require.NoError(t, r.increase(48))
		require.Equal(t, []string{"new"}, r.read("a", "0"), "an increase brings nothing back")
		r.clock.Step(47 * time.Hour)
		require.Equal(t, []string{"new"}, r.read("a", "0"))
		r.clock.Step(2 * time.Hour)
		require.Empty(t, r.read("a", "0"))
	})
}
