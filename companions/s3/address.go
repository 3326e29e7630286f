package s3

import (
	"net"
	"net/http"
	"strings"
)

// Address tells which bucket and key a request is for; either may be empty.
func (s *Store) Address(r *http.Request) (bucket, key string) { return s.address(r) }

// address finds out which bucket and key a request is for: by its host where
// that holds the name of a bucket, else by its path.
func (s *Store) address(r *http.Request) (bucket, key string) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	if name := s.hostBucket(r, path); name != "" {
		return name, path
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

// hostBucket is the bucket that the host names. Before a label "s3" it always
// is one: BUCKET.s3.anything. Just before "localhost", where any name can be
// meant, it is one if it exists, or if the path does not begin with another
// that does.
func (s *Store) hostBucket(r *http.Request, path string) string {
	name, sure := bucketOfHost(r.Host)
	if name == "" || sure || s.find(name) != nil {
		return name
	}
	first, _, _ := strings.Cut(path, "/")
	switch {
	case first == "" && r.Method == http.MethodGet && !r.URL.Query().Has("list-type"):
		return "" // a list of buckets, asked for at a name of this machine
	case s.find(first) != nil, r.Method == http.MethodPut && first == path && ValidBucketName(first):
		return ""
	}
	return name
}

// bucketOfHost takes a host apart. sure tells that it can mean nothing else.
func bucketOfHost(host string) (bucket string, sure bool) {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	labels := strings.Split(host, ".")
	for i, label := range labels {
		if label != "s3" && !strings.HasPrefix(label, "s3-") || i == len(labels)-1 {
			continue
		}
		return strings.Join(labels[:i], "."), true
	}
	name, local := strings.CutSuffix(host, ".localhost")
	if !local || !ValidBucketName(name) {
		return "", false
	}
	return name, false
}

// Claims tells whether a request that nothing else is known for is meant for
// this service: its host or its path begins with what can be a bucket.
func (s *Store) Claims(r *http.Request) bool {
	bucket, _ := s.address(r)
	if bucket == "" {
		return false
	}
	if name, sure := bucketOfHost(r.Host); sure && name != "" {
		return true
	}
	return ValidBucketName(bucket)
}
