package sluice

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/require"
)

// TestLambdaOnTheWire holds paths, statuses, headers and the form of errors,
// which clients of the SDKs hide, to reference 1.1 and 2.1.
func TestLambdaOnTheWire(t *testing.T) { t.Run("7.1 answers and error texts", lambdaOnTheWire) }

func lambdaOnTheWire(t *testing.T) {
	c := newConsumer(t, WithTransition(time.Hour), FrozenAt(noon))
	const mapping = `{"FunctionName":"ingest","EventSourceArn":"` + sourceARN + `","StartingPosition":"LATEST"}`
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections) // one that was never used would be waited for
	call := func(method, path, body string, header ...string) (*http.Response, string) {
		request, err := http.NewRequestWithContext(t.Context(), method, c.s.Endpoint()+path, bytes.NewReader([]byte(body)))
		require.NoError(t, err)
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0")
		request.Header.Set("X-Amz-Date", "20260101T000000Z")
		for i := 0; i < len(header); i += 2 {
			request.Header.Set(header[i], header[i+1])
		}
		answer, err := client.Do(request)
		require.NoError(t, err)
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer, string(text)
	}
	answer, body := call("POST", "/2015-03-31/event-source-mappings/", mapping)
	require.Equal(t, http.StatusAccepted, answer.StatusCode, body)
	var made map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &made))
	require.Equal(t, "Creating", made["State"])
	require.IsType(t, 0.0, made["LastModified"], "a number")
	require.Equal(t, map[string]any{"OnFailure": map[string]any{}}, made["DestinationConfig"])
	uuid := made["UUID"].(string)

	for _, want := range []struct {
		method, path, body string
		status             int
		code, answer       string
	}{
		{"POST", "/2015-03-31/event-source-mappings", mapping, 409, "ResourceConflictException", `{"Type":"User","message":"The event source arn (\" ` + sourceARN +
			` \") and function (\" ingest \") provided mapping already exists. Please update or delete the existing mapping with UUID ` + uuid + `"}`},
		{"GET", "/2015-03-31/event-source-mappings/6f0fbb7e-0000-4000-8000-000000000001", "", 404, "ResourceNotFoundException",
			`{"Type":"User","Message":"The resource you requested does not exist."}`},
		{"PUT", "/2015-03-31/event-source-mappings/" + uuid, `{}`, 400, "ResourceInUseException",
			`{"Type":"User","Message":"Cannot update the event source mapping because it is in use."}`},
		{"POST", "/2015-03-31/event-source-mappings", `{"FunctionName":"ingest"}`, 400, "InvalidParameterValueException",
			`{"Type":"User","message":"Unrecognized event source."}`},
		{"POST", "/2015-03-31/event-source-mappings", strings.Replace(mapping, "LATEST", "invalid", 1), 400, "ValidationException",
			`{"message":"1 validation error detected: Value 'invalid' at 'startingPosition' failed to satisfy constraint: Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"}`},
		{"POST", "/2015-03-31/event-source-mappings", strings.Replace(mapping, `"LATEST"`, `"LATEST","BatchSize":10001`, 1), 400, "ValidationException",
			`{"message":"1 validation error detected: Value '10001' at 'batchSize' failed to satisfy constraint: Member must have value less than or equal to 10000"}`},
	} {
		answer, body := call(want.method, want.path, want.body)
		require.Equal(t, want.status, answer.StatusCode, body)
		require.Equal(t, want.code, answer.Header.Get("X-Amzn-Errortype"))
		require.JSONEq(t, want.answer, body)
		require.Len(t, answer.Header.Get("X-Amzn-Requestid"), 36)
	}
	answer, body = call("GET", "/2015-03-31/event-source-mappings/?MaxItems=1&FunctionName=ingest", "")
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Contains(t, body, `"EventSourceMappings":[{`)
	answer, body = call("GET", "/2017-03-31/tags/"+strings.ReplaceAll(made["EventSourceMappingArn"].(string), ":", "%3A"), "")
	require.Equal(t, http.StatusOK, answer.StatusCode, body)
	require.JSONEq(t, `{"Tags":{}}`, body)
	answer, _ = call("POST", "/2017-03-31/tags/"+made["EventSourceMappingArn"].(string), `{"Tags":{"a":"b"}}`)
	require.Equal(t, http.StatusNoContent, answer.StatusCode)

	answer, body = call("POST", "/2015-03-31/functions/ingest/invocations", `{"Records":[]}`, "X-Amz-Log-Type", "Tail")
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Equal(t, "null", body)
	require.Equal(t, "application/json", answer.Header.Get("Content-Type"))
	require.Equal(t, "$LATEST", answer.Header.Get("X-Amz-Executed-Version"))
	log, err := base64.StdEncoding.DecodeString(answer.Header.Get("X-Amz-Log-Result"))
	require.NoError(t, err)
	require.Contains(t, string(log), "REPORT RequestId: "+answer.Header.Get("X-Amzn-Requestid"))
	answer, body = call("POST", "/2015-03-31/functions/ingest/invocations?Qualifier=$LATEST", `{"Records":[]}`, "X-Amz-Invocation-Type", "Event")
	require.Equal(t, http.StatusAccepted, answer.StatusCode)
	require.Empty(t, body)
	answer, body = call("POST", "/2015-03-31/functions/ingest/invocations", "", "X-Amz-Invocation-Type", "DryRun")
	require.Equal(t, http.StatusNoContent, answer.StatusCode)
	require.Empty(t, body)
	answer, body = call("POST", "/2015-03-31/functions/ingest/invocations", `{"Records":`)
	require.Equal(t, http.StatusBadRequest, answer.StatusCode)
	require.Equal(t, "InvalidRequestContentException", answer.Header.Get("X-Amzn-Errortype"))
	require.Contains(t, body, "Could not parse request body into json")
	answer, _ = call("DELETE", "/2015-03-31/functions/nobody", "")
	require.Equal(t, http.StatusNotFound, answer.StatusCode)
	answer, body = call("PUT", "/2019-09-25/functions/ingest/event-invoke-config", `{"MaximumRetryAttempts":0}`)
	require.Equal(t, http.StatusNotFound, answer.StatusCode)
	require.Equal(t, "UnknownOperationException", answer.Header.Get("X-Amzn-Errortype"))
	require.Contains(t, body, "this operation is not in it, and nothing was changed")
}

// TestCodeCanBeFetched follows Code.Location, and takes code out of a bucket.
func TestCodeCanBeFetched(t *testing.T) {
	c := newConsumer(t)
	var raw bytes.Buffer
	z := zip.NewWriter(&raw)
	w, err := z.Create("bootstrap")
	require.NoError(t, err)
	_, err = w.Write([]byte("#!/bin/false"))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	buckets := c.s.current.Load().buckets.Load()
	require.NoError(t, buckets.CreateBucket(t.Context(), "code"))
	_, err = buckets.Put(t.Context(), "code", "a/b.zip", bytes.NewReader(raw.Bytes()), int64(raw.Len()), nil)
	require.NoError(t, err)
	made, err := c.lambda.CreateFunction(t.Context(), &lambda.CreateFunctionInput{FunctionName: aws.String("f"), Role: aws.String("arn:aws:iam::000000000000:role/r"),
		Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"), Code: &types.FunctionCode{S3Bucket: aws.String("code"), S3Key: aws.String("a/b.zip")}})
	require.NoError(t, err)
	require.Equal(t, int64(raw.Len()), made.CodeSize)
	got, err := c.lambda.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: aws.String("f")})
	require.NoError(t, err)
	answer, err := http.Get(*got.Code.Location)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, raw.Bytes(), body)
	require.Equal(t, "application/zip", answer.Header.Get("Content-Type"))

	_, err = c.lambda.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("f")})
	require.ErrorContains(t, err, "--allow-exec", "a zip starts a process, which nobody has allowed")
}

// A zip that CreateFunction cannot see to be broken says so at Invoke.
func TestBrokenZipAtInvoke(t *testing.T) {
	c := newConsumer(t, func(c *Config) { c.AllowExec = true })
	var raw bytes.Buffer
	z := zip.NewWriter(&raw)
	_, err := z.Create("../bootstrap")
	require.NoError(t, err)
	require.NoError(t, z.Close())
	_, err = c.lambda.CreateFunction(t.Context(), &lambda.CreateFunctionInput{FunctionName: aws.String("f"), Role: aws.String("arn:aws:iam::000000000000:role/r"),
		Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"), Code: &types.FunctionCode{ZipFile: raw.Bytes()}})
	require.NoError(t, err)
	_, err = c.lambda.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("f")}, func(o *lambda.Options) { o.RetryMaxAttempts = 1 })
	broken := (*types.InvalidZipFileException)(nil)
	require.ErrorAs(t, err, &broken)
	require.Equal(t, "Lambda could not unzip the deployment package: ../bootstrap: the name leads out of the folder.", *broken.Message)
	status := (*smithyhttp.ResponseError)(nil)
	require.ErrorAs(t, err, &status)
	require.Equal(t, http.StatusBadGateway, status.HTTPStatusCode())
}

// TestMappingCallsOnTheWire is the table of operations of 1.1: a row, its path
// with and without a slash at the end, and its status.
func TestMappingCallsOnTheWire(t *testing.T) {
	const path, mapping = "/2015-03-31/event-source-mappings", `{"FunctionName":"ingest","EventSourceArn":"` + sourceARN + `","StartingPosition":"LATEST"}`
	for _, slash := range []string{"", "/"} {
		c := newConsumer(t)
		signed := []string{"Authorization", signature, "X-Amz-Date", "20260105T101112Z"}
		row := func(name, method, path, body string, want int) (answer map[string]any) {
			t.Helper()
			t.Run("1.1 "+name+" at "+method+" "+path, func(t *testing.T) {
				status, text := admin(t, c.s, method, path, body, signed...)
				require.Equal(t, want, status, text)
				if text != "" {
					require.NoError(t, json.Unmarshal([]byte(text), &answer), text)
				}
			})
			return answer
		}
		made := row("Create", "POST", path+slash, mapping, http.StatusAccepted)
		one := path + "/" + made["UUID"].(string) + slash
		tags := "/2017-03-31/tags/" + made["EventSourceMappingArn"].(string)
		require.Equal(t, "Enabled", row("Get", "GET", one, "", http.StatusOK)["State"])
		row("Update", "PUT", one, `{"BatchSize":7}`, http.StatusAccepted)
		require.Equal(t, 7.0, row("Get", "GET", one, "", http.StatusOK)["BatchSize"])
		require.Len(t, row("List", "GET", path+slash+"?EventSourceArn="+sourceARN+"&FunctionName=ingest&MaxItems=10", "", http.StatusOK)["EventSourceMappings"], 1)
		row("TagResource", "POST", tags, `{"Tags":{"a":"b","c":"d"}}`, http.StatusNoContent)
		row("UntagResource", "DELETE", tags+"?tagKeys=a", "", http.StatusNoContent)
		require.Equal(t, map[string]any{"c": "d"}, row("ListTags", "GET", tags, "", http.StatusOK)["Tags"])
		require.Equal(t, "Deleting", row("Delete", "DELETE", one, "", http.StatusAccepted)["State"])
		require.Equal(t, "The resource you requested does not exist.", row("Get, after Delete", "GET", one, "", http.StatusNotFound)["Message"])
	}
}
