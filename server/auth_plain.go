package server

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"

	"sluice/internal/caller"
	"sluice/internal/sigv4"
)

// errBodyHash is what a handler gets when it has read a body to its end that is
// not the one that was signed.
var errBodyHash = errors.New("the body is not the one that was signed")

// authenticatePlain checks the signature of a request for a plain handler. The
// body is checked while the handler reads it: against its hash here, against
// the signatures of its chunks by the handler, which finds the proof in its
// context.
func (x *exchange) authenticatePlain(ctx context.Context, p *Route) (context.Context, bool) {
	if x.s.cfg.Keys == nil || p.SigningName == "" {
		return ctx, true
	}
	if x.scope.header == "" && x.scope.query == nil {
		if p.Anonymous {
			x.identity = new(caller.Identity)
			return ctx, true
		}
		x.refusePlain(p, http.StatusForbidden, "AccessDenied", "Access Denied")
		return ctx, false
	}
	sum := x.r.Header.Get("X-Amz-Content-Sha256")
	switch {
	case x.scope.query != nil && sum == "":
		sum = sigv4.UnsignedPayload
	case sum == "":
		x.refusePlain(p, http.StatusBadRequest, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
		return ctx, false
	}
	proof, doubt, err := x.verify(p.SigningName, sum, true)
	if doubt != trusted {
		x.log("a signature was refused", err)
		status, code, text := plainDistrust(doubt, err)
		x.refusePlain(p, status, code, text)
		return ctx, false
	}
	if len(sum) == sha256.Size*2 {
		x.r.Body = &checkedBody{ReadCloser: x.r.Body, sum: sha256.New(), want: strings.ToLower(sum)}
	}
	return sigv4.With(ctx, proof), true
}

func (x *exchange) refusePlain(p *Route, status int, code, message string) {
	x.event.Error = code
	if p.Fail == nil {
		x.reply(status, nil, nil)
		return
	}
	p.Fail(&recorder{ResponseWriter: x.w, x: x}, x.r, status, code, message)
}

// plainDistrust is what S3 answers.
func plainDistrust(d distrust, err error) (status int, code, text string) {
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
	case sigv4.Early, sigv4.Late:
		return http.StatusForbidden, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."
	case sigv4.Overdue:
		return http.StatusForbidden, "AccessDenied", "Request has expired"
	case sigv4.Unsigned:
		return http.StatusForbidden, "AccessDenied", "There were headers present in the request which were not signed"
	case sigv4.Malformed, sigv4.Unsupported:
		return http.StatusBadRequest, "AuthorizationHeaderMalformed",
			"The authorization header is malformed; " + strings.ToValidUTF8(refusal.Detail, "") + "."
	case sigv4.WrongService:
		return http.StatusBadRequest, "AuthorizationHeaderMalformed",
			fmt.Sprintf("The authorization header is malformed; incorrect service %q. This endpoint belongs to \"s3\".", refusal.Detail)
	case sigv4.WrongDate:
		return http.StatusBadRequest, "AuthorizationHeaderMalformed",
			fmt.Sprintf("The authorization header is malformed; Invalid credential date %q. This date is not the same as X-Amz-Date: %q.",
				refusal.Detail, refusal.At[:len("20060102")])
	}
	return http.StatusForbidden, "SignatureDoesNotMatch",
		"The request signature we calculated does not match the signature you provided. Check your key and signing method."
}

// checkedBody fails at its end when it was another body than the signed one.
type checkedBody struct {
	io.ReadCloser
	sum  hash.Hash
	want string
}

// Read implements io.Reader.
func (b *checkedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.sum.Write(p[:n])
	if errors.Is(err, io.EOF) && subtle.ConstantTimeCompare([]byte(hex.EncodeToString(b.sum.Sum(nil))), []byte(b.want)) != 1 {
		return n, errBodyHash
	}
	return n, err
}
