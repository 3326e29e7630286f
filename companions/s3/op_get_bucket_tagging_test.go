package s3

import "testing"

func TestGetBucketTagging(t *testing.T) {
	w := begin(t).bucket("plain")
	w.get("/plain?tagging").fails(404, "NoSuchTagSet", "The TagSet does not exist")
}
