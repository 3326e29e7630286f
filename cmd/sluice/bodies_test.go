package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// wardrobe is a server with objects whose bodies are in files.
type wardrobe struct {
	t    *testing.T
	data string
	s    *served
}

func (w *wardrobe) start() {
	w.s = serve(w.t, env(), "--data", w.data, "--listen", "localhost:0", "--transition", "0")
}

func (w *wardrobe) stop() {
	w.s.stop()
	require.Equal(w.t, exitFine, <-w.s.code)
}

// call sends a request and returns the answer's code and body, empty for one
// that broke off.
func (w *wardrobe) call(method, path, body string) (code int, got string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.s.url+path, strings.NewReader(body))
	require.NoError(w.t, err)
	out, err := http.DefaultClient.Do(r)
	require.NoError(w.t, err)
	defer out.Body.Close()
	raw, err := io.ReadAll(out.Body)
	if err != nil {
		return out.StatusCode, ""
	}
	return out.StatusCode, string(raw) + out.Header.Get("ETag")
}

func (w *wardrobe) put(path, body string) (got string) {
	w.t.Helper()
	code, got := w.call(http.MethodPut, path, body)
	require.Equal(w.t, http.StatusOK, code, got)
	return got
}

// multipart puts an object of two parts and leaves an upload with one.
func (w *wardrobe) multipart(path, part string) {
	w.t.Helper()
	begin := func() string {
		code, got := w.call(http.MethodPost, path+"?uploads", "")
		require.Equal(w.t, http.StatusOK, code, got)
		return regexp.MustCompile(`<UploadId>([^<]+)<`).FindStringSubmatch(got)[1]
	}
	id := begin()
	var list strings.Builder
	for _, n := range []string{"1", "2"} {
		tag := w.put(path+"?uploadId="+id+"&partNumber="+n, part)
		list.WriteString("<Part><PartNumber>" + n + "</PartNumber><ETag>" + tag + "</ETag></Part>")
	}
	code, got := w.call(http.MethodPost, path+"?uploadId="+id, "<CompleteMultipartUpload>"+list.String()+"</CompleteMultipartUpload>")
	require.Equal(w.t, http.StatusOK, code, got)
	w.put(path+"?uploadId="+begin()+"&partNumber=7", part[:100<<10])
}

// files are those of bodies, in the order in which they were begun.
func (w *wardrobe) files() []string {
	found, err := filepath.Glob(filepath.Join(w.data, "pebble", "bodies", "s3", "*", "*"))
	require.NoError(w.t, err)
	return found
}

// TestDoctorNamesObjects takes bodies of objects away, cuts, lengthens, changes
// and exchanges them: the doctor says which objects, versions and parts they were
// of, what is read is what was put or a failure, and the health says so.
func TestDoctorNamesObjects(t *testing.T) {
	w := &wardrobe{t: t, data: filepath.Join(t.TempDir(), "data")}
	w.start()
	body := strings.Repeat("0123456789abcde\n", 10<<10)
	w.put("/things", "")
	names := []string{"gone", "cut", "longer", "changed", "one", "other"}
	for i, name := range names {
		w.put("/things/"+name, body[:len(body)-i])
	}
	w.put("/things?versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
	w.put("/things/versions", body)
	w.put("/things/versions", "small")
	w.multipart("/things/parts", strings.Repeat(body, 32))
	w.put("/things/whole", body)
	w.stop()
	files := w.files()
	require.Len(t, files, len(names)+1+3+1)
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(files[0]), "00000000000000ff.sums"), []byte("left over"), 0o600))
	code, out, talk := command(t, env(), "doctor", w.data)
	require.Equal(t, exitFine, code, out+talk)
	require.Equal(t, "note  pebble/bodies/s3/0000000000000/00000000000000ff.sums: a body that nothing names is not whole; the next start removes it\n", out)

	require.NoError(t, os.Remove(files[0]))
	require.NoError(t, os.Truncate(files[1], 100_000))
	end, err := os.OpenFile(files[2], os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = end.WriteString("more")
	require.NoError(t, err)
	require.NoError(t, end.Close())
	raw, err := os.ReadFile(files[3])
	require.NoError(t, err)
	raw[70_000] ^= 1
	require.NoError(t, os.WriteFile(files[3], raw, 0o600))
	require.NoError(t, os.Rename(files[4], files[4]+"x"))
	require.NoError(t, os.Rename(files[5], files[4]))
	require.NoError(t, os.Rename(files[4]+"x", files[5]))
	require.NoError(t, os.Remove(files[6]))
	require.NoError(t, os.Remove(files[8]))
	require.NoError(t, os.Remove(files[9]))

	code, out, _ = command(t, env(), "doctor", w.data)
	require.Equal(t, exitFailed, code, out)
	for name, what := range map[string]string{
		"1": `a body is missing` + "\n        lost: " + `the object "things/gone" (163840 bytes)`,
		"2": `a body is cut short: its end is missing` + "\n        lost: " + `the object "things/cut" (163839 bytes)`,
		"3": `a body is cut short: its end is missing` + "\n        lost: " + `the object "things/longer" (163838 bytes)`,
		"4": `a body is damaged: the checksum of a body differs` + "\n        lost: " + `the object "things/changed" (163837 bytes)`,
		"5": `a body is damaged: it has 163835 bytes of 163836` + "\n        lost: " + `the object "things/one" (163836 bytes)`,
		"6": `a body is damaged: it has 163836 bytes of 163835` + "\n        lost: " + `the object "things/other" (163835 bytes)`,
		"7": `a body is missing` + "\n        lost: " + `the object "things/versions" in the version `,
		"9": `a body is missing` + "\n        lost: " + `the object "things/parts" in the version `,
		"a": `a body is missing` + "\n        lost: " + `part 7 of an upload of the object "things/parts" (102400 bytes)`,
	} {
		require.Contains(t, out, "damage  pebble/bodies/s3/0000000000000/000000000000000"+name+".sums: "+what)
	}
	require.Equal(t, 9, strings.Count(out, "damage  "), out)
	w.refused(files, body)
	code, out, talk = command(t, env(), "doctor", w.data, "--repair")
	require.Equal(t, exitFailed, code, out+talk)
	require.Contains(t, talk, "a repair cannot mend 9 findings")
	w.mended(names, body)
}

// refused reads what is damaged through the server.
func (w *wardrobe) refused(files []string, body string) {
	w.start()
	code, talk := w.health()
	require.Equal(w.t, http.StatusOK, code, talk)
	code, got := w.call(http.MethodGet, "/things/gone", "")
	require.Equal(w.t, http.StatusInternalServerError, code, got)
	require.NotContains(w.t, got, "pebble")
	code, talk = w.health()
	require.Equal(w.t, http.StatusServiceUnavailable, code, talk)
	require.Contains(w.t, talk, files[0]+": a data file is damaged: the body of an object is missing")
	for _, name := range []string{"cut", "longer", "one", "other"} {
		code, got = w.call(http.MethodGet, "/things/"+name, "")
		require.Equal(w.t, http.StatusInternalServerError, code, "%s: %.100s", name, got)
	}
	for _, name := range []string{"changed", "parts"} { // which begin well, and break off
		_, got = w.call(http.MethodGet, "/things/"+name, "")
		require.Empty(w.t, got)
	}
	_, got = w.call(http.MethodGet, "/things/whole", "")
	require.True(w.t, strings.HasPrefix(got, body))
	w.stop()
}

// mended deletes what is lost and puts it again: nothing is wrong with that.
func (w *wardrobe) mended(names []string, body string) {
	w.start()
	for i, name := range names {
		code, got := w.call(http.MethodDelete, "/things/"+name+"?versionId=null", "")
		require.Equal(w.t, http.StatusNoContent, code, got)
		w.put("/things/"+name, body[:len(body)-i])
		_, got = w.call(http.MethodGet, "/things/"+name, "")
		require.True(w.t, strings.HasPrefix(got, body[:len(body)-i]))
	}
	w.stop()
	_, out, _ := command(w.t, env(), "doctor", w.data)
	require.Equal(w.t, 3, strings.Count(out, "damage  "), out) // an older version, and what is in parts
	w.unlabelled()
}

// unlabelled cuts FORMAT, and is told that this is the damage.
func (w *wardrobe) unlabelled() {
	format := filepath.Join(w.data, "FORMAT")
	require.NoError(w.t, os.Truncate(format, 40))
	code, out, _ := command(w.t, env(), "doctor", w.data)
	require.Equal(w.t, exitFailed, code)
	require.Contains(w.t, out, "damage  FORMAT: not a data folder: "+w.data+": its FORMAT file names no durability, or was cut off\n")
	code, _, talk := command(w.t, env(), "serve", "--data", w.data, "--listen", "localhost:0")
	require.Equal(w.t, exitFailed, code)
	require.Contains(w.t, talk, "a database is in it, so "+format+" is damaged; `sluice doctor "+w.data+" --repair` writes it anew")
	require.NoError(w.t, os.Remove(format))
	_, out, _ = command(w.t, env(), "doctor", w.data, "--repair")
	require.Contains(w.t, out, "damage  FORMAT: it is missing\n")
	require.Contains(w.t, out, "repaired: wrote FORMAT anew\n")
	markers, err := filepath.Glob(filepath.Join(w.data, "pebble", "marker.manifest.*"))
	require.NoError(w.t, err)
	require.Len(w.t, markers, 1)
	require.NoError(w.t, os.Remove(markers[0]))
	code, _, talk = command(w.t, env(), "serve", "--data", w.data, "--listen", "localhost:0") // not an empty one
	require.Equal(w.t, exitFailed, code)
	require.Contains(w.t, talk, "no marker.manifest file names the list of tables")
}

func (w *wardrobe) health() (code int, body string) {
	out, err := http.DefaultClient.Do(request(w.t, http.MethodGet, w.s.url+"/_sluice/health"))
	require.NoError(w.t, err)
	defer out.Body.Close()
	var raw bytes.Buffer
	_, err = raw.ReadFrom(out.Body)
	require.NoError(w.t, err)
	return out.StatusCode, raw.String()
}
