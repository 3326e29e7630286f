package s3

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// GetObject reads an object, or a part of it.
//
// State: real
// Notes: ranges, part numbers, conditions, response header overrides
// Test: TestGetObject
func (c *call) getObject() error { return c.read(true) }

// openings bounds how often a read starts anew because somebody overwrites the
// object at that moment.
const openings = 10

// read answers a get or head.
func (c *call) read(withBody bool) error {
	if err := c.checkOverrides(); err != nil {
		return err
	}
	if c.query.Has("partNumber") {
		if _, err := c.readPartNumber(); err != nil {
			return err
		}
	}
	for range openings {
		v, err := c.s.version(c.ctx, c.bucket, c.key, c.query)
		if err != nil {
			c.showMarker(v)
			return err
		}
		view, err := c.view(v.object)
		if err != nil {
			return err
		}
		if !withBody {
			c.head(v.object, view)
			return nil
		}
		body, err := c.openVersion(v)
		if errors.Is(err, errGone) {
			continue
		}
		if err != nil {
			return err
		}
		defer body.close()
		c.head(v.object, view)
		c.send(body, view.byteRange)
		return nil
	}
	return internalError()
}

// openVersion opens the body of a version. errGone when that has changed.
func (c *call) openVersion(v stored) (*content, error) {
	list, err := c.s.pieces(c.ctx, v.object)
	if err != nil {
		if now, e := c.s.readObject(c.ctx, v.row); e == nil && (now == nil || now.Seq != v.Seq) {
			return nil, errGone
		}
		return nil, err
	}
	body, err := c.s.openBody(c.ctx, list)
	if err != nil && !errors.Is(err, errGone) || len(list) == 1 && err == nil {
		return body, err
	}
	now, e := c.s.readObject(c.ctx, v.row)
	changed := e == nil && (now == nil || now.Seq != v.Seq)
	switch {
	case err != nil && e != nil: // nobody can say whether the body is wanted
		return nil, e
	case err != nil && !changed:
		return nil, c.s.missing(list...)
	case err == nil && (changed || e != nil):
		body.close()
		return nil, errGone
	}
	return body, err
}

// view is what of an object is asked for.
type view struct {
	byteRange
	status int
	part   *part // nil unless a part is asked for
}

// view reads conditions, range and part number of a request.
func (c *call) view(o *object) (v view, err error) {
	if err := readConditions(c.r.Header, "").forReading(o); err != nil {
		h := c.w.Header()
		if errors.Is(err, notModified()) {
			h.Set("ETag", o.quotedETag())
			h.Set("Last-Modified", httpDate(o.Modified))
		}
		return v, err
	}
	v = view{byteRange: byteRange{0, o.Size}, status: http.StatusOK}
	asked := c.r.Header.Get("Range")
	if c.query.Has("partNumber") {
		if asked != "" {
			return v, invalidRequest("Cannot specify both Range header and partNumber query parameter")
		}
		return c.viewPart(o)
	}
	if match := c.r.Header.Get("If-Range"); match != "" && strings.Trim(match, `"`) != o.ETag && match != httpDate(o.Modified) {
		asked = ""
	}
	r, ok, err := readRange(asked, o.Size)
	if ok {
		v.byteRange, v.status = r, http.StatusPartialContent
	}
	if err != nil {
		c.w.Header().Set("Content-Range", "bytes */"+strconv.FormatInt(o.Size, 10))
	}
	return v, err
}

func (c *call) viewPart(o *object) (v view, err error) {
	text := c.param("partNumber")
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxParts {
		return v, invalidArgument("partNumber", text, "Part number must be an integer between 1 and 10000, inclusive")
	}
	v = view{byteRange: byteRange{0, o.Size}, status: http.StatusPartialContent}
	if o.Parts == 0 {
		if n != 1 {
			return v, invalidPartNumber(text, 1)
		}
		return v, nil
	}
	parts, err := c.s.parts(c.ctx, o)
	if err != nil {
		return v, err
	}
	off := int64(0)
	for i := range parts {
		if parts[i].Number == n || i == n-1 && parts[i].Number == 0 {
			v.byteRange, v.part = byteRange{off, parts[i].Size}, &parts[i]
			return v, nil
		}
		off += parts[i].Size
	}
	return v, invalidPartNumber(text, len(parts))
}

// head fills in the head of an answer with an object.
func (c *call) head(o *object, v view) {
	h := c.w.Header()
	o.writeTo(h)
	h.Set("ETag", o.quotedETag())
	h.Set("Last-Modified", httpDate(o.Modified))
	h.Set("Accept-Ranges", "bytes")
	h.Set("Content-Length", strconv.FormatInt(v.n, 10))
	c.showVersion(o)
	if len(o.Tags) > 0 {
		h.Set("X-Amz-Tagging-Count", strconv.Itoa(len(o.Tags)))
	}
	if o.PartCount > 0 && c.query.Has("partNumber") {
		h.Set("X-Amz-Mp-Parts-Count", strconv.Itoa(o.PartCount))
	}
	if strings.EqualFold(c.r.Header.Get("X-Amz-Checksum-Mode"), "ENABLED") {
		switch {
		case v.part != nil && v.part.Sum.Algorithm != "" && o.Sum.Type == composite:
			c.showSum(checksum{v.part.Sum.Algorithm, composite, v.part.Sum.Value})
		case v.part == nil && v.n == o.Size:
			c.showSum(o.Sum)
		}
	}
	if v.status == http.StatusPartialContent && o.Size > 0 {
		h.Set("Content-Range", "bytes "+strconv.FormatInt(v.off, 10)+"-"+strconv.FormatInt(v.off+v.n-1, 10)+"/"+strconv.FormatInt(o.Size, 10))
	}
	o.showLock(h)
	override(h, c.query)
	c.w.WriteHeader(v.status)
}

// checkOverrides refuses what only signed requests may ask for.
func (c *call) checkOverrides() error {
	if c.r.Header.Get("Authorization") != "" || c.query.Has("X-Amz-Signature") || c.query.Has("Signature") {
		return nil
	}
	for name := range c.query {
		if strings.HasPrefix(name, "response-") {
			return invalidRequest("Request specific response headers cannot be used for anonymous GET requests.")
		}
	}
	return nil
}

// override sets the headers that the query string wants the answer to have.
func override(h http.Header, query url.Values) {
	for _, name := range []string{"Content-Type", "Content-Language", "Expires", "Cache-Control", "Content-Disposition", "Content-Encoding"} {
		if v := query.Get("response-" + strings.ToLower(name)); v != "" {
			h.Set(name, v)
		}
	}
}

// send writes a part of a body. A body that breaks off can only be told by
// breaking the connection off.
func (c *call) send(body *content, r byteRange) {
	buffer, giveBack := c.s.buffer(min(copyBytes, max(r.n, 1)))
	defer giveBack()
	_, err := io.CopyBuffer(onlyWriter{c.w}, untilDone{c.ctx, body.span(r.off, r.n)}, buffer)
	if err == nil {
		return
	}
	if c.ctx.Err() == nil {
		c.s.log.Error("a body could not be sent", "request", c.who.RequestID, "service", "s3", "operation", c.name(), "error", err)
	}
	panic(http.ErrAbortHandler)
}

// untilDone reads until a context ends.
type untilDone struct {
	ctx context.Context
	io.Reader
}

// Read implements io.Reader.
func (u untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.Reader.Read(p)
}

// onlyWriter hides that a writer may have a ReadFrom of its own, whose buffer
// would be smaller.
type onlyWriter struct{ io.Writer }
