package s3

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestListBuckets(t *testing.T) {
	w := begin(t).bucket("bbb").bucket("aaa").bucket("abc")
	a := w.get("/").ok()
	require.Regexp(t, `(?s)<Name>aaa</Name>.*<Name>abc</Name>.*<Name>bbb</Name>`, a.body)
	a.has("<CreationDate>2026-11-25T10:00:00.000Z</CreationDate><BucketRegion>us-east-1</BucketRegion>", "<DisplayName>"+account+"</DisplayName>")
	w.get("/?prefix=a").ok().has("aaa", "abc").lacks("bbb")
	first := w.get("/?max-buckets=2").ok().has("aaa", "abc").lacks("bbb")
	w.get("/?max-buckets=2&continuation-token="+first.element("ContinuationToken")).ok().has("bbb").lacks("aaa", "ContinuationToken")
	w.get("/?max-buckets=0").fails(400, "InvalidArgument", "Argument max-buckets must be an integer between 1 and 10000.")
	w.get("/?bucket-region=eu-west-1").ok().lacks("aaa")
	w.who.Account = "111111111111"
	w.get("/").ok().lacks("<Bucket>")
}
