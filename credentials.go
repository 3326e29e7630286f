package sluice

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"

	"github.com/goccy/go-yaml"

	"sluice/server"
)

// Auth says whether callers must prove who they are.
type Auth string

// The two ways.
const (
	// AuthOff believes what requests say about themselves.
	AuthOff Auth = "off"
	// AuthVerify checks the signature of every request against Config.Keys.
	AuthVerify Auth = "verify"
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Auth) UnmarshalText(text []byte) error { return oneOf(a, text, AuthOff, AuthVerify) }

// Key is an access key that may call when signatures are checked.
type Key struct {
	// ID is the access key id, at least 3 of letters, digits and signs.
	ID string `yaml:"id"`
	// Secret is what requests are signed with.
	Secret string `yaml:"secret"`
	// Account is where its calls act, 12 digits.
	Account string `yaml:"account"`
	// Token, when set, must come with every request as the session token.
	Token string `yaml:"token"`
}

// keyring implements server.Keyring. It never changes.
type keyring map[string]server.Credential

// Find implements server.Keyring.
func (k keyring) Find(id string) (server.Credential, bool) {
	c, ok := k[id]
	return c, ok
}

// maxCredentials bounds the file of keys, in bytes.
const maxCredentials = 16 << 20

// keys are those of the configuration and of its file, nil when nothing is to
// be checked. Problems never show a secret.
func (c Config) keys() (server.Keyring, error) {
	if c.Auth != AuthVerify {
		return nil, nil
	}
	all := c.Keys
	if c.Credentials != "" {
		more, err := readCredentials(c.Credentials)
		if err != nil {
			return nil, &UsageError{Setting: "credentials", Problem: err.Error()}
		}
		all = append(all[:len(all):len(all)], more...)
	}
	if len(all) == 0 {
		return nil, &UsageError{Setting: "auth", Problem: "nobody could call without keys; name a file of them with --credentials"}
	}
	ring := keyring{}
	for i, k := range all {
		_, twice := ring[k.ID]
		switch {
		case len(k.ID) < 3:
			return nil, &UsageError{Setting: "credentials", Problem: fmt.Sprintf("key %d has no id", i+1)}
		case k.Secret == "":
			return nil, &UsageError{Setting: "credentials", Problem: fmt.Sprintf("key %q has no secret", k.ID)}
		case !accountPattern.MatchString(k.Account):
			return nil, &UsageError{Setting: "credentials", Problem: fmt.Sprintf("key %q: %q is not an account of 12 digits", k.ID, k.Account)}
		case twice:
			return nil, &UsageError{Setting: "credentials", Problem: fmt.Sprintf("key %q is there twice", k.ID)}
		}
		ring[k.ID] = server.Credential{Secret: k.Secret, Account: k.Account, Token: k.Token}
	}
	return ring, nil
}

// readCredentials reads a file of keys, YAML or JSON.
func readCredentials(path string) ([]Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxCredentials+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxCredentials {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, maxCredentials)
	}
	var file struct {
		Version int   `yaml:"version"`
		Keys    []Key `yaml:"keys"`
	}
	if err := yaml.NewDecoder(bytes.NewReader(raw), yaml.DisallowUnknownField()).Decode(&file); err != nil {
		return nil, unquoted(path, err)
	}
	if file.Version != 1 {
		return nil, fmt.Errorf(`%s: the line "version: 1" is missing`, path)
	}
	return file.Keys, nil
}

// unquoted tells where a file cannot be read without showing what stands there:
// the usual text of the parser quotes the lines around, secrets among them.
func unquoted(path string, err error) error {
	var located yaml.Error
	if errors.As(err, &located) && located.GetToken() != nil {
		return fmt.Errorf("%s:%d: %s", path, located.GetToken().Position.Line, located.GetMessage())
	}
	return fmt.Errorf("%s cannot be read as YAML", path)
}

// warnOpen says so when the machine's neighbours can call without a key.
func warnOpen(log *slog.Logger, c Config) {
	if c.Auth == AuthVerify {
		return
	}
	for _, address := range c.Listen {
		host, _, err := net.SplitHostPort(address)
		ip := net.ParseIP(host)
		if err == nil && (host == "" || ip != nil && !ip.IsLoopback()) {
			log.Warn("whoever reaches this address may call without a key; --auth verify asks for signatures", "address", address)
			return
		}
	}
}
