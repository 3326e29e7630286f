package engine

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// ErrDamaged means that a file of the database does not hold what was written
// to it. What it held is not served.
var ErrDamaged = errors.New("a data file is damaged")

// guarded runs a read. Pebble panics over some kinds of damage, a blob file
// that was cut short for one; that must cost the request, not the process.
func (e *Engine) guarded(f func(r pebble.Reader) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, r)
		}
		if IsDamage(err) {
			e.damaged(err)
		}
	}()
	return f(e.db)
}

// IsDamage reports whether an error means that a file does not hold what was
// written to it.
func IsDamage(err error) bool {
	return err != nil && (errors.Is(err, ErrDamaged) || pebble.IsCorruptionError(err))
}

// damaged remembers the first damage that was met.
func (e *Engine) damaged(err error) {
	if e.damage.CompareAndSwap(nil, &err) {
		e.config.Logger.Error("damaged data", "error", err)
	}
}

// Damage returns the first damage that reads have met since the start, nil
// when there was none. Other data can still be read and written.
func (e *Engine) Damage() error {
	if first := e.damage.Load(); first != nil {
		return *first
	}
	return nil
}

// closeDB closes Pebble, which panics when a read that it broke off itself
// left something open.
func closeDB(db *pebble.DB) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("close the database: %v", r)
		}
	}()
	return db.Close()
}
