package shards

import (
	"maps"
	"slices"
	"strings"
	"unicode"
)

// checkTags refuses tags that the service does not take. Two sets of
// characters are checked one after the other: a percent sign passes the first
// and fails the second, with another text.
func checkTags(k streamKey, tags map[string]string) error {
	texts := make([]string, 0, 2*len(tags))
	keys := slices.Sorted(maps.Keys(tags))
	for _, key := range keys {
		texts = append(texts, key, tags[key])
	}
	if slices.ContainsFunc(texts, badTag) {
		return errTagCharacters()
	}
	if slices.ContainsFunc(texts, illegalTag) {
		return errTagsIllegal("add tags to", k)
	}
	if at := slices.IndexFunc(keys, reservedTag); at >= 0 {
		return errTagReserved(keys[at])
	}
	if len(tags) > tagsPerResource {
		return errTooManyTags(k)
	}
	return nil
}

// checkTagKeys is for keys that are to be removed. Keys that are reserved need
// no check: nobody can have set them.
func checkTagKeys(k streamKey, keys []string) error {
	if slices.ContainsFunc(keys, badTag) {
		return errTagCharacters()
	}
	if slices.ContainsFunc(keys, illegalTag) {
		return errTagsIllegal("remove tags from", k)
	}
	return nil
}

func badTag(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.N, unicode.Zs) && !strings.ContainsRune("_./=+-%@:", r)
	})
}

func illegalTag(text string) bool { return strings.Contains(text, "%") }

func reservedTag(key string) bool { return len(key) >= 4 && strings.EqualFold(key[:4], "aws:") }
