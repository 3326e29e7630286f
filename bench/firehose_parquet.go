package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"time"

	"sluice/bench/rig"
)

const (
	// parquetFill is how much JSON is converted at once, less than a buffer.
	parquetFill = 110 << 20
	// parquetLines is how many lines a record has: rows are what counts here.
	parquetLines = 10
)

// parquetColumns are those of a log of requests.
const parquetColumns = `[{"Name":"ts","Type":"timestamp"},{"Name":"host","Type":"string"},{"Name":"method","Type":"string"},{"Name":"path","Type":"string"},` +
	`{"Name":"status","Type":"int"},{"Name":"bytes","Type":"bigint"},{"Name":"took","Type":"double"},{"Name":"referer","Type":"string"},` +
	`{"Name":"agent","Type":"string"},{"Name":"secure","Type":"boolean"},{"Name":"price","Type":"decimal(10,2)"},{"Name":"day","Type":"date"}]`

// parquetLine is a line of that log.
func parquetLine(i int) string {
	return fmt.Sprintf(`{"ts":"2026-07-%02d %02d:%02d:%02d.%03d","host":"10.0.%d.%d","method":"GET","path":"/shop/item/%d?page=%d","status":%d,`+
		`"bytes":%d,"took":%d.%03d,"referer":"https://example.com/list/%d","agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36","secure":%t,`+
		`"price":%d.%02d,"day":"2026-07-%02d"}`+"\n", i%28+1, i%24, i%60, i%59, i%1000, i%256, i*7%256, i*31%100000, i%9, 200+i%5*100,
		i*977%1000000, i%3, i%1000, i%5000, i%2 == 0, i%900, i%100, i%28+1)
}

// hoseParquet measures how fast JSON that waits becomes Parquet in the bucket.
// The rates are those of a core: a second is one of the processor's.
func hoseParquet(_ *bench, p *rig.Process) (Sample, error) {
	h, err := openHose(p, "")
	if err != nil {
		return Sample{}, err
	}
	defer h.conn.Close()
	for _, request := range [][]byte{
		serviceCall("glue", "AWSGlue.CreateDatabase", `{"DatabaseInput":{"Name":"bench"}}`),
		serviceCall("glue", "AWSGlue.CreateTable", `{"DatabaseName":"bench","TableInput":{"Name":"log","StorageDescriptor":{"Columns":`+parquetColumns+`}}}`),
		hoseCall("UpdateDestination", fmt.Sprintf(`{"DeliveryStreamName":%q,"CurrentDeliveryStreamVersionId":"1","DestinationId":"destinationId-000000000001",`+
			`"ExtendedS3DestinationUpdate":{"Prefix":"rows/","BufferingHints":{"SizeInMBs":128,"IntervalInSeconds":900},"DataFormatConversionConfiguration":{`+
			`"InputFormatConfiguration":{"Deserializer":{"OpenXJsonSerDe":{}}},"OutputFormatConfiguration":{"Serializer":{"ParquetSerDe":{}}},`+
			`"SchemaConfiguration":{"RoleARN":%q,"DatabaseName":"bench","TableName":"log"}}}}`, hoseName, hoseRole)),
	} {
		if err := h.call(request); err != nil {
			return Sample{}, err
		}
	}
	bytes, rows, err := h.fill()
	if err != nil {
		return Sample{}, err
	}
	before, err := rest(p)
	if err != nil {
		return Sample{}, err
	}
	begin := time.Now()
	if err := h.flush(); err != nil {
		return Sample{}, err
	}
	took := time.Since(begin)
	after, err := p.Usage()
	if err != nil {
		return Sample{}, err
	}
	busy := (after.CPU - before.CPU).Seconds()
	s := Sample{Seconds: took.Seconds(), Requests: 1 / busy, Records: float64(rows) / busy, Megabytes: float64(bytes) / 1e6 / busy,
		P50: took.Seconds() * 1e3, P99: took.Seconds() * 1e3, P999: took.Seconds() * 1e3, ServerCPU: busy * 1e6 / float64(rows)}
	if err := s.used(p); err != nil {
		return s, err
	}
	if stored, err := h.stored("format-conversion-failed/"); err != nil || stored > 0 {
		return s, fmt.Errorf("%d bytes about records that were not converted: %w", stored, err)
	}
	stored, err := h.stored("rows/")
	if err == nil && stored < bytes/100 {
		err = fmt.Errorf("only %d bytes of Parquet for %d of JSON", stored, bytes)
	}
	s.Stored = float64(stored) / 1e6
	return s, err
}

// fill puts JSON, and tells how much that was.
func (h *hose) fill() (bytes int64, rows int, err error) {
	for bytes < parquetFill {
		records := make([]string, 0, 400)
		for range cap(records) {
			var lines strings.Builder
			for range parquetLines {
				lines.WriteString(parquetLine(rows))
				rows++
			}
			bytes += int64(lines.Len())
			records = append(records, `{"Data":"`+base64.StdEncoding.EncodeToString([]byte(lines.String()))+`"}`)
		}
		if err := h.call(hoseCall("PutRecordBatch", fmt.Sprintf(`{"DeliveryStreamName":%q,"Records":[%s]}`, hoseName, strings.Join(records, ",")))); err != nil {
			return bytes, rows, err
		}
	}
	return bytes, rows, nil
}

// hoses measures a server that has many delivery streams and nothing to do.
func (f *Footprint) hoses(b *bench, kind *rig.Kind) error {
	folder, err := os.MkdirTemp(b.folder, "hoses-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	p, err := rig.Start(kind, folder)
	if err != nil {
		return err
	}
	defer p.Stop()
	h, err := openHose(p, "")
	if err != nil {
		return err
	}
	defer h.conn.Close()
	for i := range idleStreams {
		if err := h.create(fmt.Sprint("idle-", i), ""); err != nil {
			return err
		}
	}
	before, err := rest(p)
	if err != nil {
		return err
	}
	time.Sleep(idleWatch)
	after, err := p.Usage()
	f.HosesMemory = float64(after.Resident) / 1e6
	f.HosesCPU = 100 * (after.CPU - before.CPU).Seconds() / idleWatch.Seconds()
	return err
}
