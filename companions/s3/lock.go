package s3

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Object lock keeps versions from being removed: for a time, or while somebody
// holds them. Time is service time, so that a test can let years pass.
const (
	governance = "GOVERNANCE"
	compliance = "COMPLIANCE"
	holdOn     = "ON"
	holdOff    = "OFF"
)

// lock is what protects a version.
type lock struct {
	Mode  string    `json:"m,omitempty"`
	Until time.Time `json:"u,omitzero"`
	Hold  string    `json:"h,omitempty"`
}

// lockRule is what a bucket gives its new objects.
type lockRule struct {
	Mode  string `json:"m"`
	Days  int    `json:"d,omitempty"`
	Years int    `json:"y,omitempty"`
}

func (r *lockRule) until(now time.Time) time.Time { return now.AddDate(r.Years, 0, r.Days) }

func missingLock() *Error {
	return invalidRequest("Bucket is missing Object Lock Configuration")
}

func noLock() *Error {
	return fault(http.StatusNotFound, "NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration")
}

func locked() *Error {
	return fault(http.StatusForbidden, "AccessDenied", "Access Denied because object protected by object lock.")
}

// holds tells whether the lock forbids the removal of its version.
func (l lock) holds(now time.Time, bypass bool) bool {
	if l.Hold == holdOn {
		return true
	}
	return l.Until.After(now) && (l.Mode == compliance || !bypass)
}

// bypasses tells whether a request overrules governance.
func bypasses(h http.Header) bool {
	return strings.EqualFold(h.Get("X-Amz-Bypass-Governance-Retention"), "true")
}

const lockHeader = "X-Amz-Object-Lock-"

// readLock reads the lock that a put asks for.
func (c *call) readLock() (l lock, err error) {
	h := c.r.Header
	mode, until, hold := h.Get(lockHeader+"Mode"), h.Get(lockHeader+"Retain-Until-Date"), h.Get(lockHeader+"Legal-Hold")
	both := "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied."
	switch {
	case mode == "" && until != "":
		return l, invalidArgument("x-amz-object-lock-mode", "", both)
	case mode != "" && until == "":
		return l, invalidArgument("x-amz-object-lock-retain-until-date", "", both)
	}
	if mode != "" {
		if l.Until, err = time.Parse(time.RFC3339, until); err != nil {
			return l, invalidArgument("x-amz-object-lock-retain-until-date", until, "The retain until date must be provided in ISO 8601 format")
		}
		if !l.Until.After(c.s.now()) {
			return l, invalidArgument("x-amz-object-lock-retain-until-date", until, "The retain until date must be in the future!")
		}
		if mode != governance && mode != compliance {
			return l, invalidArgument("x-amz-object-lock-mode", mode, "Unknown wormMode directive.")
		}
		l.Mode = mode
	}
	if hold != "" {
		if hold != holdOn && hold != holdOff {
			return l, invalidArgument("x-amz-object-lock-legal-hold", hold, "Legal Hold must be either of 'ON' or 'OFF'")
		}
		l.Hold = hold
	}
	if l != (lock{}) && !c.bucket.record.Load().Lock {
		return l, invalidRequest("Bucket is missing ObjectLockConfiguration")
	}
	return l, nil
}

// lockFor is the lock of a new version: what the put asked for, else the
// bucket's rule.
func (b *bucket) lockFor(asked lock, now time.Time) lock {
	r := b.record.Load()
	if asked.Mode == "" && r.LockRule != nil {
		asked.Mode, asked.Until = r.LockRule.Mode, r.LockRule.until(now)
	}
	return asked
}

// showLock adds the lock of an object to the head of an answer.
func (o *object) showLock(h http.Header) {
	if o.Lock.Mode != "" {
		h.Set(lockHeader+"Mode", o.Lock.Mode)
		h.Set(lockHeader+"Retain-Until-Date", xmlDate(o.Lock.Until))
	}
	if o.Lock.Hold != "" {
		h.Set(lockHeader+"Legal-Hold", o.Lock.Hold)
	}
}

// mayReplace tells whether a retention may take the place of another one:
// longer always, else as far as the mode allows.
func (l lock) mayReplace(next lock, now time.Time, bypass bool) bool {
	if !l.Until.After(now) {
		return true
	}
	if next.Mode == l.Mode && !next.Until.Before(l.Until) {
		return true
	}
	return l.Mode == governance && bypass
}

// checkRule holds the default retention of a bucket against its limits.
func checkRule(mode string, days, years *int) (*lockRule, error) {
	if mode != governance && mode != compliance || (days == nil) == (years == nil) {
		return nil, malformedXML()
	}
	name, n, most := "Days", days, 36_500
	if years != nil {
		name, n, most = "Years", years, 100
	}
	switch {
	case *n <= 0:
		return nil, invalidArgument(name, strconv.Itoa(*n), "Default retention period must be a positive integer value.")
	case *n > most:
		return nil, invalidArgument(name, strconv.Itoa(*n), "Default retention period too large.")
	}
	rule := &lockRule{Mode: mode}
	if years != nil {
		rule.Years = *n
	} else {
		rule.Days = *n
	}
	return rule, nil
}

// lockedVersion finds a version whose bucket has object lock.
func (c *call) lockedVersion() (stored, error) {
	query := c.query
	if c.param("versionId") == "" {
		query = nil // these operations take an empty one for none
	}
	v, err := c.s.version(c.ctx, c.bucket, c.key, query)
	if err != nil {
		c.showMarker(v)
		return v, err
	}
	if !c.bucket.record.Load().Lock {
		return v, missingLock()
	}
	return v, nil
}
