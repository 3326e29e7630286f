package dynamodb

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// A transaction with a token is carried out once in ten minutes. Tokens are
// kept in memory: a restart forgets them.
const (
	tokenLife = 10 * time.Minute
	maxTokens = 10_000
)

type tokens struct {
	// mu guards the fields below.
	mu   sync.Mutex
	seen map[string]token
	used []string // oldest first
}

type token struct {
	request [sha256.Size]byte
	until   time.Time
	done    bool
}

// begin tells whether a transaction is new, or was carried out before. end must
// be called with what became of a new one.
func (t *tokens) begin(key string, request [sha256.Size]byte, now time.Time) (again bool, end func(ok bool), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen == nil {
		t.seen = map[string]token{}
	}
	for len(t.used) > 0 && (len(t.used) >= maxTokens || !now.Before(t.seen[t.used[0]].until)) {
		delete(t.seen, t.used[0])
		t.used = t.used[1:]
	}
	if old, ok := t.seen[key]; ok {
		switch {
		case old.request != request:
			return false, nil, &types.IdempotentParameterMismatchException{}
		case !old.done:
			return false, nil, &types.TransactionInProgressException{}
		}
		return true, nil, nil
	}
	t.seen[key] = token{request: request, until: now.Add(tokenLife)}
	t.used = append(t.used, key)
	return false, func(ok bool) { t.finish(key, ok) }, nil
}

func (t *tokens) finish(key string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	entry, have := t.seen[key]
	switch {
	case !have:
	case ok:
		entry.done = true
		t.seen[key] = entry
	default: // the same token may be tried again
		delete(t.seen, key)
		for i, used := range t.used {
			if used == key {
				t.used = append(t.used[:i:i], t.used[i+1:]...)
				break
			}
		}
	}
}
