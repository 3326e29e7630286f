package outside

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue"
	"sluice/internal/clock"
)

// TestAnswers is given what endpoints and what stands before them may say.
func TestAnswers(t *testing.T) {
	var status int
	var answer, asked string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = r.Header.Get("X-Amz-Target") + " " + string(body) + " " + r.Header.Get("Authorization")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c, err := New(Config{URL: server.URL + "/", Host: clock.NewManual(now), Keys: aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}})
	require.NoError(t, err)
	for name, x := range map[string]struct {
		status            int
		answer, message   string
		missing, succeeds bool
	}{
		"a table":       {status: 200, answer: `{"Table":{"Name":"t","VersionId":"3","StorageDescriptor":{"Columns":[{"Name":"n","Type":"int"}]},"CreateTime":1.7e9}}`, succeeds: true},
		"a bare table":  {status: 200, answer: `{"Table":{"Name":"t"}}`, succeeds: true},
		"not there":     {status: 400, answer: `{"__type":"EntityNotFoundException","Message":"Entity Not Found"}`, message: "Entity Not Found", missing: true},
		"with a prefix": {status: 400, answer: `{"__type":"com.amazonaws.glue#EntityNotFoundException:http://x","message":"gone"}`, message: "gone", missing: true},
		"denied":        {status: 400, answer: `{"__type":"AccessDeniedException","Message":"no"}`, message: "api error AccessDeniedException: no"},
		"a proxy":       {status: 502, answer: `<html>`, message: "Bad Gateway"},
		"no table":      {status: 200, answer: `{}`, message: "without a table"},
		"no JSON":       {status: 200, answer: `<html>`, message: "what is not a table"},
		"another type":  {status: 200, answer: `{"Table":{"StorageDescriptor":{"Columns":{}}}}`, message: "what is not a table"},
	} {
		t.Run(name, func(t *testing.T) {
			status, answer = x.status, x.answer
			got, err := c.Schema(t.Context(), "123456789012", "eu-west-1", "d", "t", "")
			if x.succeeds {
				require.NoError(t, err)
				require.NotEmpty(t, got.VersionID)
				return
			}
			require.ErrorContains(t, err, x.message)
			require.Equal(t, x.missing, glue.NotFound(err))
		})
	}
	require.Contains(t, asked, `AWSGlue.GetTable {"CatalogId":"123456789012","DatabaseName":"d","Name":"t"} AWS4-HMAC-SHA256 Credential=AKID/20260301/eu-west-1/glue/aws4_request`)
	_, _ = c.Schema(t.Context(), "123456789012", "eu-west-1", "d", "t", "7")
	require.True(t, strings.HasPrefix(asked, `AWSGlue.GetTableVersion {"CatalogId":"123456789012","DatabaseName":"d","TableName":"t","VersionId":"7"}`), asked)

	server.Close()
	_, err = c.Schema(t.Context(), "123456789012", "eu-west-1", "d", "t", "")
	require.Error(t, err)
	require.False(t, glue.NotFound(err))
	_, err = New(Config{URL: "nowhere"})
	require.EqualError(t, err, `"nowhere" is not a URL such as https://glue.eu-west-1.amazonaws.com`)
}
