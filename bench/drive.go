package main

import (
	"errors"
	"slices"
	"sync"
	"time"

	"sluice/bench/raw"
	"sluice/bench/rig"
)

// step does one request of a connection and tells how many records it moved.
type step func() (records int, err error)

// window is when requests count: after the warm-up, until the end.
type window struct{ begin, end time.Time }

// measure is what one timed run gave.
type measure struct {
	requests, records float64 // a second
	length            time.Duration
	latencies         []time.Duration // ascending
	server, client    time.Duration   // CPU within the window
	written           int64           // bytes the server passed to write(2), answers left out, whole run
}

// drive runs one goroutine a connection from the warm-up to the end of the
// window, and reads what the server used meanwhile.
func drive(p *rig.Process, b *bench, connections int, begin func(i int, c *raw.Conn) (step, error)) (measure, error) {
	conns := make([]*raw.Conn, connections)
	steps := make([]step, connections)
	for i := range conns {
		var err error
		if conns[i], err = raw.Dial(p.Address); err != nil {
			return measure{}, err
		}
		defer conns[i].Close()
		if steps[i], err = begin(i, conns[i]); err != nil {
			return measure{}, err
		}
	}
	received := receivedBy(conns)
	first, err := p.Usage()
	if err != nil {
		return measure{}, err
	}
	now := time.Now()
	w := window{now.Add(b.warm), now.Add(b.warm + b.duration)}
	workers := make([]worker, connections)
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() { workers[i].run(steps[i], w) })
	}
	time.Sleep(time.Until(w.begin))
	before, err1 := p.Usage()
	clientBefore, err2 := rig.Own()
	time.Sleep(time.Until(w.end))
	after, err3 := p.Usage()
	clientAfter, err4 := rig.Own()
	m := measure{length: b.duration, client: clientAfter.CPU - clientBefore.CPU, server: after.CPU - before.CPU}
	group.Wait()
	last, err5 := p.Usage()
	m.written = last.Written - first.Written - (receivedBy(conns) - received)
	return m, errors.Join(m.collect(workers), err1, err2, err3, err4, err5)
}

func (m *measure) collect(workers []worker) error {
	for _, w := range workers {
		if w.err != nil {
			return w.err
		}
		// Each connection counts from the start of its first request to the end
		// of its last, so that long requests are not cut off by the window.
		if took := w.last.Sub(w.first).Seconds(); took > 0 {
			m.requests += float64(len(w.latencies)) / took
			m.records += float64(w.records) / took
		}
		m.latencies = append(m.latencies, w.latencies...)
	}
	slices.Sort(m.latencies)
	return nil
}

// worker is the count of one connection.
type worker struct {
	first, last time.Time // of the requests that began in the window
	records     int
	latencies   []time.Duration
	err         error
}

func (k *worker) run(next step, w window) {
	start := time.Now()
	for start.Before(w.end) {
		records, err := next()
		if err != nil {
			k.err = err
			return
		}
		end := time.Now()
		if !start.Before(w.begin) {
			if k.records == 0 {
				k.first = start
			}
			k.last = end
			k.records += records
			k.latencies = append(k.latencies, end.Sub(start))
		}
		start = end
	}
}

func receivedBy(conns []*raw.Conn) int64 {
	var n int64
	for _, c := range conns {
		n += c.Received()
	}
	return n
}
