package poller

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/lambda/function"
)

var rewrite = flag.Bool("rewrite", false, "write down what the stories in testdata tell now")

// TestStories plays the transcripts in testdata against the flow of one shard.
// A line is a comment or an event:
//
//	mapping batch=3 window=5s tumbling=60s factor=2 retries=2 age=60s bisect report
//	put a b key:c     records arrive and are read at once; old=90s makes them older
//	clock 5s          time passes
//	end               the shard is closed
//	answer LANE ...   what became of the lane's invocation: an answer, "error TEXT",
//	                  "throttled", "missing", "down" or "large"
//	deliver LANE ok|down
//
// What the flow does then stands between the line and an empty one. Sequence
// numbers are 1, 2, 3 …; only this test knows how big they really are.
func TestStories(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			told, err := os.ReadFile(path)
			require.NoError(t, err)
			now := tell(t, string(told))
			if *rewrite {
				require.NoError(t, os.WriteFile(path, []byte(now), 0o644))
				return
			}
			require.Equal(t, string(told), now, "run with -rewrite and read the difference")
		})
	}
}

// tell plays a transcript and returns it with the answers of today.
func tell(t *testing.T, script string) string {
	var out strings.Builder
	s := &story{t: t, now: testStart()}
	for block := range strings.SplitSeq(strings.TrimSpace(script), "\n\n") {
		for line := range strings.SplitSeq(block, "\n") {
			out.WriteString(line + "\n")
			if !strings.HasPrefix(line, "#") {
				s.out = &out
				s.play(line)
				break // the rest is the answer of yesterday
			}
		}
		out.WriteString("\n")
	}
	return strings.TrimSpace(out.String()) + "\n"
}

type story struct {
	t     *testing.T
	out   *strings.Builder
	now   time.Time
	flow  *flow
	count int
	jobs  map[int]job
	at    string
	over  bool
}

func (s *story) say(format string, args ...any) { fmt.Fprintf(s.out, "  "+format+"\n", args...) }

func (s *story) play(line string) {
	words := strings.Fields(line)
	switch words[0] {
	case "mapping":
		s.open(words[1:])
		return
	case "put":
		s.put(words[1:])
	case "clock":
		s.now = s.now.Add(s.duration(words[1]))
	case "end":
		s.flow.end()
	case "answer":
		j := s.job(words[1])
		r, err := s.result(words[2:])
		s.flow.answered(s.now, j, r, err)
	case "deliver":
		j := s.job(words[1])
		var err error
		if words[2] == "down" {
			err = fmt.Errorf("connection refused")
		}
		s.flow.delivered(s.now, j, err)
	default:
		s.t.Fatalf("what is %q?", line)
	}
	s.pump()
}

func (s *story) duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	require.NoError(s.t, err)
	return d
}

func (s *story) open(words []string) {
	m := &Mapping{UUID: "m", Account: testAccount, Region: testRegion, Source: streamARN("orders"), Function: "f",
		BatchSize: 100, ParallelizationFactor: 1, MaximumRetryAttempts: -1, StartingPosition: TrimHorizon}
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "batch":
			m.BatchSize = s.number(value)
		case "factor":
			m.ParallelizationFactor = s.number(value)
		case "retries":
			m.MaximumRetryAttempts = s.number(value)
		case "window":
			m.BatchingWindow = s.duration(value)
		case "tumbling":
			m.TumblingWindow = s.duration(value)
		case "age":
			m.MaximumRecordAge = s.duration(value)
		case "bisect":
			m.Bisect = true
		case "report":
			m.ReportBatchItemFailures = true
		case "filter":
			m.Pass = func(r *Record) bool { return !strings.HasPrefix(string(r.Data), value) }
		default:
			s.t.Fatalf("what is %q?", word)
		}
	}
	require.NoError(s.t, m.check())
	s.flow = newFlow(m, newTemplate(m, shard0), DefaultRetry(), &stats{result: NoRecords}, "")
	s.flow.tip, s.jobs, s.count, s.at, s.over = true, map[int]job{}, 0, "", false
}

func (s *story) number(text string) int {
	n, err := strconv.Atoi(text)
	require.NoError(s.t, err)
	return n
}

// put offers records; each has its data as its key, unless it is key:data.
func (s *story) put(words []string) {
	arrival := s.now
	var records []Record
	for _, word := range words {
		if age, ok := strings.CutPrefix(word, "old="); ok {
			arrival = s.now.Add(-s.duration(age))
			continue
		}
		key, data, ok := strings.Cut(word, ":")
		if !ok {
			data = key
		}
		if size, ok := strings.CutPrefix(data, "MiB"); ok {
			data = data + strings.Repeat("x", s.number(size)<<20)
		}
		s.count++
		records = append(records, Record{PartitionKey: key, SequenceNumber: strconv.Itoa(s.count), Data: []byte(data), Arrival: arrival})
	}
	s.flow.offer(s.now, s.flow.prepare(records), true)
}

func (s *story) job(text string) job {
	j, ok := s.jobs[s.number(text)]
	require.True(s.t, ok, "lane %s does nothing", text)
	delete(s.jobs, j.lane)
	return j
}

func (s *story) result(words []string) (function.Result, error) {
	text := strings.Join(words, " ")
	switch {
	case strings.HasPrefix(text, "error"):
		return function.Result{Error: function.Unhandled, Version: "$LATEST", Payload: []byte(`{"errorType":"Error","errorMessage":"` + strings.TrimPrefix(text, "error ") + `"}`)}, nil
	case text == "throttled":
		return function.Result{}, &function.NotInvoked{Code: "TooManyRequestsException", Message: "Rate Exceeded.", Throttled: true}
	case text == "missing":
		return function.Result{}, &function.NotInvoked{Code: "ResourceNotFoundException", Message: "Function not found: f"}
	case text == "down":
		return function.Result{}, &function.NotInvoked{Code: "ServiceException", Message: "connection refused"}
	case text == "large":
		return function.Result{}, &function.NotInvoked{Code: "RequestTooLargeException", Message: "Request must be smaller than 6291456 bytes"}
	case strings.HasPrefix(text, "state="):
		n := s.number(strings.TrimPrefix(text, "state="))
		return function.Result{Version: "$LATEST", Payload: []byte(`{"state":{"x":"` + strings.Repeat("x", n) + `"}}`)}, nil
	}
	return function.Result{Version: "$LATEST", Payload: []byte(text)}, nil
}

// pump tells what the flow does now.
func (s *story) pump() {
	f := s.flow
	for j, ok := f.next(s.now); ok; j, ok = f.next(s.now) {
		require.NotContains(s.t, s.jobs, j.lane, "two jobs of a lane")
		s.jobs[j.lane] = j
		s.tellJob(j)
	}
	if at := f.checkpoint; at != s.at {
		s.at = at
		s.say("checkpoint %s", at)
	}
	if due := f.due(s.now); !due.IsZero() && due.After(s.now) {
		s.say("waits %s for %s", due.Sub(s.now), f.status(s.now).WaitingFor)
	}
	if f.finished() && !s.over {
		s.over = true
		s.say("finished")
	}
}

func (s *story) tellJob(j job) {
	var data []string
	for _, it := range j.work.items {
		text := string(it.record.Data)
		if len(text) > 20 {
			text = text[:8] + "…"
		}
		data = append(data, text)
	}
	if j.deliver {
		told := s.flow.failureOf(s.now, j, "r")
		doc := string(told.Document)
		context := doc[strings.Index(doc, `"condition"`):strings.Index(doc, `,"version":"1.0"`)]
		s.say("lane %d gives up [%s] %s", j.lane, strings.Join(data, " "), context)
		return
	}
	told := ""
	if w := j.window; w != nil {
		state := string(w.state)
		if len(state) > 60 {
			state = fmt.Sprintf("%d bytes", len(state))
		}
		told = fmt.Sprintf(" window %s state %s", w.start.Format("15:04:05"), state)
		if w.final {
			told += " final"
		}
		if w.early {
			told += " early"
		}
	}
	s.say("lane %d invokes [%s]%s", j.lane, strings.Join(data, " "), told)
}
