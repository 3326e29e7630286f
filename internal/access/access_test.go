package access

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
	"sluice/internal/policy"
)

type request struct{ identity *caller.Identity }

func (r request) Operation() string          { return "GetObject" }
func (r request) Identity() *caller.Identity { return r.identity }
func (request) Circumstances() map[string][]string {
	return map[string][]string{"aws:sourceip": {"10.0.0.1"}}
}

func read(t *testing.T, kind policy.Kind, text string) *policy.Document {
	t.Helper()
	doc, err := policy.Parse(kind, []byte(text))
	require.NoError(t, err)
	return doc
}

func TestWhoMay(t *testing.T) {
	const mine, theirs = "111111111111", "222222222222"
	public := read(t, policy.Resource, `{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}}`)
	closed := read(t, policy.Resource, `{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}}`)
	named := read(t, policy.Resource, `{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:role/p/reader"},"Action":"s3:GetObject","Resource":"*"}}`)
	may := read(t, policy.Identity, `{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}}`)
	may2 := read(t, policy.Identity, `{"Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}`)
	other := read(t, policy.Identity, `{"Statement":{"Effect":"Allow","Action":"kinesis:*","Resource":"*"}}`)
	never := read(t, policy.Identity, `{"Statement":{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"}}`)
	user := func(grants ...[]*policy.Document) *caller.Identity {
		return &caller.Identity{ARN: "arn:aws:iam::111111111111:user/u", Grants: grants}
	}
	account := read(t, policy.Resource, `{"Statement":{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"s3:GetObject","Resource":"*"}}`)
	narrowed := &caller.Identity{ARN: "arn:aws:sts::111111111111:assumed-role/reader/s", Grants: [][]*policy.Document{{other}}, Narrowed: []string{"{}"}}
	session := &caller.Identity{ARN: "arn:aws:sts::111111111111:assumed-role/reader/s", Role: "arn:aws:iam::111111111111:role/p/reader"}
	for name, c := range map[string]struct {
		who   *caller.Identity
		owner string
		doc   *policy.Document
		ends  string // empty: allowed
	}{
		"not checked, own":                             {nil, mine, nil, ""},
		"not checked, other":                           {nil, theirs, nil, "because no resource-based policy allows the s3:GetObject action"},
		"own, without policies":                        {user(), mine, nil, ""},
		"own, allowed":                                 {user([]*policy.Document{other, may}), mine, nil, ""},
		"own, not allowed":                             {user([]*policy.Document{other}), mine, nil, "because no identity-based policy allows the s3:GetObject action"},
		"own, not allowed, resource allows":            {user([]*policy.Document{other}), mine, public, ""},
		"own, denied, resource allows":                 {user([]*policy.Document{never}), mine, public, "with an explicit deny in an identity-based policy"},
		"own, narrowed, resource allows":               {user([]*policy.Document{other}, []*policy.Document{may}), mine, public, "because no identity-based policy allows the s3:GetObject action"},
		"own, every group allows":                      {user([]*policy.Document{may}, []*policy.Document{may2}), mine, nil, ""},
		"own, resource denies":                         {user(), mine, closed, "with an explicit deny in a resource-based policy"},
		"other, silent":                                {user(), theirs, nil, "because no resource-based policy allows the s3:GetObject action"},
		"other, both allow":                            {user([]*policy.Document{may}), theirs, public, ""},
		"other, only the resource allows":              {user([]*policy.Document{other}), theirs, public, "because no identity-based policy allows the s3:GetObject action"},
		"own, not allowed, resource names the account": {user([]*policy.Document{other}), mine, account, "because no identity-based policy allows the s3:GetObject action"},
		"own, allowed, resource names the account":     {user([]*policy.Document{may}), mine, account, ""},
		"other, resource names the account":            {user([]*policy.Document{may}), theirs, account, ""},
		"only its own policy narrows it down":          {narrowed, mine, public, "because no identity-based policy allows the s3:GetObject action"},
		"role by its path":                             {session, theirs, named, ""},
		"anonymous, public":                            {&caller.Identity{}, theirs, public, ""},
		"anonymous, silent":                            {&caller.Identity{}, mine, nil, "because no resource-based policy allows the s3:GetObject action"},
		"anonymous, not named":                         {&caller.Identity{}, mine, named, "because no resource-based policy allows the s3:GetObject action"},
	} {
		t.Run(name, func(t *testing.T) {
			who := caller.Caller{Account: mine, Region: "us-east-1", Ask: request{c.who}}
			err := Ask(who, "s3:GetObject", "arn:aws:s3:::b/k").Of(c.owner, c.doc)
			if c.ends == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, " is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/k "+c.ends)
		})
	}
}

// Who asks is told by name and kind.
func TestWhoIsTold(t *testing.T) {
	for arn, want := range map[string][2]string{
		"arn:aws:iam::111111111111:user/team/rita":      {"User", "rita"},
		"arn:aws:iam::111111111111:root":                {"Account"},
		"arn:aws:sts::111111111111:assumed-role/r/rita": {"AssumedRole"},
		"": {"Anonymous"},
	} {
		who := caller.Caller{Account: "111111111111", Region: "us-east-1", Ask: request{&caller.Identity{ARN: arn}}}
		told := Ask(who, "s3:GetObject", "*").asks.Context
		require.Equal(t, []string{want[0]}, told["aws:principaltype"], arn)
		require.Equal(t, want[1], strings.Join(told["aws:username"], ","), arn)
	}
}

func TestLibrary(t *testing.T) {
	var l Library
	require.Nil(t, l.Read(""))
	require.Nil(t, l.Read(`{"Statement":"x"}`), "what cannot be read allows nothing")
	const text = `{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`
	require.Same(t, l.Read(text), l.Read(text))
	for i := range 2 * mostDocuments {
		l.Read(strings.Repeat(" ", i+1) + text)
	}
	require.LessOrEqual(t, len(l.docs), mostDocuments)
}
