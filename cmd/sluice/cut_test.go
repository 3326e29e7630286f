package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// cutAnswer serves an answer that breaks off after some bytes.
func cutAnswer(t *testing.T, begin []byte) (endpoint string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(begin)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
