package shards

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
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

// BenchmarkAdmitWrites is what a record pays for limits and heat: of many
// keys, where the sketch works hardest, and of one.
func BenchmarkAdmitWrites(b *testing.B) {
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
			p.records = make([]types.PutRecordsRequestEntry, setting.keys)
			for i := range p.records {
				p.records[i] = types.PutRecordsRequestEntry{PartitionKey: aws.String(fmt.Sprint("key-", i)), Data: make([]byte, 100)}
				p.hashes = append(p.hashes, hashOf(*p.records[i].PartitionKey))
			}
			p.sort(v)
			ns := r.clock.Now().UnixNano()
			b.ReportAllocs()
			for b.Loop() {
				if r.admitWrites(p, v, ns); len(p.batch) < setting.keys {
					b.Fatal("refused")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*setting.keys), "ns/record")
		})
	}
}
