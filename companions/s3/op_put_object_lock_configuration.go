package s3

import "net/http"

// PutObjectLockConfiguration has a bucket lock its objects, with a rule for new
// ones. It cannot be undone.
//
// State: real
// Notes: days and years of service time
// Test: TestObjectLock
func (c *call) putObjectLockConfiguration() error {
	var asked struct {
		ObjectLockEnabled string
		Rule              *struct {
			DefaultRetention *struct {
				Mode        string
				Days, Years *int
			}
		}
	}
	if err := c.readXML("ObjectLockConfiguration", &asked); err != nil {
		return err
	}
	if asked.ObjectLockEnabled != versioningEnabled {
		return malformedXML()
	}
	var rule *lockRule
	if asked.Rule != nil {
		given := asked.Rule.DefaultRetention
		if given == nil {
			return malformedXML()
		}
		var err error
		if rule, err = checkRule(given.Mode, given.Days, given.Years); err != nil {
			return err
		}
	}
	err := c.s.change(c.ctx, c.bucket, func(r *bucketRecord) error {
		if r.Versioning != versioningEnabled {
			return fault(http.StatusConflict, "InvalidBucketState", "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
		}
		r.Lock, r.LockRule = true, rule
		return nil
	})
	if err != nil {
		return err
	}
	c.reply(http.StatusOK, nil)
	return nil
}
