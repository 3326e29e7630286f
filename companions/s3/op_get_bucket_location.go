package s3

import (
	"net/http"
	"regexp"
)

// defaultRegion is the one that has no location constraint.
const defaultRegion = "us-east-1"

var regionForm = regexp.MustCompile(`^[a-z]{2,5}(-[a-z]+)+-\d$`)

// GetBucketLocation tells the region of a bucket.
//
// State: real
// Notes: empty for us-east-1
// Test: TestGetBucketLocation
func (c *call) getBucketLocation() error {
	d := newDocument()
	d.root("LocationConstraint")
	if region := c.bucket.record.Load().Region; region != defaultRegion {
		d.WriteString(region)
	}
	d.close("LocationConstraint")
	c.reply(http.StatusOK, d.Bytes())
	return nil
}
