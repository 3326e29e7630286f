package sluice

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"sluice/companions/sts"
	"sluice/internal/caller"
	"sluice/internal/dice"
	"sluice/internal/policy"
	"sluice/internal/replace"
	"sluice/server"
)

// Temporary credentials are not kept anywhere: everything about them is sealed
// into their session token, under a key that lies with the data. So they outlive
// a restart, their number needs no bound, and a snapshot holds none. They end in
// host time, by which signatures are dated too. A key or a role that has gone
// from the file takes its sessions along.

// sessionSeal seals session tokens.
type sessionSeal struct {
	aead cipher.AEAD
	dice *dice.Dice
}

// session is what a token holds. Version 1.
type session struct {
	Version int    `json:"v"`
	Secret  string `json:"s"`
	Account string `json:"a"`
	ARN     string `json:"n"`
	UserID  string `json:"u"`
	Role    string `json:"r,omitempty"`
	// Key and From tell whose grants these are: those of a role of the file,
	// or of a key.
	From string `json:"f,omitempty"`
	Key  string `json:"k"`
	// Policies narrow down the grants, each by itself.
	Policies []string `json:"p,omitempty"`
	Ends     int64    `json:"e"` // seconds since 1970
}

const (
	sessionVersion = 1
	sessionKeyFile = "sessions.key"
	sessionKeySize = 32
	// maxToken bounds what is unsealed; chains of sessions may not grow past it.
	maxToken = 16 << 10
)

// openSessions makes the ring ready for temporary credentials. dir keeps their
// key, empty keeps it in memory. The dice of a seed would be known to others,
// so they are not used.
func (k *keyring) openSessions(dir string) error {
	d := dice.System()
	key := make([]byte, sessionKeySize)
	_, _ = d.Read(key)
	if dir != "" {
		var err error
		if key, err = keptKey(filepath.Join(dir, sessionKeyFile), key); err != nil {
			return fmt.Errorf("the key of sessions: %w", err)
		}
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return err
	}
	k.sealed.Store(&sessionSeal{aead: aead, dice: d})
	return nil
}

// openSessions does so for an instance whose store is open, so that the data
// folder is nobody else's.
func (s *Sluice) openSessions() error {
	switch {
	case s.keys == nil:
		return nil
	case s.config.Memory:
		return s.keys.openSessions("")
	}
	return s.keys.openSessions(filepath.Join(s.config.Data, "auth"))
}

// issuer makes temporary credentials where signatures are checked, else nil.
func (s *Sluice) issuer() sts.Issuer {
	if s.keys == nil {
		return nil
	}
	return s.keys
}

// keptKey returns the key of a file, which is made with a fresh one when it is
// not there.
func keptKey(path string, fresh []byte) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := replace.Folder(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
		return fresh, replace.File(path, hex.AppendEncode(nil, fresh), 0o600)
	}
	if err != nil {
		return nil, err
	}
	key := make([]byte, sessionKeySize)
	if n, err := hex.Decode(key, text[:min(len(text), 2*sessionKeySize)]); err != nil || n != sessionKeySize {
		return nil, fmt.Errorf("%s does not hold one; remove it to have a new one made, which ends all sessions", path)
	}
	return key, nil
}

// Issue implements sts.Issuer.
func (k *keyring) Issue(who caller.Caller, in sts.Session) (sts.Keys, error) {
	id := who.Identity()
	if id == nil || id.Anonymous() {
		return sts.Keys{}, errors.New("credentials were asked for without a signature")
	}
	s := session{Version: sessionVersion, Account: in.Account, ARN: in.ARN, UserID: in.UserID, Role: in.Role,
		Key: id.Source, From: id.Granted, Policies: id.Narrowed, Ends: in.Ends.Unix()}
	if in.Role != "" {
		_, listed, err := k.mayAssume(who, in.Account, in.Role, in.Name, in.ExternalID)
		if err != nil {
			return sts.Keys{}, err
		}
		if listed {
			s.From, s.Policies = in.Role, nil
		}
	}
	if in.Policy != "" {
		if _, err := policy.Parse(policy.Identity, []byte(in.Policy)); err != nil {
			return sts.Keys{}, fmt.Errorf("%w: %w", sts.ErrPolicy, err)
		}
		s.Policies = append(s.Policies[:len(s.Policies):len(s.Policies)], in.Policy)
	}
	return k.sealed.Load().seal(s)
}

// seal makes the credentials of a session.
func (z *sessionSeal) seal(s session) (sts.Keys, error) {
	random := make([]byte, 10+30+z.aead.NonceSize())
	_, _ = z.dice.Read(random)
	out := sts.Keys{
		ID:     "ASIA" + base32.StdEncoding.EncodeToString(random[:10]),
		Secret: base64.StdEncoding.EncodeToString(random[10:40]),
	}
	s.Secret = out.Secret
	raw, err := json.Marshal(s)
	if err != nil {
		return sts.Keys{}, err
	}
	nonce := random[40:]
	out.Token = base64.StdEncoding.EncodeToString(z.aead.Seal(nonce, nonce, raw, bound(out.ID)))
	if len(out.Token) > maxToken {
		return sts.Keys{}, fmt.Errorf("%w: the policies of this session and of those before it are too long together", sts.ErrPolicy)
	}
	return out, nil
}

// bound ties a token to its access key.
func bound(id string) []byte { return []byte("session\x00" + id) }

func (z *sessionSeal) open(id, token string) (s session, ok bool) {
	if len(token) > maxToken {
		return s, false
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(token)
	if n := z.aead.NonceSize(); err == nil && len(raw) > n {
		raw, err = z.aead.Open(nil, raw[:n], raw[n:], bound(id))
		return s, err == nil && json.Unmarshal(raw, &s) == nil && s.Version == sessionVersion
	}
	return s, false
}

// findSession returns the credential of a session token.
func (k *keyring) findSession(id, token string) (server.Credential, bool) {
	z := k.sealed.Load()
	if z == nil {
		return server.Credential{}, false
	}
	s, ok := z.open(id, token)
	source, known := k.keys[s.Key]
	if !ok || !known {
		return server.Credential{}, false
	}
	grants := source.Identity.Grants
	if s.From != "" {
		role, there := k.roles[s.From]
		if !there {
			return server.Credential{}, false
		}
		grants = role.grants
	}
	for _, text := range s.Policies {
		doc, err := policy.Parse(policy.Identity, []byte(text))
		if err != nil {
			return server.Credential{}, false
		}
		grants = append(grants[:len(grants):len(grants)], []*policy.Document{doc})
	}
	return server.Credential{
		Secret: s.Secret, Account: s.Account, Token: token, Expires: time.Unix(s.Ends, 0),
		Identity: &caller.Identity{ARN: s.ARN, UserID: s.UserID, Role: s.Role, Source: s.Key, Session: true,
			Granted: s.From, Narrowed: s.Policies, Grants: grants},
	}, true
}
