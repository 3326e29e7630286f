package convert

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/firehose/parquet"
)

// access is a table of twelve columns, as a log of requests has them, with a
// line that fits it.
func access() ([]Column, func(i int) string) {
	return []Column{{"ts", "timestamp"}, {"host", "string"}, {"method", "string"}, {"path", "string"}, {"status", "int"}, {"bytes", "bigint"},
			{"took", "double"}, {"referer", "string"}, {"agent", "string"}, {"secure", "boolean"}, {"price", "decimal(10,2)"}, {"day", "date"}},
		func(i int) string {
			return fmt.Sprintf(`{"ts":"2026-07-%02d %02d:%02d:%02d.%03d","host":"10.0.%d.%d","method":"GET","path":"/shop/item/%d?page=%d","status":%d,`+
				`"bytes":%d,"took":%d.%03d,"referer":"https://example.com/list/%d","agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36","secure":%t,`+
				`"price":%d.%02d,"day":"2026-07-%02d"}`, i%28+1, i%24, i%60, i%59, i%1000, i%256, i*7%256, i*31%100000, i%9, 200+i%5*100,
				i*977%1000000, i%3, i%1000, i%5000, i%2 == 0, i%900, i%100, i%28+1)
		}
}

// BenchmarkConvert turns JSON of twelve columns into Parquet with Snappy.
func BenchmarkConvert(b *testing.B) {
	columns, line := access()
	p, err := Compile(columns, Options{})
	require.NoError(b, err)
	const rows = 100_000
	lines, total := make([][]byte, rows), 0
	for i := range lines {
		lines[i] = []byte(line(i))
		total += len(lines[i])
	}
	for _, dictionary := range []bool{false, true} {
		b.Run(fmt.Sprintf("dictionary=%t", dictionary), func(b *testing.B) {
			b.SetBytes(int64(total))
			b.ReportAllocs()
			for b.Loop() {
				w, err := parquet.New(p.Schema(), parquet.Options{Codec: parquet.Snappy, BlockBytes: 256 << 20, PageBytes: 1 << 20, Dictionary: dictionary})
				require.NoError(b, err)
				r := p.NewRows()
				for _, l := range lines {
					if err := r.Read(l); err != nil {
						b.Fatal(err)
					}
					if err := w.Add(r.Count(), r.Values()); err != nil {
						b.Fatal(err)
					}
				}
				_, err = w.Close()
				require.NoError(b, err)
			}
		})
	}
}
