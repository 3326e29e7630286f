package sigv4

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Presigned URLs of version 2, which boto3 still makes where it is not told a
// version. They sign the method, the expiry, the resource and what x-amz- says,
// but no host and no body. Only S3 takes them. Source: "Signing and
// authenticating REST requests" in the S3 user guide.

// subresources are the parameters that belong to the resource.
var subresources = map[string]bool{
	"acl": true, "accelerate": true, "cors": true, "defaultObjectAcl": true, "location": true, "logging": true, "partNumber": true, "policy": true,
	"requestPayment": true, "torrent": true, "versioning": true, "versionId": true, "versions": true, "website": true, "uploads": true,
	"uploadId": true, "response-content-type": true, "response-content-language": true, "response-expires": true, "response-cache-control": true,
	"response-content-disposition": true, "response-content-encoding": true, "delete": true, "lifecycle": true, "tagging": true, "restore": true,
	"notification": true, "replication": true, "requestPayer": true, "encryption": true, "object-lock": true, "retention": true, "legal-hold": true,
	// What clients of version 2 never knew and what makes the request another one.
	"abac": true, "analytics": true, "attributes": true, "intelligent-tiering": true, "inventory": true, "metadataConfiguration": true,
	"metrics": true, "ownershipControls": true, "policyStatus": true, "publicAccessBlock": true, "select": true, "select-type": true,
	"storageClass": true,
}

// IsOlder tells whether a request carries a presigned signature of version 2.
func IsOlder(q url.Values) bool {
	return q.Has("AWSAccessKeyId") && q.Has("Signature") && q.Has("Expires")
}

// CheckOlder computes the signature of a presigned URL of version 2 anew and
// compares it. resource is the bucket and key that the request will be served
// for, escaped as on the wire.
func CheckOlder(r *http.Request, resource, secret string, now time.Time) error {
	q := r.URL.Query()
	for _, name := range []string{"AWSAccessKeyId", "Signature", "Expires"} {
		if len(q[name]) != 1 {
			return &Refusal{Reason: Malformed, Detail: name + " is given twice"}
		}
	}
	seconds, err := strconv.ParseInt(q.Get("Expires"), 10, 64)
	if err != nil {
		return &Refusal{Reason: Malformed, Part: TheExpiry, Detail: q.Get("Expires")}
	}
	headers, whole := olderHeaders(r, q)
	if !whole {
		return &Refusal{Reason: Malformed, Detail: "a header is given twice"}
	}
	text := strings.Join([]string{
		r.Method, said(r, q, "Content-MD5"), said(r, q, "Content-Type"), q.Get("Expires"), headers + resource + olderQuery(q),
	}, "\n")
	sum := hmac.New(sha1.New, []byte(secret))
	sum.Write([]byte(text))
	want := base64.StdEncoding.EncodeToString(sum.Sum(nil))
	if subtle.ConstantTimeCompare([]byte(want), []byte(q.Get("Signature"))) != 1 {
		return &Refusal{Reason: Mismatch, StringToSign: text}
	}
	if ends := time.Unix(seconds, 0); now.After(ends) {
		return &Refusal{Reason: Overdue, Now: now}
	}
	return nil
}

// said is a header, which clients that make URLs put into the query string.
func said(r *http.Request, q url.Values, name string) string {
	if v := r.Header.Get(name); v != "" {
		return v
	}
	return q.Get(strings.ToLower(name))
}

// olderHeaders are all that begin with x-amz-, wherever they stand. whole is false
// when one stands in two places: the request would be served by one of them only.
func olderHeaders(r *http.Request, q url.Values) (text string, whole bool) {
	var lines []string
	seen := map[string]bool{}
	for _, from := range []map[string][]string{r.Header, q} {
		for name, values := range from {
			if name = strings.ToLower(name); !strings.HasPrefix(name, "x-amz-") {
				continue
			}
			if seen[name] {
				return "", false
			}
			seen[name] = true
			lines = append(lines, name+":"+strings.TrimSpace(strings.Join(values, ","))+"\n")
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, ""), true
}

func olderQuery(q url.Values) string {
	var parts []string
	for name, values := range q {
		if !subresources[name] {
			continue
		}
		for _, v := range values {
			part := name
			if v != "" {
				part += "=" + v
			}
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	slices.Sort(parts)
	return "?" + strings.Join(parts, "&")
}
