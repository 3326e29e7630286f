package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"sluice/bench/load"
	"sluice/bench/raw"
	"sluice/bench/rig"
)

const (
	startTries = 15
	// settle is how long an idle server gets before its memory is read.
	settle = 2 * time.Second
)

// Footprint is what Sluice costs while it does nothing.
type Footprint struct {
	// Starts are times from the start of the process to the first answered
	// ListStreams, on an empty folder.
	StartMedian float64 `json:"startMedianMillis"`
	StartWorst  float64 `json:"startWorstMillis"`
	// IdleMemory is resident after the first answer and a rest.
	IdleMemory float64 `json:"idleResidentMB"`
	Binary     float64 `json:"binaryMB"`
	// Silent and Used are what one open connection adds to resident memory:
	// before its first request, and after one.
	Connections int     `json:"connections"`
	Silent      float64 `json:"silentConnectionKB"`
	Used        float64 `json:"usedConnectionKB"`
	// Streams idle streams make for so much resident memory and so many percent
	// of a core.
	Streams       int     `json:"idleStreams"`
	StreamsMemory float64 `json:"idleStreamsResidentMB"`
	StreamsCPU    float64 `json:"idleStreamsCPUPercent"`
	// HosesMemory and HosesCPU are the same of as many delivery streams.
	HosesMemory float64 `json:"idleHosesResidentMB"`
	HosesCPU    float64 `json:"idleHosesCPUPercent"`
}

const (
	idleStreams = 1000
	idleShards  = 10
	// idleWatch is how long idle streams are watched.
	idleWatch = 5 * time.Second
)

func footprint(b *bench, kind *rig.Kind, binary string, connections int) (Footprint, error) {
	var f Footprint
	info, err := os.Stat(binary)
	if err != nil {
		return f, err
	}
	f.Binary = float64(info.Size()) / 1e6
	var starts []time.Duration
	for i := range startTries {
		last := i == startTries-1
		took, err := b.start(kind, last, connections, &f)
		if err != nil {
			return f, err
		}
		starts = append(starts, took)
	}
	slices.Sort(starts)
	f.StartMedian = millis(starts, 0.5)
	f.StartWorst = millis(starts, 1)
	return f, errors.Join(f.streams(b, kind), f.hoses(b, kind))
}

// streams measures a server that has many streams and nothing to do.
func (f *Footprint) streams(b *bench, kind *rig.Kind) error {
	folder, err := os.MkdirTemp(b.folder, "streams-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	p, err := rig.Start(kind, folder)
	if err != nil {
		return err
	}
	defer p.Stop()
	c, err := newControl(p)
	if err != nil {
		return err
	}
	defer c.close()
	for i := range idleStreams {
		err := c.call("CreateStream", struct {
			StreamName string
			ShardCount int
		}{fmt.Sprint("idle-", i), idleShards}, nil)
		if err != nil {
			return err
		}
	}
	before, err := rest(p)
	if err != nil {
		return err
	}
	time.Sleep(idleWatch)
	after, err := p.Usage()
	f.Streams = idleStreams
	f.StreamsMemory = float64(after.Resident) / 1e6
	f.StreamsCPU = 100 * (after.CPU - before.CPU).Seconds() / idleWatch.Seconds()
	return err
}

// start starts a server on an empty folder; the last one stays a while to have
// its memory read.
func (b *bench) start(kind *rig.Kind, stay bool, connections int, f *Footprint) (time.Duration, error) {
	folder, err := os.MkdirTemp(b.folder, "start-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	if err := os.Mkdir(filepath.Join(folder, "data"), 0o755); err != nil {
		return 0, err
	}
	p, err := rig.Start(kind, folder)
	if err != nil {
		return 0, err
	}
	defer p.Stop()
	if stay {
		err = f.idle(p, connections)
	}
	return p.Ready, err
}

func (f *Footprint) idle(p *rig.Process, connections int) error {
	before, err := rest(p)
	if err != nil {
		return err
	}
	f.IdleMemory = float64(before.Resident) / 1e6
	conns := make([]*raw.Conn, 0, connections)
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	for range connections {
		c, err := raw.Dial(p.Address)
		if err != nil {
			return fmt.Errorf("connection %d: %w", len(conns)+1, err)
		}
		conns = append(conns, c)
	}
	silent, err := rest(p)
	if err != nil {
		return err
	}
	request := load.Request("ListStreams", "{}")
	for _, c := range conns {
		if _, err := ok(c.Do(request)); err != nil {
			return err
		}
	}
	used, err := rest(p)
	f.Connections = connections
	f.Silent = perConnection(before, silent, connections)
	f.Used = perConnection(before, used, connections)
	return err
}

func perConnection(before, after rig.Usage, n int) float64 {
	return float64(after.Resident-before.Resident) / 1e3 / float64(max(n, 1))
}

func rest(p *rig.Process) (rig.Usage, error) {
	time.Sleep(settle)
	return p.Usage()
}
