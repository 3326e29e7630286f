package s3

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPutBucketVersioning(t *testing.T) {
	w := begin(t).bucket("history")
	w.do(http.MethodPut, "/history?versioning", "<VersioningConfiguration><Status>Maybe</Status></VersioningConfiguration>").
		fails(400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	w.do(http.MethodPut, "/history?versioning", "").fails(400, "MissingRequestBodyError", "Request Body is empty")

	w.put("/history/key", "zero")
	w.setVersioning("history", versioningEnabled)
	w.get("/history?versioning").ok().has("<Status>Enabled</Status>")
	one := w.put("/history/key", "one").header.Get("X-Amz-Version-Id")
	two := w.put("/history/key", "two").header.Get("X-Amz-Version-Id")
	require.Len(t, one, 32)
	require.NotEqual(t, one, two)
	for version, body := range map[string]string{nullVersion: "zero", one: "one", two: "two"} {
		a := w.get("/history/key?versionId=" + version).ok()
		require.Equal(t, body, a.body)
		require.Equal(t, version, a.header.Get("X-Amz-Version-Id"))
	}
	w.setVersioning("history", versioningSuspended)
	require.Empty(t, w.put("/history/key", "three").header.Get("X-Amz-Version-Id"))
	require.Equal(t, "three", w.get("/history/key?versionId=null").ok().body, "the null version is replaced")
	require.Equal(t, "one", w.get("/history/key?versionId="+one).ok().body)
	require.Len(t, w.get("/history?versions").ok().keys(), 3)
	w.get("/history/key?versionId=nonsense").fails(400, "InvalidArgument", "Invalid version id specified")
	w.get("/history/key?versionId="+w.newVersion(7)).fails(404, "NoSuchVersion", "The specified version does not exist.")
}
