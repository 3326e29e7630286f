package s3

import (
	"net/http"
	"time"

	"sluice/store/kv"
)

// PutObjectRetention locks a version for a time.
//
// State: real
// Notes: service time; who may bypass governance is not checked
// Test: TestObjectLock
func (c *call) putObjectRetention() error {
	var asked struct{ Mode, RetainUntilDate string }
	if err := c.readXML("Retention", &asked); err != nil {
		return err
	}
	next := lock{Mode: asked.Mode}
	if asked.Mode != "" || asked.RetainUntilDate != "" {
		until, err := time.Parse(time.RFC3339, asked.RetainUntilDate)
		if err != nil || asked.Mode != governance && asked.Mode != compliance {
			return malformedXML()
		}
		if !until.After(c.s.now()) {
			return invalidArgument("x-amz-object-lock-retain-until-date", asked.RetainUntilDate, "The retain until date must be in the future!")
		}
		next.Until = until
	}
	return c.setLock(func(v *object) error {
		if !v.Lock.mayReplace(next, c.s.now(), bypasses(c.r.Header)) {
			return locked()
		}
		v.Lock.Mode, v.Lock.Until = next.Mode, next.Until
		return nil
	})
}

// setLock changes the lock of the version that the request names.
func (c *call) setLock(f func(*object) error) error {
	err := c.s.use(c.bucket, c.key, func() error {
		v, err := c.lockedVersion()
		if err == nil {
			err = f(v.object)
		}
		if err != nil {
			return err
		}
		var batch kv.Batch
		batch.Set(v.row, encode(v.object))
		return c.s.commit(c.ctx, &batch)
	})
	if err != nil {
		return err
	}
	c.reply(http.StatusOK, nil)
	return nil
}
