package sluice

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/shards"
)

func env(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestDefaults(t *testing.T) {
	c, err := LoadConfig(Sources{})
	require.NoError(t, err)
	require.Equal(t, Config{
		Listen: []string{"localhost:4566"}, Data: "sluice-data", Durability: DurabilityProcess, Limits: LimitsAWS,
		Transition: TransitionOf(100 * time.Millisecond), Region: "us-east-1", Account: "000000000000",
		MemoryLimit: 256 << 20, LogFormat: LogText, Auth: AuthOff, Version: "dev", FirehoseURLs: FirehoseURLsLocal,
	}, c)
	require.NoError(t, Config{}.Validate())
}

func TestFlagBeatsEnvironmentBeatsFileBeatsDefault(t *testing.T) {
	file := writeFile(t, "s.yaml", "version: 1\nserver: {region: eu-west-1, account: \"111111111111\", transition: aws}\n")
	c, err := LoadConfig(Sources{
		File:  file,
		Env:   env("SLUICE_REGION", "eu-west-2", "SLUICE_LISTEN", "localhost:1, localhost:2", "SLUICE_HOST_NAME", "", "SLUICE_LOG_REQUESTS", "1"),
		Flags: map[string][]string{"region": {"eu-west-3"}, "log-level": {"debug"}},
	})
	require.NoError(t, err)
	require.Equal(t, "eu-west-3", c.Region)
	require.Equal(t, "111111111111", c.Account)
	require.Equal(t, TransitionLikeAWS(), c.Transition)
	require.Equal(t, []string{"localhost:1", "localhost:2"}, c.Listen)
	require.Empty(t, c.HostNames, "an empty variable counts as absent")
	require.True(t, c.LogRequests)
	require.Equal(t, slog.LevelDebug, c.LogLevel)
	require.Equal(t, 100*time.Millisecond, mustTransition(t, Config{}.withDefaults().Transition))
}

func mustTransition(t *testing.T, tr Transition) time.Duration {
	t.Helper()
	require.Equal(t, transitionFixed, tr.kind)
	return tr.after
}

// Everything a flag can be given and cannot be given.
func TestValues(t *testing.T) {
	for _, c := range []struct {
		flag, good, bad, problem string
	}{
		{"durability", "disk", "paper", `--durability: "paper" is not one of process, disk`},
		{"limits", "off", "x0", `--limits: "x0" is not a factor such as x10`},
		{"limits", "off", "some", `--limits: "some" is not one of aws, off, xN`},
		{"transition", "1h30m", "soon", `--transition: "soon" is not a duration such as 100ms or 24h, nor aws`},
		{"transition", "0", "-1s", `--transition: "-1s" is not a duration such as 100ms or 24h, nor aws`},
		{"memory-limit", "64MiB", "64MB!", `--memory-limit: "64MB!" is not a size such as 256MiB`},
		{"memory-limit", "1GB", "99999999999GiB", `--memory-limit: "99999999999GiB" is not a size such as 256MiB`},
		{"memory-limit", "33554432", "1MiB", `memory-limit: 1MiB is too little to work with; the least is 32MiB`},
		{"log-format", "json", "xml", `--log-format: "xml" is not one of text, json`},
		{"log-level", "warn", "loud", `--log-level: "loud" is not one of debug, info, warn, error`},
		{"log-requests", "on", "maybe", `--log-requests: "maybe" is neither true nor false`},
		{"account", "123456789012", "123", `account: "123" is not an account of 12 digits`},
		{"region", "us-gov-west-1", "Europe", `region: "Europe" is not a region such as us-east-1`},
		{"listen", ":4566", "4566", `listen: "4566" is not HOST:PORT such as localhost:4566`},
		{"listen", "[::1]:0", "localhost:80000", `listen: "localhost:80000" is not HOST:PORT such as localhost:4566`},
		{"admin-listen", "localhost:4567", "localhost", `admin-listen: "localhost" is not HOST:PORT such as localhost:4567`},
		{"admin-listen", "localhost:0", "localhost:4566", `admin-listen: localhost:4566 is an address of the API too; choose another, or leave admin-listen out`},
		{"host-name", "kinesis.test", "http://kinesis.test", `host-name: "http://kinesis.test" is not a name such as kinesis.test, without scheme and port`},
		{"host-name", "fd00::1", "kinesis.test:4566", `host-name: "kinesis.test:4566" is not a name such as kinesis.test, without scheme and port`},
		{"cors-origins", "https://a.example", "a.example", `cors-origins: "a.example" is not an origin such as https://app.example.com`},
	} {
		_, err := LoadConfig(Sources{Flags: map[string][]string{c.flag: {c.good}}})
		require.NoError(t, err, c)
		_, err = LoadConfig(Sources{Flags: map[string][]string{c.flag: {c.bad}}})
		require.EqualError(t, err, c.problem)
		var usage *UsageError
		require.ErrorAs(t, err, &usage)
	}
}

func TestLimits(t *testing.T) {
	for setting, want := range map[string]shards.Limits{
		"off": {}, "aws": {Enforced: true}, "x10": {Enforced: true, Factor: 10}, "x0.5": {Enforced: true, Factor: 0.5}, "x1e6": {Enforced: true, Factor: 1e6},
	} {
		c, err := LoadConfig(Sources{Env: env("SLUICE_LIMITS", setting)})
		require.NoError(t, err)
		require.Equal(t, want, c.Limits.room())
	}
	require.EqualError(t, Config{Limits: "x"}.Validate(), `limits: "x" is not a factor such as x10`)
}

func TestHalfACertificateIsRefused(t *testing.T) {
	_, err := LoadConfig(Sources{Flags: map[string][]string{"tls-cert": {"x.pem"}}})
	require.EqualError(t, err, "tls-cert: it needs tls-key beside it, and the other way round")
}

func TestMemoryOrData(t *testing.T) {
	given := func(s Sources) (Config, error) { return LoadConfig(s) }
	c, err := given(Sources{Flags: map[string][]string{"memory": {"true"}}, Env: env("SLUICE_DATA", "/data")})
	require.NoError(t, err)
	require.True(t, c.Memory, "the flag is closer than the image's environment")
	c, err = given(Sources{Flags: map[string][]string{"data": {"x"}}, Env: env("SLUICE_MEMORY", "true")})
	require.NoError(t, err)
	require.False(t, c.Memory)
	_, err = given(Sources{Flags: map[string][]string{"data": {"x"}, "memory": {"true"}}})
	require.ErrorContains(t, err, "either in memory or in a data folder")
}

func TestEverySettingWorksFromFlagAndEnvironment(t *testing.T) {
	for _, s := range Settings() {
		value := s.Default()
		if value == "" {
			continue
		}
		viaFlag, err := LoadConfig(Sources{Flags: map[string][]string{s.Flag: {value}}})
		require.NoError(t, err, s.Flag)
		viaEnv, err := LoadConfig(Sources{Env: env(s.Env(), value)})
		require.NoError(t, err, s.Env())
		require.Equal(t, viaFlag, viaEnv)
		require.Equal(t, Config{}.withDefaults(), viaFlag, s.Flag)
	}
}

// Every setting has a place in the file.
func TestFileTakesEverySetting(t *testing.T) {
	for _, s := range Settings() {
		file := filepath.Join(t.TempDir(), "s.yaml")
		require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, "version: 1\n%s: {%s: [[no value]]}\n", s.Section, s.Flag), 0o600))
		_, err := LoadConfig(Sources{File: file})
		require.ErrorContains(t, err, s.Flag+" takes ", "the key is known, the value is not")
	}
	file := filepath.Join(t.TempDir(), "s.yaml")
	require.NoError(t, os.WriteFile(file, []byte("version: 1\ns3: {bucket-endpoint: ['lake=http://127.0.0.1:9000']}\n"+
		"firehose: {firehose-urls: aws}\nglue: {glue-endpoint: 'http://127.0.0.1:9001'}\n"), 0o600))
	c, err := LoadConfig(Sources{File: file})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"lake": "http://127.0.0.1:9000"}, c.BucketEndpoints)
	require.Equal(t, FirehoseURLsAWS, c.FirehoseURLs)
	require.Equal(t, "http://127.0.0.1:9001", c.GlueEndpoint)
}

func TestFileRefusals(t *testing.T) {
	for _, c := range []struct{ text, problem string }{
		{"version: 1\nserver:\n  lisen: [a]\n", `s.yaml:3: unknown key "lisen"; is it listen?`},
		{"version: 1\nstor: {}\n", `s.yaml:2: unknown key "stor"; is it store?`},
		{"version: 1\nnothing: {}\n", `s.yaml:2: unknown key "nothing"; known are version, server, store, log, lambda, firehose, s3, glue, kinesis, faults, functions, mappings, runtimes`},
		{"version: 2\n", `s.yaml:1: this version of sluice reads files with version: 1`},
		{"server: {}\n", `s.yaml: the line "version: 1" is missing`},
		{"", `s.yaml: the line "version: 1" is missing`},
		{"[]", `s.yaml:1: keys and values are expected here`},
		{"version: 1\nversion: 1\n", `s.yaml:2: mapping key "version" already defined at [1:1]`},
		{"version: 1\n---\nversion: 1\n", `s.yaml: it holds more than one document`},
		{"version: 1\nserver:\n  memory-limit: big\n", `s.yaml:3: memory-limit: "big" is not a size such as 256MiB`},
		{"version: 1\nserver:\n  region: [a, b]\n", `s.yaml:3: region takes one plain value`},
		{"version: 1\nserver:\n  listen: {a: b}\n", `s.yaml:3: listen takes a list of plain values`},
		{"version: 1\nlog:\n  log-level: &x info\n", `s.yaml:3: log-level takes one plain value`},
		{"version: 1\nkinesis: {streams: {a: 1}}\n", `s.yaml:2: streams takes a list`},
		{"version: 1\nkinesis:\n  streams:\n    - name: a\n      shard: 3\n", `s.yaml:5: unknown key "shard"; is it shards?`},
		{"version: 1\nkinesis:\n  streams:\n    - name: a\n      shards: 0\n", `s.yaml:5: "0" is not a number of shards`},
		{"version: 1\nkinesis:\n  streams:\n    - name: a\n      mode: FAST\n", `s.yaml:5: "FAST" is not one of PROVISIONED, ON_DEMAND`},
		{"version: 1\nkinesis:\n  streams: [{name: a, shards: 1, mode: ON_DEMAND}]\n", `s.yaml:3: an ON_DEMAND stream takes no shards`},
		{"version: 1\nkinesis:\n  streams: [{name: a, mode: PROVISIONED}]\n", `s.yaml:3: a PROVISIONED stream needs shards`},
		{"version: 1\nkinesis:\n  streams: [{name: a, retention: 90m}]\n", `s.yaml:3: retention 1h30m0s is not a whole number of hours from 24 to 8760`},
		{"version: 1\nkinesis:\n  streams: [{name: a b}]\n", `s.yaml:3: name "a b" is not 1 to 128 of a-z A-Z 0-9 _ . -`},
		{"version: 1\nkinesis:\n  streams: [{name: a, tags: {x: [1]}}]\n", `s.yaml:3: a tag takes one plain value`},
		{"version: 1\nfaults: {}\n", `s.yaml:2: faults takes a list`},
		{"version: 1\nfaults:\n  - match: {operaton: PutRecord}\n", `s.yaml:3: unknown key "operaton"; is it operation?`},
		{"version: 1\nfaults:\n  - when:\n      every: x\n", `s.yaml:4: every: "x" is not a number`},
		{"version: 1\nfaults:\n  - effect:\n      throttle: maybe\n", `s.yaml:4: throttle: "maybe" is neither true nor false`},
		{"version: 1\nfaults:\n  - match: {stream: [a]}\n", `s.yaml:3: stream takes one plain value`},
		{"version: 1\nfaults:\n  - effect: {reset: during}\n", `s.yaml:3: reset is "before" or "after", not "during"; before the call runs, or after it has taken effect`},
		{"version: 1\nfaults:\n  - effect: {endSubscription: soon}\n", `s.yaml:3: a subscription ends "clean" or by "reset", not "soon"; clean is the end after five minutes, reset a broken connection`},
	} {
		_, err := LoadConfig(Sources{File: writeFile(t, "s.yaml", c.text)})
		require.EqualError(t, err, c.problem, c.text)
	}
	_, err := LoadConfig(Sources{File: filepath.Join(t.TempDir(), "none.yaml")})
	require.ErrorContains(t, err, "--config: cannot read the file")
}

func TestJSONFile(t *testing.T) {
	file := writeFile(t, "s.json", `{"version": 1, "server": {"listen": ["localhost:0"]},
	"kinesis": {"streams": [{"name": "a", "shards": 2, "tags": {"k": "v"}}]}}`)
	c, err := LoadConfig(Sources{File: file})
	require.NoError(t, err)
	require.Equal(t, []string{"localhost:0"}, c.Listen)
	require.Equal(t, []StreamSeed{{Name: "a", Shards: 2, Tags: map[string]string{"k": "v"}}}, c.Streams)
}

func TestSeedsFromTheEnvironment(t *testing.T) {
	c, err := LoadConfig(Sources{Env: env(SeedVariable, "a:1,b:2:eu-west-1, ")})
	require.NoError(t, err)
	require.Equal(t, []StreamSeed{{Name: "a", Shards: 1}, {Name: "b", Shards: 2, Region: "eu-west-1"}}, c.Streams)
	for value, problem := range map[string]string{
		"a":            `"a" is not name:shards or name:shards:region`,
		"a:1:r:x":      `"a:1:r:x" is not name:shards or name:shards:region`,
		"a:none":       `"a:none" does not have a number of shards after the name`,
		"a:0":          `"a:0" does not have a number of shards after the name`,
		"a b:1":        `"a b:1": name "a b" is not 1 to 128 of a-z A-Z 0-9 _ . -`,
		"a:1:Atlantis": `"a:1:Atlantis": region "Atlantis" is not a region such as us-east-1`,
	} {
		_, err := LoadConfig(Sources{Env: env(SeedVariable, value)})
		require.EqualError(t, err, SeedVariable+": "+problem)
	}
}

func FuzzConfigFile(f *testing.F) {
	f.Add([]byte("version: 1\nserver:\n  listen: [a, b]\nkinesis:\n  streams: [{name: a, shards: 1, tags: {a: b}}]\n"))
	f.Add([]byte(`{"version": 1, "log": {"log-level": "debug"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var c Config
		_, _ = parseConfigFile("s.yaml", raw, &c)
	})
}
