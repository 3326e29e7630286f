package s3

import "net/http"

// PutBucketCors replaces the rules by which web pages may call a bucket.
//
// State: real
// Notes: up to 100; the server's own setting for web pages comes first
// Test: TestCORS
func (c *call) putBucketCors() error {
	var rules struct {
		CORSRule []corsRule
	}
	if err := c.readXML("CORSConfiguration", &rules); err != nil {
		return err
	}
	if n := len(rules.CORSRule); n == 0 || n > maxRules {
		return malformedXML()
	}
	for i := range rules.CORSRule {
		if err := rules.CORSRule[i].validate(); err != nil {
			return err
		}
	}
	return c.setCORS(rules.CORSRule, http.StatusOK)
}

func (c *call) setCORS(rules []corsRule, status int) error {
	err := c.s.change(c.ctx, c.bucket, func(r *bucketRecord) error {
		r.CORS = rules
		return nil
	})
	if err != nil {
		return err
	}
	c.reply(status, nil)
	return nil
}
