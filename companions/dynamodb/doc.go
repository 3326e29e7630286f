// Package dynamodb is the part of Amazon DynamoDB that clients of Kinesis need
// beside it: lease and checkpoint tables of the Kinesis client libraries and of
// others. It is a lease store, not a replacement of DynamoDB: docs/kcl.md says
// what is there and what is not.
//
// Items live in a kv.Space, whose keys are
//
//	n                                              the next number of a table
//	t account 0 region 0 name                      a table's record, JSON
//	i table(8) hash(3) key                         an item
//	x table(8) index(4) hash(3) index key, then    an item in an index, with
//	  the part of its i key after table            what the index projects
//	e table(8) second(8), then the same part       when an item expires
//
// where a key is the hash key and the range key as value.AppendKey writes them,
// and numbers are big-endian. An item, its index rows and its expiry are
// written in one batch. Table numbers are never used twice.
package dynamodb
