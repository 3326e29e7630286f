package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"

	"sluice/internal/dice"
)

const (
	idleConnections   = 10_000
	idleBytesMax      = 25 << 10
	idleServerProcess = "SLUICE_IDLE_SERVER"
)

// TestIdleServer is the server of TestIdleConnections, in a process of its own.
func TestIdleServer(t *testing.T) {
	if os.Getenv(idleServerProcess) == "" {
		t.Skip("it is started by TestIdleConnections")
	}
	s, err := Open(context.Background(), Config{Listen: []string{"127.0.0.1:0"}, Dice: dice.Seeded(1)})
	require.NoError(t, err)
	install(t, s, "kinesis", &streamsRoom{})
	fmt.Println("ready", strings.TrimPrefix(s.url(), "http://"))
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// Ten thousand connections that have said nothing, made a call, or opened
// HTTP/2 cost no more than 25 KB each.
func TestIdleConnections(t *testing.T) {
	if testing.Short() {
		t.Skip("it opens ten thousand connections")
	}
	if raceDetector {
		t.Skip("the race detector needs several times the memory; make test runs this without it")
	}
	if _, err := os.Stat("/proc/self/statm"); err != nil {
		t.Skip("resident memory can be read on Linux only")
	}
	command := exec.Command(os.Args[0], "-test.run=^TestIdleServer$", "-test.timeout=5m")
	command.Env = append(os.Environ(), idleServerProcess+"=1")
	in, err := command.StdinPipe()
	require.NoError(t, err)
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	defer func() {
		_ = in.Close()
		_ = command.Wait()
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	address := strings.TrimSpace(strings.TrimPrefix(line, "ready "))

	for _, c := range []struct {
		name string
		use  func(t *testing.T, c net.Conn)
	}{
		{"silent", func(*testing.T, net.Conn) {}},
		{"after a call", oneCall},
		{"HTTP/2", settled},
	} {
		t.Run(c.name, func(t *testing.T) {
			measureIdle(t, command.Process.Pid, address, c.use)
		})
	}
}

func measureIdle(t *testing.T, pid int, address string, use func(*testing.T, net.Conn)) {
	var conns []net.Conn
	defer func() {
		for _, c := range conns {
			_ = c.Close()
		}
	}()
	for range 100 { // warm up
		c, err := net.Dial("tcp", address)
		require.NoError(t, err)
		use(t, c)
		conns = append(conns, c)
	}
	before := resident(t, pid)
	for range idleConnections {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Skipf("this process may not open enough connections: %v", err)
		}
		conns = append(conns, c)
		use(t, c)
	}
	each := (resident(t, pid) - before) / idleConnections
	t.Logf("%d bytes a connection", each)
	require.Less(t, each, idleBytesMax)
}

func oneCall(t *testing.T, c net.Conn) {
	_, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: "+json11Type+"\r\nX-Amz-Target: "+listTarget+
		"\r\nAuthorization: "+signed+"\r\nX-Amz-Date: x\r\nContent-Length: 2\r\n\r\n{}")
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReaderSize(c, 1024), nil)
	require.NoError(t, err)
	require.Equal(t, 200, response.StatusCode)
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
}

// settled begins HTTP/2 and waits until the server has agreed.
func settled(t *testing.T, c net.Conn) {
	_, err := io.WriteString(c, http2.ClientPreface)
	require.NoError(t, err)
	f := http2.NewFramer(c, c)
	require.NoError(t, f.WriteSettings())
	for {
		frame, err := f.ReadFrame()
		require.NoError(t, err)
		if s, ok := frame.(*http2.SettingsFrame); ok && s.IsAck() {
			return
		}
	}
}

// resident is the resident memory of a process in bytes.
func resident(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	require.NoError(t, err)
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	require.NoError(t, err)
	return pages * os.Getpagesize()
}
