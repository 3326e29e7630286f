// Package access answers whether a caller may do something, from the policies
// of who calls and of what is called, in the words of the services.
//
// Within an account a caller may do what its own policies allow; one without
// policies may do everything. Across accounts the policy of the resource must
// allow it as well. A denial in either wins. Source: "Policy evaluation logic"
// and "Access denied error messages" in the IAM user guide.
package access

import (
	"fmt"
	"strings"

	"sluice/internal/arn"
	"sluice/internal/caller"
	"sluice/internal/policy"
)

// Denial is the error of everything that is not allowed.
type Denial struct {
	// Who, Action and Resource are what was asked.
	Who, Action, Resource string
	// Resources tells that the policy of the resource refused, and not that of
	// the caller; Explicit that it said so.
	Resources, Explicit bool
}

// Error is the text of the services.
func (d *Denial) Error() string {
	kind := "identity-based"
	if d.Resources {
		kind = "resource-based"
	}
	text := fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s", d.Who, d.Action, d.Resource)
	if d.Explicit {
		if d.Resources {
			return text + " with an explicit deny in a resource-based policy"
		}
		return text + " with an explicit deny in an identity-based policy"
	}
	return text + " because no " + kind + " policy allows the " + d.Action + " action"
}

// Question is what a caller wants to do.
type Question struct {
	who  caller.Caller
	asks policy.Request
}

// Ask puts a question: may who do action (SERVICE:OPERATION) to resource, an
// ARN or "*" for what has none?
func Ask(who caller.Caller, action, resource string) *Question {
	principal := policy.Principal{Account: who.Account, ARN: who.ARN()}
	circumstances := map[string][]string{}
	if who.Ask != nil {
		if c := who.Ask.Circumstances(); c != nil {
			circumstances = c
		}
	}
	id := who.Identity()
	if id != nil {
		principal.Role = id.Role
	}
	circumstances["aws:principaltype"] = []string{kindOf(principal.ARN)}
	if id.Anonymous() {
		principal.Account = ""
	} else {
		circumstances["aws:principalaccount"] = []string{principal.Account}
		circumstances["aws:principalarn"] = []string{principal.ARN}
		if principal.Role != "" {
			circumstances["aws:principalarn"] = []string{principal.Role}
		}
		circumstances["aws:userid"] = []string{who.UserID()}
		if _, user, ok := strings.Cut(principal.ARN, ":user/"); ok {
			circumstances["aws:username"] = []string{user[strings.LastIndexByte(user, '/')+1:]}
		}
	}
	circumstances["aws:requestedregion"] = []string{who.Region}
	return &Question{who: who, asks: policy.Request{Principal: principal, Action: action, Resource: resource, Context: circumstances}}
}

// kindOf is the kind of principal that an ARN tells, as condition keys name them.
func kindOf(name string) string {
	switch {
	case name == "":
		return "Anonymous"
	case strings.Contains(name, ":user/"):
		return "User"
	case strings.Contains(name, ":assumed-role/"):
		return "AssumedRole"
	}
	return "Account"
}

// With adds the value of a condition key, spelled in lower case, of which the
// service knows.
func (q *Question) With(key string, values ...string) *Question {
	q.asks.Context[key] = values
	return q
}

// About puts the same question about another action and resource.
func (q *Question) About(action, resource string) *Question {
	other := *q
	other.asks.Action, other.asks.Resource = action, resource
	return &other
}

func (q *Question) denied(resources, explicit bool) error {
	who := q.asks.Principal.ARN
	if who == "" {
		who = "anonymous"
	}
	return &Denial{Who: who, Action: q.asks.Action, Resource: q.asks.Resource, Resources: resources, Explicit: explicit}
}

// OfIdentity asks the policies of the caller. A caller without any may do
// everything, and so may Sluice itself.
func (q *Question) OfIdentity() error {
	id := q.who.Identity()
	if id == nil {
		return nil
	}
	allowed := true
	for _, group := range id.Grants {
		verdict := policy.Silent
		for _, doc := range group {
			switch doc.Decide(&q.asks) {
			case policy.Denied:
				return q.denied(false, true)
			case policy.Allowed:
				verdict = policy.Allowed
			}
		}
		allowed = allowed && verdict == policy.Allowed
	}
	if !allowed {
		return q.denied(false, false)
	}
	return nil
}

// Allowed tells whether a policy allows what is asked, whatever others say.
func (q *Question) Allowed(doc *policy.Document) bool {
	verdict := doc.Decide(&q.asks)
	return verdict == policy.Allowed || verdict == policy.Delegated
}

// Refused is the denial of what nothing allows.
func (q *Question) Refused() error { return q.denied(true, false) }

// Of asks the policy of a resource that belongs to an account, and that of the
// caller. doc is nil for a resource without a policy.
func (q *Question) Of(owner string, doc *policy.Document) error {
	verdict := policy.Silent
	if doc != nil {
		verdict = doc.Decide(&q.asks)
	}
	if verdict == policy.Denied {
		return q.denied(true, true)
	}
	if q.who.Identity().Anonymous() {
		if verdict != policy.Allowed {
			return q.denied(true, false)
		}
		return nil
	}
	if err := q.OfIdentity(); err != nil && !(q.within(owner) && verdict == policy.Allowed && silent(err)) {
		return err
	}
	if q.asks.Principal.Account != owner && verdict == policy.Silent {
		return q.denied(true, false)
	}
	return nil
}

// within tells whether the caller is of the account itself: there the policy of
// the resource is enough when it names the caller or everybody. A session whose
// own policy narrows it down stays narrowed.
func (q *Question) within(owner string) bool {
	return q.asks.Principal.Account == owner && len(q.who.Identity().Grants) == 1 && len(q.who.Identity().Narrowed) == 0
}

// silent tells whether a denial is that nothing allows.
func silent(err error) bool {
	d, ok := err.(*Denial) //nolint:errorlint // made here
	return ok && !d.Explicit
}

// RootOf is the ARN that stands for an account as a whole.
func RootOf(region, account string) string {
	return "arn:" + arn.Partition(region) + ":iam::" + account + ":root"
}
