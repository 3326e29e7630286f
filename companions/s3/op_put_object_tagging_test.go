package s3

import (
	"net/http"
	"strings"
	"testing"
)

func TestObjectTagging(t *testing.T) {
	w := begin(t).bucket("things")
	w.put("/things/key", "x")
	w.get("/things/key?tagging").ok().has("<TagSet></TagSet>")
	w.put("/things/key?tagging", "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>")
	w.get("/things/key?tagging").ok().has("<Tag><Key>a</Key><Value>1</Value></Tag>")
	for body, message := range map[string]string{
		strings.Repeat("<Tag><Key>k</Key><Value/></Tag>", 2):                     "Cannot provide multiple Tags with the same key",
		"<Tag><Key>" + strings.Repeat("k", 129) + "</Key><Value/></Tag>":         "The TagKey you have provided is invalid",
		"<Tag><Key>k</Key><Value>" + strings.Repeat("v", 257) + "</Value></Tag>": "The TagValue you have provided is invalid",
		"<Tag><Key></Key><Value>v</Value></Tag>":                                 "The TagKey you have provided is invalid",
	} {
		w.do(http.MethodPut, "/things/key?tagging", "<Tagging><TagSet>"+body+"</TagSet></Tagging>").fails(400, "InvalidTag", message)
	}
	w.do(http.MethodPut, "/things/key?tagging", "<Tagging></Tagging>").fails(400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	w.get("/things/key?tagging").ok().has("<Tag><Key>a</Key><Value>1</Value></Tag>")
	w.do(http.MethodDelete, "/things/key?tagging", "").ok()
	w.get("/things/key?tagging").ok().has("<TagSet></TagSet>")
	w.get("/things/key").ok().has("x")
}
