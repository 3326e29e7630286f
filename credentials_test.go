package sluice

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

// Two accounts with keys of their own do not see each other, and nobody else
// gets in.
func TestKeysOfAFile(t *testing.T) {
	path := writeFile(t, "keys.yaml", `
version: 1
keys:
  - {id: AKIDALICE, secret: one, account: "111111111111"}
  - {id: AKIDBOB, secret: two, account: "222222222222", token: session}
`)
	s, err := Open(t.Context(), Config{Memory: true, Listen: []string{"127.0.0.1:0"}, Auth: AuthVerify, Credentials: path})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	client := func(id, secret, token string) *kinesis.Client {
		c := s.AWSConfig()
		c.Credentials = credentials.NewStaticCredentialsProvider(id, secret, token)
		c.RetryMaxAttempts = 1
		return kinesis.NewFromConfig(c)
	}
	_, err = client("AKIDALICE", "one", "").CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("hers"), ShardCount: aws.Int32(1)})
	require.NoError(t, err)
	out, err := client("AKIDBOB", "two", "session").ListStreams(t.Context(), &kinesis.ListStreamsInput{})
	require.NoError(t, err)
	require.Empty(t, out.StreamNames)
	for _, c := range [][3]string{{"AKIDALICE", "two", ""}, {"AKIDBOB", "two", ""}, {"111111111111", "sluice", ""}} {
		_, err = client(c[0], c[1], c[2]).ListStreams(t.Context(), &kinesis.ListStreamsInput{})
		require.Error(t, err)
	}
}

func TestAWSConfigSignsWithTheFirstKey(t *testing.T) {
	s := RunT(t, func(c *Config) {
		c.Auth = AuthVerify
		c.Keys = []Key{{ID: "AKIDALICE", Secret: "one", Account: "111111111111"}}
	})
	_, err := kinesis.NewFromConfig(s.AWSConfig()).ListStreams(t.Context(), &kinesis.ListStreamsInput{})
	require.NoError(t, err)
}

func TestBadKeys(t *testing.T) {
	for text, problem := range map[string]string{
		"keys: []": `the line "version: 1" is missing`,
		"version: 1\nkeys:\n  - {id: AKID, secret: geheim}":                  `key "AKID": "" is not an account of 12 digits`,
		"version: 1\nkeys:\n  - {id: AKID, account: \"111111111111\"}":       `key "AKID" has no secret`,
		"version: 1\nkeys:\n  - {secret: geheim, account: \"111111111111\"}": "key 1 has no id",
		"version: 1\nkeys:\n  - {id: AKID, secret: geheim, role: x}":         "keys.yaml:3: unknown field \"role\"",
		"version: 1\nkeys:\n  - {id: AKID, secret: [geheim}":                 "keys.yaml:3:",
		"version: 1": "nobody could call without keys",
		"version: 1\nkeys:\n  - &k {id: AKID, secret: geheim, account: \"111111111111\"}\n  - *k": `key "AKID" is there twice`,
	} {
		_, err := Open(t.Context(), Config{Memory: true, Listen: []string{"127.0.0.1:0"}, Auth: AuthVerify, Credentials: writeFile(t, "keys.yaml", text)})
		require.ErrorContains(t, err, problem, text)
		require.NotContains(t, err.Error(), "geheim", text)
	}
	_, err := Open(t.Context(), Config{Memory: true, Auth: AuthVerify, Credentials: filepath.Join(t.TempDir(), "none")})
	require.ErrorContains(t, err, "no such file")
}

func TestWarningOfOpenAdminPaths(t *testing.T) {
	for _, c := range []struct {
		config Config
		warned bool
	}{
		{Config{Listen: []string{"0.0.0.0:0"}, Auth: AuthVerify}, true},
		{Config{Listen: []string{"0.0.0.0:0"}, Auth: AuthVerify, AdminToken: "t"}, false},
		{Config{Listen: []string{"0.0.0.0:0"}, Auth: AuthVerify, AdminListen: "127.0.0.1:0"}, false},
		{Config{Listen: []string{"127.0.0.1:0"}, AdminListen: ":0"}, true},
		{Config{Listen: []string{"127.0.0.1:0"}}, false},
	} {
		var out bytes.Buffer
		warnOpen(slog.New(slog.NewTextHandler(&out, nil)), c.config.withDefaults())
		require.Equal(t, c.warned, strings.Contains(out.String(), "may use /_sluice/ without a token"), "%+v", c.config)
	}
}

func TestWarningOfOpenDoors(t *testing.T) {
	for listen, warned := range map[string]bool{"127.0.0.1:0": false, "localhost:0": false, "0.0.0.0:0": true, ":0": true} {
		var out bytes.Buffer
		warnOpen(slog.New(slog.NewTextHandler(&out, nil)), Config{Listen: []string{listen}}.withDefaults())
		require.Equal(t, warned, strings.Contains(out.String(), "may call without a key"), listen)
		require.NotContains(t, out.String(), "processes")
		out.Reset()
		warnOpen(slog.New(slog.NewTextHandler(&out, nil)), Config{Listen: []string{listen}, AllowExec: true}.withDefaults())
		require.Equal(t, warned, strings.Contains(out.String(), "may call without a key, and have processes started"), listen)
	}
}

func TestWarningOfKeysThatNobodyAsksFor(t *testing.T) {
	for auth, warned := range map[Auth]bool{AuthOff: true, AuthVerify: false} {
		var out bytes.Buffer
		warnOpen(slog.New(slog.NewTextHandler(&out, nil)), Config{Credentials: "keys.yaml", Auth: auth}.withDefaults())
		require.Equal(t, warned, strings.Contains(out.String(), "the file of keys is not read"), auth)
	}
}
