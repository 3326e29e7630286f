package s3

import "net/http"

// GetBucketCors lists the rules for web pages.
//
// State: real
// Notes:
// Test: TestCORS
func (c *call) getBucketCors() error {
	rules := c.bucket.record.Load().CORS
	if len(rules) == 0 {
		return fault(http.StatusNotFound, "NoSuchCORSConfiguration", "The CORS configuration does not exist", "BucketName", c.bucketName)
	}
	d := newDocument()
	d.root("CORSConfiguration")
	for _, r := range rules {
		d.open("CORSRule")
		d.some("ID", r.ID)
		d.all("AllowedOrigin", r.Origin)
		d.all("AllowedMethod", r.Method)
		d.all("AllowedHeader", r.Header)
		d.all("ExposeHeader", r.Expose)
		if r.MaxAge != nil {
			d.number("MaxAgeSeconds", int64(*r.MaxAge))
		}
		d.close("CORSRule")
	}
	d.close("CORSConfiguration")
	c.reply(http.StatusOK, d.Bytes())
	return nil
}

func (d *document) all(name string, values []string) {
	for _, value := range values {
		d.text(name, value)
	}
}
