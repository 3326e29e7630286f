package server

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
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
	if x.scope.older {
		return ctx, x.authenticateOlder(p)
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
	hashed, ok := plainSum(sum)
	if !ok {
		x.refusePlain(p, http.StatusBadRequest, "InvalidArgument", textBadSum)
		return ctx, false
	}
	if strings.HasPrefix(sum, "STREAMING-AWS4-ECDSA-") {
		// Only the newer algorithm signs chunks so, and it is not checked here.
		x.refusePlain(p, http.StatusBadRequest, "InvalidRequest", "Chunks that are signed with ECDSA cannot be checked; sign them with AWS4-HMAC-SHA256")
		return ctx, false
	}
	proof, doubt, err := x.verify(p.SigningName, sum, true)
	if doubt != trusted {
		x.log("a signature was refused", err)
		status, code, text := plainDistrust(doubt, err, x.scope.query != nil && x.scope.header == "")
		x.refusePlain(p, status, code, text)
		return ctx, false
	}
	if hashed {
		x.r.Body = &checkedBody{ReadCloser: x.r.Body, sum: sha256.New(), want: strings.ToLower(sum)}
	}
	return sigv4.With(ctx, proof), true
}

// authenticateOlder checks a presigned URL of version 2.
func (x *exchange) authenticateOlder(p *Route) bool {
	credential, known := x.credential()
	token := x.r.URL.Query().Get("x-amz-security-token")
	if header := x.r.Header.Get("X-Amz-Security-Token"); header != "" {
		token = header
	}
	if p.Address == nil {
		credential, known = &Credential{Secret: decoySecret}, false
	}
	now := x.s.cfg.Host.Now()
	err := sigv4.CheckOlder(x.r, p.resource(x.r), credential.Secret, now)
	doubt := trusted
	switch {
	case !known:
		doubt = unknownKey
	case subtle.ConstantTimeCompare([]byte(credential.Token), []byte(token)) != 1:
		doubt = wrongToken
	case err != nil:
		doubt = badSignature
	case !credential.Expires.IsZero() && now.After(credential.Expires):
		doubt = expiredKey
	}
	if doubt != trusted {
		x.log("a signature was refused", err)
		status, code, text := plainDistrust(doubt, err, true)
		x.refusePlain(p, status, code, text)
		return false
	}
	x.identity = credential.identity()
	return true
}

// resource is the bucket and key that a request will be served for, escaped as
// on the wire, as signatures of version 2 have it.
func (p *Route) resource(r *http.Request) string {
	path := r.URL.EscapedPath()
	if p.Address == nil {
		return path
	}
	bucket, key := p.Address(r)
	if bucket == "" || r.URL.Path == "/"+bucket && key == "" || r.URL.Path == "/"+bucket+"/"+key {
		return path
	}
	return "/" + bucket + path
}

const textBadSum = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, " +
	"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value."

// plainSum tells what stands for the body: its hash, or something that tells
// how it is signed instead.
func plainSum(sum string) (hashed, ok bool) {
	switch sum {
	case sigv4.UnsignedPayload, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
		"STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER":
		return false, true
	}
	raw, err := hex.DecodeString(sum)
	return true, err == nil && len(raw) == sha256.Size
}

func (x *exchange) refusePlain(p *Route, status int, code, message string) {
	x.event.Error = code
	if p.Fail == nil {
		x.reply(status, nil, nil)
		return
	}
	p.Fail(&recorder{ResponseWriter: x.w, x: x}, x.r, status, code, message)
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
