package s3

import (
	"context"
	"strconv"
	"strings"
)

// findUpload finds the upload that a request names.
func (c *call) findUpload() (*upload, error) {
	return c.s.upload(c.ctx, c.bucket, c.key, c.param("uploadId"))
}

func (s *Store) upload(ctx context.Context, b *bucket, key, id string) (*upload, error) {
	seq, ok := seqOfVersion(id)
	if !ok {
		return nil, noSuchUpload(id)
	}
	raw, ok, err := s.space.Get(ctx, uploadKey(b.id, key, seq))
	if err != nil {
		return nil, err
	}
	u := new(upload)
	if ok {
		err = decode(raw, u)
	}
	if err == nil && u.ID != id {
		err = noSuchUpload(id)
	}
	return u, err
}

// readParts reads the parts of an upload by number, from one on.
func (s *Store) readParts(ctx context.Context, u *upload, from int, f func(p part) bool) error {
	return s.space.Scan(ctx, partKey(u.Seq, from), partKey(u.Seq, maxParts+1), false, func(_, value []byte) (bool, error) {
		var p part
		if err := decode(value, &p); err != nil {
			return false, err
		}
		return f(p), nil
	})
}

// discardUpload lets go of all parts of an upload.
func (s *Store) discardUpload(ctx context.Context, u *upload, w *waste) error {
	return s.readParts(ctx, u, 0, func(p part) bool {
		w.keys = append(w.keys, partKey(u.Seq, p.Number))
		w.add(p.Pieces...)
		return true
	})
}

// readPartNumber reads the parameter partNumber of an upload.
func (c *call) readPartNumber() (int, error) {
	text := c.param("partNumber")
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxParts {
		return 0, invalidArgument("partNumber", text, "Part number must be an integer between 1 and 10000, inclusive")
	}
	return n, nil
}

// readChecksumChoice reads which checksum an upload is to have.
func (c *call) readChecksumChoice(u *upload) error {
	name, kind := c.r.Header.Get("X-Amz-Checksum-Algorithm"), strings.ToUpper(c.r.Header.Get("X-Amz-Checksum-Type"))
	if kind != "" && kind != fullObject && kind != composite {
		return invalidRequest("Value for x-amz-checksum-type header is invalid.")
	}
	if name == "" {
		if kind != "" {
			return invalidRequest("The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
		}
		u.Algorithm, u.Type, u.Default = crc64Sum, fullObject, true
		return nil
	}
	algorithm, ok := algorithmNamed(name)
	if !ok {
		return unknownAlgorithm()
	}
	switch {
	case kind == "" && algorithm == crc64Sum:
		kind = fullObject
	case kind == "":
		kind = composite
	case kind == fullObject && !linear(algorithm), kind == composite && algorithm == crc64Sum:
		return invalidRequest("The " + kind + " checksum type cannot be used with the " + strings.ToLower(algorithm) + " checksum algorithm.")
	}
	u.Algorithm, u.Type = algorithm, kind
	return nil
}
