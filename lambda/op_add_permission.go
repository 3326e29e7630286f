package lambda

import (
	"context"
	"encoding/json"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"sluice/internal/arn"
)

// AddPermission adds a statement to the resource policy of a function, version
// or alias. Policies are kept and shown; nobody is refused because of them.
//
// State: stored
// Notes: policies have no effect
// Test: TestAddPermission
func (r *Room) AddPermission(ctx context.Context, in *lambda.AddPermissionInput, _ ...opt) (*lambda.AddPermissionOutput, error) {
	f, _, ref, err := r.versionOf(ctx, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	p := f.now.Policies[ref.Qualifier]
	if in.RevisionId != nil && *in.RevisionId != p.Revision {
		return nil, errRevision("GetPolicy")
	}
	for _, s := range p.Statements {
		if s.ID == *in.StatementId {
			return nil, errStatementExists(s.ID)
		}
	}
	text, err := permission(in, ref)
	if err != nil {
		return nil, err
	}
	p.Statements = append(append([]statement{}, p.Statements...), statement{*in.StatementId, text})
	if len(p.text()) > policyMax {
		return nil, errPolicyLength()
	}
	if err := r.setPolicy(ctx, f, ref.Qualifier, p); err != nil {
		return nil, err
	}
	return &lambda.AddPermissionOutput{Statement: aws.String(text)}, nil
}

// setPolicy stores a policy; one without statements is none. f.mu is held.
func (r *Room) setPolicy(ctx context.Context, f *deployed, qualifier string, p policy) error {
	s := f.now.clone()
	if s.Policies == nil {
		s.Policies = map[string]policy{}
	}
	p.Revision = r.config.Dice.UUID().String()
	s.Policies[qualifier] = p
	if len(p.Statements) == 0 {
		delete(s.Policies, qualifier)
	}
	return r.keep(ctx, f, s, nil)
}

var servicePrincipal = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$`)

// permission writes a statement as the service does.
func permission(in *lambda.AddPermissionInput, ref reference) (string, error) {
	var principal any = *in.Principal
	switch {
	case servicePrincipal.MatchString(*in.Principal):
		principal = map[string]string{"Service": *in.Principal}
	case isAccount(*in.Principal):
		principal = map[string]string{"AWS": "arn:" + arn.Partition(ref.Key.Region) + ":iam::" + *in.Principal + ":root"}
	case *in.Principal != "*":
		principal = map[string]string{"AWS": *in.Principal}
	}
	conditions := map[string]map[string]string{}
	condition := func(operator, key string, value *string) {
		if value != nil {
			if conditions[operator] == nil {
				conditions[operator] = map[string]string{}
			}
			conditions[operator][key] = *value
		}
	}
	condition("ArnLike", "AWS:SourceArn", in.SourceArn)
	condition("StringEquals", "AWS:SourceAccount", in.SourceAccount)
	condition("StringEquals", "aws:PrincipalOrgID", in.PrincipalOrgID)
	condition("StringEquals", "lambda:EventSourceToken", in.EventSourceToken)
	condition("StringEquals", "lambda:FunctionUrlAuthType", optional(string(in.FunctionUrlAuthType)))
	text, err := json.Marshal(struct {
		Sid       string
		Effect    string
		Principal any
		Action    string
		Resource  string
		Condition map[string]map[string]string `json:",omitempty"`
	}{*in.StatementId, "Allow", principal, *in.Action, ref.arn(), conditions})
	return string(text), err
}

// text is the policy as a document.
func (p *policy) text() string {
	raw := make([]json.RawMessage, len(p.Statements))
	for i, s := range p.Statements {
		raw[i] = json.RawMessage(s.Text)
	}
	text, err := json.Marshal(struct {
		Version   string
		Id        string
		Statement []json.RawMessage
	}{"2012-10-17", "default", raw})
	if err != nil {
		return "" // statements are written here: this is JSON
	}
	return string(text)
}
