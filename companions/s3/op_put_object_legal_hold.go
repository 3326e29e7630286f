package s3

// PutObjectLegalHold holds a version, or lets it go.
//
// State: real
// Notes:
// Test: TestObjectLock
func (c *call) putObjectLegalHold() error {
	var asked struct{ Status string }
	if err := c.readXML("LegalHold", &asked); err != nil {
		if missingBody().Is(err) {
			return malformedXML()
		}
		return err
	}
	if asked.Status != holdOn && asked.Status != holdOff {
		return malformedXML()
	}
	return c.setLock(func(v *object) error {
		v.Lock.Hold = asked.Status
		return nil
	})
}
