package wire

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// given is the type of a value found on the wire.
type given uint8

const (
	givenString given = iota
	givenNumber
	givenBool
	givenList
	givenObject
	givenBytes // CBOR only
)

// The texts of SerializationException, as captured from the service.
const (
	textListNotExpected   = "Start of list found where not expected"
	textObjectNotExpected = "Start of structure or map found where not expected."
	textExpectedList      = "Expected list or null"
	textExpectedMap       = "Expected map or null"
	textExpectedNull      = "Expected null"

	classString  = "class java.lang.String"
	classBoolean = "class java.lang.Boolean"
	classBytes   = "class java.nio.HeapByteBuffer"
	classNumber  = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber"

	textBadBase64Length = "'%s' can not be converted to a Blob: " +
		"Base64 encoded length is expected a multiple of 4 bytes but found: %d"
	textBadBase64Char = "'%s' can not be converted to a Blob: Invalid Base64 character: '%c'"
	// The misspelling is the service's.
	textBadBase64End = "'%s' can not be converted to a Blob: Invalid last non-pad Base64 character dectected"
)

// mismatch is the fault of a value whose type is not the member's. value is
// the string that was given, which only booleans repeat.
func mismatch(want kind, got given, value string) *Fault {
	return wrongType(mismatchText(want, got, value))
}

func mismatchText(want kind, got given, value string) string {
	switch {
	case got == givenList:
		return textListNotExpected
	case got == givenObject:
		return textObjectNotExpected
	case want == kindList:
		return textExpectedList
	case want == kindMap:
		return textExpectedMap
	case want == kindStruct, want == kindUnion:
		return textExpectedNull
	case want == kindBool && got == givenString:
		return fmt.Sprintf("'%s' can not be converted to an Boolean", strings.ToUpper(echo(value)))
	}
	class := classString
	switch got {
	case givenBool:
		class = classBoolean
	case givenNumber:
		class = classNumber
	case givenBytes:
		class = classBytes
	}
	return class + " can not be converted to " + javaType(want)
}

func javaType(k kind) string {
	switch k {
	case kindInt32:
		return "an Integer"
	case kindInt64:
		return "an Long"
	case kindFloat64:
		return "an Double"
	case kindBool:
		return "an Boolean"
	case kindBlob:
		return "a Blob"
	case kindTime:
		return "milliseconds since epoch"
	}
	return "an String"
}

// badBase64 says what is wrong with a text that is not base64.
func badBase64(value string) *Fault {
	if n := utf16Len(value); n%4 != 0 {
		return wrongType(fmt.Sprintf(textBadBase64Length, echo(value), n))
	}
	for i, c := range value {
		padding := c == '=' && len(value)-i <= 2 && strings.Trim(value[i:], "=") == ""
		if !isBase64(c) && !padding {
			return wrongType(fmt.Sprintf(textBadBase64Char, echo(value), c))
		}
	}
	return wrongType(fmt.Sprintf(textBadBase64End, echo(value)))
}

func isBase64(c rune) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/'
}

// utf16Len counts a string as the service does, which is written in Java:
// characters beyond the basic plane count twice.
func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}
