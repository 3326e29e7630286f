package glue

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"sluice/companions/glue/api"
)

// The catalogue: every answer of this room that is not a success, with the
// service's text where it is known. docs/glue.md marks the others.

func refusal(code, format string, args ...any) error {
	return &smithy.GenericAPIError{Code: code, Message: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) error {
	return refusal("InvalidInputException", format, args...)
}

// beyond refuses what Glue has and this catalog has not.
func beyond(what string) error {
	return invalid("%s beyond the Data Catalog of Sluice", what)
}

func notFound(format string, args ...any) error { return refusal(codeNotFound, format, args...) }

const codeNotFound = "EntityNotFoundException"

// NotFound says whether an error is that a database, a table or a version of
// it is not there.
func NotFound(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == codeNotFound
}

func errNoCatalog(id string) error { return notFound("Catalog %s not found.", id) }

func errNoDatabase(name string) error { return notFound("Database %s not found.", name) }

func errNoTable(name string) error { return notFound("Table %s not found.", name) }

// errNoTableHere is the text of GetTable, which asks for permission first.
func errNoTableHere() error { return notFound("Entity Not Found") }

func errNoVersion() error { return notFound("Version not found.") }

func errNoPartition() error { return notFound("Cannot find partition.") }

func errNoIndex() error { return notFound("Index not found.") }

func errNoSchema(arn, registry, name *string) error {
	null := func(s *string) string {
		if s == nil {
			return "null"
		}
		return *s
	}
	return notFound("Schema is not found. RegistryName: %s, SchemaName: %s, SchemaArn: %s", null(registry), null(name), null(arn))
}

func exists(what string) error { return refusal("AlreadyExistsException", "%s already exists.", what) }

func errTooMany(what string, limit int) error {
	return refusal("ResourceNumberLimitExceededException", "Number of %s resources exceeds the account limit %d", what, limit)
}

func errStale() error {
	return refusal("ConcurrentModificationException", "Update table failed due to concurrent modifications.")
}

func errCurrentVersion() error { return invalid("Cannot delete the current version of a table.") }

func errVersionID(id string) error { return invalid("%s is not a version of a table.", id) }

func errToken() error { return invalid("The NextToken is not valid for this request.") }

func errPattern(text string) error { return invalid("Invalid expression %s", text) }

func errValueCount() error {
	return invalid("The number of partition keys do not match the number of partition values")
}

func errRenamed(what string) error { return invalid("%s cannot be renamed.", what) }

func errResource(arn string) error {
	return invalid("%s is not the ARN of a database; of a Data Catalog only databases have tags.", arn)
}

func errTooManyTags() error { return invalid("A resource has %d tags at most.", maxTags) }

func errReservedTag() error { return invalid("Keys of tags must not begin with aws:.") }

// errValue is a constraint of the model that the codec cannot check.
func errValue(path string, value int32, constraint string) error {
	return refusal("ValidationException", "1 validation error detected: Value '%d' at '%s' failed to satisfy constraint: %s", value, path, constraint)
}

func errMissing(path string) error {
	return refusal("ValidationException", "1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", path)
}

// detail is an error inside of an answer.
func detail(err error) *api.ErrorDetail {
	var known smithy.APIError
	if !errors.As(err, &known) {
		return &api.ErrorDetail{ErrorCode: aws.String("InternalServiceException"), ErrorMessage: aws.String("Service Unavailable")}
	}
	return &api.ErrorDetail{ErrorCode: aws.String(known.ErrorCode()), ErrorMessage: aws.String(known.ErrorMessage())}
}
