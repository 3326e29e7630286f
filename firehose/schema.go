package firehose

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"sluice/firehose/convert"
)

// Table names a table, and a version of it.
type Table struct {
	Account, Region, Database, Name string
	// Version is LATEST for what the table has now.
	Version string
}

// Schemas is where the columns of tables are found. Its errors are those of
// Glue: EntityNotFoundException, InvalidInputException and AccessDeniedException
// are final, anything else is trouble that may pass. Methods are called
// concurrently.
type Schemas interface {
	Columns(ctx context.Context, table Table) ([]convert.Column, error)
}

// The texts of the service about what Glue has answered, which follows them.
const (
	textNoTable   = "The specified table/database could not be found. Please ensure that the table/database exists and that the values provided in the schema configuration are correct, especially with regards to casing."
	textNoVersion = "Could not find a matching schema from glue. Please make sure the specified version of the table exists."
	textBadSchema = "Could not find a matching schema from glue. Please make sure the values provided in the schema configuration are correct."
	textNoAccess  = "Access was denied when calling Glue. Please ensure that the role specified in the data format conversion configuration has the necessary permissions."
)

// schemaFailure is why a table cannot be used, nil when that may pass.
func schemaFailure(err error) *convert.Failure {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return nil
	}
	switch api.ErrorCode() {
	case "EntityNotFoundException":
		if strings.HasPrefix(api.ErrorMessage(), "Version") {
			return &convert.Failure{Code: "DataFormatConversion.InvalidVersionId", Text: textNoVersion}
		}
		return &convert.Failure{Code: "DataFormatConversion.EntityNotFound", Text: textNoTable}
	case "InvalidInputException":
		return &convert.Failure{Code: "DataFormatConversion.InvalidInput", Text: textBadSchema}
	case "AccessDeniedException":
		return &convert.Failure{Code: "DataFormatConversion.AccessDenied", Text: textNoAccess}
	}
	return nil
}

// table is where the schema of a stream is, with what was left out.
func (s *schemaRef) table(k streamKey) Table {
	t := Table{Account: k.account, Region: k.region, Database: aws.ToString(s.Database), Name: aws.ToString(s.Table), Version: "LATEST"}
	if v := aws.ToString(s.Catalog); v != "" {
		t.Account = v
	}
	if v := aws.ToString(s.Region); v != "" {
		t.Region = v
	}
	if v := aws.ToString(s.Version); v != "" {
		t.Version = v
	}
	return t
}

// checkSchema refuses a conversion whose table cannot be used. The role is
// looked at last, as the service does.
func (f *Firehose) checkSchema(ctx context.Context, k streamKey, d *destination) error {
	if !d.converts() {
		return nil
	}
	_, err := f.config.Schemas.Columns(ctx, d.Conversion.Schema.table(k))
	if failed := schemaFailure(err); failed != nil {
		var api smithy.APIError
		errors.As(err, &api)
		return errInvalid(fmt.Sprintf("%s %s (Service: AWSGlue; Status Code: 400; Error Code: %s; Request ID: %s; Proxy: null)",
			failed.Text, api.ErrorMessage(), api.ErrorCode(), f.config.Dice.UUID()))
	}
	if err != nil {
		return err
	}
	if parts := strings.Split(aws.ToString(d.Conversion.Schema.Role), ":"); len(parts) > 4 && parts[4] != k.account {
		return errInvalid("Cross-account pass role is not allowed.")
	}
	return nil
}

// maxPlans bounds how many compiled schemas are kept.
const maxPlans = 256

// plans are the compiled schemas that were used last. The columns are asked for
// with every buffer, so that LATEST follows the table; compiling them is what
// is saved.
type plans struct {
	mu    sync.Mutex
	byKey map[string]*list.Element // guarded by mu
	order list.List                // guarded by mu; of *kept, the last used first
}

// kept is a plan, or why there is none.
type kept struct {
	key    string
	plan   *convert.Plan
	failed *convert.Failure
}

// plan compiles columns, or finds what was made of the same before.
func (p *plans) plan(columns []convert.Column, o convert.Options) (*convert.Plan, *convert.Failure) {
	key := fmt.Sprintf("%q %v", columns, o)
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.byKey[key]; e != nil {
		p.order.MoveToFront(e)
		k := e.Value.(*kept)
		return k.plan, k.failed
	}
	k := &kept{key: key}
	var err error
	if k.plan, err = convert.Compile(columns, o); err != nil {
		errors.As(err, &k.failed)
	}
	if p.byKey == nil {
		p.byKey = map[string]*list.Element{}
	}
	p.byKey[key] = p.order.PushFront(k)
	if p.order.Len() > maxPlans {
		last := p.order.Back()
		delete(p.byKey, last.Value.(*kept).key)
		p.order.Remove(last)
	}
	return k.plan, k.failed
}
