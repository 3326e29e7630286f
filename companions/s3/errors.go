package s3

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// Error is what a client sees: the code, text and status of the service, and
// further elements that some errors carry.
type Error struct {
	Code, Message string
	Status        int
	// Details are elements besides, in their order: name, value, name, value.
	Details []string
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// ErrorCode is the code, as the errors of the AWS SDK offer it.
func (e *Error) ErrorCode() string { return e.Code }

// Is compares codes, so that errors.Is works with what the functions of this
// catalogue return.
func (e *Error) Is(target error) bool {
	var other *Error
	return errors.As(target, &other) && other.Code == e.Code
}

func fault(status int, code, message string, details ...string) *Error {
	return &Error{Code: code, Message: message, Status: status, Details: details}
}

func bad(code, message string, details ...string) *Error {
	return fault(http.StatusBadRequest, code, message, details...)
}

func invalidRequest(message string) *Error { return bad("InvalidRequest", message) }

func invalidArgument(name, value, message string) *Error {
	return bad("InvalidArgument", message, "ArgumentName", name, "ArgumentValue", value)
}

func noSuchBucket(name string) *Error {
	return fault(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist", "BucketName", name)
}

func noSuchKey(key string) *Error {
	return fault(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.", "Key", key)
}

func noSuchVersion(key, version string) *Error {
	return fault(http.StatusNotFound, "NoSuchVersion", "The specified version does not exist.", "Key", key, "VersionId", version)
}

func invalidVersion(version string) *Error {
	return invalidArgument("versionId", version, "Invalid version id specified")
}

func noSuchUpload(id string) *Error {
	return fault(http.StatusNotFound, "NoSuchUpload",
		"The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.", "UploadId", id)
}

func bucketExists(name string) *Error {
	return fault(http.StatusConflict, "BucketAlreadyExists",
		"The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
		"BucketName", name)
}

func bucketOwned(name string) *Error {
	return fault(http.StatusConflict, "BucketAlreadyOwnedByYou",
		"Your previous request to create the named bucket succeeded and you already own it.", "BucketName", name)
}

func bucketNotEmpty(name string, versioned bool) *Error {
	text := "The bucket you tried to delete is not empty"
	if versioned {
		text += ". You must delete all versions in the bucket."
	}
	return fault(http.StatusConflict, "BucketNotEmpty", text, "BucketName", name)
}

func tooManyBuckets() *Error {
	return bad("TooManyBuckets", "You have attempted to create more buckets than allowed")
}

func invalidBucketName(name string) *Error {
	return bad("InvalidBucketName", "The specified bucket is not valid.", "BucketName", name)
}

func keyTooLong(n int) *Error {
	return bad("KeyTooLongError", "Your key is too long", "Size", strconv.Itoa(n), "MaxSizeAllowed", strconv.Itoa(maxKey))
}

func signatureMismatch() *Error {
	return fault(http.StatusForbidden, "SignatureDoesNotMatch",
		"The request signature we calculated does not match the signature you provided. Check your key and signing method.")
}

func accessDenied() *Error { return fault(http.StatusForbidden, "AccessDenied", "Access Denied") }

func malformedXML() *Error {
	return bad("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}

func missingBody() *Error { return bad("MissingRequestBodyError", "Request Body is empty") }

func tooLong(limit int64) *Error {
	return bad("MaxMessageLengthExceeded", "Your request was too big.", "MaxMessageLengthBytes", strconv.FormatInt(limit, 10))
}

func missingLength() *Error {
	return fault(http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header.")
}

func incompleteBody() *Error {
	return bad("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
}

func malformedChunks() *Error {
	return bad("IncompleteBody", "The request body terminated unexpectedly")
}

func malformedTrailer() *Error {
	return bad("MalformedTrailerError", "The request contained trailing data that was not well-formed or did not conform to our published schema.")
}

func invalidDigest(value string) *Error {
	return bad("InvalidDigest", "The Content-MD5 you specified was invalid.", "Content-MD5", value)
}

func badMD5(given, computed string) *Error {
	return bad("BadDigest", "The Content-MD5 you specified did not match what we received.", "ExpectedDigest", given, "CalculatedDigest", computed)
}

func badChecksum(algorithm string) *Error {
	return bad("BadDigest", fmt.Sprintf("The %s you specified did not match the calculated checksum.", algorithm))
}

func badHash(given, computed string) *Error {
	return bad("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.",
		"ClientComputedContentSHA256", given, "S3ComputedContentSHA256", computed)
}

func tooLarge(size, limit int64) *Error {
	return bad("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size",
		"ProposedSize", strconv.FormatInt(size, 10), "MaxSizeAllowed", strconv.FormatInt(limit, 10))
}

func tooSmall(size int64, number int, etag string) *Error {
	return bad("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size",
		"ProposedSize", strconv.FormatInt(size, 10), "MinSizeAllowed", strconv.Itoa(minPart), "PartNumber", strconv.Itoa(number), "ETag", etag)
}

func preconditionFailed(condition string) *Error {
	return fault(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", "Condition", condition)
}

func notModified() *Error { return fault(http.StatusNotModified, "NotModified", "Not Modified") }

func invalidRange(asked string, size int64) *Error {
	return fault(http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable",
		"RangeRequested", asked, "ActualObjectSize", strconv.FormatInt(size, 10))
}

func invalidPart(upload string, number int, etag string) *Error {
	return bad("InvalidPart", "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
		"UploadId", upload, "PartNumber", strconv.Itoa(number), "ETag", etag)
}

func invalidPartOrder(upload string) *Error {
	return bad("InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.", "UploadId", upload)
}

func invalidPartNumber(asked string, count int) *Error {
	return fault(http.StatusRequestedRangeNotSatisfiable, "InvalidPartNumber", "The requested partnumber is not satisfiable",
		"PartNumberRequested", asked, "ActualPartCount", strconv.Itoa(count))
}

func methodNotAllowed(method, resource string) *Error {
	return fault(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.",
		"Method", method, "ResourceType", resource)
}

func notImplemented(what string) *Error {
	return fault(http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented", "Header", what)
}

func metadataTooLarge(size int) *Error {
	return bad("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size",
		"Size", strconv.Itoa(size), "MaxSizeAllowed", strconv.Itoa(maxMetadata))
}

func copyOntoItself() *Error {
	return invalidRequest("This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
}

func invalidTag(message, key string) *Error { return bad("InvalidTag", message, "TagKey", key) }

func internalError() *Error {
	return fault(http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again.")
}

func diskFull() *Error {
	return fault(http.StatusInsufficientStorage, "InsufficientStorage", "There is no space left for this object; make room on the disk of the server.")
}
