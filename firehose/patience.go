package firehose

import (
	"errors"
	"time"

	"sluice/delivery"
)

// A partition that cannot be written is tried for as long as the RetryOptions
// of dynamic partitioning say, counted from its first failure. Then its records
// become error records, which are tried as every other delivery is: until they
// are a day old. How long it has been tried is not stored, so a restart begins
// anew.

// refused notes that the bucket did not take the objects of a partition. What
// else may have failed, the error objects beside them say, costs no patience.
func (b *batches) refused(st *streamState, err error) {
	c, p := b.way.cursor, st.Destination.Partitioning
	put := (*delivery.PutError)(nil)
	if b.way.part == nil || b.way.part.state.Kind != "" || p == nil || !errors.As(err, &put) || put.Index >= b.good {
		return
	}
	at := b.ended()
	if c.tries++; c.tries == 1 {
		c.began = at
	}
	c.patience = c.began.Add(time.Duration(p.Seconds) * time.Second)
	if b.impatient = !at.Before(c.patience); b.impatient {
		c.refused = &failure{Kind: processingFailed, Code: refusalCode(put.Err), Text: put.Err.Error(), Attempts: c.tries, Ended: millis(at)}
	}
}

// nextTry has a partition tried again in time for its last try, and its error
// records written at once.
func (b *batches) nextTry(now, next time.Time) time.Time {
	c := b.way.cursor
	switch at := b.ended(); {
	case b.impatient:
		return at
	case c.patience.IsZero() || c.refused != nil:
		return next
	default:
		if next = at.Add(next.Sub(now)); next.After(c.patience) {
			return c.patience
		}
		return next
	}
}

// ended is when an attempt was over that began when it was due. Whoever moves
// the clock by an hour finds that all attempts of that hour were made, if their
// time is limited; an hour for which the server was down costs none.
func (b *batches) ended() time.Time {
	now := b.room.config.Clock.Now()
	if b.due.IsZero() {
		return now
	}
	at := b.due
	if b.room.opened.After(at) {
		at = b.room.opened
	}
	if at = at.Add(b.room.config.Host.Now().Sub(b.started)); at.After(now) {
		return now
	}
	return at
}

// refusalCode is what the logs of the service call a bucket that did not take
// an object.
func refusalCode(err error) string {
	switch {
	case errors.Is(err, delivery.ErrNoBucket):
		return "S3.NoSuchBucket"
	case errors.Is(err, delivery.ErrDenied):
		return "S3.AccessDenied"
	}
	return "S3.InternalError"
}
