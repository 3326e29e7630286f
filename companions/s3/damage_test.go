package s3

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/store/blob"
	"sluice/store/kv"
)

// bodiless has lost all bodies. When it is unsure, rows cannot be read either from
// then on.
type bodiless struct {
	kv.Space
	blob.Store
	unsure, asked bool
}

// Open implements blob.Store.
func (b *bodiless) Open(blob.ID) (blob.Body, error) {
	b.asked = true
	return nil, blob.ErrNone
}

// Get implements kv.Space.
func (b *bodiless) Get(ctx context.Context, key []byte) ([]byte, bool, error) {
	if b.unsure && b.asked {
		return nil, false, errors.New("not now")
	}
	return b.Space.Get(ctx, key)
}

// TestMissingBody: a body is told to be missing when its object is still there, and
// not when nobody can say so: that passes, and what is told as damage stays.
func TestMissingBody(t *testing.T) {
	w := begin(t)
	w.do(http.MethodPut, "/things", "").ok()
	w.do(http.MethodPut, "/things/file", large(100_000)).ok()
	lost := &bodiless{Space: w.space, Store: w.bodies, unsure: true}
	w.space, w.bodies = lost, lost
	require.Equal(t, http.StatusInternalServerError, w.do(http.MethodGet, "/things/file", "").status)
	require.True(t, lost.asked)
	require.NoError(t, w.Damage())
	lost.unsure = false
	require.Equal(t, http.StatusInternalServerError, w.do(http.MethodGet, "/things/file", "").status)
	require.ErrorIs(t, w.Damage(), blob.ErrDamaged)
}
