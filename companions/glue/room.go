package glue

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/internal/caller"
	"sluice/internal/clock"
	"sluice/store/kv"
)

// Config is what Open needs; Clock and Space must be set.
type Config struct {
	// Clock is service time: when things were made and changed.
	Clock clock.Clock
	// Space keeps everything.
	Space kv.Space
	// Account and Region stand in for those of a call without an identity.
	Account, Region string
	// Quotas are those of an account; a zero means AWS's own.
	Quotas Quotas
}

// Quotas bound what a catalog holds.
type Quotas struct {
	// Databases are those of a catalog.
	Databases int
	// Tables are those of a database.
	Tables int
	// Versions are the old versions of a table.
	Versions int
	// Partitions are those of a table.
	Partitions int
}

// The quotas of AWS.
const (
	maxDatabases  = 10_000
	maxTables     = 200_000
	maxVersions   = 100_000
	maxPartitions = 10_000_000
)

func (q Quotas) withDefaults() Quotas {
	for _, x := range []struct {
		at      *int
		instead int
	}{{&q.Databases, maxDatabases}, {&q.Tables, maxTables}, {&q.Versions, maxVersions}, {&q.Partitions, maxPartitions}} {
		if *x.at == 0 {
			*x.at = x.instead
		}
	}
	return q
}

// Catalog is the Data Catalog: a method per operation. It is safe for
// concurrent use.
type Catalog struct {
	config Config
	clock  clock.Clock
	space  kv.Space
	quotas Quotas
	turns  turns
}

// Open opens the catalogs over a space. It starts nothing, so there is nothing
// to close.
func Open(c Config) (*Catalog, error) {
	if c.Clock == nil || c.Space == nil {
		return nil, errors.New("glue.Config needs Clock and Space")
	}
	return &Catalog{config: c, clock: c.Clock, space: c.Space, quotas: c.Quotas.withDefaults()}, nil
}

// catalogKey names a catalog.
type catalogKey struct{ account, region string }

// catalog says which catalog a call is about: the caller's own, or that of the
// account it names.
func (c *Catalog) catalog(ctx context.Context, id *string) (catalogKey, error) {
	who, _ := caller.From(ctx)
	k := catalogKey{account: who.Account, region: who.Region}
	if k.account == "" {
		k.account = c.config.Account
	}
	if k.region == "" {
		k.region = c.config.Region
	}
	if id != nil && *id != k.account {
		if len(*id) != 12 || strings.Trim(*id, "0123456789") != "" {
			return k, errNoCatalog(*id)
		}
		k.account = *id
	}
	return k, allow(ctx, k, "catalog")
}

// creator is who a table says has made it.
func creator(ctx context.Context, k catalogKey) string {
	who, _ := caller.From(ctx)
	if who.Account == "" {
		who.Account, who.Region = k.account, k.region
	}
	return who.ARN()
}

// fold makes a name what the catalog knows it by.
func fold(name *string) string { return strings.ToLower(aws.ToString(name)) }

// now is service time as the catalog keeps it.
func (c *Catalog) now() int64 { return c.clock.Now().Unix() }
