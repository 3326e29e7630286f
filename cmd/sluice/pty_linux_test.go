package main

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// sitting is a command with a person before it: its terminal is a real one.
type sitting struct {
	t      *testing.T
	cmd    *exec.Cmd
	master *os.File
	done   chan struct{}

	mu  sync.Mutex
	raw bytes.Buffer // guarded by mu
}

// ioctl asks the kernel something about a terminal.
func ioctl(t *testing.T, f *os.File, request uintptr, argument unsafe.Pointer) {
	t.Helper()
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(argument))
	require.Zero(t, errno)
}

// openTerminal makes a terminal of 100 columns: the end of the person and the
// end of the program.
func openTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no terminals here:", err)
	}
	unlocked, number := int32(0), uint32(0)
	ioctl(t, master, syscall.TIOCSPTLCK, unsafe.Pointer(&unlocked))
	ioctl(t, master, syscall.TIOCGPTN, unsafe.Pointer(&number))
	slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(int(number)), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	size := [4]uint16{30, 100}
	ioctl(t, slave, syscall.TIOCSWINSZ, unsafe.Pointer(&size))
	return master, slave
}

// sit starts the program in a terminal. input, if it is not nil, comes from a
// file; everything else is the terminal's.
func (w *world) sit(input *os.File, args ...string) *sitting {
	w.t.Helper()
	master, slave := openTerminal(w.t)
	self, err := os.Executable()
	require.NoError(w.t, err)
	s := &sitting{t: w.t, master: master, done: make(chan struct{}), cmd: exec.Command(self, args...)}
	s.cmd.Env = append(os.Environ(), "SLUICE_TEST_AS_PROGRAM=1", "AWS_ENDPOINT_URL="+w.Endpoint(), "TERM=xterm-256color", "GORACE=atexit_sleep_ms=0")
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = slave, slave, slave
	controlling := 0
	if input != nil {
		s.cmd.Stdin, controlling = input, 1
	}
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: controlling}
	require.NoError(w.t, s.cmd.Start())
	require.NoError(w.t, slave.Close())
	go func() {
		defer close(s.done)
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			s.mu.Lock()
			s.raw.Write(buf[:n])
			s.mu.Unlock()
			if err != nil {
				return // the program has ended
			}
		}
	}()
	w.t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		<-s.done
		_ = master.Close()
	})
	return s
}

// bytes is all that came to the terminal.
func (s *sitting) bytes() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.raw.String()
}

// sees waits until the screen shows a text.
func (s *sitting) sees(text string) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return strings.Contains(s.bytes(), text) }, time.Minute, 5*time.Millisecond, "waiting for %q", text)
}

// types sends keys. ctrl-C is \x03, ctrl-D \x04.
func (s *sitting) types(keys string) {
	s.t.Helper()
	_, err := s.master.WriteString(keys)
	require.NoError(s.t, err)
}

// ends waits for the exit code and returns what is left on the screen.
func (s *sitting) ends(code int) string {
	s.t.Helper()
	_ = s.cmd.Wait()
	<-s.done
	require.Equal(s.t, code, s.cmd.ProcessState.ExitCode(), s.bytes())
	return screen(s.bytes())
}

// escape is what moves the cursor, clears, or colours.
var escape = regexp.MustCompile(`\x1b\[([0-9;?]*)([A-Za-z])`)

// screen plays what came to a terminal and returns the lines that are left,
// without blanks at their ends.
func screen(raw string) string {
	lines, line, column := []string(nil), []rune(nil), 0
	for raw != "" {
		if m := escape.FindStringSubmatch(raw); m != nil && strings.HasPrefix(raw, m[0]) {
			raw = raw[len(m[0]):]
			if m[2] == "K" {
				switch m[1] {
				case "", "0":
					line = line[:min(column, len(line))]
				case "2":
					line = nil
				}
			}
			continue
		}
		r := []rune(raw[:min(len(raw), 4)])[0]
		raw = raw[len(string(r)):]
		switch r {
		case '\r':
			column = 0
		case '\n':
			lines, line, column = append(lines, strings.TrimRight(string(line), " ")), nil, 0
		default:
			for len(line) <= column {
				line = append(line, ' ')
			}
			line[column] = r
			column++
		}
	}
	return strings.Join(append(lines, strings.TrimRight(string(line), " ")), "\n")
}
