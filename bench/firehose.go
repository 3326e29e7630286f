package main

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"sluice/bench/raw"
	"sluice/bench/rig"
)

// Delivery streams: how fast they take records while they deliver them, and how
// fast JSON becomes Parquet. What was acknowledged is held against the sizes of
// the objects in the bucket.

const (
	hoseName   = "bench-hose"
	hoseBucket = "bench-lake"
	hoseRole   = "arn:aws:iam::000000000000:role/bench"
)

// serviceCall makes a request of a service whose protocol is JSON.
func serviceCall(service, target, body string) []byte {
	return fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Target: %s\r\n"+
		"X-Amz-Date: 20260101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/%s/aws4_request, "+
		"SignedHeaders=host, Signature=0\r\nContent-Length: %d\r\n\r\n%s", target, service, len(body), body)
}

func hoseCall(operation, body string) []byte {
	return serviceCall("firehose", "Firehose_20150804."+operation, body)
}

// hose is a delivery stream under load, and its bucket.
type hose struct {
	p    *rig.Process
	conn *raw.Conn
}

// openHose makes a bucket and a delivery stream to it. more is what its
// destination has beside bucket and role.
func openHose(p *rig.Process, more string) (*hose, error) {
	conn, err := raw.Dial(p.Address)
	if err != nil {
		return nil, err
	}
	h := &hose{p: p, conn: conn}
	request, err := http.NewRequest(http.MethodPut, "http://"+p.Address+"/"+hoseBucket, nil)
	if err == nil {
		err = h.plain(request, nil)
	}
	if err == nil {
		err = h.create(hoseName, more)
	}
	return h, err
}

func (h *hose) call(request []byte) error {
	_, err := ok(h.conn.Do(request))
	return err
}

func (h *hose) create(name, more string) error {
	err := h.call(hoseCall("CreateDeliveryStream", fmt.Sprintf(`{"DeliveryStreamName":%q,"ExtendedS3DestinationConfiguration":{"RoleARN":%q,"BucketARN":"arn:aws:s3:::%s"%s}}`,
		name, hoseRole, hoseBucket, more)))
	for begin := time.Now(); err == nil && time.Since(begin) < activeWait; time.Sleep(activePoll) {
		var out struct {
			DeliveryStreamDescription struct{ DeliveryStreamStatus string }
		}
		answer, failed := ok(h.conn.Do(hoseCall("DescribeDeliveryStream", fmt.Sprintf(`{"DeliveryStreamName":%q}`, name))))
		if failed != nil {
			return failed
		}
		if err := json.Unmarshal(answer.Body, &out); err != nil || out.DeliveryStreamDescription.DeliveryStreamStatus == "ACTIVE" {
			return err
		}
	}
	return err
}

// plain makes a request that is not of a service's JSON.
func (h *hose) plain(request *http.Request, read func(io.Reader) error) error {
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(io.LimitReader(answer.Body, 300))
		return fmt.Errorf("%s %s: %s %s", request.Method, request.URL.Path, answer.Status, b)
	}
	if read == nil {
		_, err = io.Copy(io.Discard, answer.Body)
		return err
	}
	return read(answer.Body)
}

func (h *hose) get(path string, read func(io.Reader) error) error {
	request, err := http.NewRequest(http.MethodGet, "http://"+h.p.Address+path, nil)
	if err != nil {
		return err
	}
	return h.plain(request, read)
}

// flush delivers everything that waits.
func (h *hose) flush() error {
	request, err := http.NewRequest(http.MethodPost, "http://"+h.p.Address+"/_sluice/firehose/"+hoseName+"/flush", nil)
	if err != nil {
		return err
	}
	return h.plain(request, nil)
}

// delivered is how many bytes have been delivered.
func (h *hose) delivered() (total int64, err error) {
	err = h.get("/_sluice/metrics", func(r io.Reader) error {
		b, err := io.ReadAll(r)
		for line := range strings.Lines(string(b)) {
			if strings.HasPrefix(line, "sluice_firehose_delivered_bytes_total{") && strings.Contains(line, hoseName) {
				value, failed := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndexByte(line, ' '):]), 64)
				total, err = int64(value), failed
			}
		}
		return err
	})
	return total, err
}

// stored sums the sizes of the objects under a prefix.
func (h *hose) stored(prefix string) (total int64, err error) {
	for token := ""; ; {
		var page struct {
			Contents              []struct{ Size int64 }
			IsTruncated           bool
			NextContinuationToken string
		}
		query := url.Values{"list-type": {"2"}, "prefix": {prefix}}
		if token != "" {
			query.Set("continuation-token", token)
		}
		if err := h.get("/"+hoseBucket+"?"+query.Encode(), func(r io.Reader) error { return xml.NewDecoder(r).Decode(&page) }); err != nil {
			return 0, err
		}
		for _, o := range page.Contents {
			total += o.Size
		}
		if token = page.NextContinuationToken; !page.IsTruncated {
			return total, nil
		}
	}
}

// hosePuts measures PutRecordBatch while what is put is delivered without being
// packed.
func hosePuts(size, batch, connections int) func(*bench, *rig.Process) (Sample, error) {
	return func(b *bench, p *rig.Process) (Sample, error) {
		h, err := openHose(p, `,"BufferingHints":{"SizeInMBs":5,"IntervalInSeconds":60}`)
		if err != nil {
			return Sample{}, err
		}
		defer h.conn.Close()
		var acknowledged atomic.Int64
		m, err := drive(p, b, connections, func(i int, conn *raw.Conn) (step, error) {
			request := hoseCall("PutRecordBatch", hoseBatch(i, size, batch))
			return func() (int, error) {
				answer, err := ok(conn.Do(request))
				if err == nil && !strings.Contains(string(answer.Body[:min(len(answer.Body), 100)]), `"FailedPutCount":0`) {
					err = fmt.Errorf("records were refused: %.300s", answer.Body)
				}
				if err == nil {
					acknowledged.Add(int64(batch * size))
				}
				return batch, err
			}, nil
		})
		if err != nil {
			return Sample{}, err
		}
		s := newSample(m, size)
		done, err := h.delivered()
		if err != nil {
			return s, err
		}
		s.Behind = float64(acknowledged.Load()-done) / 1e6 / s.Megabytes
		if err := h.flush(); err != nil {
			return s, err
		}
		if err := s.used(p); err != nil {
			return s, err
		}
		s.WrittenPerByte = float64(m.written) / float64(acknowledged.Load())
		stored, err := h.stored("")
		if err == nil && stored != acknowledged.Load() {
			err = fmt.Errorf("%d bytes were acknowledged, %d are in the bucket", acknowledged.Load(), stored)
		}
		return s, err
	}
}

// hoseBatch is the body of a put of records that no packing makes smaller.
func hoseBatch(seed, size, batch int) string {
	dice := rand.New(rand.NewPCG(uint64(seed), uint64(size)))
	data := make([]byte, size)
	records := make([]string, batch)
	for i := range records {
		for j := range data {
			data[j] = byte(dice.Uint32())
		}
		records[i] = `{"Data":"` + base64.StdEncoding.EncodeToString(data) + `"}`
	}
	return fmt.Sprintf(`{"DeliveryStreamName":%q,"Records":[%s]}`, hoseName, strings.Join(records, ","))
}
