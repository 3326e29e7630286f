package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// modelsFolder finds the public models, which are not part of this repository.
func modelsFolder(t *testing.T) string {
	t.Helper()
	for _, dir := range []string{os.Getenv("SLUICE_MODELS"), "../../../../shared/models"} {
		if dir == "" {
			continue
		}
		if _, err := os.Stat(dir); err == nil {
			return dir
		}
	}
	t.Skip("the public API models are not here; SLUICE_MODELS names their folder or a botocore wheel")
	return ""
}

func TestGeneratedFileIsFresh(t *testing.T) {
	want, err := generate(modelsFolder(t))
	require.NoError(t, err)
	got, err := os.ReadFile("../constraints_gen.go")
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run: make generate MODELS=DIR")
}

// The models may also come as botocore ships them, unpacked or as a wheel.
func TestBotocoreLayouts(t *testing.T) {
	models := modelsFolder(t)
	flat := map[string]string{
		"kinesis-2013-12-02.service-2.json":  "kinesis/2013-12-02/service-2.json",
		"firehose-2015-08-04.service-2.json": "firehose/2015-08-04/service-2.json",
		"lambda-2015-03-31.service-2.json":   "lambda/2015-03-31/service-2.json.gz",
	}
	want, err := generate(models)
	require.NoError(t, err)
	checkout, wheel := t.TempDir(), filepath.Join(t.TempDir(), "botocore.whl")
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for from, to := range flat {
		b, err := os.ReadFile(filepath.Join(models, from))
		if err != nil {
			t.Skip("the models are not in the flat layout")
		}
		if strings.HasSuffix(to, ".gz") {
			b = gzipped(t, b)
		}
		path := filepath.Join(checkout, "data", to)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, b, 0o644))
		w, err := z.Create("botocore/data/" + to)
		require.NoError(t, err)
		_, err = w.Write(b)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	require.NoError(t, os.WriteFile(wheel, archive.Bytes(), 0o644))
	for _, source := range []string{checkout, filepath.Join(checkout, "data"), wheel} {
		out := filepath.Join(t.TempDir(), "constraints_gen.go")
		require.NoError(t, run(source, out))
		got, err := os.ReadFile(out)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
	}
}

func gzipped(t *testing.T, b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err := z.Write(b)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return out.Bytes()
}

func TestRunRefuses(t *testing.T) {
	require.ErrorContains(t, run("", "x"), "say DIR")
	require.ErrorContains(t, run(t.TempDir(), "x"), "no model of kinesis")
	require.Error(t, run(filepath.Join(t.TempDir(), "none"), "x"))
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte("no wheel"), 0o644))
	require.ErrorContains(t, run(file, "x"), "neither a folder nor a wheel")
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "kinesis-2013-12-02.service-2.json"), []byte("{"), 0o644))
	require.ErrorContains(t, run(dir, "x"), "kinesis-2013-12-02.service-2.json")
}

// What a pattern accepts is what Java's accepts, by hand.
func TestTranslate(t *testing.T) {
	for _, c := range []struct {
		pattern   string
		good, bad []string
	}{
		{`a.c`, []string{"abc", "a漢c"}, []string{"a\nc", "a\rc", "a\u0085c", "a\u2028c", "a\u2029c", "ac"}},
		{`[.]`, []string{"."}, []string{"a"}},
		{`a\.c`, []string{"a.c"}, []string{"abc"}},
		{`\s+`, []string{" \t\n\v\f\r"}, []string{"a", "\u00a0"}},
		{`\S`, []string{"a", "\u00a0"}, []string{"\v", " "}},
		{`[\sx]`, []string{"\v", "x"}, []string{"s"}},
		{`[\s\S]*`, []string{"", "a\n\u2028"}, nil},
		{`[]a]`, []string{"]", "a"}, []string{"b"}},
		{`^(arn):x$`, []string{"arn:x"}, []string{"arn:x\n", "xarn:x"}},
		{`0|([1-9]\d{0,38})`, []string{"0", "10"}, []string{"00", "1a", "٣"}},
		{`(^(?!(system\x2e)))(^[_a-zA-Z0-9])([^$]*)`, []string{"system", "systems", "a\nb"}, []string{"system.", "system.a\nb", "$", "a$"}},
		{`$|a`, []string{"", "a"}, []string{"\n", "b"}},
		{`[a-zA-Z0-9-_]+`, []string{"a-_9"}, []string{"a b"}},
	} {
		accept, deny, err := translate(c.pattern)
		require.NoError(t, err)
		matches := func(v string) bool {
			return regexp.MustCompile(`\A(?:`+accept+`)\z`).MatchString(v) &&
				(deny == "" || !regexp.MustCompile(`\A(?:`+deny+`)\z`).MatchString(v))
		}
		for _, v := range c.good {
			require.True(t, matches(v), "%s %q", c.pattern, v)
		}
		for _, v := range c.bad {
			require.False(t, matches(v), "%s %q", c.pattern, v)
		}
	}
	for _, pattern := range []string{`a(?!b)`, `(?!a`, `(?!\Sa)[\Sx]`, `(?![\Sx])a`, `[a[b]]`, `[a&&b]`, `(a`, `(?<=a)b`, `a++`} {
		_, _, err := translate(pattern)
		require.Error(t, err, pattern)
	}
}

func TestAdditionsYieldToTheModel(t *testing.T) {
	require.Equal(t, []string{"B", "A", "C"}, reorder([]string{"A", "B", "C"}, "B", "A"))
	s := structure("A* B:X C:Y*")
	require.Equal(t, []string{"A", "C"}, s.Required)
	require.Equal(t, members{{"A", ref{Shape: "A"}}, {"B", ref{Shape: "X"}}, {"C", ref{Shape: "Y"}}}, s.Members)
	m, err := load(modelsFolder(t), "kinesis", "2013-12-02")
	require.NoError(t, err)
	m.Shapes["ChannelName"] = str(1, 5, "")
	m.Operations["DeleteChannel"] = post("DeleteChannel", false, "AccessDeniedException")
	addToKinesis(m)
	addToKinesis(m)
	require.EqualValues(t, 5, *m.Shapes["ChannelName"].Max)
	require.Len(t, m.Operations["DeleteChannel"].Errors, 1)
	require.Len(t, m.Operations, 45)
}

func TestEmitRefuses(t *testing.T) {
	for _, shapes := range []map[string]*shape{
		{},
		{"PingInput": {Type: "document"}},
		{"PingInput": {Type: "string", Pattern: "("}},
		{"PingInput": {Type: "string", Pattern: "a", acceptAlso: "("}},
	} {
		m := &model{Operations: map[string]*operation{"Ping": post("Ping", false, "")}, Shapes: shapes}
		_, err := emit(service{id: "x"}, m)
		require.Error(t, err)
	}
}
