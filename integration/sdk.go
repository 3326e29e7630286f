package integration

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// SDK gives a client of the Go SDK for the server's cleartext port, its other settings at their defaults.
func (s *Server) SDK() *kinesis.Client {
	return kinesis.New(kinesis.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(s.URL),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

// Advance moves the server's service clock.
func (s *Server) Advance(ctx context.Context, by string) error {
	return s.admin(ctx, "/_sluice/clock", `{"advance":"`+by+`"}`)
}

func (s *Server) admin(ctx context.Context, path, body string) error {
	return s.adminBy(ctx, http.MethodPost, path, body)
}

func (s *Server) put(ctx context.Context, path string) error {
	return s.adminBy(ctx, http.MethodPut, path, "")
}

func (s *Server) adminBy(ctx context.Context, method, path, body string) error {
	request, err := http.NewRequestWithContext(ctx, method, s.URL+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := Send(http.DefaultClient, request)
	if err != nil {
		return err
	}
	if answer.Status/100 != 2 {
		return fmt.Errorf("%s %s: %d %s", method, path, answer.Status, answer.Body)
	}
	return nil
}
