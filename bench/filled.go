package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"sluice/bench/load"
	"sluice/bench/raw"
	"sluice/bench/rig"
)

const (
	// fillConnections write a store full.
	fillConnections = 4
	// restarts is how often a filled store is started, and betweenStarts what is
	// written before each.
	restarts      = 5
	betweenStarts = 4 << 20
	// fillHours is how far service time moves during the long fill, in steps of
	// an hour. Records live for keptHours.
	fillHours = 36
	keptHours = 24
	// otherStream is what a store is filled with that is then put into.
	otherStream = "filled"
	manyStreams = 10_000
)

// pour fills on several connections. After each request it calls passed with
// the connection's ledger and how much was written so far by all.
func (r *putRun) pour(p *rig.Process, size int64, passed func(l *load.Ledger, written int64) error) error {
	var written, answered atomic.Int64
	defer func() { r.answered += answered.Load() }()
	var group errgroup.Group
	for range fillConnections {
		conn, err := raw.Dial(p.Address)
		if err != nil {
			return errors.Join(err, group.Wait())
		}
		l, i := r.ledger()
		next := r.step(p.Kind, l, i, conn)
		group.Go(func() error {
			defer func() {
				answered.Add(conn.Received())
				conn.Close()
			}()
			for written.Load() < size {
				n, err := next()
				if err != nil {
					return err
				}
				if err := passed(l, written.Add(int64(n*r.shape.Size))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// goOn passes.
func goOn(*load.Ledger, int64) error { return nil }

// full is what a put on a filled server is preceded by. All of it is on the
// disk then: else the kernel would be busy with writing it during the put.
func full(b *bench, p *rig.Process, c *control, r *putRun) error {
	fill := newPutRun(1024, fillBatch)
	fill.stream = otherStream
	if p.Kind.Limit { // which has one stream, so that what fills it is audited with what is put
		fill, fill.stream = r, streamName
	}
	if err := c.createAs(p.Kind, fill.stream, b.shards); err != nil || !p.Kind.Keeps {
		return err
	}
	if err := fill.pour(p, b.fill, goOn); err != nil {
		return err
	}
	return evict(p.Folder())
}

// crowded is what a put beside many streams is preceded by. All are begun
// before the first is waited for, as each takes a while.
func crowded(_ *bench, p *rig.Process, c *control, _ *putRun) error {
	if !p.Kind.Keeps {
		return nil
	}
	name := func(i int) string { return fmt.Sprint("other-", i) }
	for i := range manyStreams {
		if err := c.begin(name(i), 1); err != nil {
			return err
		}
	}
	for i := range manyStreams {
		if err := c.active(name(i)); err != nil {
			return err
		}
	}
	return nil
}

// start measures how long a filled server takes from its start to its first
// answer, after a clean end or a kill -9.
func start(size int, kill bool) func(*bench, *rig.Process) (Sample, error) {
	return func(b *bench, p *rig.Process) (Sample, error) {
		c, err := openStream(p, b.shards)
		if err != nil {
			return Sample{}, err
		}
		defer c.close()
		r := newPutRun(size, fillBatch)
		if err := r.pour(p, b.fill, goOn); err != nil {
			return Sample{}, err
		}
		var m measure
		for range restarts {
			if err := r.pour(p, betweenStarts, goOn); err != nil {
				return Sample{}, err
			}
			p.End(kill)
			if err := p.Restart(); err != nil {
				return Sample{}, err
			}
			m.latencies = append(m.latencies, p.Ready)
			m.length += p.Ready
		}
		slices.Sort(m.latencies)
		m.requests = restarts / m.length.Seconds()
		s := newSample(m, size)
		s.Killed = kill
		a := load.NewAudit(r.shape, r.ledgers)
		if err := readBack(p, a, nil, pageLimit); err != nil {
			return s, err
		}
		v := a.Verdict()
		s.Verdict = &v
		return s, s.used(p)
	}
}

// longFill fills a server while service time moves on by more than records are
// kept, so that what was written first is trimmed meanwhile. What must still be
// there at the end is audited, after a kill -9.
func longFill(size int) func(*bench, *rig.Process) (Sample, error) {
	return func(b *bench, p *rig.Process) (Sample, error) {
		c, err := openStream(p, b.shards)
		if err != nil {
			return Sample{}, err
		}
		defer c.close()
		r := newPutRun(size, fillBatch)
		before, err := p.Usage()
		if err != nil {
			return Sample{}, err
		}
		h := hours{process: p, run: r, every: b.fill / fillHours, kept: map[*load.Ledger]int{}}
		begin := time.Now()
		if err := r.pour(p, b.fill, h.passed); err != nil {
			return Sample{}, err
		}
		m := measure{length: time.Since(begin)}
		after, err := p.Usage()
		if err != nil {
			return Sample{}, err
		}
		total := r.acknowledged()
		m.server = after.CPU - before.CPU
		m.records = float64(total) / float64(size) / m.length.Seconds()
		m.requests = m.records / fillBatch
		s := newSample(m, size)
		if err := s.used(p); err != nil {
			return s, err
		}
		s.WrittenPerByte = float64(after.Written-before.Written-r.answered) / float64(total)
		if s.Stored, err = stored(p.Folder()); err != nil {
			return s, err
		}
		return s, r.auditKept(b, p, &s, h.forgiven())
	}
}

// hours moves service time on as a fill goes by.
type hours struct {
	process *rig.Process
	run     *putRun
	every   int64 // bytes an hour

	mu   sync.Mutex
	past int64
	// kept are how many records of each connection may be trimmed at the end.
	kept map[*load.Ledger]int
}

func (h *hours) passed(l *load.Ledger, written int64) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.process.Kind.Clock && h.past < written/h.every && h.past < fillHours {
		if err := h.advance(); err != nil {
			return err
		}
		h.past++
	}
	if _, known := h.kept[l]; !known && h.past > fillHours-keptHours {
		h.kept[l] = l.Noted()
	}
	return nil
}

// forgiven are those counts by connection.
func (h *hours) forgiven() []int {
	var all []int
	for _, l := range h.run.ledgers {
		all = append(all, h.kept[l])
	}
	return all
}

func (h *hours) advance() error {
	answer, err := http.Post("http://"+h.process.Address+"/_sluice/clock", "application/json", bytes.NewReader([]byte(`{"advance":"1h"}`)))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("clock: answered %d", answer.StatusCode)
	}
	return nil
}

// stored is how large a folder is, in MB.
func stored(folder string) (float64, error) {
	total := int64(0)
	err := filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // merged away meanwhile
		}
		if err == nil {
			total += info.Size()
		}
		return err
	})
	return float64(total) / 1e6, err
}
