package poller

import (
	"slices"
	"strings"
	"time"
)

// Results of the last processing, as LastProcessingResult shows them. The
// first three are the service's texts, the others are Sluice's own.
const (
	NoRecords        = "No records processed"
	OK               = "OK"
	FunctionFailed   = "PROBLEM: Function call failed"
	FunctionNotFound = "PROBLEM: Function not found"
	StreamNotFound   = "PROBLEM: Stream not found"
	RecordsTooOld    = "PROBLEM: Records too old"
)

// Status is what a mapping is doing now.
type Status struct {
	// Settled is true when the settings given last are in force; with a mapping
	// that was disabled it means that nothing runs any more.
	Settled bool
	// LastResult is one of the constants above, or PROBLEM: and a text.
	LastResult string
	// Trouble is why the shards of the stream are not known, empty when they are.
	Trouble string
	// Shards are those being read or waiting for their parents, by id.
	Shards []ShardStatus
	// Counters counts since the start of the process.
	Counters Counters
}

// ShardStatus is what a mapping is doing with a shard.
type ShardStatus struct {
	ShardID string
	// Checkpoint is the sequence number up to which all is finished: at first
	// one from before the first record, or empty for a start by time.
	Checkpoint string
	// Lag is the age of the oldest record that was read and is not finished, 0
	// when there is none.
	Lag time.Duration
	// InFlight is how many records are with the function now; Queued is how
	// many were read and wait.
	InFlight, Queued int
	// Attempt is how often the oldest batch under way has failed so far.
	Attempt int
	// WaitingFor says what has to happen next, empty when records are being processed.
	WaitingFor string
	// LastError is what went wrong last, empty when nothing has since the last success.
	LastError string
}

// Counters are the metrics of a mapping, in events unless the name says
// otherwise. They only grow, but for the two gauges at the end.
type Counters struct {
	Polled, FilteredOut, Invoked, FailedInvoke, Dropped, Delivered int64
	// Invocations, Errors and Throttles are calls of the function; Duration is
	// how long they ran.
	Invocations, Errors, Throttles int64
	Duration                       time.Duration
	// IteratorAge is the age of the last record of the last finished batch.
	IteratorAge time.Duration
	// InFlightBytes is what the records in memory weigh.
	InFlightBytes int64
}

// Status tells what the mapping is doing.
func (p *Poller) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	st := Status{Settled: p.loaded && p.next == nil, LastResult: p.stats.result, Counters: p.stats.Counters}
	if p.run == nil {
		for id, at := range p.positions {
			if !at.Finished {
				st.Shards = append(st.Shards, ShardStatus{ShardID: id, Checkpoint: at.After, WaitingFor: "the mapping to be enabled"})
			}
		}
	} else {
		st.Trouble = p.run.trouble
		st.Shards = p.run.status()
	}
	slices.SortFunc(st.Shards, func(a, b ShardStatus) int { return strings.Compare(a.ShardID, b.ShardID) })
	return st
}

// status tells about the shards that are read and those that wait.
func (r *run) status() []ShardStatus {
	var out []ShardStatus
	now := r.now()
	for _, m := range r.members {
		if s := r.shards[m.id]; s != nil {
			out = append(out, s.status(now))
			continue
		}
		if at := r.p.position(m.id); !at.Finished {
			out = append(out, ShardStatus{ShardID: m.id, Checkpoint: at.After, WaitingFor: "its parents"})
		}
	}
	return out
}
