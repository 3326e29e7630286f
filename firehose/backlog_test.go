package firehose

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"

	"sluice/delivery"
)

// A destination that is down stops the reading of the source, over restarts as
// well, and what waits in the source is read once it is back.
func TestDestinationDownStopsTheSource(t *testing.T) {
	for name, edit := range map[string]func(*types.ExtendedS3DestinationConfiguration){
		"bucket":               nil,
		"behind a function":    func(c *types.ExtendedS3DestinationConfiguration) { c.ProcessingConfiguration = lambda(nil) },
		"bucket of partitions": func(c *types.ExtendedS3DestinationConfiguration) { partitioned("{c:.c}")(c) },
		"bucket of the backup": func(c *types.ExtendedS3DestinationConfiguration) {
			c.S3BackupMode = types.S3BackupModeEnabled
			c.S3BackupConfiguration = &types.S3DestinationConfiguration{RoleARN: aws.String(role), BucketARN: aws.String("arn:aws:s3:::copy"), BufferingHints: hints(5, 60)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.function = func(in call) (any, error) { return echo(in), nil }
			r.from("out", r.stream("in", 1), edit)
			r.config.MaxBacklog = 10_000
			r.bucket.failing(delivery.ErrNoBucket)
			record := `{"c":1,"x":"` + strings.Repeat("x", 1000) + `"}`
			put := func(n int) {
				for range n {
					r.produce("in", record)
					r.clock.Step(time.Second)
				}
				r.pass(2 * time.Minute)
			}
			put(40)
			read := r.known("out").pump.counts.ReadRecords.Load()
			require.GreaterOrEqual(t, read, uint64(10))
			require.Less(t, read, uint64(41))
			put(10)
			require.Equal(t, read, r.known("out").pump.counts.ReadRecords.Load(), "nothing is read any more")
			require.True(t, r.known("out").reader.stalled.Load())
			require.NoError(t, r.Close())
			r.most = 10_000
			r.open()
			put(10)
			if name != "bucket of partitions" { // which may hold much until they are in trouble
				require.Zero(t, r.known("out").pump.counts.ReadRecords.Load(), "nor after a restart")
			}
			r.bucket.failing(nil)
			r.pass(20 * time.Minute)
			delivered := map[string]int{}
			for _, o := range r.bucket.taken() {
				delivered[o.Bucket] += strings.Count(string(o.Body), record)
			}
			require.Equal(t, 60, delivered["lake"])
			if len(delivered) > 1 {
				require.Equal(t, 60, delivered["copy"])
			}
		})
	}
}
