package s3

// HeadObject tells of an object all but its body.
//
// State: real
// Notes: as GetObject
// Test: TestHeadObject
func (c *call) headObject() error { return c.read(false) }
