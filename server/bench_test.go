package server

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// What the way through the door costs without a network: about the time that
// is lost to reflection, identity, ids and observation.
func BenchmarkPutRecord(b *testing.B) {
	s := open(b, &streamsRoom{})
	body := putJSON(1024)
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	for k, v := range map[string]string{"Content-Type": json11Type, "X-Amz-Target": "Kinesis_20131202.PutRecord", "Authorization": signed, "X-Amz-Date": "x"} {
		r.Header.Set(k, v)
	}
	r.ContentLength = int64(len(body))
	w := &nowhere{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		r.Body = io.NopCloser(strings.NewReader(body))
		clear(w.header)
		s.ServeHTTP(w, r)
	}
	if w.status != 200 {
		b.Fatal(w.status)
	}
}

// The call of a method through reflection, against the direct one.
func BenchmarkMethod(b *testing.B) {
	room := &streamsRoom{}
	in := &kinesis.AddTagsToStreamInput{}
	ctx := context.Background()
	b.Run("reflected", func(b *testing.B) {
		method, _ := reflect.TypeOf(room).MethodByName("AddTagsToStream")
		call := callable(method, reflect.ValueOf(room), false)
		b.ReportAllocs()
		for b.Loop() {
			_, _ = call(ctx, in)
		}
	})
	b.Run("direct", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = room.AddTagsToStream(ctx, in)
		}
	})
}

// nowhere is a ResponseWriter.
type nowhere struct {
	header http.Header
	status int
}

func (w *nowhere) Header() http.Header         { return w.header }
func (w *nowhere) WriteHeader(status int)      { w.status = status }
func (w *nowhere) Write(p []byte) (int, error) { return len(p), nil }
