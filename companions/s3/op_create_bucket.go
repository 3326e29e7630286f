package s3

import (
	"net/http"
	"strings"

	"sluice/internal/arn"
)

// CreateBucket makes a bucket. Names are one space for all accounts.
//
// State: real
// Notes: a bucket that the caller has already is BucketAlreadyOwnedByYou in every region; ACLs are not there
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
	if !ValidBucketName(c.bucketName) {
		return invalidBucketName(c.bucketName)
	}
	if err := checkTags(settings.Tags.Tag, maxBucketTags); err != nil {
		return err
	}
	ownership, err := c.readOwnership()
	if err != nil {
		return err
	}
	region := c.who.Region
	switch at := settings.LocationConstraint; at {
	case defaultRegion:
		return bad("InvalidLocationConstraint", "The specified location-constraint is not valid", "LocationConstraint", at)
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
		if strings.EqualFold(c.r.Header.Get("X-Amz-Bucket-Object-Lock-Enabled"), "true") {
			r.Lock, r.Versioning = true, versioningEnabled
		}
		r.Documents = map[string][]byte{"ownershipControls": ownershipDocument(ownership)}
	})
	if err != nil {
		return err
	}
	c.w.Header().Set("Location", "/"+c.bucketName)
	c.w.Header().Set("X-Amz-Bucket-Arn", "arn:"+arn.Partition(region)+":s3:::"+c.bucketName)
	c.reply(http.StatusOK, nil)
	return nil
}

// readOwnership reads who is to own the objects. A bucket whose owner owns all
// has no use for an ACL.
func (c *call) readOwnership() (string, error) {
	h := c.r.Header
	ownership := h.Get("X-Amz-Object-Ownership")
	switch ownership {
	case "", "BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter":
	default:
		return "", bad("InvalidArgument", "Invalid x-amz-object-ownership header: "+ownership, "ArgumentName", "x-amz-object-ownership")
	}
	if acl := h.Get("X-Amz-Acl"); acl != "" && !strings.Contains(" private public-read public-read-write authenticated-read aws-exec-read log-delivery-write ", " "+acl+" ") {
		return "", invalidArgument("x-amz-acl", acl, "")
	}
	granted := h.Get("X-Amz-Acl") != "" && h.Get("X-Amz-Acl") != "private"
	for name := range h {
		granted = granted || strings.HasPrefix(name, "X-Amz-Grant-")
	}
	if granted && (ownership == "" || ownership == "BucketOwnerEnforced") {
		return "", bad("InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
	}
	if ownership == "" {
		ownership = "BucketOwnerEnforced" // of every new bucket
	}
	return ownership, nil
}

func ownershipDocument(ownership string) []byte {
	d := newDocument()
	d.root("OwnershipControls")
	d.open("Rule")
	d.text("ObjectOwnership", ownership)
	d.close("Rule")
	d.close("OwnershipControls")
	return d.Bytes()
}
