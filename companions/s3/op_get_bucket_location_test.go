package s3

import (
	"net/http"
	"testing"
)

func TestGetBucketLocation(t *testing.T) {
	w := begin(t).bucket("home")
	w.get("/home?location").ok().has(`<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></LocationConstraint>`)
	w.who.Region = "ap-northeast-1"
	w.bucket("far")
	w.get("/far?location").ok().has(">ap-northeast-1<")
	w.do(http.MethodPut, "/third", "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>").
		fails(400, "IllegalLocationConstraintException", "The eu-west-1 location constraint is incompatible for the region specific endpoint this request was sent to.")
}
