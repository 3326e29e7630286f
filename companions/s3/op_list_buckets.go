package s3

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
)

// ListBuckets lists the buckets of the caller's account.
//
// State: real
// Notes: prefix, region, pages
// Test: TestListBuckets
func (c *call) listBuckets() error {
	limit := 10_000
	if text := c.param("max-buckets"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > limit {
			return invalidArgument("max-buckets", text, "Argument max-buckets must be an integer between 1 and 10000.")
		}
		limit = n
	}
	from := c.param("continuation-token")
	d := newDocument()
	d.root("ListAllMyBucketsResult")
	d.owner("Owner", c.who.Account)
	d.open("Buckets")
	n, next := 0, ""
	for _, r := range c.s.owned(c.who.Account) {
		if r.Name <= from || !strings.HasPrefix(r.Name, c.param("prefix")) ||
			c.param("bucket-region") != "" && r.Region != c.param("bucket-region") {
			continue
		}
		if n == limit {
			break
		}
		n++
		d.open("Bucket")
		d.text("Name", r.Name)
		d.text("CreationDate", xmlDate(r.Created))
		d.text("BucketRegion", r.Region)
		d.close("Bucket")
		if n == limit {
			next = r.Name
		}
	}
	d.close("Buckets")
	d.some("Prefix", c.param("prefix"))
	if next != "" && c.query.Has("max-buckets") && c.moreBuckets(next) {
		d.text("ContinuationToken", next)
	}
	d.close("ListAllMyBucketsResult")
	c.reply(http.StatusOK, d.Bytes())
	return nil
}

// moreBuckets tells whether a page that ends with a bucket is not the last.
func (c *call) moreBuckets(last string) bool {
	for _, r := range c.s.owned(c.who.Account) {
		if r.Name > last && strings.HasPrefix(r.Name, c.param("prefix")) &&
			(c.param("bucket-region") == "" || r.Region == c.param("bucket-region")) {
			return true
		}
	}
	return false
}

// canonicalUser is the id by which this service names an account.
func canonicalUser(account string) string {
	sum := sha256.Sum256([]byte("sluice account " + account))
	return hex.EncodeToString(sum[:])
}

// owner writes an element that names an account.
func (d *document) owner(element, account string) {
	d.open(element)
	d.text("ID", canonicalUser(account))
	d.text("DisplayName", account)
	d.close(element)
}
