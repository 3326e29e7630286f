package main

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// objectWriter puts objects and removes every third of them, until the server
// goes away.
type objectWriter struct {
	mu    sync.Mutex
	there map[string]bool // acknowledged: true for a put, false for a delete
	tried map[string]bool // the last call about it was not answered
}

func (o *objectWriter) call(method, url, key, body string) bool {
	o.mu.Lock()
	o.tried[key] = true
	o.mu.Unlock()
	r, err := http.NewRequest(method, url+"/things/"+key, strings.NewReader(body))
	if err != nil {
		return false
	}
	out, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	_ = out.Body.Close()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.there[key] = method == http.MethodPut
	delete(o.tried, key)
	return out.StatusCode/100 == 2
}

// answered counts the objects of which something is known.
func (o *objectWriter) answered() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.there)
}

// killedObject is the body of a key: small, or kept in a file.
func killedObject(key string) string {
	n := 1 + len(key)%2*200
	return strings.Repeat(key+" ", n*50)
}

// An object whose put was answered is there, whole, after kill -9; one whose
// delete was answered is not; and no body is left that nobody names.
func TestKillWhileObjectsChange(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	o := &objectWriter{there: map[string]bool{}, tried: map[string]bool{}}
	for round := range 4 {
		server := startKillable(t, data)
		_, err := http.DefaultClient.Do(request(t, http.MethodPut, server.url+"/things"))
		require.NoError(t, err)
		var writing sync.WaitGroup
		for w := range 4 {
			writing.Go(func() {
				for i := 0; ; i++ {
					key := fmt.Sprintf("%d-%d-%d", round, w, i)
					if !o.call(http.MethodPut, server.url, key, killedObject(key)) || i%3 == 0 && !o.call(http.MethodDelete, server.url, key, "") {
						return
					}
				}
			})
		}
		time.Sleep(time.Duration(100+50*round) * time.Millisecond)
		require.Eventually(t, func() bool { return o.answered() > 6*(round+1) }, time.Minute, time.Millisecond)
		server.kill()
		writing.Wait()
		again := startKillable(t, data)
		large := o.check(t, again.url)
		require.Equal(t, large, bodyFiles(t, data))
		again.kill()
	}
	require.Greater(t, len(o.there), 20)
}

func request(t *testing.T, method, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	require.NoError(t, err)
	return r
}

// check reads every object and counts those that are kept in files.
func (o *objectWriter) check(t *testing.T, url string) (large int) {
	t.Helper()
	keys := map[string]bool{}
	for key := range o.there {
		keys[key] = true
	}
	for key := range o.tried {
		keys[key] = true
	}
	for key := range keys {
		out, err := http.DefaultClient.Do(request(t, http.MethodGet, url+"/things/"+key))
		require.NoError(t, err)
		body, err := io.ReadAll(out.Body)
		require.NoError(t, err)
		_ = out.Body.Close()
		if !o.tried[key] {
			require.Equal(t, o.there[key], out.StatusCode == http.StatusOK, "%s: %s", key, out.Status)
		}
		if out.StatusCode != http.StatusOK {
			require.Equal(t, http.StatusNotFound, out.StatusCode, key)
			continue
		}
		require.Equal(t, killedObject(key), string(body), key)
		if len(body) > 64<<10 {
			large++
		}
	}
	return large
}

func bodyFiles(t *testing.T, data string) (n int) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(filepath.Join(data, "pebble", "bodies"), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	}))
	return n
}
