package sluice

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
)

// s3Request is one from a client that does not sign.
func s3Request(t *testing.T, s *Sluice, method, path, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.Endpoint()+path, strings.NewReader(body))
	require.NoError(t, err)
	out, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer out.Body.Close()
	raw, err := io.ReadAll(out.Body)
	require.NoError(t, err)
	return out.StatusCode, string(raw)
}

func putS3(t *testing.T, s *Sluice, path, body string) {
	t.Helper()
	status, answer := s3Request(t, s, http.MethodPut, path, body)
	require.Equal(t, http.StatusOK, status, answer)
}

func getS3(t *testing.T, s *Sluice, path string) string {
	t.Helper()
	status, answer := s3Request(t, s, http.MethodGet, path, "")
	require.Equal(t, http.StatusOK, status, answer)
	return answer
}

// objectText is different for each key, and in a file from a size on.
func objectText(key string, size int) string {
	return strings.Repeat(key+" ", size/(len(key)+1)+1)[:size]
}

var objectSizes = []int{0, 10, 64 << 10, 64<<10 + 1, 3 << 20}

func TestBucketsInSnapshots(t *testing.T) {
	everywhere(t, func(t *testing.T, s *Sluice) {
		putS3(t, s, "/things", "")
		for i, size := range objectSizes {
			putS3(t, s, fmt.Sprint("/things/", i), objectText(fmt.Sprint("first", i), size))
		}
		require.NoError(t, s.Snapshot(t.Context(), "first"))
		for i, size := range objectSizes {
			putS3(t, s, fmt.Sprint("/things/", i), objectText(fmt.Sprint("second", i), size))
		}
		check := func(t *testing.T, s *Sluice, world string) {
			for i, size := range objectSizes {
				require.Equal(t, objectText(fmt.Sprint(world, i), size), getS3(t, s, fmt.Sprint("/things/", i)))
			}
		}
		var file bytes.Buffer
		require.NoError(t, s.ExportSnapshot(t.Context(), "first", &file))
		require.NoError(t, s.Restore(t.Context(), "first"))
		check(t, s, "first")
		for i := range objectSizes {
			s3Request(t, s, http.MethodDelete, fmt.Sprint("/things/", i), "")
		}
		require.NoError(t, s.Restore(t.Context(), "first"))
		check(t, s, "first")

		everywhere(t, func(t *testing.T, other *Sluice) {
			require.NoError(t, other.ImportSnapshot(t.Context(), "moved", bytes.NewReader(file.Bytes())))
			require.NoError(t, other.Restore(t.Context(), "moved"))
			check(t, other, "first")
			putS3(t, other, "/things/more", objectText("more", 1<<20))
			check(t, other, "first")
		})
		removed, err := s.Reset(t.Context(), "s3", "", "")
		require.NoError(t, err)
		require.Equal(t, map[string]int{"s3": 1}, removed)
	})
}

// Snapshots that are made while objects come and go hold for each key a body
// that it once had, whole.
func TestSnapshotsWhileObjectsChange(t *testing.T) {
	s := RunT(t, OnDisk(t.TempDir()), func(c *Config) { c.Limits = LimitsOff })
	putS3(t, s, "/things", "")
	ctx := caller.With(t.Context(), caller.Caller{Account: "000000000000", Region: "us-east-1"})
	buckets := s.current.Load().buckets.Load()
	var writing sync.WaitGroup
	stop, halt := context.WithCancel(ctx)
	for writer := range 2 {
		writing.Go(func() {
			for i := 0; stop.Err() == nil; i++ {
				key := fmt.Sprint(writer, "-", i%5)
				body := objectText(fmt.Sprint(key, "/", i), 100<<10)
				_, err := buckets.Put(ctx, "things", key, strings.NewReader(body), int64(len(body)), nil)
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 5 {
		require.NoError(t, s.Snapshot(t.Context(), fmt.Sprint("s", i)))
	}
	halt()
	writing.Wait()
	for i := range 5 {
		require.NoError(t, s.Restore(t.Context(), fmt.Sprint("s", i)))
		for _, key := range strings.Split(getS3(t, s, "/things?list-type=2"), "<Key>")[1:] {
			key, _, _ := strings.Cut(key, "<")
			body := getS3(t, s, "/things/"+key)
			first, _, _ := strings.Cut(body, " ")
			require.True(t, strings.HasPrefix(first, key+"/"))
			require.Equal(t, objectText(first, 100<<10), body)
		}
	}
}

// What an upload has left behind that was cut short goes with the next start.
func TestOrphansAreSwept(t *testing.T) {
	dir := t.TempDir()
	s := RunT(t, OnDisk(dir))
	putS3(t, s, "/things", "")
	putS3(t, s, "/things/key", objectText("kept", 1<<20))
	bodies, err := s.current.Load().store.Bodies("s3")
	require.NoError(t, err)
	draft, err := bodies.Create(-1)
	require.NoError(t, err)
	_, err = draft.Write([]byte("nobody names me"))
	require.NoError(t, err)
	_, err = draft.Keep()
	require.NoError(t, err)
	require.Equal(t, 2, filesIn(t, filepath.Join(dir, "pebble", "bodies")))
	require.NoError(t, s.Replace(t.Context()))
	require.Equal(t, 1, filesIn(t, filepath.Join(dir, "pebble", "bodies")))
	require.Equal(t, objectText("kept", 1<<20), getS3(t, s, "/things/key"))
}

func filesIn(t *testing.T, dir string) (n int) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	}))
	return n
}

// The paths of other services and of the server itself are not buckets.
func TestBucketsLeaveOthersAlone(t *testing.T) {
	s := RunT(t)
	for path, status := range map[string]int{
		"/_sluice/health": http.StatusOK, "/metrics": http.StatusOK, "/": http.StatusForbidden,
		"/2015-03-31/functions": http.StatusForbidden, "/Not_A_Bucket/x": http.StatusForbidden, "/no-such-bucket/x": http.StatusNotFound,
	} {
		got, answer := s3Request(t, s, http.MethodGet, path, "")
		require.Equal(t, status, got, "%s %s", path, answer)
	}
}

// A client that stops in the middle of its upload holds nobody up.
func TestCloseWhileUploading(t *testing.T) {
	s := RunT(t)
	putS3(t, s, "/things", "")
	body, feed := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.Endpoint()+"/things/key", body)
	require.NoError(t, err)
	r.ContentLength = 1 << 20
	done := make(chan int, 1)
	go func() {
		out, err := http.DefaultClient.Do(r)
		if err != nil {
			done <- 0
			return
		}
		_ = out.Body.Close()
		done <- out.StatusCode
	}()
	_, err = feed.Write(make([]byte, 100<<10))
	require.NoError(t, err)
	require.NoError(t, s.Close(), "within 5 seconds")
	_ = feed.Close()
	require.Contains(t, []int{0, http.StatusServiceUnavailable}, <-done)
}

// Faults on order are about buckets too.
func TestFaultsOfBuckets(t *testing.T) {
	s := RunT(t)
	putS3(t, s, "/things", "")
	putS3(t, s, "/things/key", "body")
	_, err := s.Faults().Add(FaultRule{Match: FaultMatch{Service: "s3", Operation: "GetObject"}, When: FaultWhen{First: 1},
		Effect: FaultEffect{Error: &FaultError{Code: "SlowDown", Message: "Please reduce your request rate.", Status: 503}}})
	require.NoError(t, err)
	status, answer := s3Request(t, s, http.MethodGet, "/things/key", "")
	require.Equal(t, 503, status)
	require.Contains(t, answer, "<Code>SlowDown</Code><Message>Please reduce your request rate.</Message>")
	require.Equal(t, "body", getS3(t, s, "/things/key"))
}
