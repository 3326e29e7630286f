package main

import (
	"time"

	"sluice/bench/load"
	"sluice/bench/rig"
)

// Sample is what one run of one workload on one server gave.
type Sample struct {
	Workload   string  `json:"workload"`
	Server     string  `json:"server"`
	Round      int     `json:"round"`
	Seconds    float64 `json:"seconds"`
	Requests   float64 `json:"requestsPerSecond"`
	Records    float64 `json:"recordsPerSecond"`
	Megabytes  float64 `json:"payloadMBPerSecond"`
	P50        float64 `json:"p50Millis"`
	P99        float64 `json:"p99Millis"`
	P999       float64 `json:"p999Millis"`
	ServerCPU  float64 `json:"serverCPUMicrosPerRecord"`
	ClientCPU  float64 `json:"clientCPUMicrosPerRecord"`
	PeakMemory float64 `json:"peakResidentMB"`
	// WrittenPerByte is bytes passed to write(2) for files per payload byte.
	WrittenPerByte float64 `json:"writtenPerPayloadByte,omitempty"`
	// ReadPerByte is bytes that read(2) returned per payload byte of an answer.
	ReadPerByte float64 `json:"readPerPayloadByte,omitempty"`
	// Behind is by how many seconds of load a delivery was behind at the end.
	Behind float64 `json:"secondsBehind,omitempty"`
	// Stored is the size of the data folder at the end.
	Stored float64 `json:"storedMB,omitempty"`
	// Killed says that the audit read the server after a kill -9 and a
	// restart, which took RestartMillis to the first answer.
	Killed        bool          `json:"killed,omitempty"`
	RestartMillis float64       `json:"restartMillis,omitempty"`
	Verdict       *load.Verdict `json:"audit,omitempty"`
}

func newSample(m measure, size int) Sample {
	s := Sample{Seconds: m.length.Seconds(), Requests: m.requests, Records: m.records}
	s.Megabytes = s.Records * float64(size) / 1e6
	s.P50, s.P99, s.P999 = millis(m.latencies, 0.5), millis(m.latencies, 0.99), millis(m.latencies, 0.999)
	if m.records > 0 {
		perRecord := 1 / (s.Seconds * m.records)
		s.ServerCPU = float64(m.server.Microseconds()) * perRecord
		s.ClientCPU = float64(m.client.Microseconds()) * perRecord
	}
	return s
}

// used notes the memory of the server.
func (s *Sample) used(p *rig.Process) error {
	u, err := p.Usage()
	s.PeakMemory = float64(u.Peak) / 1e6
	return err
}

// millis returns a quantile of ascending durations, the nearest rank.
func millis(ascending []time.Duration, q float64) float64 {
	if len(ascending) == 0 {
		return 0
	}
	rank := min(int(q*float64(len(ascending))), len(ascending)-1)
	return float64(ascending[rank].Microseconds()) / 1e3
}
