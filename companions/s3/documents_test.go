package s3

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSettings(t *testing.T) {
	w := begin(t).bucket("things")
	for _, set := range settings() {
		t.Run(set.name, func(t *testing.T) {
			w.t = t
			document := `{"Version":"2012-10-17","Statement":[]}`
			if set.root != "" {
				document = "<" + set.root + "><Some>text</Some></" + set.root + ">"
			}
			require.Equal(t, 400, w.do(http.MethodPut, "/things?"+set.mark, "nonsense").status)
			w.put("/things?"+set.mark, document)
			w.open()
			require.Equal(t, document, w.get("/things?"+set.mark).ok().body)
			if set.remove == "" {
				return
			}
			w.do(http.MethodDelete, "/things?"+set.mark, "").ok()
			if set.absent != nil {
				w.get("/things?"+set.mark).fails(404, set.absent.Code, set.absent.Message)
			} else {
				w.get("/things?" + set.mark).ok()
			}
		})
	}
	w.t = t
	w.bucket("other")
	w.get("/other?acl").ok().has("<Permission>FULL_CONTROL</Permission>")
	w.put("/things/key", "x")
	w.get("/things/key?acl").ok().has("<Permission>FULL_CONTROL</Permission>")
	w.put("/things/key?acl", "")
	w.get("/things?policyStatus").ok().has("<IsPublic>false</IsPublic>")
}

func TestRefusals(t *testing.T) {
	w := begin(t).bucket("things")
	w.put("/things/key", "x")
	for _, op := range refusals() {
		path := "/things"
		if op.level == levelObject {
			path += "/key"
		}
		w.do(op.method, path+"?"+op.marks[0], "<X/>").fails(501, "NotImplemented", "A header you provided implies functionality that is not implemented")
	}
	require.Equal(t, "x", w.get("/things/key").ok().body)
	w.do(http.MethodPatch, "/things/key", "").fails(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	w.do(http.MethodPost, "/", "").fails(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
}

func TestCoverageNamesEveryOperation(t *testing.T) {
	named := map[string]bool{}
	for _, e := range AllCoverage() {
		require.False(t, named[e.Operation], "%s is there twice", e.Operation)
		named[e.Operation] = true
	}
	for _, op := range operations() {
		require.True(t, named[op.name], "%s is not in the table", op.name)
	}
	require.Len(t, named, len(operations()))
}
