package s3

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// uploadParts sends parts and returns the document that completes them.
func (w *world) uploadParts(path, id string, parts ...string) (complete string) {
	w.t.Helper()
	for i, body := range parts {
		a := w.put(fmt.Sprintf("%s?partNumber=%d&uploadId=%s", path, i+1, id), body)
		complete += fmt.Sprintf("<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", i+1, a.header.Get("ETag"))
	}
	return "<CompleteMultipartUpload>" + complete + "</CompleteMultipartUpload>"
}

func (w *world) createUpload(path string, head ...string) (id string) {
	w.t.Helper()
	return w.do(http.MethodPost, path+"?uploads", "", head...).ok().element("UploadId")
}

func TestMultipartUpload(t *testing.T) {
	w := begin(t).bucket("things")
	id := w.createUpload("/things/big", "Content-Type", "text/plain", "X-Amz-Meta-A", "1", "X-Amz-Tagging", "t=1")
	one, two := large(minPart), "and the rest"
	complete := w.uploadParts("/things/big", id, one, two)
	w.get("/things/big").fails(404, "NoSuchKey", "The specified key does not exist.")
	a := w.do(http.MethodPost, "/things/big?uploadId="+id, complete).ok()
	sums := append(sum(one), sum(two)...)
	etag := hex.EncodeToString(sum(string(sums))) + "-2"
	a.has("<ETag>&#34;" + etag + "&#34;</ETag>")
	again := w.do(http.MethodPost, "/things/big?uploadId="+id, complete).ok()
	require.Equal(t, a.body, again.body, "done twice it answers as the first time")

	whole := w.get("/things/big", "X-Amz-Checksum-Mode", "ENABLED").ok()
	require.Equal(t, one+two, whole.body)
	require.Equal(t, `"`+etag+`"`, whole.header.Get("ETag"))
	require.Equal(t, w.put("/things/same", one+two).header.Get("X-Amz-Checksum-Crc64nvme"), whole.header.Get("X-Amz-Checksum-Crc64nvme"), "joined from the parts")
	require.Equal(t, []string{"text/plain", "1", "1"}, []string{whole.header.Get("Content-Type"), whole.header.Get("X-Amz-Meta-A"), whole.header.Get("X-Amz-Tagging-Count")})
	part := w.get("/things/big?partNumber=2")
	require.Equal(t, []any{206, two, "2"}, []any{part.status, part.body, part.header.Get("X-Amz-Mp-Parts-Count")})
	w.get("/things/big?partNumber=3").fails(416, "InvalidPartNumber", "The requested partnumber is not satisfiable")
	require.Equal(t, one[minPart-2:]+"and", w.get("/things/big", "Range", fmt.Sprintf("bytes=%d-%d", minPart-2, minPart+2)).body)

	w.put("/things/copy", "", "X-Amz-Copy-Source", "/things/big")
	require.Equal(t, `"`+hex.EncodeToString(sum(one+two))+`"`, w.get("/things/copy").ok().header.Get("ETag"), "a copy is in one part")
	for _, key := range []string{"big", "copy", "same"} {
		w.do(http.MethodDelete, "/things/"+key, "").ok()
	}
	rows, files := w.stored()
	require.Zero(t, rows+files)
}

func sum(text string) []byte {
	digest := md5.Sum([]byte(text))
	return digest[:]
}

func TestMultipartChecksums(t *testing.T) {
	w := begin(t).bucket("things")
	one, two := large(minPart), "rest"
	for _, c := range []struct{ algorithm, kind string }{{"CRC32", "FULL_OBJECT"}, {"CRC32C", "FULL_OBJECT"}, {"CRC64NVME", ""}, {"SHA256", ""}, {"CRC32", "COMPOSITE"}} {
		head := []string{"X-Amz-Checksum-Algorithm", c.algorithm}
		if c.kind != "" {
			head = append(head, "X-Amz-Checksum-Type", c.kind)
		}
		id := w.createUpload("/things/big", head...)
		complete := ""
		for i, body := range []string{one, two} {
			h := newSum(c.algorithm)
			h.Write([]byte(body))
			a := w.put(fmt.Sprintf("/things/big?partNumber=%d&uploadId=%s", i+1, id), body, sumHeader(c.algorithm), base64Sum(h))
			complete += fmt.Sprintf("<Part><PartNumber>%d</PartNumber><ETag>%s</ETag><Checksum%s>%s</Checksum%s></Part>", i+1, a.header.Get("ETag"), c.algorithm, base64Sum(h), c.algorithm)
		}
		a := w.do(http.MethodPost, "/things/big?uploadId="+id, "<CompleteMultipartUpload>"+complete+"</CompleteMultipartUpload>").ok()
		if c.kind == "FULL_OBJECT" || c.algorithm == "CRC64NVME" {
			h := newSum(c.algorithm)
			h.Write([]byte(one + two))
			a.has("<Checksum"+c.algorithm+">"+base64Sum(h)+"<", "<ChecksumType>FULL_OBJECT<")
		} else {
			a.has("-2</Checksum"+c.algorithm+">", "<ChecksumType>COMPOSITE<")
			w.get("/things/big?attributes", "X-Amz-Object-Attributes", "ObjectParts").ok().has("<PartsCount>2</PartsCount>", "<PartNumber>2</PartNumber><Size>4</Size>")
		}
	}
	w.do(http.MethodPost, "/things/x?uploads", "", "X-Amz-Checksum-Algorithm", "SHA1", "X-Amz-Checksum-Type", "FULL_OBJECT").
		fails(400, "InvalidRequest", "The FULL_OBJECT checksum type cannot be used with the sha1 checksum algorithm.")
	id := w.createUpload("/things/x", "X-Amz-Checksum-Algorithm", "SHA1")
	w.do(http.MethodPut, "/things/x?partNumber=1&uploadId="+id, "hello", "X-Amz-Checksum-Crc32", "NhCmhg==").
		fails(400, "InvalidRequest", "Checksum Type mismatch occurred, expected checksum Type: sha1, actual checksum Type: crc32")
}

func TestCompletionsThatCannotBe(t *testing.T) {
	w := begin(t).bucket("things")
	id := w.createUpload("/things/big")
	complete := w.uploadParts("/things/big", id, "small", "last")
	at := "/things/big?uploadId=" + id
	w.do(http.MethodPost, at, complete).fails(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
	first, second, _ := strings.Cut(strings.TrimPrefix(complete, "<CompleteMultipartUpload>"), "</Part>")
	second = strings.TrimSuffix(second, "</CompleteMultipartUpload>")
	w.do(http.MethodPost, at, "<CompleteMultipartUpload>"+second+first+"</Part></CompleteMultipartUpload>").
		fails(400, "InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.")
	w.do(http.MethodPost, at, "<CompleteMultipartUpload><Part><PartNumber>3</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>").
		fails(400, "InvalidPart", "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.")
	w.do(http.MethodPost, at, "<CompleteMultipartUpload></CompleteMultipartUpload>").fails(400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	w.do(http.MethodPost, "/things/big?uploadId=nonsense", complete).fails(404, "NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
	w.do(http.MethodPost, "/things/other?uploadId="+id, complete).fails(404, "NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
	w.do(http.MethodPost, at, "<CompleteMultipartUpload>"+first+"</Part></CompleteMultipartUpload>", "X-Amz-Mp-Object-Size", "4").
		fails(400, "InvalidRequest", "The provided 'x-amz-mp-object-size' header value 4 does not match what was computed: 5")
	w.do(http.MethodPost, at, "<CompleteMultipartUpload>"+first+"</Part></CompleteMultipartUpload>").ok()
	require.Equal(t, "small", w.get("/things/big").ok().body, "a part that is not in the list is left out")
	rows, files := w.stored()
	require.Equal(t, []int{1, 0}, []int{rows, files})
}
