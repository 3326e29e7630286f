package shards

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/store/log"
)

// BenchmarkLimits puts 500 records of 100 bytes into four shards, with
// limits off and with limits that never refuse. It leaves out the door and the
// wire, so what limits cost is a larger part here than it is of a server.
func BenchmarkLimits(b *testing.B) {
	for _, setting := range []struct {
		name   string
		limits Limits
	}{{"off", Limits{}}, {"x1000000", Limits{Enforced: true, Factor: 1e6}}} {
		b.Run("limits="+setting.name, func(b *testing.B) {
			r := open(b, func(c *Config) { c.Limits = setting.limits })
			r.create("a", 4)
			in := &kinesis.PutRecordsInput{StreamName: aws.String("a"), Records: make([]types.PutRecordsRequestEntry, 500)}
			for i := range in.Records {
				in.Records[i] = types.PutRecordsRequestEntry{PartitionKey: aws.String(fmt.Sprint("key-", i)), Data: make([]byte, 100)}
			}
			b.ReportAllocs()
			for b.Loop() {
				out, err := r.PutRecords(r.ctx, in)
				if err != nil || *out.FailedRecordCount > 0 {
					b.Fatal(err, *out.FailedRecordCount)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*500), "ns/record")
		})
	}
}

// BenchmarkAdmitWrite is what one record pays for limits and heat: of many
// keys, where the sketch works hardest, and of one.
func BenchmarkAdmitWrite(b *testing.B) {
	for _, setting := range []struct {
		name   string
		limits Limits
		keys   int
	}{
		{"limits=off/keys=2000", Limits{}, 2000}, {"limits=x1000000/keys=2000", Limits{Enforced: true, Factor: 1e6}, 2000},
		{"limits=x1000000/keys=1", Limits{Enforced: true, Factor: 1e6}, 1},
	} {
		b.Run(setting.name, func(b *testing.B) {
			r := open(b, func(c *Config) { c.Limits = setting.limits })
			r.create("a", 1)
			st, err := r.resolve(r.ctx, aws.String("a"), nil)
			require.NoError(b, err)
			v, p := st.view.Load(), new(put)
			p.reset(st, setting.keys)
			for i := range setting.keys {
				key := fmt.Sprint("key-", i)
				p.entries = append(p.entries, log.Entry{PartitionKey: key, Data: make([]byte, 100)})
				p.hashes = append(p.hashes, hashOf(key))
				r.direct(p, v, i)
			}
			ns, i := r.clock.Now().UnixNano(), 0
			b.ReportAllocs()
			for b.Loop() {
				if r.admitWrite(p, v, i, ns) != nil {
					b.Fatal("refused")
				}
				if i++; i == setting.keys {
					i = 0
				}
			}
		})
	}
}
