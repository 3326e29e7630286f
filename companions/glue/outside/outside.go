// Package outside asks a Data Catalog elsewhere for schemas: Glue itself, or
// anything that speaks its protocol. Firehose uses it when the settings name
// another endpoint than the catalog beside it.
package outside

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"

	"sluice/companions/glue"
	"sluice/internal/clock"
	"sluice/internal/endpoint"
	"sluice/internal/sigv4"
)

// patience is how long one request may take, in host time, and most what an
// answer may weigh.
const (
	patience = 30 * time.Second
	most     = 32 << 20
)

// Config of New.
type Config struct {
	// URL is where the endpoint is.
	URL string
	// Keys sign requests; without a key id they go unsigned.
	Keys aws.Credentials
	// Host is host time, which signatures carry.
	Host clock.Clock
}

// Catalog is a Data Catalog elsewhere. Its methods may be called concurrently.
type Catalog struct {
	cfg    Config
	client *http.Client
}

// Check tells what is wrong with a URL.
func Check(text string) error {
	_, err := endpoint.Parse(text, "https://glue.eu-west-1.amazonaws.com")
	return err
}

// New returns a catalog. It connects to nothing yet.
func New(c Config) (*Catalog, error) {
	if err := Check(c.URL); err != nil {
		return nil, err
	}
	return &Catalog{cfg: c, client: &http.Client{Timeout: patience}}, nil
}

// Schema reads a table's schema as glue.Catalog does.
func (c *Catalog) Schema(ctx context.Context, account, region, database, table, version string) (*glue.Schema, error) {
	if version == "" || version == glue.LatestVersion {
		out := struct{ Table *description }{}
		err := c.call(ctx, region, "GetTable", map[string]string{"CatalogId": account, "DatabaseName": database, "Name": table}, &out)
		return out.Table.schema(err)
	}
	out := struct{ TableVersion struct{ Table *description } }{}
	err := c.call(ctx, region, "GetTableVersion", map[string]string{
		"CatalogId": account, "DatabaseName": database, "TableName": table, "VersionId": version}, &out)
	return out.TableVersion.Table.schema(err)
}

// description is what is read of a table; shapes are the codec's alone.
type description struct {
	VersionId         string
	PartitionKeys     []columnText
	Parameters        map[string]string
	StorageDescriptor struct {
		Columns                             []columnText
		Location, InputFormat, OutputFormat string
		SerdeInfo                           struct {
			SerializationLibrary string
			Parameters           map[string]string
		}
	}
}

type columnText struct{ Name, Type string }

func (d *description) schema(err error) (*glue.Schema, error) {
	switch {
	case err != nil:
		return nil, err
	case d == nil:
		return nil, fmt.Errorf("the Glue endpoint has answered without a table")
	}
	s := d.StorageDescriptor
	out := &glue.Schema{
		Columns: columns(s.Columns), PartitionKeys: columns(d.PartitionKeys), Serde: s.SerdeInfo.SerializationLibrary,
		SerdeParameters: s.SerdeInfo.Parameters, InputFormat: s.InputFormat, OutputFormat: s.OutputFormat,
		Location: s.Location, Parameters: d.Parameters, VersionID: d.VersionId,
	}
	if out.VersionID == "" {
		out.VersionID = "0"
	}
	return out, nil
}

func columns(in []columnText) []glue.Column {
	out := make([]glue.Column, len(in))
	for i, c := range in {
		out[i] = glue.Column(c)
	}
	return out
}

// call sends one request, signed for the region.
func (c *Catalog) call(ctx context.Context, region, operation string, in map[string]string, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.cfg.URL, "/")+"/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AWSGlue."+operation)
	if c.cfg.Keys.AccessKeyID != "" {
		if err := v4.NewSigner().SignHTTP(ctx, c.cfg.Keys, r, sigv4.BodyHash(body), "glue", region, c.cfg.Host.Now()); err != nil {
			return err
		}
	}
	response, err := c.client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, most))
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return refusal(response, raw)
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("the Glue endpoint has answered what is not a table: %w", err)
	}
	return nil
}

// refusal makes the service's own error of an answer; glue.NotFound knows it.
func refusal(response *http.Response, raw []byte) error {
	var said struct {
		Type    string `json:"__type"`
		Message string
	}
	_ = json.Unmarshal(raw, &said) // a proxy may have answered
	code, _, _ := strings.Cut(said.Type, ":")
	if code = code[strings.LastIndexByte(code, '#')+1:]; code == "" {
		code = http.StatusText(response.StatusCode)
	}
	return &smithy.GenericAPIError{Code: code, Message: said.Message}
}
