package s3

import (
	"net/http"
)

// CreateBucket makes a bucket. Names are one space for all accounts.
//
// State: real
// Notes: a bucket that the caller has already is BucketAlreadyOwnedByYou in every region; ACLs and object lock are not there
// Test: TestCreateBucket
func (c *call) createBucket() error {
	raw, err := c.readSmall(maxXML)
	if err != nil {
		return err
	}
	var settings struct {
		LocationConstraint string
		Location           struct{ Type, Name string }
		Tags               struct{ Tag []tag }
	}
	if len(raw) > 0 {
		if err := parseXML(raw, "CreateBucketConfiguration", &settings); err != nil {
			return err
		}
	}
	if c.r.Header.Get("X-Amz-Bucket-Object-Lock-Enabled") == "true" {
		return notImplemented("x-amz-bucket-object-lock-enabled")
	}
	if !ValidBucketName(c.bucketName) {
		return invalidBucketName(c.bucketName)
	}
	if err := checkTags(settings.Tags.Tag, maxBucketTags); err != nil {
		return err
	}
	region := c.who.Region
	switch at := settings.LocationConstraint; at {
	case "", region:
	case "EU":
		region = "eu-west-1"
	default:
		if region != defaultRegion || !regionForm.MatchString(at) {
			return bad("IllegalLocationConstraintException",
				"The "+at+" location constraint is incompatible for the region specific endpoint this request was sent to.")
		}
		region = at
	}
	_, err = c.s.create(c.ctx, c.bucketName, func(r *bucketRecord) {
		r.Region, r.Tags = region, settings.Tags.Tag
	})
	if err != nil {
		return err
	}
	c.w.Header().Set("Location", "/"+c.bucketName)
	c.reply(http.StatusOK, nil)
	return nil
}
