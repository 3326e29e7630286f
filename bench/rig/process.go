// Package rig starts the servers that are compared, each as a child process
// of its own, and reads from the kernel what they used.
package rig

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sluice/bench/load"
	"sluice/bench/raw"
)

const (
	readyWait = 20 * time.Second
	stopWait  = 10 * time.Second
	readyPoll = 500 * time.Microsecond
)

// Kind is a kind of server.
type Kind struct {
	Name string
	// Keeps is false for a limit that answers without storing: nothing can be
	// read back from it.
	Keeps bool
	// PutsOnly kinds answer nothing else.
	PutsOnly bool
	// Durable kinds promise that acknowledged records survive kill -9, so the
	// audit reads them after one.
	Durable bool
	// FanOut tells whether the kind serves SubscribeToShard.
	FanOut bool
	// Clock tells whether service time can be moved, as Sluice lets it.
	Clock bool
	// Limit kinds are no servers: they do the least that a server must.
	Limit   bool
	command func(port int, folder string) *exec.Cmd
}

// Process is a running server.
type Process struct {
	Kind    *Kind
	Address string
	// Ready is the time from the start of the process to its first answer.
	Ready   time.Duration
	folder  string
	port    int
	command *exec.Cmd
	gone    chan struct{}
}

// Start runs a server on a folder, which may hold the data of an earlier run,
// and waits until it answers ListStreams.
func Start(kind *Kind, folder string) (*Process, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	p := &Process{Kind: kind, folder: folder, port: port, Address: fmt.Sprintf("127.0.0.1:%d", port)}
	return p, p.run()
}

// Restart runs the server again on the same folder and port.
func (p *Process) Restart() error { return p.run() }

func (p *Process) run() error {
	log, err := os.OpenFile(filepath.Join(p.folder, "log.txt"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	p.command = p.Kind.command(p.port, p.Folder())
	p.command.Stdout, p.command.Stderr = log, log
	p.gone = make(chan struct{})
	begin := time.Now()
	if err := p.command.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.Kind.Name, err)
	}
	go func() {
		_ = p.command.Wait() // how it ended is told by whoever ended it
		close(p.gone)
	}()
	if err := p.await(begin); err != nil {
		p.Kill()
		return fmt.Errorf("%s: %w\n%s", p.Kind.Name, err, p.Log())
	}
	return nil
}

// await asks ListStreams until there is an answer.
func (p *Process) await(begin time.Time) error {
	request := load.Request("ListStreams", "{}")
	for time.Since(begin) < readyWait {
		select {
		case <-p.gone:
			return fmt.Errorf("ended at once")
		default:
		}
		c, err := raw.Dial(p.Address)
		if err != nil {
			time.Sleep(readyPoll)
			continue
		}
		answer, err := c.Do(request)
		c.Close()
		if err == nil && answer.Status == 200 {
			p.Ready = time.Since(begin)
			return nil
		}
		if err == nil {
			return fmt.Errorf("ListStreams answered %d: %.300s", answer.Status, answer.Body)
		}
	}
	return fmt.Errorf("no answer within %v", readyWait)
}

// Stop ends the server as its user would, and insists after a while.
func (p *Process) Stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM) // gone already is as good
	select {
	case <-p.gone:
	case <-time.After(stopWait):
		p.Kill()
	}
}

// Folder is where the server keeps its data.
func (p *Process) Folder() string { return filepath.Join(p.folder, "data") }

// End ends the server with kill -9, or as its user would.
func (p *Process) End(kill bool) {
	if kill {
		p.Kill()
		return
	}
	p.Stop()
}

// Kill ends the server with kill -9.
func (p *Process) Kill() {
	_ = p.command.Process.Kill() // gone already is as good
	<-p.gone
}

// Log returns the last lines the server wrote.
func (p *Process) Log() string { return tail(filepath.Join(p.folder, "log.txt")) }

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func tail(name string) string {
	b, err := os.ReadFile(name)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}
