package glue

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// sumBytes is how much of the digest of a request a token carries.
const sumBytes = 8

// listing walks the keys below a prefix, a page at a time. A token is where the
// page before ended, and a digest of what was asked for, so that it continues
// no other listing.
type listing struct {
	prefix []byte
	// about is what else the listing depends on, an expression for one.
	about string
	limit int
	// reverse goes from the last key to the first.
	reverse bool
}

// What bounds one page besides its limit: what it weighs, and how many keys
// are looked at for it.
const (
	pageBytes = 4 << 20
	pageKeys  = 50_000
)

func (l listing) sum() []byte {
	sum := sha256.Sum256([]byte(l.about + "\x00" + string(l.prefix)))
	return sum[:sumBytes]
}

func (l listing) token(last []byte) *string {
	return aws.String(base64.RawURLEncoding.EncodeToString(append(l.sum(), last[len(l.prefix):]...)))
}

// bounds are the keys of a page, in the order of keys.
func (l listing) bounds(token *string) (from, to []byte, err error) {
	from, to = l.prefix, after(l.prefix)
	if aws.ToString(token) == "" {
		return from, to, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(*token, "="))
	if err != nil || len(b) < sumBytes || !bytes.Equal(b[:sumBytes], l.sum()) {
		return nil, nil, errToken()
	}
	last := append(append([]byte(nil), l.prefix...), b[sumBytes:]...)
	if l.reverse {
		return from, last, nil
	}
	return next(last), to, nil
}

// page calls f for a page of pairs, below is the key behind the prefix. f tells
// whether it took one. The token is nil when there is nothing behind the page.
func (c *Catalog) page(ctx context.Context, l listing, token *string, f func(below, value []byte) (took bool, err error)) (*string, error) {
	from, to, err := l.bounds(token)
	if err != nil {
		return nil, err
	}
	var last []byte
	more, taken, weight, seen := false, 0, 0, 0
	err = c.space.Scan(ctx, from, to, l.reverse, func(key, value []byte) (bool, error) {
		if taken == l.limit || taken > 0 && weight+len(value) > pageBytes || seen == pageKeys {
			more = true
			return false, nil
		}
		seen++
		took, err := f(key[len(l.prefix):], value)
		if err != nil {
			return false, err
		}
		if took {
			taken++
			weight += len(value)
		}
		last = append(last[:0], key...)
		return true, nil
	})
	if err != nil || !more {
		return nil, err
	}
	return l.token(last), nil
}

// limitOf is how many a page holds when the caller does not say.
func limitOf(asked *int32, instead int) int {
	if asked == nil {
		return instead
	}
	return int(*asked)
}
