package s3

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
	"sluice/internal/clock"
	"sluice/internal/dice"
	"sluice/store"
	"sluice/store/kv"
)

// BenchmarkListObjectsV2 lists pages of a bucket of a million keys on disk.
func BenchmarkListObjectsV2(b *testing.B) {
	st, err := store.Open(store.Options{Dir: b.TempDir(), Now: time.Now})
	require.NoError(b, err)
	b.Cleanup(func() { _ = st.Close() })
	bodies, err := st.Bodies("s3")
	require.NoError(b, err)
	ctx := caller.With(context.Background(), caller.Caller{Account: account, Region: "us-east-1"})
	s, err := Open(ctx, Config{Space: st.Space("s3"), Bodies: bodies, Clock: clock.Host(), Host: clock.Host(), Dice: dice.Seeded(1)})
	require.NoError(b, err)
	require.NoError(b, s.CreateBucket(ctx, "million"))
	const keys = 1_000_000
	record := object{V: recordVersion, Seq: 1, Modified: s.now(), Size: 1000, ETag: "0cc175b9c0f1b6a831c399e269772661",
		Sum: checksum{crc64Sum, fullObject, "M3eFcAZSQlc="}, Header: map[string]string{"Content-Type": defaultType}, Owner: account, Body: piece{Row: 1, Len: 1000}}
	raw := encode(&record)
	for i := 0; i < keys; i += 10_000 {
		var batch kv.Batch
		for j := range 10_000 {
			batch.Set(objectKey(s.find("million").id, fmt.Sprintf("year=2026/month=%02d/day=%02d/part-%07d.parquet", (i+j)%12+1, (i+j)%28+1, i+j)), raw)
		}
		require.NoError(b, s.commit(ctx, &batch))
	}
	for name, query := range map[string]string{"plain": "", "delimiter": "&delimiter=/", "deep": "&prefix=year=2026/month=07/&start-after=year=2026/month=07/day=15/part-0500000.parquet"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				w := httptest.NewRecorder()
				s.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/million?list-type=2"+query, nil))
				require.Equal(b, 200, w.Code)
			}
		})
	}
}

// BenchmarkPut stores objects of 1 MiB in files.
func BenchmarkPut(b *testing.B) {
	st, err := store.Open(store.Options{Dir: b.TempDir(), Now: time.Now})
	require.NoError(b, err)
	b.Cleanup(func() { _ = st.Close() })
	bodies, err := st.Bodies("s3")
	require.NoError(b, err)
	ctx := caller.With(context.Background(), caller.Caller{Account: account, Region: "us-east-1"})
	s, err := Open(ctx, Config{Space: st.Space("s3"), Bodies: bodies, Clock: clock.Host(), Host: clock.Host(), Dice: dice.Seeded(1)})
	require.NoError(b, err)
	require.NoError(b, s.CreateBucket(ctx, "things"))
	body := large(1 << 20)
	b.SetBytes(1 << 20)
	for b.Loop() {
		_, err := s.Put(ctx, "things", "key", strings.NewReader(body), 1<<20, nil)
		require.NoError(b, err)
	}
}

// BenchmarkTransfer puts and gets objects of 1 MiB over HTTP, four at a time,
// and compares a server that only writes and reads files.
func BenchmarkTransfer(b *testing.B) {
	st, err := store.Open(store.Options{Dir: b.TempDir(), Now: time.Now})
	require.NoError(b, err)
	b.Cleanup(func() { _ = st.Close() })
	bodies, err := st.Bodies("s3")
	require.NoError(b, err)
	who := caller.With(context.Background(), caller.Caller{Account: account, Region: "us-east-1"})
	s, err := Open(who, Config{Space: st.Space("s3"), Bodies: bodies, Clock: clock.Host(), Host: clock.Host(), Dice: dice.Seeded(1)})
	require.NoError(b, err)
	require.NoError(b, s.CreateBucket(who, "things"))
	servers := map[string]string{}
	for name, handler := range map[string]http.Handler{
		"store": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.ServeHTTP(w, r.WithContext(caller.With(r.Context(), caller.Caller{Account: account, Region: "us-east-1"})))
		}),
		"files": plainFiles(b.TempDir()),
	} {
		server := httptest.NewServer(handler)
		b.Cleanup(server.Close)
		servers[name] = server.URL
	}
	body := large(1 << 20)
	crc := crc32.ChecksumIEEE([]byte(body))
	sum := base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc))
	for _, method := range []string{http.MethodPut, http.MethodGet} {
		for name, url := range servers {
			b.Run(method+"/"+name, func(b *testing.B) {
				b.SetBytes(1 << 20)
				b.SetParallelism(2)
				var n atomic.Int64
				b.RunParallel(func(p *testing.PB) {
					for p.Next() {
						in, err := http.NewRequest(method, fmt.Sprintf("%s/things/%d", url, n.Add(1)%64), nil)
						if err == nil && method == http.MethodPut {
							in.Body, in.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
							in.Header.Set("X-Amz-Checksum-Crc32", sum)
						}
						out, err := http.DefaultTransport.RoundTrip(in)
						if err != nil || out.StatusCode != 200 {
							b.Error(out, err)
							return
						}
						_, _ = io.Copy(io.Discard, out.Body)
						_ = out.Body.Close()
					}
				})
			})
		}
	}
}

// plainFiles is a server that writes bodies to files and reads them.
func plainFiles(dir string) http.Handler {
	reading := http.FileServer(http.Dir(dir))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			reading.ServeHTTP(w, r)
			return
		}
		path := filepath.Join(dir, filepath.FromSlash(r.URL.Path))
		_ = os.MkdirAll(filepath.Dir(path), 0o755)
		file, err := os.Create(path + fmt.Sprint(time.Now().UnixNano()))
		if err == nil {
			_, err = io.Copy(file, r.Body)
		}
		if err == nil {
			err = file.Close()
		}
		if err == nil {
			err = os.Rename(file.Name(), path)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
}
