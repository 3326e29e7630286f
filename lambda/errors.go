package lambda

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// The catalogue: every answer of this room that is not a success, with the
// service's text where it is known. The others are Sluice's own; docs/lambda.md
// lists them.

func invalid(format string, args ...any) error {
	return &types.InvalidParameterValueException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func notFound(text string) error { return &types.ResourceNotFoundException{Message: aws.String(text)} }
func conflict(text string) error { return &types.ResourceConflictException{Message: aws.String(text)} }

// Event source mappings.

func errNoResource() error { return notFound("The resource you requested does not exist.") }

func errNoSource() error { return invalid("Unrecognized event source.") }

func errForeignSource(source string) error {
	return invalid("Unrecognized event source, must be kinesis. Unsupported source arn : %s", source)
}

func errNoFunctionToMap() error { return invalid("Function does not exist") }

func errNoStream(source string) error { return invalid("Stream not found: %s", source) }

func errNoPosition() error {
	return invalid("1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.")
}

func errUnsupported(member string) error {
	return invalid("Unsupported %s parameter for given event source mapping type.", member)
}

func errMapped(source, function, uuid string) error {
	return conflict(fmt.Sprintf(`The event source arn (" %s ") and function (" %s ") provided mapping already exists. `+
		`Please update or delete the existing mapping with UUID %s`, source, function, uuid))
}

func errPattern() error { return invalid("Invalid filter pattern definition.") }

func errInUse(verb string) error {
	return &types.ResourceInUseException{Message: aws.String("Cannot " + verb + " the event source mapping because it is in use.")}
}

func errTimestampMissing() error {
	return invalid("StartingPositionTimestamp must be given with StartingPosition AT_TIMESTAMP.")
}

func errTimestampUnasked() error {
	return invalid("StartingPositionTimestamp goes with StartingPosition AT_TIMESTAMP only.")
}

func errTimestampFuture() error {
	return invalid("StartingPositionTimestamp must not be in the future.")
}

func errRecordAge(seconds int32) error {
	return invalid("MaximumRecordAgeInSeconds must be -1 or between 60 and 604800, not %d.", seconds)
}

func errFilterCount() error {
	return invalid("An event source mapping has at most %d filters.", filtersMax)
}

func errDestination(text string) error {
	return invalid("Invalid on-failure destination %s: it must be the ARN of a standard SQS queue, a standard SNS topic or an S3 bucket.", text)
}

func errMetric(name string) error {
	return invalid("Unsupported metric %s for given event source mapping type.", name)
}

func errMappingQuota() error {
	return invalid("There are %d event source mappings here, which is the most.", mappingsMax)
}

// Functions.

func errNoFunction(arn string) error { return notFound("Function not found: " + arn) }

func errOtherRegion(theirs, ours string) error {
	return notFound(fmt.Sprintf("Functions from '%s' are not reachable in this region ('%s')", theirs, ours))
}

func errQualifierMismatch() error {
	return invalid("The derived qualifier from the function name does not match the specified qualifier.")
}

func errFunctionExists(name string) error { return conflict("Function already exist: " + name) }

func errRevision(api string) error {
	return &types.PreconditionFailedException{Message: aws.String("The RevisionId provided does not match the latest RevisionId. " +
		"Call the " + api + " API to retrieve the latest RevisionId")}
}

func errCodeMissing() error { return invalid("Please provide a source for function code.") }

func errCodeTwice() error {
	return invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.")
}

func errCodeEmpty() error { return invalid("Uploaded file must be a non-empty zip") }

func errCodeBroken() error {
	return invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
}

func errUnzippedTooLarge() error {
	return invalid("Unzipped size must be smaller than %d bytes", unzippedMax)
}

func errObject(code, text string) error {
	return invalid("Error occurred while GetObject. S3 Error Code: %s. S3 Error Message: %s", code, text)
}

func errRuntimeMissing() error {
	return invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
}

func errImageOnly(member string) error {
	return invalid("%s is not supported for functions created with container images.", member)
}

func errNotHere(member string) error {
	return invalid("Sluice does not support %s; leave it out.", member)
}

func errDeadLetter(text string) error {
	return invalid("Invalid dead-letter target %s: it must be the ARN of a standard SQS queue or a standard SNS topic.", text)
}

func errFunctionQuota() error {
	return &types.CodeStorageExceededException{Message: aws.String(fmt.Sprintf("There are %d functions here, which is the most.", functionsMax))}
}

func errCodeStorage() error {
	return &types.CodeStorageExceededException{Message: aws.String("Code storage limit exceeded.")}
}

func errDeleteLatest() error {
	return invalid("$LATEST version cannot be deleted without deleting the function.")
}

func errVersionInUse(version string, alias string) error {
	return conflict(fmt.Sprintf("Function version %s is in use by alias %s.", version, alias))
}

func errCodeChanged(sum string) error {
	return invalid("CodeSHA256 (%s) is different from current CodeSHA256 in $LATEST. Please try again with the CodeSHA256 in $LATEST.", sum)
}

func errNoAlias(arn string) error { return notFound("Cannot find alias arn: " + arn) }

func errAliasExists(arn string) error { return conflict("Alias already exists: " + arn) }

func errStatementExists(id string) error {
	return conflict(fmt.Sprintf("The statement id (%s) provided already exists. Please provide a new statement id, or remove the existing statement.", id))
}

func errNoStatement(id string) error {
	return notFound(fmt.Sprintf("Statement %s is not found in resource policy.", id))
}

func errPolicyLength() error {
	return &types.PolicyLengthExceededException{Message: aws.String(fmt.Sprintf("The final policy size is bigger than the limit (%d).", policyMax))}
}

func errMarker() error { return invalid("Invalid Marker") }

// Tags.

func errNoTags() error { return invalid("An error occurred and the request cannot be processed.") }

func errTooManyTags() error { return invalid("Number of tags exceeds resource tag limit.") }

func errReservedTag(key string) error {
	return invalid("Tag key %s is not allowed: keys that begin with aws: are reserved.", key)
}

func errTagsOfVersion() error {
	return invalid("Tags on function aliases and versions are not supported. Please specify either a function name or an unqualified function ARN.")
}

// Invoke.

func errPayload(text string) error {
	return &types.InvalidRequestContentException{Message: aws.String("Could not parse request body into json: " + text)}
}

func errPayloadTooLarge(size, most int) error {
	return &types.RequestTooLargeException{Message: aws.String(fmt.Sprintf("%d byte payload is too large for the %s", size, mostFor(most)))}
}

func mostFor(most int) string {
	if most == asyncPayloadMax {
		return fmt.Sprintf("Event invocation type (limit %d bytes)", most)
	}
	return fmt.Sprintf("RequestResponse invocation type (limit %d bytes)", most)
}
