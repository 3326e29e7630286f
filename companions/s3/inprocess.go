package s3

import (
	"context"
	"crypto/md5"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Put stores an object for a room of the same process. size is the length of
// the body, -1 when unknown. head is what an HTTP client would send besides:
// Content-Type, X-Amz-Meta-… and so on, nil for nothing. The object belongs to
// the caller in the context; which buckets there are is one space for all.
func (s *Store) Put(ctx context.Context, bucket, key string, body io.Reader, size int64, head http.Header) (etag string, err error) {
	b, err := s.mustFind(bucket)
	if err != nil {
		return "", err
	}
	switch {
	case key == "":
		return "", invalidRequest("An object needs a key")
	case len(key) > maxKey:
		return "", keyTooLong(len(key))
	}
	if err := s.mayInside(ctx, "PutObject", b, key); err != nil {
		return "", err
	}
	a, err := readAttributes(head)
	if err != nil {
		return "", err
	}
	digest, sum := md5.New(), newSum(crc64Sum)
	in, err := s.receive(body, size, maxPut, digest, sum)
	if err != nil {
		return "", err
	}
	if size >= 0 && in.size != size {
		in.drop()
		return "", incompleteBody()
	}
	r := received{incoming: in, md5: digest.Sum(nil)}
	o := &object{
		Modified: s.now(), Size: in.size, ETag: r.etag(), Sum: checksum{crc64Sum, fullObject, base64Sum(sum)},
		Header: a.header, Meta: a.meta, Tags: a.tags, Owner: b.record.Load().Account,
	}
	return o.quotedETag(), s.put(ctx, b, key, o, in, readConditions(head, ""))
}

// Get reads an object for a room of the same process. The caller closes the
// body. head is what an HTTP client would see of the object.
func (s *Store) Get(ctx context.Context, bucket, key string) (body io.ReadCloser, head http.Header, err error) {
	b, err := s.mustFind(bucket)
	if err != nil {
		return nil, nil, err
	}
	if err := s.mayInside(ctx, "GetObject", b, key); err != nil {
		return nil, nil, err
	}
	c := &call{s: s, ctx: ctx, bucket: b, key: key}
	for range openings {
		v, err := s.version(ctx, b, key, nil)
		if err != nil {
			return nil, nil, err
		}
		open, err := c.openVersion(v)
		if errors.Is(err, errGone) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		head = http.Header{}
		v.writeTo(head)
		for name, value := range v.Meta {
			delete(head, strings.ToLower(metaPrefix)+name)
			head.Set(metaPrefix+name, value) // no network, no spelling
		}
		head.Set("ETag", v.quotedETag())
		head.Set("Last-Modified", httpDate(v.Modified))
		head.Set("Content-Length", strconv.FormatInt(v.Size, 10))
		return struct {
			io.Reader
			io.Closer
		}{open.span(0, v.Size), open}, head, nil
	}
	return nil, nil, internalError()
}

// HeadBucket tells whether a bucket is there: nil, or the service's NoSuchBucket.
func (s *Store) HeadBucket(_ context.Context, bucket string) error {
	_, err := s.mustFind(bucket)
	return err
}

// CreateBucket makes a bucket for the caller in the context.
func (s *Store) CreateBucket(ctx context.Context, bucket string) error {
	_, err := s.create(ctx, bucket, nil)
	return err
}
