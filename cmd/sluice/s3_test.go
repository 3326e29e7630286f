package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice"
)

// bucketWorld has a bucket, as any client makes one.
func bucketWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	require.NoError(t, w.CreateBucket(t.Context(), "landing"))
	return w
}

func TestS3Commands(t *testing.T) {
	w := bucketWorld(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "orders.csv")
	require.NoError(t, os.WriteFile(file, []byte("a,b\n1,2\n"), 0o600))

	require.Regexp(t, `^\S+Z  -  landing\n$`, w.ok("s3", "ls"))
	require.Empty(t, w.ok("s3", "cp", file, "s3://landing/in/"))
	w.in("from a pipe", "s3", "cp", "-", "s3://landing/in/piped +&?#% ü.txt")
	require.Equal(t, "a,b\n1,2\n", w.ok("s3", "cat", "s3://landing/in/orders.csv"))
	require.Equal(t, "b\n", w.ok("s3", "cat", "s3://landing/in/orders.csv", "--range", "2-3"))
	require.Equal(t, "from a pipe", w.ok("s3", "cp", "s3://landing/in/piped +&?#% ü.txt", "-"))
	require.Equal(t, "-  -  in/\n", w.ok("s3", "ls", "s3://landing"))
	require.Regexp(t, `^\S+Z  8   in/orders.csv\n\S+Z  11  in/piped \+&\?#% ü.txt\n$`, w.ok("s3", "ls", "-r", "s3://landing"))
	require.Equal(t, "in/orders.csv", object[s3Entry](t, w.ok("s3", "ls", "--json", "s3://landing/in/o")).Name)

	w.ok("s3", "cp", "s3://landing/in/orders.csv", "s3://landing/out/copy.csv")
	w.ok("s3", "cp", "-r", "s3://landing/", filepath.Join(dir, "all"))
	got, err := os.ReadFile(filepath.Join(dir, "all", "out", "copy.csv"))
	require.NoError(t, err)
	require.Equal(t, "a,b\n1,2\n", string(got))
	w.ok("s3", "cp", "-r", filepath.Join(dir, "all"), "s3://landing/again")
	require.Len(t, strings.Split(strings.TrimSpace(w.ok("s3", "ls", "-r", "s3://landing/again/")), "\n"), 3)
}

// A key can name a place outside the folder that was asked for.
func TestS3CopiesStayInside(t *testing.T) {
	w := bucketWorld(t)
	w.in("evil", "s3", "cp", "-", "s3://landing/x/../../../evil")
	w.in("good", "s3", "cp", "-", "s3://landing/x/good")
	dir := filepath.Join(t.TempDir(), "a", "b")
	w.ok("s3", "cp", "-r", "s3://landing/x/", dir)
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(dir, "good")}, names)
	require.NoFileExists(t, filepath.Join(dir, "..", "..", "..", "evil"))
}

func TestS3Mistakes(t *testing.T) {
	w := bucketWorld(t)
	require.Contains(t, w.fails(exitFailed, "s3", "ls", "s3://none"), "The specified bucket does not exist (NoSuchBucket)\nhint: `sluice s3 ls` lists the buckets")
	require.Contains(t, w.fails(exitFailed, "s3", "cat", "s3://landing/none"), "s3://landing/none: The specified key does not exist (NoSuchKey)\nhint: `sluice s3 ls s3://landing/` lists what is there")
	require.Contains(t, w.fails(exitUsage, "s3", "cat", "landing"), "a bucket is written s3://BUCKET")
	require.Contains(t, w.fails(exitUsage, "s3", "cat", "s3://landing"), "an object is written s3://BUCKET/KEY")
	require.Contains(t, w.fails(exitUsage, "s3", "cp", "a", "b"), "one of the two must be s3://BUCKET/KEY")
	require.Contains(t, w.fails(exitFailed, "s3", "cp", t.TempDir(), "s3://landing/"), "hint: --recursive copies all in it")
	require.Contains(t, w.fails(exitFailed, "s3", "cp", "/no/such/file", "s3://landing/"), "no such file")
	require.Contains(t, w.fails(exitBlocked, "s3", "ls", "--endpoint", "http://127.0.0.1:1"), "nobody answers")
	require.Contains(t, w.fails(exitUsage, "s3", "ls", "--endpoint", "https://s3.amazonaws.com"), "is the real AWS; say --aws if that is meant")
}

// Requests of the command are signed as the service wants it.
func TestS3CommandsSign(t *testing.T) {
	w := newWorld(t, func(c *sluice.Config) {
		c.Auth, c.Keys = sluice.AuthVerify, []sluice.Key{{ID: "AKIDSLUICETEST", Secret: "secret", Account: sluice.DefaultAccount}}
	})
	require.NoError(t, w.CreateBucket(t.Context(), "landing"))
	code, talk := w.run(t.Context(), strings.NewReader("x"), &strings.Builder{}, "s3", "cp", "-", "s3://landing/a b+c%&=ü")
	require.Equal(t, exitFailed, code, talk)
	require.Contains(t, talk, "hint: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	var out strings.Builder
	keys := env("AWS_ENDPOINT_URL_S3", w.Endpoint(), "AWS_ACCESS_KEY_ID", "AKIDSLUICETEST", "AWS_SECRET_ACCESS_KEY", "secret")
	require.Equal(t, exitFine, run(t.Context(), []string{"s3", "cp", "-", "s3://landing/a b+c%&=ü"}, strings.NewReader("x"), &out, &out, keys), out.String())
	out.Reset()
	require.Equal(t, exitFine, run(t.Context(), []string{"s3", "ls", "s3://landing/a b+"}, nil, &out, &out, keys), out.String())
	require.Contains(t, out.String(), "a b+c%&=ü")
}
