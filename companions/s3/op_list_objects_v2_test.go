package s3

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestListObjectsV2(t *testing.T) {
	w := begin(t).bucket("things")
	require.Empty(t, w.get("/things?list-type=2").ok().has("<KeyCount>0</KeyCount>", "<IsTruncated>false</IsTruncated>").keys())
	for _, key := range []string{"a", "b/1", "b/2", "b/c/3", "d%20e", "f"} {
		w.put("/things/"+key, key)
	}
	w.get("/things?list-type=2").ok().has(`<Contents><Key>a</Key><LastModified>2026-11-25T10:00:00.000Z</LastModified><ETag>&#34;0cc175b9c0f1b6a831c399e269772661&#34;</ETag>`, "<Size>1</Size><StorageClass>STANDARD</StorageClass></Contents>")
	for query, want := range map[string][]string{
		"":                            {"a", "b/1", "b/2", "b/c/3", "d e", "f"},
		"&delimiter=/":                {"a", "d e", "f", "b/"},
		"&prefix=b/&delimiter=/":      {"b/1", "b/2", "b/c/"},
		"&prefix=b":                   {"b/1", "b/2", "b/c/3"},
		"&prefix=b&delimiter=c":       {"b/1", "b/2", "b/c"},
		"&start-after=b/2":            {"b/c/3", "d e", "f"},
		"&encoding-type=url&prefix=d": {"d+e"},
		"&max-keys=0":                 nil,
		"&prefix=zz":                  nil,
	} {
		require.Equal(t, want, w.get("/things?list-type=2"+query).ok().keys(), query)
	}
	w.get("/things?list-type=3").fails(400, "InvalidArgument", "Invalid List Type specified in Request")
	w.get("/things?list-type=2&continuation-token=%21").fails(400, "InvalidArgument", "The continuation token provided is incorrect")
	w.bucket("others").put("/others/a", "a")
	w.put("/others/b", "b")
	foreign := w.get("/others?list-type=2&max-keys=1").ok().element("NextContinuationToken")
	w.get("/others?list-type=2&continuation-token=" + foreign).ok()
	for _, token := range []string{"", "aWrongToken2", "YQ", "a", foreign, foreign[1:], foreign + "A"} {
		w.get("/things?list-type=2&continuation-token="+token).fails(400, "InvalidArgument", "The continuation token provided is incorrect")
	}
	w.get("/things?list-type=2&fetch-owner=true").ok().has("<DisplayName>" + account)
}

// Pages of any size show the same as a plain walk over all keys.
func TestPages(t *testing.T) {
	w := begin(t).bucket("things")
	var keys []string
	for i := range 60 {
		keys = append(keys, strings.Repeat(string(rune('a'+i%5)), i%3+1)+strings.Repeat("/", i%2)+fmt.Sprint(i%7)+strings.Repeat("/x", i%4))
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	for _, key := range keys {
		w.put("/things/"+key, key)
	}
	for _, prefix := range []string{"", "a", "b/", "cc"} {
		for _, delimiter := range []string{"", "/", "x", "/1"} {
			want := listed(keys, prefix, delimiter)
			for _, size := range []int{1, 2, 7, 1000} {
				var got []string
				for query := ""; ; {
					a := w.get(fmt.Sprintf("/things?list-type=2&max-keys=%d&prefix=%s&delimiter=%s%s", size, url.QueryEscape(prefix), url.QueryEscape(delimiter), query)).ok()
					page := a.keys()
					require.LessOrEqual(t, len(page), size)
					got = append(got, page...)
					if !strings.Contains(a.body, "<IsTruncated>true") {
						break
					}
					query = "&continuation-token=" + a.element("NextContinuationToken")
				}
				slices.Sort(got) // a page shows its prefixes behind its keys
				require.Equal(t, want, got, "prefix %q delimiter %q page %d", prefix, delimiter, size)
			}
		}
	}
}

// listed is what a list shows, the naive way.
func listed(keys []string, prefix, delimiter string) (out []string) {
	for _, key := range keys {
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok {
			continue
		}
		if i := strings.Index(rest, delimiter); delimiter != "" && i >= 0 {
			key = prefix + rest[:i+len(delimiter)]
		}
		out = append(out, key)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
