// Package http sends records to HTTP endpoints the way Amazon Data Firehose
// does: one POST of a JSON document with the records as base64, and an answer
// that has to repeat the id of the request.
//
//	POST <the URL as given>
//	X-Amz-Firehose-Protocol-Version: 1.0
//	X-Amz-Firehose-Request-Id: <the same on every attempt>
//	X-Amz-Firehose-Source-Arn: <ARN of the delivery stream>
//	X-Amz-Firehose-Access-Key: <verbatim, when there is one>
//	X-Amz-Firehose-Common-Attributes: {"commonAttributes":{…}}
//
//	{"requestId":"…","timestamp":1594265943615,"records":[{"data":"…"}]}
//
// It makes one attempt and says what that came to. When to try again, and what
// becomes of records nobody takes, is decided by who calls.
package http
