package load

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// Types of content.
const (
	jsonType = "application/x-amz-json-1.1"
	cborType = "application/x-amz-cbor-1.1"
)

// Head returns the head of a signed-looking request. The signature is a dummy
// of the right form: neither Sluice nor its opponents verify it.
func Head(operation string, length int) []byte { return head(operation, jsonType, length) }

func head(operation, content string, length int) []byte {
	date := time.Now().UTC().Format("20060102T150405Z")
	return fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: sluice-bench\r\n"+
		"Content-Type: %s\r\nX-Amz-Target: Kinesis_20131202.%s\r\nX-Amz-Date: %s\r\n"+
		"Authorization: AWS4-HMAC-SHA256 Credential=AKIDBENCH/%s/us-east-1/kinesis/aws4_request, "+
		"SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=%s\r\nContent-Length: %d\r\n\r\n",
		content, operation, date, date[:8], strings.Repeat("5e", 32), length)
}

// GetCBOR returns a GetRecords request in CBOR.
func GetCBOR(iterator string, limit int) []byte {
	body := cborString(cborHead(nil, cborMap, 2), "ShardIterator")
	body = cborString(cborString(body, iterator), "Limit")
	body = cborHead(body, cborUint, limit)
	return append(head("GetRecords", cborType, len(body)), body...)
}

// Request returns a whole request with the given JSON body.
func Request(operation, body string) []byte {
	return append(Head(operation, len(body)), body...)
}

// Writer makes the put requests of one connection, one after the other.
type Writer struct {
	shape      *Shape
	batch      int
	connection int
	variants   []template
	next       uint64 // number of the next record
}

// template is a request whose records only need their stamps and keys.
type template struct {
	request []byte
	data    []int // where each record's text begins
	keys    []int // where each record's partition key begins
}

// NewWriter prepares requests of batch records each: PutRecord for a batch of
// one, PutRecords for a multiple of ten.
func NewWriter(stream string, shape *Shape, batch, connection int) *Writer {
	w := &Writer{shape: shape, batch: batch, connection: connection}
	if batch == 1 {
		for number := range uint64(fills) {
			w.variants = append(w.variants, w.single(stream, number))
		}
		return w
	}
	if batch%fills != 0 {
		panic("a batch is one record or a multiple of ten")
	}
	w.variants = []template{w.many(stream)}
	return w
}

func (w *Writer) single(stream string, number uint64) template {
	var b body
	if w.shape.CBOR {
		b.cbor = true
		b.Write(cborString(cborString(cborHead(nil, cborMap, 3), "StreamName"), stream))
		b.recordCBOR(w.shape, number)
		return b.template("PutRecord")
	}
	fmt.Fprintf(&b, `{"StreamName":"%s",`, stream)
	b.record(w.shape, number)
	b.WriteString("}")
	return b.template("PutRecord")
}

func (w *Writer) many(stream string) template {
	var b body
	if w.shape.CBOR {
		b.cbor = true
		b.Write(cborString(cborString(cborHead(nil, cborMap, 2), "StreamName"), stream))
		b.Write(cborHead(cborString(nil, "Records"), cborList, w.batch))
		for i := range w.batch {
			b.Write(cborHead(nil, cborMap, 2))
			b.recordCBOR(w.shape, uint64(i))
		}
		return b.template("PutRecords")
	}
	fmt.Fprintf(&b, `{"StreamName":"%s","Records":[`, stream)
	for i := range w.batch {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("{")
		b.record(w.shape, uint64(i))
		b.WriteString("}")
	}
	b.WriteString("]}")
	return b.template("PutRecords")
}

type body struct {
	bytes.Buffer
	cbor       bool
	data, keys []int
}

func (b *body) recordCBOR(s *Shape, number uint64) {
	b.Write(cborHead(cborString(nil, "Data"), cborBytes, s.Size))
	b.data = append(b.data, b.Len())
	b.Write(s.plain[number%fills])
	b.Write(cborHead(cborString(nil, "PartitionKey"), cborText, keyChars))
	b.keys = append(b.keys, b.Len())
	b.WriteString(strings.Repeat("k", keyChars))
}

func (b *body) record(s *Shape, number uint64) {
	b.WriteString(`"Data":"`)
	b.data = append(b.data, b.Len())
	b.Write(s.content[number%fills])
	b.WriteString(`","PartitionKey":"`)
	b.keys = append(b.keys, b.Len())
	b.WriteString(strings.Repeat("k", keyChars))
	b.WriteString(`"`)
}

func (b *body) template(operation string) template {
	content := jsonType
	if b.cbor {
		content = cborType
	}
	head := head(operation, content, b.Len())
	for i := range b.data {
		b.data[i] += len(head)
		b.keys[i] += len(head)
	}
	return template{request: append(head, b.Bytes()...), data: b.data, keys: b.keys}
}

// Next returns the next request, valid until the call after it.
func (w *Writer) Next() []byte {
	first := w.next
	t := &w.variants[(first/uint64(w.batch))%uint64(len(w.variants))]
	for i := range t.data {
		id := id(w.connection, first+uint64(i))
		w.shape.stamp(t.request[t.data[i]:], id)
		writeKey(t.request[t.keys[i]:], id)
	}
	w.next += uint64(w.batch)
	return t.request
}
