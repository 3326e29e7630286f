package s3

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"sluice/internal/dice"
	"sluice/store"
	"sluice/store/blob"
	"sluice/store/kv"
	"sluice/store/log/logtest"
)

// picture is what a power failure leaves of a disk, and what clients had been
// promised before it.
type picture struct {
	what string
	fs   *vfs.MemFS
	// sure are the bodies of keys that were acknowledged, doubtful those of the
	// request under way; the empty body stands for no object.
	sure, doubtful map[string]string
	// parts are the entity tags of an upload's parts, once they were.
	upload string
	parts  []string
}

// camera takes a picture around every durable step of the store.
type camera struct {
	kv.Space
	blob.Store
	w        *world
	fs       *vfs.MemFS
	dice     *rand.Rand
	now      picture
	pictures []picture
}

func (c *camera) snap(what string) {
	p := c.now
	p.what, p.sure, p.doubtful = what, maps.Clone(p.sure), maps.Clone(p.doubtful)
	p.parts = append([]string{}, p.parts...)
	p.fs = logtest.AfterPowerLoss(c.fs, []int{0, 50, 100}[len(c.pictures)%3], c.dice)
	c.pictures = append(c.pictures, p)
}

// Commit implements kv.Space.
func (c *camera) Commit(ctx context.Context, b *kv.Batch) error {
	c.snap("before a commit")
	err := c.Space.Commit(ctx, b)
	c.snap("after a commit")
	return err
}

// Create implements blob.Store.
func (c *camera) Create(size int64) (blob.Draft, error) {
	d, err := c.Store.Create(size)
	return filmed{d, c}, err
}

// Remove implements blob.Store.
func (c *camera) Remove(ids ...blob.ID) error {
	err := c.Store.Remove(ids...)
	c.snap("after bodies are removed")
	return err
}

type filmed struct {
	blob.Draft
	c *camera
}

// Keep implements blob.Draft.
func (f filmed) Keep() (blob.ID, error) {
	f.c.snap("before a body is kept")
	id, err := f.Draft.Keep()
	f.c.snap("after a body is kept")
	return id, err
}

// onFS opens a world over a disk.
func onFS(t *testing.T, fs vfs.FS) *world {
	w := begin(t)
	require.NoError(t, w.st.Close())
	var err error
	w.st, err = store.Open(store.Options{Dir: "data", FS: fs, Durability: store.Disk, Now: w.clock.Now})
	require.NoError(t, err)
	return w
}

// request makes a request that leaves a body under a key, or none.
func (c *camera) request(key, body string, do func() *answer) *answer {
	c.now.doubtful = map[string]string{key: body}
	a := do().ok()
	c.now.sure[key], c.now.doubtful = body, nil
	return a
}

// The power fails around every durable step of puts, copies, uploads in parts,
// and deletions. Objects that were acknowledged are there, whole, and those
// under way as they were or as they were to become; an upload goes on where it
// was; and no file is left that nobody names.
func TestPowerFailures(t *testing.T) {
	fs := vfs.NewCrashableMem()
	w := onFS(t, fs)
	bodies, err := w.st.Bodies("s3")
	require.NoError(t, err)
	c := &camera{Space: w.st.Space("s3"), Store: bodies, w: w, fs: fs, dice: rand.New(rand.NewPCG(1, 2)), now: picture{sure: map[string]string{}}}
	w.Store, err = Open(w.ctx(), Config{Space: c, Bodies: c, Clock: w.clock, Host: w.clock, Dice: dice.Seeded(1)})
	require.NoError(t, err)
	w.do(http.MethodPut, "/things", "").ok()
	put := func(key, body string, head ...string) {
		c.request(key, body, func() *answer { return w.do(http.MethodPut, "/things/"+key, body, head...) })
	}
	first, second, third := large(100_000), large(200_001), large(5<<20)
	put("small", "one")
	put("small", "two")
	put("file", first)
	put("file", second)
	put("file", "small again")
	put("file", first)
	c.request("copy", first, func() *answer {
		return w.do(http.MethodPut, "/things/copy", "", "X-Amz-Copy-Source", "/things/file")
	})
	c.request("small", "", func() *answer { return w.do(http.MethodDelete, "/things/small", "") })
	c.now.upload = between(w.do(http.MethodPost, "/things/parts?uploads", "").ok().body, "<UploadId>", "</UploadId>")
	for i, body := range []string{third, second} {
		tag := w.do(http.MethodPut, fmt.Sprintf("/things/parts?partNumber=%d&uploadId=%s", i+1, c.now.upload), body).ok().header.Get("Etag")
		c.now.parts = append(c.now.parts, tag)
	}
	c.request("parts", third+second, func() *answer {
		return w.do(http.MethodPost, "/things/parts?uploadId="+c.now.upload, completing(c.now.parts))
	})
	c.now.upload, c.now.parts = "", nil
	c.request("file", "", func() *answer { return w.do(http.MethodDelete, "/things/file", "") })
	c.snap("at the end")
	require.Greater(t, len(c.pictures), 40)
	for i, p := range c.pictures {
		t.Run(fmt.Sprintf("%02d %s", i, p.what), func(t *testing.T) { p.check(t, third, second) })
	}
}

func between(text, from, to string) string {
	_, rest, _ := strings.Cut(text, from)
	out, _, _ := strings.Cut(rest, to)
	return out
}

func completing(tags []string) string {
	out := "<CompleteMultipartUpload>"
	for i, tag := range tags {
		out += fmt.Sprintf("<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", i+1, tag)
	}
	return out + "</CompleteMultipartUpload>"
}

func (p picture) check(t *testing.T, parts ...string) {
	w := onFS(t, p.fs)
	w.open()
	for key, want := range p.sure {
		got := w.do(http.MethodGet, "/things/"+key, "")
		body := got.body
		if got.status == http.StatusNotFound {
			body = ""
		}
		if other, open := p.doubtful[key]; open && body != want {
			want = other
		}
		require.True(t, body == want, "%s has %d bytes, not %d", key, len(body), len(want))
		if want != "" {
			sum := md5.Sum([]byte(want))
			if !strings.Contains(got.header.Get("Etag"), "-") {
				require.Equal(t, `"`+hex.EncodeToString(sum[:])+`"`, got.header.Get("Etag"))
			}
		}
	}
	if p.upload != "" && p.doubtful == nil {
		// The upload goes on: what was acknowledged of it need not be sent again.
		listed := w.do(http.MethodGet, "/things/parts?uploadId="+p.upload, "").ok()
		for _, tag := range p.parts {
			listed.has(strings.Trim(tag, `"`))
		}
		tags := p.parts
		for i := len(tags); i < len(parts); i++ {
			tags = append(tags, w.do(http.MethodPut, fmt.Sprintf("/things/parts?partNumber=%d&uploadId=%s", i+1, p.upload), parts[i]).ok().header.Get("Etag"))
		}
		w.do(http.MethodPost, "/things/parts?uploadId="+p.upload, completing(tags)).ok()
		require.True(t, w.do(http.MethodGet, "/things/parts", "").ok().body == strings.Join(parts, ""))
	}
	named, err := w.filesInUse(w.ctx(), 0, ^blob.ID(0))
	require.NoError(t, err)
	swept, err := w.bodies.Sweep(func(from, to blob.ID) ([]blob.ID, error) { return w.filesInUse(w.ctx(), from, to) })
	require.NoError(t, err)
	require.Zero(t, swept.Removed, "of %d", len(named))
	require.Empty(t, swept.Missing)
}
