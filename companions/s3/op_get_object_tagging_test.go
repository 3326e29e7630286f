package s3

import "testing"

func TestGetObjectTagging(t *testing.T) {
	w := begin(t).bucket("things")
	w.put("/things/key", "x", "X-Amz-Tagging", "a%20b=c%2Bd&e")
	w.get("/things/key?tagging").ok().has("<Tag><Key>a b</Key><Value>c+d</Value></Tag><Tag><Key>e</Key><Value></Value></Tag>")
	w.get("/things/none?tagging").fails(404, "NoSuchKey", "The specified key does not exist.")
}
