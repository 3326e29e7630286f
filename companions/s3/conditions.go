package s3

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// conditions are what a request wants to hold before it is served.
type conditions struct {
	match, noneMatch string
	modifiedSince    time.Time
	unmodifiedSince  time.Time
}

// readConditions reads them out of headers whose names begin with prefix.
func readConditions(h http.Header, prefix string) conditions {
	return conditions{
		match: h.Get(prefix + "If-Match"), noneMatch: h.Get(prefix + "If-None-Match"),
		modifiedSince:   readDate(h.Get(prefix + "If-Modified-Since")),
		unmodifiedSince: readDate(h.Get(prefix + "If-Unmodified-Since")),
	}
}

// readDate reads a date of HTTP, or one of ISO 8601 as some clients send.
// What is no date is no condition.
func readDate(text string) time.Time {
	if t, err := http.ParseTime(text); err == nil {
		return t
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t
	}
	return time.Time{}
}

// matches compares an entity tag with a list of them.
func matches(list, etag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimSpace(one)
		if one == "*" || strings.Trim(one, `"`) == etag {
			return true
		}
	}
	return false
}

// forReading checks the conditions of a get or head, as RFC 9110 orders them.
func (c conditions) forReading(o *object) error {
	modified := o.Modified.Truncate(time.Second)
	switch {
	case c.match != "":
		if !matches(c.match, o.ETag) {
			return preconditionFailed("If-Match")
		}
	case !c.unmodifiedSince.IsZero() && modified.After(c.unmodifiedSince):
		return preconditionFailed("If-Unmodified-Since")
	}
	switch {
	case c.noneMatch != "":
		if matches(c.noneMatch, o.ETag) {
			return notModified()
		}
	case !c.modifiedSince.IsZero() && !modified.After(c.modifiedSince):
		return notModified()
	}
	return nil
}

// forCopying checks the conditions on the source of a copy.
func (c conditions) forCopying(o *object) error {
	const prefix = "x-amz-copy-source-"
	modified := o.Modified.Truncate(time.Second)
	switch {
	case c.match != "" && !matches(c.match, o.ETag):
		return preconditionFailed(prefix + "If-Match")
	case c.match == "" && !c.unmodifiedSince.IsZero() && modified.After(c.unmodifiedSince):
		return preconditionFailed(prefix + "If-Unmodified-Since")
	case c.noneMatch != "" && matches(c.noneMatch, o.ETag):
		return preconditionFailed(prefix + "If-None-Match")
	case c.noneMatch == "" && !c.modifiedSince.IsZero() && !modified.After(c.modifiedSince):
		return preconditionFailed(prefix + "If-Modified-Since")
	}
	return nil
}

// forWriting checks the conditions of a put on what is there, nil for nothing.
func (c conditions) forWriting(key string, there *object) error {
	if there != nil && there.Marker {
		there = nil
	}
	switch {
	case c.match != "" && c.noneMatch != "":
		return notImplemented("If-None-Match")
	case c.noneMatch != "" && c.noneMatch != "*":
		return notImplemented("If-None-Match")
	case c.noneMatch == "*" && there != nil:
		return preconditionFailed("If-None-Match")
	case c.match == "":
		return nil
	case there == nil:
		return noSuchKey(key)
	case !matches(c.match, there.ETag):
		return preconditionFailed("If-Match")
	}
	return nil
}

// byteRange is a part of a body.
type byteRange struct{ off, n int64 }

// readRange reads a Range header. ok is false where there is none that counts:
// the service ignores what it does not understand, lists of ranges included.
func readRange(header string, size int64) (r byteRange, ok bool, err error) {
	text, found := strings.CutPrefix(header, "bytes=")
	from, to, dash := strings.Cut(text, "-")
	if !found || !dash || strings.Contains(text, ",") {
		return r, false, nil
	}
	if from == "" {
		n, ok := position(to)
		if !ok || n > 0 && size == 0 {
			return r, false, nil
		}
		if n == 0 {
			return r, false, invalidRange(header, size)
		}
		n = min(n, size)
		return byteRange{size - n, n}, true, nil
	}
	first, ok := position(from)
	if !ok {
		return r, false, nil
	}
	last := size - 1
	if to != "" {
		if last, ok = position(to); !ok || last < first {
			return r, false, nil
		}
	}
	if first >= size {
		return r, false, invalidRange(header, size)
	}
	return byteRange{first, min(last, size-1) - first + 1}, true, nil
}

// position reads a number of a range: digits, however many.
func position(text string) (n int64, ok bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return math.MaxInt64, true // the one thing that digits can be: too large
	}
	return n, true
}
