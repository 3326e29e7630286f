package runtime

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// script is a bootstrap that answers one event, and then ends.
const script = `#!/bin/sh
exec PROGRAM_AS
`

// bootstrap packs a program that runs this test program.
func bootstrap(t *testing.T) []byte {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	return zipOf(t, "bootstrap", strings.ReplaceAll(script, "PROGRAM_AS", self), "data/table.json", "{}")
}

func TestCodeWithBootstrap(t *testing.T) {
	h := open(t)
	for _, name := range []string{"one", "two"} {
		h.mustRegister(t, Definition{Key: key(name), Runtime: "provided.al2023", Env: map[string]string{"PROGRAM": "works"}, Code: &Code{Zip: bootstrap(t)}})
		require.Equal(t, `"hi"`, string(invoke(t, h, name, `"hi"`).Payload))
	}
	d, _ := h.Lookup(key("one"))
	require.Len(t, d.Code.SHA256, 64)
	require.Nil(t, d.Code.Zip)
	dir := h.shelf.dir
	folders, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, folders, 1, "the same code lies there once")
	h.Remove(key("one"))
	require.Equal(t, `"hi"`, string(invoke(t, h, "two", `"hi"`).Payload))
	require.NoError(t, h.Close())
	require.NoDirExists(t, dir)
}

func TestCodeByRuntime(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	h := open(t, func(c *Config) {
		c.Runtimes = map[string][]string{"python3.12": {self, "-test.run=none"}}
		c.Dir = filepath.Join(t.TempDir(), "functions")
	})
	h.mustRegister(t, Definition{Key: key("py"), Runtime: "python3.12", Handler: "app.handler", Env: map[string]string{"PROGRAM": "works"},
		Code: &Code{Zip: zipOf(t, "app.py", "")}})
	require.Equal(t, `"hi"`, string(invoke(t, h, "py", `"hi"`).Payload))
	for runtime, want := range map[string]string{
		"python3.13":      "do not say how to run python3.13. Add a line such as python3.13: [",
		"nodejs22.x":      `nodejs22.x: ["npx", "aws-lambda-ric"]`,
		"provided.al2023": `its code has no file bootstrap at the top, which the runtime "provided.al2023" would run`,
	} {
		h.mustRegister(t, Definition{Key: key("f"), Runtime: runtime, Code: &Code{Zip: zipOf(t, "app.py", "")}})
		_, err := h.Invoke(t.Context(), invocation("f", `{}`))
		require.Contains(t, requireRefused(t, err, "InvalidRuntimeException").Message, want)
	}
}

func TestBadZips(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	link := func(target string) []byte {
		var buf bytes.Buffer
		z := zip.NewWriter(&buf)
		head := &zip.FileHeader{Name: "d/link"}
		head.SetMode(fs.ModeSymlink | 0o777)
		w, err := z.CreateHeader(head)
		require.NoError(t, err)
		_, _ = fmt.Fprint(w, target)
		w, err = z.Create("d/link/file")
		require.NoError(t, err)
		_, _ = fmt.Fprint(w, "x")
		require.NoError(t, z.Close())
		return buf.Bytes()
	}
	for problem, file := range map[string][]byte{
		"not a valid zip file":                   []byte("PK\x03\x04 half"),
		"../evil: the name leads out":            zipOf(t, "../evil", "x"),
		"/etc/evil: the name leads out":          zipOf(t, "/etc/evil", "x"),
		`a\..\..\evil: the name leads out`:       zipOf(t, `a\..\..\evil`, "x"),
		"d/link: the link leads out":             link("../../outside"),
		"d/link: the link leads out of the fold": link(outside),
		"a: all together is larger than":         bomb(t),
	} {
		err := unzip(filepath.Join(t.TempDir(), "code"), file)
		require.ErrorIs(t, err, ErrBadZip, problem)
		require.ErrorContains(t, err, problem)
	}
	require.NoFileExists(t, outside)
	dir := filepath.Join(t.TempDir(), "code")
	require.NoError(t, unzip(dir, zipOf(t, "a/b/c.txt", "deep", "empty/", "")))
	require.FileExists(t, filepath.Join(dir, "a/b/c.txt"))
	require.DirExists(t, filepath.Join(dir, "empty"))
}

// bomb unpacks to more than is allowed from little.
func bomb(t *testing.T) []byte {
	t.Helper()
	var buf bytes.Buffer
	// A block that is packed once can stand there again and again.
	var block bytes.Buffer
	f, err := flate.NewWriter(&block, flate.BestCompression)
	require.NoError(t, err)
	_, err = f.Write(make([]byte, 1<<20))
	require.NoError(t, err)
	require.NoError(t, f.Flush())
	const blocks = maxUnpacked>>20 + 1
	packed := bytes.Repeat(block.Bytes(), blocks)
	z := zip.NewWriter(&buf)
	w, err := z.CreateRaw(&zip.FileHeader{Name: "a", Method: zip.Deflate, CompressedSize64: uint64(len(packed)), UncompressedSize64: blocks << 20})
	require.NoError(t, err)
	_, err = w.Write(packed)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	require.Less(t, buf.Len(), 1<<20)
	return buf.Bytes()
}
