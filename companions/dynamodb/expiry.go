package dynamodb

import (
	"context"
	"encoding/binary"
	"sync"
	"time"

	"sluice/companions/dynamodb/value"
	"sluice/internal/clock"
)

// Items expire at the second their attribute names; the service takes up to
// days for it. One timer waits for the next one of all tables.

// tooOld is how long ago an expiry may lie: older ones are taken for mistakes,
// as the service does.
const tooOld = 5 * 365 * 24 * time.Hour

type expiry struct {
	// mu guards the fields below.
	mu    sync.Mutex
	timer clock.Timer
	due   int64 // epoch second the timer waits for, 0 for none
	off   bool
}

// expires tells when an item expires, in epoch seconds.
func (rec *record) expires(item value.Item) (second int64, ok bool) {
	if rec.TTL == "" || item == nil {
		return 0, false
	}
	v := item[rec.TTL]
	if v == nil || v.Kind != value.N {
		return 0, false
	}
	second, ok = v.Number().Int64()
	return second, ok && second > 0
}

// expect makes sure that the timer does not come after a second.
func (r *Tables) expect(second int64) {
	e := &r.expiry
	e.mu.Lock()
	defer e.mu.Unlock()
	at := time.Unix(second, 0)
	if e.off || at.Before(r.clock.Now().Add(-tooOld)) || e.due != 0 && e.due <= second {
		return
	}
	if e.timer != nil {
		e.timer.Stop()
	}
	e.due = second
	e.timer = r.clock.At(at, r.expireSoon)
}

// expireSoon lets what has expired go, beside whoever moves the clock.
func (r *Tables) expireSoon() {
	e := &r.expiry
	e.mu.Lock()
	defer e.mu.Unlock()
	e.due = 0
	if e.off {
		return
	}
	release := r.config.Hold("items that expire")
	r.work.Go(func() {
		defer release()
		if err := r.expire(r.life); err != nil && r.life.Err() == nil {
			r.config.Logger.Error("expired items could not be removed", "error", err)
		}
		r.planExpiry(r.life)
	})
}

func (r *Tables) stopExpiry() {
	e := &r.expiry
	e.mu.Lock()
	defer e.mu.Unlock()
	e.off = true
	if e.timer != nil {
		e.timer.Stop()
	}
}

// planExpiry sets the timer to the next item that expires.
func (r *Tables) planExpiry(ctx context.Context) {
	for _, t := range r.all() {
		second, _, ok, err := r.firstExpiry(ctx, t)
		if err != nil {
			if ctx.Err() == nil {
				r.config.Logger.Error("the next item to expire could not be found", "table", t.key.name, "error", err)
			}
			continue
		}
		if ok {
			r.expect(second)
		}
	}
}

// firstExpiry finds the first item of a table to expire that is not too old.
func (r *Tables) firstExpiry(ctx context.Context, t *table) (second int64, tail []byte, ok bool, err error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.gone || t.record.TTL == "" {
		return 0, nil, false, nil
	}
	prefix := tablePrefix(prefixExpiry, t.record.ID)
	oldest := max(r.clock.Now().Add(-tooOld).Unix(), 0)
	from := binary.BigEndian.AppendUint64(tablePrefix(prefixExpiry, t.record.ID), uint64(oldest))
	err = r.space.Scan(ctx, from, after(prefix), false, func(key, _ []byte) (bool, error) {
		rest := key[len(prefix):]
		second, tail, ok = int64(binary.BigEndian.Uint64(rest)), append([]byte(nil), rest[8:]...), true
		return false, nil
	})
	return second, tail, ok, err
}

// expire removes the items whose time has come.
func (r *Tables) expire(ctx context.Context) error {
	for _, t := range r.all() {
		for ctx.Err() == nil {
			second, tail, ok, err := r.firstExpiry(ctx, t)
			if err != nil {
				return err
			}
			if !ok || second > r.clock.Now().Unix() {
				break
			}
			if err := r.expireItem(ctx, t, tail); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

func (r *Tables) expireItem(ctx context.Context, t *table, tail []byte) error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.gone {
		return nil
	}
	now := r.clock.Now().Unix()
	return r.carryOut(ctx, &write{table: t, tail: tail, do: func(old value.Item) (value.Item, error) {
		if due, ok := t.record.expires(old); !ok || due > now {
			return old, nil // it was changed meanwhile
		}
		return nil, nil
	}})
}
