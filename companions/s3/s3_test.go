package s3

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
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
)

// world is a bucket store over a store in memory, with a clock in hand.
type world struct {
	*Store
	t     *testing.T
	st    *store.Store
	clock *clock.Service
	who   caller.Caller
}

const (
	account = "000000000000"
	start   = "2026-11-25T10:00:00Z"
)

func begin(t *testing.T) *world {
	t.Helper()
	at, err := time.Parse(time.RFC3339, start)
	require.NoError(t, err)
	w := &world{t: t, clock: clock.NewManual(at), who: caller.Caller{Account: account, Region: "us-east-1", RequestID: "11111111-2222-3333-4444-555555555555"}}
	t.Cleanup(w.clock.Close)
	w.st, err = store.Open(store.Options{Memory: true, Now: w.clock.Now})
	require.NoError(t, err)
	w.open()
	return w
}

// open opens the room over what the store holds, as a start does.
func (w *world) open() {
	w.t.Helper()
	bodies, err := w.st.Bodies("s3")
	require.NoError(w.t, err)
	w.Store, err = Open(w.ctx(), Config{Space: w.st.Space("s3"), Bodies: bodies, Clock: w.clock, Host: w.clock, Dice: dice.Seeded(1)})
	require.NoError(w.t, err)
}

func (w *world) ctx() context.Context { return caller.With(context.Background(), w.who) }

// answer is what a request came to.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// do sends a request; head is name, value, name, value.
func (w *world) do(method, path, body string, head ...string) *answer {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.ctx(), method, "http://localhost:4566"+path, strings.NewReader(body))
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Add(head[i], head[i+1])
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	out, err := io.ReadAll(rec.Result().Body)
	require.NoError(w.t, err)
	header := http.Header{} // names as they are, but for tests that ask in any case
	for name, values := range rec.Header() {
		require.Equal(w.t, strings.HasPrefix(strings.ToLower(name), "x-amz-meta-"), strings.HasPrefix(name, "x-amz-meta-"), "%s is in lower case", name)
		header[http.CanonicalHeaderKey(name)] = values
	}
	return &answer{w.t, rec.Code, header, string(out)}
}

// ok wants success.
func (a *answer) ok() *answer {
	a.t.Helper()
	require.Less(a.t, a.status, 300, a.body)
	return a
}

// fails wants an error of the service.
func (a *answer) fails(status int, code, message string) *answer {
	a.t.Helper()
	require.Equal(a.t, status, a.status, a.body)
	var e struct{ Code, Message, RequestId string }
	require.NoError(a.t, xml.Unmarshal([]byte(a.body), &e))
	require.Equal(a.t, code, e.Code)
	require.Equal(a.t, message, e.Message)
	require.Equal(a.t, "1111111122223333", e.RequestId)
	require.Equal(a.t, e.RequestId, a.header.Get("X-Amz-Request-Id"))
	return a
}

// has wants texts in the body.
func (a *answer) has(texts ...string) *answer {
	a.t.Helper()
	for _, text := range texts {
		require.Contains(a.t, a.body, text)
	}
	return a
}

// lacks wants texts not to be in the body.
func (a *answer) lacks(texts ...string) *answer {
	a.t.Helper()
	for _, text := range texts {
		require.NotContains(a.t, a.body, text)
	}
	return a
}

// find returns the first element of a name.
func (a *answer) element(name string) string {
	a.t.Helper()
	_, rest, found := strings.Cut(a.body, "<"+name+">")
	require.True(a.t, found, "no %s in %s", name, a.body)
	text, _, _ := strings.Cut(rest, "</"+name+">")
	return text
}

func (w *world) bucket(name string) *world {
	w.t.Helper()
	w.do(http.MethodPut, "/"+name, "").ok()
	return w
}

// versioned makes a bucket that keeps versions.
func (w *world) versioned(name string) *world {
	w.t.Helper()
	w.bucket(name)
	w.setVersioning(name, versioningEnabled)
	return w
}

func (w *world) setVersioning(name, status string) {
	w.t.Helper()
	w.do(http.MethodPut, "/"+name+"?versioning", "<VersioningConfiguration><Status>"+status+"</Status></VersioningConfiguration>").ok()
}

func (w *world) put(path, body string, head ...string) *answer {
	w.t.Helper()
	return w.do(http.MethodPut, path, body, head...).ok()
}

func (w *world) get(path string, head ...string) *answer {
	w.t.Helper()
	return w.do(http.MethodGet, path, "", head...)
}

// keys are the keys and prefixes of a list, in their order.
func (a *answer) keys() (list []string) {
	a.t.Helper()
	d := xml.NewDecoder(strings.NewReader(a.body))
	for in := ""; ; {
		token, err := d.Token()
		if err != nil {
			return list
		}
		switch x := token.(type) {
		case xml.StartElement:
			switch x.Name.Local {
			case "Contents", "CommonPrefixes", "Version", "DeleteMarker", "Upload":
				in = x.Name.Local
			case "Key", "Prefix":
				var text string
				require.NoError(a.t, d.DecodeElement(&text, &x))
				if in != "" {
					list = append(list, text)
				}
			}
		case xml.EndElement:
			if x.Name.Local == in {
				in = ""
			}
		}
	}
}

// large is a body that is kept in a file, and looks different everywhere.
func large(n int) string {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%d,", i)
	}
	return b.String()[:n]
}

// bodies counts the bodies that the store keeps in files and rows.
func (w *world) stored() (rows, files int) {
	w.t.Helper()
	for kind, n := range map[byte]*int{kindData: &rows, kindFile: &files} {
		err := w.space.Scan(w.ctx(), []byte{kind}, []byte{kind + 1}, false, func(_, _ []byte) (bool, error) { *n++; return true, nil })
		require.NoError(w.t, err)
	}
	return rows, files
}
