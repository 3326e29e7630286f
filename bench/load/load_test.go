package load

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// stored plays a server: it takes puts and gives records back.
type stored struct {
	records []Record
}

// take answers a put request the way the service does.
func (s *stored) take(t *testing.T, request []byte) string {
	_, body, found := strings.Cut(string(request), "\r\n\r\n")
	require.True(t, found)
	var results []string
	for _, part := range strings.Split(body, `"Data":"`)[1:] {
		data, rest, _ := strings.Cut(part, `"`)
		_, rest, _ = strings.Cut(rest, `"PartitionKey":"`)
		key, _, _ := strings.Cut(rest, `"`)
		sequence := fmt.Sprint(100 + len(s.records))
		s.records = append(s.records, Record{Sequence: []byte(sequence), Key: []byte(key), Data: []byte(data)})
		results = append(results, `{"ShardId":"shardId-000000000000","SequenceNumber":"`+sequence+`"}`)
	}
	if strings.Contains(string(request), "PutRecords") {
		return `{"FailedRecordCount":0,"Records":[` + strings.Join(results, ",") + `]}`
	}
	return results[0]
}

func audited(shape *Shape, l *Ledger, records []Record) Verdict {
	a := NewAudit(shape, []*Ledger{l})
	s := a.Shard("shardId-000000000000")
	for _, r := range records {
		s.Record(r)
	}
	return a.Verdict()
}

func TestAuditOfAFaithfulServer(t *testing.T) {
	for _, c := range []struct{ size, batch int }{{12, 1}, {100, 1}, {1024, 1}, {41, 10}, {42, 10}, {1024, 500}} {
		t.Run(fmt.Sprintf("%d records of %d bytes", c.batch, c.size), func(t *testing.T) {
			var server stored
			shape := NewShape(c.size)
			l := NewLedger(maphash.MakeSeed(), c.batch)
			w := NewWriter("s", shape, c.batch, 0)
			for range 25 {
				good, err := l.Note([]byte(server.take(t, w.Next())))
				require.NoError(t, err)
				require.Equal(t, c.batch, good)
			}
			v := audited(shape, l, server.records)
			require.Equal(t, Verdict{Acknowledged: 25 * c.batch, Found: 25 * c.batch}, v)
			require.True(t, v.Clean())
		})
	}
}

func TestAuditFindsWhatIsWrong(t *testing.T) {
	change := func(r Record, at int) Record {
		r = r.Clone()
		r.Data[at] ^= 1
		return r
	}
	for _, c := range []struct {
		name    string
		spoil   func(r []Record) []Record
		verdict Verdict
	}{
		{"a record is missing", func(r []Record) []Record { return append(r[:3], r[4:]...) }, Verdict{Found: 19, Missing: 1}},
		{"a record is there twice", func(r []Record) []Record {
			again := r[19].Clone()
			again.Sequence = []byte("999")
			return append(r, again)
		}, Verdict{Found: 21, Twice: 1}},
		{"two records changed places", func(r []Record) []Record {
			r[4].Data, r[5].Data = r[5].Data, r[4].Data
			r[4].Key, r[5].Key = r[5].Key, r[4].Key
			return r
		}, Verdict{Found: 20, Disorder: 1, Misplaced: 2}},
		{"a sequence number goes back", func(r []Record) []Record {
			r[7].Sequence = []byte("101")
			return r
		}, Verdict{Found: 20, Disorder: 1, Misplaced: 1}},
		{"a byte is wrong in the middle", func(r []Record) []Record { r[9] = change(r[9], 400); return r }, Verdict{Found: 20, Damaged: 1}},
		{"a byte is wrong at the end", func(r []Record) []Record {
			r[9] = change(r[9], len(r[9].Data)-3)
			return r
		}, Verdict{Found: 20, Damaged: 1}},
		{"the tail of another record", func(r []Record) []Record {
			r[9] = r[9].Clone()
			copy(r[9].Data[1000:], r[19].Data[1000:])
			return r
		}, Verdict{Found: 20, Damaged: 1}},
		{"a foreign partition key", func(r []Record) []Record { r[2].Key = r[3].Key; return r }, Verdict{Found: 20, Damaged: 1}},
		{"a record nobody sent", func(r []Record) []Record {
			r[2] = Record{Sequence: r[2].Sequence, Key: r[2].Key, Data: []byte("AAAA")}
			return r
		}, Verdict{Found: 20, Missing: 1, Stranger: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var server stored
			shape := NewShape(1024)
			l := NewLedger(maphash.MakeSeed(), 10)
			w := NewWriter("s", shape, 10, 0)
			for range 2 {
				_, err := l.Note([]byte(server.take(t, w.Next())))
				require.NoError(t, err)
			}
			v := audited(shape, l, c.spoil(server.records))
			c.verdict.Acknowledged = 20
			require.Equal(t, c.verdict, v)
			require.False(t, v.Clean())
		})
	}
}

func TestRecordsOfLostPutsMayAppearOnce(t *testing.T) {
	var server stored
	shape := NewShape(100)
	l := NewLedger(maphash.MakeSeed(), 1)
	w := NewWriter("s", shape, 1, 0)
	server.take(t, w.Next())
	l.Lost()
	v := audited(shape, l, server.records)
	require.Equal(t, Verdict{Found: 1, Unasked: 1}, v)
	require.True(t, v.Clean())
	require.False(t, audited(shape, l, append(server.records, server.records...)).Clean())
}

func TestRefusedRecordsAreNotAcknowledged(t *testing.T) {
	l := NewLedger(maphash.MakeSeed(), 10)
	refused := `{"ErrorCode":"ProvisionedThroughputExceededException","ErrorMessage":"slow down"}`
	taken := `{"SequenceNumber":"1","ShardId":"shardId-000000000000"}`
	good, err := l.Note([]byte(`{"FailedRecordCount":5,"Records":[` + strings.Repeat(refused+","+taken+",", 4) + refused + "," + taken + `]}`))
	require.NoError(t, err)
	require.Equal(t, 5, good)
	require.Equal(t, 5, l.Acknowledged())
	_, err = l.Note([]byte(`{"FailedRecordCount":0,"Records":[` + taken + `]}`))
	require.ErrorContains(t, err, "1 results for 10 records")
}

func TestRecordsOfAnAnswer(t *testing.T) {
	one := `{"ApproximateArrivalTimestamp":1.7E9,"Data":"QQ==","PartitionKey":"k","SequenceNumber":"7"}`
	two := `{"SequenceNumber":"8","Data":"","PartitionKey":"l","EncryptionType":"KMS"}`
	for name, answer := range map[string]string{
		"iterator after":  `{"MillisBehindLatest":0,"Records":[` + one + `,` + two + `],"NextShardIterator":"next"}`,
		"iterator before": `{"NextShardIterator":"next","Records":[` + one + `, ` + two + `],"MillisBehindLatest":0}`,
	} {
		t.Run(name, func(t *testing.T) {
			records, span, err := Records(nil, []byte(answer))
			require.NoError(t, err)
			require.Equal(t, []Record{
				{Sequence: []byte("7"), Key: []byte("k"), Data: []byte("QQ==")},
				{Sequence: []byte("8"), Key: []byte("l"), Data: []byte("")},
			}, records)
			require.Equal(t, "next", NextIterator([]byte(answer), span))
			require.True(t, AtTip([]byte(answer)))
		})
	}
	for _, broken := range []string{`{}`, `{"Records":[`, `{"Records":[{"Data":"A`, `{"Records":[{"Data":1`, `{"Records":[{"Data"}]}`, `{"Records":[7]}`} {
		_, _, err := Records(nil, []byte(broken))
		require.Error(t, err, broken)
	}
}

func TestCBOR(t *testing.T) {
	shape := NewShape(1024)
	shape.CBOR = true
	for _, batch := range []int{1, 10} {
		l := NewLedger(maphash.MakeSeed(), batch)
		l.CBOR = true
		w := NewWriter("s", shape, batch, 3)
		var page []byte
		sequence := 10
		for range 2 {
			_, body, _ := bytes.Cut(w.Next(), []byte("\r\n\r\n"))
			c := &cursor{b: body}
			var results []byte
			one := func() {
				results = cborString(cborString(cborHead(results, cborMap, 2), "ShardId"), "shardId-000000000000")
				number := fmt.Sprint(sequence)
				sequence++
				results = cborString(cborString(results, "SequenceNumber"), number)
				page = cborString(cborString(cborHead(page, cborMap, 4), "SequenceNumber"), number)
				page = append(cborString(page, "ApproximateArrivalTimestamp"), 0xc1, 0x1b, 0, 0, 1, 0, 0, 0, 0, 0)
				c.strings(func(name, text []byte) {
					switch string(name) {
					case "Data":
						page = append(cborHead(cborString(page, "Data"), cborBytes, len(text)), text...)
					case "PartitionKey":
						page = cborString(cborString(page, "PartitionKey"), string(text))
					}
				})
			}
			if batch == 1 {
				one()
			} else {
				c.list("Records", one)
				results = append(cborHead(cborString(cborHead(nil, cborMap, 1), "Records"), cborList, batch), results...)
			}
			require.False(t, c.bad)
			good, err := l.Note(results)
			require.NoError(t, err)
			require.Equal(t, batch, good)
		}
		answer := append(cborHead(cborString(cborHead(nil, cborMap, 3), "Records"), cborList, 2*batch), page...)
		answer = cborString(cborString(answer, "NextShardIterator"), "x")
		answer = append(cborString(answer, "MillisBehindLatest"), 0)
		records, span, err := RecordsCBOR(nil, answer)
		require.NoError(t, err)
		require.Len(t, records, 2*batch)
		require.Equal(t, span.End, SpanCBOR(answer).End)
		a := NewAudit(shape, []*Ledger{{}, {}, {}, l})
		s := a.Shard("shardId-000000000000")
		for _, r := range records {
			s.Record(r)
		}
		require.Equal(t, Verdict{Acknowledged: 2 * batch, Found: 2 * batch}, a.Verdict())
	}
}
