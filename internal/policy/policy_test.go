package policy

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var alice = Principal{Account: "222222222222", ARN: "arn:aws:iam::222222222222:user/alice"}

func asked(edit func(*Request)) *Request {
	r := &Request{Principal: alice, Action: "kinesis:GetRecords", Resource: "arn:aws:kinesis:eu-west-1:111111111111:stream/orders",
		Context: map[string][]string{"aws:username": {"alice"}, "aws:sourceip": {"10.1.2.3"}, "aws:currenttime": {"2026-01-05T10:00:00Z"},
			"aws:tagkeys": {"team", "cost"}, "n": {"10"}, "aws:securetransport": {"true"}, "odd": {"a*b"}, "nul": {"\x00"}, "nan": {"NaN"}}}
	if edit != nil {
		edit(r)
	}
	return r
}

// policyOf is a resource policy of one statement.
func policyOf(members string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow",` + members + `}}`
}

const (
	anyone = `"Principal":"*"`
	reads  = `"Action":"kinesis:Get*"`
)

func TestDecide(t *testing.T) {
	for _, c := range []struct {
		name, policy string
		edit         func(*Request)
		want         Decision
	}{
		{"everything", policyOf(anyone + `,"Action":"*"`), nil, Allowed},
		{"action without case", policyOf(anyone + `,"Action":["KINESIS:getrecords"]`), nil, Allowed},
		{"action by wildcard", policyOf(anyone + "," + reads), nil, Allowed},
		{"another action", policyOf(anyone + `,"Action":"kinesis:Put*"`), nil, Silent},
		{"not this action", policyOf(anyone + `,"NotAction":"kinesis:Get*"`), nil, Silent},
		{"not another action", policyOf(anyone + `,"NotAction":"kinesis:Put*"`), nil, Allowed},
		{"resource", policyOf(anyone + "," + reads + `,"Resource":"arn:aws:kinesis:*:111111111111:stream/ord*"`), nil, Allowed},
		{"wildcards stay in their part", policyOf(anyone + "," + reads + `,"Resource":"arn:aws:kinesis:*:stream/orders:x"`), nil, Silent},
		{"not this resource", policyOf(anyone + "," + reads + `,"NotResource":"arn:aws:kinesis:eu-west-1:111111111111:stream/orders"`), nil, Silent},
		{"account", policyOf(`"Principal":{"AWS":"222222222222"},` + reads), nil, Delegated},
		{"root of the account", policyOf(`"Principal":{"AWS":["arn:aws:iam::222222222222:root"]},` + reads), nil, Delegated},
		{"user", policyOf(`"Principal":{"AWS":"arn:aws:iam::222222222222:user/alice"},` + reads), nil, Allowed},
		{"another user", policyOf(`"Principal":{"AWS":"arn:aws:iam::222222222222:user/bob"},` + reads), nil, Silent},
		{"account and user", policyOf(`"Principal":{"AWS":["222222222222","arn:aws:iam::222222222222:user/alice"]},` + reads), nil, Allowed},
		{"root for itself", policyOf(`"Principal":{"AWS":"222222222222"},` + reads),
			func(r *Request) { r.Principal.ARN = "arn:aws:iam::222222222222:root" }, Allowed},
		{"account denied", `{"Statement":[{"Effect":"Deny","Principal":{"AWS":"222222222222"},"Action":"*"},{"Effect":"Allow","Principal":"*","Action":"*"}]}`, nil, Denied},
		{"role of a session", policyOf(`"Principal":{"AWS":"arn:aws:iam::222222222222:role/reader"},` + reads),
			func(r *Request) { r.Principal.ARN = "arn:aws:sts::222222222222:assumed-role/reader/one" }, Allowed},
		{"not this principal", policyOf(`"NotPrincipal":{"AWS":"222222222222"},` + reads), nil, Silent},
		{"service", policyOf(`"Principal":{"Service":"firehose.amazonaws.com"},` + reads),
			func(r *Request) { r.Principal = Principal{Service: "firehose.amazonaws.com"} }, Allowed},
		{"a service is no account", policyOf(`"Principal":{"AWS":"222222222222"},` + reads),
			func(r *Request) { r.Principal = Principal{Service: "firehose.amazonaws.com"} }, Silent},
		{"denial wins", `{"Statement":[{"Effect":"Deny",` + anyone + `,"Action":"kinesis:GetRecords"},{"Effect":"Allow",` + anyone + `,"Action":"*"}]}`, nil, Denied},
		{"variable in the resource", policyOf(anyone + "," + reads + `,"Resource":"arn:aws:kinesis:*:*:stream/${aws:username}"`),
			func(r *Request) { r.Resource = "arn:aws:kinesis:eu-west-1:111111111111:stream/alice" }, Allowed},
		{"variable without value", policyOf(anyone + "," + reads + `,"Resource":"arn:aws:kinesis:*:*:stream/${none}"`), nil, Silent},
		{"variable with default", policyOf(anyone + "," + reads + `,"Resource":"arn:aws:kinesis:*:*:stream/${none, 'orders'}"`), nil, Allowed},
		{"wildcards of values are literal", policyOf(anyone + "," + reads + `,"Resource":"arn:aws:kinesis:*:*:stream/${odd}"`),
			func(r *Request) { r.Resource = "arn:aws:kinesis:eu-west-1:111111111111:stream/axb" }, Silent},
		{"no value is no character either", policyOf(anyone + "," + reads + `,"Resource":"arn:aws:kinesis:*:*:stream/${none}"`),
			func(r *Request) { r.Resource = "arn:aws:kinesis:eu-west-1:111111111111:stream/\x00" }, Silent},
		{"values cannot mark wildcards", policyOf(anyone + "," + reads + `,"Resource":"arn:aws:kinesis:*:*:stream/${marked}"`), func(r *Request) {
			r.Context["marked"] = []string{"\x01*"}
			r.Resource = "arn:aws:kinesis:eu-west-1:111111111111:stream/\x01orders"
		}, Silent},
		{"no variables without a version", `{"Statement":{"Effect":"Allow",` + anyone + `,` + reads + `,"Resource":"arn:aws:kinesis:*:*:stream/${aws:username}"}}`,
			func(r *Request) { r.Resource = "arn:aws:kinesis:eu-west-1:111111111111:stream/alice" }, Silent},
		{"the literal star", policyOf(anyone + "," + reads + `,"Resource":"arn:aws:kinesis:*:*:stream/${*}"`), nil, Silent},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := Parse(Resource, []byte(c.policy))
			require.NoError(t, err)
			require.Equal(t, c.want, d.Decide(asked(c.edit)))
		})
	}
}

func TestConditions(t *testing.T) {
	for condition, want := range map[string]bool{
		`{"StringEquals":{"aws:UserName":"alice"}}`:                                      true,
		`{"StringEquals":{"aws:username":["bob","alice"]}}`:                              true,
		`{"StringEquals":{"aws:username":"Alice"}}`:                                      false,
		`{"StringEqualsIgnoreCase":{"aws:username":"Alice"}}`:                            true,
		`{"StringNotEquals":{"aws:username":["bob","alice"]}}`:                           false,
		`{"StringNotEquals":{"absent":"x"}}`:                                             true,
		`{"StringEquals":{"absent":"x"}}`:                                                false,
		`{"StringEqualsIfExists":{"absent":"x"}}`:                                        true,
		`{"StringLike":{"aws:username":"al*"}}`:                                          true,
		`{"StringEquals":{"aws:username":"${aws:username}"}}`:                            true,
		`{"StringEquals":{"odd":"${odd}"}}`:                                              true,
		`{"StringNotLike":{"aws:username":"al*"}}`:                                       false,
		`{"StringEquals":{"aws:username":"alice"},"Bool":{"aws:SecureTransport":false}}`: false,
		`{"Bool":{"aws:SecureTransport":"true"}}`:                                        true,
		`{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`:                                    true,
		`{"IpAddress":{"aws:SourceIp":"10.1.2.3"}}`:                                      true,
		`{"NotIpAddress":{"aws:SourceIp":["192.168.0.0/16","10.0.0.0/8"]}}`:              false,
		`{"NumericLessThan":{"n":11}}`:                                                   true,
		`{"NumericGreaterThanEquals":{"n":"10"}}`:                                        true,
		`{"NumericNotEquals":{"n":10}}`:                                                  false,
		`{"DateGreaterThan":{"aws:CurrentTime":"2026-01-05T09:59:59Z"}}`:                 true,
		`{"DateLessThan":{"aws:CurrentTime":"2026-01-05"}}`:                              false,
		`{"Null":{"absent":"true"}}`:                                                     true,
		`{"Null":{"n":"true"}}`:                                                          false,
		`{"ForAllValues:StringEquals":{"aws:TagKeys":["team","cost","x"]}}`:              true,
		`{"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}`:                         false,
		`{"ForAllValues:StringEquals":{"absent":["team"]}}`:                              true,
		`{"ForAnyValue:StringEquals":{"aws:TagKeys":["team"]}}`:                          true,
		`{"ForAnyValue:StringEquals":{"absent":["team"]}}`:                               false,
		`{"StringEquals":{"nul":"${absent}"}}`:                                           false,
		`{"NumericLessThan":{"nan":"5"}}`:                                                false,
		`{"NumericLessThanEquals":{"nan":"5"}}`:                                          false,
		`{"ArnLike":{"arn":"arn:aws:kinesis:*:*:stream/*"}}`:                             false,
	} {
		d, err := Parse(Resource, []byte(policyOf(anyone+","+reads+`,"Condition":`+condition)))
		require.NoError(t, err, condition)
		require.Equal(t, want, d.Decide(asked(nil)) == Allowed, condition)
	}
}

func TestPoliciesThatAreRefused(t *testing.T) {
	for text, problem := range map[string]string{
		``:                                 "the policy cannot be read",
		`[]`:                               "the policy cannot be read",
		`{"Version":"2012-10-17"}`:         "Statement is missing",
		`{"Statement":[]}`:                 "Statement is empty",
		`{"Statement":[],"Extra":1}`:       `unknown field "Extra"`,
		`{"Version":"1","Statement":{}}`:   `Version "1" is not 2012-10-17 or 2008-10-17`,
		`{"Statement":{"Effect":"allow"}}`: `Effect "allow" is not Allow or Deny`,
		policyOf(anyone):                   "Action is missing",
		policyOf(`"Action":"*"`):           "Principal is missing",
		policyOf(anyone + `,"Action":"GetRecords"`):                                                        `the action "GetRecords" has no service`,
		policyOf(anyone + `,"Action":"*","NotAction":"*"`):                                                 "Action and NotAction exclude each other",
		policyOf(`"Principal":"alice","Action":"*"`):                                                       `Principal "alice" is not *`,
		policyOf(`"Principal":{"AWS":"alice"},"Action":"*"`):                                               `the principal "alice" is neither an account nor an ARN`,
		policyOf(`"Principal":{"Users":"alice"},"Action":"*"`):                                             `principals of kind "Users" are not known`,
		policyOf(anyone + `,"Action":"*","Condition":{"Equals":{"a":"b"}}`):                                `the condition operator "Equals" is not known`,
		policyOf(anyone + `,"Action":"*","Condition":{"NumericEquals":{"a":"b"}}`):                         `"b" is no value for the condition operator NumericEquals`,
		policyOf(anyone+`,"Action":"*"`) + "x":                                                             "something follows the policy",
		policyOf(anyone + `,"Action":"*","Condition":{"NumericEquals":{"a":"NaN"}}`):                       `"NaN" is no value for the condition operator NumericEquals`,
		policyOf(anyone + `,"Action":"*","NotResource":null`):                                              "a text or a list of texts is expected",
		policyOf(anyone + `,"Action":"*","NotResource":[null]`):                                            "a text or a list of texts is expected",
		policyOf(anyone + `,"Action":"*","NotResource":[]`):                                                "the Resource is an empty list",
		policyOf(anyone + `,"NotAction":[]`):                                                               "the Action is an empty list",
		policyOf(anyone + `,"Action":"*","Resource":"orders"`):                                             `the resource "orders" is neither * nor an ARN`,
		policyOf(anyone + `,"Action":"*","Resource":"arn:aws:kinesis:*"`):                                  `is neither * nor an ARN`,
		policyOf(anyone + `,"Action":"*","Resource":"arn:aws:s3:${aws:username}"`):                         `is neither * nor an ARN`,
		policyOf(`"NotPrincipal":{},"Action":"*"`):                                                         "neither * nor a set of names",
		policyOf(`"NotPrincipal":{"AWS":[]},"Action":"*"`):                                                 `no principal of kind "AWS" is named`,
		policyOf(anyone + `,"Action":"*","Condition":{"Bool":{"a":"true"}},"Condition":{}`):                `"Condition" is there twice`,
		policyOf(anyone + `,"Action":"*","Condition":{"StringEquals":{"a":"b"},"StringEquals":{"c":"d"}}`): `"StringEquals" is there twice`,
		policyOf(anyone + `,"Action":"*","effect":"Allow"`):                                                `"effect" is there twice`,
		policyOf(anyone + `,"Action":"*","Condition":{"StringEquals":{"a":"b","A":"c"}}`):                  `"A" is there twice`,
		`{"Statement":` + strings.Repeat("[", 60_000):                                                      "exceeded max depth",
		strings.Repeat(" ", 65<<10):                                                                        "longer than 65536 bytes",
	} {
		_, err := Parse(Resource, []byte(text))
		require.ErrorContains(t, err, problem, text)
	}
	_, err := Parse(Identity, []byte(policyOf(anyone+`,"Action":"*"`)))
	require.ErrorContains(t, err, "a policy of an identity names no Principal")
	_, err = Parse(Identity, []byte(policyOf(`"Action":"*"`)))
	require.ErrorContains(t, err, "the Resource is missing")
	_, err = Parse(Identity, []byte(policyOf(`"Action":"*","Resource":"*"`)))
	require.NoError(t, err)
}

// A pattern that makes naive matching explode ends at once.
func TestGlobIsBounded(t *testing.T) {
	require.False(t, glob(strings.Repeat("*a", 1000)+"b", strings.Repeat("a", 10000)))
}

func FuzzParse(f *testing.F) {
	f.Add(policyOf(anyone + "," + reads + `,"Condition":{"StringLike":{"aws:username":["a*","${x}"]}}`))
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := Parse(Resource, []byte(text)); err == nil {
			d.Decide(asked(nil))
		}
	})
}
