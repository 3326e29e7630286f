package sluice

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"

	"github.com/goccy/go-yaml"
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
	// User is the name of who calls with it; empty means the root of the account.
	User string `yaml:"user"`
	// Policies name those of the file Config.Credentials that say what it may
	// do; nil allows everything in its account, an empty list nothing.
	Policies []string `yaml:"policies"`
}

// credentialsFile is the file of keys.
type credentialsFile struct {
	Version  int                       `yaml:"version"`
	Keys     []Key                     `yaml:"keys"`
	Roles    []fileRole                `yaml:"roles"`
	Policies map[string]policyDocument `yaml:"policies"`
}

// fileRole is a role that can be assumed.
type fileRole struct {
	ARN string `yaml:"arn"`
	// Trust is the policy that says by whom; without one, by keys of the
	// role's account.
	Trust policyDocument `yaml:"trust"`
	// Policies are as those of a key.
	Policies []string `yaml:"policies"`
}

// policyDocument is a policy as JSON. In the file it is an object or a text.
type policyDocument []byte

// UnmarshalYAML implements yaml.InterfaceUnmarshaler.
func (p *policyDocument) UnmarshalYAML(decode func(any) error) error {
	var v any
	if err := decode(&v); err != nil {
		return err
	}
	if text, ok := v.(string); ok {
		*p = policyDocument(text)
		return nil
	}
	text, err := json.Marshal(v)
	*p = text
	return err
}

// maxCredentials bounds the file of keys, in bytes.
const maxCredentials = 16 << 20

// keys are those of the configuration and of its file, nil when nothing is to
// be checked. Problems never show a secret.
func (c Config) keys() (*keyring, error) {
	if c.Auth != AuthVerify {
		return nil, nil
	}
	var file credentialsFile
	if c.Credentials != "" {
		var err error
		if file, err = readCredentials(c.Credentials); err != nil {
			return nil, &UsageError{Setting: "credentials", Problem: err.Error()}
		}
	}
	all := append(c.Keys[:len(c.Keys):len(c.Keys)], file.Keys...)
	if len(all) == 0 {
		return nil, &UsageError{Setting: "auth", Problem: "nobody could call without keys; name a file of them with --credentials"}
	}
	return newKeyring(all, file)
}

// readCredentials reads a file of keys, YAML or JSON.
func readCredentials(path string) (file credentialsFile, err error) {
	f, err := os.Open(path)
	if err != nil {
		return file, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxCredentials+1))
	if err != nil {
		return file, err
	}
	if len(raw) > maxCredentials {
		return file, fmt.Errorf("%s is larger than %d bytes", path, maxCredentials)
	}
	if err := yaml.NewDecoder(bytes.NewReader(raw), yaml.DisallowUnknownField()).Decode(&file); err != nil {
		return file, unquoted(path, err)
	}
	if file.Version != 1 {
		return file, fmt.Errorf(`%s: the line "version: 1" is missing`, path)
	}
	return file, nil
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

// warnOpen says so when the machine's neighbours can call without a key, or
// administer without a token, and when keys are given that nobody asks for.
func warnOpen(log *slog.Logger, c Config) {
	if c.Credentials != "" && c.Auth != AuthVerify {
		log.Warn("the file of keys is not read, and everybody may call; --auth verify asks for signatures", "credentials", c.Credentials)
	}
	if address := wide(c.Listen); address != "" && c.Auth != AuthVerify {
		may := "whoever reaches this address may call without a key"
		if c.AllowExec {
			may += ", and have processes started with the rights of this user"
		}
		log.Warn(may+"; --auth verify asks for signatures", "address", address)
	}
	admin := c.Listen
	if c.AdminListen != "" {
		admin = []string{c.AdminListen}
	}
	if address := wide(admin); address != "" && c.AdminToken == "" {
		log.Warn("whoever reaches this address may use /_sluice/ without a token; --admin-token asks for one", "address", address)
	}
}

// wide is the first address that others than this machine can reach, empty for
// none.
func wide(addresses []string) string {
	for _, address := range addresses {
		host, _, err := net.SplitHostPort(address)
		ip := net.ParseIP(host)
		if err == nil && (host == "" || ip != nil && !ip.IsLoopback()) {
			return address
		}
	}
	return ""
}
