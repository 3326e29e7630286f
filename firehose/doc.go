// Package firehose is Amazon Data Firehose: delivery streams that gather
// records in buffers, change them on the way, and put them down as objects of a
// bucket.
package firehose
