package s3

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/store/kv"
)

func TestDeleteBucket(t *testing.T) {
	w := begin(t).bucket("going")
	w.put("/going/key", "body")
	w.do(http.MethodDelete, "/going", "").fails(409, "BucketNotEmpty", "The bucket you tried to delete is not empty")
	w.do(http.MethodDelete, "/going/key", "").ok()
	upload := w.do(http.MethodPost, "/going/big?uploads", "").ok().element("UploadId")
	w.put("/going/big?partNumber=1&uploadId="+upload, large(inlineBytes+1))
	require.Equal(t, 204, w.do(http.MethodDelete, "/going", "").status, "uploads under way go with it")
	w.do(http.MethodDelete, "/going", "").fails(404, "NoSuchBucket", "The specified bucket does not exist")
	rows, files := w.stored()
	require.Zero(t, rows+files)
	w.bucket("going")
	require.Empty(t, w.get("/going").ok().keys())

	w.versioned("history")
	w.put("/history/key", "body")
	w.do(http.MethodDelete, "/history/key", "").ok()
	w.do(http.MethodDelete, "/history", "").fails(409, "BucketNotEmpty",
		"The bucket you tried to delete is not empty. You must delete all versions in the bucket.")
}

func TestReset(t *testing.T) {
	w := begin(t).bucket("one").bucket("two")
	w.put("/one/key", large(inlineBytes+1))
	w.who.Account = "111111111111"
	w.bucket("three")
	n, err := w.Reset(w.ctx(), account, "")
	require.NoError(t, err)
	require.Equal(t, 2, n)
	w.get("/one").fails(404, "NoSuchBucket", "The specified bucket does not exist")
	w.get("/three").ok()
	rows, files := w.stored()
	require.Zero(t, rows+files)
}

// Rows are removed some at a time.
func TestResetOfMany(t *testing.T) {
	w := begin(t).bucket("many").bucket("other")
	var batch kv.Batch
	for i := range wipeRows + 10 {
		o := object{V: recordVersion, Modified: w.now()}
		batch.Set(objectKey(w.find("many").id, fmt.Sprintf("%06d", i)), encode(&o))
	}
	require.NoError(t, w.space.Commit(w.ctx(), &batch))
	w.put("/other/key", "x")
	n, err := w.Reset(w.ctx(), "", "")
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.NoError(t, w.space.Scan(w.ctx(), nil, nil, false, func(key, _ []byte) (bool, error) {
		t.Errorf("%q is left", key)
		return true, nil
	}))
}
