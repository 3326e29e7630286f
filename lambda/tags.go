package lambda

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"

	"sluice/internal/arn"
)

// checkTags holds tags that are to be added to the rules, given those there are.
func checkTags(add, have map[string]string) error {
	count := len(have)
	for _, key := range sortedKeys(add) {
		if len(key) >= 4 && strings.EqualFold(key[:4], "aws:") {
			return errReservedTag(key)
		}
		if _, replaced := have[key]; !replaced {
			count++
		}
	}
	if count > tagsMax {
		return errTooManyTags()
	}
	return nil
}

// retag changes the tags of a function or a mapping. next gets a copy of those
// there are.
func (r *Room) retag(ctx context.Context, resource string, next func(tags map[string]string) error) error {
	if uuid, ok := r.mappingARN(ctx, resource); ok {
		m, err := r.mapping(ctx, &uuid)
		if err != nil {
			return err
		}
		defer m.mu.Unlock()
		s := m.now
		s.Tags = cloned(s.Tags)
		if err := next(s.Tags); err != nil {
			return err
		}
		return r.store(ctx, m, s)
	}
	f, err := r.tagged(ctx, resource)
	if err != nil {
		return err
	}
	defer f.mu.Unlock()
	s := f.now.clone()
	s.Tags = cloned(s.Tags)
	if err := next(s.Tags); err != nil {
		return err
	}
	return r.keep(ctx, f, s, nil)
}

// tagged finds the function that an ARN names and locks it.
func (r *Room) tagged(ctx context.Context, resource string) (*deployed, error) {
	f, ref, err := r.functionOf(ctx, &resource, nil)
	if ref.Qualifier != "" {
		if err == nil {
			f.mu.Unlock()
		}
		return nil, errTagsOfVersion()
	}
	return f, err
}

// mappingARN reads the UUID out of the ARN of a mapping. One of another
// account or region names nothing.
func (r *Room) mappingARN(ctx context.Context, resource string) (uuid string, ok bool) {
	const kind = ":event-source-mapping:"
	at := strings.Index(resource, kind)
	if at < 0 {
		return "", false
	}
	who := r.caller(ctx)
	if resource[:at] != "arn:"+arn.Partition(who.Region)+":lambda:"+who.Region+":"+who.Account {
		return "", true
	}
	return strings.ToLower(resource[at+len(kind):]), true
}

// cloned is a map that can be changed.
func cloned(tags map[string]string) map[string]string {
	if tags == nil {
		return map[string]string{}
	}
	return maps.Clone(tags)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(keysOf(m)) }

func keysOf[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }
