package streams

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// keys are those of a profile, of the environment, or invented: anything but
// AWS takes any.
func (e Endpoint) keys() aws.CredentialsProvider {
	id, _ := e.env("AWS_ACCESS_KEY_ID")
	secret, _ := e.env("AWS_SECRET_ACCESS_KEY")
	token, _ := e.env("AWS_SESSION_TOKEN")
	switch {
	case e.Profile == "" && id != "" && secret != "":
		return credentials.NewStaticCredentialsProvider(id, secret, token)
	case e.Profile == "" && !e.AWS:
		return credentials.NewStaticCredentialsProvider("test", "test", "")
	}
	return aws.NewCredentialsCache(aws.CredentialsProviderFunc(e.askCLI))
}

// askCLI lets the AWS command line find the keys. It knows single sign-on,
// roles and machines; the library that does adds a tenth to this program.
func (e Endpoint) askCLI(ctx context.Context) (aws.Credentials, error) {
	args := []string{"configure", "export-credentials", "--format", "process"}
	if e.Profile != "" {
		args = append(args, "--profile", e.Profile)
	}
	var out, talk bytes.Buffer
	ask := exec.CommandContext(ctx, "aws", args...)
	ask.Stdout, ask.Stderr = &out, &talk
	if err := ask.Run(); err != nil {
		text, _, _ := strings.Cut(strings.TrimSpace(talk.String()), "\n")
		if text == "" {
			text = err.Error()
		}
		return aws.Credentials{}, &Error{Text: "the AWS command line gives no keys: " + text, cause: err,
			Advice: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or see what `aws configure export-credentials` needs: `aws sso login` for one"}
	}
	var keys struct {
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
		SessionToken    string
		Expiration      *time.Time
	}
	if err := json.Unmarshal(out.Bytes(), &keys); err != nil || keys.AccessKeyID == "" {
		return aws.Credentials{}, fmt.Errorf("aws configure export-credentials: not the keys that were expected")
	}
	c := aws.Credentials{AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey, SessionToken: keys.SessionToken, Source: "aws configure export-credentials"}
	if keys.Expiration != nil {
		c.CanExpire, c.Expires = true, *keys.Expiration
	}
	return c, nil
}
