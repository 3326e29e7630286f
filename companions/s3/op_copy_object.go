package s3

import (
	"context"
	"crypto/md5"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"sluice/store/blob"
)

// CopyObject makes an object of another one, without moving its bytes where
// that is possible.
//
// State: real
// Notes: conditions, directives for metadata and tags, versions
// Test: TestCopyObject
func (c *call) copyObject() error {
	if name := c.r.Header.Get("X-Amz-Checksum-Algorithm"); name != "" {
		if _, ok := algorithmNamed(name); !ok {
			return unknownAlgorithm()
		}
	}
	from, err := c.copySource()
	if err != nil {
		return err
	}
	a, err := c.readPut()
	if err != nil {
		return err
	}
	asked, err := c.readLock()
	if err != nil {
		return err
	}
	o := &object{Header: a.header, Meta: a.meta, Tags: a.tags, Owner: c.who.Account}
	if err := c.direct(o, from); err != nil {
		return err
	}
	in, err := c.duplicate(o, from)
	if err != nil {
		return err
	}
	o.Modified, o.Size = c.s.now(), in.size
	o.Lock = c.bucket.lockFor(asked, o.Modified)
	if err := c.s.put(c.ctx, c.bucket, c.key, o, in, readConditions(c.r.Header, "")); err != nil {
		return err
	}
	c.showMade(o)
	o.showEncryption(c.w.Header())
	d := newDocument()
	d.root("CopyObjectResult")
	d.text("LastModified", xmlDate(o.Modified))
	d.text("ETag", o.quotedETag())
	d.sum(o.Sum)
	d.some("ChecksumType", o.Sum.Type)
	d.close("CopyObjectResult")
	c.reply(http.StatusOK, d.Bytes())
	return nil
}

// source is the object that is copied.
type source struct {
	bucket *bucket
	key    string
	stored
}

// copySource finds the object that the header x-amz-copy-source names.
func (c *call) copySource() (from source, err error) {
	text := c.r.Header.Get("X-Amz-Copy-Source")
	path, err := url.PathUnescape(text)
	path, version, versioned := strings.Cut(path, "?versionId=")
	if err != nil || !utf8.ValidString(path) {
		return from, invalidArgument("x-amz-copy-source", text, "Invalid copy source encoding")
	}
	name, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch {
	case !ValidBucketName(name):
		return from, invalidArgument("x-amz-copy-source", text, "Invalid copy source bucket name")
	case key == "":
		return from, invalidArgument("x-amz-copy-source", text, "Invalid copy source object key")
	}
	if from.bucket, err = c.s.mustFind(name); err != nil {
		return from, err
	}
	if err := c.checkOwner("X-Amz-Source-Expected-Bucket-Owner", from.bucket); err != nil {
		return from, err
	}
	if err := c.may("GetObject", from.bucket, key, versioned); err != nil {
		return from, err
	}
	from.key = key
	query := url.Values{}
	if versioned {
		query.Set("versionId", version)
	}
	if from.stored, err = c.s.version(c.ctx, from.bucket, key, query); err != nil {
		if from.object != nil && from.Marker && version != "" {
			return from, invalidRequest("The source of a copy request may not specifically refer to a delete marker by version id.")
		}
		return from, err
	}
	if from.Size > maxPut && c.op.name == "CopyObject" {
		return from, invalidRequest("The specified copy source is larger than the maximum allowable size for a copy source: " + strconv.Itoa(maxPut))
	}
	if from.bucket.versioning() != "" {
		c.w.Header().Set("X-Amz-Copy-Source-Version-Id", from.versionID())
	}
	return from, readConditions(c.r.Header, "X-Amz-Copy-Source-").forCopying(from.object)
}

// direct follows the directives: what of the source goes over to o.
func (c *call) direct(o *object, from source) error {
	h := c.r.Header
	replace := false
	switch h.Get("X-Amz-Metadata-Directive") {
	case "", "COPY":
		o.Meta = from.Meta
		kept := map[string]string{}
		for name, value := range from.Header {
			kept[name] = value
		}
		for _, name := range keptHeaders()[6:] { // redirection, class and encryption are the copy's own
			delete(kept, name)
			if v, ok := o.Header[name]; ok {
				kept[name] = v
			}
		}
		o.Header = kept
	case "REPLACE":
		replace = true
	default:
		return invalidArgument("x-amz-metadata-directive", h.Get("X-Amz-Metadata-Directive"), "Unknown metadata directive.")
	}
	switch h.Get("X-Amz-Tagging-Directive") {
	case "", "COPY":
		o.Tags = from.Tags
	case "REPLACE":
	default:
		return invalidArgument("x-amz-tagging-directive", h.Get("X-Amz-Tagging-Directive"), "Unknown tagging directive.")
	}
	same := from.bucket == c.bucket && from.key == c.key && from.latest
	changed := replace || h.Get(storageClass) != "" || h.Get("X-Amz-Website-Redirect-Location") != "" || h.Get("X-Amz-Server-Side-Encryption") != ""
	if same && !changed {
		return copyOntoItself()
	}
	return nil
}

// duplicate makes a second body. It is read only where sums are asked for that
// the source has not.
func (c *call) duplicate(o *object, from source) (*incoming, error) {
	algorithm := from.Sum.Algorithm
	if name := c.r.Header.Get("X-Amz-Checksum-Algorithm"); name != "" {
		var ok bool
		if algorithm, ok = algorithmNamed(name); !ok {
			return nil, unknownAlgorithm()
		}
	}
	if algorithm == "" {
		algorithm = crc64Sum
	}
	if from.Parts != 0 || algorithm != from.Sum.Algorithm || from.Sum.Type != fullObject {
		return c.reread(o, from, algorithm)
	}
	o.ETag, o.Sum = from.ETag, from.Sum
	in, err := c.s.link(c.ctx, from.object)
	if errors.Is(err, errGone) {
		return c.reread(o, from, algorithm)
	}
	return in, err
}

func unknownAlgorithm() *Error {
	return invalidRequest("Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, MD5, SHA1, SHA256, SHA512, XXHASH128, XXHASH3, XXHASH64]")
}

// link makes a second body of one that is in one piece.
func (s *Store) link(ctx context.Context, o *object) (*incoming, error) {
	in := &incoming{s: s, size: o.Size}
	if o.Body.File != 0 {
		b, err := s.openFile(o.Body) // a damaged body gets no second name
		if err != nil {
			return nil, err
		}
		_ = b.Close()
		id, err := s.bodies.Link(o.Body.File)
		if errors.Is(err, blob.ErrNone) {
			return nil, errGone
		}
		in.kept = id
		return in, fullOr(err)
	}
	if o.Size == 0 {
		return in, nil
	}
	raw, ok, err := s.space.Get(ctx, numbered(kindData, o.Body.Row))
	if err == nil && !ok {
		err = errGone
	}
	in.small = raw
	return in, err
}

// reread reads the source and sums it up anew.
func (c *call) reread(o *object, from source, algorithm string) (*incoming, error) {
	body, v, err := c.openSource(from)
	if err != nil {
		return nil, err
	}
	defer body.close()
	digest, sum := md5.New(), newSum(algorithm)
	in, err := c.s.receive(body.span(0, v.Size), v.Size, maxPut, digest, sum)
	if err != nil {
		return nil, err
	}
	r := received{md5: digest.Sum(nil)}
	o.ETag, o.Sum = r.etag(), checksum{algorithm, fullObject, base64Sum(sum)}
	return in, nil
}

// openSource opens the body of a source, whose present version it may have to
// look for again.
func (c *call) openSource(from source) (*content, stored, error) {
	v := from.stored
	for range openings {
		body, err := c.openVersion(v)
		if !errors.Is(err, errGone) {
			return body, v, err
		}
		query := url.Values{}
		if !from.latest {
			query.Set("versionId", from.versionID())
		}
		if v, err = c.s.version(c.ctx, from.bucket, from.key, query); err != nil {
			return nil, v, err
		}
	}
	return nil, v, internalError()
}
