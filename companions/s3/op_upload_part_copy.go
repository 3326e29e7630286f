package s3

import (
	"crypto/md5"
	"net/http"
	"strconv"
	"strings"
)

// UploadPartCopy stores a range of another object as a part of an upload.
//
// State: real
// Notes: conditions, ranges
// Test: TestUploadPartCopy
func (c *call) uploadPartCopy() error {
	number, err := c.readPartNumber()
	if err != nil {
		return err
	}
	from, err := c.copySource()
	if err != nil {
		return err
	}
	u, err := c.findUpload()
	if err != nil {
		return err
	}
	r, err := readCopyRange(c.r.Header.Get("X-Amz-Copy-Source-Range"), from.Size)
	if err != nil {
		return err
	}
	if r.n > maxPut {
		return invalidRequest("The specified copy source is larger than the maximum allowable size for a copy source: " + strconv.Itoa(maxPut))
	}
	body, _, err := c.openSource(from)
	if err != nil {
		return err
	}
	defer body.close()
	digest, sum := md5.New(), newSum(u.Algorithm)
	in, err := c.s.receive(body.span(r.off, r.n), r.n, maxPut, digest, sum)
	if err != nil {
		return err
	}
	got := received{md5: digest.Sum(nil)}
	p := part{V: recordVersion, Number: number, Size: in.size, ETag: got.etag(), Modified: c.s.now(),
		Sum: checksum{u.Algorithm, fullObject, base64Sum(sum)}}
	if err := c.keepPart(u, p, in); err != nil {
		return err
	}
	d := newDocument()
	d.root("CopyPartResult")
	d.text("LastModified", xmlDate(p.Modified))
	d.text("ETag", `"`+p.ETag+`"`)
	if !u.Default {
		d.sum(p.Sum)
	}
	d.close("CopyPartResult")
	c.reply(http.StatusOK, d.Bytes())
	return nil
}

// readCopyRange reads a range of a source, which must be whole.
func readCopyRange(text string, size int64) (byteRange, error) {
	if text == "" {
		return byteRange{0, size}, nil
	}
	malformed := invalidArgument("x-amz-copy-source-range", text,
		"The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy")
	rest, ok := strings.CutPrefix(text, "bytes=")
	from, to, dash := strings.Cut(rest, "-")
	if !ok || !dash {
		return byteRange{}, malformed
	}
	first, err := strconv.ParseUint(from, 10, 62)
	if err != nil {
		return byteRange{}, malformed
	}
	last, err := strconv.ParseUint(to, 10, 62)
	if err != nil || last < first {
		return byteRange{}, malformed
	}
	if int64(last) >= size {
		return byteRange{}, invalidArgument("x-amz-copy-source-range", text,
			"Range specified is not valid for source object of size: "+strconv.FormatInt(size, 10))
	}
	return byteRange{int64(first), int64(last - first + 1)}, nil
}
