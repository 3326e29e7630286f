package runtime

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// program is what the processes of these tests run: a runtime of one page. The
// event says what to do with it.
func program(mode string) int {
	fmt.Println("hello from", mode)
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/"
	switch mode {
	case "broken":
		return 3
	case "complains":
		post(api+"init/error", `{"errorType":"Runtime.ImportModuleError","errorMessage":"no module"}`)
		return 1
	case "orphans":
		// A descendant that writes its pid, and would outlive it.
		c := exec.Command("sleep", "60")
		c.Stdout = os.Stdout
		_ = c.Start()
		fmt.Println("child", c.Process.Pid)
	}
	for {
		resp, err := http.Get(api + "invocation/next")
		if err != nil {
			return 4
		}
		event, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		base := api + "invocation/" + resp.Header.Get("Lambda-Runtime-Aws-Request-Id") + "/"
		if code := obey(strings.Trim(string(event), `"`), base, resp.Header); code >= 0 {
			return code
		}
	}
}

// obey does what an event says; a result from 0 ends the process.
func obey(event, base string, header http.Header) int {
	switch event {
	case "crash":
		return 7
	case "leave":
		return 0
	case "hang":
		time.Sleep(time.Minute)
	case "error":
		post(base+"error", `{"errorType":"MyError","errorMessage":"sour"}`)
	case "error in words":
		post(base+"error", `sour`)
	case "garbage":
		post(base+"response", "\xff\x00 not { json")
	case "half":
		post(base+"response", `{"batchItemFailures":[`)
	case "empty":
		post(base+"response", "")
	case "large":
		fmt.Println("status", post(base+"response", `"`+strings.Repeat("x", 7<<20)+`"`))
	case "stream":
		stream(base+"response", nil)
	case "broken stream":
		stream(base+"response", http.Header{"Lambda-Runtime-Function-Error-Type": {"MyError"},
			"Lambda-Runtime-Function-Error-Body": {base64.StdEncoding.EncodeToString([]byte(`{"errorType":"MyError","errorMessage":"late"}`))}})
	case "twice":
		fmt.Println("first", post(base+"response", `1`))
		fmt.Println("second", post(base+"response", `2`))
	case "linger":
		post(base+"response", `"done"`)
		time.Sleep(time.Minute)
	case "environment":
		post(base+"response", fmt.Sprintf("%q", strings.Join(os.Environ(), "\n")))
	case "headers":
		post(base+"response", fmt.Sprintf("%q", fmt.Sprint(header)))
	case "half a line":
		fmt.Print("without an end")
		post(base+"response", `1`)
	default:
		fmt.Println("event", len(event))
		post(base+"response", `"`+event+`"`)
	}
	return -1
}

func post(url, body string) int {
	resp, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// stream posts chunk by chunk, with trailers after the last one.
func stream(url string, trailer http.Header) {
	r, w := io.Pipe()
	req, _ := http.NewRequest(http.MethodPost, url, r)
	req.Header.Set("Lambda-Runtime-Function-Response-Mode", "streaming")
	req.Trailer = trailer
	go func() {
		for _, chunk := range []string{`"a`, `b`, `c"`} {
			_, _ = io.WriteString(w, chunk)
		}
		_ = w.Close()
	}()
	if resp, err := http.DefaultClient.Do(req); err == nil {
		_ = resp.Body.Close()
	}
}

// start registers a function whose processes run program in a mode.
func (h *Host) start(t *testing.T, mode string, change ...func(*Definition)) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	d := Definition{Key: key(mode), Env: map[string]string{"PROGRAM": mode}, Exec: &Exec{Command: []string{self}, Concurrency: 1}, Handler: "the.handler"}
	for _, f := range change {
		f(&d)
	}
	h.mustRegister(t, d)
}

// zipOf packs names and contents.
func zipOf(t *testing.T, pairs ...string) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for i := 0; i < len(pairs); i += 2 {
		w, err := z.Create(pairs[i])
		require.NoError(t, err)
		_, err = io.WriteString(w, pairs[i+1])
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return buf.Bytes()
}
