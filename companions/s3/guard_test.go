package s3

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
	"sluice/internal/policy"
)

// signed is a request whose signature was checked.
type signed struct {
	identity *caller.Identity
	around   map[string][]string
}

func (signed) Operation() string                    { return "" }
func (s signed) Identity() *caller.Identity         { return s.identity }
func (s signed) Circumstances() map[string][]string { return s.around }

// as runs f as somebody: an account, empty for who did not sign.
func (w *world) as(account string, around map[string][]string, f func()) {
	before := w.who
	defer func() { w.who = before }()
	id := &caller.Identity{}
	if account != "" {
		w.who.Account, id = account, &caller.Identity{ARN: "arn:aws:iam::" + account + ":root", UserID: account}
	}
	w.who.Ask = signed{id, around}
	f()
}

const (
	friend = "222222222222"
	anyone = ""
)

func bucketPolicy(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

// A bucket is its account's until its policy says otherwise, where signatures
// are checked.
func TestBucketPolicies(t *testing.T) {
	w := begin(t).bucket("things")
	w.put("/things/a", "text")
	w.put("/things/private/b", "text")
	status := func(who, method, path string, head ...string) int {
		out := 0
		w.as(who, nil, func() { out = w.do(method, path, "", head...).status })
		return out
	}
	t.Run("nobody else without one", func(t *testing.T) {
		for _, who := range []string{friend, anyone} {
			for _, c := range [][2]string{{"GET", "/things/a"}, {"HEAD", "/things/a"}, {"PUT", "/things/a"}, {"DELETE", "/things/a"}, {"GET", "/things"},
				{"GET", "/things?policy"}, {"PUT", "/things?policy"}, {"DELETE", "/things"}, {"POST", "/things/a?uploads"}, {"GET", "/things?versions"}} {
				require.Equal(t, 403, status(who, c[0], c[1]), "%s %s of %q", c[0], c[1], who)
			}
		}
		require.Equal(t, 403, status(anyone, "GET", "/"))
		require.Equal(t, 403, status(anyone, "PUT", "/new-one"))
		require.Equal(t, 200, status(friend, "GET", "/"))
		require.Equal(t, 200, status(account, "GET", "/things/a"))
	})
	w.put("/things?policy", bucketPolicy(
		`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::things/*"}`,
		`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::things/private/*","Condition":{"StringNotEquals":{"aws:PrincipalAccount":"000000000000"}}}`,
		`{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::things","Condition":{"StringLike":{"s3:prefix":"public/*"}}}`,
		`{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":["s3:DeleteObject","s3:PutObject"],"Resource":"arn:aws:s3:::things/in/*"}`))
	t.Run("what it allows and denies", func(t *testing.T) {
		for _, c := range []struct {
			who, method, path string
			status            int
		}{
			{anyone, "GET", "/things/a", 200}, {anyone, "HEAD", "/things/a", 200}, {anyone, "GET", "/things/private/b", 403},
			{friend, "GET", "/things/private/b", 403}, {account, "GET", "/things/private/b", 200},
			{friend, "GET", "/things?prefix=public/x", 200}, {friend, "GET", "/things?prefix=other", 403}, {friend, "GET", "/things", 403},
			{friend, "PUT", "/things/in/x", 200}, {friend, "PUT", "/things/out/x", 403}, {friend, "DELETE", "/things/in/x", 204},
			{friend, "GET", "/things/a?tagging", 403}, {anyone, "GET", "/things/a?versionId=null", 403},
		} {
			require.Equal(t, c.status, status(c.who, c.method, c.path), "%s %s of %q", c.method, c.path, c.who)
		}
		require.Equal(t, 403, status(friend, "PUT", "/things/in/x", "X-Amz-Acl", "public-read"), "an ACL is an action of its own")
		require.Equal(t, 403, status(friend, "PUT", "/things/in/x", "X-Amz-Grant-Read", "id=x"), "and a part of one")
		w.get("/things?policyStatus").ok().has("<IsPublic>true</IsPublic>")
	})
	t.Run("copies read their source", func(t *testing.T) {
		w.as(friend, nil, func() {
			w.bucket("theirs")
			require.Equal(t, 200, w.do("PUT", "/theirs/a", "", "X-Amz-Copy-Source", "/things/a").status)
			require.Equal(t, 403, w.do("PUT", "/theirs/b", "", "X-Amz-Copy-Source", "/things/private/b").status)
		})
	})
	t.Run("several deletions are asked about one by one", func(t *testing.T) {
		w.as(friend, nil, func() {
			out := w.do("POST", "/things?delete", "<Delete><Object><Key>in/x</Key></Object><Object><Key>a</Key></Object></Delete>").ok()
			out.has("<Deleted><Key>in/x</Key></Deleted>").has("<Code>AccessDenied</Code>")
		})
		w.get("/things/a").ok()
	})
	t.Run("who shuts himself out can open again", func(t *testing.T) {
		w.put("/things?policy", bucketPolicy(`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::things","arn:aws:s3:::things/*"]}`))
		require.Equal(t, 403, status(account, "GET", "/things/a"))
		require.Equal(t, 204, status(account, "DELETE", "/things?policy"))
		require.Equal(t, 200, status(account, "GET", "/things/a"))
	})
}

// The own account is told why, others are not.
func TestReasonsOfDenials(t *testing.T) {
	w := begin(t).bucket("things")
	w.put("/things/a", "text")
	none, err := policy.Parse(policy.Identity, []byte(`{"Statement":{"Effect":"Allow","Action":"s3:List*","Resource":"*"}}`))
	require.NoError(t, err)
	w.who.Ask = signed{&caller.Identity{ARN: "arn:aws:iam::" + account + ":user/u", Grants: [][]*policy.Document{{none}}}, nil}
	w.get("/things/a").fails(403, "AccessDenied", `User: arn:aws:iam::`+account+`:user/u is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::things/a" because no identity-based policy allows the s3:GetObject action`)
	w.get("/things").ok()
	w.as(friend, nil, func() { w.get("/things/a").fails(403, "AccessDenied", "Access Denied") })
}

func TestPoliciesThatBucketsRefuse(t *testing.T) {
	w := begin(t).bucket("things")
	for text, message := range map[string]string{
		bucketPolicy(`{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::other/*"}`): "Policy has invalid resource",
		bucketPolicy(`{"Effect":"Allow","Principal":"*","Action":"s3:*"}`):                                   "Policy has invalid resource",
		bucketPolicy(`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::things"}`):                  "The policy cannot be used: statement 1: the Principal is missing",
	} {
		w.do(http.MethodPut, "/things?policy", text).fails(400, "MalformedPolicy", message)
	}
}

// Rooms that act for another account need a policy too, where it counts.
func TestRoomsAreGuarded(t *testing.T) {
	w := begin(t).bucket("things")
	w.put("/things/a", "text")
	theirs := caller.With(context.Background(), caller.Caller{Account: friend, Region: "us-east-1"})
	for _, guarded := range []bool{false, true} {
		w.cfg.Guarded = guarded
		_, err := w.Put(theirs, "things", "k", strings.NewReader("x"), 1, nil)
		body, _, read := w.Get(theirs, "things", "a")
		if guarded {
			require.ErrorContains(t, err, "AccessDenied")
			require.ErrorContains(t, read, "AccessDenied")
			continue
		}
		require.NoError(t, err)
		require.NoError(t, read)
		_, _ = io.Copy(io.Discard, body)
		require.NoError(t, body.Close())
	}
	_, err := w.Put(w.ctx(), "things", "k", strings.NewReader("x"), 1, nil)
	require.NoError(t, err)
}
