// Package dice is the only source of randomness. The same seed and the same
// calls give the same bytes, so a run with a seed can be repeated.
package dice

import (
	crand "crypto/rand"
	"encoding/binary"
	"math/rand/v2"
	"sync"

	"github.com/google/uuid"
)

// Dice gives random bytes and numbers. It is safe for concurrent use.
type Dice struct {
	mu  sync.Mutex
	src *rand.ChaCha8
}

// Seeded returns dice that repeat for the same seed.
func Seeded(seed uint64) *Dice {
	var s [32]byte
	binary.LittleEndian.PutUint64(s[:], seed)
	return &Dice{src: rand.NewChaCha8(s)}
}

// System returns dice seeded by the operating system.
func System() *Dice {
	var s [32]byte
	// crypto/rand.Read never returns an error since Go 1.24.
	_, _ = crand.Read(s[:])
	return &Dice{src: rand.NewChaCha8(s)}
}

// Read fills p and never fails.
func (d *Dice) Read(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.src.Read(p)
}

// Uint64 returns 64 random bits.
func (d *Dice) Uint64() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.src.Uint64()
}

// UUID returns a random (version 4) UUID.
func (d *Dice) UUID() uuid.UUID {
	var u uuid.UUID
	_, _ = d.Read(u[:])
	u[6] = (u[6] & 0x0f) | 0x40
	u[8] = (u[8] & 0x3f) | 0x80
	return u
}
