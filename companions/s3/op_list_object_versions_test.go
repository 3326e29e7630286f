package s3

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestListObjectVersions(t *testing.T) {
	w := begin(t).bucket("history")
	w.put("/history/a", "0")
	w.setVersioning("history", versioningEnabled)
	for _, key := range []string{"a", "a", "b/1", "b/1", "c"} {
		w.put("/history/"+key, key)
	}
	w.do(http.MethodDelete, "/history/c", "").ok()
	all := w.get("/history?versions").ok()
	require.Equal(t, []string{"a", "a", "a", "b/1", "b/1", "c", "c"}, all.keys())
	require.Equal(t, 3, strings.Count(all.body, "<IsLatest>true</IsLatest>"))
	require.Equal(t, 1, strings.Count(all.body, "<VersionId>null</VersionId>"))
	require.Equal(t, 1, strings.Count(all.body, "<DeleteMarker>"))
	require.Equal(t, []string{"a", "a", "a", "c", "c", "b/"}, w.get("/history?versions&delimiter=/").ok().keys())
	require.Equal(t, []string{"b/1", "b/1", "c", "c"}, w.get("/history?versions&key-marker=a").ok().keys())

	var got []string
	for query := ""; ; {
		a := w.get("/history?versions&max-keys=2" + query).ok()
		got = append(got, a.keys()...)
		if !strings.Contains(a.body, "<IsTruncated>true") {
			break
		}
		query = "&key-marker=" + a.element("NextKeyMarker") + "&version-id-marker=" + a.element("NextVersionIdMarker")
	}
	require.Equal(t, all.keys(), got)
	w.get("/history?versions&version-id-marker=null").fails(400, "InvalidArgument", "A version-id marker cannot be specified without a key marker.")
}
