package shards

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/internal/clock"
)

// Times of a subscription. Its life and the takeover are service time; the
// keep-alive is for connections and so runs on the host's.
const (
	subscriptionLife  = 5 * time.Minute
	subscriptionGuard = 5 * time.Second
	keepAlivePause    = 5 * time.Second
)

// Limits of one event. Data grows by a third in base64 and each record has
// members around it; an event stays below a megabyte, unless one record alone
// is larger.
const (
	eventRecords = 1000
	eventBytes   = 600 << 10
)

// subscriptions knows who reads which shard by push: one subscription per
// consumer and shard.
type subscriptions struct {
	mu   sync.Mutex
	live map[subscriber]*subscription // guarded by mu; ended ones stay for the guard time
	pace map[subscriber]*pace         // guarded by mu; of who called lately
}

// subscriber is one consumer at one shard.
type subscriber struct {
	stream  uint64
	name    string
	created int64
	shard   uint32
}

// sweepAbove is how many subscriptions are kept before ended ones are looked for.
const sweepAbove = 1024

// subscription is one SubscribeToShard call that succeeded.
type subscription struct {
	stream   *stream
	tail     *tail
	who      subscriber
	began    time.Time
	position int64
	number   sequence  // ContinuationSequenceNumber of the next event without records
	last     time.Time // arrival of the newest record sent
	pace     *pace
	slowed   gong // struck when the pace lets more through

	taken   chan struct{} // closed when another call takes over
	expired chan struct{} // closed when its life is over
	life    clock.Timer
	done    bool // guarded by subscriptions.mu
}

// call lets a consumer call for a shard, at most once a second and not within
// the guard time of its last subscription.
func (s *Streams) call(st *stream, sh *shard, who subscriber, now time.Time, price int64) (*pace, error) {
	f := &s.fanout
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.guarded(st, who, now); err != nil {
		return nil, err
	}
	p := f.pace[who]
	if p == nil {
		if len(f.pace) >= sweepAbove {
			maps.DeleteFunc(f.pace, func(who subscriber, p *pace) bool { return f.live[who] == nil && p.idle(now) })
		}
		if f.pace == nil {
			f.pace = map[subscriber]*pace{}
		}
		p = new(pace)
		f.pace[who] = p
	}
	if price == 0 || p.called(now, price) {
		return p, nil
	}
	m := sh.tail.meter()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refuse(now.Unix(), subscribeRate)
	return nil, errCallRate(st.key)
}

// guarded refuses a call too soon after the one that was successful. mu is held.
func (f *subscriptions) guarded(st *stream, who subscriber, now time.Time) error {
	if old := f.live[who]; old != nil && now.Sub(old.began) < subscriptionGuard {
		return errSubscribed(st.key, shardID(int64(who.shard)), who.name)
	}
	return nil
}

// enter makes a subscription, unless one was made less than the guard time
// ago; an older one ends.
func (s *Streams) enter(st *stream, who subscriber, sub *subscription, now time.Time) error {
	f := &s.fanout
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.guarded(st, who, now); err != nil {
		return err
	}
	if old := f.live[who]; old != nil {
		close(old.taken)
	}
	if f.live == nil {
		f.live = map[subscriber]*subscription{}
	}
	if len(f.live) >= sweepAbove {
		f.sweep(now)
	}
	f.live[who] = sub
	sub.life = s.clock.At(now.Add(subscriptionLife), func() { close(sub.expired) })
	return nil
}

// sweep forgets ended subscriptions that guard nothing any more. mu is held.
func (f *subscriptions) sweep(now time.Time) {
	for who, sub := range f.live {
		if sub.done && now.Sub(sub.began) >= subscriptionGuard {
			delete(f.live, who)
		}
	}
}

// stop lets go of the timers of subscriptions that nobody reads. Those that are
// read end by the room's life.
func (f *subscriptions) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, sub := range f.live {
		sub.life.Stop()
	}
}

// leave marks a subscription as ended.
func (s *Streams) leave(sub *subscription) {
	sub.life.Stop()
	sub.slowed.stop()
	f := &s.fanout
	f.mu.Lock()
	defer f.mu.Unlock()
	sub.done = true
	if f.live[sub.who] == sub && s.clock.Now().Sub(sub.began) >= subscriptionGuard {
		delete(f.live, sub.who)
	}
}

// run sends events until the subscription ends. It is woken by puts, never
// polls, and holds nothing while it waits.
func (s *Streams) run(ctx context.Context, sub *subscription, yield func(types.SubscribeToShardEventStream, error) bool) {
	defer s.leave(sub)
	st := sub.stream
	woken, stop := sub.tail.watch()
	defer stop()
	silence := newSilence(s.config.Host)
	defer silence.stop()
	idle := false // an empty event is due
	for {
		if sub.over(ctx, s.life) {
			return
		}
		v := st.view.Load()
		event, last, err := s.nextEvent(ctx, sub, v, idle)
		if err != nil {
			if ctx.Err() == nil && s.life.Err() == nil {
				yield(nil, err)
			}
			return
		}
		if event != nil {
			if !yield(&types.SubscribeToShardEventStreamMemberSubscribeToShardEvent{Value: *event}, nil) || last {
				return
			}
			silence.restart()
			idle = false
			continue
		}
		select {
		case <-woken:
		case <-v.replaced:
		case <-sub.slowed.struck:
			sub.slowed.timer = nil
		case <-silence.broken:
			idle = true
		case <-sub.taken:
			yield(nil, errSubscribed(st.key, shardID(int64(sub.who.shard)), sub.who.name))
			return
		case <-sub.expired:
			return
		case <-ctx.Done():
			return
		case <-s.life.Done():
			return
		}
	}
}

// over reports whether the subscription must end even though there may be
// more to send. A takeover is left to run, which has to tell.
func (sub *subscription) over(ctx, life context.Context) bool {
	select {
	case <-sub.expired:
		return true
	case <-ctx.Done():
		return true
	case <-life.Done():
		return true
	default:
		return false
	}
}

// nextEvent returns the next event, nil when there is nothing to tell. last is
// set for the event at the end of a closed shard.
func (s *Streams) nextEvent(ctx context.Context, sub *subscription, v *view, idle bool) (event *types.SubscribeToShardEvent, last bool, err error) {
	select {
	case <-sub.taken:
		return nil, false, errSubscribed(sub.stream.key, shardID(int64(sub.who.shard)), sub.who.name)
	default:
	}
	if !s.begin() {
		return nil, false, errInternal()
	}
	defer s.work.Done()
	k := sub.stream.key
	if v.gone {
		return nil, false, errNoStream(k)
	}
	if i := v.state.findConsumer(sub.who.name); i < 0 || v.state.Consumers[i].Created != sub.who.created {
		return nil, false, errNoConsumer(k, sub.who.name)
	}
	sh := v.shardAt(sub.who.shard, s.clock.Now())
	if sh == nil {
		return nil, false, errShardMissing(k, sub.who.shard)
	}
	got, err := s.readPaced(ctx, sub, v, sh)
	if err != nil {
		return nil, false, err
	}
	sub.advance(sh, got)
	if len(got.records) == 0 && !got.drained && !idle {
		return nil, false, nil
	}
	event = &types.SubscribeToShardEvent{Records: got.records, MillisBehindLatest: got.behindMillis()}
	if got.drained {
		event.ChildShards = v.layout.childShards(sh)
		return event, true, nil
	}
	event.ContinuationSequenceNumber = aws.String(sub.number.String())
	return event, false, nil
}

// readPaced reads what may be sent now; nothing while the pace slows the
// subscription down.
func (s *Streams) readPaced(ctx context.Context, sub *subscription, v *view, sh *shard) (*span, error) {
	now, price := s.clock.Now(), s.price.Load()
	size, again := sub.pace.room(now, price)
	if size == 0 {
		if sub.slowed.timer == nil {
			sh.tail.meter().slowed()
		}
		sub.slowed.set(s.clock, again)
		got := &span{next: sub.position, records: []types.Record{}}
		if sub.position < sh.limit() {
			got.behind = max(0, now.Sub(sub.last))
		}
		return got, nil
	}
	got, err := s.read(ctx, sub.stream, v, sh, sub.position, eventRecords, size)
	if err != nil || len(got.records) == 0 {
		return got, err
	}
	if price > 0 {
		sub.pace.sent(got.size, price)
	}
	sub.last = got.last
	m := sh.tail.meter()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pushed(now.Unix(), got.size, len(got.records))
	return got, nil
}

// advance moves on to where a read ended. A reader that comes back after the
// continuation number starts exactly there: its counter is that of the
// position before.
func (sub *subscription) advance(sh *shard, got *span) {
	sub.position = got.next
	if sub.number.version == 0 {
		sub.number = sh.starting()
	}
	sub.number.counter = uint64(got.next)
	if len(got.records) > 0 {
		sub.number.time = got.last.Unix()
	}
}

// begin counts a piece of work that Close waits for. It reports false when
// Close has begun.
func (s *Streams) begin() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return false
	}
	s.work.Add(1)
	return true
}

// silence is broken when no event was sent for a while of host time.
type silence struct {
	host   clock.Clock
	timer  clock.Timer
	broken chan struct{}
}

func newSilence(host clock.Clock) *silence {
	n := &silence{host: host, broken: make(chan struct{}, 1)}
	n.restart()
	return n
}

func (n *silence) stop() { n.timer.Stop() }

func (n *silence) restart() {
	if n.timer != nil {
		n.timer.Stop()
	}
	n.timer = n.host.At(n.host.Now().Add(keepAlivePause), func() {
		select {
		case n.broken <- struct{}{}:
		default:
		}
	})
}
