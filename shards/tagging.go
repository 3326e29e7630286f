package shards

import (
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// tagsPerResource is how many tags a stream or a consumer can have.
const tagsPerResource = 50

// changeTags sets and removes tags of a stream or of one of its consumers.
type changeTags struct {
	Consumer *consumerRef      `json:"consumer,omitempty"`
	Set      map[string]string `json:"set,omitempty"`
	Remove   []string          `json:"remove,omitempty"`
}

func (*changeTags) kind() string { return "tags" }

func (c *changeTags) apply(st *streamState, _ time.Time) error {
	tags := &st.Tags
	if c.Consumer != nil {
		owner := st.registered(c.Consumer)
		if owner == nil {
			return nil // deregistered meanwhile
		}
		tags = &owner.Tags
	}
	for _, key := range c.Remove {
		delete(*tags, key)
	}
	if *tags == nil && len(c.Set) > 0 {
		*tags = make(map[string]string, len(c.Set))
	}
	maps.Copy(*tags, c.Set)
	return nil
}

// tags returns what a view shows; it is read-only.
func (r resource) tags(v *view) (map[string]string, error) {
	if r.consumer == nil {
		return v.state.Tags, nil
	}
	c, err := v.consumer(r.stream.key, r.consumer)
	if err != nil {
		return nil, err
	}
	return c.Tags, nil
}

// tagging checks an addition and returns its command.
func (r resource) tagging(v *view, add map[string]string) (command, error) {
	if err := r.ready(v); err != nil {
		return nil, err
	}
	if err := checkTags(r.stream.key, add); err != nil {
		return nil, err
	}
	if err := checkPolicyTag(add); r.consumer == nil && err != nil {
		return nil, err
	}
	have, err := r.tags(v)
	if err != nil {
		return nil, err
	}
	count := len(have)
	for key := range add {
		if _, replaced := have[key]; !replaced {
			count++
		}
	}
	if count > tagsPerResource {
		return nil, errTooManyTags(r.stream.key)
	}
	return &changeTags{Consumer: r.consumer, Set: add}, nil
}

// untagging checks a removal and returns its command.
func (r resource) untagging(v *view, keys []string) (command, error) {
	if err := r.ready(v); err != nil {
		return nil, err
	}
	if err := checkTagKeys(r.stream.key, keys); err != nil {
		return nil, err
	}
	return &changeTags{Consumer: r.consumer, Remove: keys}, nil
}

// tagList shows tags in the order of their keys' code points, those after a
// key that need not exist.
func tagList(tags map[string]string, after *string) []types.Tag {
	list := make([]types.Tag, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if after == nil || key > *after {
			list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
		}
	}
	return list
}
