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
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := Send(http.DefaultClient, request)
	if err != nil {
		return err
	}
	if answer.Status != http.StatusOK {
		return fmt.Errorf("POST %s: %d %s", path, answer.Status, answer.Body)
	}
	return nil
}
