package sigv4

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"strings"
)

// emptyHash is the hash of no bytes, which chunk signatures hold where requests
// hold their headers.
const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// Chunks checks the signatures of the chunks of an upload, one after the
// other: each signs the one before it.
type Chunks struct {
	proof    *Proof
	previous string
	sum      hash.Hash
}

// Chunks begins the chain with the signature of the request's headers.
func (p *Proof) Chunks() *Chunks {
	return &Chunks{proof: p, previous: p.Signature, sum: sha256.New()}
}

// Write adds bytes of the chunk under way. It never fails.
func (c *Chunks) Write(p []byte) (int, error) { return c.sum.Write(p) }

// End compares the signature of the chunk that was written and begins the next.
func (c *Chunks) End(signature string) error {
	return c.link("AWS4-HMAC-SHA256-PAYLOAD", emptyHash+"\n"+c.take(), signature)
}

// Trailer compares the signature of the trailing headers. text holds them as
// name:value lines, each ended by a newline, names in lower case and sorted.
func (c *Chunks) Trailer(text, signature string) error {
	digest := sha256.Sum256([]byte(text))
	return c.link("AWS4-HMAC-SHA256-TRAILER", hex.EncodeToString(digest[:]), signature)
}

func (c *Chunks) take() string {
	out := hex.EncodeToString(c.sum.Sum(nil))
	c.sum.Reset()
	return out
}

func (c *Chunks) link(algorithm, rest, signature string) error {
	text := strings.Join([]string{algorithm, c.proof.at, c.proof.scope, c.previous, rest}, "\n")
	want := hex.EncodeToString(mac(c.proof.key, text))
	if subtle.ConstantTimeCompare([]byte(want), []byte(signature)) != 1 {
		return &Refusal{Reason: Mismatch, Detail: "signature of a chunk", StringToSign: text}
	}
	c.previous = want
	return nil
}
