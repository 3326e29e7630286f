package server

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"strings"
	"time"

	"sluice/internal/access"
	"sluice/internal/caller"
	"sluice/internal/sigv4"
	"sluice/server/wire"
)

// Credential is a key that may sign requests.
type Credential struct {
	// Secret is what requests are signed with. It appears in no log or answer.
	Secret string
	// Account is where calls with this key act.
	Account string
	// Token must come with every request when it is set; it must not when not.
	Token string
	// Expires ends temporary credentials, in host time; zero means never.
	Expires time.Time
	// Identity is who calls with this key. nil stands for the root of Account.
	Identity *caller.Identity
}

// Keyring knows who may call. It may be called concurrently.
type Keyring interface {
	// Find returns the credential of an access key id, with which a session
	// token came or an empty one. The token need not be right.
	Find(accessKey, token string) (Credential, bool)
}

// decoySecret keeps the time an answer takes from telling whether a key exists.
const decoySecret = "no such key"

// distrust is why a request is not believed.
type distrust uint8

const (
	trusted distrust = iota
	unknownKey
	expiredKey
	wrongToken
	badSignature
)

// authenticate checks the signature of a request when the server was told to.
// It returns nil when the caller may go on. The region is not held against
// anything: this server stands for all of them.
func (x *exchange) authenticate(svc *wire.Service, status int) *wire.Fault {
	if x.s.cfg.Keys == nil {
		return nil
	}
	_, doubt, err := x.verify(svc.SigningName, x.bodyHash, false)
	if doubt == trusted {
		return nil
	}
	x.log("a signature was refused", err)
	return distrustFault(svc, status, doubt, err)
}

// verify checks the signature of the request by the rules of a service.
func (x *exchange) verify(service, bodyHash string, s3 bool) (*sigv4.Proof, distrust, error) {
	claim, err := sigv4.Parse(x.r)
	if err != nil {
		return nil, badSignature, err
	}
	if claim == nil || claim.AccessKey != x.scope.key {
		// The account that the call acts in was found by the scope's key: what
		// is proved must be the very same.
		return nil, badSignature, &sigv4.Refusal{Reason: sigv4.Malformed, Detail: "no signature"}
	}
	now := x.s.cfg.Host.Now()
	credential, known := x.credential()
	proof, err := claim.Check(x.r, sigv4.Check{Secret: credential.Secret, Now: now, Service: service, PayloadHash: bodyHash, S3: s3})
	switch {
	case !known:
		return nil, unknownKey, err
	case subtle.ConstantTimeCompare([]byte(credential.Token), []byte(claim.Token)) != 1:
		return nil, wrongToken, err
	case err != nil:
		return nil, badSignature, err
	case !credential.Expires.IsZero() && now.After(credential.Expires):
		return nil, expiredKey, nil
	}
	x.identity = credential.identity()
	return proof, trusted, nil
}

// credential is that of the key that the request names; one that nobody has
// when there is none.
func (x *exchange) credential() (c *Credential, known bool) {
	if x.found == nil {
		return &Credential{Secret: decoySecret}, false
	}
	return x.found, true
}

// find looks for the credential, once for each request.
func (x *exchange) find() {
	if x.s.cfg.Keys == nil || x.scope.key == "" {
		return
	}
	token := x.r.Header.Get("X-Amz-Security-Token")
	switch {
	case x.scope.older:
		if q := x.r.URL.Query(); token == "" {
			token = q.Get("x-amz-security-token")
		}
	case x.scope.header == "":
		token = x.scope.query.Get("X-Amz-Security-Token")
	}
	if c, known := x.s.cfg.Keys.Find(x.scope.key, token); known {
		x.found = &c
	}
}

// identity is who calls with a credential.
func (c *Credential) identity() *caller.Identity {
	if c.Identity != nil {
		return c.Identity
	}
	return &caller.Identity{ARN: access.RootOf("", c.Account), UserID: c.Account}
}

const (
	textUnknownToken = "The security token included in the request is invalid."
	textExpiredToken = "The security token included in the request is expired"
	textMismatch     = "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)

// distrustFault is what services answer, in the words of all but the query
// protocol, for which inQuery finds others.
func distrustFault(svc *wire.Service, status int, d distrust, err error) *wire.Fault {
	switch d {
	case unknownKey, wrongToken:
		return clientFault("UnrecognizedClientException", status, textUnknownToken)
	case expiredKey:
		return clientFault("ExpiredTokenException", status, textExpiredToken)
	}
	code := "InvalidSignatureException"
	refusal := refusalOf(err)
	if refusal.Reason == sigv4.Unsupported || refusal.Reason == sigv4.Malformed && !otherEnd(refusal) {
		code = "IncompleteSignatureException"
	}
	return clientFault(code, status, distrustText(svc.SigningName, refusal))
}

// inQuery is a refusal in the words of the query protocol.
func inQuery(f *wire.Fault) *wire.Fault {
	said := *f
	said.Status = http.StatusForbidden
	switch f.Code {
	case "MissingAuthenticationTokenException":
		said.Code = "MissingAuthenticationToken"
	case "IncompleteSignatureException":
		said.Code, said.Status = "IncompleteSignature", http.StatusBadRequest
	case "InvalidSignatureException":
		said.Code = "SignatureDoesNotMatch"
	case "UnrecognizedClientException":
		said.Code = "InvalidClientTokenId"
	case "ExpiredTokenException":
		said.Code = "ExpiredToken"
	case "AccessDeniedException":
		said.Code = "AccessDenied"
	}
	return &said
}

func refusalOf(err error) *sigv4.Refusal {
	refusal, ok := err.(*sigv4.Refusal) //nolint:errorlint // sigv4 wraps none
	if !ok {
		return &sigv4.Refusal{Reason: sigv4.Mismatch}
	}
	return refusal
}

// otherEnd tells of a credential that is whole but for its last word.
func otherEnd(r *sigv4.Refusal) bool {
	return r.Part == sigv4.TheCredential && strings.Count(r.Detail, "/") == 4
}

// distrustText is the text that AWS gives for a refusal.
func distrustText(service string, r *sigv4.Refusal) string {
	stamp := func(t time.Time) string { return t.UTC().Format(sigv4.Form) }
	switch r.Reason {
	case sigv4.WrongService:
		return "Credential should be scoped to correct service: '" + service + "'. "
	case sigv4.WrongDate:
		return fmt.Sprintf("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.",
			r.Detail, r.At[:len("20060102")], r.At)
	case sigv4.Late:
		return fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - 5 min.)", r.At, stamp(r.Now.Add(-sigv4.Window)), stamp(r.Now))
	case sigv4.Overdue:
		return fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - %g min.)", r.At, stamp(r.Now.Add(-r.Life)), stamp(r.Now), r.Life.Minutes())
	case sigv4.Early:
		return fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + 5 min.)", r.At, stamp(r.Now.Add(sigv4.Window)), stamp(r.Now))
	case sigv4.Unsigned:
		return "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
	case sigv4.Unsupported:
		return "Unsupported AWS 'algorithm': '" + strings.ToValidUTF8(r.Detail, "") + "'."
	case sigv4.Malformed:
		return malformedText(r)
	}
	return textMismatch
}

// malformedText is the text for a signature that cannot be read.
func malformedText(r *sigv4.Refusal) string {
	what := strings.ToValidUTF8(r.Detail, "")
	switch {
	case otherEnd(r):
		return "Credential should be scoped with a valid terminator: 'aws4_request', not '" + what[strings.LastIndexByte(what, '/')+1:] + "'. "
	case r.Part == sigv4.TheCredential:
		return "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '" + what + "'"
	case r.Part == sigv4.TheDate:
		return "Date must be in ISO-8601 'basic format'. Got '" + what + "'. See http://en.wikipedia.org/wiki/ISO_8601"
	}
	return "The signature cannot be read: " + what + "."
}
