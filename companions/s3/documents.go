package s3

import (
	"encoding/xml"
	"net/http"
	"strings"

	"sluice/internal/coverage"
)

// Settings of buckets that do not act, and policies, are kept as the documents
// they are, and given back. Each has a subresource, the root element of its document, and
// what the service says when there is none: an error, or an empty document.
type setting struct {
	mark   string // the subresource
	name   string // PutBucketX, GetBucketX, DeleteBucketX
	root   string // empty for JSON
	absent *Error
	empty  string // the document when there is none
	remove string // the operation that removes it; empty for none
}

func settings() []setting {
	none := func(code, message string) *Error { return fault(http.StatusNotFound, code, message) }
	return []setting{
		{mark: "policy", name: "BucketPolicy", absent: none("NoSuchBucketPolicy", "The bucket policy does not exist"), remove: "DeleteBucketPolicy"},
		{mark: "lifecycle", name: "BucketLifecycleConfiguration", root: "LifecycleConfiguration", remove: "DeleteBucketLifecycle",
			absent: none("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")},
		{mark: "encryption", name: "BucketEncryption", root: "ServerSideEncryptionConfiguration", remove: "DeleteBucketEncryption",
			empty: `<ServerSideEncryptionConfiguration` + namespace + `><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>`},
		{mark: "notification", name: "BucketNotificationConfiguration", root: "NotificationConfiguration", empty: `<NotificationConfiguration` + namespace + `/>`},
		{mark: "ownershipControls", name: "BucketOwnershipControls", root: "OwnershipControls", remove: "DeleteBucketOwnershipControls",
			absent: none("OwnershipControlsNotFoundError", "The bucket ownership controls were not found")},
		{mark: "publicAccessBlock", name: "PublicAccessBlock", root: "PublicAccessBlockConfiguration", remove: "DeletePublicAccessBlock",
			absent: none("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")},
		{mark: "website", name: "BucketWebsite", root: "WebsiteConfiguration", remove: "DeleteBucketWebsite",
			absent: none("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration")},
		{mark: "logging", name: "BucketLogging", root: "BucketLoggingStatus", empty: `<BucketLoggingStatus` + namespace + `/>`},
		{mark: "accelerate", name: "BucketAccelerateConfiguration", root: "AccelerateConfiguration", empty: `<AccelerateConfiguration` + namespace + `/>`},
		{mark: "requestPayment", name: "BucketRequestPayment", root: "RequestPaymentConfiguration",
			empty: `<RequestPaymentConfiguration` + namespace + `><Payer>BucketOwner</Payer></RequestPaymentConfiguration>`},
		{mark: "replication", name: "BucketReplication", root: "ReplicationConfiguration", remove: "DeleteBucketReplication",
			absent: none("ReplicationConfigurationNotFoundError", "The replication configuration was not found")},
		{mark: "acl", name: "BucketAcl", root: "AccessControlPolicy", empty: "owner"},
	}
}

// refusals are operations that are known and not there.
func refusals() []operation {
	const get, put, post, del = http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete
	refuse := func(c *call) error {
		return fault(http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented")
	}
	var list []operation
	for _, row := range []struct {
		name, method, mark string
		level              level
	}{
		{"GetObjectTorrent", get, "torrent", levelObject}, {"RestoreObject", post, "restore", levelObject},
		{"SelectObjectContent", post, "select", levelObject}, {"RenameObject", put, "renameObject", levelObject},
		{"GetBucketAnalyticsConfiguration", get, "analytics", levelBucket}, {"PutBucketAnalyticsConfiguration", put, "analytics", levelBucket},
		{"DeleteBucketAnalyticsConfiguration", del, "analytics", levelBucket},
		{"GetBucketIntelligentTieringConfiguration", get, "intelligent-tiering", levelBucket},
		{"PutBucketIntelligentTieringConfiguration", put, "intelligent-tiering", levelBucket},
		{"DeleteBucketIntelligentTieringConfiguration", del, "intelligent-tiering", levelBucket},
		{"GetBucketInventoryConfiguration", get, "inventory", levelBucket}, {"PutBucketInventoryConfiguration", put, "inventory", levelBucket},
		{"DeleteBucketInventoryConfiguration", del, "inventory", levelBucket},
		{"GetBucketMetricsConfiguration", get, "metrics", levelBucket}, {"PutBucketMetricsConfiguration", put, "metrics", levelBucket},
		{"DeleteBucketMetricsConfiguration", del, "metrics", levelBucket},
		{"GetBucketMetadataConfiguration", get, "metadataConfiguration", levelBucket}, {"CreateBucketMetadataConfiguration", post, "metadataConfiguration", levelBucket},
		{"DeleteBucketMetadataConfiguration", del, "metadataConfiguration", levelBucket},
		{"GetBucketAbac", get, "abac", levelBucket}, {"PutBucketAbac", put, "abac", levelBucket},
		{"CreateSession", get, "session", levelBucket},
	} {
		list = append(list, operation{row.name, row.method, row.level, []string{row.mark}, "", refuse})
	}
	return list
}

// documentOperations are those of settings, of ACLs of objects, and refusals.
func documentOperations() []operation {
	list := []operation{
		{"GetBucketPolicyStatus", http.MethodGet, levelBucket, []string{"policyStatus"}, "", (*call).getBucketPolicyStatus},
		{"GetObjectAcl", http.MethodGet, levelObject, []string{"acl"}, "", (*call).getObjectACL},
		{"PutObjectAcl", http.MethodPut, levelObject, []string{"acl"}, "", (*call).putObjectACL},
	}
	for _, set := range settings() {
		list = append(list,
			operation{"Get" + set.name, http.MethodGet, levelBucket, []string{set.mark}, "", func(c *call) error { return c.getSetting(set) }},
			operation{"Put" + set.name, http.MethodPut, levelBucket, []string{set.mark}, "", func(c *call) error { return c.putSetting(set) }})
		if set.remove != "" {
			list = append(list, operation{set.remove, http.MethodDelete, levelBucket, []string{set.mark}, "", func(c *call) error { return c.deleteSetting(set) }})
		}
	}
	return append(list, refusals()...)
}

func documentCoverage() (list []coverage.Entry) {
	refused := map[string]bool{}
	for _, op := range refusals() {
		refused[op.name] = true
	}
	for _, op := range documentOperations() {
		entry := coverage.Entry{Operation: op.name, State: coverage.Stored, Notes: "kept and given back; does not act", Test: "TestSettings"}
		if strings.Contains(op.name, "BucketPolicy") {
			entry = coverage.Entry{Operation: op.name, State: coverage.Real, Notes: "asked where signatures are checked", Test: "TestBucketPolicies"}
		}
		if refused[op.name] {
			entry = coverage.Entry{Operation: op.name, State: coverage.Refused, Notes: "NotImplemented, as HTTP 501", Test: "TestRefusals"}
		}
		list = append(list, entry)
	}
	return list
}

func (c *call) getSetting(set setting) error {
	kept, ok := c.bucket.record.Load().Documents[set.mark]
	switch {
	case ok:
	case set.empty == "owner":
		kept = c.ownerACL(c.bucket.record.Load().Account)
	case set.empty != "":
		kept = []byte(set.empty)
	default:
		return fault(set.absent.Status, set.absent.Code, set.absent.Message, "BucketName", c.bucketName)
	}
	c.reply(http.StatusOK, kept)
	if set.root == "" {
		c.w.Header().Set("Content-Type", "application/json")
	}
	return nil
}

func (c *call) putSetting(set setting) error {
	raw, err := c.readSmall(maxXML)
	if err != nil {
		return err
	}
	if set.mark == "acl" && len(raw) == 0 {
		c.reply(http.StatusOK, nil) // a canned ACL in a header
		return nil
	}
	if err := set.check(raw); err != nil {
		return err
	}
	if set.mark == "policy" {
		if err := checkBucketPolicy(raw, c.who.Region, c.bucketName); err != nil {
			return err
		}
	}
	if err := c.keepDocument(set.mark, raw); err != nil {
		return err
	}
	status := http.StatusOK
	if set.mark == "policy" {
		status = http.StatusNoContent
	}
	c.reply(status, nil)
	return nil
}

func (set setting) check(raw []byte) error {
	if set.root == "" {
		if text := strings.TrimSpace(string(raw)); !strings.HasPrefix(text, "{") || !validJSON(raw) {
			return bad("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'")
		}
		return nil
	}
	var any struct{ XMLName xml.Name }
	return parseXML(raw, set.root, &any)
}

// keepDocument stores a document of the bucket; nil removes it.
func (c *call) keepDocument(mark string, raw []byte) error {
	return c.s.change(c.ctx, c.bucket, func(r *bucketRecord) error {
		documents := map[string][]byte{}
		for name, kept := range r.Documents {
			documents[name] = kept
		}
		documents[mark] = raw
		if raw == nil {
			delete(documents, mark)
		}
		r.Documents = documents
		return nil
	})
}

func (c *call) deleteSetting(set setting) error {
	if err := c.keepDocument(set.mark, nil); err != nil {
		return err
	}
	c.reply(http.StatusNoContent, nil)
	return nil
}

func (c *call) getBucketPolicyStatus() error {
	d := newDocument()
	d.root("PolicyStatus")
	doc := c.s.policies.Read(c.bucket.policy())
	d.truth("IsPublic", doc != nil && doc.Public())
	d.close("PolicyStatus")
	c.reply(http.StatusOK, d.Bytes())
	return nil
}

// ownerACL grants everything to the owner: what a bucket without another ACL has.
func (c *call) ownerACL(account string) []byte {
	d := newDocument()
	d.root("AccessControlPolicy")
	d.owner("Owner", account)
	d.open("AccessControlList")
	d.open("Grant")
	d.WriteString(`<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">`)
	d.text("ID", canonicalUser(account))
	d.close("Grantee")
	d.text("Permission", "FULL_CONTROL")
	d.close("Grant")
	d.close("AccessControlList")
	d.close("AccessControlPolicy")
	return d.Bytes()
}

func (c *call) getObjectACL() error {
	o, err := c.s.version(c.ctx, c.bucket, c.key, c.query)
	if err != nil {
		return err
	}
	c.reply(http.StatusOK, c.ownerACL(o.Owner))
	return nil
}

func (c *call) putObjectACL() error {
	if _, err := c.s.version(c.ctx, c.bucket, c.key, c.query); err != nil {
		return err
	}
	if _, err := c.readSmall(maxXML); err != nil {
		return err
	}
	c.reply(http.StatusOK, nil)
	return nil
}
