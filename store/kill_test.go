package store_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/log"
	"sluice/store/log/logtest"
)

// killDir is where the child of TestKill keeps its store; killRound tells it
// how often it was started before.
const (
	killDir   = "SLUICE_KILL_DIR"
	killRound = "SLUICE_KILL_ROUND"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(killDir); dir != "" {
		appendForever(dir, os.Getenv(killRound))
	}
	os.Exit(m.Run())
}

// appendForever is the child: it writes from many goroutines and says on
// standard output what was acknowledged, until it is killed.
func appendForever(dir, round string) {
	s, err := store.Open(store.Options{
		Dir: dir, Durability: store.Durability(os.Getenv("SLUICE_KILL_DURABILITY")),
		Now: logtest.NewClock().Now, MemTableBytes: 1 << 20,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	l := s.Log("test")
	ids := []log.ID{{Stream: 1}, {Stream: 1, Shard: 1}, {Stream: 1, Shard: 2}}
	if err := l.Create(ctx, ids); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var out sync.Mutex
	for w := range 10 {
		go func() {
			for i := 0; ; i++ {
				id := ids[(w+i)%len(ids)]
				text := killText(fmt.Sprint(round, ".", w, ".", i))
				c, err := l.Append(ctx, []log.Entry{{Log: id, PartitionKey: "key-" + text, Data: []byte(text)}})
				if err == nil {
					err = c.Wait()
				}
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				out.Lock()
				fmt.Println(id.Shard, c.Placed()[0].Position, round, w, i)
				out.Unlock()
			}
		}()
	}
	select {}
}

// killText is the record of a name: of some length, and different throughout.
func killText(name string) string { return strings.Repeat(name+" ", 1+len(name)*7%40) }

// TestKill kills a process with kill -9 while ten of its goroutines write,
// again and again over the same folder: what it had acknowledged is there,
// once, in order. SLUICE_KILL_ROUNDS kills more often.
func TestKill(t *testing.T) {
	rounds := 4
	if s := os.Getenv("SLUICE_KILL_ROUNDS"); s != "" {
		rounds, _ = strconv.Atoi(s)
	}
	for _, durability := range []store.Durability{store.Process, store.Disk} {
		t.Run(string(durability), func(t *testing.T) {
			dir := t.TempDir()
			var acks []logtest.Ack
			for round := range rounds {
				acks = append(acks, killOnce(t, dir, durability, round)...)
				s := open(t, store.Options{Dir: dir, Durability: durability, Now: logtest.NewClock().Now})
				logtest.CheckAcknowledged(t, s.Log("test"), acks)
				require.NoError(t, s.Close())
			}
			t.Logf("%d acknowledged records over %d kills", len(acks), rounds)
		})
	}
}

// killOnce runs the child until it has acknowledged a random number of
// records, kills it, and returns all that it managed to say.
func killOnce(t *testing.T, dir string, durability store.Durability, round int) []logtest.Ack {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killDir+"="+dir, killRound+"="+strconv.Itoa(round), "SLUICE_KILL_DURABILITY="+string(durability))
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	defer func() { _ = cmd.Wait() }()
	in := bufio.NewReader(pipe)
	var acks []logtest.Ack
	until := 200 + rand.IntN(3000)
	for {
		line, err := in.ReadString('\n')
		if err == io.EOF {
			break // an unfinished line was not said
		}
		require.NoError(t, err)
		var a logtest.Ack
		var r, w, i int
		_, err = fmt.Sscan(line, &a.ID.Shard, &a.Position, &r, &w, &i)
		require.NoError(t, err, line)
		a.ID.Stream = 1
		a.Text = killText(fmt.Sprint(r, ".", w, ".", i))
		acks = append(acks, a)
		if len(acks) == until {
			require.NoError(t, cmd.Process.Kill())
		}
	}
	require.GreaterOrEqual(t, len(acks), until, "the child died by itself")
	return acks
}
