// Package s3 is the bucket store: a companion that speaks the REST protocol of
// Amazon S3, for the deliveries of the other rooms and for the clients that
// put things there or look at them.
//
// A request passes these stations:
//
//	handler.go    ids, errors, one event per call
//	address.go    which bucket and key, by host or by path
//	routes.go     which operation
//	op_*.go       the operation itself, one file each
//	upload.go     a body coming in: framing, checksums, storage
//	download.go   a body going out: conditions, ranges
//
// and what is kept is described at keys.go. Bodies up to inlineBytes are in
// the database, larger ones are write-once files of store/blob.
package s3
