package sigv4

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// unreserved are the bytes that URIs spell as they are.
func unreserved(b byte) bool {
	return b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '-' || b == '.' || b == '_' || b == '~'
}

const upperHex = "0123456789ABCDEF"

// escape spells a value as AWS signs it; slashes stay when keepSlash is set.
func escape(v string, keepSlash bool) string {
	var out strings.Builder
	out.Grow(len(v))
	for _, b := range []byte(v) {
		if unreserved(b) || keepSlash && b == '/' {
			out.WriteByte(b)
			continue
		}
		out.WriteByte('%')
		out.WriteByte(upperHex[b>>4])
		out.WriteByte(upperHex[b&15])
	}
	return out.String()
}

// canonicalPath is the path as it is signed. S3 signs it escaped once and
// leaves dots and doubled slashes alone, since they are part of keys. The
// others escape what stands on the wire once more, after tidying the path.
func canonicalPath(r *http.Request, s3 bool) string {
	raw := r.URL.EscapedPath()
	if raw == "" {
		return "/"
	}
	if s3 {
		if plain, err := url.PathUnescape(raw); err == nil {
			return escape(plain, true)
		}
		return raw
	}
	return escape(tidied(raw), true)
}

// tidied removes empty and dot segments as RFC 3986 does; a slash at the end stays.
func tidied(path string) string {
	var kept []string
	parts := strings.Split(path, "/")
	for _, part := range parts {
		switch part {
		case "", ".":
		case "..":
			if len(kept) > 0 {
				kept = kept[:len(kept)-1]
			}
		default:
			kept = append(kept, part)
		}
	}
	out := "/" + strings.Join(kept, "/")
	if last := parts[len(parts)-1]; len(kept) > 0 && (last == "" || last == "." || last == "..") {
		out += "/"
	}
	return out
}

// canonicalQuery sorts the parameters and spells them anew. The signature
// itself is not part of what a presigned URL signs.
func canonicalQuery(raw string, presigned bool) string {
	if raw == "" {
		return ""
	}
	var pairs []string
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, value = respell(name), respell(value)
		if presigned && name == "X-Amz-Signature" {
			continue
		}
		// Parameters sort by name, then by value: a byte below all that names
		// and values are spelled with keeps a name before its extensions.
		pairs = append(pairs, name+"\x00"+value)
	}
	slices.Sort(pairs)
	return strings.ReplaceAll(strings.Join(pairs, "&"), "\x00", "=")
}

// respell escapes a part of a query string in the one way that is signed. A
// plus sign is a space in some clients' eyes and itself in others': AWS takes
// it as a space.
func respell(v string) string {
	plain, err := url.QueryUnescape(v)
	if err != nil {
		return escape(v, false)
	}
	return escape(plain, false)
}

// canonicalHeaders lists the signed headers with their values. ok is false
// when one of them is not there.
func canonicalHeaders(r *http.Request, names []string) (text, missing string) {
	var out strings.Builder
	for _, name := range names {
		value, ok := headerValue(r, name)
		if !ok {
			return "", name
		}
		out.WriteString(name + ":" + value + "\n")
	}
	return out.String(), ""
}

// blank tells what clients fold before they sign: spaces and tabs. Other spaces
// of Unicode are letters like any other, which folding would let be exchanged.
func blank(r rune) bool { return r == ' ' || r == '\t' }

// headerValue finds a header as the client has signed it; net/http keeps some
// of them elsewhere.
func headerValue(r *http.Request, name string) (string, bool) {
	switch name {
	case "host", ":authority":
		return r.Host, true
	case "content-length":
		if r.ContentLength < 0 {
			return "", false
		}
		return strconv.FormatInt(r.ContentLength, 10), true
	case "transfer-encoding":
		return strings.Join(r.TransferEncoding, ","), len(r.TransferEncoding) > 0
	}
	values := r.Header.Values(name)
	if len(values) == 0 {
		return "", false
	}
	tidy := make([]string, len(values))
	for i, v := range values {
		tidy[i] = strings.Join(strings.FieldsFunc(v, blank), " ")
	}
	return strings.Join(tidy, ","), true
}
