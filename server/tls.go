package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"path/filepath"
	"sync"
	"time"

	"sluice/internal/clock"
	"sluice/internal/dice"
	"sluice/internal/replace"
)

const (
	caFile    = "ca.pem"
	caKeyFile = "ca-key.pem"

	caLife   = 10 * 365 * 24 * time.Hour
	leafLife = 90 * 24 * time.Hour
	// renewBefore is how long before its end a certificate is replaced.
	renewBefore = 30 * 24 * time.Hour
	// clockSkew dates certificates back, for clients whose clock is late.
	clockSkew = time.Hour
)

// CertificateError says what is wrong with certificate files.
type CertificateError struct {
	Path string
	Err  error
	hint string
}

// Error implements error.
func (e *CertificateError) Error() string { return fmt.Sprintf("certificate %s: %v", e.Path, e.Err) }

// Unwrap returns the cause.
func (e *CertificateError) Unwrap() error { return e.Err }

// Hint says what to do next.
func (e *CertificateError) Hint() string { return e.hint }

// authority is the local certificate authority and the leaf it has signed. The
// leaf lives in memory only and is renewed in time, by host time.
type authority struct {
	host clock.Clock
	dice *dice.Dice
	cert *x509.Certificate
	pem  []byte
	key  *ecdsa.PrivateKey

	dns []string
	ips []net.IP

	mu   sync.Mutex
	leaf *tls.Certificate // guarded by mu
}

// openAuthority loads the authority of dir, or makes one there; with dir empty
// it is made in memory.
func openAuthority(dir string, names []string, host clock.Clock, d *dice.Dice) (*authority, error) {
	a := &authority{host: host, dice: d, dns: []string{"localhost", "*.localhost"},
		ips: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}}
	for _, name := range names {
		a.addName(name)
	}
	if dir == "" {
		return a, a.create()
	}
	err := a.load(dir)
	if err == nil && host.Now().Add(leafLife).Before(a.cert.NotAfter) {
		return a, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &CertificateError{Path: dir, Err: err, hint: "delete ca.pem and ca-key.pem there to have new ones made"}
	}
	if err := a.create(); err != nil {
		return nil, err
	}
	if err := a.save(dir); err != nil {
		return nil, &CertificateError{Path: dir, Err: err, hint: "the data folder must be writable"}
	}
	return a, nil
}

func (a *authority) addName(name string) {
	if ip := net.ParseIP(name); ip != nil {
		if !ip.IsUnspecified() {
			a.ips = append(a.ips, ip)
		}
		return
	}
	if name != "" {
		a.dns = append(a.dns, name)
	}
}

func (a *authority) create() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), a.dice)
	if err != nil {
		return err
	}
	now := a.host.Now()
	template := &x509.Certificate{
		SerialNumber:          a.serial(),
		Subject:               pkix.Name{CommonName: "Sluice local CA", Organization: []string{"Sluice"}},
		NotBefore:             now.Add(-clockSkew),
		NotAfter:              now.Add(caLife),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(a.dice, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	a.key = key
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	a.cert, err = x509.ParseCertificate(der)
	return err
}

func (a *authority) serial() *big.Int {
	id := a.dice.UUID()
	return new(big.Int).SetBytes(id[:])
}

func (a *authority) load(dir string) error {
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, caFile), filepath.Join(dir, caKeyFile))
	if err != nil {
		return err
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok || !pair.Leaf.IsCA {
		return errors.New("this is not an ECDSA certificate authority")
	}
	a.cert, a.key = pair.Leaf, key
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})
	return nil
}

// save writes the key first, so that a certificate is never there without it, and
// removes one that is there before that: it is not of this key, and a pair that does
// not fit would be refused by the next start.
func (a *authority) save(dir string) error {
	if err := replace.Folder(dir, 0o755); err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		return err
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := replace.Remove(filepath.Join(dir, caFile)); err != nil {
		return err
	}
	if err := replace.File(filepath.Join(dir, caKeyFile), key, 0o600); err != nil {
		return err
	}
	return replace.File(filepath.Join(dir, caFile), a.pem, 0o644)
}

// certificate returns the leaf, renewed when its end is near.
func (a *authority) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.host.Now()
	if a.leaf != nil && now.Add(renewBefore).Before(a.leaf.Leaf.NotAfter) {
		return a.leaf, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), a.dice)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: a.serial(),
		Subject:      pkix.Name{CommonName: "localhost", Organization: []string{"Sluice"}},
		NotBefore:    now.Add(-clockSkew),
		NotAfter:     now.Add(leafLife),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     a.dns,
		IPAddresses:  a.ips,
	}
	der, err := x509.CreateCertificate(a.dice, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	// The authority is sent along: clients that trust it by name only need
	// the leaf, those that show chains to people have all of it.
	a.leaf = &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key, Leaf: leaf}
	return a.leaf, nil
}

// openTLS returns the TLS settings of the listener, and the authority behind
// them unless the certificate was given.
func openTLS(c Config, names []string) (*tls.Config, *authority, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, Time: c.Host.Now}
	if c.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
		if err != nil {
			return nil, nil, &CertificateError{Path: c.TLSCert, Err: err, hint: "--tls-cert and --tls-key are PEM files that belong together"}
		}
		config.Certificates = []tls.Certificate{pair}
		return config, nil, nil
	}
	a, err := openAuthority(c.CADir, names, c.Host, c.Dice)
	if err != nil {
		return nil, nil, err
	}
	config.GetCertificate = a.certificate
	return config, a, nil
}
