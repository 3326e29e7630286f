package convert

import "fmt"

// The codes of failures.
const (
	codeParse     = "DataFormatConversion.ParseError"
	codeMalformed = "DataFormatConversion.MalformedData"
	codeSchema    = "DataFormatConversion.InvalidSchema"
)

// Failure is why a record became no rows. It is what an error record says.
type Failure struct{ Code, Text string }

// Error implements error.
func (f *Failure) Error() string { return f.Code + ": " + f.Text }

// mismatch is a record that is JSON and does not fit the schema.
func mismatch(format string, args ...any) error {
	return &Failure{codeMalformed, "Data does not match the schema. " + fmt.Sprintf(format, args...)}
}

// badInput is what Java says about text that is no number.
func badInput(text []byte) error { return mismatch("For input string: %q", text) }

// malformed is a record that is not JSON.
func malformed(why string) error {
	return &Failure{codeParse, "Encountered malformed JSON. " + why}
}

func errEmpty() error {
	return &Failure{codeMalformed, "The record was empty or contained only whitespace."}
}

func errPrimitive() error {
	return &Failure{codeMalformed, "The input JSON contained a primitive at the top level. The top level must be an object or array."}
}

func errArray() error {
	return &Failure{codeMalformed, "Data does not match the schema. A JSON array is not a valid record; the top level must be an object."}
}

// errOpenXTypes is the schema that OpenX cannot read by.
func errOpenXTypes() error {
	return &Failure{codeSchema, "The schema is invalid. One or more columns have types that are not supported by org.openx.data.JsonSerDe"}
}

func errSchema(format string, args ...any) error {
	return &Failure{codeSchema, "The schema is invalid. " + fmt.Sprintf(format, args...)}
}
