package shards

import (
	"container/list"
	"sort"
	"sync"
	"time"

	"sluice/store/log"
)

// Several readers of a shard ask for the same page, as a rule: consumers at its
// tip, subscriptions that one put has woken, a call that is repeated. A page
// whose start is asked for a second time is therefore kept for a while,
// together with its shapes, and whoever reads within it is served without the
// store being touched and without a copy. A lone reader pays for nothing and
// keeps nothing. What is kept was durable and readable before it was read, and
// records do not change; only how old they may be is looked at each time.

const (
	// askedStarts is how many starts of pages a shard remembers.
	askedStarts = 4
	// sharedPerShard bounds the pages kept of one shard, so that looking for the
	// right one is no search.
	sharedPerShard = 4
	// sharedLeast is what a page weighs at least: the store's unit of memory.
	sharedLeast = 256 << 10
)

// sharing is the pages kept of all shards. Those that were kept first go first.
type sharing struct {
	room int64 // bytes; 0 keeps nothing

	mu    sync.Mutex
	held  int64     // guarded by mu
	pages list.List // guarded by mu; of *sharedPage, the oldest first
}

// sharedEnds is what a shard remembers for sharing.
type sharedEnds struct {
	asked [askedStarts]int64 // starts + 1
	turn  int
	pages []*sharedPage
}

// sharedPage is a page that is kept. Its place in lists and its count are
// guarded by the mu of sharing, the rest does not change.
type sharedPage struct {
	tail    *tail
	place   *list.Element // nil once it is not kept any more
	users   int           // readers, and one for being kept
	from    int64
	records int // the limits it was read with
	bytes   int
	cut     bool // one of them ended it
	size    int  // of data and keys
	weight  int64
	leaf    *leaf
	page    log.Page
	drop    func()
}

// wish is what a reader wants.
type wish struct {
	from, limit    int64
	records, bytes int
	horizon        time.Time
}

// part is what of a page a reader gets.
type part struct {
	page *sharedPage
	low  int
	high int
	size int
	next int64
}

// find returns what is kept of what a reader wants, which release gives back. If
// nothing is, it tells whether somebody asked for it before.
func (g *sharing) find(t *tail, w wish) (found part, again bool) {
	if g.room == 0 {
		return part{}, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := len(t.shared.pages) - 1; i >= 0; i-- {
		p := t.shared.pages[i]
		if found, ok := p.part(w); ok {
			p.users++
			return found, true
		}
	}
	for _, start := range t.shared.asked {
		if start == w.from+1 {
			return part{}, true
		}
	}
	t.shared.asked[t.shared.turn%askedStarts] = w.from + 1
	t.shared.turn++
	return part{}, false
}

// part tells what of the page is an answer as good as that of the store: it has
// as much as the reader takes or all there is, or is what the same question
// was answered before.
func (p *sharedPage) part(w wish) (part, bool) {
	if w.from < p.from || w.from >= p.page.Next {
		return part{}, false
	}
	all := p.page.Records
	found := part{page: p, high: len(all), size: p.size, next: p.page.Next}
	found.low = sort.Search(len(all), func(i int) bool { return all[i].Position >= w.from })
	if found.low == len(all) || all[found.low].Arrival.Before(w.horizon) {
		return part{}, false
	}
	if found.low > 0 || w.records < len(all) || w.bytes < p.size {
		found.high, found.size = found.low, 0
		for found.high < len(all) && found.high-found.low < w.records {
			n := len(all[found.high].PartitionKey) + len(all[found.high].Data)
			if found.size+n > w.bytes && found.high > found.low {
				break
			}
			found.size += n
			found.high++
		}
	}
	if found.high < len(all) {
		found.next = all[found.high-1].Position + 1
		return found, true
	}
	same := w.from == p.from && w.records == p.records && w.bytes == p.bytes
	return found, p.page.Next >= w.limit || found.high-found.low == w.records || p.cut && same
}

// release ends the use of a page.
func (g *sharing) release(p *sharedPage) {
	g.mu.Lock()
	p.users--
	last := p.users == 0
	g.mu.Unlock()
	if last {
		p.drop()
	}
}

// keep keeps a page that the caller goes on using, and lets older ones go.
func (g *sharing) keep(p *sharedPage) {
	if p.weight > g.room {
		return
	}
	g.mu.Lock()
	var idle []*sharedPage
	kept := p.tail.shared.pages
	for i := len(kept) - 1; i >= 0; i-- {
		if kept[i].from == p.from || i == 0 && len(kept) >= sharedPerShard {
			idle = append(idle, g.forget(kept[i])...)
		}
	}
	p.users++
	p.place = g.pages.PushBack(p)
	p.tail.shared.pages = append(p.tail.shared.pages, p)
	for g.held += p.weight; g.held > g.room; {
		idle = append(idle, g.forget(g.pages.Front().Value.(*sharedPage))...)
	}
	g.mu.Unlock()
	for _, old := range idle {
		old.drop()
	}
}

// forget takes a page out, and returns it if nobody uses it. mu is held.
func (g *sharing) forget(p *sharedPage) []*sharedPage {
	g.pages.Remove(p.place)
	g.held -= p.weight
	pages := p.tail.shared.pages
	for i := range pages {
		if pages[i] == p {
			// A new list: keep walks over the old one.
			p.tail.shared.pages = append(append([]*sharedPage(nil), pages[:i]...), pages[i+1:]...)
			break
		}
	}
	p.place = nil
	if p.users--; p.users == 0 {
		return []*sharedPage{p}
	}
	return nil
}
