package s3

import (
	"context"
	"net/http"
	"strings"

	"sluice/internal/access"
	"sluice/internal/arn"
	"sluice/internal/caller"
	"sluice/internal/policy"
)

// Policies are asked where signatures are checked: the bucket's, and those of
// who calls. Elsewhere nobody has proved who he is, so that nothing is denied
// to anybody. Source: "Actions, resources, and condition keys for Amazon S3" in
// the service authorization reference.

// actionOf are the operations whose action has another name. It is read-only.
var actionOf = map[string]string{
	"ListBuckets": "ListAllMyBuckets", "HeadBucket": "ListBucket", "ListObjects": "ListBucket", "ListObjectsV2": "ListBucket",
	"ListObjectVersions": "ListBucketVersions", "ListMultipartUploads": "ListBucketMultipartUploads", "ListParts": "ListMultipartUploadParts",
	"HeadObject": "GetObject", "CopyObject": "PutObject", "UploadPart": "PutObject", "UploadPartCopy": "PutObject",
	"CreateMultipartUpload": "PutObject", "CompleteMultipartUpload": "PutObject",
	"DeleteBucketTagging": "PutBucketTagging", "GetBucketCors": "GetBucketCORS", "PutBucketCors": "PutBucketCORS", "DeleteBucketCors": "PutBucketCORS",
	"GetObjectLockConfiguration": "GetBucketObjectLockConfiguration", "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
	"GetBucketLifecycleConfiguration": "GetLifecycleConfiguration", "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
	"DeleteBucketLifecycle": "PutLifecycleConfiguration", "GetBucketEncryption": "GetEncryptionConfiguration",
	"PutBucketEncryption": "PutEncryptionConfiguration", "DeleteBucketEncryption": "PutEncryptionConfiguration",
	"GetBucketNotificationConfiguration": "GetBucketNotification", "PutBucketNotificationConfiguration": "PutBucketNotification",
	"DeleteBucketOwnershipControls": "PutBucketOwnershipControls", "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
	"PutPublicAccessBlock": "PutBucketPublicAccessBlock", "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
	"GetBucketAccelerateConfiguration": "GetAccelerateConfiguration", "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
	"GetBucketReplication": "GetReplicationConfiguration", "PutBucketReplication": "PutReplicationConfiguration",
	"DeleteBucketReplication": "PutReplicationConfiguration",
}

// alsoAsked are headers whose effect is an action of its own. It is read-only.
var alsoAsked = map[string]string{
	"X-Amz-Tagging": "PutObjectTagging", "X-Amz-Acl": "PutObjectAcl",
	"X-Amz-Grant-Full-Control": "PutObjectAcl", "X-Amz-Grant-Read": "PutObjectAcl", "X-Amz-Grant-Read-Acp": "PutObjectAcl", "X-Amz-Grant-Write-Acp": "PutObjectAcl",
	"X-Amz-Object-Lock-Mode":       "PutObjectRetention",
	"X-Amz-Object-Lock-Legal-Hold": "PutObjectLegalHold", "X-Amz-Bypass-Governance-Retention": "BypassGovernanceRetention",
}

// asQueried and asSent are the condition keys of what a request says in its
// query string and in its headers. They are read-only.
var (
	asQueried = map[string]string{"prefix": "s3:prefix", "delimiter": "s3:delimiter", "max-keys": "s3:max-keys", "versionId": "s3:versionid"}
	asSent    = map[string]string{
		"X-Amz-Acl": "s3:x-amz-acl", "X-Amz-Copy-Source": "s3:x-amz-copy-source", "X-Amz-Storage-Class": "s3:x-amz-storage-class",
		"X-Amz-Server-Side-Encryption": "s3:x-amz-server-side-encryption", "X-Amz-Content-Sha256": "s3:x-amz-content-sha256",
		"X-Amz-Metadata-Directive": "s3:x-amz-metadata-directive",
	}
)

// permit asks the policies whether the request may be served.
func (c *call) permit() error {
	if c.who.Identity() == nil || c.op.name == "DeleteObjects" || c.op.name == "PostObject" {
		return nil // several objects are asked about one by one, and forms are refused anyway
	}
	if err := c.may(c.op.name, c.bucket, c.key, c.query.Has("versionId")); err != nil {
		return err
	}
	if c.op.level != levelObject {
		return nil
	}
	for header, operation := range alsoAsked {
		if c.r.Header.Get(header) == "" {
			continue
		}
		if err := c.may(operation, c.bucket, c.key, false); err != nil {
			return err
		}
	}
	return nil
}

// may asks about an operation on a bucket (nil for none), or on a key of it.
func (c *call) may(operation string, b *bucket, key string, version bool) error {
	id := c.who.Identity()
	if id == nil {
		return nil
	}
	resource, owner, text := "*", c.who.Account, ""
	switch {
	case b != nil:
		resource, owner, text = resourceOf(c.who.Region, b.name, key), b.record.Load().Account, b.policy()
	case c.bucketName != "":
		resource = resourceOf(c.who.Region, c.bucketName, "")
	}
	if strings.HasSuffix(operation, "BucketPolicy") && c.who.Account == owner && strings.HasSuffix(id.ARN, ":root") && len(id.Grants) == 0 {
		return nil // the owner can always undo a policy that shuts everybody out
	}
	q := access.Ask(c.who, "s3:"+actionNamed(operation, version), resource)
	for name, key := range asQueried {
		if c.query.Has(name) {
			q.With(key, c.query.Get(name))
		}
	}
	for name, key := range asSent {
		if values := c.r.Header.Values(name); len(values) > 0 {
			q.With(key, values...)
		}
	}
	q.With("s3:authtype", authType(c.r))
	return refusal(q.Of(owner, c.s.policies.Read(text)), c.who, owner)
}

// actionNamed is the action of an operation, about a version or not.
func actionNamed(operation string, version bool) string {
	name := operation
	if other := actionOf[operation]; other != "" {
		name = other
	}
	if !version {
		return name
	}
	for _, verb := range []string{"GetObject", "PutObject", "DeleteObject"} {
		if rest, ok := strings.CutPrefix(name, verb); ok {
			switch rest {
			case "", "Tagging", "Acl", "Attributes":
				return verb + "Version" + rest
			}
		}
	}
	return name
}

func authType(r *http.Request) string {
	if r.Header.Get("Authorization") == "" {
		return "REST-QUERY-STRING"
	}
	return "REST-HEADER"
}

// resourceOf is the ARN of a bucket or of a key in it.
func resourceOf(region, bucket, key string) string {
	name := "arn:" + arn.Partition(region) + ":s3:::" + bucket
	if key != "" {
		name += "/" + key
	}
	return name
}

// policy is the text of a bucket's policy, empty for none.
func (b *bucket) policy() string { return string(b.record.Load().Documents["policy"]) }

// refusal is a denial as the service tells it: the reason to those of the
// bucket's own account only.
func refusal(err error, who caller.Caller, owner string) error {
	d, ok := err.(*access.Denial) //nolint:errorlint // made by the call before
	if !ok {
		return err
	}
	denied := accessDenied()
	if who.Account == owner && !who.Identity().Anonymous() {
		quoted := *d
		quoted.Resource = `"` + d.Resource + `"`
		denied.Message = quoted.Error()
	}
	return denied
}

// mayInside asks for rooms of the same process that act for an account. What
// belongs to Sluice as a whole names none.
func (s *Store) mayInside(ctx context.Context, operation string, b *bucket, key string) error {
	who, known := caller.From(ctx)
	owner := b.record.Load().Account
	if !s.cfg.Guarded || !known || who.Account == owner {
		return nil
	}
	return refusal(access.Ask(who, "s3:"+operation, resourceOf(who.Region, b.name, key)).Of(owner, s.policies.Read(b.policy())), who, owner)
}

// checkBucketPolicy refuses a policy that cannot be understood, or is not about
// the bucket. One without statements is kept and allows nothing.
func checkBucketPolicy(raw []byte, region, bucket string) error {
	if !policy.HasStatements(raw) {
		return nil
	}
	doc, err := policy.Parse(policy.Resource, raw)
	if err != nil {
		return bad("MalformedPolicy", "The policy cannot be used: "+err.Error())
	}
	own := resourceOf(region, bucket, "")
	for _, resource := range doc.Resources() {
		if resource != own && !strings.HasPrefix(resource, own+"/") && resource != own+"*" {
			return bad("MalformedPolicy", "Policy has invalid resource", "Detail", resource)
		}
	}
	return nil
}
