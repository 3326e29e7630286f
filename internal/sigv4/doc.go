// Package sigv4 checks AWS Signature Version 4: of headers, of presigned URLs
// and of the chunks of a streaming upload. It is pure: the time, the secrets
// and the hash of the body are given to it, and what a service answers to a
// refusal is for its caller to say.
//
// A check has three steps. Parse reads the claim a request makes. The caller
// looks up the secret of the claim's access key. Claim.Check computes the
// signature anew and compares it in constant time.
//
// Sources: "AWS Signature Version 4 for API requests" in the IAM user guide,
// and "Authenticating requests" and "Signature calculations for the
// authorization header" of the S3 API reference.
package sigv4
