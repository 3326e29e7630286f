package s3

import (
	"net/http"
	"slices"

	"sluice/internal/coverage"
)

// level is what an operation is about.
type level int

const (
	levelService level = iota
	levelBucket
	levelObject
)

// operation is a row of the table of operations.
type operation struct {
	name   string
	method string
	level  level
	// marks are parameters of the query string that make the request one of
	// this operation; header is a header that does.
	marks  []string
	header string
	serve  func(*call) error
}

// operations lists what is answered, the more specific first.
func operations() []operation {
	const get, put, post, del, head = http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete, http.MethodHead
	const source = "X-Amz-Copy-Source"
	list := []operation{
		{"ListBuckets", get, levelService, nil, "", (*call).listBuckets},

		{"GetBucketLocation", get, levelBucket, []string{"location"}, "", (*call).getBucketLocation},
		{"GetBucketVersioning", get, levelBucket, []string{"versioning"}, "", (*call).getBucketVersioning},
		{"PutBucketVersioning", put, levelBucket, []string{"versioning"}, "", (*call).putBucketVersioning},
		{"GetBucketTagging", get, levelBucket, []string{"tagging"}, "", (*call).getBucketTagging},
		{"PutBucketTagging", put, levelBucket, []string{"tagging"}, "", (*call).putBucketTagging},
		{"DeleteBucketTagging", del, levelBucket, []string{"tagging"}, "", (*call).deleteBucketTagging},
		{"GetBucketCors", get, levelBucket, []string{"cors"}, "", (*call).getBucketCors},
		{"PutBucketCors", put, levelBucket, []string{"cors"}, "", (*call).putBucketCors},
		{"DeleteBucketCors", del, levelBucket, []string{"cors"}, "", (*call).deleteBucketCors},
		{"ListObjectVersions", get, levelBucket, []string{"versions"}, "", (*call).listObjectVersions},
		{"ListMultipartUploads", get, levelBucket, []string{"uploads"}, "", (*call).listMultipartUploads},
		{"GetObjectLockConfiguration", get, levelBucket, []string{"object-lock"}, "", (*call).getObjectLockConfiguration},
		{"PutObjectLockConfiguration", put, levelBucket, []string{"object-lock"}, "", (*call).putObjectLockConfiguration},
		{"DeleteObjects", post, levelBucket, []string{"delete"}, "", (*call).deleteObjects},

		{"UploadPartCopy", put, levelObject, []string{"partNumber", "uploadId"}, source, (*call).uploadPartCopy},
		{"UploadPart", put, levelObject, []string{"partNumber", "uploadId"}, "", (*call).uploadPart},
		{"ListParts", get, levelObject, []string{"uploadId"}, "", (*call).listParts},
		{"CreateMultipartUpload", post, levelObject, []string{"uploads"}, "", (*call).createMultipartUpload},
		{"CompleteMultipartUpload", post, levelObject, []string{"uploadId"}, "", (*call).completeMultipartUpload},
		{"AbortMultipartUpload", del, levelObject, []string{"uploadId"}, "", (*call).abortMultipartUpload},
		{"GetObjectTagging", get, levelObject, []string{"tagging"}, "", (*call).getObjectTagging},
		{"PutObjectTagging", put, levelObject, []string{"tagging"}, "", (*call).putObjectTagging},
		{"DeleteObjectTagging", del, levelObject, []string{"tagging"}, "", (*call).deleteObjectTagging},
		{"GetObjectRetention", get, levelObject, []string{"retention"}, "", (*call).getObjectRetention},
		{"PutObjectRetention", put, levelObject, []string{"retention"}, "", (*call).putObjectRetention},
		{"GetObjectLegalHold", get, levelObject, []string{"legal-hold"}, "", (*call).getObjectLegalHold},
		{"PutObjectLegalHold", put, levelObject, []string{"legal-hold"}, "", (*call).putObjectLegalHold},
		{"GetObjectAttributes", get, levelObject, []string{"attributes"}, "", (*call).getObjectAttributes},
	}
	list = append(list, documentOperations()...)
	return append(list,
		operation{"ListObjectsV2", get, levelBucket, []string{"list-type"}, "", (*call).listObjectsV2},
		operation{"ListObjects", get, levelBucket, nil, "", (*call).listObjects},
		operation{"CreateBucket", put, levelBucket, nil, "", (*call).createBucket},
		operation{"HeadBucket", head, levelBucket, nil, "", (*call).headBucket},
		operation{"DeleteBucket", del, levelBucket, nil, "", (*call).deleteBucket},
		operation{"PostObject", post, levelBucket, nil, "", (*call).postObject},

		operation{"CopyObject", put, levelObject, nil, source, (*call).copyObject},
		operation{"PutObject", put, levelObject, nil, "", (*call).putObject},
		operation{"GetObject", get, levelObject, nil, "", (*call).getObject},
		operation{"HeadObject", head, levelObject, nil, "", (*call).headObject},
		operation{"DeleteObject", del, levelObject, nil, "", (*call).deleteObject},
	)
}

// routes are the operations by method and level.
type routes map[string][]*operation

func newRoutes() routes {
	t := routes{}
	for _, op := range operations() {
		key := routeKey(op.method, op.level)
		t[key] = append(t[key], &op)
	}
	return t
}

func routeKey(method string, at level) string { return method + string(rune('0'+at)) }

// find returns the operation of a request, nil for none.
func (t routes) find(c *call) *operation {
	at := levelObject
	switch {
	case c.bucketName == "":
		at = levelService
	case c.key == "":
		at = levelBucket
	}
	for _, op := range t[routeKey(c.r.Method, at)] {
		if op.header != "" && c.r.Header.Get(op.header) == "" {
			continue
		}
		if !slices.ContainsFunc(op.marks, func(mark string) bool { return !c.query.Has(mark) }) {
			return op
		}
	}
	return nil
}

// AllCoverage tells how far each operation of the service is there.
func AllCoverage() []coverage.Entry { return append(Coverage(), documentCoverage()...) }
