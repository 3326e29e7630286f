package server

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"sluice/internal/sigv4"
)

// What S3 answers to a signature that it does not believe. Its texts differ
// between signatures in the header and presigned URLs. Source: "Error responses"
// of the S3 API reference, and what clients report of the service.

const (
	codeHeader = "AuthorizationHeaderMalformed"
	codeQuery  = "AuthorizationQueryParametersError"
)

// plainDistrust is what S3 answers.
func plainDistrust(d distrust, err error, presigned bool) (status int, code, text string) {
	switch d {
	case unknownKey:
		return http.StatusForbidden, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."
	case wrongToken:
		return http.StatusBadRequest, "InvalidToken", "The provided token is malformed or otherwise invalid."
	case expiredKey:
		return http.StatusBadRequest, "ExpiredToken", "The provided token has expired."
	}
	refusal := refusalOf(err)
	switch refusal.Reason {
	case sigv4.Early, sigv4.Late, sigv4.Overdue:
		return untimely(refusal, presigned)
	case sigv4.Unsigned:
		return http.StatusForbidden, "AccessDenied", "There were headers present in the request which were not signed"
	case sigv4.Mismatch:
		return http.StatusForbidden, "SignatureDoesNotMatch",
			"The request signature we calculated does not match the signature you provided. Check your key and signing method."
	}
	if refusal.Part == sigv4.Both {
		return http.StatusBadRequest, "InvalidArgument", "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, " +
			"Signature query string parameter or the Authorization header should be specified"
	}
	if presigned {
		return http.StatusBadRequest, codeQuery, queryText(refusal)
	}
	return headerAnswer(refusal)
}

// untimely is the answer to a request of another time.
func untimely(r *sigv4.Refusal, presigned bool) (status int, code, text string) {
	switch {
	case r.Reason == sigv4.Overdue:
		return http.StatusForbidden, "AccessDenied", "Request has expired"
	case presigned:
		return http.StatusForbidden, "AccessDenied", "Request is not valid yet"
	}
	return http.StatusForbidden, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."
}

const credentialForm = `the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`

// scopeText tells what is wrong with a credential, after the words of each kind.
func scopeText(r *sigv4.Refusal) string {
	switch r.Reason {
	case sigv4.WrongService:
		return fmt.Sprintf("incorrect service %q. This endpoint belongs to \"s3\".", r.Detail)
	case sigv4.WrongRegion:
		return fmt.Sprintf("the region %q is wrong", r.Detail)
	case sigv4.WrongDate:
		return fmt.Sprintf("Invalid credential date %q. This date is not the same as X-Amz-Date: %q.", r.Detail, r.At[:len("20060102")])
	}
	return credentialForm
}

// queryText is what is wrong with a presigned URL.
func queryText(r *sigv4.Refusal) string {
	switch {
	case r.Reason == sigv4.Unsupported:
		return `X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"`
	case r.Part == sigv4.Some:
		return "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, " +
			"X-Amz-SignedHeaders, and X-Amz-Expires parameters."
	case r.Part == sigv4.TheDate:
		return `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`
	case r.Part == sigv4.TheExpiry:
		seconds, err := strconv.ParseInt(r.Detail, 10, 64)
		switch {
		case err != nil:
			return "X-Amz-Expires should be a number"
		case seconds < 0:
			return "X-Amz-Expires must be non-negative"
		}
		return "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"
	case r.Reason == sigv4.Malformed && r.Part == "":
		return "The query parameters of the signature cannot be read: " + strings.ToValidUTF8(r.Detail, "") + "."
	}
	return "Error parsing the X-Amz-Credential parameter; " + scopeText(r)
}

// headerAnswer is what is wrong with a header.
func headerAnswer(r *sigv4.Refusal) (status int, code, text string) {
	switch {
	case r.Reason == sigv4.Unsupported:
		return http.StatusBadRequest, "InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
	case r.Part == sigv4.TheDate:
		return http.StatusForbidden, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header"
	case r.Part == sigv4.Some:
		return http.StatusBadRequest, codeHeader,
			"The authorization header is malformed; the authorization header requires three components: Credential, SignedHeaders, and Signature."
	case r.Reason == sigv4.Malformed && r.Part == "":
		return http.StatusBadRequest, codeHeader, "The authorization header is malformed; " + strings.ToValidUTF8(r.Detail, "") + "."
	}
	return http.StatusBadRequest, codeHeader, "The authorization header is malformed; " + scopeText(r)
}
