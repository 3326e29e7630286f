package s3

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const deniedByLock = "Access Denied because object protected by object lock."

func (w *world) advance(d time.Duration) {
	w.t.Helper()
	_, err := w.clock.Advance(w.ctx(), d, 0)
	require.NoError(w.t, err)
}

func TestObjectLock(t *testing.T) {
	w := begin(t)
	w.do(http.MethodPut, "/locked", "", "X-Amz-Bucket-Object-Lock-Enabled", "true").ok()
	w.get("/locked?object-lock").ok().has("<ObjectLockEnabled>Enabled</ObjectLockEnabled>")
	w.do(http.MethodPut, "/locked?versioning", "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>").
		fails(409, "InvalidBucketState", "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
	w.put("/locked?object-lock", "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>")
	version := w.put("/locked/key", "body").header.Get("X-Amz-Version-Id")
	require.Equal(t, "2026-11-26T10:00:00.000Z", w.get("/locked/key").header.Get("X-Amz-Object-Lock-Retain-Until-Date"))
	at := "/locked/key?versionId=" + version
	w.do(http.MethodDelete, at, "").fails(403, "AccessDenied", deniedByLock)
	w.do(http.MethodDelete, "/locked/key", "").ok() // hides it only
	w.get(at).ok()

	w.put("/locked/key?retention&versionId="+version, "<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>2026-11-27T10:00:00Z</RetainUntilDate></Retention>", "X-Amz-Bypass-Governance-Retention", "true")
	w.get("/locked/key?retention&versionId=" + version).ok().has("<Mode>COMPLIANCE</Mode>")
	w.do(http.MethodDelete, at, "", "X-Amz-Bypass-Governance-Retention", "true").fails(403, "AccessDenied", deniedByLock)
	w.do(http.MethodPut, "/locked/key?retention&versionId="+version, "<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>2026-11-26T10:00:00Z</RetainUntilDate></Retention>").fails(403, "AccessDenied", deniedByLock)
	w.put("/locked/key?legal-hold&versionId="+version, "<LegalHold><Status>ON</Status></LegalHold>")
	w.advance(72 * time.Hour)
	w.do(http.MethodDelete, at, "").fails(403, "AccessDenied", deniedByLock)
	w.put("/locked/key?legal-hold&versionId="+version, "<LegalHold><Status>OFF</Status></LegalHold>")
	w.do(http.MethodDelete, at, "").ok()
	w.get(at).fails(404, "NoSuchVersion", "The specified version does not exist.")
}

func TestObjectLockConfigurations(t *testing.T) {
	w := begin(t).bucket("plain").versioned("history")
	config := func(rule string) string {
		return "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>" + rule + "</DefaultRetention></Rule></ObjectLockConfiguration>"
	}
	w.do(http.MethodPut, "/plain?object-lock", config("<Mode>GOVERNANCE</Mode><Days>1</Days>")).
		fails(409, "InvalidBucketState", "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
	malformed := "The XML you provided was not well-formed or did not validate against our published schema"
	for rule, want := range map[string][2]string{
		"<Mode>GOVERNANCE</Mode><Days>0</Days>":                 {"InvalidArgument", "Default retention period must be a positive integer value."},
		"<Mode>GOVERNANCE</Mode><Years>101</Years>":             {"InvalidArgument", "Default retention period too large."},
		"<Mode>GOVERNANCE</Mode><Years>1</Years><Days>1</Days>": {"MalformedXML", malformed},
		"<Mode>FOREVER</Mode><Days>1</Days>":                    {"MalformedXML", malformed},
	} {
		w.do(http.MethodPut, "/history?object-lock", config(rule)).fails(400, want[0], want[1])
	}
	w.get("/history?object-lock").fails(404, "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket")
}
