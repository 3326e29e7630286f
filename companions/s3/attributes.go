package s3

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// httpDate is a time as HTTP headers have it.
func httpDate(t time.Time) string { return t.UTC().Format(http.TimeFormat) }

// xmlDate is a time as documents have it.
func xmlDate(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func validJSON(raw []byte) bool { return json.Valid(raw) }

// keptHeaders are the headers of a put that are kept and given back.
func keptHeaders() []string {
	return []string{
		"Content-Type", "Content-Encoding", "Content-Disposition", "Content-Language", "Cache-Control", "Expires",
		"X-Amz-Website-Redirect-Location", "X-Amz-Storage-Class",
		"X-Amz-Server-Side-Encryption", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", "X-Amz-Server-Side-Encryption-Bucket-Key-Enabled",
		"X-Amz-Server-Side-Encryption-Customer-Algorithm", "X-Amz-Server-Side-Encryption-Customer-Key-Md5",
	}
}

const (
	metaPrefix   = "X-Amz-Meta-"
	storageClass = "X-Amz-Storage-Class"
	standard     = "STANDARD"
	defaultType  = "binary/octet-stream"
)

// storageClasses are those that a put may name.
const storageClasses = " STANDARD REDUCED_REDUNDANCY STANDARD_IA ONEZONE_IA INTELLIGENT_TIERING GLACIER DEEP_ARCHIVE OUTPOSTS GLACIER_IR SNOW EXPRESS_ONEZONE FSX_OPENZFS "

// attributes are what a put says about an object besides its body.
type attributes struct {
	header map[string]string
	meta   map[string]string
	tags   []tag
}

// readAttributes reads them out of the headers of a request.
func readAttributes(h http.Header) (a attributes, err error) {
	a.header = map[string]string{}
	for _, name := range keptHeaders() {
		if v := h.Get(name); v != "" {
			a.header[name] = v
		}
	}
	if v := withoutChunked(a.header["Content-Encoding"]); v != "" {
		a.header["Content-Encoding"] = v
	} else {
		delete(a.header, "Content-Encoding")
	}
	if a.header["Content-Type"] == "" {
		a.header["Content-Type"] = defaultType
	}
	if class := a.header[storageClass]; class != "" && !strings.Contains(storageClasses, " "+class+" ") {
		return a, bad("InvalidStorageClass", "The storage class you specified is not valid")
	}
	if location := a.header["X-Amz-Website-Redirect-Location"]; location != "" && !strings.HasPrefix(location, "/") &&
		!strings.HasPrefix(location, "http://") && !strings.HasPrefix(location, "https://") {
		return a, bad("InvalidRedirectLocation", "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.")
	}
	if a.header[storageClass] == standard {
		delete(a.header, storageClass)
	}
	size := 0
	for name, values := range h {
		short, ok := strings.CutPrefix(name, metaPrefix)
		if !ok || short == "" {
			continue
		}
		if a.meta == nil {
			a.meta = map[string]string{}
		}
		short = strings.ToLower(short)
		a.meta[short] = strings.Join(values, ",")
		size += len(short) + len(a.meta[short])
	}
	if size > maxMetadata {
		return a, metadataTooLarge(size)
	}
	a.tags, err = headerTags(h.Get("X-Amz-Tagging"))
	return a, err
}

// withoutChunked takes the framing of the upload out of a content encoding.
func withoutChunked(encoding string) string {
	var kept []string
	for part := range strings.SplitSeq(encoding, ",") {
		if part = strings.TrimSpace(part); part != "" && !strings.EqualFold(part, "aws-chunked") {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, ",")
}

// writeTo puts what is kept of an object into the head of an answer.
func (o *object) writeTo(h http.Header) {
	for name, value := range o.Header {
		h.Set(name, value)
	}
	for name, value := range o.Meta {
		// Clients show the names of metadata as they come, which is in lower case.
		h[strings.ToLower(metaPrefix)+name] = []string{value}
	}
}

// Limits of tags.
const (
	maxObjectTags = 10
	maxBucketTags = 50
	maxTagKey     = 128
	maxTagValue   = 256
)

// headerTags reads tags as the header x-amz-tagging has them.
func headerTags(text string) ([]tag, error) {
	if text == "" {
		return nil, nil
	}
	malformed := invalidArgument("x-amz-tagging", text,
		"The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
	var tags []tag
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		key, err := url.QueryUnescape(name)
		if err != nil || key == "" {
			return nil, malformed
		}
		value, err = url.QueryUnescape(value)
		if err != nil || seen[key] {
			return nil, malformed
		}
		seen[key] = true
		tags = append(tags, tag{key, value})
	}
	return tags, checkTags(tags, maxObjectTags)
}

// checkTags holds tags against the limits of what they are on.
func checkTags(tags []tag, limit int) error {
	if len(tags) > limit {
		if limit == maxBucketTags {
			return bad("BadRequest", "Bucket tag count cannot be greater than 50")
		}
		return bad("BadRequest", "Object tags cannot be greater than 10")
	}
	seen := map[string]bool{}
	for _, t := range tags {
		switch {
		case t.Key == "" || utf8.RuneCountInString(t.Key) > maxTagKey || !tagText(t.Key):
			return invalidTag("The TagKey you have provided is invalid", t.Key)
		case utf8.RuneCountInString(t.Value) > maxTagValue || !tagText(t.Value):
			return invalidTag("The TagValue you have provided is invalid", t.Key)
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return invalidTag("System tags cannot be added/updated by requester", t.Key)
		case seen[t.Key]:
			return invalidTag("Cannot provide multiple Tags with the same key", t.Key)
		}
		seen[t.Key] = true
	}
	return nil
}

// tagText tells whether a text may be in a tag: letters, digits, spaces and
// some punctuation.
func tagText(text string) bool {
	for _, r := range text {
		if r < utf8.RuneSelf && !strings.ContainsRune("+-=._:/@ ", r) &&
			(r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return true
}

// tagging is the document of tags.
type tagging struct {
	TagSet *struct {
		Tag []tag
	}
}

// readTagging reads the body of a put of tags.
func (c *call) readTagging(limit int) ([]tag, error) {
	var t tagging
	if err := c.readXML("Tagging", &t); err != nil {
		return nil, err
	}
	if t.TagSet == nil {
		return nil, malformedXML()
	}
	return t.TagSet.Tag, checkTags(t.TagSet.Tag, limit)
}

func taggingDocument(tags []tag) []byte {
	d := newDocument()
	d.root("Tagging")
	d.open("TagSet")
	for _, t := range tags {
		d.open("Tag")
		d.text("Key", t.Key)
		d.text("Value", t.Value)
		d.close("Tag")
	}
	d.close("TagSet")
	d.close("Tagging")
	return d.Bytes()
}
