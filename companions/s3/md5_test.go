package s3

import (
	"crypto/md5"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Hashes that are lent out side by side, and again after they were given back
// half used, come to what the standard library says.
func TestDigestsSideBySide(t *testing.T) {
	var d digests
	var work sync.WaitGroup
	for lane := range 3 * md5Lanes {
		work.Go(func() {
			luck := rand.New(rand.NewPCG(uint64(lane), 1))
			data := make([]byte, 300<<10)
			for i := range data {
				data[i] = byte(luck.IntN(256))
			}
			for range 4 {
				h, giveBack := d.next(int64(len(data)) - 1 - int64(luck.IntN(2))*md5From)
				size := luck.IntN(len(data))
				for at := 0; at < size; {
					to := min(size, at+1+luck.IntN(100<<10))
					_, _ = h.Write(data[at:to])
					at = to
				}
				if luck.IntN(3) > 0 { // or the upload breaks off
					want := md5.Sum(data[:size])
					if string(h.Sum(nil)) != string(want[:]) {
						t.Error("another sum than the standard library's")
					}
				}
				giveBack()
			}
		})
	}
	work.Wait()
	require.LessOrEqual(t, d.made, md5Lanes)
	h, giveBack := d.next(-1)
	d.close()
	require.NotNil(t, d.server, "one is still out")
	_, _ = h.Write([]byte("x"))
	giveBack()
	require.Nil(t, d.server)
	h, giveBack = d.next(-1)
	require.Equal(t, md5.Size, h.Size())
	giveBack()
}

// A large upload that breaks off gives its hash back.
func TestUploadThatBreaksOffGivesItsHashBack(t *testing.T) {
	w := begin(t).bucket("things")
	for range 2 * md5Lanes {
		w.do(http.MethodPut, "/things/key", large(300<<10), "Content-Md5", "AAAAAAAAAAAAAAAAAAAAAA==").fails(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")
	}
	require.Equal(t, 1, w.digests.made)
	require.Len(t, w.digests.free, 1)
}
