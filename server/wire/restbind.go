package wire

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// bind fills a member from the path, the query string or a header. Members of
// the body are none of its business.
func (d *decoding) bind(f *field, p unsafe.Pointer, r *Request) {
	switch f.member.Location {
	case LocationURI:
		if v, ok := r.Path[f.name]; ok {
			d.bindAll(f, p, []string{v}, "iso8601")
		}
	case LocationQuery:
		if values, ok := r.Query[f.name]; ok {
			d.bindAll(f, p, values, "iso8601")
		}
	case LocationHeader:
		if values := r.Header.Values(f.name); len(values) > 0 {
			if f.node.kind == kindList {
				values = splitHeader(values)
			}
			d.bindAll(f, p, values, "rfc822")
		}
	case LocationHeaders:
		m := newMapper(f.node, p)
		for name, values := range r.Header {
			if rest, ok := cutPrefixFold(name, f.name); ok && len(values) > 0 {
				*(*string)(m.room()) = values[0]
				m.put(strings.ToLower(rest), false)
			}
		}
	}
}

// cutPrefixFold is strings.CutPrefix for header names.
func cutPrefixFold(name, prefix string) (rest string, ok bool) {
	if len(name) < len(prefix) || !strings.EqualFold(name[:len(prefix)], prefix) {
		return "", false
	}
	return name[len(prefix):], true
}

// splitHeader takes header lines apart at their commas.
func splitHeader(values []string) []string {
	var parts []string
	for _, line := range values {
		for part := range strings.SplitSeq(line, ",") {
			parts = append(parts, strings.TrimSpace(part))
		}
	}
	return parts
}

// bindAll sets a member from texts: all of them for a list, else the first.
func (d *decoding) bindAll(f *field, p unsafe.Pointer, values []string, timestamps string) {
	if f.member.TimestampFormat != "" {
		timestamps = f.member.TimestampFormat
	}
	if f.node.kind != kindList {
		d.bindScalar(f.node, p, values[0], timestamps)
		return
	}
	l := newLister(f.node, p)
	for _, v := range values {
		at := l.next()
		if at == nil {
			d.mismatch(malformed())
			return
		}
		d.bindScalar(f.node.elem, at, v, timestamps)
	}
}

// bindScalar reads a text as the type of node n.
func (d *decoding) bindScalar(n *node, p unsafe.Pointer, value, timestamps string) {
	switch n.kind {
	case kindString:
		d.setString(n, p, value)
		return
	case kindEnum:
		d.setEnum(p, value)
		return
	case kindInt32, kindInt64:
		if v, err := strconv.ParseInt(value, 10, 64); err == nil {
			d.setInt(n, p, v)
			return
		}
	case kindFloat64:
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			d.setFloat(n, p, v)
			return
		}
	case kindBool:
		if value == "true" || value == "false" {
			d.setBool(n, p, value == "true")
			return
		}
	case kindBlob:
		b, ok := decodeBase64([]byte(value))
		if !ok {
			d.mismatch(badBase64(value))
			return
		}
		d.setBlob(p, b)
		return
	case kindTime:
		if ms, ok := parseTime(value, timestamps); ok {
			d.setTime(n, p, ms)
			return
		}
	}
	d.mismatch(mismatch(n.kind, givenString, value))
}

// parseTime reads a time in one of the three formats of the models.
func parseTime(value, format string) (ms int64, ok bool) {
	switch format {
	case "unixTimestamp":
		f, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, false
		}
		return floatMillis(f, 1000)
	case "rfc822":
		t, err := http.ParseTime(value)
		return t.UnixMilli(), err == nil
	}
	t, err := time.Parse(time.RFC3339Nano, value)
	return t.UnixMilli(), err == nil
}

// scalars writes a value, or the elements of a list, as texts.
func (f *field) scalars(p unsafe.Pointer, timestamps string) []string {
	if f.member.TimestampFormat != "" {
		timestamps = f.member.TimestampFormat
	}
	if f.node.kind != kindList {
		return []string{f.node.scalarText(p, timestamps)}
	}
	var texts []string
	for i := range (*sliceHeader)(p).len {
		texts = append(texts, f.node.elem.scalarText(f.node.index(p, i), timestamps))
	}
	return texts
}

// scalarText writes a scalar outside of a JSON body.
func (n *node) scalarText(p unsafe.Pointer, timestamps string) string {
	switch n.kind {
	case kindInt32:
		return strconv.Itoa(int(asInt32(p)))
	case kindInt64:
		return strconv.FormatInt(asInt64(p), 10)
	case kindFloat64:
		return floatText(asFloat(p))
	case kindBool:
		return strconv.FormatBool(asBool(p))
	case kindBlob:
		return string(appendBase64(nil, asBytes(p)))
	case kindTime:
		return timeText(*asTime(p), timestamps)
	}
	return asString(p)
}

// floatText writes a double as the protocols do, which have words for what
// JSON cannot say.
func floatText(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

func timeText(t time.Time, format string) string {
	switch format {
	case "unixTimestamp":
		return string(appendSeconds(nil, t))
	case "rfc822":
		return t.UTC().Format(http.TimeFormat)
	}
	return t.UTC().Truncate(time.Millisecond).Format("2006-01-02T15:04:05.999Z07:00")
}
