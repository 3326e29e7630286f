package integration

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// clientLimit is for one program: far more than any takes, since what else runs at the time may take most of the machine.
const clientLimit = 15 * time.Minute

// collector gathers the rows of all programs.
type collector struct {
	mu   sync.Mutex
	rows []Row
}

func (c *collector) add(rows []Row) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rows = append(c.rows, rows...)
}

// TestClients runs every client program with default settings over http and https, and three of them once more against
// a server with its own defaults: states that last 100 ms, and the limits of AWS. Beside them runs what only some can do: the producer library, and a
// reader under a writer that asks for too much. All rows go to build/report/clients.json.
func TestClients(t *testing.T) {
	t.Parallel()
	var all collector
	t.Run("run", func(t *testing.T) {
		at := Start(t, "--memory", "--transition", "0")
		usual := Start(t, "--memory", "--limits", "aws")
		for _, client := range Clients() {
			all.run(t, at, client, "", "http")
			all.run(t, at, client, "", "https")
		}
		for _, client := range Clients() {
			if client.Name == "go" || client.Name == "boto3" || client.Name == "js" {
				all.run(t, usual, client, "", "http, server by default")
			}
		}
		all.producer(t, Producer(), "")
		all.follower(t, Follower())
	})
	require.NoError(t, AddToReport("clients.json", all.rows))
}

// run is one parallel subtest: one program against one server over one transport.
func (c *collector) run(t *testing.T, server *Server, client Client, version, transport string) {
	t.Helper()
	t.Run(strings.TrimSpace(client.Name+" "+version)+" over "+transport, func(t *testing.T) {
		t.Parallel()
		rows, seen := runProgram(t, server, client, version, transport)
		c.add(rows)
		for _, fault := range client.Faults(rows, transport) {
			t.Error(fault)
		}
		if transport == "http" {
			require.Equal(t, []string{client.Cleartext}, seen, "the protocol on the cleartext port")
		}
	})
}

// runProgram gives the rows of one run and the protocols that were seen on the cleartext port.
func runProgram(t *testing.T, server *Server, client Client, version, transport string, env ...string) (rows []Row, seen []string) {
	t.Helper()
	tap := NewTap(t, server.URL)
	endpoint := tap.URL
	if transport == "https" {
		endpoint = server.SecureURL
	}
	ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
	defer cancel()
	stream := strings.NewReplacer(" ", "-", ",", "").Replace(client.Name + "-" + version + "-" + transport)
	env = append(env, "SLUICE_STREAM="+stream, "SLUICE_TRANSPORT="+transport)
	program, err := server.Program(ctx, client.Name, version, endpoint, env...)
	require.NoError(t, err)
	var out, talk bytes.Buffer
	program.Stdout, program.Stderr = &out, &talk
	begin := time.Now()
	err = program.Run()
	rows = ParseRows(out.Bytes())
	t.Logf("%d rows in %.1f s", len(rows), time.Since(begin).Seconds())
	if err != nil {
		t.Errorf("the program ended with %v\n%s", err, tailOf(talk.Bytes()))
	}
	return rows, tap.Seen()
}

// TestStepsAreDocumented holds the table in docs/clients.md equal to the one the tests use.
func TestStepsAreDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(Root(), "docs", "clients.md"))
	require.NoError(t, err)
	for _, step := range slices.Concat(Steps(), Producer().Own, Follower().Own) {
		require.Contains(t, string(text), fmt.Sprintf("| %s | %s | %d |", step.Number, step.Name, step.Count))
	}
}
