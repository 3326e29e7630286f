package poller

// tracker finds the checkpoint of a shard: the highest sequence number with
// nothing unfinished at or below it. Records get a place when they are read,
// in their order, and are finished in any.
type tracker struct {
	base   uint64  // place of waiting[0]
	places []place // from the lowest unfinished one on
	at     string  // the checkpoint
}

type place struct {
	sequence string
	done     bool
}

// add gives a record its place.
func (t *tracker) add(sequence string) uint64 {
	t.places = append(t.places, place{sequence: sequence})
	return t.base + uint64(len(t.places)) - 1
}

// finish marks a place and moves the checkpoint as far as it goes.
func (t *tracker) finish(at uint64) {
	t.places[at-t.base].done = true
	n := 0
	for n < len(t.places) && t.places[n].done {
		n++
	}
	if n == 0 {
		return
	}
	t.at = t.places[n-1].sequence
	t.base += uint64(n)
	if n == len(t.places) {
		t.places = nil // an idle shard keeps no memory
		return
	}
	clear(t.places[:n]) // the sequence numbers
	t.places = t.places[n:]
}

// distance is how far reading is ahead of the checkpoint, in records.
func (t *tracker) distance() int { return len(t.places) }
