// Package policy reads AWS policy documents and decides by them: resource
// policies, and the identity policies of a small file, with one evaluator. It
// is pure; who asks, for what, and in which circumstances is given to it.
//
// A decision follows the service: an explicit denial wins over everything, an
// allowance wins over silence, and silence is up to the caller. What cannot be
// understood is refused when the document is read, never passed over when it
// is applied.
//
// Source: "IAM JSON policy elements reference" and "Policy evaluation logic" in
// the IAM user guide.
package policy
