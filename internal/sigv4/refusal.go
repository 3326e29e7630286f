package sigv4

import (
	"fmt"
	"time"
)

// Reason is why a signature is refused.
type Reason string

// The reasons.
const (
	// Malformed: parts are missing or cannot be read.
	Malformed Reason = "malformed"
	// Unsupported: another algorithm.
	Unsupported Reason = "unsupported algorithm"
	// WrongDate: the scope names another day than the time of signing.
	WrongDate Reason = "scope of another day"
	// WrongService and WrongRegion: the scope names another service or region.
	WrongService Reason = "scope of another service"
	WrongRegion  Reason = "scope of another region"
	// Early and Late: signed outside the window around now.
	Early Reason = "not yet current"
	Late  Reason = "expired"
	// Overdue: a presigned URL has run out.
	Overdue Reason = "presigned URL expired"
	// Unsigned: a header that must be signed is not.
	Unsigned Reason = "header not signed"
	// Mismatch: the signature is another than the one computed.
	Mismatch Reason = "signature does not match"
	// WrongBody: the hash in the request is not that of its body.
	WrongBody Reason = "body does not match its hash"
)

// Part is a part of a claim that is missing or cannot be read.
type Part string

// The parts that services have texts of their own for.
const (
	// Both: a signature in the header and one in the query string.
	Both Part = "both"
	// Some: one of the parts that make a claim is missing.
	Some Part = "some"
	// TheCredential, TheDate and TheExpiry cannot be read.
	TheCredential Part = "credential"
	TheDate       Part = "date"
	TheExpiry     Part = "expiry"
)

// Refusal is the error of every check.
type Refusal struct {
	Reason Reason
	// Part is what is malformed, for Malformed; empty where no text tells more.
	Part Part
	// Detail names what was found, in words for logs and for texts.
	Detail string
	// At is the time of signing as the request spells it. Now is what it was
	// compared with, for Early, Late and Overdue.
	At  string
	Now time.Time
	// Life is how long a URL was good, for Overdue.
	Life time.Duration
	// StringToSign and CanonicalRequest are what was computed, for Mismatch.
	// They hold nothing secret: the client knows them.
	StringToSign, CanonicalRequest string
}

// Error implements error.
func (e *Refusal) Error() string {
	if e.Detail == "" {
		return string(e.Reason)
	}
	return fmt.Sprintf("%s: %s", e.Reason, e.Detail)
}
