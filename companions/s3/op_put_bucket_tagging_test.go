package s3

import (
	"net/http"
	"strings"
	"testing"
)

func TestBucketTagging(t *testing.T) {
	w := begin(t).bucket("tagged")
	w.do(http.MethodPut, "/tagged?tagging", "<Tagging><TagSet><Tag><Key>team</Key><Value>a&amp;b=c</Value></Tag></TagSet></Tagging>").
		fails(400, "InvalidTag", "The TagValue you have provided is invalid")
	w.do(http.MethodPut, "/tagged?tagging", "<Tagging><TagSet><Tag><Key>aws:x</Key><Value></Value></Tag></TagSet></Tagging>").
		fails(400, "InvalidTag", "System tags cannot be added/updated by requester")
	many := strings.Repeat("<Tag><Key>k</Key><Value>v</Value></Tag>", 51)
	w.do(http.MethodPut, "/tagged?tagging", "<Tagging><TagSet>"+many+"</TagSet></Tagging>").
		fails(400, "BadRequest", "Bucket tag count cannot be greater than 50")
	for _, deep := range []string{strings.Repeat("<a>", 300_000), "<Tagging>" + strings.Repeat("<TagSet>", 100_000)} {
		w.do(http.MethodPut, "/tagged?tagging", deep).fails(400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	}
	w.get("/tagged?tagging").fails(404, "NoSuchTagSet", "The TagSet does not exist")
	w.put("/tagged?tagging", "<Tagging><TagSet><Tag><Key>team</Key><Value>blue</Value></Tag></TagSet></Tagging>")
	w.open()
	w.get("/tagged?tagging").ok().has("<TagSet><Tag><Key>team</Key><Value>blue</Value></Tag></TagSet>")
	w.do(http.MethodDelete, "/tagged?tagging", "").ok()
	w.get("/tagged?tagging").fails(404, "NoSuchTagSet", "The TagSet does not exist")
}
