package shards

// tagging checks an addition of tags and returns its command. Texts name the
// channel's stream, as those about consumers do.
func (c *channel) tagging(st *channelState, add map[string]string) (channelCommand, error) {
	k := c.stream.key
	if st.Status != statusActive {
		return nil, errChannelBusy(k, st)
	}
	if err := checkTags(k, add); err != nil {
		return nil, err
	}
	count := len(st.Tags)
	for key := range add {
		if _, replaced := st.Tags[key]; !replaced {
			count++
		}
	}
	if count > tagsPerResource {
		return nil, errTooManyTags(k)
	}
	return &tagChannel{Set: add}, nil
}

// untagging checks a removal and returns its command.
func (c *channel) untagging(st *channelState, keys []string) (channelCommand, error) {
	if st.Status != statusActive {
		return nil, errChannelBusy(c.stream.key, st)
	}
	if err := checkTagKeys(c.stream.key, keys); err != nil {
		return nil, err
	}
	return &tagChannel{Remove: keys}, nil
}
