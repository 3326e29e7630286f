package s3

import "testing"

func TestGetBucketVersioning(t *testing.T) {
	w := begin(t).bucket("plain")
	w.get("/plain?versioning").ok().lacks("Status")
	w.get("/none?versioning").fails(404, "NoSuchBucket", "The specified bucket does not exist")
}
