package shards

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

// putPolicy, policy and deletePolicy act on a resource by its ARN.
func (r *room) putPolicy(arn, policy string) error {
	_, err := r.PutResourcePolicy(r.ctx, &kinesis.PutResourcePolicyInput{ResourceARN: &arn, Policy: &policy})
	return err
}

func (r *room) policy(arn string) string {
	r.t.Helper()
	out, err := r.GetResourcePolicy(r.ctx, &kinesis.GetResourcePolicyInput{ResourceARN: &arn})
	require.NoError(r.t, err)
	return aws.ToString(out.Policy)
}

func (r *room) deletePolicy(arn string) error {
	_, err := r.DeleteResourcePolicy(r.ctx, &kinesis.DeleteResourcePolicyInput{ResourceARN: &arn})
	return err
}

const somePolicy = `{ "Version": "2012-10-17",
	"Statement": [] }`

func TestResourcePolicy(t *testing.T) {
	t.Run("names nothing", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		for _, bad := range namesNothing(r.register("a", "c")) {
			requireError(t, r.putPolicy(bad.arn, somePolicy), bad.code, bad.text)
			requireError(t, r.deletePolicy(bad.arn), bad.code, bad.text)
			_, err := r.GetResourcePolicy(r.ctx, &kinesis.GetResourcePolicyInput{ResourceARN: aws.String(bad.arn)})
			requireError(t, err, bad.code, bad.text)
		}
	})
	t.Run("not a policy", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		for _, bad := range []string{"", "{", "[]", `"x"`, "null", "1", "{} {}"} {
			requireError(t, r.putPolicy(*streamARN("a"), bad), codeArgument, "The resource policy is not a JSON object.")
		}
		long := `{"x":"` + strings.Repeat("a", 20<<10) + `"}`
		requireError(t, r.putPolicy(*streamARN("a"), long), codeLimit, "The resource policy is longer than 20480 bytes.")
		require.Equal(t, "{}", r.policy(*streamARN("a")))
	})
	t.Run("case 61 GetResourcePolicy with none", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		for _, arn := range []string{*streamARN("a"), r.register("a", "c")} {
			require.Equal(t, "{}", r.policy(arn))
			requireError(t, r.deletePolicy(arn), codeMissing, "No resource policy found for resource ARN "+arn+".")
		}
	})
	t.Run("comes back as given, is replaced, is deleted", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		c := r.register("a", "c")
		require.NoError(t, r.putPolicy(*streamARN("a"), somePolicy))
		require.NoError(t, r.putPolicy(c, `{"a":1}`))
		require.NoError(t, r.putPolicy(c, `{"a":2}`))
		r.restart()
		require.Equal(t, somePolicy, r.policy(*streamARN("a")))
		require.Equal(t, `{"a":2}`, r.policy(c))
		require.NoError(t, r.deletePolicy(c))
		require.Equal(t, "{}", r.policy(c))
		require.Equal(t, somePolicy, r.policy(*streamARN("a")))
		require.NoError(t, r.deletePolicy(*streamARN("a")))
		require.Equal(t, codeMissing, codeOf(r.deletePolicy(*streamARN("a"))))
	})
	t.Run("only while ACTIVE", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.create("a", 1)
		requireError(t, r.putPolicy(*streamARN("a"), somePolicy), codeInUse, textCreating)
		requireError(t, r.deletePolicy(*streamARN("a")), codeInUse, textCreating)
		require.Equal(t, "{}", r.policy(*streamARN("a")))
		r.clock.Step(minute)
		c := r.register("a", "c")
		requireError(t, r.putPolicy(c, somePolicy), codeInUse,
			"Consumer c with creation timestamp 1795168860 under stream a and account 123456789012 is not in ACTIVE status.")
	})
	t.Run("it goes with the stream", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		require.NoError(t, r.putPolicy(*streamARN("a"), somePolicy))
		_, err := r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("a")})
		require.NoError(t, err)
		r.create("a", 1)
		require.Equal(t, "{}", r.policy(*streamARN("a")))
	})
}
