package shards

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestScaler plays the transcripts in testdata/scale. A paragraph is one
// question to the scaler: comments, a policy, a stream, its open shards from
// left to right, and what was decided. Policy and stream stay from paragraph
// to paragraph until they are given anew.
//
//	policy min=2 max=16 target=0.7 cooldown=5m, or: policy on-demand
//	stream changed=10m before=4 quota=100 peak=2.5 held="…"
//	shard load=0.9 split=0.5 left=0.6 key=user-1 share=0.9 cold=6m told spread
//
// Times are ages. split is where in the shard its load divides best.
func TestScaler(t *testing.T) {
	paths, err := filepath.Glob("testdata/scale/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			told, err := os.ReadFile(path)
			require.NoError(t, err)
			now := (&oracle{t: t}).tell(string(told))
			if *rewrite {
				require.NoError(t, os.WriteFile(path, []byte(now), 0o644))
				return
			}
			require.Equal(t, string(told), now, "run with -rewrite and read the difference")
		})
	}
}

// oracle answers the questions of a transcript.
type oracle struct {
	t      *testing.T
	policy *scalePolicy
	stream scaleStats
}

func (o *oracle) tell(script string) string {
	var out strings.Builder
	for block := range strings.SplitSeq(strings.TrimSpace(script), "\n\n") {
		var lines []string
		for line := range strings.SplitSeq(block, "\n") {
			if !strings.HasPrefix(line, "  ") {
				lines = append(lines, line)
			}
		}
		out.WriteString(strings.Join(lines, "\n") + "\n" + o.ask(lines) + "\n")
	}
	return strings.TrimSpace(out.String()) + "\n"
}

// ask plays one paragraph.
func (o *oracle) ask(lines []string) string {
	now := testStart()
	var shards [][]string
	for _, line := range lines {
		words := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "#"):
		case words[0] == "policy" && words[1] == "on-demand":
			o.policy = (&streamState{Mode: modeOnDemand}).scalePolicy()
		case words[0] == "policy":
			o.policy = (&streamState{Tags: map[string]string{ScalingTag: strings.TrimPrefix(line, "policy ")}}).scalePolicy()
			require.NotNil(o.t, o.policy, line)
		case words[0] == "stream":
			o.stream = scaleStats{changed: now.Add(-time.Hour), quota: 1000}
			for _, word := range words[1:] {
				o.setStream(word, now)
			}
		default:
			shards = append(shards, words[1:])
		}
	}
	if shards == nil {
		return ""
	}
	s := o.stream
	for i, words := range shards {
		s.shards = append(s.shards, o.shard(i, len(shards), words, now))
	}
	if s.before == 0 {
		s.before = len(shards)
	}
	var out strings.Builder
	for _, v := range decide(&s, o.policy, now) {
		fmt.Fprintf(&out, "  %s %v", v.action, v.shards)
		if v.action == actionSplit {
			fmt.Fprintf(&out, " at %s", v.at)
		}
		fmt.Fprintf(&out, ": %s\n", v.reason)
	}
	if out.Len() == 0 {
		return "  nothing\n"
	}
	return out.String()
}

func (o *oracle) setStream(word string, now time.Time) {
	name, value, _ := strings.Cut(word, "=")
	switch name {
	case "changed":
		o.stream.changed = now.Add(-o.duration(value))
	case "before":
		o.stream.before = int(o.number(value))
	case "quota":
		o.stream.quota = int(o.number(value))
	case "peak":
		o.stream.peak = o.number(value)
	case "held":
		o.stream.held = strings.ReplaceAll(value, "_", " ")
	default:
		require.Fail(o.t, "unknown", word)
	}
}

func (o *oracle) shard(i, n int, words []string, now time.Time) shardState {
	sh := shardState{index: uint32(i), from: evenStart(i, n), to: lastHash()}
	if i+1 < n {
		sh.to = evenStart(i+1, n).previous()
	}
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "load":
			sh.load = o.number(value)
		case "split":
			sh.split = &splitPoint{at: between(sh.from, sh.to, o.number(value)), left: 0.5, right: 0.5}
		case "left":
			sh.split.left, sh.split.right = o.number(value), 1-o.number(value)
		case "key":
			sh.key.name = value
		case "share":
			sh.key.fraction = o.number(value)
		case "cold":
			sh.cold = now.Add(-o.duration(value))
		case "told":
			sh.told = true
		case "spread":
			sh.spread = true
		case "narrow":
			sh.to = sh.from.next()
		default:
			require.Fail(o.t, "unknown", word)
		}
	}
	return sh
}

func (o *oracle) number(text string) float64 {
	f, err := strconv.ParseFloat(text, 64)
	require.NoError(o.t, err, text)
	return f
}

func (o *oracle) duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	require.NoError(o.t, err, text)
	return d
}

// TestScalerLaws holds random decisions to what is promised of all of them.
func TestScalerLaws(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	now := testStart()
	for range 20000 {
		p := &scalePolicy{min: 1 + r.IntN(6), target: 0.1 + 0.9*r.Float64(), coolDown: time.Duration(1+r.IntN(60)) * time.Minute, window: time.Minute}
		p.max = p.min + r.IntN(20)
		if r.IntN(2) == 0 {
			p.pace = onDemandPace
		}
		s := &scaleStats{changed: now.Add(-time.Duration(r.IntN(7200)) * time.Second), quota: r.IntN(30), peak: 6 * r.Float64()}
		n := 1 + r.IntN(12)
		s.before = 1 + r.IntN(n)
		for i := range n {
			sh := shardState{index: uint32(i), from: evenStart(i, n), to: lastHash(), spread: r.IntN(4) == 0}
			if i+1 < n {
				sh.to = evenStart(i+1, n).previous()
			}
			if r.IntN(2) == 0 {
				sh.load = 2 * r.Float64()
			}
			if sh.load < p.cold() {
				sh.cold = now.Add(-time.Duration(r.IntN(7200)) * time.Second)
			}
			if r.IntN(3) > 0 {
				sh.split = &splitPoint{at: between(sh.from, sh.to, 0.2+0.6*r.Float64()), left: 0.4, right: 0.6}
			}
			s.shards = append(s.shards, sh)
		}
		checkVerdicts(t, s, p, now, decide(s, p, now))
	}
}

func checkVerdicts(t *testing.T, s *scaleStats, p *scalePolicy, now time.Time, verdicts []verdict) {
	n, splits, merges, touched := len(s.shards), 0, 0, map[uint32]bool{}
	for _, v := range verdicts {
		require.NotEmpty(t, v.reason)
		if !v.changes() {
			continue
		}
		for _, index := range v.shards {
			require.False(t, touched[index], "a shard is changed once")
			touched[index] = true
		}
		sh := s.shards[v.shards[0]]
		if v.action == actionSplit {
			splits++
			require.True(t, sh.from.next().less(v.at) && v.at.less(sh.to), "the place is one that SplitShard takes")
			require.True(t, sh.split == nil || sh.split.at == v.at, "where the heat is")
			continue
		}
		merges++
		require.Equal(t, v.shards[0]+1, v.shards[1])
		for _, index := range v.shards {
			since := s.shards[index].cold
			require.False(t, since.IsZero())
			require.False(t, since.Add(p.coolDown).After(now))
		}
		require.False(t, s.changed.Add(p.coolDown).After(now))
	}
	require.True(t, splits == 0 || merges == 0, "never both")
	if splits > 0 {
		require.LessOrEqual(t, n+splits, p.max)
		require.LessOrEqual(t, splits, s.quota)
		require.LessOrEqual(t, splits, n)
		require.True(t, p.pace == 0 || n+splits <= 2*s.before)
	}
	if merges > 0 {
		require.GreaterOrEqual(t, n-merges, p.needed(s.peak))
	}
}
