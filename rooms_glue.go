package sluice

import (
	"context"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/companions/glue"
	"sluice/companions/glue/outside"
	"sluice/server"
)

const glueID = "glue"

// textUnknownGlueCall is the answer to calls of Glue that are not there.
const textUnknownGlueCall = "Sluice has the Data Catalog of Glue: databases, tables, versions, partitions, indexes and tags. " +
	"This operation is not in it. `sluice ops` lists what is. Point AWS_ENDPOINT_URL_GLUE at another server for the rest."

// openGlue opens the Data Catalog.
func (s *Sluice) openGlue(inst *instance) error {
	catalog, err := glue.Open(glue.Config{
		Clock: s.clock, Space: inst.store.Space(glueID), Account: s.config.Account, Region: s.config.Region,
	})
	if err != nil {
		return err
	}
	inst.catalog.Store(catalog)
	inst.resets[glueID] = catalog.Reset
	return inst.mounts.Mount(glueID, catalog, server.Coverage(glue.Coverage()), server.Unknown(textUnknownGlueCall))
}

// schemas is where tables of schemas are looked up.
type schemas interface {
	// Schema reads one version of a table, LATEST or none for what it has now.
	// What it returns is the caller's.
	Schema(ctx context.Context, account, region, database, table, version string) (*glue.Schema, error)
}

// schemas is the catalog of this process, or the endpoint that the settings
// name. Requests to that are signed with the keys of the environment.
func (s *Sluice) schemas(inst *instance) schemas {
	if s.config.GlueEndpoint == "" {
		return inst.catalog.Load()
	}
	elsewhere, err := outside.New(outside.Config{URL: s.config.GlueEndpoint, Host: s.host, Keys: aws.Credentials{
		AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: os.Getenv("AWS_SESSION_TOKEN"),
	}})
	if err != nil {
		s.log.Error("the Glue endpoint is passed by", "error", err) // Validate has looked
		return inst.catalog.Load()
	}
	return elsewhere
}
