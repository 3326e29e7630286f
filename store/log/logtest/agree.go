package logtest

import (
	"fmt"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/dice"
	"sluice/store/log"
)

// Agree plays random histories on several logs. What they answer must be the
// same, up to the numbers they use for positions: a history is written down
// with the ordinal of each record instead.
func Agree(t *testing.T, seeds []uint64, logs map[string]Open) {
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			var want, wantName string
			for _, name := range sorted(logs) {
				clock := NewClock()
				p := &player{
					harness: &harness{t: t, clock: clock}, dice: random{dice.Seeded(seed)},
					known: map[log.ID][]int64{}, sealed: map[log.ID]bool{}, horizon: clock.Now(),
				}
				p.in = logs[name](t, clock.Now)
				p.log = p.in.Log
				got := p.play(120)
				if want == "" {
					want, wantName = got, name
				}
				require.Equal(t, want, got, "%s and %s differ", wantName, name)
			}
		})
	}
}

func sorted(logs map[string]Open) []string {
	var names []string
	for name := range logs {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// player plays a history and writes it down.
type player struct {
	*harness
	dice    random
	story   strings.Builder
	known   map[log.ID][]int64 // positions of acknowledged records
	sealed  map[log.ID]bool
	gone    bool
	horizon time.Time // what is older may be gone
	serial  int
}

const playShards = 3

func (p *player) play(steps int) string {
	p.create(0, 1, 2)
	for range steps {
		switch n := p.dice.upTo(100); {
		case n < 35:
			p.doAppend()
		case n < 60:
			p.doRead()
		case n < 70:
			p.doSeek()
		case n < 85:
			p.clock.Advance(time.Duration(p.dice.upTo(5_000_000)) * time.Millisecond)
		case n < 90:
			p.doTrim()
		case n < 95:
			if p.in.Reopen != nil {
				p.log = p.in.Reopen(p.t)
			}
		case n < 98:
			p.doSeal()
		default:
			if !p.gone && p.dice.upTo(6) == 0 {
				require.NoError(p.t, p.log.Delete(ctx, 7))
				p.gone = true
				p.note("delete")
			}
		}
	}
	for s := range uint32(playShards) {
		p.readFrom(id(s), 0, log.Limit{Records: 10_000, Bytes: 1 << 30, Before: far, NotBefore: p.horizon})
	}
	return p.story.String()
}

func (p *player) note(format string, args ...any) { fmt.Fprintf(&p.story, format+"\n", args...) }

func (p *player) anyID() log.ID { return id(uint32(p.dice.upTo(playShards))) }

// ordinal is how many records that were ever acknowledged lie below position.
func (p *player) ordinal(id log.ID, position int64) int {
	return sort.Search(len(p.known[id]), func(i int) bool { return p.known[id][i] >= position })
}

func (p *player) doAppend() {
	batch := make([]log.Entry, 1+p.dice.upTo(6))
	for i := range batch {
		p.serial++
		size := p.dice.upTo(40)
		if p.dice.upTo(20) == 0 {
			size = p.dice.upTo(200_000)
		}
		text := fmt.Sprint(p.serial, ":")
		batch[i] = log.Entry{
			Log: p.anyID(), PartitionKey: fmt.Sprint("k", p.serial), Encrypted: p.dice.upTo(4) == 0,
			Data: []byte(text + strings.Repeat("x", size)),
		}
	}
	c, err := p.log.Append(ctx, batch)
	if err != nil {
		p.note("append: %v", err)
		return
	}
	require.NoError(p.t, c.Wait())
	for i, placed := range c.Placed() {
		id := batch[i].Log
		if placed.Err != nil {
			p.note("append %v: %v", id, placed.Err)
			continue
		}
		p.note("append %v: #%d at %v", id, len(p.known[id]), placed.Arrival)
		p.known[id] = append(p.known[id], placed.Position)
	}
}

func (p *player) doRead() {
	id := p.anyID()
	from := int64(0)
	if n := len(p.known[id]); n > 0 {
		k := p.dice.upTo(n)
		from = p.known[id][k] + int64(p.dice.upTo(2))
	} else {
		p.dice.upTo(2)
	}
	limit := log.Limit{Records: 1 + p.dice.upTo(20), Bytes: 1 + p.dice.upTo(100_000), Before: far, NotBefore: p.horizon}
	if n := len(p.known[id]); n > 0 && p.dice.upTo(3) == 0 {
		limit.Before = p.known[id][p.dice.upTo(n)]
	}
	if p.dice.upTo(3) == 0 {
		limit.NotBefore = p.horizon.Add(p.clock.Now().Sub(p.horizon) / 2)
	}
	p.readFrom(id, from, limit)
}

func (p *player) readFrom(id log.ID, from int64, limit log.Limit) {
	page, err := p.log.Read(ctx, id, from, limit)
	if err != nil {
		p.note("read %v: %v", id, err)
		return
	}
	defer page.Release()
	for _, r := range page.Records {
		head, _, _ := strings.Cut(string(r.Data), ":")
		p.note("  #%d %v %s %s %d %v", p.ordinal(id, r.Position), r.Arrival, r.PartitionKey, head, len(r.Data), r.Encrypted)
	}
	p.note("read %v: next #%d", id, p.ordinal(id, page.Next))
}

func (p *player) doSeek() {
	id := p.anyID()
	at := p.horizon.Add(time.Duration(p.dice.upTo(int(p.clock.Now().Sub(p.horizon) + time.Hour))))
	where := log.AtTime
	if p.dice.upTo(3) == 0 {
		where = log.Latest
	}
	position, err := p.log.Seek(ctx, id, where, at)
	if err != nil {
		p.note("seek %v: %v", id, err)
		return
	}
	p.note("seek %v %d %v: #%d", id, where, at, p.ordinal(id, position))
}

func (p *player) doTrim() {
	half := p.clock.Now().Sub(p.horizon) / 2
	p.horizon = p.horizon.Add(half)
	require.NoError(p.t, p.log.Trim(ctx, 7, p.horizon))
	p.note("trim %v", p.horizon)
}

func (p *player) doSeal() {
	id := p.anyID()
	if p.dice.upTo(4) != 0 {
		return
	}
	ends, err := p.log.Seal(ctx, []log.ID{id})
	if err != nil {
		p.note("seal %v: %v", id, err)
		return
	}
	p.note("seal %v: #%d", id, p.ordinal(id, ends[0]))
}
