package integration

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The story's size. Two producers of twenty lanes each keep up to forty requests on the way.
const (
	storyLines     = 1_000_000
	storyProducers = 2
	storyLanes     = 20 // of each producer
	storyBatch     = 500
	storyInFlight  = 8 // at the kill, at least
)

// TestLogStory sends a real log of this machine, repeated to a million lines, through a stream of eight shards. On the
// way the stream is scaled up and down and the server is killed with requests in flight. Every acknowledged line must
// be there exactly as sent, where the acknowledgement says, in order; every other one at most once.
func TestLogStory(t *testing.T) {
	if testing.Short() {
		t.Skip("a million lines")
	}
	server := Start(t)
	server.CreateStream(t, "story", 8)
	story := newStory(t, server, machineLog(t))
	begin := time.Now()
	var running sync.WaitGroup
	for producer := range storyProducers {
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: storyLanes}}
		for lane := range storyLanes {
			running.Go(func() { story.produce(client, producer*storyLanes+lane) })
		}
	}
	story.waitFor(t, storyLines/4)
	scale(t, server, "story", 16)
	story.waitFor(t, storyLines/2)
	story.killAndRestart(t)
	story.waitFor(t, storyLines*3/4)
	scale(t, server, "story", 8)
	running.Wait()
	wrote := time.Since(begin)
	story.verify(t)
	t.Logf("%d lines of %.1f MB: %d acknowledged, %d unknown in %d requests; written in %.1f s, read and compared in %.1f s",
		storyLines, float64(story.sentBytes.Load())/1e6, story.acknowledged.Load(), story.unknownLines.Load(),
		story.unknownRequests.Load(), wrote.Seconds(), (time.Since(begin) - wrote).Seconds())
}

// machineLog gives the lines of a log that this machine's package manager wrote.
func machineLog(t *testing.T) [][]byte {
	t.Helper()
	candidates := []string{"/var/log/dpkg.log", "/var/log/apt/term.log", "/var/log/apt/history.log", "/var/log/pacman.log", "/var/log/dnf.log"}
	more, _ := filepath.Glob("/var/log/*.log")
	for _, path := range append(candidates, more...) {
		if text, err := os.ReadFile(path); err == nil && len(text) > 0 {
			t.Logf("the log is %s", path)
			return bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
		}
	}
	t.Fatal("no log of a package manager on this machine")
	return nil
}

// scale asks for another shard count and does not wait.
func scale(t *testing.T, server *Server, stream string, count int) {
	t.Helper()
	Must[struct{}](t, server, "UpdateShardCount", map[string]any{
		"StreamName": stream, "TargetShardCount": count, "ScalingType": "UNIFORM_SCALING",
	})
}

// Fates of a line.
const (
	unsent = iota
	unknown
	refused
	acknowledged
)

// line is what became of one line of one lane. Its number within the lane is its place in the slice.
type line struct {
	fate   byte
	found  bool
	shard  string
	number string
}

type story struct {
	server *Server
	lines  [][]byte
	lanes  [][]line

	inFlight, done, acknowledged, unknownLines, unknownRequests, sentBytes atomic.Int64

	gate sync.RWMutex // held for writing while the server is down
}

func newStory(t *testing.T, server *Server, lines [][]byte) *story {
	t.Helper()
	s := &story{server: server, lines: lines, lanes: make([][]line, storyProducers*storyLanes)}
	for lane := range s.lanes {
		s.lanes[lane] = make([]line, storyLines/len(s.lanes))
	}
	return s
}

// data is the content of a line: lanes start at different places of the log.
func (s *story) data(lane, n int) []byte {
	return s.lines[(lane*7919+n)%len(s.lines)]
}

// produce sends a lane's lines in order, one request at a time, each line once: nothing is ever sent again, so that
// what is acknowledged and what is unknown is exact.
func (s *story) produce(client *http.Client, lane int) {
	var body []byte
	for first := 0; first < len(s.lanes[lane]); first += storyBatch {
		batch := s.lanes[lane][first:min(first+storyBatch, len(s.lanes[lane]))]
		body = s.encode(body[:0], lane, first, len(batch))
		s.gate.RLock() // waits while the server is down
		s.inFlight.Add(1)
		s.gate.RUnlock()
		s.send(client, body, batch)
		s.inFlight.Add(-1)
		s.done.Add(int64(len(batch)))
	}
}

// encode makes the PutRecords body. The partition key tells lane and number, and so spreads the lines over all shards.
func (s *story) encode(body []byte, lane, first, count int) []byte {
	body = append(body, `{"StreamName":"story","Records":[`...)
	for n := first; n < first+count; n++ {
		if n > first {
			body = append(body, ',')
		}
		data := s.data(lane, n)
		s.sentBytes.Add(int64(len(data)))
		body = append(body, `{"Data":"`...)
		body = base64.StdEncoding.AppendEncode(body, data)
		body = fmt.Appendf(body, `","PartitionKey":"%d/%d"}`, lane, n)
	}
	return append(body, `]}`...)
}

func (s *story) send(client *http.Client, body []byte, batch []line) {
	for i := range batch {
		batch[i].fate = unknown
	}
	var answer Answer
	request, err := s.server.Call("PutRecords", JSON11, bytes.NewReader(body))
	if err == nil {
		answer, err = Send(client, request)
	}
	var out struct{ Records []PutEntry }
	if err == nil && answer.Status == http.StatusOK {
		err = json.Unmarshal(answer.Body, &out)
	}
	if err != nil || len(out.Records) != len(batch) {
		s.unknownRequests.Add(1)
		s.unknownLines.Add(int64(len(batch)))
		return
	}
	for i, entry := range out.Records {
		batch[i] = line{fate: acknowledged, shard: entry.ShardId, number: entry.SequenceNumber}
		if entry.ErrorCode != "" {
			batch[i] = line{fate: refused}
			continue
		}
		s.acknowledged.Add(1)
	}
}

// waitFor returns when so many lines are through.
func (s *story) waitFor(t *testing.T, lines int64) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Minute); s.done.Load() < lines; time.Sleep(time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "the producers are stuck at %d lines", s.done.Load())
	}
}

// killAndRestart kills the server while at least eight requests are on their way and starts it on the same folder. To be
// sure of them it halts the process first: what is unanswered then, the server has and will never answer.
func (s *story) killAndRestart(t *testing.T) {
	t.Helper()
	inFlight := s.halt(t)
	for deadline := time.Now().Add(time.Minute); inFlight < storyInFlight; inFlight = s.halt(t) {
		require.True(t, time.Now().Before(deadline), "never %d requests in flight", storyInFlight)
		s.server.Signal(syscall.SIGCONT)
		s.gate.Unlock()
		time.Sleep(time.Millisecond)
	}
	s.server.Kill()
	for s.inFlight.Load() > 0 { // the connections are gone, so it is a moment
		time.Sleep(time.Millisecond)
	}
	begin := time.Now()
	s.server.Restart()
	s.gate.Unlock()
	t.Logf("killed; %d requests had no answer; ready again after %d ms", s.unknownRequests.Load(), time.Since(begin).Milliseconds())
	// Answers that lay in a socket are read after all when the lane that asked had no turn in the meantime.
	require.LessOrEqual(t, s.unknownRequests.Load(), inFlight, "requests in flight at the kill")
	require.Positive(t, s.unknownRequests.Load(), "requests in flight at the kill")
}

// halt keeps lanes from sending more, halts the server in the middle of what it does, and counts the requests that have
// no answer once all answers that were out have been read.
func (s *story) halt(t *testing.T) (inFlight int64) {
	t.Helper()
	s.gate.Lock() // first, so that no lane spends its lines on a server that is not there
	s.server.Signal(syscall.SIGSTOP)
	for quiet := 0; quiet < 20; time.Sleep(5 * time.Millisecond) {
		if now := s.inFlight.Load(); now != inFlight {
			inFlight, quiet = now, 0
			continue
		}
		quiet++
	}
	return inFlight
}

// verify reads every shard that ever was and compares.
func (s *story) verify(t *testing.T) {
	t.Helper()
	shards := s.server.Shards(t, "story")
	require.Len(t, shards, 8+16+8, "two changes of one generation each")
	for _, shard := range shards {
		s.verifyShard(t, shard.ShardId)
	}
	for lane, lines := range s.lanes {
		for n, line := range lines {
			if line.fate == acknowledged && !line.found {
				t.Fatalf("line %d of lane %d was acknowledged as %s in %s and is not there", n, lane, line.number, line.shard)
			}
		}
	}
}

// verifyShard reads a shard to its end: numbers grow, each lane's lines come in order, each at most once and as sent.
func (s *story) verifyShard(t *testing.T, shard string) {
	t.Helper()
	last := map[int]int{}
	previous := ""
	records, _ := s.server.ReadAll(t, "story", shard)
	for _, record := range records {
		var lane, n int
		_, err := fmt.Sscanf(record.PartitionKey, "%d/%d", &lane, &n)
		require.NoError(t, err)
		sent := &s.lanes[lane][n]
		switch before, had := last[lane]; {
		case len(record.SequenceNumber) != 56 || record.SequenceNumber <= previous:
			t.Fatalf("%s: number %s after %s", shard, record.SequenceNumber, previous)
		case had && before >= n:
			t.Fatalf("%s: line %d of lane %d after line %d", shard, n, lane, before)
		case sent.found:
			t.Fatalf("line %d of lane %d is there twice", n, lane)
		case !bytes.Equal(record.Data, s.data(lane, n)):
			t.Fatalf("line %d of lane %d came back with other bytes", n, lane)
		case sent.fate == refused:
			t.Fatalf("line %d of lane %d was refused and is there", n, lane)
		case sent.fate == acknowledged && (sent.shard != shard || sent.number != record.SequenceNumber):
			t.Fatalf("line %d of lane %d: acknowledged as %s in %s, found as %s in %s", n, lane, sent.number, sent.shard, record.SequenceNumber, shard)
		}
		sent.found, last[lane], previous = true, n, record.SequenceNumber
	}
}
