package doctor

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/big"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"sluice/store"
	"sluice/store/engine"
	"sluice/store/log/pebblelog"
)

// attempts bounds how often a database is tried to be opened, each time with
// more of its files shown as they should be.
const attempts = 100

// openView opens a database for reading, past what is missing of it.
func (x *examination) openView(d *database) (db *pebble.DB, err error) {
	for range attempts {
		db, err = x.openOnce(d)
		if err == nil || !d.view.learn(x.path(d.dir), err) {
			return db, err
		}
	}
	return nil, err
}

func (x *examination) openOnce(d *database) (db *pebble.DB, err error) {
	defer recovered(&err)
	rows := pebblelog.NewOpening(x.fs, x.path(d.dir))
	defer func() { _ = rows.Close() }() // it was only read
	db, d.cut, err = engine.OpenReadOnly(engine.Config{
		FS: d.view, Dir: x.path(d.dir), Rows: rows, MayBeTorn: d.mayBeTorn,
		Restarted: store.Restarted(x.fs, x.fs.PathDir(x.path(d.dir)), x.boot),
		Logger:    slog.New(slog.DiscardHandler), // Pebble logs each read of what is damaged with a trace; the report tells it once
	})
	return db, err
}

// pairs reads all that a database holds, through all its files at once.
func (x *examination) pairs(d *database) {
	db, err := x.openView(d)
	if err != nil {
		d.hopeless = err
		x.find(Finding{File: d.dir, Severity: Damage, What: "the database cannot be opened: " + oneLine(err), Loses: []string{"everything; " + hopelessHint}})
		return
	}
	if d.cut != nil {
		d.losses.blind = true
		x.find(Finding{
			File: x.fs.PathJoin(d.dir, fmt.Sprintf("%06d.log", d.cut.Log)), Severity: Note,
			What: fmt.Sprintf("a power failure has taken a part of what was written last: the next start goes on with what comes before the byte %d, and without %d writes", d.cut.Size, d.cut.Records),
		})
	}
	for name, size := range d.view.resized() {
		if d.bad[name] == "" { // another table in its place
			d.bad[name] = fmt.Sprintf("it is not %d bytes long, as the list of tables says", size)
		}
	}
	for _, path := range d.view.missing() {
		d.losses.gone[x.fs.PathBase(path)] = true
	}
	d.live = liveTables(db)
	for _, b := range d.bodies {
		b.db = db
	}
	d.losses.name = d.nameOf
	whole := pebblelog.NewWhole(x.fs, x.path(d.dir))
	n, err := readAll(db, func(key, value []byte) error { return d.see(whole, key, value) }, d.losses)
	_ = whole.Close() // it was only read
	x.report.Pairs += n
	for _, name := range slices.Sorted(maps.Keys(d.losses.gone)) {
		x.find(Finding{File: x.fs.PathJoin(d.dir, name), Severity: Damage, What: "a file is missing", Repair: copied})
	}
	if e := closeView(db); err == nil && d.losses.none() {
		err = e
	}
	switch lost := d.losses.lines(); {
	case err != nil:
		x.find(Finding{File: d.dir, Severity: Damage, What: "the database cannot be read: " + oneLine(err)})
	case len(lost) > 0:
		x.find(Finding{File: d.dir, Severity: Damage, What: "not all data can be read", Loses: lost, Repair: copied})
	case x.damagedIn(d.dir) && len(d.beside) == 0:
		x.find(Finding{File: d.dir, Severity: Note, What: "every key and value can be read, apart from what logs have lost"})
	}
}

// see looks at a pair, and at what it names beside the database.
func (d *database) see(whole *pebblelog.Whole, key, value []byte) error {
	made, keep, err := whole.Row(key, value)
	if spot, ok := whole.Where(key, value); ok && err != nil {
		d.loseBeside(whole, spot, key, value, err)
		return nil
	}
	if keep && err == nil {
		err = store.CheckPair(key, made)
	}
	if keep && err == nil {
		err = d.named(key, made)
	}
	return d.losses.strange(key, err)
}

// liveTables are the tables that a database uses, nil if it cannot tell.
func liveTables(db *pebble.DB) map[string]bool {
	levels, err := db.SSTables()
	if err != nil {
		return nil
	}
	live := map[string]bool{}
	for _, level := range levels {
		for _, t := range level {
			live[t.BackingSSTNum.String()+".sst"] = true
		}
	}
	return live
}

// damagedIn reports whether something is wrong with files in a folder.
func (x *examination) damagedIn(dir string) bool {
	return slices.ContainsFunc(x.report.Findings, func(f Finding) bool {
		return f.Severity == Damage && x.fs.PathDir(f.File) == dir
	})
}

func closeView(db *pebble.DB) (err error) {
	defer recovered(&err)
	return db.Close()
}

// readAll gives all pairs that can be read, in order, and notes the others.
func readAll(db *pebble.DB, put func(key, value []byte) error, l *losses) (n int64, err error) {
	var next []byte
	for {
		last, stuck, err := readFrom(db, next, func(key, value []byte) error { n++; return put(key, value) })
		var refused *refusedError
		switch {
		case errors.As(err, &refused):
			return n, refused.err
		case err == nil:
			return n, nil
		case stuck:
			l.value(last, err)
			next = append(slices.Clone(last), 0)
			continue
		}
		if last != nil {
			next = append(slices.Clone(last), 0)
		}
		to := resume(db, next)
		l.span(next, to, err)
		if to == nil {
			return n, nil
		}
		next = to
	}
}

// refusedError is one of whoever takes the pairs.
type refusedError struct{ err error }

// Error implements error.
func (r *refusedError) Error() string { return r.err.Error() }

// readFrom reads until something cannot be read. last is the key that was read
// last; stuck means that it is its value that cannot be.
func readFrom(db *pebble.DB, from []byte, put func(key, value []byte) error) (last []byte, stuck bool, err error) {
	defer recovered(&err)
	it, err := db.NewIter(&pebble.IterOptions{LowerBound: from})
	if err != nil {
		return nil, false, err
	}
	defer func() {
		if e := it.Close(); err == nil {
			err = e
		}
	}()
	for ok := it.First(); ok; ok = it.Next() {
		last, stuck = append(last[:0], it.Key()...), true
		value, err := it.ValueAndErr()
		if err != nil {
			return last, true, err
		}
		if err := put(last, value); err != nil {
			return last, false, &refusedError{err}
		}
		stuck = false
	}
	return last, false, it.Error()
}

// precision is how far into keys a readable place is looked for, in bytes
// behind what the ends of the search have in common.
const precision = 24

// resume finds a key after from where reading works again; nil if there is none.
func resume(db *pebble.DB, from []byte) []byte {
	readable := func(key []byte) (ok bool, first []byte) {
		first, _, err := readFrom(db, key, func([]byte, []byte) error { return errEnough })
		return err == nil || errors.Is(err, errEnough), first
	}
	low, high := slices.Clone(from), []byte{0xff}
	if ok, first := readable(high); !ok || first != nil {
		return nil
	}
	width := len(low) + precision
	lo, hi := number(low, width), number(high, width)
	one := big.NewInt(1)
	for new(big.Int).Sub(hi, lo).Cmp(one) > 0 {
		mid := new(big.Int).Rsh(new(big.Int).Add(lo, hi), 1)
		if ok, _ := readable(mid.FillBytes(make([]byte, width))); ok {
			hi = mid
		} else {
			lo = mid
		}
	}
	at := hi.FillBytes(make([]byte, width))
	if _, first := readable(at); first == nil {
		return nil
	}
	return at
}

var errEnough = errors.New("enough")

// Unwrap gives the cause.
func (r *refusedError) Unwrap() error { return r.err }

// number reads a key as a fraction of so many bytes.
func number(key []byte, width int) *big.Int {
	b := make([]byte, width)
	copy(b, key)
	return new(big.Int).SetBytes(b)
}

// strange notes a pair that no store could have written.
func (l *losses) strange(key []byte, err error) error {
	if err != nil {
		l.value(key, err)
	}
	return nil
}
