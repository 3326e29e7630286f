package server

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/clock"
	"sluice/internal/dice"
	"sluice/internal/replace"
)

func TestLeafNamesWhatItIsCalledBy(t *testing.T) {
	s := openBare(t, func(c *Config) { c.HostNames = []string{"sluice.test", "10.1.2.3"} })
	cert, err := s.ca.certificate(nil)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(s.ca.cert)
	for _, name := range []string{"localhost", "bucket.localhost", "127.0.0.1", "::1", "sluice.test", "10.1.2.3"} {
		_, err := cert.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, CurrentTime: s.cfg.Host.Now()})
		require.NoError(t, err, name)
	}
	require.Error(t, cert.Leaf.VerifyHostname("example.com"))
}

func TestLeafIsRenewedInTime(t *testing.T) {
	host := clock.NewManual(time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC))
	defer host.Close()
	a, err := openAuthority("", nil, host, dice.Seeded(1))
	require.NoError(t, err)
	first, err := a.certificate(nil)
	require.NoError(t, err)
	host.Step(59 * 24 * time.Hour)
	same, err := a.certificate(nil)
	require.NoError(t, err)
	require.Same(t, first, same)
	host.Step(2 * 24 * time.Hour)
	renewed, err := a.certificate(nil)
	require.NoError(t, err)
	require.NotSame(t, first, renewed)
	require.True(t, renewed.Leaf.NotAfter.After(host.Now().Add(89*24*time.Hour)))
}

func TestAuthorityIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	host := clock.NewManual(time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC))
	defer host.Close()
	first, err := openAuthority(dir, nil, host, dice.Seeded(1))
	require.NoError(t, err)
	again, err := openAuthority(dir, nil, host, dice.Seeded(2))
	require.NoError(t, err)
	require.Equal(t, first.pem, again.pem)
	if runtime.GOOS != "windows" {
		info, err := os.Stat(filepath.Join(dir, caKeyFile))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}

	host.Step(caLife) // it has run out
	renewed, err := openAuthority(dir, nil, host, dice.Seeded(3))
	require.NoError(t, err)
	require.NotEqual(t, first.pem, renewed.pem)

	require.NoError(t, os.WriteFile(filepath.Join(dir, caKeyFile), []byte("broken"), 0o600))
	_, err = openAuthority(dir, nil, host, dice.Seeded(3))
	var bad *CertificateError
	require.ErrorAs(t, err, &bad)
	require.Contains(t, bad.Hint(), "delete")
}

// A renewal that was cut short between the key and the certificate is begun again: it
// leaves no pair of which one is the other's predecessor, which a start refuses.
func TestRenewalCutShort(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	host := clock.NewManual(time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC))
	defer host.Close()
	first, err := openAuthority(dir, nil, host, dice.Seeded(1))
	require.NoError(t, err)

	host.Step(caLife)
	inTheWay := filepath.Join(dir, caFile+replace.Suffix)
	require.NoError(t, os.Mkdir(inTheWay, 0o700))
	_, err = openAuthority(dir, nil, host, dice.Seeded(2))
	var bad *CertificateError
	require.ErrorAs(t, err, &bad)
	require.NoError(t, os.Remove(inTheWay))
	renewed, err := openAuthority(dir, nil, host, dice.Seeded(3))
	require.NoError(t, err)
	require.NotEqual(t, first.pem, renewed.pem)
}

func TestOwnCertificate(t *testing.T) {
	dir := t.TempDir()
	a, err := openAuthority(dir, nil, clock.Host(), dice.Seeded(1))
	require.NoError(t, err)
	leaf, err := a.certificate(nil)
	require.NoError(t, err)
	key, err := x509.MarshalPKCS8PrivateKey(leaf.PrivateKey)
	require.NoError(t, err)
	certFile, keyFile := filepath.Join(dir, "own.pem"), filepath.Join(dir, "own-key.pem")
	require.NoError(t, os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Certificate[0]}), 0o600))
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600))
	s := openBare(t, func(c *Config) { c.TLSCert, c.TLSKey = certFile, keyFile })
	got := ask(t, s, "GET", "/_sluice/ca.pem", "")
	require.Equal(t, 404, got.status)

	_, err = Open(t.Context(), Config{Listen: []string{"127.0.0.1:0"}, TLSCert: certFile, TLSKey: certFile})
	var bad *CertificateError
	require.ErrorAs(t, err, &bad)
}
