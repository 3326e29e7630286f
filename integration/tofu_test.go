package integration

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"
)

// tofu is OpenTofu at work in a folder with integration/sdk/tofu/main.tf.
type tofu struct {
	t      *testing.T
	server *Server
	folder string
}

// run runs a command. The exit code 2 of plan means that there is something to change.
func (o tofu) run(ctx context.Context, args ...string) (code int, out string) {
	o.t.Helper()
	program, err := o.server.Program(ctx, "tofu", "", o.server.URL, "TF_VAR_endpoint="+o.server.URL)
	require.NoError(o.t, err)
	program.Dir, program.Args = o.folder, append(program.Args, args...)
	text, err := program.CombinedOutput()
	var status *exec.ExitError
	if errors.As(err, &status) {
		return status.ExitCode(), string(text)
	}
	require.NoError(o.t, err)
	return 0, string(text)
}

// apply makes what the file says with these variables so, and holds that nothing is left to change then: everything
// reads back as it was written.
func (o tofu) apply(ctx context.Context, made string, vars ...string) {
	o.t.Helper()
	code, out := o.run(ctx, append([]string{"apply", "-auto-approve", "-no-color"}, vars...)...)
	require.Zero(o.t, code, out)
	require.Contains(o.t, out, made)
	code, out = o.run(ctx, append([]string{"plan", "-detailed-exitcode", "-no-color"}, vars...)...)
	require.Zero(o.t, code, out)
	require.Contains(o.t, out, "No changes.")
}

// code writes the function's package.
func (o tofu) code(status int) {
	o.t.Helper()
	raw := zipped(o.t, "bootstrap", fmt.Sprintf("#!/bin/sh\nexit %d\n", status))
	require.NoError(o.t, os.WriteFile(filepath.Join(o.folder, "code.zip"), raw, 0o600))
}

// TestAllClientVersionsOfTofu has OpenTofu make, read back, change and destroy a stream, a function with an alias and a
// permission, a mapping and a lease table. It takes minutes to compile, and is for `make test-clients`.
func TestAllClientVersionsOfTofu(t *testing.T) {
	if os.Getenv("SLUICE_ALL_CLIENTS") == "" {
		t.Skip("run by make test-clients")
	}
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	o := tofu{t: t, server: Start(t, "--memory"), folder: t.TempDir()}
	text, err := os.ReadFile(filepath.Join(Root(), "integration", "sdk", "tofu", "main.tf"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(o.folder, "main.tf"), text, 0o600))
	o.code(1)
	begin := time.Now()
	o.apply(ctx, "Resources: 6 added, 0 changed, 0 destroyed.")
	require.Equal(t, "Enabled", o.mapping(ctx, 10))
	o.apply(ctx, "Resources: 0 added, 1 changed, 0 destroyed.", "-var", "batch=7", "-var", "enabled=false")
	require.Equal(t, "Disabled", o.mapping(ctx, 7))
	o.code(2)
	o.apply(ctx, "Resources: 0 added, 3 changed, 0 destroyed.") // and the alias follows the version
	alias, err := o.server.Lambda().GetAlias(ctx, &lambda.GetAliasInput{FunctionName: aws.String("ingest"), Name: aws.String("live")})
	require.NoError(t, err)
	require.Equal(t, "2", *alias.FunctionVersion)
	code, out := o.run(ctx, "destroy", "-auto-approve", "-no-color")
	require.Zero(t, code, out)
	require.Contains(t, out, "Resources: 6 destroyed.")
	left, err := o.server.SDK().ListStreams(ctx, &kinesis.ListStreamsInput{})
	require.NoError(t, err)
	require.Empty(t, left.StreamNames)
	t.Logf("told in %s", time.Since(begin).Round(time.Second))
	row := Row{Client: "tofu", Version: "v1.12.6", Transport: "http", Step: "story", Result: "ok", Count: 6}
	require.NoError(t, AddToReport("clients.json", []Row{row}))
}

// mapping is the state of the one mapping, whose batches have that size.
func (o tofu) mapping(ctx context.Context, batch int32) string {
	o.t.Helper()
	list, err := o.server.Lambda().ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{FunctionName: aws.String("ingest")})
	require.NoError(o.t, err)
	require.Len(o.t, list.EventSourceMappings, 1)
	require.Equal(o.t, batch, *list.EventSourceMappings[0].BatchSize)
	return *list.EventSourceMappings[0].State
}
