package s3

import "net/http"

// GetObjectLegalHold tells whether somebody holds a version.
//
// State: real
// Notes:
// Test: TestObjectLock
func (c *call) getObjectLegalHold() error {
	v, err := c.lockedVersion()
	if err != nil {
		return err
	}
	if v.Lock.Hold == "" {
		return noLock()
	}
	d := newDocument()
	d.root("LegalHold")
	d.text("Status", v.Lock.Hold)
	d.close("LegalHold")
	c.reply(http.StatusOK, d.Bytes())
	return nil
}
