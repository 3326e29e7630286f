package shards

import "time"

// use is what an account has in one region.
type use struct {
	open     int // open shards, of streams being created those to come
	onDemand int // on-demand streams
	creating int // streams in CREATING
}

// use counts the streams of the account and region of k.
func (s *Streams) use(k streamKey) use {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var u use
	for key, st := range s.streams {
		if key.account != k.account || key.region != k.region {
			continue
		}
		v := st.view.Load()
		u.open += len(v.layout.open) + v.state.comingShards()
		if v.state.Mode == modeOnDemand {
			u.onDemand++
		}
		if v.state.Status == statusCreating {
			u.creating++
		}
	}
	return u
}

// comingShards is how many shards a stream in CREATING will have.
func (st *streamState) comingShards() int {
	if st.Status != statusCreating || st.Pending == nil {
		return 0
	}
	if c, err := unwrap(st.Pending.Kind, st.Pending.Body); err == nil {
		if first, ok := c.(*openShards); ok {
			return first.Count
		}
	}
	return 0
}

// scope is the key of what belongs to an account and region, not to a stream.
func (k streamKey) scope() streamKey { return streamKey{account: k.account, region: k.region} }

// commitment returns the account's commitment as stored; see commitment.active.
func (s *Streams) commitment(k streamKey) commitment {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.account[k.scope()].state.Commitment
}

// committed reports whether the account's commitment is in force.
func (s *Streams) committed(k streamKey) bool { return s.commitment(k).active(s.clock.Now()) }

// active reports whether a commitment is in force at a time.
func (c commitment) active(now time.Time) bool {
	return c.Started != 0 && (c.Ends == 0 || millis(now) < c.Ends)
}
