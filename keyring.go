package sluice

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"sluice/internal/access"
	"sluice/internal/caller"
	"sluice/internal/policy"
	"sluice/server"
)

// keyring implements server.Keyring: the keys of the configuration and of its
// file, and the temporary credentials that were made from them. Keys and roles
// never change while it is used.
type keyring struct {
	keys   map[string]server.Credential
	roles  map[string]roleGrants // by ARN
	sealed atomic.Pointer[sessionSeal]
}

// roleGrants is a role of the file of keys.
type roleGrants struct {
	trust  *policy.Document // nil: keys of its own account
	grants [][]*policy.Document
}

// Find implements server.Keyring.
func (k *keyring) Find(id, token string) (server.Credential, bool) {
	if c, ok := k.keys[id]; ok || token == "" {
		return c, ok
	}
	return k.findSession(id, token)
}

// newKeyring checks the keys and what the file says of them. Problems never
// show a secret.
func newKeyring(keys []Key, file credentialsFile) (*keyring, error) {
	ring := &keyring{keys: map[string]server.Credential{}, roles: map[string]roleGrants{}}
	policies := map[string]*policy.Document{}
	for name, text := range file.Policies {
		doc, err := policy.Parse(policy.Identity, text)
		if err != nil {
			return nil, credentialsProblem("policy %q: %v", name, err)
		}
		policies[name] = doc
	}
	for i, key := range keys {
		c, err := key.credential(i, policies)
		if err != nil {
			return nil, err
		}
		if _, twice := ring.keys[key.ID]; twice {
			return nil, credentialsProblem("key %q is there twice", key.ID)
		}
		ring.keys[key.ID] = c
	}
	for _, r := range file.Roles {
		if err := ring.addRole(r, policies); err != nil {
			return nil, err
		}
	}
	return ring, nil
}

func credentialsProblem(format string, args ...any) error {
	return &UsageError{Setting: "credentials", Problem: fmt.Sprintf(format, args...)}
}

// credential is a key as the door wants it.
func (key Key) credential(i int, policies map[string]*policy.Document) (c server.Credential, err error) {
	switch {
	case len(key.ID) < 3:
		return c, credentialsProblem("key %d has no id", i+1)
	case key.Secret == "":
		return c, credentialsProblem("key %q has no secret", key.ID)
	case !accountPattern.MatchString(key.Account):
		return c, credentialsProblem("key %q: %q is not an account of 12 digits", key.ID, key.Account)
	case strings.ContainsAny(key.User, " :*?\n") || len(key.User) > 512:
		return c, credentialsProblem("key %q: %q is not the name of a user", key.ID, key.User)
	}
	id := &caller.Identity{ARN: access.RootOf("", key.Account), UserID: key.Account, Source: key.ID}
	if key.User != "" {
		id.ARN = strings.TrimSuffix(id.ARN, "root") + "user/" + key.User
		id.UserID = "AIDA" + strings.TrimPrefix(key.ID, "AKIA")
	}
	if id.Grants, err = grantsOf("key", key.ID, key.Policies, policies); err != nil {
		return c, err
	}
	return server.Credential{Secret: key.Secret, Account: key.Account, Token: key.Token, Identity: id}, nil
}

// grantsOf finds the policies that a key or role names. Naming none, which is
// not the same as naming an empty list, allows everything in the account.
func grantsOf(kind, who string, names []string, policies map[string]*policy.Document) ([][]*policy.Document, error) {
	if names == nil {
		return nil, nil
	}
	group := []*policy.Document{}
	for _, name := range names {
		doc := policies[name]
		if doc == nil {
			return nil, credentialsProblem("%s %q names the policy %q, which is not there", kind, who, name)
		}
		group = append(group, doc)
	}
	return [][]*policy.Document{group}, nil
}

func (k *keyring) addRole(r fileRole, policies map[string]*policy.Document) (err error) {
	parts := strings.SplitN(r.ARN, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" || !accountPattern.MatchString(parts[4]) || !strings.HasPrefix(parts[5], "role/") {
		return credentialsProblem("%q is not the ARN of a role", r.ARN)
	}
	if _, twice := k.roles[r.ARN]; twice || !k.spelled(r.ARN) {
		return credentialsProblem("the name of role %q is there twice, or is none", r.ARN)
	}
	var role roleGrants
	if r.Trust != nil {
		if role.trust, err = policy.Parse(policy.Resource, r.Trust); err != nil {
			return credentialsProblem("role %q: trust: %v", r.ARN, err)
		}
	}
	if role.grants, err = grantsOf("role", r.ARN, r.Policies, policies); err != nil {
		return err
	}
	k.roles[r.ARN] = role
	return nil
}

// mayAssume asks whether somebody may assume a role, and returns the grants
// that come with it: those of the role, or of a role that the file does not
// name, those of who assumes it.
func (k *keyring) mayAssume(who caller.Caller, account, role, name, externalID string) (grants [][]*policy.Document, listed bool, err error) {
	q := access.Ask(who, "sts:AssumeRole", role).With("sts:rolesessionname", name)
	if externalID != "" {
		q.With("sts:externalid", externalID)
	}
	if !k.spelled(role) {
		return nil, false, q.Refused()
	}
	r, listed := k.roles[role]
	trusted := who.Account == account && r.trust == nil || r.trust != nil && q.Allowed(r.trust)
	if !trusted {
		return nil, false, q.Refused()
	}
	if err := q.Of(account, r.trust); err != nil {
		return nil, false, err
	}
	if listed {
		return r.grants, true, nil
	}
	return slices.Clone(who.Identity().Grants), false, nil
}

// spelled tells whether a role is meant as it stands: names of roles are unique
// within an account, whatever their path, their case or the partition, and the
// ARN of a session has the name only. So no other role may be called as one of the
// file.
func (k *keyring) spelled(role string) bool {
	if _, listed := k.roles[role]; listed {
		return true
	}
	account, name := roleName(role)
	for other := range k.roles {
		if a, n := roleName(other); a == account && strings.EqualFold(n, name) {
			return false
		}
	}
	parts := strings.SplitN(role, ":", 6)
	return parts[3] == "" && strings.HasPrefix(parts[1], "aws") && name != "" && !strings.Contains(parts[5], "//")
}

// roleName is the account of a role's ARN and the name without the path.
func roleName(role string) (account, name string) {
	parts := strings.SplitN(role, ":", 6)
	return parts[4], parts[5][strings.LastIndexByte(parts[5], '/')+1:]
}
