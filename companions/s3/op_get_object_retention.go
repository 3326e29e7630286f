package s3

import "net/http"

// GetObjectRetention tells until when a version is locked.
//
// State: real
// Notes:
// Test: TestObjectLock
func (c *call) getObjectRetention() error {
	v, err := c.lockedVersion()
	if err != nil {
		return err
	}
	if v.Lock.Mode == "" {
		return noLock()
	}
	d := newDocument()
	d.root("Retention")
	d.text("Mode", v.Lock.Mode)
	d.text("RetainUntilDate", xmlDate(v.Lock.Until))
	d.close("Retention")
	c.reply(http.StatusOK, d.Bytes())
	return nil
}
