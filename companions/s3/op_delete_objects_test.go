package s3

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDeleteObjects(t *testing.T) {
	w := begin(t).bucket("things")
	for _, key := range []string{"a", "b", "c"} {
		w.put("/things/"+key, key)
	}
	w.do(http.MethodPost, "/things?delete", "<Delete><Object><Key>a</Key></Object><Object><Key>none</Key></Object><Object><Key></Key></Object></Delete>").ok().
		has("<Deleted><Key>a</Key></Deleted><Deleted><Key>none</Key></Deleted>", "<Code>UserKeyMustBeSpecified</Code>")
	w.do(http.MethodPost, "/things?delete", "<Delete><Quiet>true</Quiet><Object><Key>b</Key></Object></Delete>").ok().lacks("Deleted>")
	require.Equal(t, []string{"c"}, w.get("/things").ok().keys())
	for _, body := range []string{"<Delete></Delete>", "<Delete>" + strings.Repeat("<Object><Key>c</Key></Object>", 1001) + "</Delete>", "<Remove></Remove>", "<Delete"} {
		w.do(http.MethodPost, "/things?delete", body).fails(400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	}
	require.Equal(t, []string{"c"}, w.get("/things").ok().keys())

	w.versioned("history")
	version := w.put("/history/key", "x").header.Get("X-Amz-Version-Id")
	w.do(http.MethodPost, "/history?delete", "<Delete><Object><Key>key</Key></Object><Object><Key>key</Key><VersionId>"+version+"</VersionId></Object></Delete>").ok().
		has("<DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>", "<VersionId>"+version+"</VersionId>")
}
