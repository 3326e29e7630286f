package rig

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// userHz is the unit of times in /proc/PID/stat on every Linux that Go runs
// on: USER_HZ is fixed at 100 whatever the kernel's own tick.
const userHz = 100

// Usage is what a process has used since it started.
type Usage struct {
	CPU time.Duration
	// Resident and Peak are bytes of memory now and at the most.
	Resident, Peak int64
	// Written counts bytes passed to write(2) and its kin, files and sockets.
	Written int64
	// Read counts bytes that read(2) and its kin returned, files and sockets.
	Read int64
	// Threads and Descriptors are counts of now.
	Threads, Descriptors int
}

// Usage reads the usage of the server.
func (p *Process) Usage() (Usage, error) { return usageOf(p.command.Process.Pid) }

// Own reads the usage of this process, the client.
func Own() (Usage, error) { return usageOf(os.Getpid()) }

func usageOf(pid int) (Usage, error) {
	var u Usage
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return u, err
	}
	// The second field is the command in brackets and may hold spaces.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 13 {
		return u, fmt.Errorf("short /proc/%d/stat", pid)
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	u.CPU = time.Duration(user+system) * time.Second / userHz
	status, err := table(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return u, err
	}
	u.Resident, u.Peak = status["VmRSS"]<<10, status["VmHWM"]<<10
	u.Threads = int(status["Threads"])
	io, err := table(fmt.Sprintf("/proc/%d/io", pid))
	if err != nil {
		return u, err
	}
	u.Written, u.Read = io["wchar"], io["rchar"]
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	u.Descriptors = len(open)
	return u, err
}

// table reads lines of the form "name: number rest".
func table(file string) (map[string]int64, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	t := map[string]int64{}
	for line := range strings.Lines(string(b)) {
		name, rest, _ := strings.Cut(line, ":")
		if f := strings.Fields(rest); len(f) > 0 {
			if n, err := strconv.ParseInt(f[0], 10, 64); err == nil {
				t[name] = n
			}
		}
	}
	return t, nil
}
