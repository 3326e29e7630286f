// Package lambda is as much of AWS Lambda as consumers of streams need: event
// source mappings, and a small API of functions for SDKs, the AWS CLI and
// Terraform. Functions are run by whoever satisfies Runtime, streams are read
// by lambda/poller.
//
//	op_*.go            an operation each
//	   │
//	Room ── mappings   one per UUID: settings, state, its poller     mapping*.go
//	   │        └────► lambda/poller ──► Runtime, failures
//	   └─── functions  one per name: versions, aliases, policy       function*.go
//	            └────► Runtime
//
// Everything is kept in a kv.Space and held in memory, but for the zips of
// functions and the failures of the built-in sink. A mapping has a lock that
// its changes are made under; a change is stored before it is shown.
package lambda
