package s3

import "testing"

func TestGetBucketCors(t *testing.T) {
	w := begin(t)
	w.get("/none?cors").fails(404, "NoSuchBucket", "The specified bucket does not exist")
}
