package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sluice/internal/caller"
	"sluice/internal/clock"
	"sluice/internal/dice"
	"sluice/store/kv"
)

type opt = func(*dynamodb.Options)

// Config is what Open needs; Clock, Dice and Space must be set.
type Config struct {
	// Clock is service time: states of tables, expiry of items.
	Clock clock.Clock
	// Dice makes the ids of tables.
	Dice *dice.Dice
	// Space keeps everything.
	Space kv.Space
	// Hold announces work that a mover of Clock should wait for; nil: nobody waits.
	Hold func(what string) (release func())
	// Transition is how long CREATING and DELETING last.
	Transition time.Duration
	// Account and Region stand in for those of a call without an identity.
	Account, Region string
	// Logger is told of what goes wrong behind the answers; nil: nobody is.
	Logger *slog.Logger
}

// Tables is DynamoDB: a method per operation.
type Tables struct {
	config Config
	clock  clock.Clock
	space  kv.Space
	turns  turns
	tokens tokens
	expiry expiry

	// life ends when Close begins; work counts what Close waits for.
	life context.Context
	end  context.CancelFunc
	work sync.WaitGroup

	// making makes one change of the set of tables at a time.
	making sync.Mutex
	mu     sync.RWMutex
	tables map[tableKey]*table      // guarded by mu
	fading map[tableKey]fadingTable // guarded by mu
}

// tableKey names a table.
type tableKey struct{ account, region, name string }

// fadingTable is one that is DELETING: its items are gone, its name is taken.
type fadingTable struct {
	record *record
	until  time.Time
}

// Open loads the tables.
func Open(ctx context.Context, c Config) (*Tables, error) {
	if c.Clock == nil || c.Dice == nil || c.Space == nil {
		return nil, errors.New("dynamodb.Config needs Clock, Dice and Space")
	}
	if c.Hold == nil {
		c.Hold = func(string) func() { return func() {} }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	r := &Tables{config: c, clock: c.Clock, space: c.Space, tables: map[tableKey]*table{}, fading: map[tableKey]fadingTable{}}
	r.life, r.end = context.WithCancel(context.WithoutCancel(ctx))
	if err := r.load(ctx); err != nil {
		return nil, fmt.Errorf("open tables: %w", err)
	}
	r.planExpiry(ctx)
	return r, nil
}

func (r *Tables) load(ctx context.Context) error {
	from, to := []byte{prefixTable}, []byte{prefixTable + 1}
	return r.space.Scan(ctx, from, to, false, func(key, value []byte) (bool, error) {
		k, ok := parseTableKey(key)
		if !ok {
			return false, fmt.Errorf("%q is not the key of a table", key)
		}
		rec, err := decodeRecord(value)
		if err != nil {
			return false, fmt.Errorf("table %s: %w", k.name, err)
		}
		r.tables[k] = newTable(k, rec)
		return true, nil
	})
}

// Close waits for what is under way.
func (r *Tables) Close() error {
	r.end()
	r.stopExpiry()
	r.work.Wait()
	return nil
}

// caller says on whose tables a call acts.
func (r *Tables) caller(ctx context.Context) tableKey {
	who, _ := caller.From(ctx)
	k := tableKey{account: who.Account, region: who.Region}
	if k.account == "" {
		k.account = r.config.Account
	}
	if k.region == "" {
		k.region = r.config.Region
	}
	return k
}

// Reset removes the tables of an account and a region, of all where they are
// empty, and tells how many there were.
func (r *Tables) Reset(ctx context.Context, account, region string) (int, error) {
	r.making.Lock()
	defer r.making.Unlock()
	removed := 0
	for _, t := range r.all() {
		k := t.key
		if account != "" && account != k.account || region != "" && region != k.region {
			continue
		}
		if _, err := r.drop(ctx, t); err != nil {
			return removed, err
		}
		removed++
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for k := range r.fading {
		if (account == "" || account == k.account) && (region == "" || region == k.region) {
			delete(r.fading, k)
		}
	}
	return removed, nil
}

// turns makes those who change one item take turns.
type turns struct {
	mu   sync.Mutex
	busy map[string]*turn
}

type turn struct {
	sync.Mutex
	waiting int
}

// take waits for the turns of items, whose keys are sorted, and returns what
// ends them.
func (t *turns) take(keys ...string) (done func()) {
	mine := make([]*turn, len(keys))
	for i, key := range keys {
		t.mu.Lock()
		if t.busy == nil {
			t.busy = map[string]*turn{}
		}
		if mine[i] = t.busy[key]; mine[i] == nil {
			mine[i] = &turn{}
			t.busy[key] = mine[i]
		}
		mine[i].waiting++
		t.mu.Unlock()
		mine[i].Lock()
	}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		for i, key := range keys {
			mine[i].Unlock()
			if mine[i].waiting--; mine[i].waiting == 0 {
				delete(t.busy, key)
			}
		}
	}
}
