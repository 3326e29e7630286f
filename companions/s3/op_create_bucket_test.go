package s3

import (
	"net/http"
	"strings"
	"testing"
)

func TestCreateBucket(t *testing.T) {
	w := begin(t)
	a := w.do(http.MethodPut, "/first-bucket", "").ok()
	for name, want := range map[string]string{"Location": "/first-bucket", "X-Amz-Bucket-Arn": "arn:aws:s3:::first-bucket"} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	w.do(http.MethodPut, "/first-bucket", "").fails(409, "BucketAlreadyOwnedByYou",
		"Your previous request to create the named bucket succeeded and you already own it.")
	w.who.Account = "111111111111"
	w.do(http.MethodPut, "/first-bucket", "").fails(409, "BucketAlreadyExists",
		"The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.")
	w.get("/first-bucket?location").ok().has("<LocationConstraint")

	for _, name := range []string{"ab", "Upper", "192.168.1.1", "a..b", "-ab", "xn--abc", "abc-s3alias", strings.Repeat("x", 64), "under_score"} {
		w.do(http.MethodPut, "/"+name, "").fails(400, "InvalidBucketName", "The specified bucket is not valid.")
	}
	w.do(http.MethodPut, "/second", "<CreateBucketConfiguration><LocationConstraint>us-east-1</LocationConstraint></CreateBucketConfiguration>").
		fails(400, "InvalidLocationConstraint", "The specified location-constraint is not valid")
	w.do(http.MethodPut, "/second", "<Create").fails(400, "MalformedXML",
		"The XML you provided was not well-formed or did not validate against our published schema")
	w.do(http.MethodPut, "/second", "", "X-Amz-Acl", "public-read").fails(400, "InvalidBucketAclWithObjectOwnership",
		"Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
	w.do(http.MethodPut, "/second", "", "X-Amz-Object-Ownership", "nobody").fails(400, "InvalidArgument", "Invalid x-amz-object-ownership header: nobody")
	w.get("/second?location").fails(404, "NoSuchBucket", "The specified bucket does not exist")

	w.do(http.MethodPut, "/second", "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>").ok()
	w.get("/second?location").ok().has(">eu-central-1<")
}

func TestBucketsSurvive(t *testing.T) {
	w := begin(t).bucket("kept")
	w.put("/kept/small", "small")
	w.put("/kept/large", large(inlineBytes+1))
	w.open()
	if got := w.get("/kept/large").ok().body; got != large(inlineBytes+1) {
		t.Error("another body than before")
	}
	w.put("/kept/more", "more")
	if got := w.get("/kept/small").ok().body; got != "small" {
		t.Errorf("%q is read where small was put", got)
	}
}
