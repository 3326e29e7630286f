package integration

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startLimit is how long a server may take to become ready, on a machine that is compiling beside it.
const startLimit = 3 * time.Minute

// stopLimit is longer than the five seconds a server may drain for and what a
// slow disk adds; tests of the drain have their own.
const stopLimit = time.Minute

// patience is how long what comes by itself may take on a machine that is busy with other tests.
const patience = 5 * time.Minute

// Root is the folder of go.mod.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(file))
}

// program builds the program once per test process. A lock lets one process build it at a time: the next one finds it
// up to date, and leaves alone what the first may be running.
var program = sync.OnceValues(func() (string, error) {
	folder := filepath.Join(Root(), "build", "integration")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	unlock, err := lock(filepath.Join(folder, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	path := filepath.Join(folder, "sluice")
	build := exec.Command("go", "build", "-o", path, "./cmd/sluice")
	build.Dir = Root()
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build cmd/sluice: %w\n%s", err, out)
	}
	return path, nil
})

// lock waits until no other test process holds the lock of that file.
func lock(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() { _ = file.Close() }, nil
}

// Server is one sluice process. Its address stays the same over restarts, so that clients can go on.
type Server struct {
	// URL and SecureURL are the two ways to the same port.
	URL, SecureURL string
	// CAFile holds the certificate of the server's local authority; each start writes it anew.
	CAFile string

	t       testing.TB
	dir     string // where the process runs; empty: here
	args    []string
	address string
	process *exec.Cmd
	talk    *talk
	exited  chan error
}

// Start runs `sluice serve` with the given arguments on a free port and waits until it is ready. Without --memory or
// --data its state lies in a folder of the test. The test's end stops it and fails when it panicked.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	return StartIn(t, "", args...)
}

// StartIn is Start in another folder.
func StartIn(t testing.TB, dir string, args ...string) *Server {
	t.Helper()
	if !slices.Contains(args, "--memory") && !slices.Contains(args, "--data") {
		args = append(args, "--data", filepath.Join(t.TempDir(), "data"))
	}
	// Stories of clients are told at full speed; those about limits say so.
	if !slices.Contains(args, "--limits") {
		args = append(args, "--limits", "off")
	}
	s := &Server{t: t, dir: dir, args: args, address: FreeAddress(t), CAFile: filepath.Join(t.TempDir(), "ca.pem")}
	s.Restart()
	t.Cleanup(func() {
		if s.process != nil {
			s.Stop()
		}
		if at := bytes.Index(s.talk.bytes(), []byte("panic")); at >= 0 {
			t.Errorf("the server panicked:\n%.4000s", s.talk.bytes()[at:])
		}
	})
	return s
}

// Restart starts the process on the same address and folder as before. It must not be running.
func (s *Server) Restart() {
	s.t.Helper()
	path, err := program()
	if err != nil {
		s.t.Fatal(err)
	}
	s.process = exec.Command(path, append([]string{"serve", "--listen", s.address}, s.args...)...)
	s.process.Env = append(os.Environ(), "GOTRACEBACK=all")
	s.process.Dir = s.dir
	s.talk = &talk{ready: make(chan string, 1)}
	s.process.Stderr = s.talk
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.exited = make(chan error, 1)
	go func(p *exec.Cmd, exited chan<- error) { exited <- p.Wait() }(s.process, s.exited)
	select {
	case line := <-s.talk.ready:
		s.addresses(line)
	case err := <-s.exited:
		s.t.Fatalf("the server ended at once: %v\n%s", err, s.talk.bytes())
	case <-time.After(startLimit):
		_ = s.process.Process.Kill()
		s.t.Fatalf("the server is not ready after %s:\n%s", startLimit, s.talk.bytes())
	}
	s.fetchCA()
}

// addresses takes the server's own word for where it listens: `sluice ready URL URL…`.
func (s *Server) addresses(line string) {
	s.t.Helper()
	for _, word := range strings.Fields(line)[2:] {
		if at, err := url.Parse(word); err == nil && at.Host != "" {
			s.address = at.Host
			s.URL, s.SecureURL = "http://"+at.Host, "https://"+at.Host
			return
		}
	}
	s.t.Fatalf("no address in %q", line)
}

func (s *Server) fetchCA() {
	s.t.Helper()
	ask, err := http.NewRequest(http.MethodGet, s.URL+"/_sluice/ca.pem", http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	if at := slices.Index(s.args, "--admin-token"); at >= 0 {
		ask.Header.Set("Authorization", "Bearer "+s.args[at+1])
	}
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	pem, err := io.ReadAll(answer.Body)
	if err == nil {
		err = os.WriteFile(s.CAFile, pem, 0o600)
	}
	if err != nil || answer.StatusCode != http.StatusOK {
		s.t.Fatalf("GET /_sluice/ca.pem: %s %v", answer.Status, err)
	}
}

// Stop ends the server as an operator does and expects a clean exit.
func (s *Server) Stop() {
	s.t.Helper()
	_ = s.process.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-s.exited:
		if err != nil {
			s.t.Errorf("the server ended with %v:\n%s", err, s.talk)
		}
	case <-time.After(stopLimit):
		_ = s.process.Process.Kill()
		<-s.exited
		s.t.Errorf("the server did not end within %s:\n%s", stopLimit, s.talk)
	}
	s.gone()
}

// Kill ends the server as kill -9 does: no drain, no sync, no good-bye.
func (s *Server) Kill() {
	s.t.Helper()
	_ = s.process.Process.Kill()
	err := <-s.exited
	var status *exec.ExitError
	if !errors.As(err, &status) || status.ExitCode() >= 0 { // it is below zero after a signal
		s.t.Errorf("the server had ended by itself: %v\n%s", err, s.talk)
	}
	s.gone()
}

// gone forgets the process, and the connections to it that wait in this one for the next call: it may be made before
// anybody has noticed that they are broken.
func (s *Server) gone() {
	s.process = nil
	http.DefaultClient.CloseIdleConnections()
}

// Signal sends a signal to the running server.
func (s *Server) Signal(signal syscall.Signal) {
	s.t.Helper()
	if err := s.process.Process.Signal(signal); err != nil {
		s.t.Error(err)
	}
}

// PID is the process id of the running server.
func (s *Server) PID() int { return s.process.Process.Pid }

// Log is what the server wrote to stderr since its last start.
func (s *Server) Log() string { return string(s.talk.bytes()) }

// eventually waits until something holds. When it never does, it says what the message makes of its arguments then, and
// how the server's log ends.
func (s *Server) eventually(t testing.TB, holds func() bool, tick time.Duration, message string, args ...any) {
	t.Helper()
	eventually(t, holds, tick, message+"\nthe server says: %s", append(args, s.talk)...)
}

// eventually is that without a server. Unlike testify's it asks in the test's own goroutine, where what is asked may
// fail the test, and as often as it takes.
func eventually(t testing.TB, holds func() bool, tick time.Duration, message string, args ...any) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(tick) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", patience, fmt.Sprintf(message, args...))
		}
	}
}

// lazily is what a function gives when it is printed.
type lazily func() any

// String implements fmt.Stringer.
func (f lazily) String() string { return fmt.Sprint(f()) }

// ResidentKiB is the memory of the process that lies in RAM, as the kernel counts it.
func (s *Server) ResidentKiB() int {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID()))
	if err != nil {
		s.t.Skip("this system has no /proc: ", err)
	}
	for line := range strings.Lines(string(status)) {
		var kib int
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kib); n == 1 {
			return kib
		}
	}
	s.t.Fatal("no VmRSS in the process's status")
	return 0
}

// Program makes a command for the client program whose run script `sdk/setup.sh client [version]` prints, pointed at
// the endpoint and with everything else at its default.
func (s *Server) Program(ctx context.Context, client, version, endpoint string, env ...string) (*exec.Cmd, error) {
	script, err := Install(s.t.Context(), client, version)
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, script)
	command.Env = append(os.Environ(),
		"AWS_ENDPOINT_URL_KINESIS="+endpoint, "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
		"SLUICE_CA="+s.CAFile, "AWS_CA_BUNDLE="+s.CAFile)
	command.Env = append(command.Env, env...)
	return command, nil
}

// Install sets a client up and gives the script that runs it. On a new machine that downloads and compiles, one client
// after the other, for longer than any story: limits of stories begin after it.
func Install(ctx context.Context, client, version string) (script string, err error) {
	command := []string{filepath.Join(Root(), "integration", "sdk", "setup.sh"), client}
	if version != "" {
		command = append(command, version)
	}
	out, err := exec.CommandContext(ctx, command[0], command[1:]...).Output()
	if err != nil {
		return "", fmt.Errorf("set up %s %s: %w\n%s", client, version, err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// talk keeps what a process writes and, for a server, finds the line that says it is ready.
type talk struct {
	mu    sync.Mutex
	all   []byte
	ready chan string // nil: nobody waits for that line
	told  bool
}

// Write is called by one goroutine of os/exec, while tests read.
func (w *talk) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, p...)
	if w.told || w.ready == nil {
		return len(p), nil
	}
	lines := bufio.NewScanner(bytes.NewReader(w.all[:bytes.LastIndexByte(w.all, '\n')+1]))
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "sluice ready ") {
			w.told = true
			w.ready <- lines.Text()
			break
		}
	}
	return len(p), nil
}

func (w *talk) bytes() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return bytes.Clone(w.all)
}

// String is the end of it.
func (w *talk) String() string { return string(tailOf(w.bytes())) }

func tailOf(log []byte) []byte {
	const keep = 4000
	if len(log) > keep {
		return log[len(log)-keep:]
	}
	return log
}
