package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Principal is who asks.
type Principal struct {
	// Account is 12 digits.
	Account string
	// ARN is that of a user, a role's session or the root of the account; it
	// and Account are empty for somebody who did not sign.
	ARN string
	// Role is the ARN of the role that a session is of. Empty for a session
	// means the role without a path.
	Role string
	// Service is set instead when a service asks, "firehose.amazonaws.com" for one.
	Service string
}

// principals is who a statement is about.
type principals struct {
	not      bool
	anyone   bool
	aws      []string // accounts and ARNs
	services []string
}

var accountForm = regexp.MustCompile(`^[0-9]{12}$`)

func readPrincipals(kind Kind, yes, no json.RawMessage) (*principals, error) {
	if kind == Identity {
		if yes != nil || no != nil {
			return nil, errors.New("a policy of an identity names no Principal")
		}
		return nil, nil
	}
	p := &principals{not: no != nil}
	raw := yes
	switch {
	case yes != nil && no != nil:
		return nil, errors.New("the members Principal and NotPrincipal exclude each other")
	case no != nil:
		raw = no
	case yes == nil:
		return nil, errors.New("the Principal is missing")
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		if text != "*" {
			return nil, fmt.Errorf("the Principal %q is not *", text)
		}
		p.anyone = true
		return p, nil
	}
	var named map[string]words
	if err := json.Unmarshal(raw, &named); err != nil || len(named) == 0 {
		return nil, errors.New("the Principal is neither * nor a set of names")
	}
	return p, p.take(named)
}

func (p *principals) take(named map[string]words) error {
	for kind, names := range named {
		if len(names) == 0 {
			return fmt.Errorf("no principal of kind %q is named", kind)
		}
		switch kind {
		case "AWS":
			for _, name := range names {
				if name == "*" {
					p.anyone = true
				} else if !accountForm.MatchString(name) && !strings.HasPrefix(name, "arn:") {
					return fmt.Errorf("the principal %q is neither an account nor an ARN", name)
				}
			}
			p.aws = append(p.aws, names...)
		case "Service":
			p.services = append(p.services, names...)
		case "Federated", "CanonicalUser":
			// Nobody is one of these here, so they match nobody.
		default:
			return fmt.Errorf("principals of kind %q are not known", kind)
		}
	}
	return nil
}

func (p *principals) match(who Principal) bool {
	if p == nil {
		return true
	}
	return p.named(who) != p.not
}

// delegates tells whether who is meant only as one of an account.
func (p *principals) delegates(who Principal) bool {
	if p == nil || p.not || p.anyone || who.Service != "" || who.ARN == rootOf(who) {
		return false
	}
	return !slices.ContainsFunc(p.aws, func(name string) bool { return name == who.ARN || name == who.role() })
}

func (p *principals) named(who Principal) bool {
	if who.Service != "" {
		return slices.Contains(p.services, who.Service) || p.anyone
	}
	if p.anyone {
		return true
	}
	if who.Account == "" {
		return false // nobody is who did not sign, whatever a policy names
	}
	role := who.role()
	return slices.ContainsFunc(p.aws, func(name string) bool {
		return name == who.Account || name == who.ARN || name == rootOf(who) || role != "" && name == role
	})
}

// role is the ARN of the role of a session, empty for others.
func (who *Principal) role() string {
	if who.Role != "" {
		return who.Role
	}
	return roleOf(who.ARN)
}

// rootOf is the ARN that stands for all of an account.
func rootOf(who Principal) string {
	parts := strings.SplitN(who.ARN, ":", 3)
	if len(parts) < 3 {
		return ""
	}
	return "arn:" + parts[1] + ":iam::" + who.Account + ":root"
}

// roleOf is the ARN of the role that a session is of, empty for others:
// arn:aws:sts::A:assumed-role/R/S is a session of arn:aws:iam::A:role/R.
func roleOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[2] != "sts" {
		return ""
	}
	rest, ok := strings.CutPrefix(parts[5], "assumed-role/")
	role, _, session := strings.Cut(rest, "/")
	if !ok || !session {
		return ""
	}
	return "arn:" + parts[1] + ":iam::" + parts[4] + ":role/" + role
}
