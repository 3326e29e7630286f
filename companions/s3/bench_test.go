package s3

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
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
