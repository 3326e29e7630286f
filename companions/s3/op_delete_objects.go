package s3

import (
	"errors"
	"net/http"
	"time"
)

// maxDeletes is how many objects one request may remove.
const maxDeletes = 1000

// DeleteObjects removes many objects. Each succeeds or fails by itself.
//
// State: real
// Notes: up to 1,000, quiet mode, versions, conditions
// Test: TestDeleteObjects
func (c *call) deleteObjects() error {
	var asked struct {
		Quiet  bool
		Object []struct {
			Key, VersionId, ETag string
			Size                 *int64
			LastModifiedTime     string
		}
	}
	if err := c.readXML("Delete", &asked); err != nil {
		return err
	}
	if n := len(asked.Object); n == 0 || n > maxDeletes {
		return malformedXML()
	}
	d := newDocument()
	d.root("DeleteResult")
	for _, o := range asked.Object {
		cond := deleteConditions{match: o.ETag, size: o.Size, modified: readDate(o.LastModifiedTime), bypass: bypasses(c.r.Header)}
		if cond.modified.IsZero() && o.LastModifiedTime != "" {
			if t, err := time.Parse(time.RFC1123, o.LastModifiedTime); err == nil {
				cond.modified = t
			}
		}
		out, err := c.deleteOne(o.Key, o.VersionId, cond)
		switch {
		case err != nil:
			c.listFailure(d, o.Key, o.VersionId, err)
		case !asked.Quiet:
			d.open("Deleted")
			d.text("Key", o.Key)
			d.some("VersionId", o.VersionId)
			if out.marker {
				d.truth("DeleteMarker", true)
				d.text("DeleteMarkerVersionId", out.version)
			}
			d.close("Deleted")
		}
	}
	d.close("DeleteResult")
	c.reply(http.StatusOK, d.Bytes())
	return nil
}

func (c *call) deleteOne(key, version string, cond deleteConditions) (deleted, error) {
	if key == "" {
		return deleted{}, bad("UserKeyMustBeSpecified", "The bucket POST must contain the specified field name. If it is specified, please check the order of the fields.")
	}
	if len(key) > maxKey {
		return deleted{}, keyTooLong(len(key))
	}
	if err := c.may("DeleteObject", c.bucket, key, version != ""); err != nil {
		return deleted{}, err
	}
	if cond.bypass {
		if err := c.may("BypassGovernanceRetention", c.bucket, key, false); err != nil {
			return deleted{}, err
		}
	}
	return c.s.delete(c.ctx, c.bucket, key, version, cond)
}

func (c *call) listFailure(d *document, key, version string, err error) {
	var known *Error
	if !errors.As(err, &known) {
		c.s.log.Error("an object could not be removed", "request", c.who.RequestID, "error", err)
		known = internalError()
	}
	d.open("Error")
	d.text("Key", key)
	d.some("VersionId", version)
	d.text("Code", known.Code)
	d.text("Message", known.Message)
	d.close("Error")
}
