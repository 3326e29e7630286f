package shards

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/delivery"
)

// hole is a bucket that keeps nothing.
type hole struct{}

func (hole) PutObject(context.Context, delivery.Object) error { return nil }
func (hole) HeadBucket(context.Context, delivery.Place) error { return nil }

// BenchmarkDelivery delivers 16 MiB of records of 1 KiB at a time.
func BenchmarkDelivery(b *testing.B) {
	for _, packing := range []types.S3CompressionType{types.S3CompressionTypeNone, types.S3CompressionTypeGzip, types.S3CompressionTypeZstd} {
		b.Run(string(packing), func(b *testing.B) {
			r := open(b)
			r.Deliver(hole{})
			r.createOnDemand("a")
			r.channel("c", "a", format(types.RecordFormatTypeJson), packed(packing))
			in := &kinesis.PutRecordsInput{StreamName: aws.String("a")}
			for i := range 500 {
				in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: aws.String(fmt.Sprint(i)), Data: line(i)})
			}
			c := r.channelNamed(streamKey{testAccount, testRegion, "a"}, "c")
			b.SetBytes(32 * 500 << 10)
			for b.Loop() {
				b.StopTimer()
				c.pump.bytes.Store(-1 << 40) // the buffer is not to close by itself
				for range 32 {
					_, err := r.PutRecords(r.ctx, in)
					require.NoError(b, err)
				}
				b.StartTimer()
				r.deliver(c)
			}
		})
	}
}

// line is a JSON text of 1 KiB.
func line(i int) []byte {
	text := fmt.Appendf(nil, `{"n":%d,"text":"`, i)
	for n := 0; len(text) < 1022; n++ {
		text = append(text, byte('a'+(n*i+n)%26))
	}
	return append(text, '"', '}')
}
