package shards

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"sluice/internal/dice"
)

// tokenLife is how long iterators and next-tokens are good for.
const tokenLife = 300 * time.Second

// tokenMark opens every token, as it opens those of the service.
const tokenMark = "\x00\x00\x00\x00\x00\x00\x00\x01"

// Kinds of tokens. A token of one kind never passes as another: the kind and
// the caller's account and region are sealed in with it.
const (
	tokenIterator  = "iterator"
	tokenShards    = "shards"
	tokenStreams   = "streams"
	tokenConsumers = "consumers"
	tokenChannels  = "channels"
)

var errToken = errors.New("not a token of this place")

// sealer makes tokens that only this instance can read: AES-GCM under the key
// that is stored with the data. A random nonce makes every answer different.
type sealer struct {
	aead cipher.AEAD
	dice *dice.Dice
}

// sealKeySize is the length of the stored key: AES-256.
const sealKeySize = 32

func newSealer(key []byte, d *dice.Dice) (*sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("stored sealing key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("stored sealing key: %w", err)
	}
	return &sealer{aead: aead, dice: d}, nil
}

// seal returns a token with a payload. scope is who may use it.
func (s *sealer) seal(kind string, scope streamKey, payload []byte) string {
	buf := make([]byte, len(tokenMark)+s.aead.NonceSize(), len(tokenMark)+s.aead.NonceSize()+len(payload)+s.aead.Overhead())
	copy(buf, tokenMark)
	nonce := buf[len(tokenMark):]
	_, _ = s.dice.Read(nonce) // never fails
	buf = s.aead.Seal(buf, nonce, payload, bound(kind, scope))
	return base64.StdEncoding.EncodeToString(buf)
}

// open returns the payload of a token.
func (s *sealer) open(kind string, scope streamKey, token string) ([]byte, error) {
	// One token, one text: the decoder would skip line ends.
	raw, err := base64.StdEncoding.Strict().DecodeString(token)
	if err != nil || strings.ContainsAny(token, "\r\n") {
		return nil, errToken
	}
	head := len(tokenMark) + s.aead.NonceSize()
	if len(raw) < head || string(raw[:len(tokenMark)]) != tokenMark {
		return nil, errToken
	}
	payload, err := s.aead.Open(nil, raw[len(tokenMark):head], raw[head:], bound(kind, scope))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errToken, err)
	}
	return payload, nil
}

func bound(kind string, scope streamKey) []byte {
	return []byte(kind + "\x00" + scope.account + "\x00" + scope.region)
}

// fields writes and reads payloads: integers as varints, texts with their
// length. A read past the end sticks as bad.
type fields struct {
	raw []byte
	bad bool
}

func (f *fields) putInt(v int64) { f.raw = binary.AppendVarint(f.raw, v) }

func (f *fields) putText(s string) {
	f.putInt(int64(len(s)))
	f.raw = append(f.raw, s...)
}

func (f *fields) int() int64 {
	v, n := binary.Varint(f.raw)
	if n <= 0 {
		f.raw, f.bad = nil, true
		return 0
	}
	f.raw = f.raw[n:]
	return v
}

func (f *fields) text() string {
	n := f.int()
	if n < 0 || n > int64(len(f.raw)) {
		f.raw, f.bad = nil, true
		return ""
	}
	s := string(f.raw[:n])
	f.raw = f.raw[n:]
	return s
}

// done reports whether everything was read and nothing was missing.
func (f *fields) done() bool { return !f.bad && len(f.raw) == 0 }

// iterator is a position in a shard, as a sealed shard iterator carries it.
type iterator struct {
	stream   uint64 // id, so that a successor of the same name is another stream
	name     string
	shard    uint32
	position int64
	made     int64  // milliseconds
	world    uint64 // Config.World
}

func (s *Streams) sealIterator(k streamKey, it iterator) string {
	f := fields{raw: make([]byte, 0, 64+len(it.name))}
	f.putInt(int64(it.stream))
	f.putText(it.name)
	f.putInt(int64(it.shard))
	f.putInt(it.position)
	f.putInt(it.made)
	f.putInt(int64(s.config.World))
	return s.sealer.seal(tokenIterator, k, f.raw)
}

func (s *Streams) openIterator(k streamKey, token string) (iterator, error) {
	raw, err := s.sealer.open(tokenIterator, k, token)
	if err != nil {
		return iterator{}, err
	}
	f := fields{raw: raw}
	it := iterator{stream: uint64(f.int()), name: f.text(), shard: uint32(f.int()), position: f.int(), made: f.int(), world: uint64(f.int())}
	if !f.done() {
		return iterator{}, errToken
	}
	return it, nil
}
